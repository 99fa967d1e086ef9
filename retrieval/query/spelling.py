"""Which word of the library was meant by one that sounds the same?

Who types by pinyin and picks the wrong characters writes 投宿 for 投诉, or 服物 for 服务: no word,
or one that the library does not use. Names that a library lists are looked for by ``names``; this
is for all other words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise, product

from retrieval.query.names import syllables

_LONGEST = 4  # characters of a word, one of which is wrong
_NAME = 3  # characters from which what no dictionary has may be a name of anything


class Speller:
    """Finds what was meant by words that a library does not have.

    ``doc_freq`` tells in how many paragraphs a character or a pair of neighbours stands, ``knows``
    whether a dictionary has a word, and ``may_be_person`` whether it looks like somebody's name.
    """

    def __init__(
        self,
        doc_freq: Callable[[str], int],
        knows: Callable[[str], bool],
        may_be_person: Callable[[str], bool],
    ) -> None:
        self._doc_freq = doc_freq
        self._knows = knows
        self._may_be_person = may_be_person
        # Each of 500 characters that make no words is looked at in 18 stretches, and has some 70
        # homophones, most of which the library does not have.
        self._in_use = cache(lambda syllable: "".join(filter(doc_freq, _by_syllable()[syllable])))

    def warm(self) -> None:
        """Work out now what sounds alike."""
        _by_syllable()

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
        for cut, run in groupby(words, lambda w: len(w) == 1 or not self._knows(w)):
            if cut:
                yield "".join(run)
            else:
                yield from (word for word in run if len(word) <= _LONGEST)

    def _of_run(self, run: str) -> list[tuple[str, str]]:
        found: dict[int, tuple[str, str]] = {}  # by the place of the first character
        taken: set[int] = set()
        # Words first: in 来主敕, 主敕 stands for 主持, and not the whole for 来主持.
        for word, length in product((True, False), range(_LONGEST, 1, -1)):
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
        if not word and (self._knows(written) or not self._is_like_a_name(written)):
            return None
        broken = [place for place, pair in enumerate(pairwise(written)) if not self._stands(pair)]
        alike = [
            one
            for place in range(len(written))
            # One wrong character breaks the pairs that it is in, and no other.
            if broken and set(broken) <= {place - 1, place}
            for char in self._homophones(written[place])
            for one in [written[:place] + char + written[place + 1 :]]
            if all(map(self._stands, pairwise(one))) and self._knows(one) is word
        ]
        return max(alike, key=self._frequency, default=None)

    def _homophones(self, char: str) -> str:
        """All characters of the library that can be read as ``char`` can, but for the tone."""
        readings = sorted(syllables(char) & _by_syllable().keys())
        return "".join(map(self._in_use, readings))

    def _is_like_a_name(self, written: str) -> bool:
        return len(written) >= _NAME or self._may_be_person(written)

    def _stands(self, pair: tuple[str, str]) -> bool:
        return self._doc_freq("".join(pair)) > 0

    def _frequency(self, word: str) -> int:
        return min(self._doc_freq("".join(pair)) for pair in pairwise(word))


@cache
def _by_syllable() -> dict[str, str]:
    """The characters of each syllable in pinyin, worked out in a fifth of a second."""
    found: dict[str, str] = {}
    for char in map(chr, range(0x4E00, 0x9FA6)):
        for one in syllables(char):
            found[one] = found.get(one, "") + char
    return found
