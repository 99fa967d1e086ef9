"""Which number does Word show before a paragraph? The file has only the rule that makes it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element

_DIGITS = "〇一二三四五六七八九"
_CHINESE = frozenset((
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital",
    "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseDigitalTenThousand",
))  # fmt: skip
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


def written(number: int, form: str) -> str:
    """A number as Word writes it in one of its forms; in digits where the form is another.

    >>> written(12, "chineseCounting"), written(3, "decimalEnclosedCircle")
    ('十二', '③')
    """
    if form in _CHINESE and 0 < number < 100:
        tens, ones = divmod(number, 10)
        return (
            ("" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十")
            + ("" if ones == 0 else _DIGITS[ones])
        )  # fmt: skip
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr(ord("a" if form == "lowerLetter" else "A") + number - 1)
    if form in ("lowerRoman", "upperRoman") and 1 <= number <= 39:
        tens, ones = divmod(number, 10)
        roman = "x" * tens + (
            "", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix",
        )[ones]  # fmt: skip
        return roman if form == "lowerRoman" else roman.upper()
    if form == "decimalZero":
        return f"{number:02}"
    return str(number)


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
