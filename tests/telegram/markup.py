"""What text and which entities does Telegram make of a message's HTML?

Offsets and lengths are UTF-16 code units, as everywhere in the Bot API. The error texts are
Telegram's. Where Telegram would quietly drop or repair something (a bare ``&``, an unknown
attribute, a quotation inside a quotation), this parser refuses.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tests.telegram.refusal import Json, Refusal, bad_request, stricter

TAGS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
QUOTES = {"blockquote", "expandable_blockquote"}
REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);")
ATTRIBUTE = re.compile(r"""\s+(?P<name>[^\s=>]+)(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[\w.-]+))?""")
# What Telegram marks by itself, in the text of users and bots alike.
FOUND_BY_TELEGRAM = (
    ("url", re.compile(r"(?<![\w@.])https?://[^\s<>\"“”，。；、）)]*[^\s<>\"“”，。；、）).,:;!?]")),
    (
        "bot_command",
        re.compile(r"(?<![\w/@<.])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    ),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z0-9_]{3,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d])\w{1,256}")),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A marked stretch of a text, in UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    custom_emoji_id: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length

    def json(self) -> Json:
        """The entity as the Bot API writes it."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and what is marked in it, in Telegram's order: by offset, the longer first."""

    text: str
    entities: tuple[Entity, ...] = ()


def utf16(text: str) -> int:
    """The length of ``text`` in UTF-16 code units.

    >>> utf16("三零𠮷👍")
    6
    """
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def cut(text: str, offset: int, length: int) -> str:
    """The stretch of ``text`` that an entity covers.

    >>> cut("👍刘安", 2, 2)
    '刘安'
    """
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def parse_html(source: str) -> Formatted:
    """Read ``source`` as Telegram does with ``parse_mode=HTML``; raises ``Refusal``.

    >>> parse_html("<b>刘安</b> &amp; 👍").entities
    (Entity(type='bold', offset=0, length=2, url=None, language=None, custom_emoji_id=None),)
    """
    return _Parser(source).parse()


def trimmed(formatted: Formatted) -> Formatted:
    """Without the white space around the text, which Telegram takes away."""
    text = formatted.text.strip()
    if text == formatted.text:
        return formatted
    start = utf16(formatted.text) - utf16(formatted.text.lstrip())
    end = start + utf16(text)
    kept = []
    for entity in formatted.entities:
        first, last = max(entity.offset, start), min(entity.end, end)
        if first < last:
            kept.append(replace(entity, offset=first - start, length=last - first))
    return Formatted(text, tuple(kept))


def with_found(formatted: Formatted) -> Formatted:
    """With the links, commands, mentions and hashtags that Telegram finds by itself."""
    opaque = [e for e in formatted.entities if e.type in {"code", "pre", "text_link"}]
    found: list[Entity] = []
    for kind, pattern in FOUND_BY_TELEGRAM:
        for match in pattern.finditer(formatted.text):
            offset = utf16(formatted.text[: match.start()])
            entity = Entity(kind, offset, utf16(match.group()))
            if not any(e.offset < entity.end and entity.offset < e.end for e in opaque):
                opaque.append(entity)
                found.append(entity)
    return Formatted(formatted.text, _ordered([*formatted.entities, *found]))


def _ordered(entities: list[Entity]) -> tuple[Entity, ...]:
    return tuple(sorted(entities, key=lambda entity: (entity.offset, -entity.length)))


