"""Which ruled lines of a page make a table, and what stands in its cells?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.readers.pdf.lines import lines
from knowledge.readers.pdf.pages import Glyph, Rule
from knowledge.readers.seams import joined
from knowledge.readers.tables import Cell

_NEAR = 3.0  # points: lines that are nearer are drawn as one, or meet
_MOST_RULES = 4_000  # of one page; more are a drawing


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on a page: its rows, and the box that it fills."""

    rows: tuple[tuple[Cell, ...], ...]
    left: float
    bottom: float
    right: float
    top: float


def grids(rules: Sequence[Rule], glyphs: Sequence[Glyph]) -> tuple[list[Grid], list[Glyph]]:
    """The tables of two rows and two columns or more, from top to bottom, and the other glyphs."""
    found: list[Grid] = []
    rest = list(glyphs)
    if len(rules) > _MOST_RULES:
        return [], rest
    for group in _joined(rules):
        columns = _places([rule.left for rule in group if _is_upright(rule)])
        heights = _places([rule.bottom for rule in group if not _is_upright(rule)])[::-1]
        if len(columns) < 3 or len(heights) < 3:
            continue
        inside = [glyph for glyph in rest if _is_in(glyph, columns, heights)]
        if not inside:
            continue
        rest = [glyph for glyph in rest if not _is_in(glyph, columns, heights)]
        rows = _rows(group, inside, columns, heights)
        found.append(Grid(rows, columns[0], heights[-1], columns[-1], heights[0]))
    return sorted(found, key=lambda grid: -grid.top), rest


def _is_upright(rule: Rule) -> bool:
    return rule.left == rule.right


def _is_in(glyph: Glyph, columns: list[float], heights: list[float]) -> bool:
    middle = (glyph.left + glyph.right) / 2
    centre = glyph.y + glyph.size * 0.3
    return columns[0] < middle < columns[-1] and heights[-1] < centre < heights[0]


def _joined(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules in groups that touch each other."""
    upright = [rule for rule in rules if _is_upright(rule)]
    level = [rule for rule in rules if not _is_upright(rule)]
    group_of = {id(rule): number for number, rule in enumerate(rules)}
    members = {number: [rule] for number, rule in enumerate(rules)}
    for one in upright:
        for other in level:
            meets = (
                other.left - _NEAR <= one.left <= other.right + _NEAR
                and one.bottom - _NEAR <= other.bottom <= one.top + _NEAR
            )
            first, second = group_of[id(one)], group_of[id(other)]
            if meets and first != second:
                if len(members[first]) < len(members[second]):
                    first, second = second, first
                for rule in members[second]:
                    group_of[id(rule)] = first
                members[first] += members.pop(second)
    return [group for group in members.values() if len(group) > 3]


def _places(values: list[float]) -> list[float]:
    """The distinct places of lines, in ascending order."""
    places: list[list[float]] = []
    for value in sorted(values):
        if places and value - places[-1][-1] <= _NEAR:
            places[-1].append(value)
        else:
            places.append([value])
    return [sum(place) / len(place) for place in places]


def _rows(
    rules: list[Rule], glyphs: list[Glyph], columns: list[float], heights: list[float]
) -> tuple[tuple[Cell, ...], ...]:
    upright = [rule for rule in rules if _is_upright(rule)]
    level = [rule for rule in rules if not _is_upright(rule)]
    # Each place of the grid belongs to the place at the top left of its cell.
    owner = {
        (row, column): (row, column)
        for row in range(len(heights) - 1)
        for column in range(len(columns) - 1)
    }
    for row, (top, bottom) in enumerate(pairwise(heights)):
        for column, (left, right) in enumerate(pairwise(columns)):
            middle, centre = (left + right) / 2, (top + bottom) / 2
            if column and not any(
                abs(rule.left - left) <= _NEAR and rule.bottom <= centre <= rule.top
                for rule in upright
            ):
                owner[row, column] = owner[row, column - 1]
            elif row and not any(
                abs(rule.bottom - top) <= _NEAR and rule.left <= middle <= rule.right
                for rule in level
            ):
                owner[row, column] = owner[row - 1, column]
    held: defaultdict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        middle, centre = (glyph.left + glyph.right) / 2, glyph.y + glyph.size * 0.3
        row = next(n for n, bottom in enumerate(heights[1:]) if centre > bottom)
        column = next(n for n, right in enumerate(columns[1:]) if middle < right)
        held[owner[row, column]].append(glyph)
    cells = {place: _cell(held[place]) for place in set(owner.values())}
    return tuple(
        tuple(cells[owner[row, column]] for column in range(len(columns) - 1))
        for row in range(len(heights) - 1)
    )


def _cell(glyphs: list[Glyph]) -> Cell:
    found = lines(glyphs)
    return Cell(
        joined([line.text for line in found]), bool(found) and all(line.bold for line in found)
    )
