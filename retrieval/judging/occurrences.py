"""Where does a word stand, and what does a library lack of a question?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from retrieval.model import Absence, Notice, NoticeKind
from retrieval.search.engine import Engine
from retrieval.text.analysis import characters

_COMMON = 0.25  # share of the paragraphs from which a word says nothing about a question


class Occurrences:
    """The words of one library's ``paragraphs``, and those that ``mentions`` finds beside them."""

    def __init__(self, engine: Engine, mentions: Callable[[str], bool], paragraphs: int) -> None:
        self._engine = engine
        self._mentions = mentions
        self._paragraphs = paragraphs

    def absence(self, asked: Iterable[Sequence[str]], said: Iterable[Notice]) -> Absence:
        """Which key words occur nowhere, and which occur without an answer.

        ``asked`` are the words of each part of a question; what a notice of ``said`` tells of is
        not told again.
        """
        absent: list[str] = []
        counted: dict[str, int] = {}
        lacking = {NoticeKind.MISSING, NoticeKind.ELSEWHERE}
        told = {notice.given for notice in said if notice.kind in lacking}
        for part in asked:
            words = [word for word in dict.fromkeys(part) if len(word) > 1 or word.isdigit()]
            for word in words:
                if any(word in one or one in word for one in told):
                    continue
                if any(word != other and word in other for other in words):
                    continue
                if count := self.count(word):
                    counted[word] = count
                else:
                    absent.append(word)
        common = _COMMON * self._paragraphs
        telling = {word: count for word, count in counted.items() if count <= max(common, 1)}
        if counted and not telling and not absent and not told:
            rarest = min(counted, key=lambda word: counted[word])
            telling = {rarest: counted[rarest]}
        return Absence(tuple(dict.fromkeys(absent)), tuple(telling.items()))

    def count(self, word: str) -> int:
        """In how many paragraphs a normalised word stands."""
        frequency = self._engine.doc_freq(word)
        if frequency:
            return frequency
        # It may stand there cut otherwise, or outside the body text.
        return int(self.occurs(word) or self._mentions(word))

    def occurs(self, text: str) -> bool:
        """Whether all neighbouring characters of a normalised text are neighbours somewhere."""
        run = characters(text)
        pairs = [a + b for a, b in itertools.pairwise(run) if a is not None and b is not None]
        needed = pairs or [one for one in run if one is not None]
        return bool(needed) and all(self._engine.doc_freq(term) for term in needed)
