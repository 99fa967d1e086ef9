"""Which word of the library was meant by one that sounds the same?

Who types by pinyin and picks the wrong characters writes 投宿 for 投诉, or 服物 for 服务: no word,
or one that the library does not use. Names that a library lists are looked for by ``names``; this
is for all other words.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from retrieval.names import syllable

_LONGEST = 4  # characters of a word
_NAME = 3  # characters from which what no dictionary has may be a name


class Speller:
    """Finds what was meant by words that a library does not have.

    ``doc_freq`` tells in how many paragraphs a character or a pair of neighbours stands, and
    ``knows`` whether a dictionary has a word.
    """

    def __init__(self, doc_freq: Callable[[str], int], knows: Callable[[str], bool]) -> None:
        self._doc_freq = doc_freq
        self._knows = knows

    def corrections(self, text: str, words: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """What is written and what is meant in a normalised text with these words, in order."""
        found = [one for run in self._runs(words) for one in self._of_run(run) if one[0] in text]
        # The segmenter gives 互连 and 连网 besides 互连网.
        return tuple(
            one
            for one in dict.fromkeys(found)
            if not any(one[0] != other and one[0] in other for other, _ in found)
        )

    def _runs(self, words: Sequence[str]) -> Iterator[str]:
        """The words as they are, and joined where the segmenter cut what is no word."""
        for cut, run in itertools.groupby(words, lambda w: len(w) == 1 or not self._knows(w)):
            if cut:
                yield "".join(run)
            else:
                yield from (word for word in run if len(word) <= _LONGEST)

    def _of_run(self, run: str) -> list[tuple[str, str]]:
        found: dict[int, tuple[str, str]] = {}  # by the place of the first character
        taken: set[int] = set()
        # Words first: in 来主敕, 主敕 stands for 主持, and not the whole for 来主持.
        for word, length in itertools.product((True, False), range(_LONGEST, 1, -1)):
            for begin in range(len(run) - length + 1):
                place = range(begin, begin + length)
                written = run[begin : begin + length]
                if not taken.intersection(place) and (meant := self._meant(written, word=word)):
                    taken.update(place)
                    found[begin] = (written, meant)
        return [found[begin] for begin in sorted(found)]

    def _meant(self, written: str, *, word: bool) -> str | None:
        """What stands in the library and sounds like ``written``, if that itself does not.

        ``word`` is whether it must be a word of the dictionary, or none, like a name.
        """
        known = self._knows(written)
        if self._stands(written) or (not word and (known or len(written) < _NAME)):
            return None
        alike = [
            one
            for one in self._sounding_like(written)
            if self._knows(one) is word and (not known or _differ(one, written) == 1)
        ]
        return min(alike, key=lambda one: _differ(one, written), default=None)

    def _stands(self, written: str) -> bool:
        """Whether all neighbouring characters are neighbours somewhere in the library."""
        return all(self._doc_freq(a + b) for a, b in itertools.pairwise(written))

    def _sounding_like(self, written: str) -> list[str]:
        """What stands in the library and has the same syllables, the most frequent first."""
        alike = [
            [char for char in _homophones().get(syllable(one), one) if self._doc_freq(char)]
            for one in written
        ]
        found = [(char, self._doc_freq(char)) for char in alike[0]]
        for chars in alike[1:]:
            found = [
                (beginning + char, min(count, pair))
                for (beginning, count), char in itertools.product(found, chars)
                if (pair := self._doc_freq(beginning[-1] + char))
            ]
        return [one for one, _ in sorted(found, key=lambda one: -one[1])]


def _differ(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


@cache
def _homophones() -> dict[str, str]:
    """The characters of each syllable in pinyin without tone, worked out in a sixth of a second."""
    found: dict[str, str] = {}
    for char in map(chr, range(0x4E00, 0x9FA6)):
        found[syllable(char)] = found.get(syllable(char), "") + char
    return found
