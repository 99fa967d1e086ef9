"""Which few documents can be among the best, and how little must be read to know?

Every posting has an *impact*: what it adds to a score, rounded up. A sum of impacts is never below
the score, and the sum of the roundings bounds how far above it is. Terms are read rarest first;
once ``k`` documents have more than the terms still unread can add, no other document can come in,
and the rest is looked up for those left, fewer after every term (Turtle and Flood 1995, MaxScore).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.postings import Ids, Postings, look_up

Sums = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

STEPS = int(np.iinfo(np.uint16).max)
COARSE_STEPS = int(np.iinfo(np.uint8).max)

_CHUNK = 1 << 22  # postings worked on at once: bounds the memory that building takes

_LEAST = 1e-30  # below every sum that is not zero


@dataclass(frozen=True, slots=True)
class Costs:
    """What takes how long. Other numbers give the same results, sooner or later.

    The defaults were measured between a hundred and a million documents and are flat around
    their values.
    """

    whole: int = 8192  # fewer documents than this are all scored: sooner than choosing among them
    frequent: int = 16  # a term in more than one of so many documents has a column as well
    probed: int = (
        4096  # a list longer than this is not read before the leaders' whole sums are known
    )
    leaders: int = 4  # for each document wanted, so many candidates are summed up early
    few: int = 2048  # so few allowed documents are looked up one by one
    columns: int = 3  # read between two looks at the leaders
    many: int = 10  # looking up more than one in so many documents takes longer than a column
    block: int = 1 << 16  # documents of a column added at once: they stay in the nearer cache
    groups: int = 64  # the best of so many documents stand for all of them in a long selection


@dataclass(frozen=True, slots=True)
class Impacts:
    """What every posting adds to a score for each unit of its term's idf, in steps, rounded up.

    A posting adds more than ``steps - 1`` and at most ``steps`` times ``step``; ``highest[t]`` is
    the most that any posting of term ``t`` has. They depend on BM25's ``k1`` and ``b`` and on the
    documents' lengths, but not on how many documents hold a term.
    """

    steps: npt.NDArray[np.uint16]
    highest: npt.NDArray[np.uint16]
    k1: float
    b: float

    @property
    def step(self) -> float:
        """The size of one step. A term repeated without end would reach ``k1 + 1``."""
        return (self.k1 + 1) / STEPS

    @classmethod
    def of(cls, postings: Postings, *, k1: float, b: float) -> Impacts:
        """The impacts of all postings."""
        lengths = postings.lengths
        total = int(lengths.sum(dtype=np.int64))
        norms = k1 * (1 - b + b * lengths / (total / len(lengths) if total else 1.0))
        steps = np.empty(len(postings.documents), np.uint16)
        for begin in range(0, len(steps), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            shares = postings.counts[part].astype(np.float64)
            shares /= norms[postings.documents[part]] + shares
            steps[part] = np.ceil(shares * STEPS)
        highest = np.zeros(len(postings.offsets) - 1, np.uint16)
        used = np.flatnonzero(np.diff(postings.offsets))
        if len(used):
            highest[used] = np.maximum.reduceat(steps, postings.offsets[used])
        return cls(steps, highest, k1, b)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The distinct terms of a question, rarest first.

    ``weights`` turn steps into scores. ``left[i]`` is the most that the terms from ``i`` on can
    add. A sum of impacts is above the score that it stands for by less than ``blur``.
    """

    terms: list[int]
    sizes: list[int]
    weights: list[np.float32]
    left: list[float]
    blur: float


@dataclass(slots=True)
class _Field:
    """The documents still in question, ascending, with the sums of their impacts so far.

    ``read`` terms of the plan are in the sums. ``reached`` is a score that ``k`` documents have.
    """

    documents: Ids
    sums: Sums
    read: int
    reached: float


class _Scratch(threading.local):
    """A sum for every document, all zero between questions: one such array for each thread."""

    def __init__(self, size: int) -> None:
        self.sums = np.zeros(size, np.float32)


