"""What cuts a text into words: jieba, or jieba-rs, which is some twenty times as fast?

Both know a *dictionary* of words with their frequencies. Words of the reports are added to a copy
of it, each with a frequency that depends on the dictionary alone, and the sum of all frequencies
stays what it was. So a word that is added or taken away changes nothing in texts that do not hold
it: whoever keeps what was made of a text need only look whether such a word stands in it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import marshal
import math
import os
import re
import tempfile
import threading
import warnings
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from knowledge.unkept import unkept
from retrieval.text.taught import Taught

if TYPE_CHECKING:
    import jieba

_log = logging.getLogger(__name__)
_REMEMBERED = 1 << 15  # words whose frequencies are kept: those of a few thousand reports


@cache
def _jieba() -> ModuleType:
    """The package, which only who cuts by it needs."""
    with warnings.catch_warnings():
        # jieba 0.42.1 has invalid escapes in its regular expressions and imports pkg_resources.
        warnings.simplefilter("ignore")
        import jieba
    # It logs its own start-up to stderr at DEBUG from the moment it is imported.
    jieba.setLogLevel(logging.WARNING)
    module: ModuleType = jieba
    return module


class Segmenter(Protocol):
    """Cuts sentences into words. Safe to use from several threads."""

    def cut_for_search(self, text: str) -> Iterable[str]:
        """The words of ``text``, long ones followed or preceded by the words inside them."""

    def knows(self, word: str) -> bool:
        """Whether ``word`` is one of the dictionary's or one that was added."""

    def learn(self) -> None:
        """Learn now all words, which else are learnt as texts come that hold them."""


class Dictionary(Protocol):
    """The words that a kind of segmenter knows by itself."""

    def rules(self, words: Taught) -> str:
        """What decides how a text is cut that holds none of the added ``words``."""

    def frequency(self, word: str) -> int | None:
        """The frequency that keeps ``word`` in one piece; ``None`` where it stays whole already."""

    def segmenter(self, words: Taught) -> Segmenter:
        """A segmenter that knows ``words``, with these frequencies, besides the dictionary."""


class _Learning(ABC):
    """A segmenter that learns words as texts come that hold them.

    In other texts they change nothing, and to learn 300,000 takes longer than to open the index
    that they belong to. So a question is answered without them; with a long text all are learnt.
    """

    def __init__(self, words: Taught) -> None:
        self._words = words
        self._learnt: set[str] = set()
        self._knows_all = False
        self._learning = threading.RLock()

    @abstractmethod
    def _add(self, words: Mapping[str, int]) -> None:
        """Know these from now on, too."""

    @abstractmethod
    def _cut(self, text: str) -> Iterable[str]:
        """``cut_for_search`` by what is known."""

    @abstractmethod
    def _has(self, word: str) -> bool:
        """Whether ``word`` is one of the dictionary's."""

    def cut_for_search(self, text: str) -> Iterable[str]:
        if not self._knows_all:
            with self._learning:
                if len(text) > _LONG:
                    self.learn()
                if not self._knows_all:  # or somebody else has learnt all of them meanwhile
                    self._learn(self._words.added_in(text))
                    return list(self._cut(text))
        return self._cut(text)

    def knows(self, word: str) -> bool:
        return self._words.frequency(word) > 0 or self._has(word)

    def learn(self) -> None:
        with self._learning:
            if not self._knows_all:
                self._learn(self._words.added())
                self._knows_all = True
                self._learnt.clear()

    def _learn(self, words: Mapping[str, int]) -> None:
        new = {word: frequency for word, frequency in words.items() if word not in self._learnt}
        if new:
            self._learnt |= new.keys()
            self._add(new)


_LONG = 2_000  # characters of a text with which all words are learnt; no question is so long


class _Jieba:
    """jieba and the dictionary that comes with it.

    Its table takes 20 MB. A segmenter adds its words to this very one; only when something else is
    asked while that segmenter is in use, as at a reload, does each get its own.
    """

    def __init__(self, cache: Path | None) -> None:
        self._tokenizer = _read_in(cache)
        self._using = threading.RLock()
        self._borrower: Callable[[], object] = lambda: None
        self._before: dict[str, int | None] = {}  # what the borrower has written over
        self.frequency = lru_cache(_REMEMBERED)(self._frequency)

    def rules(self, _words: Taught) -> str:
        return f"jieba {_jieba().__version__}"

    def _frequency(self, word: str) -> int | None:
        with self._using:
            known, total = self._table(), self._tokenizer.total
            pieces = list(self._tokenizer.cut(word, HMM=False))
            own = known.get(word, 0)
            if own and pieces == [word]:
                return None
            # As jieba itself suggests it: a little more than what the pieces come to together.
            together = math.prod(known.get(piece, 1) / total for piece in pieces)
            return max(int(together * total) + 1, own)

    def _table(self) -> dict[str, int]:
        """The frequencies of the dictionary alone, in a table that nobody else uses."""
        if self._borrower() is not None:
            self._tokenizer.FREQ = dict(self._tokenizer.FREQ)
            self._borrower = lambda: None
        for word, frequency in self._before.items():
            if frequency is None:
                del self._tokenizer.FREQ[word]
            else:
                self._tokenizer.FREQ[word] = frequency
        self._before = {}
        known: dict[str, int] = self._tokenizer.FREQ
        return known

    def segmenter(self, words: Taught) -> Segmenter:
        with self._using:
            tokenizer = _jieba().Tokenizer()
            tokenizer.FREQ = self._table()
            tokenizer.total = self._tokenizer.total
            tokenizer.initialized = True
            made = _JiebaSegmenter(self, tokenizer, words)
            self._borrower = weakref.ref(made)
            return made

    def add(self, words: Mapping[str, int], segmenter: _JiebaSegmenter) -> None:
        """Write ``words`` into the table of a segmenter, be it that of the dictionary or not."""
        with self._using:
            before = self._before if self._borrower() is segmenter else {}
            known = segmenter.known
            for word, frequency in words.items():
                before.setdefault(word, known.get(word))
                known[word] = frequency
                for end in range(1, len(word)):
                    if word[:end] not in known:
                        known[word[:end]] = 0
                        before[word[:end]] = None


