"""Which of the candidates answers best? A weighted sum of named features, learned from questions.

The weights are in ``parameters/ranking.json`` together with the command that made them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from retrieval.parameters import PARAMETERS
from retrieval.query.asking import RECOGNISED, Sought
from retrieval.search.evidence import BIGRAMS, CHARACTERS, WORDS, Evidence

Matrix = npt.NDArray[np.float64]

CANDIDATES = 40  # passages of the first stage that the second looks at; recall@40 is above .99

FEATURES = (
    "bm25_share",  # the first stage's score, as a share of what the question could score at most
    "bm25_relative",  # the same, relative to the best candidate's
    "passage_words",  # share of the question's rarity (idf) that the passage holds, by family
    "passage_bigrams",
    "passage_characters",
    "sentence_words",  # the same for the best sentence of the passage
    "sentence_bigrams",
    "sentence_characters",
    "window_words",  # ... for the best two neighbouring sentences
    "window_bigrams",
    "window_characters",
    "opening_bigrams",  # ... for its first sentence
    "heading_bigrams",  # ... for its title and headings
    "heading_asked",  # share of the title's and headings' rarity that the question brings
    "with_heading_bigrams",  # best sentence together with title and headings
    "with_heading_characters",
    "absent_word",  # the heaviest word of the question that passage and headings lack
    "absent_bigram",
    "length",  # log of the passage's length over the candidates' mean
    "sought_bigrams",  # best sentence that holds the kind of answer sought
    "sought_characters",
    "sought_lacking",  # no sentence of the passage holds the kind of answer sought
    "keywords_bm25",  # bm25_share, for questions without a question word only
    "keywords_length",
    "semantic",  # cosine of question and nearest clause; 0 without an encoder
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each of ``FEATURES``."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, named: dict[str, float]) -> Weights:
        """Weights by name; a name that is no feature is an error."""
        if unknown := set(named) - set(FEATURES):
            raise ValueError(f"ranking.json has weights for unknown features: {sorted(unknown)}")
        return cls(tuple(named.get(feature, 0.0) for feature in FEATURES))


@cache
def load_weights(*, with_semantic: bool) -> Weights:
    """The learned weights, those for questions with semantic evidence or for those without."""
    file = json.loads((PARAMETERS / "ranking.json").read_text("utf-8"))
    return Weights.of(file["with_semantic" if with_semantic else "lexical"])


def features(
    evidence: Evidence,
    scores: npt.NDArray[np.float64],
    upper_bound: float,
    sought: Sought,
    semantic: npt.NDArray[np.float64] | None = None,
) -> Matrix:
    """A row for every passage of ``evidence``, a column for each of ``FEATURES``.

    ``scores`` are the first stage's, ``upper_bound`` what they cannot exceed for this question.
    """
    weights, holds, starts = evidence.query.weights, evidence.holds, evidence.starts
    begins, counts = starts[:-1], np.diff(starts)
    sentences = holds @ weights
    following = np.minimum(np.arange(len(holds)) + 1, len(holds) - 1)
    following[starts[1:] - 1] = starts[1:] - 1  # the last sentence of a passage has none after it
    windows = np.maximum(holds, holds[following]) @ weights
    passage = np.logical_or.reduceat(holds > 0, begins).astype(np.float32)
    with_heading = np.maximum(holds, np.repeat(evidence.headings, counts, axis=0)) @ weights
    whole = passage @ weights
    absent = 1 - np.maximum(passage, evidence.headings)
    best = np.maximum.reduceat(sentences, begins, axis=0)
    best_window = np.maximum.reduceat(windows, begins, axis=0)
    best_with_heading = np.maximum.reduceat(with_heading, begins, axis=0)
    heading = evidence.headings @ weights
    lengths = np.add.reduceat(evidence.lengths, begins)
    if sought in RECOGNISED:
        fits = (evidence.held & sought).astype(bool)
        best_sought = np.maximum.reduceat(with_heading * fits[:, None], begins, axis=0)
        lacking = 1.0 - np.maximum.reduceat(fits.astype(np.float64), begins)
    else:
        best_sought, lacking = best_with_heading, np.zeros(len(begins))
    share = scores / max(upper_bound, 1e-9)
    length = np.log((lengths + 10) / (lengths.sum() / len(lengths) + 10))
    keywords = float(sought is Sought.ANYTHING)
    return np.array([
        share,
        scores / max(float(scores.max()), 1e-9),
        *whole.T,
        *best.T,
        *best_window.T,
        sentences[begins, BIGRAMS],
        heading[:, BIGRAMS],
        evidence.headings_asked,
        *best_with_heading.T[[BIGRAMS, CHARACTERS]],
        (absent * weights[:, WORDS]).max(axis=1),
        (absent * weights[:, BIGRAMS]).max(axis=1),
        length,
        *best_sought.T[[BIGRAMS, CHARACTERS]],
        lacking,
        keywords * share,
        keywords * length,
        np.zeros(len(begins)) if semantic is None else semantic,
    ], np.float64).T  # fmt: skip
