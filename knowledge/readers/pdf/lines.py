"""Which characters of a page make a line? Those on one baseline, without a gap between them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, starmap
from statistics import median

from knowledge.readers.pdf.pages import Glyph

_SAME_BASELINE = 0.4  # of the larger size; a raised note mark is less above its line
_GAP = 1.3  # of the size; wider than what justified text has between two characters
_GUTTER = 0.8  # of the size; a gap between two columns, where row after row has one in its place
_LEAST_ROWS = 6  # that have it
_MOST_OTHERS = 0.25  # of the rows there: without it, or with more such gaps than it, as in a list
_NARROWEST = 8  # times the size, that text on either side of it is wide
_WORD_GAP = 0.17  # of the size, between two letters: a space that the file does not have
_NOTE_MARK = 0.75  # of the size of a line, that a mark is set in at most
_RAISED = 0.15  # of the size, that it stands above the line at least
_MIXED_GAP = 0.45
_HANGING = "，。、；：！？）》」』】”’"


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of text on one baseline, in points from the bottom left of its page."""

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool

    @property
    def edge(self) -> float:
        """Where the line ends without a mark that hangs in the margin, as programs let it."""
        return self.right - self.size if self.text[-1:] in _HANGING else self.right


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines from top to bottom, those of one height from left to right."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.y):
        if glyph.text.isspace() and not rows:
            continue
        if rows and _is_beside(rows[-1], glyph):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        row.sort(key=lambda glyph: glyph.left)
    gutter = _gutter(rows)
    return [line for row in rows for line in _divided(row, gutter)]


def _is_beside(row: list[Glyph], glyph: Glyph) -> bool:
    size = max(row[0].size, glyph.size)
    return row[0].y - glyph.y <= _SAME_BASELINE * size


def _gutter(rows: list[list[Glyph]]) -> float | None:
    """The place of a space between two columns that is too narrow for a single row to show it."""
    shown = [seen for row in rows if (seen := [one for one in row if not one.text.isspace()])]
    gaps = [[gap for gap in starmap(_Gap, pairwise(row)) if gap.width >= _GUTTER] for row in shown]
    most, gutter = _LEAST_ROWS - 1, None
    narrow = {own[0].middle for own in gaps if len(own) == 1 and own[0].width <= _GAP}
    for place in sorted(narrow):
        over = [
            (row, own)
            for row, own in zip(shown, gaps, strict=True)
            if row[0].left < place < row[-1].right
        ]
        with_it = [one for one in over if any(gap.left <= place <= gap.right for gap in one[1])]
        alone = [row for row, own in with_it if len(own) == 1]
        if len(with_it) <= most or len(alone) < (1 - _MOST_OTHERS) * len(over):
            continue
        least = _NARROWEST * median(row[0].size for row in alone)
        left = median(place - row[0].left for row in alone)
        right = median(row[-1].right - place for row in alone)
        if min(left, right) >= least:
            most, gutter = len(with_it), place
    return gutter


@dataclass(frozen=True, slots=True)
class _Gap:
    """The space between two characters that follow each other in a row."""

    before: Glyph
    after: Glyph

    @property
    def left(self) -> float:
        return self.before.right

    @property
    def right(self) -> float:
        return self.after.left

    @property
    def middle(self) -> float:
        return round((self.left + self.right) / 2)

    @property
    def width(self) -> float:
        """Against the size of the text."""
        return (self.right - self.left) / max(self.before.size, self.after.size)


def _divided(row: list[Glyph], gutter: float | None) -> list[Line]:
    """The lines of a row, which is sorted from left to right."""
    parts: list[list[Glyph]] = []
    reached = 0.0
    for glyph in row:
        if glyph.text.isspace() and parts and glyph.left - reached > glyph.size:
            continue
        least = _GAP
        if gutter is not None and reached <= gutter <= glyph.left:
            least = _GUTTER
        if not parts or glyph.left - reached > least * max(parts[-1][-1].size, glyph.size):
            parts.append([])
            reached = glyph.right
        parts[-1].append(glyph)
        reached = max(reached, glyph.right)
    return [line for part in parts if (line := _line(part)).text]


def _line(part: list[Glyph]) -> Line:
    part = _without_note_marks(part)
    seen = [glyph for glyph in part if not glyph.text.isspace()]
    if not seen:
        return Line("", 0, 0, 0, 0, bold=False)
    text = part[0].text
    gaps = [glyph.left - before.right for before, glyph in pairwise(seen)]
    usual = max(median(gaps), 0.0) if gaps else 0.0
    for before, glyph in pairwise(part):
        if _is_twice(before, glyph):
            continue  # printed twice, a hair aside, to look bold
        gap = glyph.left - before.right
        if gap > _room(before.text, glyph.text, usual / glyph.size) * glyph.size:
            text += " "
        text += glyph.text
    sizes = Counter(glyph.size for glyph in seen)
    size = max(sizes, key=lambda size: (sizes[size], size))
    baselines = Counter(round(glyph.y, 1) for glyph in seen if glyph.size == size)
    return Line(
        " ".join(text.replace("\xa0", " ").split(" ")).strip(),
        seen[0].left,
        max(glyph.right for glyph in seen),
        baselines.most_common(1)[0][0],
        size,
        all(glyph.bold for glyph in seen),
    )


def _without_note_marks(part: list[Glyph]) -> list[Glyph]:
    """The characters without small raised ones behind a Chinese one, which point to a note.

    Behind a letter or digit they are text: m², 10⁸.
    """
    usual = max((glyph.size for glyph in part), default=0.0)
    base = min((glyph.y for glyph in part if glyph.size == usual), default=0.0)
    kept: list[Glyph] = []
    for glyph in part:
        small = glyph.size <= _NOTE_MARK * usual and glyph.y > base + _RAISED * usual
        marks = small and (glyph.text.isdigit() or glyph.text in "[]［］*＊†()（）")
        if marks and kept and not kept[-1].text.isascii():
            continue
        kept.append(glyph)
    return kept


def _room(before: str, after: str, usual: float) -> float:
    """How wide a gap between two characters is a space that the file lacks, against their size."""
    if before.isascii() and after.isascii():
        return _WORD_GAP
    if before.isascii() or after.isascii():
        # Programs set a quarter of the size between a Chinese character and a number.
        return _MIXED_GAP + usual if before.isalnum() and after.isalnum() else _WORD_GAP + usual
    return _WORD_GAP + usual if before.isalnum() and after.isalnum() else math.inf


def _is_twice(before: Glyph, glyph: Glyph) -> bool:
    return (
        glyph.text == before.text
        and not glyph.text.isspace()
        and glyph.left - before.left < 0.1 * glyph.size
    )