@dataclass(slots=True)
class _Open:
    tag: str
    start: int
    entity: Entity


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.pieces: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> Formatted:
        while self.at < len(self.source):
            character = self.source[self.at]
            if character == "<":
                if self.source.startswith("</", self.at):
                    self.end_tag()
                else:
                    self.start_tag()
            elif character == "&":
                self.reference()
            elif character == ">":
                raise stricter(f"unescaped '>' at byte offset {self.bytes(self.at)}")
            else:
                self.emit(character)
                self.at += 1
        if self.open:
            raise self.wrong(
                f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"'
            )
        # Of two marks on the same stretch, the outer one was closed last and comes first.
        return Formatted("".join(self.pieces), _ordered(self.entities[::-1]))

    def bytes(self, position: int) -> int:
        return len(self.source[:position].encode())

    def wrong(self, what: str) -> Refusal:
        return bad_request(f"can't parse entities: {what}")

    def emit(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16(text)

    def reference(self) -> None:
        match = REFERENCE.match(self.source, self.at)
        if match is None:
            raise stricter(f"unescaped '&' at byte offset {self.bytes(self.at)}")
        self.emit(html.unescape(match.group()))
        self.at = match.end()

    def start_tag(self) -> None:
        begin = self.at
        where = f"at byte offset {self.bytes(begin)}"
        name = re.compile(r"[^\s>]*").match(self.source, begin + 1)
        if name is None or name.end() == len(self.source):
            raise self.wrong(f"Unclosed start tag {where}")
        tag = name.group().lower()
        if tag not in TAGS:
            raise self.wrong(f'Unsupported start tag "{tag}" {where}')
        at = name.end()
        attributes: dict[str, str | None] = {}
        while match := ATTRIBUTE.match(self.source, at):
            value = match["value"]
            if value is not None and value[0] in "\"'":
                value = html.unescape(value[1:-1])
            attributes[match["name"]] = value
            at = match.end()
        closing = re.compile(r"\s*>").match(self.source, at)
        if closing is None:
            raise self.wrong(f'Unclosed start tag "{tag}" {where}')
        self.at = closing.end()
        self.nesting(tag, where)
        self.open.append(_Open(tag, self.length, self.entity(tag, attributes, where)))

    def nesting(self, tag: str, where: str) -> None:
        around = [opened.tag for opened in self.open]
        if tag == "blockquote" and "blockquote" in around:
            raise stricter(f"a quotation inside a quotation {where}")
        if "code" in around or ("pre" in around and tag != "code"):
            raise stricter(f'"{tag}" inside code {where}')
        if tag == "a" and "a" in around:
            raise stricter(f"a link inside a link {where}")

    def entity(self, tag: str, attributes: dict[str, str | None], where: str) -> Entity:
        entity = Entity(TAGS[tag], 0, 0)
        rest = dict(attributes)
        match tag:
            case "a":
                url = rest.pop("href", None) or ""
                if not _is_link(url):
                    raise stricter(f"a link to {url!r} leads nowhere {where}")
                entity = replace(entity, url=url)
            case "code" if "class" in rest:
                language = rest.pop("class") or ""
                entity = replace(entity, language=language.removeprefix("language-"))
            case "span":
                if rest.pop("class", None) != "tg-spoiler":
                    raise self.wrong(f'Tag "span" must have class "tg-spoiler" {where}')
            case "tg-emoji":
                entity = replace(entity, custom_emoji_id=rest.pop("emoji-id", None) or "")
            case "blockquote" if "expandable" in rest:
                del rest["expandable"]
                entity = replace(entity, type="expandable_blockquote")
            case _:
                pass
        if rest:
            raise stricter(f'"{tag}" has no attribute {sorted(rest)} {where}')
        return entity

    def end_tag(self) -> None:
        begin = self.at
        where = f"at byte offset {self.bytes(begin)}"
        if not self.open:
            raise self.wrong(f"Unexpected end tag {where}")
        match = re.compile(r"</([^\s>]*)\s*").match(self.source, begin)
        if match is None or not self.source.startswith(">", match.end()):
            raise self.wrong(f"Unclosed end tag {where}")
        opened = self.open.pop()
        if match[1].lower() != opened.tag:
            raise self.wrong(
                f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{match[1]}>"'
            )
        self.at = match.end() + 1
        if self.length > opened.start:
            inside = replace(opened.entity, offset=opened.start, length=self.length - opened.start)
            self.close(opened, inside)

    def close(self, opened: _Open, entity: Entity) -> None:
        in_pre = bool(self.open) and self.open[-1].tag == "pre"
        if opened.tag == "code" and in_pre:
            self.open[-1].entity = replace(self.open[-1].entity, language=entity.language)
        else:
            self.entities.append(entity)


def _is_link(url: str) -> bool:
    parts = urlsplit(url)
    match parts.scheme:
        case "http" | "https":
            return "." in (parts.hostname or "")
        case "tg":
            return bool(parts.netloc)
        case _:
            return False
