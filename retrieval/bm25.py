"""How well does a document match the terms of a question? rank-bm25's function over postings.

``PostingsBM25`` *is a* ``rank_bm25.BM25Plus``: its parameters, its idf, its scores. What differs is
the evaluation: rank-bm25 looks every term of the question up in every document; here only the
postings of those terms are read. ``delta`` is 0, which leaves rank-bm25's ranking as it is (its
``delta`` is added to every document alike, whether the term occurs or not) and lets documents without
any of the terms score 0. BM25Plus's idf, log((N+1)/df), is positive even when the library has one
or two documents, where Okapi's is zero or negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Plus

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Postings:
    """For every term, which documents hold it and how often.

    Term ``t`` has ``documents[offsets[t]:offsets[t+1]]``, ascending, and as many ``counts``.
    ``lengths`` is the number of terms of every document, repeats included.
    """

    offsets: npt.NDArray[np.int64]
    documents: Ids
    counts: npt.NDArray[np.uint16]
    lengths: npt.NDArray[np.int32]

    @classmethod
    def of(cls, documents: Sequence[npt.ArrayLike], vocabulary_size: int) -> Postings:
        """The postings of documents given as arrays of term ids, repeats included."""
        lengths = np.fromiter((np.size(d) for d in documents), np.int32, len(documents))
        if not lengths.sum():
            empty = np.zeros(0, np.int32)
            return cls(
                np.zeros(vocabulary_size + 1, np.int64), empty, empty.astype(np.uint16), lengths
            )
        terms = np.concatenate([np.asarray(d, np.int64) for d in documents])
        owners = np.repeat(np.arange(len(documents), dtype=np.int64), lengths)
        # One sort of (term, document) pairs packed in one integer gives the postings in order.
        pairs, counts = np.unique(terms * len(documents) + owners, return_counts=True)
        doc_freqs = np.bincount(pairs // len(documents), minlength=vocabulary_size)
        return cls(
            np.concatenate([[0], np.cumsum(doc_freqs)]).astype(np.int64),
            (pairs % len(documents)).astype(np.int32),
            np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16),
            lengths,
        )


class PostingsBM25(BM25Plus):  # type: ignore[misc]  # rank-bm25 has no type information
    """BM25 over ``Postings``; terms are integer ids.

    ``k1`` sets how soon repeats of a term stop counting, ``b`` how much length is held against a
    document. The defaults are the best of those measured for Chinese words and bigrams.
    """

    def __init__(self, postings: Postings, *, k1: float = 0.9, b: float = 0.6) -> None:
        # rank-bm25's own constructor would count terms document by document; the postings have them.
        self.k1 = k1
        self.b = b
        self.delta = 0.0
        self.postings = postings
        self.corpus_size = len(postings.lengths)
        self.doc_len = postings.lengths
        total = int(postings.lengths.sum())
        self.avgdl = total / self.corpus_size if total else 1.0
        doc_freqs = np.diff(postings.offsets)
        self.idf: dict[int, float] = {}
        self._calc_idf({int(t): int(doc_freqs[t]) for t in np.flatnonzero(doc_freqs)})
        norm = k1 * (1 - b + b * postings.lengths / self.avgdl)
        weights = np.zeros(len(doc_freqs))
        weights[list(self.idf)] = list(self.idf.values())
        counts = postings.counts.astype(np.float64)
        self._impacts = (
            np.repeat(weights, doc_freqs)
            * (counts * (k1 + 1))
            / (norm[postings.documents] + counts)
        )

    def get_scores(self, query: Iterable[int]) -> Floats:
        """The score of every document, as rank-bm25 computes it; unknown terms add nothing."""
        scores = np.zeros(self.corpus_size)
        offsets = self.postings.offsets
        for term in query:
            if 0 <= term < len(offsets) - 1:
                begin, end = offsets[term], offsets[term + 1]
                scores[self.postings.documents[begin:end]] += self._impacts[begin:end]
        return scores

    def get_batch_scores(self, query: Iterable[int], doc_ids: Sequence[int]) -> list[float]:
        """The scores of some documents, in the order of ``doc_ids``."""
        scores: list[float] = self.get_scores(query)[np.asarray(doc_ids, np.int64)].tolist()
        return scores

    def upper_bound(self, query: Iterable[int]) -> float:
        """What no score for ``query`` can exceed: every term repeated without end."""
        return sum(self.idf.get(term, 0.0) * (self.k1 + 1) for term in query)


def top(scores: Floats, k: int) -> Ids:
    """The ids of the ``k`` highest positive scores, best first; ties in document order.

    >>> top(np.array([1.0, 3.0, 0.0, 3.0]), 3)
    array([1, 3, 0], dtype=int32)
    """
    positive = int(np.count_nonzero(scores > 0))
    k = min(k, positive)
    if not k:
        return np.zeros(0, np.int32)
    # Everything that ties with the k-th is kept until the stable sort has decided.
    kth = np.partition(scores, -k)[-k]
    candidates = np.flatnonzero(scores >= kth)
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order][:k].astype(np.int32)
