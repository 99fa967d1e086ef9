"""How is Markdown read? With a CommonMark parser; markup goes, every character of text stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.readers import emphasis, html_block, tables
from knowledge.readers.document import Block, BlockKind, Document
from knowledge.readers.seams import seam

# No typographer, no linkify: the source's characters stay. Indented code is switched off because
# reports indent the first line of a paragraph; fenced code is read.
_PARSER = emphasis.install(MarkdownIt("commonmark").enable("table").disable("code"))

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)


def parse(text: str) -> Document:
    """Read CommonMark with tables.

    A row of a table is one block and names its columns; an ordered item keeps its marker
    ("1."), a bullet is markup. YAML front matter is left out.
    """
    # A form feed stands where a page began, at the start of a line; Markdown knows none.
    text = _without_front_matter(text.replace("\f", ""))
    return Document(tuple(_Walk().blocks_of(_PARSER.parse(text))))


def _without_front_matter(text: str) -> str:
    found = _FRONT_MATTER.match(text)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


class _Walk:
    """One pass over the parser's tokens; keeps what a token means for those inside it."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.markers: list[str] = []  # of the open list items, innermost last; "" once written
        self.cells: list[tables.Cell] | None = None  # of the open table row
        self.rows: list[tuple[int, list[tables.Cell]]] = []  # of the open table, with their lines
        self.quotes = 0  # how many block quotes are open
        self.heading = 0
        self.line = 1

    def blocks_of(self, tokens: Sequence[Token]) -> list[Block]:
        for token in tokens:
            if token.map:
                self.line = token.map[0] + 1
            match token.type:
                case "heading_open":
                    self.heading = int(token.tag[1:])
                case "heading_close":
                    self.heading = 0
                case "blockquote_open" | "blockquote_close":
                    self.quotes += token.nesting
                case "list_item_open":
                    # `info` holds an ordered item's number, `markup` the character behind it.
                    self.markers.append(f"{token.info}{token.markup} " if token.info else "")
                case "list_item_close":
                    self.markers.pop()
                case "tr_open":
                    self.cells = []
                case "tr_close":
                    self.rows.append((self.line, self.cells or []))
                    self.cells = None
                case "table_close":
                    self.table()
                case "inline":
                    self.inline(token)
                case "fence" | "code_block":
                    self.add(BlockKind.CODE, token.content)
                case "html_block":
                    self.blocks.extend(html_block.blocks(token.content, self.line))
        return self.blocks

    def add(self, kind: BlockKind, text: str) -> None:
        text = text.strip()
        if text or kind is BlockKind.IMAGE:
            level = self.heading if kind is BlockKind.HEADING else 0
            self.blocks.append(Block(kind, level, text, self.line))

    def table(self) -> None:
        rows, self.rows = self.rows, []
        texts = tables.rows([cells for _, cells in rows], heads=1)
        for (self.line, _), text in zip(rows, texts, strict=True):
            self.add(BlockKind.ROW, text)

    def inline(self, token: Token) -> None:
        children = token.children or []
        if self.cells is not None:
            self.cells.append(tables.Cell(plain_text(children).strip()))
        elif self.heading:
            self.add(BlockKind.HEADING, plain_text(children).replace("\n", " "))
        else:
            for paragraph in _at_indents(children):
                self.paragraph(paragraph)
                self.line += sum(child.type in ("softbreak", "hardbreak") for child in paragraph)
        for child in children:
            if child.type == "image":
                self.add(BlockKind.IMAGE, plain_text(child.children or []))

    def paragraph(self, children: Sequence[Token]) -> None:
        text = plain_text(children).strip()
        if self.markers:
            self.add(BlockKind.ITEM, self.markers[-1] + text if text else "")
            self.markers[-1] = ""
        elif self.quotes:
            self.add(BlockKind.QUOTE, text)
        else:
            self.add(BlockKind.LABEL if _is_bold(children) else BlockKind.PARAGRAPH, text)


def _at_indents(children: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The inline tokens divided before each line that an ideographic space indents.

    Chinese authors indent a new paragraph so, and need no blank line before it.
    """
    start = 0
    for position in range(1, len(children)):
        begins_line = children[position - 1].type in ("softbreak", "hardbreak")
        if begins_line and children[position].content.startswith("\u3000"):
            yield children[start:position]
            start = position
    yield children[start:]


def plain_text(children: Sequence[Token]) -> str:
    """The text of inline tokens. A forced line break is a newline, any other is a seam."""
    text = ""
    broken = False  # whether a line ended behind `text`
    for child in children:
        if child.type == "softbreak":
            broken = True
            continue
        if child.type in ("text", "text_special", "code_inline"):
            piece = child.content
        elif child.type == "hardbreak" or (
            child.type == "html_inline" and _LINE_BREAK_TAG.fullmatch(child.content)
        ):
            piece = "\n"
        else:
            continue
        if broken and piece:
            text += seam(text, piece)
            broken = False
        text += piece
    return text


def _is_bold(children: Sequence[Token]) -> bool:
    kinds = [child.type for child in children if child.content or child.type != "text"]
    return (
        len(kinds) > 2
        and kinds[0] == "strong_open"
        and kinds[-1] == "strong_close"
        and kinds.count("strong_open") == 1
    )
