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
import importlib.metadata
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

import opencc

from knowledge.model import Span
from retrieval.parameters import PARAMETERS
from retrieval.text import segmenting, taught
from retrieval.text.taught import PERSON, PLACE, Taught


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


_TOGETHER = 1 << 12  # words that are worked on in one go: 3 ms, in which nobody else computes


def normalise(text: str) -> Normalised:
    """Fold width, case, compatibility forms and traditional characters.

    >>> normalise("劉安（ＬＩＵ）").text
    '刘安(liu)'
    """
    return Normalised(text, _simplified(text.translate(_FOLDING)))


def normalise_all(texts: Sequence[str]) -> list[str]:
    """``normalise(text).text`` of each: many short texts take less time together.

    >>> normalise_all(["劉安", "（ＬＩＵ）"])
    ['刘安', '(liu)']
    """
    # In parts: whoever answers meanwhile waits for each.
    parts = (texts[begin : begin + _TOGETHER] for begin in range(0, len(texts), _TOGETHER))
    return [text for part in parts for text in _normalised_together(part)]


def _normalised_together(texts: Sequence[str]) -> list[str]:
    folded = [text.translate(_FOLDING) for text in texts]
    # No word of the converter's dictionaries has a line break, so that none runs over it.
    if not any("\n" in text for text in folded):
        simplified: list[str] = _TO_SIMPLIFIED.convert("\n".join(folded)).split("\n")
        if list(map(len, simplified)) == list(map(len, folded)):
            return simplified
    return [_simplified(text) for text in folded]


_DIGITS = "〇零一二两三四五六七八九十百千万亿廿"
_NUMERAL = rf"[0-9]+(?:\.[0-9]+)?|[{_DIGITS}]+(?:点[零一二三四五六七八九]+)?"
_CUTS = [ord("\u3400") - 1, *sorted(map(ord, set(_DIGITS) - {"〇"})), ord("\u9fff") + 1]
# All between the first and the last but the digits. Of ranges, the pattern is ready in no time.
_RUN = "".join(f"{chr(a + 1)}-{chr(b - 1)}" for a, b in itertools.pairwise(_CUTS) if a + 1 < b)
_HAN = re.compile("[\u3400-\u9fff·]+")
_GIVEN = (2, 3)  # characters of a Chinese name, the surname included
_UNIT = re.compile(
    rf"(?P<run>[{_RUN}]+)|百分之(?P<percent>{_NUMERAL})"
    rf"|(?P<numeral>{_NUMERAL})|(?P<word>[^\W\d_\u3400-\u9fff]+)"
    r"|(?P<char>[\u3400-\u9fff\U00020000-\U0003ffff%])|(?P<open>[“”‘’\"'「」『』《》〈〉])|(?P<stop>.)",
    re.DOTALL,
)


@cache
def _cn2an() -> ModuleType:
    """The package, which takes 0.1 s to be there: most questions have no numeral."""
    import cn2an

    module: ModuleType = cn2an
    return module


@lru_cache(maxsize=65536)
def numeral(written: str) -> str:
    """A numeral in Arabic digits, or as it is where it is no number.

    >>> numeral("十八"), numeral("二〇二四"), numeral("98.30"), numeral("百")
    ('18', '2024', '98.3', '百')
    """
    if written.isascii():
        return written.rstrip("0").rstrip(".") if "." in written else written
    try:
        value = _cn2an().cn2an(written, "smart")
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
            case "run":  # most of all text: no numeral begins in it
                found += match[0]
            case "percent":
                found += [numeral(match["percent"]), "%"]
            case "numeral":
                found.append(numeral(match["numeral"]))
            case "word" | "char":
                found.append(match[0])
            case "stop":
                found.append(None)
    return found


def certain_bigrams(word: str) -> list[str]:
    """Pairs of characters that are bigrams of every text that holds a normalised ``word``.

    Not so where a numeral may begin or end, which is one character with its neighbours.

    >>> certain_bigrams("百分之三的重点")
    ['的重', '重点']
    """
    return [
        first + second
        for first, second in itertools.pairwise(word)
        if _is_certain(first) and _is_certain(second)
    ]


def _is_certain(char: str) -> bool:
    """Whether it is a character of Chinese that no numeral has."""
    return "\u3400" <= char <= "\u9fff" and char not in _DIGITS and char not in "分之"


def _lines(name: str) -> frozenset[str]:
    text = (PARAMETERS / name).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _dictionary_names() -> segmenting.Names:
    """The dictionary's names, without the ordinary words among them (东西, 城市, 荣誉)."""
    marked, ordinary = segmenting.dictionary_names(), _lines("ordinary.txt")
    return segmenting.Names(marked.people - ordinary, marked.places - ordinary)


