"""Is it in the library at all? A calibrated confidence over named signals.

The constants are in ``parameters/confidence.json`` together with the command that fitted them.
``checks`` holds what no score can tell.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from retrieval.parameters import PARAMETERS
from retrieval.relevance import ranking
from retrieval.relevance.finding import Found
from retrieval.search.evidence import BIGRAMS, CHARACTERS, WORDS

SURE = 0.95
"""Confidence by words alone from which evidence by meaning is not asked for.

Above it meaning has more to lose than to give: with it asked for every question of cmrc and drcd,
recall@1 was .982 and .961, sentence@1 .846 and .918; so, .980 and .962, .853 and .921.
"""

# Where question and sentence are read together. Below, two of three that reading likes are wrong;
# above, it changes nothing: up to .99 it decided the same of 1,879 questions.
_DOUBT = (0.06, 0.93)

_RANKING_SIGNALS = (
    "bm25_share",
    "passage_words",
    "passage_bigrams",
    "passage_characters",
    "sentence_words",
    "sentence_bigrams",
    "sentence_characters",
    "window_words",
    "window_bigrams",
    "window_characters",
    "with_heading_bigrams",
    "with_heading_characters",
    "absent_word",
    "absent_bigram",
    "sought_bigrams",
    "sought_characters",
    "sought_lacking",
    "semantic",
)
_RANKED = [ranking.FEATURES.index(name) for name in _RANKING_SIGNALS]

SIGNALS = (
    *_RANKING_SIGNALS,  # of the best passage, see ``ranking.FEATURES``
    "score",  # its ranking score
    "lead",  # how far it is before the next passage
    "unknown_words",  # share of the question's rarity in terms that the library does not have
    "unknown_bigrams",
    "unknown_characters",
    "terms",  # log of the number of distinct terms
    "nearest",  # cosine of the best passage's nearest clause; 0 without an encoder
)


def signals(found: Found, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """One value for each of ``SIGNALS``; ``known`` says which query terms the library has.

    ``found`` must have a candidate.
    """
    assert found.evidence is not None  # noqa: S101 - for the type checker; stated above
    best = found.order[0]
    lead = found.scores[best] - (found.scores[found.order[1]] if len(found.order) > 1 else 0.0)
    unknown = (~known) @ found.evidence.query.weights
    return np.array([
        *found.features[best, _RANKED],
        found.scores[best],
        min(lead, 3.0),
        *unknown[[WORDS, BIGRAMS, CHARACTERS]],
        np.log(len(found.evidence.query.terms)),
        0.0
        if found.likeness is None
        else found.likeness.documents[found.hits.documents[best]],
    ])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic function of the signals, and the confidence from which an answer is given."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float

    def confidence(self, values: npt.NDArray[np.float64]) -> float:
        """The probability, 0 to 1, that the best passage answers."""
        return float(1 / (1 + np.exp(-(values @ np.array(self.weights) + self.intercept))))


@cache
def load_calibration(*, with_semantic: bool) -> Calibration:
    """The fitted constants, those for answers with semantic evidence or for those without."""
    file = json.loads((PARAMETERS / "confidence.json").read_text("utf-8"))
    data = file["with_semantic" if with_semantic else "lexical"]
    if unknown := set(data["weights"]) - set(SIGNALS):
        raise ValueError(f"confidence.json has weights for unknown signals: {sorted(unknown)}")
    return Calibration(
        tuple(data["weights"].get(name, 0.0) for name in SIGNALS),
        data["intercept"],
        file["threshold"],
    )


def confidence(found: Found, known: npt.NDArray[np.bool_]) -> float:
    """The probability that the best passage answers; the arguments are those of ``signals``.

    With semantic evidence it is the surer one of two judges. 三零是什么 is too short to mean much,
    and a passage that has all of its words answers it; a paraphrase has no word in common with the
    passage that means the same. By meaning alone nothing is as sure as what is ``SURE`` by words.
    """
    if found.likeness is None:
        return load_calibration(with_semantic=False).confidence(signals(found, known))
    by_words = np.array(ranking.load_weights(with_semantic=False).values)
    as_without = replace(found, scores=found.features @ by_words)
    return max(
        load_calibration(with_semantic=False).confidence(signals(as_without, known)),
        load_calibration(with_semantic=True).confidence(signals(found, known)) * SURE,
    )


def needs_reading(confidence: float) -> bool:
    """Whether there is doubt enough to read question and sentence together; it takes 30 ms."""
    least, most = _DOUBT
    return least <= confidence < most


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading question and sentence together adds to what was known.

    ``before`` is the confidence without it, ``log_odds`` what the cross-encoder says of an answer.
    """

    before: float
    log_odds: float

    @property
    def confidence(self) -> float:
        """The probability that the best passage answers."""
        weights = load_reading()
        known = np.log(self.before / (1 - self.before))
        value = weights["before"] * known + weights["log_odds"] * self.log_odds
        return float(1 / (1 + np.exp(-(value + weights["intercept"]))))


@cache
def load_reading() -> dict[str, float]:
    """The fitted weights of what was known before and of the reading."""
    data: dict[str, float] = json.loads((PARAMETERS / "reading.json").read_text("utf-8"))["weights"]
    return data
