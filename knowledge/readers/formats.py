"""Which reader reads a file, is it what its name says, and is it small enough to be a report?"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath

from knowledge.errors import UnreadableReport
from knowledge.readers.document import Document
from knowledge.readers.encoding import decode

# Modules with a function `parse`, loaded once such a file comes: each brings a library along. The
# first take text, the others bytes.
_PLAIN = {
    ".md": "knowledge.readers.markdown",
    ".markdown": "knowledge.readers.markdown",
    ".txt": "knowledge.readers.text",
}
_RICH = {
    ".docx": "knowledge.readers.word",
    ".epub": "knowledge.readers.epub",
    ".htm": "knowledge.readers.html",
    ".html": "knowledge.readers.html",
    ".pdf": "knowledge.readers.pdf",
}

PLAIN = frozenset(_PLAIN)
"""The endings of formats that are nothing but text, in lower case and with their dot."""

SUFFIXES = PLAIN | frozenset(_RICH)
"""The endings of all formats that can be read."""

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is read; Telegram hands a bot 20 MB at most."""

MOST_TEXT = 10_000_000
"""The most characters of one report: some thirty thick books."""

_INSTEAD = {
    **dict.fromkeys((".doc", ".docm", ".dot", ".dotm", ".dotx"), ".docx"),
    **dict.fromkeys((".odt", ".pages", ".rtf", ".wps", ".wpt"), ".docx"),
    **dict.fromkeys((".mht", ".mhtml", ".shtml", ".xhtml"), ".html"),
    # Of spreadsheets a web page keeps the rows and columns best.
    **dict.fromkeys((".csv", ".et", ".numbers", ".ods", ".tsv", ".xls", ".xlsm", ".xlsx"), ".html"),
    **dict.fromkeys((".caj", ".djvu", ".dps", ".odp", ".ofd", ".ppt", ".pptx", ".xps"), ".pdf"),
    **dict.fromkeys((".azw3", ".mobi"), ".epub"),
}

DOCUMENTS = SUFFIXES | frozenset(_INSTEAD)
"""The endings of all that somebody may take for a report: what is read, or refused in words."""

_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", (".docx", ".epub")),
    (b"PK\x05\x06", "an empty zip archive", ()),
    (b"{\\rtf", "a file in Rich Text Format", ()),
    (b"\x89PNG", "a picture", ()),
    (b"\xff\xd8\xff", "a picture", ()),
    (b"GIF8", "a picture", ()),
    (b"\x1f\x8b", "a gzip archive", ()),
    (b"Rar!", "a RAR archive", ()),
    (b"7z\xbc\xaf", "a 7z archive", ()),
)
_NEEDS = {".docx": "no Word file", ".epub": "no electronic book"}  # both begin as a zip archive

# What is not to be seen: control characters, lone halves of characters, marks for breaking lines.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ud800-\udfff]")


def suffix_of(name: str) -> str:
    """The ending of a file's name. Raises ``UnreadableReport`` for a format that is not read."""
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return suffix
    if instead := _INSTEAD.get(suffix):
        raise UnreadableReport(f"has a format that is not read ({suffix}); save it as {instead}")
    known = ", ".join(sorted(SUFFIXES))
    raise UnreadableReport(
        f"has a format that is not read ({suffix or 'no ending'}); readable are {known}"
    )


def parse(name: str, content: bytes) -> Document:
    """Read a file in this very process. Raises ``UnreadableReport``, or whatever a library raises.

    ``isolated.Workshop`` is where files from elsewhere belong.
    """
    suffix = suffix_of(name)
    if len(content) > MOST_BYTES:
        raise UnreadableReport(
            f"has {len(content) / 1024**2:,.1f} MB; {MOST_BYTES // 1024**2} MB at most are read"
        )
    _check_label(suffix, content)
    if suffix in _PLAIN:
        return _within_limits(import_module(_PLAIN[suffix]).parse(decode(content)))
    return _within_limits(_seen(import_module(_RICH[suffix]).parse(content)))


def _check_label(suffix: str, content: bytes) -> None:
    """Raise ``UnreadableReport`` where a file begins as one of another format does."""
    if content.startswith(_OLD_WORD):
        if _ENCRYPTED in content:
            raise UnreadableReport("is encrypted; save it without a password")
        raise UnreadableReport("is an old Office file, as .doc is; save it as .docx")
    if b"%PDF-" in content[:1024] and suffix != ".pdf":
        raise UnreadableReport(f"is a PDF, though its name ends in {suffix}; rename it")
    for signature, what, suffixes in _SIGNATURES:
        if content.startswith(signature) and suffix not in suffixes:
            raise UnreadableReport(f"is {what}, though its name ends in {suffix}")
    if suffix in _NEEDS and not content.startswith(b"PK\x03\x04"):
        raise UnreadableReport(f"is {_NEEDS[suffix]}, though its name ends in {suffix}")


def _seen(document: Document) -> Document:
    """The document without what cannot be seen; blocks without text go, pictures stay."""
    blocks = (replace(block, text=_UNSEEN.sub("", block.text)) for block in document.blocks)
    remarks = (replace(remark, text=_UNSEEN.sub("", remark.text)) for remark in document.remarks)
    return replace(
        document,
        blocks=tuple(block for block in blocks if block.text or block.kind == "image"),
        remarks=tuple(remarks),
    )


def _within_limits(document: Document) -> Document:
    length = sum(len(block.text) for block in document.blocks)
    if length > MOST_TEXT:
        raise UnreadableReport(
            f"has {length:,} characters of text; {MOST_TEXT:,} at most are read: divide it"
        )
    return document
