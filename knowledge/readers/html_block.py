"""How is HTML inside Markdown read? Its text is kept, one block for each element that is one."""

from __future__ import annotations

from html.parser import HTMLParser

from knowledge.readers import tables
from knowledge.readers.document import Block, BlockKind
from knowledge.readers.seams import joined

# fmt: off
_INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
))
# fmt: on
_UNSEEN = frozenset(("script", "style", "template", "title"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def blocks(html: str, line: int) -> list[Block]:
    """The blocks of a stretch of HTML that begins on ``line``. Tags and comments are dropped."""
    gatherer = _Gatherer(line)
    gatherer.feed(html)
    gatherer.close()
    gatherer.end_table()
    gatherer.end_block()
    return gatherer.blocks


class _Gatherer(HTMLParser):
    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._first_line = line
        self._line = line
        self._text = ""
        self._cells: list[tables.Cell] | None = None
        self._rows: list[tuple[int, list[tables.Cell]]] = []  # of the open table, with their lines
        self._heads = 0  # how many of them name the columns
        self._names_columns = False  # whether the open row does
        self._unseen = 0
        self._kind = BlockKind.PARAGRAPH
        self._level = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._text += "\n"
        elif tag == "img":
            alternative = dict(attrs).get("alt") or ""
            self.end_block()
            self._append(BlockKind.IMAGE, alternative.strip())
        elif tag == "tr":
            self.end_block()
            self._cells = []
            self._names_columns = True
        elif tag not in _INLINE and self._cells is None:
            self.end_block()
            if tag in _HEADINGS:
                self._kind, self._level = BlockKind.HEADING, _HEADINGS[tag]
            elif tag == "li":
                self._kind = BlockKind.ITEM

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append(tables.Cell(self._taken()))
            self._names_columns &= tag == "th"
        elif tag in ("tr", "table") and self._cells is not None:
            if self._names_columns and self._heads == len(self._rows):
                self._heads += 1
            self._rows.append((self._line, self._cells))
            self._cells = None
            if tag == "table":
                self.end_table()
        elif tag == "table":
            self.end_table()
        elif tag not in _INLINE and self._cells is None:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._text.strip():
            blank = len(data) - len(data.lstrip())
            self._line = self._first_line + self.getpos()[0] - 1 + data.count("\n", 0, blank)
        lines = data.split("\n")
        if len(lines) == 1:
            self._text += data
        else:
            self._text = joined([self._text, *(line.strip() for line in lines)])

    def end_table(self) -> None:
        rows, self._rows = self._rows, []
        heads, self._heads = self._heads, 0
        texts = tables.rows([cells for _, cells in rows], heads)
        for (self._line, _), text in zip(rows, texts, strict=True):
            if text:
                self._append(BlockKind.ROW, text)

    def end_block(self) -> None:
        text = self._taken()
        if text:
            self._append(self._kind, text)
        self._kind, self._level = BlockKind.PARAGRAPH, 0

    def _taken(self) -> str:
        text, self._text = self._text.strip(), ""
        return text

    def _append(self, kind: BlockKind, text: str) -> None:
        level = self._level if kind is BlockKind.HEADING else 0
        self.blocks.append(Block(kind, level, text, self._line))
