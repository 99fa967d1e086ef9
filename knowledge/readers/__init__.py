"""How do the bytes of a file become a ``Document``? Each format has its own small module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from knowledge.errors import UnreadableReport
from knowledge.readers import markdown, text
from knowledge.readers.document import Block, BlockKind, Document
from knowledge.readers.encoding import decode

__all__ = ["SUFFIXES", "Block", "BlockKind", "Document", "read"]

_READERS: dict[str, Callable[[bytes], Document]] = {
    ".md": lambda content: markdown.parse(decode(content)),
    ".markdown": lambda content: markdown.parse(decode(content)),
    ".txt": lambda content: text.parse(decode(content)),
}

SUFFIXES = frozenset(_READERS)
"""The file name endings that can be read, in lower case and with their dot."""


def read(name: str, content: bytes) -> Document:
    """Read a report's file; ``name`` is only looked at for its ending.

    Raises ``UnreadableReport``, whose message goes on after the file's name: "is not a text file".
    """
    suffix = PurePath(name).suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        known = ", ".join(sorted(SUFFIXES))
        raise UnreadableReport(
            f"has a format that is not read ({suffix or 'no ending'}); readable are {known}"
        )
    return reader(content)
