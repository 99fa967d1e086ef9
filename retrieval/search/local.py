"""How is a library searched in this process? By its index in memory or mapped from disk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from retrieval.indexing.index import Index
from retrieval.indexing.segments import Segmented
from retrieval.query.synonyms import Alternative
from retrieval.search.bm25 import PostingsBM25
from retrieval.search.engine import Hits
from retrieval.search.evidence import Evidence, gather, weigh
from retrieval.search.together import REMEMBERED, Together
from retrieval.text.analysis import Terms


class LocalEngine:
    """The default engine."""

    def __init__(self, index: Index | Segmented) -> None:
        self._searched = _searched(index)

    def use(self, index: Index | Segmented) -> None:
        """Search another copy of the same index, as one that was saved, or is not damaged."""
        if index.revision != self.revision:
            raise ValueError(f"an index of revision {index.revision} is another one")
        self._searched = _searched(index)

    @property
    def revision(self) -> str:
        """What the index is known by."""
        return self._searched.revision

    def search(
        self, terms: Sequence[str], k: int, among: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """The ``k`` best documents by rank-bm25's scores."""
        searched = self._searched
        documents, scores = searched.search(terms, k, among)
        return Hits(documents, scores, searched.upper_bound(terms))

    def evidence(
        self,
        terms: Terms,
        documents: npt.NDArray[np.int32],
        alternatives: Sequence[Alternative] = (),
    ) -> Evidence:
        """What the sentences of ``documents`` hold of an analysed question."""
        return self._searched.evidence(terms, documents, alternatives)

    def doc_freq(self, term: str) -> int:
        """The number of documents whose text holds ``term``."""
        return self._searched.doc_freq(term)

    def close(self) -> None:
        """Nothing is held that Python does not give back by itself."""


def _searched(index: Index | Segmented) -> _Alone | Together:
    return Together(index) if isinstance(index, Segmented) else _Alone(index)


class _Alone:
    """Searches an index that was made as a whole."""

    def __init__(self, index: Index) -> None:
        self.revision = index.revision
        self._index = index
        self._bm25 = PostingsBM25(index.postings, impacts=index.impacts)
        self._counted = lru_cache(REMEMBERED)(partial(_doc_freq, index))

    def __len__(self) -> int:
        return len(self._index)

    def search(
        self, terms: Sequence[str], k: int, among: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        return self._bm25.top_k(self._index.ids(terms), k, among)

    def upper_bound(self, terms: Sequence[str]) -> float:
        return self._bm25.upper_bound(self._index.ids(terms))

    def evidence(
        self,
        terms: Terms,
        documents: npt.NDArray[np.int32],
        alternatives: Sequence[Alternative],
    ) -> Evidence:
        index = self._index
        query = weigh(self, terms, alternatives)
        doc_freqs = index.doc_freqs.__getitem__
        return gather(index, query, documents, count=len(index), doc_freqs=doc_freqs)

    def doc_freq(self, term: str) -> int:
        return self._counted(term)

    def knows(self, term: str) -> bool:
        return term in self._index.vocabulary


def _doc_freq(index: Index, term: str) -> int:
    number = index.vocabulary.get(term)
    return 0 if number is None else int(index.doc_freqs[number])