def _read_in(cache: Path | None) -> jieba.Tokenizer:
    """A tokenizer with its dictionary, from a copy in ``cache``, else in the system's own folder.

    Jieba can do this by itself; but where the copy cannot be written it prints a traceback, and
    leaves what was written so far.
    """
    made: jieba.Tokenizer = _jieba().Tokenizer()
    copy = (cache or Path(tempfile.gettempdir())) / "jieba.cache"  # as jieba calls it
    try:
        made.FREQ, made.total = marshal.loads(copy.read_bytes())  # noqa: S302 - as jieba does
    except (OSError, EOFError, ValueError, TypeError):
        made.FREQ, made.total = made.gen_pfdict(made.get_dict_file())
        try:
            _write(copy, marshal.dumps((made.FREQ, made.total)))
        except OSError as error:
            if cache is not None:
                unkept(_log, "the dictionary", cache, error)
    made.initialized = True
    return made


def _write(file: Path, content: bytes) -> None:
    """Write ``file`` whole or not at all. Raises ``OSError``."""
    number, aside = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content)
        Path(aside).replace(file)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise


class _JiebaSegmenter(_Learning):
    def __init__(self, dictionary: _Jieba, tokenizer: jieba.Tokenizer, words: Taught) -> None:
        super().__init__(words)
        self._dictionary = dictionary
        self._tokenizer = tokenizer
        self.known: dict[str, int] = tokenizer.FREQ

    def _add(self, words: Mapping[str, int]) -> None:
        self._dictionary.add(words, self)

    def _cut(self, text: str) -> Iterable[str]:
        # Not the bound method itself: whoever cuts must keep this object alive, see `_Jieba`.
        words: Iterable[str] = self._tokenizer.cut_for_search(text)
        return words

    def _has(self, word: str) -> bool:
        return self.known.get(word, 0) > 0


# Frequencies that a jieba-rs dictionary has to give away: 2 % of what its words have together.
_SPARE = 1 << 20
_FILLER = "\ue000\ue001"  # characters for private use: no report has them side by side


class _JiebaRs:
    """jieba-rs, from the extra ``fast``, with jieba's dictionary built in."""

    def __init__(self) -> None:
        self.frequency = lru_cache(_REMEMBERED)(self._frequency)

    def rules(self, words: Taught) -> str:
        return f"rjieba {importlib.metadata.version('rjieba')} {_allowance(words.total)}"

    def _frequency(self, word: str) -> int | None:
        # It does not tell the frequencies of its own words, so those are left as they are.
        # The package has a segmenter of its own, which knows the dictionary alone.
        import rjieba

        return None if rjieba.has_word(word) else int(rjieba.suggest_freq(word))

    def segmenter(self, words: Taught) -> Segmenter:
        import rjieba

        return _JiebaRsSegmenter(rjieba.Jieba(), words)


def _allowance(total: int) -> int:
    """The next power of two that is enough for words with these frequencies together."""
    return max(_SPARE, 1 << total.bit_length())


class _JiebaRsSegmenter(_Learning):
    def __init__(self, made: Any, words: Taught) -> None:  # noqa: ANN401 - it has no types
        super().__init__(words)
        self._made = made
        self._left = _allowance(words.total)
        self._add({})

    def _add(self, words: Mapping[str, int]) -> None:
        for word, frequency in words.items():
            self._made.add_word(word, frequency, None)
        # It adds up the frequencies by itself. A filler takes what is left of an allowance, so
        # that the sum is the same whatever words there are.
        self._left -= sum(words.values())
        self._made.add_word(_FILLER, self._left, None)

    def _cut(self, text: str) -> Iterable[str]:
        words: list[str] = self._made.cut_for_search(text)
        return words

    def _has(self, word: str) -> bool:
        return bool(self._made.has_word(word))


@dataclass(frozen=True, slots=True)
class Names:
    """Words that a dictionary marks as names."""

    people: frozenset[str]
    places: frozenset[str]


@cache
def dictionary_names() -> Names:
    """The words that jieba's dictionary marks as names of people (nr) and of places (ns)."""
    with _jieba().Tokenizer().get_dict_file() as file:
        listed = file.read().decode("utf-8")
    people = re.findall(r"^(\S\S+) \d+ nr\w*$", listed, re.MULTILINE)
    places = re.findall(r"^(\S+) \d+ ns$", listed, re.MULTILINE)
    return Names(frozenset(people), frozenset(places))


_LOCK = threading.Lock()
_OPEN: dict[bool, Dictionary] = {}


def fast_is_installed() -> bool:
    """Whether the extra ``fast`` is there."""
    return importlib.util.find_spec("rjieba") is not None


def dictionary(cache: Path | None = None, *, fast: bool = False) -> Dictionary:
    """Jieba's dictionary or, with ``fast``, that of jieba-rs; each is read once in a process.

    ``cache`` is a folder for a copy of jieba's that is read in half the time.
    """
    with _LOCK:
        if fast not in _OPEN:
            _OPEN[fast] = _JiebaRs() if fast else _Jieba(cache)
        return _OPEN[fast]
