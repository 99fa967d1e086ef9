"""Does a question ask for several things, and which?"""

from __future__ import annotations

import re

from retrieval.query.asking import RECOGNISED, sought

MOST = 4  # parts of one question; more are answered together

_ENDS = re.compile(r"[?!？！;；\n]+")
_CLAUSE = re.compile(r"[,，]|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_SHORTEST = 4  # characters of a clause that asks something by itself
# The parts of 首都, 各国 and 共和国 ask for nothing one by one.
_EACH = re.compile(
    r"各自|各(?![国省市地族种类界项级个位方派大])|分别|(?<![首国帝古故京成])都(?![市城会])"
)
_AND = re.compile(r"[、,，]|(?<=[^\s])(?:(?<!共)和(?![国平谐解])|与|跟|以及|还有)(?=[^\s])")
_PRONOUN = re.compile(
    r"(?<!其)(?:他们|她们|它们|他|她|它)|其(?!他|它|余|中|实)|此人|这个人|这位|那位|该"
)


def parts(question: str) -> tuple[str, ...]:
    """The parts of a normalised question, each a question of its own.

    Questions one after another are parts; so are the things that 各 or 分别 asks about one by
    one. A part that names nothing of its own is left to the search with the part before.

    >>> parts("三个规定、六项规定各管什么?")
    ('三个规定各管什么', '六项规定各管什么')
    >>> parts("刘安守了多少年,谁给他送水?")
    ('刘安守了多少年', '谁给他送水')
    >>> parts("尼日共和国的首都在哪里?")
    ('尼日共和国的首都在哪里',)
    >>> parts("刘安是谁?")
    ('刘安是谁',)
    """
    found: list[str] = []
    for sentence in filter(None, (s.strip(" ,，。.") for s in _ENDS.split(question))):
        for clause in _asking(sentence):
            found += _each(clause)
    if not 1 < len(found) <= MOST:
        return (_ENDS.sub(" ", question).strip(),)
    return tuple(found)


def _asking(sentence: str) -> list[str]:
    """The clauses of a sentence, where each of them asks something."""
    clauses = [clause.strip() for clause in _CLAUSE.split(sentence)]
    asks = all(len(clause) >= _SHORTEST and sought(clause) in RECOGNISED for clause in clauses)
    return clauses if asks else [sentence]


def _each(sentence: str) -> list[str]:
    match = _EACH.search(sentence)
    if match is None or not match.start():
        return [sentence]
    things = [thing.strip() for thing in _AND.split(sentence[: match.start()])]
    if len(things) < 2 or any(len(thing) < 2 for thing in things):
        return [sentence]
    # 包头、通辽、阿拉善三个地方的公安各做了什么: what follows the last thing belongs to all.
    return [thing + sentence[match.start() :] for thing in things]


def pronouns(text: str) -> list[str]:
    """The pronouns of a normalised text, in order."""
    return _PRONOUN.findall(text)


def replace_pronoun(text: str, name: str) -> str:
    """The text with its first pronoun replaced by ``name``."""
    return _PRONOUN.sub(name, text, count=1)
