"""What does each posting of an index add to a score? Worked out once, and kept with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.indexing.postings import Postings

# The best of those measured for Chinese words and bigrams.
K1 = 0.9
B = 0.6

STEPS = int(np.iinfo(np.uint16).max)

_CHUNK = 1 << 22  # postings worked on at once: bounds the memory that building takes


@dataclass(frozen=True, slots=True)
class Impacts:
    """What every posting adds to a score for each unit of its term's idf, in steps, rounded up.

    A posting adds more than ``steps - 1`` and at most ``steps`` times ``step``; ``highest[t]`` is
    the most that any posting of term ``t`` has. They depend on BM25's ``k1`` and ``b`` and on the
    documents' lengths, but not on how many documents hold a term. Where the average length grows by
    a factor, each grows by less than that, and likewise where it shrinks.
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
    def of(
        cls, postings: Postings, *, k1: float, b: float, average: float | None = None
    ) -> Impacts:
        """The impacts of all postings. ``average`` is the average length, if not theirs alone."""
        lengths = postings.lengths
        if average is None:
            total = int(lengths.sum(dtype=np.int64))
            average = total / len(lengths) if total else 1.0
        norms = k1 * (1 - b + b * lengths / average)
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
