"""How is plain text read? Blank lines divide paragraphs; short numbered lines are headings."""

from __future__ import annotations

import re

from knowledge.readers.document import Block, BlockKind, Document
from knowledge.readers.seams import joined

_NUMBER = "[一二三四五六七八九十百零〇两\\d]+"
# The ways Chinese reports number their headings, outermost first; only the order of levels counts.
_NUMBERED = (
    (2, re.compile(f"第{_NUMBER}[章编篇部]分?")),
    (3, re.compile(f"第{_NUMBER}节")),
    (4, re.compile("[一二三四五六七八九十百]+、")),
    (5, re.compile("[(（][一二三四五六七八九十百]+[)）]")),
)
_LONGEST_HEADING = 40  # characters; a numbered sentence that is longer is text
_ENDS_A_SENTENCE = re.compile("[。！？!?；;：:，,、…][”’」』）)》\"']*$")


def parse(text: str) -> Document:
    """Read plain text. A form feed, the mark of a new page, divides as a blank line does.

    Where no blank line divides the lines, each line is a paragraph, as text editors wrap for the
    eye; a line that is indented begins a new one.
    """
    lines = text.replace("\f", "\n\n").split("\n")
    divided = _has_blank_line_inside(lines)
    blocks: list[Block] = []
    paragraph: list[str] = []
    begins = 0

    def close() -> None:
        if paragraph:
            blocks.append(Block(BlockKind.PARAGRAPH, 0, joined(paragraph), begins))
            paragraph.clear()

    number = 0
    for line in text.split("\n"):
        number += 1
        for part, piece in enumerate(line.split("\f")):
            stripped = piece.strip()
            if part or not stripped:
                close()
            if not stripped:
                continue
            level = _heading_level(stripped)
            if level:
                close()
                blocks.append(Block(BlockKind.HEADING, level, stripped, number))
                continue
            if not divided or piece[0] in "\u3000\t":
                close()
            if not paragraph:
                begins = number
            paragraph.append(stripped)
    close()
    return Document(tuple(_with_title(blocks)))


def _has_blank_line_inside(lines: list[str]) -> bool:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return bool(filled) and len(filled) != filled[-1] - filled[0] + 1


def _heading_level(line: str) -> int:
    if len(line) > _LONGEST_HEADING or _ENDS_A_SENTENCE.search(line):
        return 0
    return next((level for level, pattern in _NUMBERED if pattern.match(line)), 0)


def _with_title(blocks: list[Block]) -> list[Block]:
    """The blocks with the first as title, where it is short, ends like none and has text after."""
    if len(blocks) < 2:
        return blocks
    first = blocks[0]
    if (
        first.kind is BlockKind.PARAGRAPH
        and len(first.text) <= _LONGEST_HEADING
        and not _ENDS_A_SENTENCE.search(first.text)
        and not first.text.endswith(".")
    ):
        return [Block(BlockKind.HEADING, 1, first.text, first.line), *blocks[1:]]
    return blocks
