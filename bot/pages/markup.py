"""How is text marked up for Telegram, and how long is it the way Telegram counts?"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 4096  # UTF-16 code units of one message, after parsing
MAX_ENTITIES = 100  # of one message


@dataclass(frozen=True, slots=True)
class Markup:
    """A piece of Telegram HTML, the text that it parses to, and how many entities it makes.

    Pieces are built from plain text by the functions below and joined with ``+``, so every
    character of a reader or a report is escaped exactly once and no tag is ever cut.
    """

    html: str = ""
    plain: str = ""
    entities: int = 0

    @property
    def length(self) -> int:
        """The length of the parsed text in UTF-16 code units."""
        return utf16(self.plain)

    def fits(self, length: int = MAX_LENGTH, entities: int = MAX_ENTITIES) -> bool:
        """Whether Telegram takes this as one message."""
        return self.length <= length and self.entities <= entities

    def __add__(self, other: Markup) -> Markup:
        return Markup(
            self.html + other.html, self.plain + other.plain, self.entities + other.entities
        )

    def __bool__(self) -> bool:
        return bool(self.plain)


def utf16(plain: str) -> int:
    """The length of ``plain`` in UTF-16 code units.

    >>> utf16("段🐎")
    3
    """
    return len(plain.encode("utf-16-le")) // 2


def text(plain: str) -> Markup:
    """``plain`` with nothing marked.

    >>> text("<b>三零</b> & 刘安").html
    '&lt;b&gt;三零&lt;/b&gt; &amp; 刘安'
    """
    return Markup(html.escape(plain, quote=False), plain)


def bold(plain: str) -> Markup:
    """``plain`` in bold; white space alone is left as it is, for Telegram drops such entities."""
    return _tagged("b", "b", text(plain)) if plain.strip() else text(plain)


def italic(plain: str) -> Markup:
    """``plain`` in italics."""
    return _tagged("i", "i", text(plain)) if plain.strip() else text(plain)


def link(plain: str, url: str) -> Markup:
    """``plain`` as a link to ``url``."""
    return _tagged(f'a href="{html.escape(url)}"', "a", text(plain))


def blockquote(inner: Markup, *, expandable: bool = True) -> Markup:
    """``inner`` as a quotation, folded to three lines where it is ``expandable``."""
    return _tagged("blockquote expandable" if expandable else "blockquote", "blockquote", inner)


def joined(pieces: Iterable[Markup], separator: str = "\n") -> Markup:
    """The pieces that are not empty, with ``separator`` between them."""
    result = Markup()
    for piece in pieces:
        if piece:
            result = result + text(separator) + piece if result else piece
    return result


def _tagged(opening: str, closing: str, inner: Markup) -> Markup:
    return Markup(f"<{opening}>{inner.html}</{closing}>", inner.plain, inner.entities + 1)
