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
    NOTE = "note"  # a footnote or endnote
    CAPTION = "caption"  # marked as what stands below a picture or above a table
    CODE = "code"
    IMAGE = "image"  # its text is the picture's alternative text, which may be empty


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of text without markup.

    ``level`` is 1 for the outermost headings and grows inwards; it is 0 for all other kinds.
    ``text`` has a newline only where the source forces a line break. ``line`` is where the block
    begins, from 1, counted in the document's ``unit``. ``size`` is the height of its letters in
    points, 0 where the format does not say.
    """

    kind: BlockKind
    level: int
    text: str
    line: int
    size: float = 0.0


class Unit(StrEnum):
    """What the places of a document count, always from 1."""

    LINE = "line"  # of the file
    PARAGRAPH = "paragraph"  # with headings and table rows
    PAGE = "page"
    CHAPTER = "chapter"  # a file of an electronic book, in reading order


class RemarkKind(StrEnum):
    """What whoever adds a report should know of how it was read."""

    RUNNING_HEAD = "running_head"  # left out: it stands at the head or foot of several pages
    PAGE_NUMBER = "page_number"  # left out
    CONTENTS = "contents"  # left out: a line of the table of contents
    SURROUNDINGS = "surroundings"  # left out: what a web page has around its text
    PICTURE_PAGE = "picture_page"  # left out: a page that is a picture and has no text
    RECOGNISED_PAGE = "recognised_page"  # a page that is a picture, whose text was recognised
    FOOTNOTE = "footnote"  # kept, behind the paragraph that it stood under
    HEADING = "heading"  # taken for a heading, though it is not marked as one
    JOINED = "joined"  # two halves of a paragraph, which a page or column had cut
    CAPTION = "caption"  # taken for a caption, so never quoted
    BYLINE = "byline"  # taken for the line that names the authors, so never quoted


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was left out or recognised: where, counted as blocks are, and its text."""

    kind: RemarkKind
    place: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file as its reader understood it.

    ``cut`` says that page breaks may have divided paragraphs and nobody has joined them yet, as in
    plain text; formats that mark their paragraphs have it ``False``.
    """

    blocks: tuple[Block, ...]
    remarks: tuple[Remark, ...] = ()
    unit: Unit = Unit.LINE
    cut: bool = True
