"""Which sentence of the passage answers? A weighted sum of named features of every sentence.

The weights are in ``parameters/highlight.json`` together with the command that made them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from retrieval.analysis import PARAMETERS
from retrieval.asking import RECOGNISED, Sought
from retrieval.evidence import BIGRAMS, CHARACTERS, WORDS, Evidence
from retrieval.semantic import Likeness

FEATURES = (
    "words",  # share of the question's rarity (idf in the library) that the sentence holds
    "bigrams",
    "characters",
    "local_words",  # the same, with the rarity that terms have among this passage's sentences:
    "local_bigrams",  # the library's idf rewards the sentence that names the subject, the
    "local_characters",  # passage's own the one that goes into what is asked
    "before_bigrams",  # share that the sentence before holds, which often names the subject
    "after_bigrams",
    "new_characters",  # what the sentence adds to the sentence before
    "dense_characters",  # share of the sentence's own length that the question covers
    "sought",  # it holds the kind of answer that is sought
    "sought_words",  # that, times the words it holds
    "sought_local",
    "date_only",  # it holds a date, and a date is not sought
    "first",
    "last",
    "length",  # log of its length over the mean of the passage
    "semantic",  # likeness of its nearest clause, see ``semantic.Likeness``; 0 without an encoder
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each of ``FEATURES``.

    The second best sentence is marked as well where its probability is at least ``second`` times
    the best's.
    """

    values: tuple[float, ...]
    second: float


@cache
def load_weights() -> Weights:
    """The learned weights."""
    data = json.loads((PARAMETERS / "highlight.json").read_text("utf-8"))
    if unknown := set(data["weights"]) - set(FEATURES):
        raise ValueError(f"highlight.json has weights for unknown features: {sorted(unknown)}")
    return Weights(tuple(data["weights"].get(feature, 0.0) for feature in FEATURES), data["second"])


def features(
    evidence: Evidence, document: int, sought: Sought, likeness: Likeness | None = None
) -> npt.NDArray[np.float64]:
    """A row for every sentence of the evidence's ``document``-th document, a column a feature."""
    begin, end = int(evidence.starts[document]), int(evidence.starts[document + 1])
    holds = evidence.holds[begin:end]
    count = end - begin
    weights = evidence.query.weights
    overlap = holds @ weights
    # A term's rarity among the sentences of the passage; terms that none holds weigh nothing.
    rarity = np.log((count + 1) / np.maximum(holds.sum(axis=0), 1)) * (holds.sum(axis=0) > 0)
    local_weights = (weights > 0) * rarity[:, None]
    local = holds @ (local_weights / np.maximum(local_weights.sum(axis=0), 1e-9))
    nothing = np.zeros((1, holds.shape[1]), holds.dtype)
    before = np.concatenate([nothing, holds[:-1]])
    after = np.concatenate([holds[1:], nothing])
    lengths = evidence.lengths[begin:end]
    position = np.arange(count)
    fits = (
        (evidence.held[begin:end] & sought).astype(bool)
        if sought in RECOGNISED
        else np.zeros(count, bool)
    ).astype(np.float64)
    dates = (evidence.held[begin:end] & Sought.DATE).astype(bool)
    asked = (weights[:, CHARACTERS] > 0).astype(np.float64)
    return np.column_stack([
        overlap[:, [WORDS, BIGRAMS, CHARACTERS]],
        local[:, [WORDS, BIGRAMS, CHARACTERS]],
        (before @ weights)[:, BIGRAMS],
        (after @ weights)[:, BIGRAMS],
        (np.maximum(holds - before, 0) @ weights)[:, CHARACTERS],
        (holds @ asked) / np.maximum(lengths, 4),
        fits,
        fits * overlap[:, WORDS],
        fits * local[:, BIGRAMS],
        (dates & (sought is not Sought.DATE)).astype(np.float64),
        position == 0,
        position == count - 1,
        np.log((lengths + 5) / (lengths.mean() + 5)),
        np.zeros(count)
        if likeness is None
        else likeness.of_sentences(evidence.sentences[begin:end]),
    ]).astype(np.float64)  # fmt: skip


def probabilities(
    evidence: Evidence,
    document: int,
    sought: Sought,
    weights: Weights,
    likeness: Likeness | None = None,
) -> npt.NDArray[np.float64]:
    """How likely each sentence of the document is the one that answers; they sum to 1."""
    scores = features(evidence, document, sought, likeness) @ np.array(weights.values)
    likely = np.exp(scores - scores.max())
    return np.asarray(likely / likely.sum(), np.float64)


def choose(probability: npt.NDArray[np.float64], second: float) -> tuple[int, ...]:
    """The sentences to mark, in order: the likeliest, and the next where it is nearly as likely.

    >>> choose(np.array([0.1, 0.5, 0.4]), 0.7), choose(np.array([0.2, 0.7, 0.1]), 0.7)
    ((1, 2), (1,))
    """
    order = np.argsort(-probability, kind="stable")
    marked = [int(order[0])]
    if len(order) > 1 and probability[order[1]] >= second * probability[order[0]]:
        marked.append(int(order[1]))
    return tuple(sorted(marked))
