"""Which documents hold a term, and how often?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Postings:
    """For every term, which documents hold it and how often.

    Term ``t`` has ``documents[offsets[t]:offsets[t+1]]``, ascending, and as many ``counts``.
    ``lengths`` is the number of terms of every document, repeats included.
    """

    offsets: Places
    documents: Ids
    counts: npt.NDArray[np.unsignedinteger]
    lengths: npt.NDArray[np.int32]

    def doc_freqs(self, terms: npt.NDArray[np.integer]) -> Places:
        """In how many documents each of ``terms`` is."""
        found: Places = self.offsets[terms + 1] - self.offsets[terms]
        return found

    @classmethod
    def of(cls, documents: Sequence[npt.ArrayLike], vocabulary_size: int) -> Postings:
        """The postings of documents given as arrays of term ids, repeats included."""
        lengths = np.fromiter((np.size(d) for d in documents), np.int32, len(documents))
        parts = [np.asarray(d, np.int32) for d in documents]
        return cls.of_flat(
            np.concatenate([np.zeros(0, np.int32), *parts]), lengths, vocabulary_size
        )

    @classmethod
    def of_flat(cls, terms: Ids, lengths: npt.NDArray[np.int32], vocabulary_size: int) -> Postings:
        """The postings of documents whose term ids stand one after the other in ``terms``."""
        owners = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        return cls.of_pairs(terms, owners, len(lengths), vocabulary_size)

    @classmethod
    def of_pairs(
        cls,
        terms: npt.NDArray[np.integer],
        documents: npt.NDArray[np.integer],
        document_count: int,
        vocabulary_size: int,
    ) -> Postings:
        """The postings of terms that each stand in the document beside them, in any order."""
        count = max(document_count, 1)
        # One sort of (term, document) pairs packed in one integer gives the postings in order.
        pairs = terms.astype(np.int64)
        pairs *= count
        pairs += documents
        pairs.sort()
        first = np.ones(len(pairs), np.bool_)
        np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
        places = np.flatnonzero(first)
        counts = np.diff(places, append=len(pairs))
        pairs = pairs[places]
        begins = np.arange(vocabulary_size + 1, dtype=np.int64) * count
        return cls(
            np.searchsorted(pairs, begins).astype(np.int64),
            (pairs % count).astype(np.int32),
            counts.astype(np.min_scalar_type(int(counts.max(initial=0)))),
            np.bincount(documents, minlength=document_count).astype(np.int32),
        )


def look_up(listed: Ids, documents: Ids, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The values of ``documents``: those beside them in ``listed`` (ascending), or 0."""
    places = listed.searchsorted(documents)
    found = values.take(places, mode="clip")
    found[listed.take(places, mode="clip") != documents] = 0
    return found
