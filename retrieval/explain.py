"""Why this passage? The question after each step, and both stages' scores by feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.judging.judge import Part
from retrieval.judging.refusal import Reading
from retrieval.model import Citation, Notice, NoticeKind, Outcome
from retrieval.query.synonyms import Alternative
from retrieval.relevance import ranking
from retrieval.relevance.finding import Found

_SHOWN = 3  # passages explained


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feature of a passage: its value, its weight and what it adds to the score."""

    feature: str
    value: float
    weight: float

    @property
    def points(self) -> float:
        """What the feature adds to the score."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Ranked:
    """One passage in the ranking: ``rank`` from 1, the first stage's score, the sum of features.

    ``matched`` are the question's words that it holds, and parts of them; where there is none, the
    pairs of characters. ``synonyms`` are what the question says and it says in other words: 老婆,
    妻子.
    """

    citation: Citation
    rank: int
    bm25: float
    score: float
    matched: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class PartExplained:
    """One part of the question: how it was read, what was found, and what decided the outcome.

    ``by_meaning`` is whether the words left enough doubt to look for the meaning as well, and
    ``reading`` what it then came to to read question and sentence together.
    """

    text: str
    sought: str
    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    instead: tuple[str, ...]
    by_meaning: bool
    ranked: tuple[Ranked, ...]
    confidence: float
    outcome: Outcome
    notices: tuple[Notice, ...]
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explains an answer; ``about`` is the passage asked about, None where none was found."""

    question: str
    corrections: tuple[Notice, ...]
    parts: tuple[PartExplained, ...]
    about: Ranked | None
    direct: tuple[Citation, ...] = ()  # what answered without a search: a byline, a roster

    @classmethod
    def of(
        cls,
        question: str,
        corrections: Sequence[Notice],
        judged: Sequence[Part],
        citation: Callable[[int], Citation],
        holds: Callable[[int, Sequence[str]], bool],
        paragraph: str | None,
        direct: Sequence[Citation],
    ) -> Explanation:
        """Explain parts that were searched and judged; ``citation`` gives a document's.

        ``holds`` tells whether a sentence of a document, or what stands above it, has all of some
        terms.
        """
        parts = []
        for part in judged:
            found, asked = part.found, part.found.asked
            cited = [citation(document) for document in found.documents()]
            ranked = [
                _ranked(found, place, one, holds)
                for place, one in enumerate(cited)
                if place < _SHOWN or one.id == paragraph
            ]
            parts.append(
                PartExplained(
                    text=asked.text,
                    sought=asked.sought.name.lower(),
                    words=asked.terms.words,
                    bigrams=asked.terms.bigrams,
                    instead=tuple(dict.fromkeys(_joined(a.instead) for a in asked.alternatives)),
                    by_meaning=found.likeness is not None,
                    ranked=tuple(ranked),
                    confidence=part.confidence,
                    outcome=part.outcome,
                    notices=part.notices,
                    reading=part.reading,
                )
            )
        everything = [r for part in parts for r in part.ranked]
        # The part of the question that it answers best is the one that led to it.
        about = [ranked for ranked in everything if ranked.citation.id == paragraph]
        chosen = sorted(about, key=lambda ranked: ranked.rank) or everything[:1]
        return cls(
            question,
            tuple(corrections),
            tuple(parts),
            chosen[0] if chosen else None,
            tuple(direct),
        )

    def lines(self, language: str = "zh") -> list[str]:
        """The explanation for a terminal, a line each. Terms of the field stay in English."""
        lines = [f"question: {self.question}"]
        bound = [one.given for one in self.corrections if one.kind is NoticeKind.CURATED]
        lines += [
            f"looked up: {one.given} -> {one.meant}"
            for one in self.corrections
            if one.kind is not NoticeKind.CURATED
        ]
        lines += [f"bound by an admin to its passage: {one}" for one in bound]
        lines += [
            f"answered outright by the {one.kind}: {one.report_title} [{one.id}]"
            for one in self.direct
        ]
        for part in self.parts:
            lines += [
                "",
                f"part: {part.text}",
                f"  asks for: {part.sought}",
                f"  words: {' '.join(part.words)}",
                f"  bigrams: {' '.join(part.bigrams)}",
            ]
            if part.instead:
                lines.append(f"  also as: {' '.join(part.instead)}")
            lines.append(f"  evidence: words{' and meaning' if part.by_meaning else ''}")
            if part.reading is not None:
                said = f"confidence {part.reading.before:.2f}, log-odds {part.reading.log_odds:.2f}"
                lines.append(f"  read together with the best passage: {said}")
            lines.append(f"  outcome: {part.outcome} (confidence {part.confidence:.2f})")
            lines += [f"    because: {one.kind} {one.given}".rstrip() for one in part.notices]
            for ranked in part.ranked:
                where = " > ".join((ranked.citation.report_title, *ranked.citation.section))
                lines.append(
                    f"  {ranked.rank}. {where} #{ranked.citation.paragraph} [{ranked.citation.id}]"
                )
                lines.append(f"     bm25 {ranked.bm25:.2f}   score {ranked.score:.2f}")
                lines.append(f"     matched: {' '.join(ranked.matched)}")
                lines += [f"     by a synonym: {one} -> {other}" for one, other in ranked.synonyms]
                lines += [
                    f"     {c.points:+7.2f} = {c.value:6.3f} x {c.weight:6.2f}  {c.feature}"
                    for c in sorted(ranked.contributions, key=lambda c: -abs(c.points))
                    if abs(c.points) >= 0.005
                ]
        return lines


