"""How many, for a few of very many terms? A sum of such counts takes no longer than there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.indexing.postings import Ids, look_up

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """``numbers`` beside ``terms``, which are different and ascend; every other term has 0."""

    terms: Ids
    numbers: Ids

    @classmethod
    def of_repeats(cls, ascending: npt.NDArray[np.integer]) -> Counts:
        """How often each term is there."""
        first = np.ones(len(ascending), np.bool_)
        np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
        places = np.flatnonzero(first)
        return cls(
            ascending[places].astype(np.int32),
            np.diff(places, append=len(ascending)).astype(np.int32),
        )

    @classmethod
    def summed(cls, parts: Iterable[Counts]) -> Counts:
        """The sum of ``parts``."""
        parts = list(parts)
        terms = np.concatenate([np.zeros(0, np.int32), *(part.terms for part in parts)])
        numbers = np.concatenate([np.zeros(0, np.int32), *(part.numbers for part in parts)])
        order = np.argsort(terms, kind="stable")
        terms, numbers = terms[order], numbers[order]
        first = np.ones(len(terms), np.bool_)
        np.not_equal(terms[1:], terms[:-1], out=first[1:])
        if len(terms):
            numbers = np.add.reduceat(numbers, np.flatnonzero(first), dtype=np.int32)
        some = np.flatnonzero(numbers)
        return cls(terms[first][some], numbers[some])

    def negative(self) -> Counts:
        """The counts that these and make 0 together."""
        return Counts(self.terms, -self.numbers)

    def of(self, term: int) -> int:
        """The number of one term."""
        place = int(self.terms.searchsorted(term))
        if place == len(self.terms) or self.terms.item(place) != term:
            return 0
        return self.numbers.item(place)

    def of_each(self, terms: npt.NDArray[np.integer]) -> Ids:
        """The numbers of ``terms``, in their order."""
        if not len(self.terms):
            return np.zeros(len(terms), np.int32)
        return look_up(self.terms, terms.astype(np.int32), self.numbers)
