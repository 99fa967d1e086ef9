"""How is a web page (.html) read? The text that it shows, without the navigation around it."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace

from lxml import etree
from lxml import html as lxml_html

from knowledge.errors import UnreadableReport
from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind
from knowledge.readers.elements import Element, document, shown
from knowledge.readers.encoding import decode

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE
)
# What pages call by a name and mean by another: the larger set that has the name's characters.
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")

# libxml2 stops at the end of a page; browsers show what is written behind it.
_ENDS = re.compile(r"</(?:body|html)\s{0,9}>", re.IGNORECASE)

_SITE = re.compile(r"\s*[-_|–—·»]+\s*")


def parse(content: bytes) -> Document:
    """Read a page; its own word on its encoding counts, if the bytes agree.

    What stands beside the text is left out and told in remarks. Raises ``UnreadableReport``.
    """
    page = tree(decoded(content))
    root, around = _main(page)
    walked = document(root)
    remarks = (*around, *walked.remarks)
    return replace(walked, blocks=_with_title(walked.blocks, page), remarks=remarks)


def decoded(content: bytes) -> str:
    """The text of a page, in the encoding that it names if the bytes fit, else by their looks."""
    named = _CHARSET.search(content[:4096])
    if named and not content.startswith(
        (codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
    ):
        name = named[1].decode("ascii", "replace").lower()
        try:
            return content.decode(_LARGER.get(name, name)).replace("\0", "")
        except (LookupError, UnicodeError):
            pass  # it names one and is in another, as pages do
    return decode(content)


def tree(text: str) -> Element:
    """The root of a page. Raises ``UnreadableReport`` where it nests too deep."""
    if declaration := _XML_DECLARATION.match(text):
        text = text[declaration.end() :]
    text = _ENDS.sub("", text)
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root: Element = lxml_html.document_fromstring(text or " ", parser=parser)
    except etree.ParserError:  # it has no element at all
        root = lxml_html.document_fromstring("<p></p>")
    except etree.XMLSyntaxError as error:  # it recovers from all but a lack of memory
        raise MemoryError from error
    if any("depth" in error.message.lower() for error in parser.error_log):
        raise UnreadableReport("nests its elements too deep to be a page; save it anew")
    return root


def _main(page: Element) -> tuple[Element, list[Remark]]:
    """The element that has the text, and what is to be told of the rest."""
    for tag in ("main", "article"):
        found = list(page.iter(tag))
        if len(found) == 1 and len(shown(found[0])) * 2 > len(shown(page)):
            rest = " ".join(shown(page).replace(shown(found[0]), " ", 1).split())
            line = page.sourceline or 1
            return found[0], [Remark(RemarkKind.SURROUNDINGS, line, rest)] if rest else []
    return page, []


def _with_title(blocks: tuple[Block, ...], page: Element) -> tuple[Block, ...]:
    """The blocks with a title: an h1, or the page's own, without the name of its site."""
    if any(block.level == 1 for block in blocks):
        return blocks
    own = next((shown_title for one in page.iter("title") if (shown_title := _line(one))), "")
    if not own:
        return blocks
    first = next((n for n, one in enumerate(blocks) if one.text and one.text in own), -1)
    if first >= 0 and len(blocks[first].text) * 3 >= len(own):
        title = Block(BlockKind.HEADING, 1, blocks[first].text, blocks[first].line)
        return (*blocks[:first], title, *blocks[first + 1 :])
    if not any(block.kind is BlockKind.HEADING for block in blocks):
        return blocks  # its looks may tell more
    line = next(iter(page.iter("title"))).sourceline or 1
    return (Block(BlockKind.HEADING, 1, max(_SITE.split(own), key=len), line), *blocks)


def _line(element: Element) -> str:
    return " ".join((element.text or "").split())
