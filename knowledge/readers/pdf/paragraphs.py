"""Which lines make a paragraph? Told by indents, by how full a line is, and by size and weight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from knowledge.readers.document import Block
from knowledge.readers.pdf.columns import Column
from knowledge.readers.pdf.lines import Line
from knowledge.readers.seams import joined

_SAME_SIZE = 0.06  # of the size
_INDENT = 1.4  # of the size: a paragraph begins two characters in, or three
_DEEP = 4.0  # of the size: a line that begins further in is centred, or a signature
_FAR = 1.45  # of the usual distance of two lines
_KINSOKU = "，。、；：！？）》」』】”’,.;:!?)%％"  # what may not begin a line
# The stretch that a program keeps on one line: quotation marks cling to both sides.
_WORD = re.compile(f"(?:[A-Za-z0-9.,%‰/-]+|.)(?:[“”‘’].?)*[{_KINSOKU}]*")
_RAGGED = 4.0  # of the size: no line that goes on ends so far from the edge
_ENDED = re.compile("[。！？!?…；;：:][”’」』）)》\"']*$")
_BEGINS_ANEW = re.compile(
    "第[一二三四五六七八九十百\\d]+[章节条编]|[一二三四五六七八九十]+、|[(（][一二三四五六七八九十\\d]+[)）]"
    "|\\d{1,2}[、.．](?!\\d)|[①-⑳●■◆▲•※★]"
)
_HYPHEN = re.compile("[A-Za-z]-$")


@dataclass(slots=True)
class Paragraph:
    """Lines of one paragraph. ``page`` is where it begins."""

    lines: list[Line]
    page: int
    column: Column
    last_column: Column
    joints: list[tuple[int, str, str]] = field(default_factory=list)  # page, end, beginning
    asides: list[Block] = field(default_factory=list)  # notes and pictures that stand after it

    @property
    def text(self) -> str:
        """Its lines as one text; a word that is divided at a line's end is made whole."""
        pieces: list[str] = []
        for line in self.lines:
            if pieces and _is_divided(pieces[-1], line.text):
                pieces[-1] = pieces[-1][:-1] + line.text
            elif pieces and _HYPHEN.search(pieces[-1]) and line.text[:1].isalnum():
                pieces[-1] += line.text
            else:
                pieces.append(line.text)
        return joined(pieces)


def paragraphs(page: int, column: Column, *, indented: bool) -> Iterator[Paragraph]:
    """The paragraphs of one column; ``indented`` as in ``joined_across``."""
    open_: list[Line] = []
    distance = _distance(column.lines)
    for line in column.lines:
        if open_ and _begins(line, open_[-1], column, distance, indented=indented):
            yield Paragraph(open_, page, column, column)
            open_ = []
        open_.append(line)
    if open_:
        yield Paragraph(open_, page, column, column)


def _distance(lines: Sequence[Line]) -> float:
    gaps = [
        above.y - below.y
        for above, below in pairwise(lines)
        if above.y > below.y and _is_alike(above, below)
    ]
    return median(gaps) if gaps else 0.0


def _is_alike(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _begins(line: Line, before: Line, column: Column, distance: float, *, indented: bool) -> bool:
    """Whether ``line`` begins a paragraph."""
    if not _is_alike(line, before) or line.bold != before.bold:
        return True
    if _is_divided(before.text, line.text):
        return False
    if distance and before.y - line.y > _FAR * max(distance, line.size):
        return True
    if _is_indented(line, column) and not _is_rest_of_centred(before, line, column):
        return True
    return _is_short(before, line, column, _room(before, indented=indented))


def _is_rest_of_centred(before: Line, line: Line, column: Column) -> bool:
    """Whether a centred line is what found no room on a full one."""
    margins = line.left - column.left, column.right - line.right
    centred = min(margins) > _DEEP * line.size and abs(margins[0] - margins[1]) < 2 * line.size
    return centred and not _ENDED.search(before.text)


def _room(line: Line, *, indented: bool) -> float:
    """How much room, of its size, may be left behind a line that goes on."""
    return _RAGGED if indented and not _ENDED.search(line.text) else 0.6


def _is_divided(before: str, text: str) -> bool:
    """Whether a word is divided between two lines."""
    return bool(_HYPHEN.search(before)) and text[:1].islower()


def _is_indented(line: Line, column: Column) -> bool:
    return _INDENT * line.size <= line.left - column.left


def _is_short(line: Line, following: Line, column: Column, room: float) -> bool:
    """Whether the first word of the following line would have found room at the end of a line."""
    word = _WORD.match(following.text)
    width = following.size * sum(
        1.0 if character > "\u2000" else 0.55 for character in (word[0] if word else "")
    )
    return line.right + width + room * line.size < column.right


def joined_across(found: Sequence[Paragraph], *, indented: bool) -> list[Paragraph]:
    """The paragraphs, those made one that the end of a column or page had cut.

    ``indented`` says that a paragraph is known by its indent, so that one without goes on.
    """
    whole: list[Paragraph] = []
    for paragraph in found:
        if whole and _goes_on(whole[-1], paragraph, indented=indented):
            before = whole[-1]
            before.joints.append((paragraph.page, before.text[-12:], paragraph.text[:12]))
            before.lines += paragraph.lines
            before.last_column = paragraph.last_column
            before.asides += paragraph.asides
        else:
            whole.append(paragraph)
    return whole


def _goes_on(before: Paragraph, paragraph: Paragraph, *, indented: bool) -> bool:
    last, first = before.lines[-1], paragraph.lines[0]
    if _is_divided(last.text, first.text) and _is_alike(last, first):
        return True
    if before.last_column is paragraph.column or not _is_alike(last, first):
        return False
    room = _room(last, indented=indented)
    if last.bold != first.bold or _is_short(last, first, before.last_column, room):
        return False
    if _is_indented(first, paragraph.column) or _BEGINS_ANEW.match(first.text):
        return False
    if len(before.lines) == 1 and len(paragraph.lines) == 1:
        return False  # two lines alone: their column shows no edge to be full against
    return not _ENDED.search(last.text) or (indented and last.text[-1:] not in "：:")


def are_indented(found: Sequence[Paragraph]) -> bool:
    """Whether most paragraphs of several lines begin with an indent."""
    several = [one for one in found if len(one.lines) > 1]
    marked = sum(
        _INDENT * one.lines[0].size
        <= one.lines[0].left - min(line.left for line in one.lines[1:])
        <= _DEEP * one.lines[0].size
        for one in several
    )
    return marked * 2 > len(several)
