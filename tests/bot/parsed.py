"""What does Telegram make of a message's HTML? A strict reading of the few tags that we send."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

ALLOWED = {"b": set(), "i": set(), "a": {"href"}, "blockquote": {"expandable"}}


@dataclass(frozen=True)
class Entity:
    tag: str
    text: str


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, list[str]]] = []
        self.text: list[str] = []
        self.entities: list[Entity] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> is not a tag that we send"
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        assert tag not in {name for name, _ in self.open}, f"<{tag}> inside <{tag}>"
        self.open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        name, pieces = self.open.pop()
        assert name == tag, f"</{tag}> closes <{name}>"
        self.entities.append(Entity(tag, "".join(pieces)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        for _, pieces in self.open:
            pieces.append(data)


@dataclass(frozen=True)
class Parsed:
    text: str
    entities: tuple[Entity, ...]

    def of(self, tag: str) -> list[str]:
        """The texts that stand in ``tag``, in the order in which the tags close."""
        return [entity.text for entity in self.entities if entity.tag == tag]


def parse(html: str) -> Parsed:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert not parser.open, f"{parser.open} is never closed"
    return Parsed("".join(parser.text), tuple(parser.entities))
