"""How is plain text read? Blank lines divide paragraphs; short numbered lines are headings."""

from __future__ import annotations

import re
from itertools import pairwise

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
_HAS_A_STOP = re.compile("[。！？!?；;，,：:…]|\\.$")
_ENDS_A_PARAGRAPH = re.compile("[。！？!?…：:.][”’」』）)》\"']*$")


def parse(text: str) -> Document:
    """Read plain text. A form feed, the mark of a new page, divides as a blank line does.

    An indented line begins a paragraph. So does every other line, unless the file is wrapped: then
    the lines between two blank ones are one paragraph.
    """
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        before, *pages = line.split("\f")
        lines.append((number, before))
        for page in pages:
            lines += [(number, ""), (number, page)]
    wrapped = _is_wrapped([line for _, line in lines])
    blocks: list[Block] = []
    paragraph: list[str] = []
    begins = 0
    for number, line in [*lines, (0, "")]:
        stripped = line.strip()
        level = _heading_level(stripped)
        if paragraph and (not stripped or level or not wrapped or line[0] in "\u3000\t"):
            blocks.append(Block(BlockKind.PARAGRAPH, 0, joined(paragraph), begins))
            paragraph = []
        if level:
            blocks.append(Block(BlockKind.HEADING, level, stripped, number))
        elif stripped:
            begins = begins if paragraph else number
            paragraph.append(stripped)
    return Document(tuple(_with_title(blocks)))


def _is_wrapped(lines: list[str]) -> bool:
    """Whether lines break where they are full and not where a paragraph ends.

    Told by the lines that another follows at once: of a wrapped file most of them end within a
    sentence.
    """
    inner = [line.strip() for line, after in pairwise(lines) if line.strip() and after.strip()]
    ended = sum(1 for line in inner if _ENDS_A_PARAGRAPH.search(line))
    return ended * 2 < len(inner)


def _heading_level(line: str) -> int:
    if len(line) > _LONGEST_HEADING or _HAS_A_STOP.search(line):
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
        and not _HAS_A_STOP.search(first.text)
    ):
        return [Block(BlockKind.HEADING, 1, first.text, first.line), *blocks[1:]]
    return blocks
