"""Which paragraphs could answer one part of a question, best first? Both stages of the search."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from knowledge.model import Span
from retrieval.query.asking import Sought, sought, topic, without_exclusion
from retrieval.query.synonyms import Alternative, Thesaurus
from retrieval.relevance import ranking
from retrieval.relevance.likeness import Compare, Likeness
from retrieval.search.engine import Engine, Hits
from retrieval.search.evidence import Evidence
from retrieval.text.analysis import Analyzer, Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """One part of a question, made ready for the search.

    ``text`` is normalised; ``topic`` is the text without the words that ask.
    """

    text: str
    sought: Sought
    topic: str
    terms: Terms
    alternatives: tuple[Alternative, ...]

    @property
    def searched(self) -> tuple[str, ...]:
        """The terms of the first stage: words and bigrams, repeats included, and alternatives.

        None where all that is left of the question are stop words (你是谁).
        """
        if not self.terms.words and not self.terms.unigrams:
            return ()
        own = (*self.terms.words, *self.terms.bigrams) or self.terms.unigrams
        known = set(own)
        other = dict.fromkeys(t for one in self.alternatives for t in one.instead)
        return (*own, *(term for term in other if term not in known))


def ask(text: str, analyzer: Analyzer, thesaurus: Thesaurus) -> Asked:
    """Make a normalised question ready."""
    bare = topic(without_exclusion(text))
    terms = analyzer.terms(bare)
    return Asked(text, sought(text), bare, terms, thesaurus.alternatives(bare, terms.words))


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates for one part of a question, and the ``weights`` that put them in order.

    ``order`` lists rows of ``evidence`` (documents of ``hits``), best first; ``scores`` and
    ``features`` belong to the rows. ``marked`` keeps what was marked in a row, to judge by it or
    not: the best is looked at to be judged and to be shown.
    """

    asked: Asked
    weights: ranking.Weights
    hits: Hits
    evidence: Evidence | None
    features: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    order: npt.NDArray[np.int64]
    likeness: Likeness | None = None
    marked: dict[tuple[int, bool], tuple[Span, ...]] = field(default_factory=dict, repr=False)

    def documents(self) -> list[int]:
        """The documents' numbers, best first."""
        return [int(self.hits.documents[row]) for row in self.order]

    def preferring(self, row: int) -> Found:
        """The same with one candidate first."""
        order = np.concatenate([[row], self.order[self.order != row]]).astype(np.int64)
        return replace(self, order=order)


def find(
    engine: Engine,
    asked: Asked,
    *,
    weights: ranking.Weights,
    compare: Compare | None = None,
    among: npt.NDArray[np.bool_] | None = None,
    candidates: int = ranking.CANDIDATES,
) -> Found:
    """Search and rank, with evidence by meaning where there is something to ``compare`` with.

    Without a single hit, everything in the result is empty.
    """
    hits = engine.search(asked.searched, candidates, among)
    likeness = None if compare is None else compare(hits.documents)
    if likeness is not None and asked.searched:
        hits = likeness.widen(hits, among)
    if not len(hits.documents):
        nothing = np.zeros(0)
        shape = (0, len(weights.values))
        order = nothing.astype(np.int64)
        return Found(asked, weights, hits, None, np.zeros(shape), nothing, order)
    evidence = engine.evidence(asked.terms, hits.documents, asked.alternatives)
    semantic = None if likeness is None else likeness.of(hits.documents)
    features = ranking.features(evidence, hits.scores, hits.upper_bound, asked.sought, semantic)
    scores = features @ np.array(weights.values)
    # Equal scores stay in library order, whatever order the first stage gave.
    order = np.lexsort((hits.documents, -scores))
    return Found(asked, weights, hits, evidence, features, scores, order, likeness)
