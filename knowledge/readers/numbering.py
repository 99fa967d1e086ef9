"""Which number does Word show before a paragraph? The file has only the rule that makes it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element

from knowledge.readers.numerals import written

_PLACE = re.compile("%([1-9])")
_UNSEEN = frozenset(("bullet", "none"))


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str
    legal: bool  # whether the numbers of the levels above stand in digits here


@dataclass(slots=True)
class Numbering:
    """The numbered lists of one file; counts as the paragraphs come by, in reading order."""

    _lists: dict[str, str] = field(default_factory=dict)  # of a list: which rules it follows
    _rules: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _restarts: dict[str, dict[int, int]] = field(default_factory=dict)
    _counts: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, element: Element | None) -> Numbering:
        """The lists that a ``w:numbering`` element declares; none where there is no element."""
        made = cls()
        if element is None:
            return made
        for abstract in element.findall(qn("w:abstractNum")):
            made._rules[abstract.get(qn("w:abstractNumId"))] = {
                int(level.get(qn("w:ilvl"))): _level(level)
                for level in abstract.findall(qn("w:lvl"))
            }
        for one in element.findall(qn("w:num")):
            number = one.get(qn("w:numId"))
            made._lists[number] = _value(one, "w:abstractNumId", "")
            made._restarts[number] = {
                int(change.get(qn("w:ilvl"))): int(_value(change, "w:startOverride", "1"))
                for change in one.findall(qn("w:lvlOverride"))
                if change.find(qn("w:startOverride")) is not None
            }
        return made

    def is_bullet(self, number: str, depth: int) -> bool:
        """Whether a level of a list has a mark instead of a number."""
        level = self._rules.get(self._lists.get(number, ""), {}).get(depth)
        return level is not None and level.form == "bullet"

    def next(self, number: str, depth: int) -> str:
        """What stands before the next paragraph of list ``number``; "" for a bullet or nothing."""
        rules_id = self._lists.get(number, "")
        rules = self._rules.get(rules_id, {})
        if depth not in rules:
            return ""
        counts = self._counts[rules_id]
        restart = self._restarts[number].pop(depth, None)
        if restart is not None:
            counts[depth] = restart
        elif depth in counts:
            counts[depth] += 1
        else:
            counts[depth] = rules[depth].start
        for deeper in [one for one in counts if one > depth]:
            del counts[deeper]
        level = rules[depth]
        if level.form in _UNSEEN:
            return ""

        def shown(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            rule = rules.get(place, level)
            form = "decimal" if level.legal else rule.form
            return written(counts.get(place, rule.start), form)

        return _PLACE.sub(shown, level.text)


def _level(element: Element) -> _Level:
    return _Level(
        int(_value(element, "w:start", "1")),
        _value(element, "w:numFmt", "decimal"),
        _value(element, "w:lvlText", ""),
        element.find(qn("w:isLgl")) is not None,
    )


def _value(element: Element, tag: str, otherwise: str) -> str:
    child = element.find(qn(tag))
    return otherwise if child is None else child.get(qn("w:val"), otherwise)
