"""How does a table become paragraphs that can be quoted? Each row says what its columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.readers.seams import is_unspaced


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell. A merged cell stands in its row, or column, as often as it has places there."""

    text: str
    bold: bool = False


Grid = Sequence[Sequence[Cell]]

_LONGEST_NAME = 20  # characters of a column's name; in a longer cell something is told
_SENTENCE = re.compile("[。！？；]")
_TIME = re.compile("(?:19|20)\\d\\d(?:年[度底末]?(?:[上下]半年|\\d{1,2}月|第?[一二三四]季度)?)?")
_DIGIT = re.compile("[0-9０-９]")


def rows(grid: Grid, heads: int) -> list[str]:
    """Each row as one text; the first ``heads`` rows name the columns.

    A cell follows its column's name and a colon; cells are divided by " | ". A row that is one
    merged cell has no column. Rows without text are "", the rows that name columns too, since every
    other row has what they say; if no other row is there, they are rows like others.

    >>> grid = [[Cell("盟市"), Cell("警务室")], [Cell("包头"), Cell("42")]]
    >>> rows(grid, 1), rows(grid, 0)
    (['', '盟市：包头 | 警务室：42'], ['盟市 | 警务室', '包头 | 42'])
    """
    if not any(cell.text for row in grid[heads:] for cell in row):
        heads = 0
    names = _names(grid[:heads])
    return [""] * heads + [_row(row, names) for row in grid[heads:]]


def _names(heads: Grid) -> list[str]:
    """The name of each column: what stands above it, one below the other."""
    names = [""] * max((len(row) for row in heads), default=0)
    for row in heads:
        if len(row) > 1 and all(cell is row[0] for cell in row):
            continue  # the title of the table, which is no name of a column
        for column, cell in enumerate(row):
            if cell.text and cell.text not in names[column].split(" "):
                names[column] = f"{names[column]} {cell.text}".strip()
    return names


def _row(row: Sequence[Cell], names: Sequence[str]) -> str:
    if len(row) > 1 and all(cell is row[0] for cell in row):
        return row[0].text
    parts = []
    for column, cell in enumerate(row):
        if not cell.text or (column and cell is row[column - 1]):
            continue
        name = names[column] if column < len(names) else ""
        if name and name != cell.text:
            parts.append(name + ("：" if is_unspaced(name[-1]) else ": ") + cell.text)
        else:
            parts.append(cell.text)
    return " | ".join(parts)


def heads_of(grid: Grid) -> int:
    """How many rows name the columns, where the format does not tell; 0 if that is not certain.

    The first row does if it alone is bold, or if a column that is numbers below is none there: a
    form ("姓名 | 刘安") has such a row as little as a list of names has.
    """
    first = next((n for n, row in enumerate(grid) if not _is_band(row)), len(grid))
    if len(grid) - first < 2 or len(grid[first]) < 2:
        return 0
    head, body = grid[first], [row for row in grid[first + 1 :] if not _is_band(row)]
    last = first + 1
    merged = any(cell is before for before, cell in pairwise(head))
    if merged and len(body) > 1:  # a name over several columns has their own names below
        head, body, last = [*head, *body[0]], body[1:], last + 1
    texts = [cell.text for cell in head if cell.text]
    if not body or len(texts) < 2 or any(_tells(text) for text in texts):
        return 0
    bold = all(cell.bold for cell in head if cell.text)
    if bold and not all(cell.bold for row in body for cell in row if cell.text):
        return last
    if len(set(texts)) < len(texts) and not merged:
        return 0
    lowest = grid[last - 1]
    for column, cell in enumerate(lowest):
        below = [row[column].text for row in body if column < len(row) and row[column].text]
        is_name = not _DIGIT.search(cell.text) or bool(_TIME.fullmatch(cell.text))
        numbers = len(below) > 1 and all(map(_DIGIT.match, below))
        if is_name and numbers and not any(map(_TIME.fullmatch, below)):
            return last
    return 0


def _is_band(row: Sequence[Cell]) -> bool:
    """Whether a row is one merged cell, as the title of a table is."""
    return len(row) > 1 and all(cell is row[0] for cell in row)


def _tells(text: str) -> bool:
    return len(text) > _LONGEST_NAME or bool(_SENTENCE.search(text))
