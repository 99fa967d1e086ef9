"""How do the bytes of a file become a ``Document``? Each format has its own small module."""

from __future__ import annotations

from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind, Unit
from knowledge.readers.formats import DOCUMENTS, SUFFIXES, suffix_of
from knowledge.readers.isolated import Workshop

__all__ = [
    "DOCUMENTS",
    "SUFFIXES",
    "Block",
    "BlockKind",
    "Document",
    "Remark",
    "RemarkKind",
    "Unit",
    "Workshop",
    "read",
    "suffix_of",
]


def read(name: str, content: bytes, workshop: Workshop | None = None) -> Document:
    """Read a report's file; ``name`` is only looked at for its ending.

    Everything but short plain text is read in the process of ``workshop``; without one, in a
    process for this file alone. Raises ``UnreadableReport``, whose message goes on after the
    file's name: "is not a text file".
    """
    if workshop is not None:
        return workshop.read(name, content)
    with Workshop() as own:
        return own.read(name, content)
