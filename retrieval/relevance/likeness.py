"""How close in meaning is a question to a paragraph, and to its sentences?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from retrieval.relevance.semantic import Embeddings, Vectors
from retrieval.search.engine import Hits

Rows: TypeAlias = npt.NDArray[np.int64]

# Clauses that a question is compared with in 1 ms, which is as many as there are in 100 pages.
# Of a larger library only the paragraphs that the words found are compared, and a sample.
LARGE = 16_000

# Documents from which the mean and the spread of a large library are taken. On 3,507 paragraphs
# with 64,026 clauses the ranking was that of all documents' for all but 1 of 600 questions.
_SAMPLE = 300

_EXTRA = 5  # nearest documents that join those that the words found


@dataclass(frozen=True, slots=True)
class Likeness:
    """One question against clauses: cosine of the nearest, by sentence and by document.

    Both are arrays over the library; where the library is large, not ``whole``, only the documents
    that were asked for have values, and all others -1.
    """

    sentences: Vectors
    documents: Vectors
    centre: float  # mean and standard deviation over documents
    spread: float
    whole: bool = True

    def of(self, chosen: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """How many standard deviations each document is nearer than the library is on average."""
        return ((self.documents[chosen] - self.centre) / self.spread).astype(np.float64)

    def of_sentences(self, chosen: Rows) -> npt.NDArray[np.float64]:
        """The same for sentences, in the documents' units."""
        return ((self.sentences[chosen] - self.centre) / self.spread).astype(np.float64)

    def widen(
        self, hits: Hits, among: npt.NDArray[np.bool_] | None = None, extra: int = _EXTRA
    ) -> Hits:
        """Add the nearest documents that the first stage did not find, with a score of 0.

        They are known only where the question was compared with the whole library.
        """
        if not self.whole:
            return hits
        nearest = self.documents if among is None else np.where(among, self.documents, -2.0)
        best = np.argsort(-nearest, kind="stable")[:extra].astype(np.int32)
        new = best[~np.isin(best, hits.documents) & (nearest[best] > -2.0)]
        return Hits(
            np.concatenate([hits.documents, new]),
            np.concatenate([hits.scores, np.zeros(len(new))]),
            hits.upper_bound,
        )


Compare: TypeAlias = Callable[[npt.NDArray[np.int32]], Likeness]
"""The likeness of one question to a library, in which the documents given have values."""


class VectorIndex:
    """The embeddings of a library, made ready to be compared with questions."""

    def __init__(self, embeddings: Embeddings, large: int = LARGE) -> None:
        """Compare with all clauses, or with few where there are more than ``large``."""
        self._embeddings = embeddings
        count = len(embeddings.first_sentence) - 1
        self._whole = len(embeddings.vectors) <= large
        shown = np.arange(count) if self._whole else np.linspace(0, count - 1, _SAMPLE).astype(int)
        self._sample = _part(embeddings, np.unique(shown))

    def compare(self, question: Vectors, documents: npt.NDArray[np.int32]) -> Likeness:
        """The likeness of the ``question`` with this vector to ``documents``, or to all."""
        sentences, nearest = self._sample.nearest(question)
        centre, spread = float(nearest.mean()), float(nearest.std()) or 1.0
        if self._whole:
            return Likeness(sentences, nearest, centre, spread)
        part = _part(self._embeddings, documents.astype(np.int64))
        of_sentences = np.full(len(self._embeddings.first_clause) - 1, -1, np.float32)
        of_documents = np.full(len(self._embeddings.first_sentence) - 1, -1, np.float32)
        if len(documents):
            of_sentences[part.sentences], of_documents[documents] = part.nearest(question)
        return Likeness(of_sentences, of_documents, centre, spread, whole=False)


@dataclass(frozen=True, slots=True)
class _Part:
    """The clauses of some documents: vectors, and where sentences and documents begin in them."""

    vectors: Vectors
    sentences: Rows  # their numbers in the library
    clause_starts: Rows
    sentence_starts: Rows

    def nearest(self, question: Vectors) -> tuple[Vectors, Vectors]:
        """The cosine of the nearest clause of each sentence, and of each document."""
        sentences = np.maximum.reduceat(self.vectors @ question, self.clause_starts)
        return sentences, np.maximum.reduceat(sentences, self.sentence_starts)


def _part(embeddings: Embeddings, documents: Rows) -> _Part:
    sentences, sentence_starts = _ranges(embeddings.first_sentence, documents)
    clauses, clause_starts = _ranges(embeddings.first_clause, sentences)
    vectors = embeddings.vectors[clauses].astype(np.float32)
    return _Part(vectors, sentences, clause_starts, sentence_starts)


def _ranges(first: Rows, chosen: Rows) -> tuple[Rows, Rows]:
    """The rows of the ``chosen``, each having ``first[c]:first[c+1]``, and where each begins."""
    counts = first[chosen + 1] - first[chosen]
    ends = np.cumsum(counts)
    starts = ends - counts
    return np.arange(counts.sum()) + np.repeat(first[chosen] - starts, counts), starts
