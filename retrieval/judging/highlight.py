"""Which sentence of the passage answers? A weighted sum of named features of every sentence.

The weights are in ``parameters/highlight.json`` together with the command that made them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from retrieval.parameters import PARAMETERS
from retrieval.query.asking import RECOGNISED, Sought, asked_kind, unit, without_numbers_of
from retrieval.relevance.likeness import Likeness
from retrieval.search.evidence import BIGRAMS, CHARACTERS, FAMILIES, Evidence

FEATURES = (
    "words",  # share of the question's rarity (idf in the library) that the sentence holds
    "bigrams",
    "characters",
    "local_words",  # the same, with the rarity that terms have among this passage's sentences:
    "local_bigrams",  # the library's idf rewards the sentence that names the subject, the
    "local_characters",  # passage's own the one that goes into what is asked
    "beyond_opening_words",  # the same, of what neither the headings nor the passage's first
    "beyond_opening_bigrams",  # sentence say: they introduce the subject, which the sentence
    "beyond_opening_characters",  # that answers need not name again
    "opening_lacks",  # of the first sentence: what of the question later sentences go on to say
    "before_bigrams",  # share that the sentence before holds, which often names the subject
    "before_local",
    "before_beyond_opening",
    "after_bigrams",
    "after_local",
    "new_characters",  # what the sentence adds to the sentence before
    "dense_characters",  # share of the sentence's own length that the question covers
    "sought",  # it holds the kind of answer that is sought
    "sought_local",  # that, times the characters that it holds, by their local rarity
    "says_unit",  # it has a number or a date of the unit asked for, which the question has not
    "says_kind",  # it has the word for the kind of thing asked for: 形状 of 什么形状
    "says_like_kind",  # ... or its last character: 州 of 哪个州
    "date_only",  # it holds a date, and a date is not sought
    "first",
    "last",
    "length",  # log of its length over the mean of the passage
    "semantic",  # likeness of its nearest clause, see ``likeness``; 0 without an encoder
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


def reads(question: str) -> bool:
    """Whether ``features`` of a normalised question look at the sentences' own text."""
    return unit(question) is not None or asked_kind(question) is not None


def features(
    evidence: Evidence,
    document: int,
    sought: Sought,
    likeness: Likeness | None = None,
    *,
    question: str = "",
    texts: Sequence[str] = (),
) -> npt.NDArray[np.float64]:
    """A row for every sentence of the evidence's ``document``-th document, a column a feature.

    ``texts`` are the sentences, normalised like ``question``; they may be left out where
    ``reads(question)`` is false.
    """
    begin, end = int(evidence.starts[document]), int(evidence.starts[document + 1])
    holds = evidence.holds[begin:end]
    count = end - begin
    weights = evidence.query.weights
    # A term's rarity among the sentences of the passage; terms that none holds weigh nothing.
    holding = holds.sum(axis=0)
    rarity = np.log((count + 1) / np.maximum(holding, 1)) * (holding > 0)
    local_weights = (weights > 0) * rarity[:, None]
    local_weights /= np.maximum(local_weights.sum(axis=0), 1e-9)
    opening = np.maximum(holds[0], evidence.headings[document]) > 0
    beyond_weights = local_weights * ~opening[:, None]
    # By each rarity; before the first sentence and after the last one nothing is said.
    shares = np.zeros((3, len(FAMILIES), count + 2))
    shares[..., 1:-1] = [(holds @ one).T for one in (weights, local_weights, beyond_weights)]
    (overlap, local, beyond), before, after = shares[..., 1:-1], shares[..., :-2], shares[..., 2:]
    added = holds.copy()
    np.maximum(holds[1:] - holds[:-1], 0, out=added[1:])
    lengths = evidence.lengths[begin:end]
    held = evidence.held[begin:end]
    fits = (held & sought) > 0 if sought in RECOGNISED else np.zeros(count)
    first, last = np.zeros(count), np.zeros(count)
    first[0] = last[-1] = 1
    columns = np.array([
        *overlap,
        *local,
        *beyond,
        first * beyond_weights[:, CHARACTERS].sum(),
        before[0, BIGRAMS],
        before[1, CHARACTERS],
        before[2, CHARACTERS],
        after[0, BIGRAMS],
        after[1, CHARACTERS],
        (added @ weights)[:, CHARACTERS],
        holds[:, weights[:, CHARACTERS] > 0].sum(axis=1) / np.maximum(lengths, 4),
        fits,
        fits * local[CHARACTERS],
        *_said(question, texts, count),
        (held & Sought.DATE) * (sought is not Sought.DATE),
        first,
        last,
        np.log((lengths + 5) / (lengths.sum() / count + 5)),
        np.zeros(count)
        if likeness is None
        else likeness.of_sentences(evidence.sentences[begin:end]),
    ], np.float64)  # fmt: skip
    return np.ascontiguousarray(columns.T)  # equal sentences then have equal sums, to the last bit


def _said(question: str, texts: Sequence[str], count: int) -> npt.NDArray[np.float64]:
    """The rows of what only the text of the ``count`` sentences tells."""
    said = np.zeros((3, count))
    needed, kind = unit(question), asked_kind(question)
    if needed is not None:
        said[0] = [needed.stands_in(without_numbers_of(question, text)) for text in texts]
    if kind is not None:
        said[1] = [kind in text for text in texts]
        said[2] = [kind[-1] in text.replace(kind, "") for text in texts]
    return said


def probabilities(
    evidence: Evidence,
    document: int,
    sought: Sought,
    weights: Weights,
    likeness: Likeness | None = None,
    *,
    question: str = "",
    texts: Sequence[str] = (),
) -> npt.NDArray[np.float64]:
    """How likely each sentence of the document is the one that answers; they sum to 1."""
    columns = features(evidence, document, sought, likeness, question=question, texts=texts)
    scores = columns @ np.array(weights.values)
    likely = np.exp(scores - scores.max())
    return np.asarray(likely / likely.sum(), np.float64)


def choose(probability: npt.NDArray[np.float64], second: float) -> tuple[int, ...]:
    """The sentences to mark, in order: the likeliest, and the next where it is nearly as likely.

    Two of two are marked only where the next is twice as near as otherwise: it points at nothing.

    >>> choose(np.array([0.1, 0.5, 0.4]), 0.7), choose(np.array([0.2, 0.7, 0.1]), 0.7)
    ((1, 2), (1,))
    >>> choose(np.array([0.85, 0.15]), 0.1), choose(np.array([0.8, 0.15, 0.05]), 0.1)
    ((0,), (0, 1))
    """
    order = np.argsort(-probability, kind="stable")
    marked = [int(order[0])]
    needed = second * (2 if len(order) == 2 else 1)
    if len(order) > 1 and probability[order[1]] >= needed * probability[order[0]]:
        marked.append(int(order[1]))
    return tuple(sorted(marked))
