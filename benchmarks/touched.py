"""How much does a question read and take? Counts, which are the same whatever else a machine does.

They are those of our own engine: what is inside of the others is not seen from here.
"""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from benchmarks.engines import opened
from retrieval.indexing.postings import Ids
from retrieval.search.bm25 import PostingsBM25
from retrieval.search.pruning import Mask, Pruning, Sums, Units, _Plan, _Reading

Questions: TypeAlias = tuple[Sequence[Sequence[int]], int]
"""Questions and how many documents each is to find."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Of one kind of question, on average.

    So many postings have the terms (``held``), and so many of them were ``read``; ``columns`` of
    frequent terms were added for every document; a document was ``looked_up`` so often in a list or
    a column, and so many were ``scored`` exactly. ``taken`` is the most memory, in bytes, that a
    question held at once.
    """

    held: float
    read: float
    columns: float
    looked_up: float
    scored: float
    taken: float


class _Counting(Pruning):
    """Finds the same, and counts in ``counted``."""

    counted: ClassVar[Counter[str]] = Counter()

    def contenders(self, idf: Mapping[int, float], k: int, among: Mask | None = None) -> Ids:
        found = super().contenders(idf, k, among)
        self.counted["scored"] += len(found)
        return found

    def _pour(
        self, plan: _Plan, reading: _Reading, numbers: Sequence[int], among: Mask | None
    ) -> None:
        self.counted["read"] += sum(plan.sizes[number] for number in numbers)
        super()._pour(plan, reading, numbers, among)

    def _sift(self, plan: _Plan, reading: _Reading, number: int, among: Mask | None) -> None:
        self.counted["read"] += plan.sizes[number]
        super()._sift(plan, reading, number, among)

    def _flood(self, table: Units, column: npt.NDArray[np.uint8], weight: int) -> None:
        self.counted["columns"] += 1
        super()._flood(table, column, weight)

    def _add(self, plan: _Plan, first: int, last: int, documents: Ids, sums: Sums) -> None:
        self.counted["looked_up"] += (last - first) * len(documents)
        super()._add(plan, first, last, documents, sums)


def touched(folder: Path, kinds: Mapping[str, Questions]) -> dict[str, Touched]:
    """What questions of each kind touch of the index that our engine has built in ``folder``."""
    with patch("retrieval.search.bm25.Pruning", _Counting):
        bm25 = opened(folder)
    return {kind: _of(bm25, folder, questions, k) for kind, (questions, k) in kinds.items()}


def _of(bm25: PostingsBM25, folder: Path, questions: Sequence[Sequence[int]], k: int) -> Touched:
    for question in questions:  # what is kept for the next question is none of this one's
        bm25.top_k(question, k)
    counted = _Counting.counted
    counted.clear()
    doc_freqs = np.diff(np.load(folder / "offsets.npy"))
    held = sum(doc_freqs.item(term) for question in questions for term in set(question))
    taken = 0
    tracemalloc.start()
    for question in questions:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        bm25.top_k(question, k)
        taken += tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    each = len(questions)
    if not counted["scored"]:  # it chose none: all were scored
        counted.update(read=held, scored=each * len(bm25.doc_len))
    return Touched(
        held=held / each,
        read=counted["read"] / each,
        columns=counted["columns"] / each,
        looked_up=counted["looked_up"] / each,
        scored=counted["scored"] / each,
        taken=taken / each,
    )