class Pruning:
    """Finds contenders. Safe to use from several threads.

    Besides the impacts it keeps a column (one byte for every document) of each frequent term that
    was asked for, and a table (four bytes for every document) for each thread.
    """

    def __init__(self, postings: Postings, impacts: Impacts, costs: Costs) -> None:
        # Plain views: a slice of a memory map is an object that takes long to make.
        self._offsets = np.asarray(postings.offsets)
        self._documents = np.asarray(postings.documents)
        self._steps = np.asarray(impacts.steps)
        self._highest = np.asarray(impacts.highest)
        self._step = impacts.step
        self._costs = costs
        self._count = len(postings.lengths)
        self._scratch = _Scratch(self._count)
        self._columns: dict[int, npt.NDArray[np.uint8]] = {}

    def contenders(self, idf: Mapping[int, float], k: int, among: Mask | None = None) -> Ids:
        """A few documents, ascending, that certainly include the ``k`` best.

        ``idf`` has the terms of the question that the library holds, each with its weight.
        ``among`` marks the documents that may be found.
        """
        plan = self._plan(idf)
        if among is not None and np.count_nonzero(among) <= self._costs.few:
            allowed = np.flatnonzero(among).astype(np.int32)
            field = _Field(allowed, np.zeros(len(allowed), np.float32), 0, 0.0)
        else:
            field = self._read(plan, k, among)
        while True:
            if len(field.documents) > k:
                reached = self._kth_at_least(field.sums, k) - plan.blur
                field.reached = max(field.reached, reached)
                keep = field.sums >= field.reached - plan.left[field.read]
                field.documents, field.sums = field.documents[keep], field.sums[keep]
            if field.read == len(plan.terms):
                return field.documents
            self._add(plan, field.read, field.documents, field.sums)
            field.read += 1

    def _plan(self, idf: Mapping[int, float]) -> _Plan:
        offsets = self._offsets
        sized = sorted((int(offsets[term + 1] - offsets[term]), term) for term in idf)
        left = [0.0]
        blur = 0.0
        weights = []
        for size, term in reversed(sized):
            weight = idf[term] * self._step
            most = weight * int(self._highest[term])
            left.append(left[-1] + most)
            blur += weight + (most / COARSE_STEPS if self._is_frequent(size) else 0.0)
            weights.append(np.float32(weight))
        # Sums and products of single-precision numbers are off by 1 / 2^24 of themselves for each
        # operation; here once for the sum that is judged and once for the one it is held against.
        blur += left[-1] * (len(sized) + 8) / 2**23
        return _Plan(
            [term for _, term in sized],
            [size for size, _ in sized],
            weights[::-1],
            left[::-1],
            blur,
        )

    def _is_frequent(self, size: int) -> bool:
        return size * self._costs.frequent > self._count

    def _column(self, term: int) -> npt.NDArray[np.uint8]:
        """The impacts of a frequent term, zeros included, in steps of its highest / 255."""
        column = self._columns.get(term)
        if column is None:
            held = slice(self._offsets[term], self._offsets[term + 1])
            coarse = self._steps[held] * (COARSE_STEPS / float(self._highest[term]))
            column = np.zeros(self._count, np.uint8)
            column[self._documents[held]] = np.ceil(coarse).clip(max=COARSE_STEPS)
            self._columns[term] = column
        return column

    def _column_weight(self, plan: _Plan, number: int) -> np.float32:
        return plan.weights[number] * np.float32(self._highest[plan.terms[number]] / COARSE_STEPS)

    def _add(self, plan: _Plan, number: int, documents: Ids, sums: Sums) -> None:
        """Look one term up for some documents."""
        term = plan.terms[number]
        if self._is_frequent(plan.sizes[number]):
            sums += self._column(term)[documents] * self._column_weight(plan, number)
        else:
            begin, end = self._offsets[term], self._offsets[term + 1]
            steps = look_up(self._documents[begin:end], documents, self._steps[begin:end])
            sums += steps * plan.weights[number]

    def _probe(self, plan: _Plan, read: int, documents: Ids, sums: Sums, k: int) -> float:
        """A score that ``k`` documents have: the whole sums of those that lead after some terms."""
        count = min(self._costs.leaders * k, len(documents))
        leaders = np.argpartition(sums, -count)[-count:]
        documents, sums = documents[leaders], sums[leaders]
        for number in range(read, len(plan.terms)):
            self._add(plan, number, documents, sums)
        return float(np.partition(sums, -k)[-k]) - plan.blur

    def _read(self, plan: _Plan, k: int, among: Mask | None) -> _Field:
        """Read whole lists until no further document can come in."""
        table = self._scratch.sums
        lists: list[Ids] = []
        found = unprobed = read = 0
        reached = 0.0
        try:
            while read < len(plan.terms):
                term, size = plan.terms[read], plan.sizes[read]
                # Looking at the leaders takes the longer, the more documents were found so far.
                if found >= k and size > self._costs.probed and 2 * unprobed > found:
                    documents = np.concatenate(lists)
                    lists = [documents]
                    whole = self._probe(plan, read, documents, table[documents], k)
                    reached = max(reached, whole)
                    unprobed = 0
                if reached > plan.left[read]:
                    break
                if size > self._costs.probed and (
                    self._is_frequent(size) or found * 4 > self._count
                ):
                    lists = []
                    return self._flood(plan, read, k, among, reached)
                held = slice(self._offsets[term], self._offsets[term + 1])
                documents, steps = self._documents[held], self._steps[held]
                if among is not None:
                    allowed = among[documents]
                    documents, steps = documents[allowed], steps[allowed]
                rows = documents.astype(np.intp)  # numpy would convert them once each way
                sums = table[rows]
                fresh = documents[sums == 0]
                sums += steps * plan.weights[read]
                lists.append(fresh)
                table[rows] = sums
                found += len(fresh)
                unprobed += len(documents)
                read += 1
            documents = np.concatenate(lists)
            lists = [documents]
            sums = table[documents]
            reached = max(reached, self._kth_at_least(sums, k) - plan.blur)
            documents = np.sort(documents[sums >= reached - plan.left[read]])
            return _Field(documents, table[documents], read, reached)
        finally:
            for documents in lists:
                table[documents] = 0

    def _flood(self, plan: _Plan, read: int, k: int, among: Mask | None, reached: float) -> _Field:
        """Go on reading where lists are so long that most documents come in anyway."""
        table = self._scratch.sums
        last = len(plan.terms)
        start = read
        try:
            while True:
                if (read - start) % self._costs.columns == 0 or read == last:
                    if among is not None:
                        np.multiply(table, among, out=table)
                    reached = max(reached, self._reached_in_table(plan, read, k))
                if reached > plan.left[read] or read == last:
                    least = max(reached - plan.left[read], _LEAST)
                    documents = np.flatnonzero(table >= least).astype(np.int32)
                    if len(documents) * self._costs.many < self._count or read == last:
                        if among is not None:
                            documents = documents[among[documents]]
                        return _Field(documents, table[documents], read, reached)
                self._read_into_table(plan, read)
                read += 1
        finally:
            table[:] = 0

    def _read_into_table(self, plan: _Plan, number: int) -> None:
        table = self._scratch.sums
        term = plan.terms[number]
        if not self._is_frequent(plan.sizes[number]):
            held = slice(self._offsets[term], self._offsets[term + 1])
            table[self._documents[held]] += self._steps[held] * plan.weights[number]
            return
        column = self._column(term)
        weight = self._column_weight(plan, number)
        block = self._costs.block
        room = np.empty(min(block, self._count), np.float32)
        for begin in range(0, self._count, block):
            part = column[begin : begin + block]
            np.multiply(part, weight, out=room[: len(part)])
            table[begin : begin + block] += room[: len(part)]

    def _reached_in_table(self, plan: _Plan, read: int, k: int) -> float:
        """As ``_probe``, for the documents with the highest sums in the table."""
        table = self._scratch.sums
        lowest = self._kth_at_least(table, self._costs.leaders * k)
        if lowest <= 0:
            return 0.0
        leaders = np.flatnonzero(table >= lowest).astype(np.int32)
        if len(leaders) * self._costs.frequent > self._count:  # so many equal sums say nothing yet
            return 0.0
        return self._probe(plan, read, leaders, table[leaders], k)

    def _kth_at_least(self, sums: Sums, k: int) -> float:
        """A number that at least ``k`` of ``sums`` reach, and hardly more; 0 if there are fewer."""
        if len(sums) < k:
            return 0.0
        groups = self._costs.groups
        if len(sums) >= 4 * groups * k:
            # The best of disjoint groups are so many different documents. Selecting among all
            # would take long, and forty times as long where most are equal.
            width = len(sums) // groups
            sums = sums[: width * groups].reshape(groups, width).max(axis=0)
        return float(np.partition(sums, -k)[-k])
