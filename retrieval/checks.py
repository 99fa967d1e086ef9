"""What must be true of an answer that no score can tell?

The question's own numbers, years, names and places must stand in the passage or above it, the
sentence must hold something of the kind that is asked for, and what is only named is not passed
off as spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.analysis import characters, numeral
from retrieval.asking import RECOGNISED, Sought, held, unit, wants_spelled_out, without_exclusion
from retrieval.model import Notice, NoticeKind

_LACKS = {
    Sought.NUMBER: NoticeKind.NO_NUMBER,
    Sought.DATE: NoticeKind.NO_DATE,
    Sought.PERSON: NoticeKind.NO_PERSON,
    Sought.PLACE: NoticeKind.NO_PLACE,
    Sought.REASON: NoticeKind.NO_REASON,
}
_CHECKED = (Sought.NUMBER, Sought.DATE)  # the others are soft: they count in the confidence

_OWN_NUMBER = re.compile(r"\d{2,}(?:\.\d+)?|\d+(?:\.\d+)?(?=[月日号%])|[一二三四五六七八九十百千万〇零]{2,}(?=[年月日号%个名次条项人])")
_LIST = re.compile(r"[^,，。;；:：“”]{1,20}(?:、[^,，。;；:：]{1,20})+")


@dataclass(frozen=True, slots=True)
class Passage:
    """What the checks look at, all normalised: the marked text, the paragraph, what is above it."""

    marked: str
    paragraph: str
    above: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the question brings and everything that it is also called."""

    given: str
    forms: tuple[str, ...]


def missing(question: str, names: Sequence[Named], passage: Passage) -> tuple[str, ...]:
    """The question's own numbers and names that the passage and its headings do not have."""
    asked = without_exclusion(question)
    there = f"{passage.above}\n{passage.paragraph}"
    numbers = {unit for unit in characters(there) if unit is not None}
    lacking = [
        number
        for number in _OWN_NUMBER.findall(asked)
        if numeral(number) not in numbers and number not in there
    ]
    lacking += [
        name.given
        for name in names
        if name.given in asked and not any(form in there for form in name.forms)
    ]
    return tuple(dict.fromkeys(lacking))


def lacks(question: str, sought: Sought, passage: Passage) -> NoticeKind | None:
    """The kind of answer that is asked for and that the marked sentences have nothing of.

    What the question itself brings does not count: asked how many were punished in 2019, a
    sentence that has no number but 2019 does not say.
    """
    if sought not in _CHECKED:
        return None
    rest = passage.marked
    for number in sorted(_OWN_NUMBER.findall(question), key=len, reverse=True):
        rest = rest.replace(number, "")
    needed = unit(question)
    if needed is not None:
        return None if needed.search(rest) else _LACKS[sought]
    return None if held(rest, person=False, place=False) & sought else _LACKS[sought]


def only_named(
    question: str, sought: Sought, passage: Passage, declared: Callable[[str], tuple[str, bool] | None]
) -> str | None:
    """What the question wants spelled out and the passage only names, or ``None``.

    ``declared`` gives the catalog's word on it: the entry that the question names and whether the
    report only names it.
    """
    entry = declared(question)
    wanted, count = wants_spelled_out(question)
    if entry is not None:
        name, is_only_named = entry
        return name if is_only_named and wanted and sought is not Sought.ANYTHING else None
    if not count or not numeral(count).isdigit():
        return None
    most = max((len(run.split("、")) for run in _LIST.findall(passage.marked)), default=1)
    return count if most < int(numeral(count)) else None


__all__ = ["RECOGNISED", "Named", "Passage", "lacks", "missing", "only_named"]
