"""Which topic commands does the catalog declare, and what do they list?"""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.model import Span

RESERVED = frozenset(
    {
        *("start", "help", "ask", "reports", "outline", "settings"),
        *("inbox", "stats", "add", "remove", "reload", "revisions", "rollback"),
        *("exit", "quit"),
    }
)
"""The commands that the bot and the terminal chat have themselves: no topic can have them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a report: what ``role`` quotes, found once when the library is loaded."""

    report_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a topic lists.

    ``role`` is a line of the report, word for word, that stands at ``place``. ``only_named`` says
    that the report names the entry and does not spell it out.
    """

    name: str
    aliases: tuple[str, ...]
    role: str
    place: Place
    only_named: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A command such as ``/hero``: its words, what it is called in each language, its entries.

    ``words`` are Chinese command words that Telegram cannot register (``/英雄``) and the bot
    understands all the same. ``title`` and ``description`` map a language code to text and always
    have ``zh``.
    """

    command: str
    words: tuple[str, ...]
    title: dict[str, str]
    description: dict[str, str]
    entries: tuple[Entry, ...]
