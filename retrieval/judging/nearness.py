"""Which passages come so near the best that they may answer too, or are worth turning to?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from knowledge import plain_yaml
from retrieval.model import Answer, Quote
from retrieval.parameters import PARAMETERS


@dataclass(frozen=True, slots=True)
class Nearness:
    """Shares of the best score, from 0 to 1: ``near`` may answer as well, ``related`` may help."""

    near: float
    related: float


@cache
def load_nearness() -> Nearness:
    """The shares that were chosen by measuring."""
    return Nearness(**plain_yaml.load((PARAMETERS / "nearness.yaml").read_text(encoding="utf-8")))


def is_near(answer: Answer, quote: Quote) -> bool:
    """Whether ``quote`` scores so well that it may answer too."""
    return _reaches(quote.score, max(other.score for other in answer.quotes), load_nearness().near)


def is_related(score: float, best: float) -> bool:
    """Whether a paragraph with ``score`` may help whoever finds the ``best`` not enough.

    >>> is_related(12.0, 16.0), is_related(3.1, 16.0)
    (True, False)
    """
    return _reaches(score, best, load_nearness().related)


def _reaches(score: float, best: float, share: float) -> bool:
    return best <= 0 or score >= share * best
