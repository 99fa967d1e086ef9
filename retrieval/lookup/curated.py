"""Has an admin said which passage answers this question?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from knowledge.curated import Curated
from knowledge.library import Library
from retrieval import quoting
from retrieval.model import Quote
from retrieval.query.asking import Sought, sought, topic, unit
from retrieval.text.analysis import Analyzer, normalise

_DENIALS = re.compile("[不没未非无除别]")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What makes two questions the same: the words in their order, and what is asked of them."""

    words: tuple[str, ...]
    sought: Sought
    unit: object
    denials: int


class CuratedQuestions:
    """The questions of a library that are bound to a passage.

    A question is a bound one if it has the same letters and digits, or if it asks for the same
    kind of thing about the same words in the same order: 什么是三零 is 三零是什么. Nothing less
    will do, for whoever asks is shown the passage whatever the ranking says.
    """

    def __init__(self, library: Library, analyzer: Analyzer) -> None:
        self._library = library
        self._analyzer = analyzer
        # Of two questions that mean the same the later one counts, as in the overlay.
        self._by_letters = {letters(normalise(one.question).text): one for one in library.curated}
        meant = ((self._meaning(normalise(one.question).text), one) for one in library.curated)
        self._by_meaning = {meaning: one for meaning, one in meant if meaning.words}

    def find(self, text: str) -> Curated | None:
        """The bound question that the normalised question ``text`` is."""
        if not self._by_letters:
            return None
        if one := self._by_letters.get(letters(text)):
            return one
        meaning = self._meaning(text)
        return self._by_meaning.get(meaning) if meaning.words else None

    def quote(self, curated: Curated) -> Quote:
        """The paragraph that answers, with the sentences marked that were chosen."""
        report, place = self._library.report(curated.place.report_id), curated.place.span
        for passages in self._library.volume(report.id).body:
            if passages[0].paragraph.span.covers(place):
                sentences = [one for passage in passages for one in passage.sentences]
                marks = [
                    one for one in sentences if one.start < place.end and place.start < one.end
                ]
                return quoting.quote(report, passages, marks, 1.0)
        paragraph = next(one for one in report.paragraphs if one.span.covers(place))
        mark = place.shifted(-paragraph.span.start)
        return replace(quoting.whole(report, paragraph), highlights=(mark,), score=1.0)

    def _meaning(self, text: str) -> _Meaning:
        return _Meaning(
            tuple(self._analyzer.words(topic(text))),
            sought(text),
            unit(text),
            len(_DENIALS.findall(text)),
        )


def letters(text: str) -> str:
    """The letters and digits of a normalised question, which is all that it is known by.

    >>> letters("“三零” 是什么?") == letters("三零是什么")
    True
    """
    return "".join(char for char in text if char.isalnum())
