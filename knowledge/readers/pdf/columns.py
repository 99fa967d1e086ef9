"""In which order are the lines of a page read, where it is set in columns?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from knowledge.readers.pdf.lines import Line

_LEAST_LINES = 4  # on either side of a gutter
_STEP = 2.0  # points between two places that are tried for a gutter
_FILLED = 0.55  # of its column, that half of the lines must have: cells of a table have less
_LONG = 0.4  # of the width of a column, that a line at its edge has
_MOST_CROSSING = 0.25  # of the lines: titles and figures that go over both columns


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that follow each other from top to bottom, and the edges that they are set between."""

    lines: tuple[Line, ...]
    left: float
    right: float


def columns(lines: Sequence[Line], width: float = 0.0) -> list[Column]:
    """The columns of a page, in reading order: above a line over the whole width, then below.

    ``width`` is that of the page: its right margin tells where lines could end if too few do there.
    """
    if not lines:
        return []
    gutter = _gutter(lines)
    if gutter is None:
        return [_within(_column(lines), width)]
    found: list[Column] = []
    left: list[Line] = []
    right: list[Line] = []
    across: list[Line] = []

    def end_across() -> None:
        if across:
            found.append(_column(across))
            across.clear()

    def end_columns() -> None:
        for side in (left, right):
            found.extend(columns(side))
            side.clear()

    for line in sorted(lines, key=lambda line: (-line.y, line.left)):
        if line.left < gutter < line.right:
            end_columns()
            across.append(line)
        else:
            end_across()
            (left if line.right <= gutter else right).append(line)
    end_columns()
    end_across()
    return found


def _column(lines: Sequence[Line]) -> Column:
    ordered = sorted(lines, key=lambda line: (-line.y, line.left))
    # A table or picture, which a line stands in for, may be wider than the text.
    text = [line for line in lines if line.text[:1] >= " "] or lines
    return Column(tuple(ordered), min(line.left for line in text), _right(text))


def _within(column: Column, width: float) -> Column:
    """The only column of a page, its edge as far right as the margin at its left makes likely."""
    text = [line for line in column.lines if line.text[:1] >= " "]
    reach = [line for line in text if line.right > column.right - line.size]
    if not text or len(reach) >= _LEAST_LINES - 1:
        return column
    margin = width - column.left - 2 * median(line.size for line in text)
    return replace(column, right=max(column.right, margin))


def _right(lines: Sequence[Line]) -> float:
    """The edge that lines reach at their right: none of a short line that strays beyond it."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    long = [line for line in lines if line.right - line.left >= _LONG * width]
    return max(line.edge for line in long or lines)


def _gutter(lines: Sequence[Line]) -> float | None:
    """The place of the space between two columns, if the lines are set in such."""
    start, end = min(line.left for line in lines), max(line.right for line in lines)
    width = end - start
    tried = [start + width * 0.15 + _STEP * n for n in range(int(width * 0.7 / _STEP) + 1)]
    crossings = [sum(line.left < place < line.right for line in lines) for place in tried]
    fewest = min(crossings, default=len(lines))
    if fewest > _MOST_CROSSING * len(lines):
        return None
    free = [place for place, count in zip(tried, crossings, strict=True) if count == fewest]
    # The middle of the free stretch that is nearest to the middle of the page.
    stretches: list[list[float]] = []
    for place in free:
        if stretches and place - stretches[-1][-1] <= _STEP * 1.5:
            stretches[-1].append(place)
        else:
            stretches.append([place])
    for stretch in sorted(stretches, key=lambda one: abs(sum(one) / len(one) - (start + end) / 2)):
        gutter = (stretch[0] + stretch[-1]) / 2
        if _divides(lines, gutter):
            return gutter
    return None


def _divides(lines: Sequence[Line], gutter: float) -> bool:
    """Whether text stands on both sides at the same heights, and fills them as text does."""
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.left >= gutter]
    if min(len(left), len(right)) < _LEAST_LINES:
        return False
    for side in (left, right):
        width = max(line.right for line in side) - min(line.left for line in side)
        if median(line.right - line.left for line in side) < _FILLED * width:
            return False
        if width < 8 * median(line.size for line in side):
            return False
    top = min(max(line.y for line in left), max(line.y for line in right))
    bottom = max(min(line.y for line in left), min(line.y for line in right))
    return sum(bottom <= line.y <= top for line in (*left, *right)) >= 2 * _LEAST_LINES
