"""How is HTML inside Markdown read? Its text is kept, one block for each element that is one."""

from __future__ import annotations

from html.parser import HTMLParser

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
    gatherer.end_block()
    return gatherer.blocks


class _Gatherer(HTMLParser):
    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._first_line = line
        self._line = line
        self._text = ""
        self._cells: list[str] | None = None
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
            self._cells.append(self._taken())
        elif tag in ("tr", "table") and self._cells is not None:
            row, self._cells = self._cells, None
            if any(row):
                self._append(BlockKind.ROW, " | ".join(row))
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
