"""How is an electronic book (.epub) read? Its chapters in order, each as a web page."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import replace
from urllib.parse import unquote

from lxml import etree

from knowledge.errors import UnreadableReport
from knowledge.readers import archive, elements, html
from knowledge.readers.document import Block, BlockKind, Document, Remark, Unit

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_OPF = "{http://www.idpf.org/2007/opf}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
# What programs write where nobody has named the book.
_NO_TITLES = frozenset(("", "unknown title", "unknown", "untitled", "无标题", "未命名"))


def parse(content: bytes) -> Document:
    """Read a book; a place is a chapter: a file of the book, in reading order.

    Raises ``UnreadableReport``, for a book with copy protection too.
    """
    blocks: list[Block] = []
    remarks: list[Remark] = []
    with archive.opened(content) as unpacked:
        package = _package(unpacked)
        root = _xml(archive.part(unpacked, package), package)
        names = _chapters(root, posixpath.dirname(package))
        _check_protection(unpacked, set(names))
        for number, name in enumerate(names, start=1):
            read = elements.document(html.tree(html.decoded(archive.part(unpacked, name))))
            blocks += (replace(block, line=number) for block in read.blocks)
            remarks += (replace(remark, place=number) for remark in read.remarks)
    title = " ".join((root.findtext(f".//{_TITLE}") or "").split())
    return Document(_with_title(tuple(blocks), title), tuple(remarks), Unit.CHAPTER, cut=False)


def _package(unpacked: zipfile.ZipFile) -> str:
    """The name of the part that says what the book consists of."""
    if _CONTAINER not in unpacked.namelist():
        raise UnreadableReport("is an archive, but no electronic book: it has no container.xml")
    for one in _xml(archive.part(unpacked, _CONTAINER), _CONTAINER).iter("{*}rootfile"):
        if path := one.get("full-path"):
            return str(path)
    raise UnreadableReport("names no package in its container.xml; save the book anew")


def _chapters(package: elements.Element, folder: str) -> list[str]:
    """The parts that hold the text, in reading order, without the table of contents."""
    items = {one.get("id"): one for one in package.iter(f"{_OPF}item")}
    names: dict[str, None] = {}
    for reference in package.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        if "nav" in (item.get("properties") or "").split():
            continue
        names[posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))] = None
    if not names:
        raise UnreadableReport("lists no chapter; save the book anew")
    return list(names)


def _check_protection(unpacked: zipfile.ZipFile, names: set[str]) -> None:
    """Raise ``UnreadableReport`` where chapters are encrypted; fonts may be."""
    if _ENCRYPTION not in unpacked.namelist():
        return
    for one in _xml(archive.part(unpacked, _ENCRYPTION), _ENCRYPTION).iter("{*}CipherReference"):
        if unquote(one.get("URI") or "") in names:
            raise UnreadableReport("is copy-protected; only a book without protection is read")


def _xml(content: bytes, name: str) -> elements.Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root: elements.Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableReport(f"is damaged in its part {name}; save it anew") from error
    return root


def _with_title(blocks: tuple[Block, ...], title: str) -> tuple[Block, ...]:
    """The blocks below one title; chapters that are outermost headings move in by one level."""
    outermost = [block for block in blocks if block.level == 1]
    if title.lower() in _NO_TITLES or (len(outermost) == 1 and outermost[0].text == title):
        return blocks
    own = Block(BlockKind.HEADING, 1, title, 1)
    if not any(block.kind is BlockKind.HEADING for block in blocks):
        return (own, *blocks)
    if blocks[0].level == 1 and blocks[0].text == title:
        own, blocks = blocks[0], blocks[1:]
    return (own, *(replace(one, level=one.level + 1) if one.level else one for one in blocks))
