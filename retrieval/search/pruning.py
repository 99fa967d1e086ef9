"""Which few documents can be among the best, and how little must be read to know?

Every posting has an *impact*: what it adds to a score, rounded up. A sum of impacts is never below
the score, and the sum of the roundings bounds how far above it is. Terms are read rarest first;
once ``k`` documents have more than the terms still unread can add, no other document can come in,
and the rest is looked up for those left, fewer after every term (Turtle and Flood 1995, MaxScore).

What ``k`` documents have is found early: those that lead after the first, rare terms are looked up
in all others. From then on a list is *sifted*: of its postings only those stay that still can win.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from retrieval.indexing.impacts import Impacts
from retrieval.indexing.postings import Ids, Number, Postings, look_up

Sums = npt.NDArray[np.float32]
Units = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

COARSE_STEPS = int(np.iinfo(np.uint8).max)

# Sums are whole numbers of units, chosen so that the greatest possible sum fits into the table. A
# table of two bytes a document stays in the processor's nearer cache, one of four does not.
_GREATEST = int(np.iinfo(np.uint16).max)
# A column is added to the table only where rounding up its weight adds at most a quarter.
_HEAVY = 4
_ROOM = 1 + 1 / _HEAVY

_SAMPLE = 61  # one in so many documents stands for all where a rough count is enough


@dataclass(frozen=True, slots=True)
class Costs:
    """What takes how long. Other numbers give the same results, sooner or later.

    The defaults were measured over a million documents and are flat around their values.
    """

    whole: int = 1 << 23  # with fewer postings all documents are scored: sooner than choosing some
    terms: int = 1024  # a question of more different terms is scored everywhere as well
    few: int = 2048  # so few allowed documents are looked up one by one
    frequent: int = 32  # a term in more than one of so many documents has a column as well
    columns: int = 256  # so many are kept
    first: int = 8192  # postings read before the leaders are looked at first,
    more: int = 200_000  # and between two looks,
    again: int = 32768  # unless fewer are left, which are worth no other look
    leaders: int = 20  # so many candidates are looked at beside two for each document wanted
    surveyed: int = 8192  # rows of rare terms that the leaders are taken from
    sooner: int = 16  # reading a list takes as long as looking up one document in so many of it
    together: int = 64  # so few documents are looked up in all terms at once
    flood: int = 6  # with more postings ahead than one for so many documents, columns are added
    share: float = 0.5  # what the best document of a question has of what it could have
    dense: int = 32  # with more candidates than one in so many documents, reading on is sooner
    block: int = 1 << 16  # documents of a column added at once: they stay in the nearer cache
    groups: int = 64  # the best of so many documents stand for all of them in a long selection
    sparse: int = 8  # unless more than one group in so many has one that is wanted


@dataclass(frozen=True, slots=True)
class _Plan:
    """The distinct terms of a question, rarest first.

    Sums are in *units*: ``weights`` turn steps into them. ``left[i]`` is the most that the terms
    from ``i`` on can add. No sum falls short of the score that it stands for by more than
    ``slack``; it is above by less than ``blur`` where no column was added to the table. (Where the
    average length has changed, that is in ``blur`` too: a document whose sum is less than another's
    by so much has the lower score.)
    """

    terms: list[int]
    sizes: list[int]
    begins: list[int]
    weights: list[float]
    left: list[float]
    blur: float
    slack: float

    def __len__(self) -> int:
        return len(self.terms)

    def span(self, number: int) -> slice:
        """Where the postings of a term are."""
        begin = self.begins[number]
        return slice(begin, begin + self.sizes[number])


@dataclass(slots=True)
class _Reading:
    """How far a question has come.

    ``read`` terms of the plan are in the ``table``. ``lists`` have the documents that it holds,
    ``found`` of them, repeats included, but for those of columns added to it. Then it is
    ``flooded``; ``flooding`` says that this may be. ``reached`` units are what ``k`` documents
    certainly have.
    """

    table: Units
    lists: list[Rows] = field(default_factory=list)
    found: int = 0
    read: int = 0
    flooding: bool = False
    flooded: bool = False
    reached: float = 0.0

    def keep(self, rows: Rows) -> None:
        self.lists.append(rows)
        self.found += len(rows)

    def least(self, plan: _Plan, read: int) -> int:
        """What a document needs after so many terms to be still in question."""
        return max(0, int(self.reached - plan.left[read] - plan.slack))

    def is_closed(self, plan: _Plan, read: int) -> bool:
        """Whether no document without one of the first ``read`` terms can come in."""
        return read == len(plan) or plan.left[read] + plan.slack < self.reached


class _Scratch(threading.local):
    """A sum for every document, all zero between questions: one such array for each thread."""

    def __init__(self, size: int) -> None:
        self.sums = np.zeros(size, np.uint16)


class _Columns:
    """The impacts of frequent terms for every document, a byte each; see ``Pruning``."""

    def __init__(self, documents: Ids, impacts: Impacts, offsets: Rows, count: int) -> None:
        self._documents = documents
        self._steps = impacts.steps
        self._highest = impacts.highest
        self._offsets = offsets
        self._count = count
        self._made: dict[int, npt.NDArray[np.uint8]] = {}
        self._making = threading.Lock()

    def get(self, term: int, most: int) -> npt.NDArray[np.uint8]:
        """The impacts of a term, zeros included, in steps of its highest / 255; ``most`` stay."""
        column = self._made.get(term)
        if column is not None:
            return column
        with self._making:
            held = slice(self._offsets.item(term), self._offsets.item(term + 1))
            coarse = self._steps[held] * (COARSE_STEPS / float(self._highest[term]))
            column = np.zeros(self._count, np.uint8)
            column[self._documents[held]] = np.ceil(coarse).clip(max=COARSE_STEPS)
            while len(self._made) >= most:
                self._made.pop(next(iter(self._made)))
            self._made[term] = column
        return column


# By their impacts, which they hold. As long as an index is searched, whoever searches the same one,
# with other documents beside it perhaps, has its columns.
_COLUMNS: WeakValueDictionary[int, _Columns] = WeakValueDictionary()


def _columns_of(postings: Postings, impacts: Impacts) -> _Columns:
    count = len(postings.lengths)
    known = _COLUMNS.get(id(impacts.steps))
    if known is None:
        known = _Columns(postings.documents, impacts, postings.offsets, count)
        _COLUMNS[id(impacts.steps)] = known
    return known


class Pruning:
    """Finds contenders. Safe to use from several threads.

    Besides the impacts it keeps a column (one byte for every document) of frequent terms that were
    asked for, and a table (two bytes for every document) for each thread.

    ``drift`` is by what factor the average length has grown since the impacts were worked out.
    """

    def __init__(
        self, postings: Postings, impacts: Impacts, costs: Costs, drift: float = 1.0
    ) -> None:
        # Plain views: a slice of a memory map is an object that takes long to make.
        self._offsets = np.asarray(postings.offsets)
        self._documents = np.asarray(postings.documents)
        self._steps = np.asarray(impacts.steps)
        self._highest = np.asarray(impacts.highest)
        self._step = impacts.step
        # Each impact is wrong by a factor between 1 and the drift: of two documents the one with
        # the higher score has at most this share of all that can be reached less than the other.
        self._doubt = 1 - min(drift, 1 / drift)
        self._costs = costs
        self._count = len(postings.lengths)
        self._scratch = _Scratch(self._count)
        self._columns = _columns_of(postings, impacts)

    def contenders(self, idf: Mapping[int, float], k: int, among: Mask | None = None) -> Ids:
        """A few documents, ascending, that certainly include the ``k`` best.

        ``idf`` has the terms of the question that the library holds, each with its weight.
        ``among`` marks the documents that may be found.
        """
        plan = self._plan(idf)
        reading = _Reading(self._scratch.sums)
        if among is not None and np.count_nonzero(among) <= self._costs.few:
            documents = among.nonzero()[0].astype(np.int32)
            return self._narrow(plan, reading, documents, np.zeros(len(documents), np.float32), k)
        try:
            self._widen(plan, reading, k, among)
            documents = self._candidates(plan, reading, among)
            sums = reading.table.take(documents).astype(np.float32)
        finally:
            self._clear(reading)
        return self._narrow(plan, reading, documents, sums, k)

    def _plan(self, idf: Mapping[int, float]) -> _Plan:
        offset, highest = self._offsets.item, self._highest.item
        sized = []
        total = 0.0
        for term, weight in idf.items():
            begin = offset(term)
            most = weight * self._step * highest(term)
            sized.append((offset(term + 1) - begin, term, begin, weight * self._step, most))
            total += most
        sized.sort()
        unit = (_GREATEST - len(sized)) / (_ROOM * total)
        slack = 2 + len(sized) / 64  # of single-precision numbers
        blur = slack + self._doubt * total * unit
        for size, _, _, weight, most in sized:
            # Impacts are rounded up to steps, and sums to units.
            blur += weight * unit + 1
            if self._is_frequent(size):
                blur += most * unit / COARSE_STEPS
        left = list(itertools.accumulate((one[4] * unit for one in reversed(sized)), initial=0.0))
        left.reverse()
        return _Plan(
            terms=[one[1] for one in sized],
            sizes=[one[0] for one in sized],
            begins=[one[2] for one in sized],
            weights=[one[3] * unit for one in sized],
            left=left,
            blur=blur,
            slack=slack,
        )

    def _clear(self, reading: _Reading) -> None:
        if reading.flooded or reading.found * self._costs.dense > self._count:
            reading.table.fill(0)
        else:
            for rows in reading.lists:
                reading.table[rows] = 0

    # --- terms -----------------------------------------------------------------------------------

    def _is_frequent(self, size: int) -> bool:
        return size * self._costs.frequent > self._count

    def _column(self, term: int) -> npt.NDArray[np.uint8]:
        """The impacts of a frequent term, zeros included, in steps of its highest / 255."""
        return self._columns.get(term, self._costs.columns)

    def _column_weight(self, plan: _Plan, number: int) -> float:
        return plan.weights[number] * self._highest.item(plan.terms[number]) / COARSE_STEPS

    def _add(self, plan: _Plan, first: int, last: int, documents: Ids, sums: Sums) -> None:
        """Look the terms from ``first`` to before ``last`` up for some documents."""
        listed = []
        for number in range(first, last):
            if self._is_frequent(plan.sizes[number]):
                steps = self._column(plan.terms[number]).take(documents)
                sums += steps * np.float32(self._column_weight(plan, number))
            else:
                listed.append(number)
        if len(listed) == 1:
            held = plan.span(listed[0])
            found = look_up(self._documents[held], documents, self._steps[held])
            sums += found * np.float32(plan.weights[listed[0]])
        elif listed:
            # One search for each term; all the rest for all terms in one go.
            spans = [plan.span(number) for number in listed]
            places = np.empty((len(listed), len(documents)), np.intp)
            for row, held in enumerate(spans):
                places[row] = self._documents[held].searchsorted(documents)
            places += [(held.start,) for held in spans]
            np.minimum(places, [(held.stop - 1,) for held in spans], out=places)
            found = self._steps.take(places)
            found *= self._documents.take(places) == documents
            weights = np.array([plan.weights[number] for number in listed], np.float32)
            sums += weights @ found.astype(np.float32)

    def _read(self, plan: _Plan, reading: _Reading, last: int, among: Mask | None) -> None:
        """Read the terms up to before ``last`` into the table."""
        whole = []
        for number in range(reading.read, last):
            if reading.flooding and self._is_frequent(plan.sizes[number]):
                weight = self._column_weight(plan, number)
                if weight >= _HEAVY:
                    self._flood(reading.table, self._column(plan.terms[number]), int(weight) + 1)
                    reading.flooded = True
                    continue
            whole.append(number)
        reading.read = last
        sifted = []
        while whole and not reading.flooded and reading.least(plan, whole[-1] + 1):
            sifted.append(whole.pop())
        if whole:
            self._pour(plan, reading, whole, among)
        for number in reversed(sifted):
            self._sift(plan, reading, number, among)

    def _pour(
        self, plan: _Plan, reading: _Reading, numbers: Sequence[int], among: Mask | None
    ) -> None:
        """Read some lists whole."""
        spans = [plan.span(number) for number in numbers]
        rows = np.concatenate([self._documents[held] for held in spans], dtype=np.intp)
        units = np.empty(len(rows), np.float32)
        begin = 0
        for number, held in zip(numbers, spans, strict=True):
            end = begin + plan.sizes[number]
            weight = np.float32(plan.weights[number])
            np.multiply(self._steps[held], weight, out=units[begin:end])
            begin = end
        if among is not None:
            allowed = among.take(rows).nonzero()[0]
            rows, units = rows.take(allowed), units.take(allowed)
        np.add.at(reading.table, rows, _rounded_up(units))
        reading.keep(rows)

    def _sift(self, plan: _Plan, reading: _Reading, number: int, among: Mask | None) -> None:
        """Read a list, and keep only the documents that can still be among the best.

        The others are where they were: without this term in their sums, and out of question.
        """
        held = plan.span(number)
        rows = self._documents[held].astype(np.intp)  # numpy would convert them each time
        sums = _rounded_up(self._steps[held] * np.float32(plan.weights[number]))
        sums += reading.table.take(rows)
        kept = (sums >= reading.least(plan, number + 1)).nonzero()[0]
        rows = rows.take(kept)
        if among is not None:
            allowed = among.take(rows).nonzero()[0]
            rows, kept = rows.take(allowed), kept.take(allowed)
        reading.table[rows] = sums.take(kept)
        reading.keep(rows)

    def _flood(self, table: Units, column: npt.NDArray[np.uint8], weight: int) -> None:
        """Add a column to the table."""
        block = self._costs.block
        room = np.empty(min(block, self._count), np.uint16)
        times = np.uint16(weight)
        for begin in range(0, self._count, block):
            part = table[begin : begin + block]
            product = room[: len(part)]
            np.multiply(column[begin : begin + block], times, out=product, dtype=np.uint16)
            np.add(part, product, out=part)

    # --- steps -----------------------------------------------------------------------------------

    def _widen(self, plan: _Plan, reading: _Reading, k: int, among: Mask | None) -> None:
        """Read until no further document can come in."""
        goal = self._costs.first
        looked = False
        while True:
            reading.flooding = reading.flooded or self._is_flood(plan, reading)
            last = reading.read
            postings = 0
            while not reading.is_closed(plan, last):
                if postings and postings + plan.sizes[last] > goal:
                    break
                postings += plan.sizes[last]
                last += 1
            before = reading.found
            self._read(plan, reading, last, among)
            fresh = reading.found - before
            if not (looked and reading.is_closed(plan, last)) or fresh > self._costs.again:
                reading.reached = max(reading.reached, self._look(plan, reading, k, among))
                looked = True
            if reading.is_closed(plan, last):
                return
            goal = self._costs.more

    def _is_flood(self, plan: _Plan, reading: _Reading) -> bool:
        """Whether so many postings are ahead that adding columns takes less time."""
        least = reading.reached or plan.left[0] * self._costs.share
        ahead = 0
        for number in range(reading.read, len(plan)):
            if plan.left[number] < least:
                break
            ahead += plan.sizes[number]
        return ahead * self._costs.flood > self._count

    def _look(self, plan: _Plan, reading: _Reading, k: int, among: Mask | None) -> float:
        """What ``k`` documents certainly have in the end: of those that lead so far."""
        wanted = self._costs.leaders + 2 * k
        if reading.flooded:
            if among is not None:
                np.multiply(reading.table, among, out=reading.table)
            documents = self._leaders(reading.table, wanted)
        else:
            documents = self._leaders_of_lists(reading, wanted, k)
        if len(documents) < k:
            return 0.0
        if reading.flooded:
            # Columns add too much to the table; here they need not.
            sums = np.zeros(len(documents), np.float32)
            self._add(plan, 0, len(plan), documents, sums)
        else:
            sums = reading.table.take(documents).astype(np.float32)
            self._add(plan, reading.read, len(plan), documents, sums)
        return float(_kth(sums, k)) - plan.blur

    def _leaders_of_lists(self, reading: _Reading, wanted: int, k: int) -> Ids:
        """Documents whose sums are among the highest."""
        # The rarest terms' documents lead; a survey of all would take as long as reading them.
        surveyed: list[Rows] = []
        room = self._costs.surveyed
        for one in reading.lists:
            surveyed.append(one[:room])
            room -= len(one)
            if room <= 0:
                break
        rows = np.concatenate(surveyed)
        sums = reading.table.take(rows)
        while wanted < len(rows):
            documents = _distinct(rows.take((sums >= _kth(sums, wanted)).nonzero()[0]))
            if len(documents) > k:
                return documents
            wanted *= 2  # they are there several times
        return _distinct(rows)

    def _leaders(self, table: Units, wanted: int) -> Ids:
        """Documents whose sums are among the highest; none where too many have the same."""
        groups = max(1, min(self._costs.groups, self._count // (4 * wanted)))
        width = self._count // groups
        if wanted > width:
            return np.zeros(0, np.int32)
        # The best of disjoint groups are so many different documents.
        grid = table[: width * groups].reshape(groups, width)
        highest = grid.max(axis=0)
        lowest = max(1, int(_kth(highest, wanted)))
        columns = (highest >= lowest).nonzero()[0]
        if len(columns) > 4 * wanted:
            return np.zeros(0, np.int32)
        return _in_columns(grid, columns, lowest)

    def _with_at_least(self, table: Units, least: int) -> Ids:
        """The documents whose sums are not less than ``least``, ascending."""
        groups = self._costs.groups
        width = self._count // groups
        grid, rest = table[: width * groups].reshape(groups, width), table[width * groups :]
        columns = (grid.max(axis=0) >= least).nonzero()[0]
        if len(columns) * self._costs.sparse > width:
            return (table >= least).nonzero()[0].astype(np.int32)
        # Most groups have none, which is sooner seen than that none of their documents is one.
        last = (rest >= least).nonzero()[0].astype(np.int32) + np.int32(width * groups)
        return np.concatenate([_in_columns(grid, columns, least), last])

    def _candidates(self, plan: _Plan, reading: _Reading, among: Mask | None) -> Ids:
        """The documents that can still be among the best, ascending."""
        table, costs = reading.table, self._costs
        if reading.flooded or reading.found * costs.dense > self._count:
            reading.flooding = True
            while reading.read < len(plan):
                least = max(1, reading.least(plan, reading.read))
                rough = np.count_nonzero(table[::_SAMPLE] >= least) * _SAMPLE
                if rough * costs.dense <= self._count:
                    break
                self._read(plan, reading, reading.read + 1, among)
        if reading.flooded or reading.found * 4 > self._count:
            documents = self._with_at_least(table, max(1, reading.least(plan, reading.read)))
            if among is None:
                return documents
            allowed: Ids = documents[among.take(documents)]
            return allowed
        rows = np.concatenate(reading.lists)
        rows = rows.take((table.take(rows) >= reading.least(plan, reading.read)).nonzero()[0])
        while reading.read < len(plan):
            size = plan.sizes[reading.read]
            if self._is_frequent(size) or size > costs.sooner * len(rows):
                break
            self._read(plan, reading, reading.read + 1, among)
            rows = rows.take((table.take(rows) >= reading.least(plan, reading.read)).nonzero()[0])
        return _distinct(rows)

    def _narrow(self, plan: _Plan, reading: _Reading, documents: Ids, sums: Sums, k: int) -> Ids:
        """Those of ``documents`` that can be among the best once all terms were looked up."""
        read = reading.read
        least = reading.reached - plan.slack
        while read < len(plan) and len(documents) > k:
            last = len(plan) if len(documents) <= self._costs.together else read + 1
            self._add(plan, read, last, documents, sums)
            read = last
            kept = (sums >= least - plan.left[read]).nonzero()[0]
            if len(kept) < len(documents):
                documents, sums = documents.take(kept), sums.take(kept)
        if len(documents) > 2 * k:
            if reading.flooded:
                sums.fill(0)
                self._add(plan, 0, len(plan), documents, sums)
            least = float(_kth(sums, k)) - plan.blur - plan.slack
            documents = documents.take((sums >= least).nonzero()[0])
        return documents


def _rounded_up(units: Sums) -> Units:
    """Whole units, above zero."""
    whole = units.astype(np.uint16)
    whole += np.uint16(1)
    return whole


def _kth(sums: npt.NDArray[Number], k: int) -> Number:
    """The ``k``-th highest number."""
    # Only the values: argpartition takes many times as long where many are equal.
    highest: Number = np.partition(sums, len(sums) - k)[-k]
    return highest


def _in_columns(grid: Units, columns: Rows, least: int) -> Ids:
    """The documents in some columns whose sums are not less than ``least``, ascending."""
    across, along = (grid.take(columns, axis=1) >= least).nonzero()
    documents: Ids = (across * grid.shape[1] + columns.take(along)).astype(np.int32)
    documents.sort()
    return documents


def _distinct(rows: Rows) -> Ids:
    """Each document once, ascending."""
    documents = rows.astype(np.int32)
    documents.sort()
    fresh = np.ones(len(documents), np.bool_)
    np.not_equal(documents[1:], documents[:-1], out=fresh[1:])
    return documents[fresh]
