"""Does a question ask about a report as such: who wrote it, what is it called, what is it about?"""

from __future__ import annotations

import re
from functools import cache

from knowledge import plain_yaml
from knowledge.model import Kind
from retrieval.parameters import PARAMETERS
from retrieval.query.asking import report_asked_for, topic


@cache
def _patterns() -> tuple[dict[Kind, re.Pattern[str]], re.Pattern[str]]:
    table = plain_yaml.load((PARAMETERS / "front_matter.yaml").read_text(encoding="utf-8"))
    beside = re.compile(table.pop("beside"))
    return {Kind(kind): re.compile(pattern) for kind, pattern in table.items()}, beside


def asked_for(question: str) -> tuple[tuple[Kind, ...], str] | None:
    """The kinds of paragraph that answer a normalised question, in its order, and what it names.

    ``BODY`` is for what a report is about as a whole.

    >>> asked_for("这篇报道的作者是谁?")
    ((<Kind.BYLINE: 'byline'>,), '')
    >>> asked_for("标题和作者是什么")
    ((<Kind.TITLE: 'title'>, <Kind.BYLINE: 'byline'>), '')
    >>> asked_for("这份报告主要讲了什么?")
    ((<Kind.BODY: 'body'>,), '')
    >>> asked_for("谁接过了父亲的警号?") is None
    True
    """
    kinds, beside = _patterns()
    places: dict[Kind, int] = {}
    rest = question
    for kind, pattern in kinds.items():
        if match := pattern.search(rest):
            places[kind] = match.start()
            # Spaces keep the places, and what is left from joining to new words.
            rest = pattern.sub(lambda found: " " * len(found[0]), rest)
    if not places:
        return None
    named = " ".join(re.findall(r"\w+", beside.sub(" ", topic(rest))))
    if Kind.BODY in places and named and not report_asked_for(question)[0]:
        return None  # 厅长讲了什么
    return tuple(sorted(places, key=lambda kind: places[kind])), named