def _joined(bigrams: Sequence[str]) -> str:
    """The text whose neighbouring characters these are.

    >>> _joined(["安全", "全感"])
    '安全感'
    """
    text = bigrams[0]
    for bigram in bigrams[1:]:
        text += bigram[1:] if text[-1] == bigram[0] else f" {bigram}"
    return text


def _ranked(
    found: Found,
    place: int,
    citation: Citation,
    holds: Callable[[int, Sequence[str]], bool],
) -> Ranked:
    assert found.evidence is not None  # noqa: S101 - there are rows
    row = int(found.order[place])
    evidence = found.evidence
    document = int(found.hits.documents[row])
    begin, end = evidence.starts[row], evidence.starts[row + 1]
    held = np.maximum(evidence.holds[begin:end].max(axis=0), evidence.headings[row])
    terms = [t for t, has in zip(evidence.query.terms, held, strict=True) if has]
    synonyms, replaced = _in_other_words(found.asked.alternatives, terms, document, holds)
    matched = [t for t in terms if len(t) > 1 and t not in replaced]
    whole = [t for t in matched if not any(t != other and t in other for other in matched)]
    # 区公 of 全区公安 says nothing to a reader where words have matched.
    telling = [term for term in whole if any(term in word for word in found.asked.terms.words)]
    return Ranked(
        citation=citation,
        rank=place + 1,
        bm25=float(found.hits.scores[row]),
        score=float(found.scores[row]),
        matched=tuple(telling or (() if synonyms else whole)),
        synonyms=synonyms,
        contributions=tuple(
            Contribution(name, float(value), weight)
            for name, value, weight in zip(
                ranking.FEATURES, found.features[row], found.weights.values, strict=True
            )
        ),
    )


def _in_other_words(
    alternatives: Sequence[Alternative],
    terms: Sequence[str],
    document: int,
    holds: Callable[[int, Sequence[str]], bool],
) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """What a document says in other words, and which ``terms`` it holds in no other way."""
    said: dict[tuple[str, str], None] = {}
    replaced: set[str] = set()
    for one in alternatives:
        if not holds(document, one.instead):
            continue
        lacking = {t for t in terms if t in one.covered and not holds(document, (t,))}
        if lacking:
            said[one.given, one.meant] = None
            replaced |= lacking
    # 扫黑除恶 says 扫黑 as well.
    longest = [
        (given, meant)
        for given, meant in said
        if not any(given == g and meant != m and meant in m for g, m in said)
    ]
    return tuple(longest), frozenset(replaced)
