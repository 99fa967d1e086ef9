"""Which name of the library was meant, when it was written another way?

Exact and partial names need nothing of this: the search finds them. This is for what it cannot
find: homophones, one wrong character, pinyin. Whoever uses a match must say so to the reader.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from types import ModuleType
from weakref import WeakValueDictionary

from rapidfuzz.distance import Levenshtein

from knowledge.giving_way import in_slices
from retrieval.text.analysis import characters, normalise

_WITHOUT_PHRASES = "PYPINYIN_NO_PHRASES"
_LATIN = re.compile(r"[a-z]+(?:[ '’-]+[a-z]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")


class How(IntEnum):
    """How a name was recognised, surest first."""

    EXACT = 0
    PART = 1  # it begins the name, or stands in it
    SOUND = 2  # other characters, the same sound
    PINYIN = 3  # written in Latin letters
    SPELLING = 4  # one character is wrong, missing or too many


@dataclass(frozen=True, slots=True)
class Match:
    """``given`` of the question can have meant ``name``."""

    given: str
    name: str
    how: How


@lru_cache(maxsize=65536)
def syllable(char: str) -> str:
    """A character's commonest reading in pinyin without tone; other text as it is."""
    return str(_pypinyin().lazy_pinyin(char)[0])


@lru_cache(maxsize=65536)
def syllables(char: str) -> frozenset[str]:
    """All readings of a character, the same way.

    >>> sorted(syllables("长"))
    ['chang', 'zhang']
    """
    pypinyin = _pypinyin()
    return frozenset(pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0])


@cache
def _pypinyin() -> ModuleType:
    """The package ``pypinyin`` without its dictionary of phrases.

    It has the same to say of every single character, and takes 12 MB of memory instead of 56.
    """
    os.environ[_WITHOUT_PHRASES] = "yes"  # looked at when it is imported, and at no other time
    try:
        import pypinyin
    finally:
        del os.environ[_WITHOUT_PHRASES]
    return pypinyin


def sound(text: str) -> tuple[str, ...]:
    """The syllables of a normalised text.

    >>> sound("包木仁") == sound("包牧仁")
    True
    """
    return tuple(syllable(char) for char in text)


def _numerals(text: str) -> list[str]:
    return [c for c in characters(text) if c is not None and c[0].isdigit()]


