"""Which stretch of a passage is shown where there is no room for all of it?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.pages.markup import utf16
from knowledge.model import Span

_SENTENCE_END = re.compile(r"(?:[。！？!?；;…\n]+|\.(?=\s))[”’」』）)\]\"']*\s*")
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}


def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of ``text``; together they cover all of it.

    >>> [span.of("守护。“是吗?”好!") for span in sentences("守护。“是吗?”好!")]
    ['守护。', '“是吗?”', '好!']
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    starts = [0, *ends]
    return tuple(Span(start, end) for start, end in zip(starts, ends, strict=False) if start < end)


def merged(text: str, highlights: Sequence[Span], most: int) -> tuple[Span, ...]:
    """At most ``most`` of the ``highlights``; neighbours with nothing but space between are one."""
    result: list[Span] = []
    for span in sorted(highlights):
        if result and not text[result[-1].end : span.start].strip():
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        elif len(span):
            result.append(span)
    return tuple(result[:most])


def excerpt(text: str, focus: Span, length: int) -> Span:
    """The stretch of ``text`` around ``focus`` that has at most ``length`` UTF-16 code units.

    All of it where it fits. Otherwise whole sentences: those that ``focus`` touches, then the
    following and preceding ones in turn while there is room. Where not even the first of them
    fits, it is cut between two characters.
    """
    if utf16(text) <= length:
        return Span(0, len(text))
    spans = sentences(text)
    touched = [
        i for i, span in enumerate(spans) if span.start < focus.end and focus.start < span.end
    ]
    first = touched[0] if touched else 0
    last = touched[-1] if touched else 0
    room = length - utf16(text[spans[first].start : spans[last].end])
    if room < 0:
        start = min(focus.start, len(text) - 1) if touched else 0
        return _stripped(text, Span(start, _cut(text, start, length)))
    growing = True
    while growing:
        growing = False
        for step in (1, -1):
            at = last + 1 if step == 1 else first - 1
            if 0 <= at < len(spans) and utf16(spans[at].of(text)) <= room:
                room -= utf16(spans[at].of(text))
                first, last = min(first, at), max(last, at)
                growing = True
    return _stripped(text, Span(spans[first].start, spans[last].end))


def clipped(text: str, length: int) -> str:
    """``text`` on one line in at most ``length`` UTF-16 code units, with … where it was longer.

    For labels and for a reader's own words; quotes go through ``excerpt``.

    >>> clipped("一级英雄模范", 4)
    '一级英…'
    """
    line = " ".join(text.split())
    return line if utf16(line) <= length else line[: _cut(line, 0, length - 1)].rstrip() + "…"


def _cut(text: str, start: int, length: int) -> int:
    """The furthest end from ``start`` within ``length`` units that splits no character."""
    end, used = start, 0
    while end < len(text) and used + utf16(text[end]) <= length:
        used += utf16(text[end])
        end += 1
    whole = end
    while whole > start and _inside_a_character(text, whole):
        whole -= 1
    return whole if whole > start else end


def _inside_a_character(text: str, at: int) -> bool:
    """Whether a reader sees ``text[at - 1]`` and ``text[at]`` as one character."""
    if not 0 < at < len(text):
        return False
    after = text[at]
    return (
        text[at - 1] == "\u200d"
        or after in _JOINERS
        or unicodedata.category(after).startswith("M")
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


def _stripped(text: str, span: Span) -> Span:
    """``span`` without white space at its ends, unless it is nothing else."""
    inner = span.of(text)
    if not inner.strip():
        return span
    start = span.start + len(inner) - len(inner.lstrip())
    return Span(start, start + len(inner.strip()))
