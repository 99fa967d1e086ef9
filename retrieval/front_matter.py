"""Does a question ask about a report as such: who wrote it, what is it called?"""

from __future__ import annotations

import re
from functools import cache

import yaml

from knowledge.model import Kind
from retrieval.analysis import PARAMETERS
from retrieval.asking import topic


@cache
def _patterns() -> tuple[dict[Kind, re.Pattern[str]], re.Pattern[str]]:
    table = yaml.safe_load((PARAMETERS / "front_matter.yaml").read_text(encoding="utf-8"))
    beside = re.compile(table.pop("beside"))
    return {Kind(kind): re.compile(pattern) for kind, pattern in table.items()}, beside


def asked_for(question: str) -> tuple[Kind, str] | None:
    """The kind of paragraph that answers a normalised question, and what else it names.

    >>> asked_for("这篇报道的作者是谁?")
    (<Kind.BYLINE: 'byline'>, '')
    >>> asked_for("谁接过了父亲的警号?") is None
    True
    """
    kinds, beside = _patterns()
    for kind, pattern in kinds.items():
        if pattern.search(question):
            # Each word leaves a space, so that what is left cannot join to new words.
            rest = beside.sub(" ", topic(pattern.sub(" ", question)))
            named = " ".join(re.findall(r"\w+", rest))
            return kind, named
    return None
