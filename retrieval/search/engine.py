"""What must an engine do? Find documents by their terms, exactly, and show what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from retrieval.query.synonyms import Alternative
from retrieval.search.evidence import Evidence
from retrieval.text.analysis import Terms


@dataclass(frozen=True, slots=True)
class Hits:
    """The best documents for some terms: their numbers, best first, ties in library order.

    ``scores`` are rank-bm25's own; none can exceed ``upper_bound`` for these terms.
    """

    documents: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float64]
    upper_bound: float


class Engine(Protocol):
    """Answers from one immutable snapshot of a library. Safe to call from several threads."""

    @property
    def revision(self) -> str:
        """What the snapshot is known by."""

    def search(
        self, terms: Sequence[str], k: int, among: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """The ``k`` best documents for ``terms``; with ``among``, only of those marked there."""

    def evidence(
        self,
        terms: Terms,
        documents: npt.NDArray[np.int32],
        alternatives: Sequence[Alternative] = (),
    ) -> Evidence:
        """What the sentences of ``documents`` hold of an analysed question."""

    def doc_freq(self, term: str) -> int:
        """The number of documents whose text holds ``term``."""

    def close(self) -> None:
        """Give back what the engine holds. Nothing else may be called after."""