@cache
def _rules() -> str:
    """A fingerprint of what decides, besides the dictionary, which terms a text has."""
    digest = hashlib.sha256()
    tables = (PARAMETERS / name for name in ("stop_words.txt", "ordinary.txt"))
    for file in (Path(__file__), Path(segmenting.__file__), Path(taught.__file__), *tables):
        digest.update(file.read_bytes())
    for package in ("opencc", "cn2an"):
        digest.update(importlib.metadata.version(package).encode())
    digest.update(unicodedata.unidata_version.encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text in order, repeats included."""

    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    unigrams: tuple[str, ...]


class Analyzer:
    """Cuts passages and questions alike.

    ``lexicon`` are words that must stay whole; so are ``people`` and ``places``. ``cache`` is a
    folder for jieba's own dictionary cache; without one its start costs half a second more.
    ``fast`` is for jieba-rs, which must be installed, in place of jieba. Equal ``fingerprint``s
    promise equal terms for equal texts, as do equal ``rules`` for texts that hold none of the
    words in which what they were ``taught`` differs. With that another can be taught the same in no
    time.
    """

    def __init__(
        self,
        lexicon: Iterable[str] = (),
        *,
        people: Iterable[str] = (),
        places: Iterable[str] = (),
        cache: Path | None = None,
        fast: bool = False,
    ) -> None:
        named = frozenset(normalise_all([*people])), frozenset(normalise_all([*places]))
        words = {*normalise_all([*lexicon]), *named[0], *named[1]} - {""}
        known = segmenting.dictionary(cache, fast=fast)
        added = {
            word: frequency
            for word in ascending(words)
            if (frequency := known.frequency(word)) is not None
        }
        others = ascending(words.difference(added))
        self._set_up(known, Taught.of(added, *named, others), (cache, fast))

    @classmethod
    def knowing(cls, taught: Taught, *, cache: Path | None = None, fast: bool = False) -> Analyzer:
        """The analyzer that was ``taught`` this, for the same dictionary."""
        made = cls.__new__(cls)
        known = segmenting.dictionary(cache, fast=fast)
        made._set_up(known, taught, (cache, fast))  # noqa: SLF001 - another way to construct it
        return made

    def _set_up(
        self, known: segmenting.Dictionary, taught: Taught, made_with: tuple[Path | None, bool]
    ) -> None:
        self.taught = taught
        self._made_with = made_with
        self._people = taught.named(PERSON)
        self._places = taught.named(PLACE)
        self._segmenter = known.segmenter(taught)
        self._stop_words = _lines("stop_words.txt")
        self._surnames = _lines("surnames.txt")
        self.rules = f"{known.rules(taught)} {_rules()}"
        digest = hashlib.sha256(self.rules.encode() + taught.digest)
        self.fingerprint = digest.hexdigest()[:16]

    def __reduce__(self) -> tuple[object, ...]:
        """For another process: it opens the dictionary itself."""
        return _again, (self.taught, *self._made_with)

    def warm(self) -> None:
        """Learn now all words, and read the names of the dictionary, which questions ask for."""
        self._segmenter.learn()
        _dictionary_names()

    def names(self, words: Iterable[str]) -> tuple[bool, bool]:
        """Whether the words hold a name of a person, and of a place, that is known as one."""
        known = _dictionary_names()
        person = place = False
        for word in words:
            person = person or "·" in word or word in self._people or word in known.people
            place = place or word in self._places or word in known.places
        return person, place

    def may_be_person(self, word: str) -> bool:
        """Whether a word is a person's name, a known one or one that no dictionary has.

        Only what begins with a surname, which is hardly ever anything else. 林子 does too, and so
        does 林子里: of two characters none is taken that is known, nor what goes on from one.
        """
        if not (word[0] in self._surnames or word[:2] in self._surnames):
            return False
        if self.knows(word):
            return len(word) > min(_GIVEN) and self.names([word])[0]
        if len(word) not in _GIVEN or not _HAN.fullmatch(word):
            return False
        return word[:2] in self._surnames or not self.knows(word[:2])

    def possible_names(self, text: str) -> Iterator[str]:
        """The words of a normalised text that may be names: known ones, and what is no word."""
        for word in self.words(text):
            known = self._segmenter.knows(word) and word not in self.taught
            if len(word) > 1 and _HAN.fullmatch(word) and (not known or self.names([word])[0]):
                yield word

    def knows(self, word: str) -> bool:
        """Whether a normalised text is a word of the dictionary or the lexicon."""
        return self._segmenter.knows(word)

    def is_stop_word(self, word: str) -> bool:
        """Whether a word or character is none of the words or characters of a text."""
        return word in self._stop_words

    def is_made_up(self, word: str) -> bool:
        """Whether the segmenter took a stop word and what is beside it for a word: 长是, 张三得."""
        beside = self.is_stop_word(word[0]) or self.is_stop_word(word[-1])
        return beside and not self.knows(word)

    def words(self, text: str) -> list[str]:
        """The words of a normalised text without stop words and punctuation."""
        return [word for word in self._segmenter.cut_for_search(text) if self.is_word(word)]

    def is_word(self, piece: str) -> bool:
        """Whether a piece of a text that was cut is a word: no stop word and no punctuation."""
        return piece not in self._stop_words and (piece[0].isalnum() or piece[-1].isalnum())

    def pieces(self, texts: Sequence[str]) -> list[str]:
        """What normalised texts are cut into, a line break alone behind each text."""
        cut = self._segmenter.cut_for_search
        whole = "".join(f"{text}\n" for text in texts)
        # No word runs over a line break, so that all are cut together in less time.
        if whole.count("\n") == len(texts) and "\r" not in whole:
            return list(cut(whole))
        return [
            piece
            for text in texts
            for piece in itertools.chain((one for one in cut(text) if one != "\n"), ("\n",))
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


def _again(taught: Taught, cache: Path | None, fast: bool) -> Analyzer:
    return Analyzer.knowing(taught, cache=cache, fast=fast)


def ascending(words: Iterable[str]) -> Iterable[str]:
    """The same in order. Never are many sorted in one go, in which nobody else computes.

    >>> list(ascending(["拉索", "三零", "", "三"]))
    ['', '三', '三零', '拉索']
    """
    beginning: dict[str, list[str]] = {}
    for word in words:
        beginning.setdefault(word[:1], []).append(word)
    for first in sorted(beginning):
        yield from sorted(beginning[first])