class _Spellings:
    """Names by all that somebody may write for them; each name is normalised.

    ``shown`` gives the names as they are written, ``lengths`` how many characters they have.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.by_sound: dict[tuple[str, ...], str] = {}
        self.by_gap: dict[tuple[int, str], str] = {}
        self.by_letters: dict[str, str] = {}
        self.lengths: set[int] = set()
        self.shown: dict[str, str] = {}
        for shown in in_slices(names):
            name = normalise(shown).text
            if len(name) < 2 or not _HAN.search(name) or name in self.shown:
                continue
            self.shown[name] = shown
            self.lengths.add(len(name))
            self.by_sound.setdefault(sound(name), name)
            if len(name) >= 4:
                for gap in range(len(name)):
                    self.by_gap.setdefault((gap, name[:gap] + "\n" + name[gap + 1 :]), name)
            syllables = sound(name)
            # Part of a name is enough in Latin letters, from two syllables on.
            for end in range(len(syllables), 1, -1):
                letters = "".join(syllables[:end])
                if end == len(syllables):
                    self.by_letters[letters] = name
                elif len(letters) >= 5:
                    self.by_letters.setdefault(letters, name)


# By the names. Most changes of a library leave them as they are, and 50,000 take 1.5 s.
_SPELLINGS: WeakValueDictionary[tuple[str, ...], _Spellings] = WeakValueDictionary()


def _spellings(names: tuple[str, ...]) -> _Spellings:
    found = _SPELLINGS.get(names)
    if found is None:
        found = _SPELLINGS[names] = _Spellings(names)
    return found


class NameFinder:
    """Finds the names of a library in what people write.

    ``names`` are candidates for everything, but one of two or three characters must at least sound
    right: with another one it is somebody else. ``occurs`` tells whether a text occurs in the
    library, and ``is_word`` whether it is an ordinary word: neither is taken for a misspelling.

    As long as one of the same names is in use, another is made in no time.
    """

    def __init__(
        self,
        names: Iterable[str],
        occurs: Callable[[str], bool],
        is_word: Callable[[str], bool],
    ) -> None:
        self._occurs = occurs
        self._is_word = is_word
        self._spelled = _spellings(tuple(names))

    def corrections(self, text: str) -> tuple[Match, ...]:
        """What a normalised question seems to have written another way, in order, no overlap.

        ``given`` is the stretch of ``text`` as it stands there.
        """
        found: list[tuple[int, int, Match]] = []
        for match in _LATIN.finditer(text):
            found += self._latin(match)
        taken = [(start, end) for start, end, _ in found]
        for length in sorted(self._spelled.lengths, reverse=True):
            for start in range(len(text) - length + 1):
                end = start + length
                if any(start < e and s < end for s, e in taken):
                    continue
                given = text[start:end]
                name = self._close(given)
                if name is not None:
                    how = How.SOUND if sound(name) == sound(given) else How.SPELLING
                    found.append((start, end, Match(given, self._spelled.shown[name], how)))
                    taken.append((start, end))
        return tuple(match for _, _, match in sorted(found, key=lambda item: item[0]))

    def _close(self, given: str) -> str | None:
        """The name that ``given``, of the same length, is a misspelling of."""
        if given in self._spelled.shown or len(_HAN.findall(given)) < len(given) - 1:
            return None
        ordinary = self._is_word(given)
        if ordinary and len(given) < 4:
            return None
        name = self._spelled.by_sound.get(sound(given))
        if name is None and len(given) >= 4 and not ordinary:
            name = next(
                (
                    self._spelled.by_gap[key]
                    for gap in range(len(given))
                    if (key := (gap, given[:gap] + "\n" + given[gap + 1 :])) in self._spelled.by_gap
                ),
                None,
            )
        if name is None or name == given:
            return None
        if sound(name) == sound(given):
            if any(a != b and _numerals(a) for a, b in zip(given, name, strict=True)):
                return None  # 三零 may be written 三铃, and not 十项 for 四项
        elif _numerals(name) != _numerals(given):
            return None
        if any(given[:end] in self._spelled.shown for end in range(2, len(given))):
            return None  # it begins with a name and goes on with something else: 呼和浩特|天气
        return None if self._occurs(given) else name

    def _latin(self, match: re.Match[str]) -> list[tuple[int, int, Match]]:
        words = [
            (m.start() + match.start(), m.end() + match.start())
            for m in re.finditer("[a-z]+", match[0])
        ]
        found: list[tuple[int, int, Match]] = []
        begin = 0
        while begin < len(words):
            for end in range(len(words), begin, -1):
                start, stop = words[begin][0], words[end - 1][1]
                given = match.string[start:stop]
                name = self._spelled.by_letters.get("".join(re.findall("[a-z]+", given)))
                if name is not None:
                    found.append((start, stop, Match(given, self._spelled.shown[name], How.PINYIN)))
                    begin = end
                    break
            else:
                begin += 1
        return found


def lookup(wanted: str, names: dict[str, tuple[str, ...]]) -> tuple[list[str], How | None]:
    """Which of ``names`` (name to aliases) a reader means by ``wanted``, all of it.

    Returns the names that fit equally well, in order, and how they were recognised. Ways are tried
    from the surest to the least sure and the first that fits decides.
    """
    asked = normalise(wanted).text.strip()
    forms = {
        name: [normalise(form).text for form in (name, *aliases)] for name, aliases in names.items()
    }
    if not asked:
        return [], None
    letters = "".join(re.findall("[a-z]+", asked)) if asked.isascii() else ""

    def fitting(how: How) -> list[str]:
        def fits(form: str) -> bool:
            match how:
                case How.EXACT:
                    return form == asked
                case How.PART:
                    return form.startswith(asked) or (len(asked) > 1 and asked in form)
                case How.SOUND:
                    return len(asked) > 1 and sound(form) == sound(asked)
                case How.PINYIN:
                    whole = "".join(sound(form))
                    return len(letters) > 2 and (
                        whole == letters or (len(letters) > 4 and whole.startswith(letters))
                    )
                case How.SPELLING:
                    near = 4 if len(form) == len(asked) else 5
                    return (
                        min(len(form), len(asked)) >= near
                        and _numerals(form) == _numerals(asked)
                        and Levenshtein.distance(form, asked, score_cutoff=1) <= 1
                    )
            raise AssertionError(how)

        return [name for name, spelled in forms.items() if any(fits(form) for form in spelled)]

    for how in How:
        if found := fitting(how):
            return found, how
    return [], None
