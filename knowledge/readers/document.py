"""What does every reader hand over, whatever the format? Blocks of plain text in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block was in its file."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LABEL = "label"  # a paragraph that is bold from end to end, as titles often are
    QUOTE = "quote"  # a paragraph of a quotation that is set off
    ITEM = "item"
    ROW = "row"
    CODE = "code"
    IMAGE = "image"  # its text is the picture's alternative text, which may be empty


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of text without markup.

    ``level`` is 1 for the outermost headings and grows inwards; it is 0 for all other kinds.
    ``text`` has a newline only where the source forces a line break. ``line`` is the line of the
    file, from 1, that the block begins on.
    """

    kind: BlockKind
    level: int
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file as its reader understood it."""

    blocks: tuple[Block, ...]
