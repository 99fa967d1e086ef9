"""Which words was an analyzer taught besides its dictionary's, and which of them has a text?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.text.vocabulary import Bytes, Places, Vocabulary, decoded, encoded

_REMEMBERED = 1 << 16  # beginnings of words that were looked up: all that a year of questions has

PERSON, PLACE = 1, 2
"""Bits of what a word is the name of."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """What a ``Taught`` consists of, as it is kept.

    Word ``n`` is ``text[starts[n]:starts[n+1]]`` in UTF-8, in order; ``frequencies[n]`` is what it
    was added to the dictionary with, 0 where it was not, and ``names[n]`` what it is a name of.
    ``others`` are words that stay whole without that, in JSON.
    """

    text: Bytes
    starts: Places
    frequencies: npt.NDArray[np.int64]
    names: npt.NDArray[np.uint8]
    others: Bytes


class Taught:
    """Words that were added to a dictionary, names, and what stays whole by itself.

    It is opened in no time however many there are: a word is looked up where it lies.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._words = Vocabulary(arrays.text, arrays.starts)
        # Not a method of this object: it could not be freed without a search for garbage.
        self._look = lru_cache(_REMEMBERED)(partial(_look, self._words, arrays.frequencies))

    @classmethod
    def of(
        cls,
        added: Mapping[str, int],
        people: Iterable[str],
        places: Iterable[str],
        others: Iterable[str],
    ) -> Taught:
        """``added``, which are in order, beside their frequencies; the others as in ``Arrays``."""
        names = dict.fromkeys(people, PERSON)
        for place in places:
            names[place] = names.get(place, 0) | PLACE
        words = list(added) if added.keys() >= names.keys() else sorted({*added, *names})
        spelled = Vocabulary.joined(list(map(encoded, words)))
        return cls(
            Arrays(
                spelled.text,
                spelled.starts,
                np.array([added.get(word, 0) for word in words], np.int64),
                np.array([names.get(word, 0) for word in words], np.uint8),
                np.frombuffer(json.dumps(list(others)).encode(), np.uint8),
            )
        )

    def __reduce__(self) -> tuple[object, ...]:
        return Taught, (self.arrays,)

    def __contains__(self, word: str) -> bool:
        """Whether ``word`` was to stay whole, added or not."""
        return self.frequency(word) > 0 or word in self._others

    @cached_property
    def _others(self) -> frozenset[str]:
        return frozenset(json.loads(self.arrays.others.tobytes()))

    def frequency(self, word: str) -> int:
        """What ``word`` was added to the dictionary with; 0 where it was not."""
        return self._look(word)[0]

    def added(self) -> dict[str, int]:
        """All words that were added, with their frequencies."""
        words, arrays = map(decoded, self._words.encoded()), self.arrays
        pairs = zip(words, arrays.frequencies.tolist(), strict=True)
        return {word: frequency for word, frequency in pairs if frequency}

    @cached_property
    def total(self) -> int:
        """The frequencies of all together."""
        return int(self.arrays.frequencies.sum())

    def added_in(self, text: str) -> dict[str, int]:
        """Those that stand in ``text``, wherever."""
        found = {}
        for begin in range(len(text)):
            for end in range(begin + 1, len(text) + 1):
                frequency, goes_on = self._look(text[begin:end])
                if frequency:
                    found[text[begin:end]] = frequency
                if not goes_on:
                    break
        return found

    def named(self, kind: int) -> frozenset[str]:
        """The names of this kind."""
        numbers = np.flatnonzero(self.arrays.names & kind)
        return frozenset(map(decoded, self._words.some(numbers)) if len(numbers) else ())

    @cached_property
    def digest(self) -> bytes:
        """What stands for all that can change how a text is cut, or what it names."""
        digest = hashlib.sha256()
        arrays = self.arrays
        for one in (arrays.text, arrays.starts, arrays.frequencies, arrays.names):
            digest.update(one.data)
        return digest.digest()

    def changed(self, other: Taught) -> set[str]:
        """The words of either that are not, in all that ``digest`` stands for, words of both."""
        if self.digest == other.digest:
            return set()
        return {word for word, *_ in self.vocabulary ^ other.vocabulary}

    @property
    def vocabulary(self) -> frozenset[tuple[str, int, int]]:
        """The words beside their frequencies and what they are names of."""
        rows = (self.arrays.frequencies.tolist(), self.arrays.names.tolist())
        return frozenset(zip(map(decoded, self._words.encoded()), *rows, strict=True))

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Taught:
        """What ``named_arrays`` gave. Raises ``KeyError`` where one is missing."""
        return cls(Arrays(**{name: arrays[kept] for name, kept in KEPT.items()}))

    def named_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, to be kept."""
        return {kept: getattr(self.arrays, name) for name, kept in KEPT.items()}


KEPT = {field.name: f"lexicon_{field.name}" for field in fields(Arrays)}
"""By what names the arrays are kept."""


def _look(
    words: Vocabulary, frequencies: npt.NDArray[np.int64], beginning: str
) -> tuple[int, bool]:
    """The frequency of a word, 0 where it is none, and whether a longer one begins with it."""
    spelled = encoded(beginning)
    place, found = words.place(spelled)
    behind = place + found
    goes_on = behind < len(words) and words.term(behind).startswith(spelled)
    return frequencies.item(place) if found else 0, goes_on
