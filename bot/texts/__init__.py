"""What does the bot say, in which language? The sentences stand in the YAML files here."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from bot.errors import BadTexts
from knowledge import plain_yaml

LANGUAGES = ("zh", "en")
DEFAULT = "zh"


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences and word lists of one language, by dotted key."""

    language: str
    sentences: Mapping[str, str]
    word_lists: Mapping[str, tuple[str, ...]]

    def say(self, key: str, **values: object) -> str:
        """The sentence ``key`` with ``values`` in its places: plain text, not yet escaped."""
        return self.sentences[key].format(**values)

    def words(self, key: str) -> tuple[str, ...]:
        """The word list ``key``, such as the ways to say thank you."""
        return self.word_lists[key]


def language_of(code: str | None) -> str:
    """The language to speak to somebody whose Telegram or locale says ``code``.

    >>> [language_of(code) for code in ("zh-hans", "zh_CN.UTF-8", "en", "fr", None)]
    ['zh', 'zh', 'en', 'en', 'zh']
    """
    if not code:
        return DEFAULT
    return "zh" if code.lower().startswith("zh") else "en"


def placeholders(sentence: str) -> frozenset[str]:
    """The names between braces in ``sentence``.

    >>> sorted(placeholders("{given} → {meant}"))
    ['given', 'meant']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


@cache
def texts(language: str) -> Texts:
    """The catalogue of ``language``, one of ``LANGUAGES``."""
    return load()[language]


@cache
def load() -> Mapping[str, Texts]:
    """All catalogues, checked against one another."""
    folder = files(__name__)
    return check(
        {
            language: read(language, (folder / f"{language}.yaml").read_text("utf-8"))
            for language in LANGUAGES
        }
    )


def read(language: str, source: str) -> Texts:
    """The catalogue that the YAML text ``source`` holds.

    Raises BadTexts where it is anything but sentences and lists of words under nested keys.
    """
    sentences: dict[str, str] = {}
    word_lists: dict[str, tuple[str, ...]] = {}

    def walk(key: str, value: object) -> None:
        match value:
            case str():
                sentences[key] = value.strip("\n")
            case list() if key and value and all(isinstance(word, str) and word for word in value):
                word_lists[key] = tuple(value)
            case dict() if value:
                for name, inner in value.items():
                    walk(f"{key}.{name}" if key else str(name), inner)
            case _:
                raise BadTexts(f"{language}.yaml: {key or 'the file'}: not a sentence or word list")

    walk("", plain_yaml.load(source))
    return Texts(language, MappingProxyType(sentences), MappingProxyType(word_lists))


def check(catalogues: Mapping[str, Texts]) -> Mapping[str, Texts]:
    """The same ``catalogues``; raises BadTexts where keys or placeholders differ."""
    first, *others = catalogues.values()
    faults: list[str] = []
    for other in others:
        keys = {first.language: _keys(first), other.language: _keys(other)}
        faults += [
            f"{language}.yaml: {key} is missing"
            for language, has in keys.items()
            for key in sorted(set().union(*keys.values()) - has)
        ]
        faults += [
            f"{other.language}.yaml: {key} has other placeholders than {first.language}.yaml"
            for key in sorted(first.sentences.keys() & other.sentences.keys())
            if placeholders(first.sentences[key]) != placeholders(other.sentences[key])
        ]
    if faults:
        raise BadTexts("; ".join(faults))
    return catalogues


def _keys(catalogue: Texts) -> set[str]:
    return {*catalogue.sentences, *(f"{key} (a list)" for key in catalogue.word_lists)}
