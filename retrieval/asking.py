"""What does a question ask for, and does a sentence hold something of that kind?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import yaml

from retrieval.analysis import PARAMETERS


class Sought(IntEnum):
    """What a question asks for. The value is the bit that marks a sentence that holds it."""

    ANYTHING = 0  # a keyword query, or nothing that says
    DATE = 1
    NUMBER = 2
    PERSON = 4
    PLACE = 8
    REASON = 16
    MANNER = 32
    THING = 64
    WHETHER = 128


# What a sentence can be recognised to hold; the rest is in any sentence.
RECOGNISED = (Sought.DATE, Sought.NUMBER, Sought.PERSON, Sought.PLACE, Sought.REASON)


@dataclass(frozen=True, slots=True)
class _Patterns:
    question: dict[Sought, re.Pattern[str]]
    sentence: dict[Sought, re.Pattern[str]]
    filler: re.Pattern[str]
    units: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    spelled_out: re.Pattern[str]
    not_spelled_out: re.Pattern[str]
    exclusion: re.Pattern[str]


_NUMBER = r"(?:\d[\d,.]*|[〇零一二两三四五六七八九十百千万亿]+)"


@cache
def _patterns() -> _Patterns:
    tables = yaml.safe_load((PARAMETERS / "asking.yaml").read_text(encoding="utf-8"))
    return _Patterns(
        question={
            Sought[row["type"].upper()]: re.compile("|".join(row["question"]))
            for row in tables["types"]
        },
        sentence={
            Sought[row["type"].upper()]: re.compile("|".join(row["sentence"]))
            for row in tables["types"]
            if row["sentence"]
        },
        filler=re.compile("|".join(tables["filler"])),
        units=tuple(
            (re.compile(row["question"]), re.compile(row["sentence"].replace("N", _NUMBER)))
            for row in tables["units"]
        ),
        spelled_out=re.compile(tables["spelled_out"]),
        not_spelled_out=re.compile(tables["not_spelled_out"]),
        exclusion=re.compile(tables["exclusion"]),
    )


def sought(question: str) -> Sought:
    """What a normalised question asks for.

    >>> sought("刘安今年多大年纪?"), sought("乌兰牧骑")
    (<Sought.NUMBER: 2>, <Sought.ANYTHING: 0>)
    """
    for kind, pattern in _patterns().question.items():
        if pattern.search(question):
            return kind
    return Sought.ANYTHING


def topic(question: str) -> str:
    """A normalised question without the words that ask: each becomes a space.

    >>> topic("请问包头的三零是什么?")
    ' 包头的三零 ?'
    """
    bare = question
    for pattern in _patterns().question.values():
        bare = pattern.sub(" ", bare)
    bare = _patterns().filler.sub(" ", bare)
    return bare if any(char.isalnum() for char in bare) else question


def held(sentence: str, *, person: bool, place: bool) -> int:
    """The bits of ``Sought`` that a normalised sentence holds something of.

    ``person`` and ``place`` say whether its words have a known name of either kind.
    """
    bits = Sought.PERSON * person | Sought.PLACE * place
    for kind, pattern in _patterns().sentence.items():
        if not bits & kind and pattern.search(sentence):
            bits |= kind
    return bits


def without_exclusion(question: str) -> str:
    """A normalised question without what it says it does not ask for.

    >>> without_exclusion("除了刘安他们,还提到了哪些警察?")
    ',还提到了哪些警察?'
    """
    return _patterns().exclusion.sub("", question)


def unit(question: str) -> re.Pattern[str] | None:
    """What a sentence must match to answer a normalised question about a number or a date.

    >>> unit("刘安今年多大年纪?").search("23年驻守在森林公安派出所") is None
    True
    """
    for asked, needed in _patterns().units:
        if asked.search(question):
            return needed
    return None


def wants_spelled_out(question: str) -> tuple[bool, str]:
    """Whether a normalised question wants something spelled out, and how many things it says.

    >>> wants_spelled_out("七大体系是哪七个体系?"), wants_spelled_out("七大体系")
    ((True, '七'), (False, ''))
    """
    patterns = _patterns()
    match = patterns.spelled_out.search(question)
    if match is None:
        return False, ""
    if match["count"]:
        return True, match["count"]
    return patterns.not_spelled_out.search(question) is None, ""
