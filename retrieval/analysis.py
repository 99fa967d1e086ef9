"""Which terms do a text and a question share, whatever script, width or numerals they use?

Text is normalised first (compatibility forms folded, lower case, traditional characters made
simplified), then cut three ways:

- *words*: jieba's ``cut_for_search``, which gives long words and the words inside them;
- *bigrams*: pairs of neighbouring characters, which need no dictionary;
- *unigrams*: single characters, for evidence only.

In bigrams and unigrams a numeral counts as one character, written in Arabic digits, so that
六项规定 and 6项规定 are the same terms; quotation marks are transparent.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

import cn2an
import opencc

from knowledge.model import Span

with warnings.catch_warnings():
    # jieba 0.42.1 has invalid escapes in its regular expressions and imports pkg_resources.
    warnings.simplefilter("ignore")
    import jieba

# jieba logs its own start-up to stderr at DEBUG from the moment it is imported.
jieba.setLogLevel(logging.WARNING)

FORMAT = 1  # part of every fingerprint: raise it when the same text gives other terms

PARAMETERS = Path(__file__).parent / "parameters"


class _Folding(dict[int, str]):
    """``str.translate`` table: every code point to its lower-case compatibility form."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if unicodedata.category(char) == "Cf":  # zero-width joiners, byte-order and direction marks
            folded = ""
        else:
            folded = unicodedata.normalize("NFKC", char).lower()
        self[code] = folded
        return folded


_FOLDING = _Folding()
_TO_SIMPLIFIED = opencc.OpenCC("t2s")


def _simplified(text: str) -> str:
    converted: str = _TO_SIMPLIFIED.convert(text)
    if len(converted) == len(text):
        return converted
    # A phrase of another length would break the map back to the source.
    return "".join(one if len(one := _TO_SIMPLIFIED.convert(c)) == 1 else c for c in text)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text made comparable, and the way back: ``text`` is for matching, never for quoting."""

    source: str
    text: str

    def source_span(self, span: Span) -> Span:
        """The smallest span of ``source`` whose characters became ``span`` of ``text``.

        >>> folded = normalise("㎡與ＡＢ")
        >>> folded.text, folded.source_span(Span(0, 1)), folded.source_span(Span(2, 4))
        ('m2与ab', Span(start=0, end=1), Span(start=1, end=3))
        """
        begins: list[int] = []
        for index, char in enumerate(self.source):
            begins.extend([index] * len(_FOLDING[ord(char)]))
        if span.start == span.end:
            place = begins[span.start] if span.start < len(begins) else len(self.source)
            return Span(place, place)
        return Span(begins[span.start], begins[span.end - 1] + 1)


def normalise(text: str) -> Normalised:
    """Fold width, case, compatibility forms and traditional characters.

    >>> normalise("劉安（ＬＩＵ）").text
    '刘安(liu)'
    """
    return Normalised(text, _simplified(text.translate(_FOLDING)))


_NUMERAL = (
    r"[0-9]+(?:\.[0-9]+)?|[〇零一二两三四五六七八九十百千万亿廿]+(?:点[零一二三四五六七八九]+)?"
)
_UNIT = re.compile(
    rf"百分之(?P<percent>{_NUMERAL})|(?P<numeral>{_NUMERAL})|(?P<word>[^\W\d_\u3400-\u9fff]+)"
    r"|(?P<char>[\u3400-\u9fff\U00020000-\U0003ffff%])|(?P<open>[“”‘’\"'「」『』《》〈〉])|(?P<stop>.)",
    re.DOTALL,
)


@lru_cache(maxsize=65536)
def numeral(written: str) -> str:
    """A numeral in Arabic digits, or as it is where it is no number.

    >>> numeral("十八"), numeral("二〇二四"), numeral("98.30"), numeral("百")
    ('18', '2024', '98.3', '百')
    """
    if written.isascii():
        return written.rstrip("0").rstrip(".") if "." in written else written
    try:
        value = cn2an.cn2an(written, "smart")
    except (
        ValueError,
        KeyError,
    ):  # 百 alone, 二三十: cn2an refuses some with a KeyError of its own
        return written
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def characters(text: str) -> list[str | None]:
    """The characters of a normalised text, numerals and Latin words as one; ``None`` is a break.

    >>> characters("“六项规定”,百分之九十")
    ['6', '项', '规', '定', None, '90', '%']
    """
    found: list[str | None] = []
    for match in _UNIT.finditer(text):
        match match.lastgroup:
            case "percent":
                found += [numeral(match["percent"]), "%"]
            case "numeral":
                found.append(numeral(match["numeral"]))
            case "word" | "char":
                found.append(match[0])
            case "stop":
                found.append(None)
    return found


class Segmenter(Protocol):
    """What cuts a sentence into words: jieba, or jieba-rs behind the same methods."""

    def add_word(self, word: str) -> object:
        """Keep ``word`` in one piece."""

    def cut_for_search(self, text: str) -> Iterable[str]:
        """The words of ``text``, long ones followed or preceded by the words inside them."""


def _lines(name: str) -> frozenset[str]:
    text = (PARAMETERS / name).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class _Names:
    people: frozenset[str]
    places: frozenset[str]


@cache
def _dictionary_names() -> _Names:
    """The words that jieba's dictionary marks as names of people (nr) and of places (ns)."""
    people, places = set(), set()
    with jieba.Tokenizer().get_dict_file() as lines:
        for line in lines:
            word, _, tag = line.decode("utf-8").split()
            if tag.startswith("nr") and len(word) > 1:
                people.add(word)
            elif tag == "ns":
                places.add(word)
    return _Names(frozenset(people), frozenset(places))


