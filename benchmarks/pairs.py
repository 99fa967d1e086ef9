"""What does the encoder's model learn reading from? Questions that a sentence answers or does not.

``benchmarks/passages`` holds passages, questions that each answers, and questions that it does not,
though somebody who has read it may well ask them: a number of something else, an outcome, a name
that is not told. All were written for this, by writers who knew neither the program nor any
question that it is measured by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import Span
from knowledge.passages import sentences
from knowledge.plain_yaml import load
from retrieval.relevance.cross_encoder import pair, stretches
from retrieval.text.analysis import normalise

_PASSAGES = Path(__file__).parent / "passages"
_NEGATIVES = 1  # stretches of a passage that do not answer, the most alike ones


@dataclass(frozen=True)
class Written:
    """A passage with questions: those answered each with its answer, those untold without."""

    heading: str
    passage: str
    questions: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Pair:
    """A question and a sentence as one text, and whether the one answers the other."""

    text: str
    answers: bool


def read() -> tuple[list[Written], list[Written]]:
    """The passages to learn from, and those held out: nothing may be learned from them."""
    return _read(_PASSAGES), _read(_PASSAGES / "held_out")


def _read(folder: Path) -> list[Written]:
    written = []
    for file in sorted(folder.glob("*.yaml")):
        for entry in load(file.read_text("utf-8")):
            answered = [(one["question"], one["answer"]) for one in entry["answered"]]
            untold = [(question, None) for question in entry["untold"]]
            written.append(Written(entry["heading"], entry["passage"], (*answered, *untold)))
    return written


def pairs(one: Written) -> Iterator[Pair]:
    """The questions on a passage, each with the stretches of sentences that are most like it."""
    text = normalise(one.passage).text
    before, own = normalise(one.heading).text, []
    for span in sentences(text, Span(0, len(text))):
        own += stretches(before, span.of(text))
        before = span.of(text)
    for written, answer in one.questions:
        question = normalise(written).text
        alike = sorted(own, key=lambda part: -_alike(question, part[1]))
        if answer is not None:
            there = [part for part in alike if normalise(answer).text in part[1]]
            for part in there[:1]:
                yield Pair(pair(question, *part), answers=True)
            alike = [part for part in alike if part not in there]
        for part in alike[:_NEGATIVES]:
            yield Pair(pair(question, *part), answers=False)


def _alike(question: str, sentence: str) -> int:
    """Characters and pairs of characters of a question that a sentence has."""
    runs = {question[n : n + size] for size in (1, 2) for n in range(len(question) - size + 1)}
    return sum(run in sentence for run in runs)
