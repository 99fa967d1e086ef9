"""Which lines make a table that has no ruled grid? Rows whose parts stand below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from knowledge.readers.pdf.columns import Column
from knowledge.readers.pdf.grids import Grid
from knowledge.readers.pdf.lines import Line
from knowledge.readers.tables import Cell

_ONE_ROW = 3.0  # points between the baselines of one row
_LEAST_ROWS = 3
_LONGEST_CELL = 20  # characters, that half of the cells do not exceed
_LEAST_FILLED = 0.6  # of the places in the grid


def parted(column: Column) -> Iterator[Column | Grid]:
    """A column in its parts from top to bottom: lines as they are, and tables made of lines."""
    kept: list[Line] = []
    rows = _rows(column.lines)
    place = 0
    while place < len(rows):
        end = place
        while end < len(rows) and len(rows[end]) > 1:
            end += 1
        grid = _grid(rows[place:end]) if end - place >= _LEAST_ROWS else None
        if grid is None:
            kept += (line for row in rows[place : max(end, place + 1)] for line in row)
        else:
            if kept:
                yield Column(tuple(kept), column.left, column.right)
                kept = []
            yield grid
        place = max(end, place + 1)
    if kept:
        yield Column(tuple(kept), column.left, column.right)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in lines:
        if rows and rows[-1][-1].y - line.y <= _ONE_ROW:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _grid(rows: list[list[Line]]) -> Grid | None:
    """The table that rows make, if their parts stand in columns."""
    lines = [line for row in rows for line in row]
    if any(line.text[0] < " " for line in lines):  # what stands in for a picture or table
        return None
    columns = _columns(rows)
    filled = [[_at(row, column) for column in columns] for row in rows]
    if (
        len(columns) < 2
        or any(len(cell) > 1 for row in filled for cell in row)
        or len(lines) < _LEAST_FILLED * len(rows) * len(columns)
        or median(len(line.text) for line in lines) > _LONGEST_CELL
    ):
        return None
    return Grid(
        tuple(
            tuple(Cell(cell[0].text, cell[0].bold) if cell else Cell("") for cell in row)
            for row in filled
        ),
        columns[0][0],
        rows[-1][0].y,
        columns[-1][1],
        rows[0][0].y,
    )


def _columns(rows: list[list[Line]]) -> list[tuple[float, float]]:
    """The edges of each column: of the parts in one place, else of those that overlap."""
    if len({len(row) for row in rows}) == 1:
        # A head may be centred above cells that begin at the left, and overlap none of them.
        whole = [
            (min(line.left for line in parts), max(line.right for line in parts))
            for parts in zip(*rows, strict=True)
        ]
        if all(one[1] <= other[0] for one, other in pairwise(whole)):
            return whole
    columns: list[tuple[float, float]] = []
    for line in sorted((line for row in rows for line in row), key=lambda line: line.left):
        if columns and line.left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], line.right))
        else:
            columns.append((line.left, line.right))
    return columns


def _at(row: list[Line], column: tuple[float, float]) -> list[Line]:
    return [line for line in row if column[0] <= line.left and line.right <= column[1]]
