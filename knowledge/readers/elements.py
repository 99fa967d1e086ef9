"""Which blocks does an element of a web page show? Its text, until a block ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Protocol

from lxml import etree

from knowledge.readers import tables
from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind
from knowledge.readers.numerals import written
from knowledge.readers.seams import joined


class Element(Protocol):
    """What we use of a node of lxml's tree."""

    tag: str
    text: str | None
    tail: str | None
    sourceline: int | None

    def get(self, key: str) -> str | None:
        """The value of an attribute."""

    def iter(self, *tags: str) -> Iterator[Element]:
        """The element and all inside it, in document order."""

    def iterancestors(self, *tags: str) -> Iterator[Element]:
        """The elements around it, the innermost first."""

    def findtext(self, path: str) -> str | None:
        """The text of the first element at a path."""

    def itertext(self) -> Iterator[str]:
        """All text inside it, piece by piece."""

    def getparent(self) -> Element | None:
        """The element around it."""


# fmt: off
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "label", "mark", "nobr", "o:p", "output", "q", "rb", "ruby", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    "img",
))
_UNSEEN = frozenset((
    "head", "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math",
    "canvas", "audio", "video", "map", "button", "select", "input", "textarea", "datalist",
    "dialog", "rp", "rt", "title", "frameset",
))
# fmt: on
_AROUND = frozenset(("nav", "footer", "aside", "menu"))
_AROUND_ROLES = frozenset(("navigation", "banner", "contentinfo", "complementary", "search"))
_OFFICE_AROUND = frozenset(("header", "footer"))  # titles that LibreOffice gives its own
_BOLD = frozenset(("b", "strong", "th"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LIST_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_POINTS = {"pt": 1.0, "px": 0.75}
_SIZE = re.compile(r"font-size\s*:\s*([\d.]{1,6})\s*(pt|px)", re.IGNORECASE)
_FONT_SIZES = (7.5, 10.0, 12.0, 13.5, 18.0, 24.0, 36.0)  # of <font size="1"> to "7", in points
_WEIGHT = re.compile(r"font-weight\s*:\s*(bold|[6-9]00|normal|[1-5]00)", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile("[ \t\r\n\f]+")
# Where a page divides paragraphs by line breaks alone: an empty line, or an indented one.
_PARAGRAPHS = re.compile("\n[ \xa0\u3000]*\n\\s*|\n(?=[\xa0\u3000]{2})")
_NOTE_MARK = re.compile("[\\[［(（〔]?(?:\\d{1,3}|[①-⑳*＊†a-z])[\\]］)）〕]?")
_LONGEST_CELL = 400  # characters; a table with more in a cell arranges a page
_LEAST_LINKS = 3  # one after another: a menu


def document(root: Element) -> Document:
    """What stands in an element, without runs of links if it has other text."""
    walk = _Walk()
    walk.over(root)
    texts = [linked for block, linked in walk.found if block.text]
    if all(texts):
        return Document(tuple(block for block, _ in walk.found), tuple(walk.remarks), cut=False)
    kept: list[Block] = []
    remarks = list(walk.remarks)
    for linked, run in groupby(walk.found, key=itemgetter(1)):
        blocks = [block for block, _ in run]
        if linked and len(blocks) >= _LEAST_LINKS:
            shown = " ".join(block.text for block in blocks)
            remarks.append(Remark(RemarkKind.SURROUNDINGS, blocks[0].line, shown))
        else:
            kept += blocks
    return Document(tuple(kept), tuple(remarks), cut=False)


def shown(element: Element) -> str:
    """All text that an element shows, on one line."""
    walk = _Walk()
    walk.over(element)
    return " ".join(block.text for block, _ in walk.found if block.text)


@dataclass(frozen=True, slots=True)
class _Look:
    bold: bool = False
    size: float = 0.0
    link: bool = False


class _Walk:
    """One pass over a page: gathers text until a block ends."""

    def __init__(self) -> None:
        self.found: list[tuple[Block, bool]] = []  # each block, and whether it is links alone
        self.remarks: list[Remark] = []
        self.line = 1
        self.pieces: list[str] = []
        self.lengths: Counter[_Look] = Counter()  # characters of the open block, by their look
        self.looks = [_Look()]
        self.images: list[str] = []
        self.markers: list[str] = []  # of the open list items, innermost last; "" once written
        self.counts: list[int] = []  # of the open lists
        self.open: Counter[str] = Counter()  # elements around, by tag
        self.kind = BlockKind.PARAGRAPH
        self.level = 0
        self.skipped: Element | None = None

    def over(self, root: Element) -> None:
        """Read an element and all inside it."""
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if not isinstance(element.tag, str):  # an entity that nobody declared
                self.text(element.tail if event == "end" else None)
            elif event == "start":
                if self.start(element):
                    self.text(element.text)
                else:
                    self.skipped = element
                    walker.skip_subtree()
            else:
                if element is self.skipped:
                    self.skipped = None
                else:
                    self.end(element)
                if element is not root:
                    self.text(element.tail)
        self.flush()

    def text(self, text: str | None) -> None:
        if not text:
            return
        if not self.open["pre"]:
            text = _SPACES.sub(lambda found: "\0" if "\n" in found[0] else " ", text)
        self.pieces.append(text)
        count = sum(not character.isspace() and character != "\0" for character in text)
        if count:
            self.lengths[self.looks[-1]] += count

    def start(self, element: Element) -> bool:
        """Open an element; whether what is inside it is to be read."""
        tag = element.tag
        style = element.get("style") or ""
        if tag in _UNSEEN or element.get("hidden") is not None or _NOT_SHOWN.search(style):
            return False
        if tag in ("a", "sup") and _is_note_mark(element):
            return False
        if tag not in _INLINE:
            if tag != "br":
                self.flush()
                self.line = element.sourceline or self.line
            if (
                tag in _AROUND
                or element.get("role") in _AROUND_ROLES
                or element.get("title") in _OFFICE_AROUND
            ):
                return self.aside(element)
            if tag == "table" and (grid := _grid(element)):
                for one in element.iter("caption"):
                    if text := shown(one):
                        self.found.append((Block(BlockKind.CAPTION, 0, text, self.line), False))
                self.table(grid)
                return False
            self.block(element)
        if tag == "img":
            self.images.append(" ".join((element.get("alt") or "").split()))
        self.open[tag] += 1
        self.looks.append(_look(element, self.looks[-1]))
        return True

    def aside(self, element: Element) -> bool:
        """Open what stands beside the text; whether it is a note, which is read."""
        roles = f"{element.get('epub:type') or ''} {element.get('role') or ''}"
        text = shown_inside(element)
        if "note" in roles:
            if text:
                self.found.append((Block(BlockKind.NOTE, 0, text, self.line), False))
                self.remarks.append(Remark(RemarkKind.FOOTNOTE, self.line, text))
        elif text:
            self.remarks.append(Remark(RemarkKind.SURROUNDINGS, self.line, text))
        return False

    def block(self, element: Element) -> None:
        tag = element.tag
        if tag == "br":
            self.pieces.append("\n")
        elif tag in _HEADINGS:
            self.kind, self.level = BlockKind.HEADING, _HEADINGS[tag]
        elif tag in ("figcaption", "caption"):
            self.kind = BlockKind.CAPTION
        elif tag in ("ul", "ol"):
            self.counts.append(_integer(element.get("start"), 1) - 1)
        elif tag == "li":
            self.markers.append(self.marker(element))

    def marker(self, element: Element) -> str:
        """What stands before an item: its number; nothing for a bullet, which is markup."""
        around = element.getparent()
        if around is None or around.tag != "ol" or not self.counts:
            return ""
        self.counts[-1] = _integer(element.get("value"), self.counts[-1] + 1)
        return written(self.counts[-1], _LIST_FORMS.get(around.get("type") or "", "decimal")) + ". "

    def end(self, element: Element) -> None:
        tag = element.tag
        if tag not in _INLINE and tag != "br":
            self.flush()
        self.open[tag] -= 1
        self.looks.pop()
        if tag in _HEADINGS or tag in ("figcaption", "caption"):
            self.kind, self.level = BlockKind.PARAGRAPH, 0
        elif tag in ("ul", "ol"):
            self.counts.pop()
        elif tag == "li":
            self.markers.pop()

    def flush(self) -> None:
        """End the open block."""
        text, self.pieces = "".join(self.pieces), []
        lengths, self.lengths = self.lengths, Counter()
        images, self.images = self.images, []
        if lengths:
            total = lengths.total()
            linked = sum(count for look, count in lengths.items() if look.link) * 10 >= total * 9
            bold = all(look.bold for look in lengths)
            size = max(lengths, key=lambda look: lengths[look]).size
            texts = [text.strip("\n")] if self.open["pre"] else _paragraphs(text)
            for one in texts:
                self.add(one, size, bold=bold, linked=linked)
        for alternative in images:
            self.found.append((Block(BlockKind.IMAGE, 0, alternative, self.line), False))

    def add(self, text: str, size: float, *, bold: bool, linked: bool) -> None:
        kind = self.kind
        if kind is BlockKind.HEADING:
            text = text.replace("\n", " ")
        elif kind is BlockKind.PARAGRAPH:
            if self.open["pre"]:
                kind = BlockKind.CODE
            elif self.markers:
                kind = BlockKind.ITEM
                text, self.markers[-1] = self.markers[-1] + text, ""
            elif self.open["blockquote"]:
                kind = BlockKind.QUOTE
            elif bold:
                kind = BlockKind.LABEL
        self.found.append((Block(kind, self.level, text, self.line, size), linked))

    def table(self, grid: list[list[tables.Cell]]) -> None:
        heads = next((n for n, row in enumerate(grid) if not _is_head(row)), len(grid))
        heads = heads if 0 < heads < len(grid) else tables.heads_of(grid)
        for text in tables.rows(grid, heads):
            if text:
                self.found.append((Block(BlockKind.ROW, 0, text, self.line), False))


def shown_inside(element: Element) -> str:
    """All text of an element that is left out itself, on one line."""
    return joined([" ".join(text.split()) for text in element.itertext() if text.strip()])


def _is_note_mark(element: Element) -> bool:
    """Whether an element is the raised number of a note, or the number that leads back from it."""
    if not _NOTE_MARK.fullmatch("".join(element.itertext()).strip()):
        return False
    links = [one for one in element.iter("a") if (one.get("href") or "").startswith("#")]
    about = f"{element.get('class') or ''} {element.get('epub:type') or ''}".lower()
    raised = element.tag == "sup" or any(True for _ in element.iter("sup"))
    return bool(links) and (raised or "note" in about)


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a block, each without the spaces that only arrange it."""
    text = re.sub("[ \0]*\n[ \0]*", "\n", text)
    return [
        paragraph
        for part in _PARAGRAPHS.split(text)
        if (paragraph := joined([line for line in re.split(" *\0[ \0]*", part) if line]).strip())
    ]


def _look(element: Element, around: _Look) -> _Look:
    tag, style = element.tag, element.get("style") or ""
    bold, size = around.bold or tag in _BOLD, around.size
    if weight := _WEIGHT.search(style):
        bold = weight[1].lower() in ("bold", "600", "700", "800", "900")
    if given := _SIZE.search(style):
        size = round(float(given[1].strip(".") or 0) * _POINTS[given[2].lower()] * 2) / 2
    elif tag == "font" and (element.get("size") or "").strip() in tuple("1234567"):
        size = _FONT_SIZES[int(element.get("size") or 3) - 1]
    link = around.link or (tag == "a" and element.get("href") is not None)
    return _Look(bold, size, link)


@dataclass(frozen=True, slots=True, eq=False)
class _Cell(tables.Cell):
    head: bool = False


def _is_head(row: list[tables.Cell]) -> bool:
    return all(isinstance(cell, _Cell) and cell.head for cell in row if cell.text)


def _grid(element: Element) -> list[list[tables.Cell]]:
    """The cells of a table of data; none of one that only arranges a page."""
    if next(element.iter("table")) is not element or any(
        one is not element for one in element.iter("table")
    ):
        return []
    grid: list[list[tables.Cell]] = []
    hanging: dict[int, tuple[tables.Cell, int]] = {}  # cells that reach down, by their column
    for row in element.iter("tr"):
        cells: list[tables.Cell] = []
        below: dict[int, tuple[tables.Cell, int]] = {}
        in_head = next(row.iterancestors("thead"), None) is not None
        for one in row.iter("td", "th"):
            _reach(cells, hanging, below)
            cell = _cell(one, head=in_head or one.tag == "th")
            if len(cell.text) > _LONGEST_CELL:
                return []
            down = min(max(_integer(one.get("rowspan"), 1), 1), 1000)
            for _ in range(min(max(_integer(one.get("colspan"), 1), 1), 100)):
                if down > 1:
                    below[len(cells)] = (cell, down - 1)
                cells.append(cell)
        _reach(cells, hanging, below)
        hanging = below
        grid.append(cells)
    return grid if max(map(len, grid), default=0) > 1 else []


def _reach(
    cells: list[tables.Cell],
    hanging: dict[int, tuple[tables.Cell, int]],
    below: dict[int, tuple[tables.Cell, int]],
) -> None:
    """Put the cells that reach down from above where a row has come to."""
    while len(cells) in hanging:
        cell, left = hanging.pop(len(cells))
        if left > 1:
            below[len(cells)] = (cell, left - 1)
        cells.append(cell)


def _cell(element: Element, *, head: bool) -> _Cell:
    walk = _Walk()
    walk.over(element)
    filled = [block for block, _ in walk.found if block.text and block.kind is not BlockKind.IMAGE]
    text = joined([part for block in filled for part in block.text.split("\n")])
    bold = bool(filled) and all(block.kind is BlockKind.LABEL for block in filled)
    # A row's own name, at its left, may be marked as a head as well; the whole row decides.
    return _Cell(text, bold, head)


def _integer(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