@cache
def _dictionary_words() -> frozenset[str]:
    with jieba.Tokenizer().get_dict_file() as lines:
        return frozenset(line.decode("utf-8").split(" ", 1)[0] for line in lines)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text in order, repeats included."""

    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    unigrams: tuple[str, ...]


class Analyzer:
    """Cuts passages and questions alike.

    ``lexicon`` are words that must stay whole; so are ``people`` and ``places``. ``cache`` is a
    folder for jieba's own dictionary cache; without one its start costs half a second more. Equal
    ``fingerprint``s promise equal terms for equal texts.
    """

    def __init__(
        self,
        lexicon: Iterable[str] = (),
        *,
        people: Iterable[str] = (),
        places: Iterable[str] = (),
        cache: Path | None = None,
        segmenter: Segmenter | None = None,
    ) -> None:
        self._people = frozenset(normalise(name).text for name in people)
        self._places = frozenset(normalise(name).text for name in places)
        words = sorted(
            ({normalise(word).text for word in lexicon} | self._people | self._places) - {""}
        )
        if segmenter is None:
            own = jieba.Tokenizer()
            if cache is not None:
                own.tmp_dir = str(cache)
            segmenter = own
        self._segmenter = segmenter
        for word in words:
            segmenter.add_word(word)
        self.lexicon = frozenset(words)
        self._stop_words = _lines("stop_words.txt")
        digest = hashlib.sha256(f"{FORMAT} {type(segmenter).__module__}".encode())
        for part in (
            *words,
            "",
            *sorted(self._people),
            "",
            *sorted(self._places),
            "",
            *sorted(self._stop_words),
        ):
            digest.update(part.encode() + b"\n")
        self.fingerprint = digest.hexdigest()[:16]

    def names(self, words: Iterable[str]) -> tuple[bool, bool]:
        """Whether the words hold a name of a person, and of a place, that is known as one."""
        person = place = False
        for word in words:
            person = (
                person or "·" in word or word in self._people or word in _dictionary_names().people
            )
            place = place or word in self._places or word in _dictionary_names().places
        return person, place

    def knows(self, word: str) -> bool:
        """Whether a normalised text is a word of the dictionary or the lexicon."""
        known = getattr(self._segmenter, "FREQ", None)  # jieba's own table; others have none
        if known:
            return word in self.lexicon or known.get(word, 0) > 0
        return word in self.lexicon or word in _dictionary_words()

    def words(self, text: str) -> list[str]:
        """The words of a normalised text without stop words and punctuation."""
        stop = self._stop_words
        return [
            word
            for word in self._segmenter.cut_for_search(text)
            if word not in stop and (word[0].isalnum() or word[-1].isalnum())
        ]

    def terms(self, text: str) -> Terms:
        """All terms of a normalised text."""
        stop = self._stop_words
        run = characters(text)
        return Terms(
            words=tuple(self.words(text)),
            bigrams=tuple(
                first + second
                for first, second in itertools.pairwise(run)
                if first is not None and second is not None
            ),
            unigrams=tuple(char for char in run if char is not None and char not in stop),
        )
