"""Which lines of a page are no part of its text? Running heads and feet, and page numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from knowledge.readers.document import Remark, RemarkKind
from knowledge.readers.pdf.lines import Line

_EDGE_ROWS = 2  # at the head and the foot of a page that can be running ones
_ONE_ROW = 3.0  # points
_APART = 1.3  # of the usual distance of two rows
_SMALL = 0.92  # of the size of the text
_SAME_HEIGHT = 6.0  # points
_LEAST_PAGES = 3  # that have the same head; 2 in a short file
_SHORT = 4  # pages
_MARGIN = 0.1  # of the height of a page
_NUMBER = re.compile(
    r"[-—–―·•~〜\s]*(?:第\s*|[Pp]age\s*)?(?P<number>\d{1,4})\s*页?"
    r"(?:\s*(?:[/／|,，]|of)?\s*共?\s*\d{1,4}\s*页?)?[-—–―·•~〜\s]*"
)
_DRESSED = re.compile("[-—–―页/／]")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Edge:
    page: int  # its index
    line: Line
    at_foot: bool
    apart: bool  # whether there is more room than in text between it and the text


def without_running(
    pages: Sequence[Sequence[Line]], heights: Sequence[float]
) -> tuple[list[list[Line]], list[Remark]]:
    """The lines of each page without what repeats at its head and foot, and a remark on each."""
    rows = [_rows(lines) for lines in pages]
    gaps = [gap for own in rows for gap in _gaps(own)]
    usual = median(gaps) if gaps else 0.0
    small = _SMALL * usual_size(pages)
    edges = [edge for number, own in enumerate(rows) for edge in _edges(number, own, usual)]
    numbers = _page_numbers(edges, heights)
    out = set(map(id, numbers))
    heads = _repeated(
        [e for e in edges if id(e) not in out and (e.apart or e.line.size <= small)], len(pages)
    )
    remarks = [
        Remark(kind, edge.page + 1, edge.line.text)
        for kind, found in ((RemarkKind.RUNNING_HEAD, heads), (RemarkKind.PAGE_NUMBER, numbers))
        for edge in found
    ]
    left_out = {(edge.page, id(edge.line)) for edge in (*heads, *numbers)}
    kept = [
        [line for line in lines if (number, id(line)) not in left_out]
        for number, lines in enumerate(pages)
    ]
    return kept, remarks


def usual_size(pages: Sequence[Sequence[Line]]) -> float:
    """The size that most of the text has, in points; 0 without any."""
    lengths: Counter[float] = Counter()
    for line in (line for lines in pages for line in lines):
        lengths[line.size] += len(line.text)
    return lengths.most_common(1)[0][0] if lengths else 0.0


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines in rows, from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -line.y):
        # Baselines of one row differ by a hair where its parts are set in several sizes.
        if rows and rows[-1][-1].y - line.y <= _ONE_ROW:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _gaps(rows: Sequence[Sequence[Line]]) -> list[float]:
    return [above[-1].y - below[0].y for above, below in pairwise(rows)]


def _edges(page: int, rows: Sequence[list[Line]], usual: float) -> list[_Edge]:
    """The outermost rows of a page; ``usual`` is the distance of two rows of text."""
    gaps = _gaps(rows)
    found: list[_Edge] = []
    for at_foot, ordered, own_gaps in ((False, rows, gaps), (True, rows[::-1], gaps[::-1])):
        for number, row in enumerate(ordered[:_EDGE_ROWS]):
            apart = any(gap > _APART * usual for gap in own_gaps[number:_EDGE_ROWS])
            if number and not apart:
                break
            found += (_Edge(page, line, at_foot, apart) for line in row)
    return found


def _page_numbers(edges: list[_Edge], heights: Sequence[float]) -> list[_Edge]:
    """The edges that count the pages, or that only a page number is written as."""
    by_offset: defaultdict[tuple[bool, int], list[_Edge]] = defaultdict(list)
    sure: list[_Edge] = []
    for edge in edges:
        found = _NUMBER.fullmatch(edge.line.text)
        if not found:
            continue
        height = heights[edge.page]
        in_margin = not _MARGIN * height < edge.line.y < (1 - _MARGIN) * height
        if in_margin and _DRESSED.search(edge.line.text):
            sure.append(edge)
        elif in_margin or len(heights) > 1:
            by_offset[edge.at_foot, int(found["number"]) - edge.page].append(edge)
    for same in by_offset.values():
        if len(same) > 1 or (len(heights) == 1 and int(_DIGITS.findall(same[0].line.text)[0]) == 1):
            sure += same
    return sure


def _repeated(edges: list[_Edge], count: int) -> list[_Edge]:
    """The edges that stand with the same words, digits aside, at one height of several pages."""
    needed = 2 if count <= _SHORT else _LEAST_PAGES
    groups: defaultdict[tuple[bool, str], list[_Edge]] = defaultdict(list)
    for edge in edges:
        groups[edge.at_foot, _DIGITS.sub("#", edge.line.text)].append(edge)
    found: list[_Edge] = []
    for group in groups.values():
        places = Counter(round(edge.line.y / _SAME_HEIGHT) for edge in group)
        usual = places.most_common(1)[0][0]
        same = [e for e in group if abs(e.line.y / _SAME_HEIGHT - usual) <= 1]
        if len({edge.page for edge in same}) >= needed:
            found += same
    return found
