"""How is a library searched in this process? By its index in memory or mapped from disk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.analysis import Terms
from retrieval.bm25 import PostingsBM25
from retrieval.engine import Hits
from retrieval.evidence import Alternative, Evidence, gather, weigh
from retrieval.index import Index


class LocalEngine:
    """The default engine."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._bm25 = PostingsBM25(index.postings, impacts=index.impacts)

    def use(self, index: Index) -> None:
        """Search another copy of the same index, of which the first has turned out damaged."""
        if index.revision != self._index.revision:
            raise ValueError(f"an index of revision {index.revision} is another one")
        self._bm25 = PostingsBM25(index.postings, impacts=index.impacts)
        self._index = index

    @property
    def revision(self) -> str:
        """What the index is known by."""
        return self._index.revision

    def search(
        self, terms: Sequence[str], k: int, among: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """The ``k`` best documents by rank-bm25's scores."""
        numbers = self._index.ids(terms)
        documents, scores = self._bm25.top_k(numbers, k, among)
        return Hits(documents, scores, self._bm25.upper_bound(numbers))

    def evidence(
        self,
        terms: Terms,
        documents: npt.NDArray[np.int32],
        alternatives: Sequence[Alternative] = (),
    ) -> Evidence:
        """What the sentences of ``documents`` hold of an analysed question."""
        return gather(self._index, weigh(self._index, terms, alternatives), documents)

    def doc_freq(self, term: str) -> int:
        """The number of documents whose text holds ``term``."""
        number = self._index.vocabulary.get(term)
        return 0 if number is None else int(self._index.doc_freqs[number])

    def close(self) -> None:
        """Nothing is held that Python does not give back by itself."""
