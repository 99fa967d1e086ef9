"""What does a button carry, so that it works after any restart?

Callback data is a version, one letter for what to do, and arguments joined by dots: ``1m2``. It
has at most 64 bytes and needs nothing remembered but, where a question is concerned, the message
that it hangs on.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

VERSION = "1"
MAX_BYTES = 64
MAX_COPY = 256
_ARGUMENT = re.compile(r"[A-Za-z0-9_-]*")


class Verb(StrEnum):
    """What pressing a button does; the arguments are in brackets."""

    MORE = "m"  # [page] of the answer
    AROUND = "c"  # [page, citation id] the paragraph with its neighbours
    WHY = "w"  # [page, citation id] why this passage
    GOOD = "u"  # [] thumbs up
    BAD = "d"  # [] thumbs down
    ASK = "q"  # [number] ask the question that the button's own label says
    TOPIC = "l"  # [command, page] the list of a topic
    ENTRY = "t"  # [command, fingerprint of the name] one entry of a topic
    REPORTS = "r"  # [page] the list of reports
    OUTLINE = "o"  # [report id, page] the sections of a report
    SECTION = "s"  # [report id, section, fingerprint of its path, page] its paragraphs
    INBOX = "i"  # [what to do, with what] see bot/handlers/inbox.py
    SETTING = "g"  # [name, value] a choice in /settings
    CONFIRM = "y"  # [draft] put a previewed change of the knowledge into use
    CANCEL = "n"  # [draft] forget it
    REVISIONS = "v"  # [page] the list of revisions
    ROLLBACK = "b"  # [number] what going back to this revision would change
    REMOVALS = "z"  # [page] the list of reports to remove
    REMOVE = "x"  # [report id] what removing this report would change


@dataclass(frozen=True, slots=True)
class Press:
    """What somebody wants who presses a button."""

    verb: Verb
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The callback data: ``1m2``."""
        return f"{VERSION}{self.verb}{'.'.join(self.arguments)}"

    def fits(self) -> bool:
        """Whether Telegram takes it as callback data and it can be read back."""
        return len(str(self).encode()) <= MAX_BYTES and all(
            _ARGUMENT.fullmatch(argument) for argument in self.arguments
        )

    def number(self, index: int) -> int:
        """The argument at ``index`` as a number of at most six digits; raises OutdatedButton."""
        argument = self.arguments[index] if index < len(self.arguments) else ""
        if not (argument.isascii() and argument.isdigit() and len(argument) <= 6):
            raise OutdatedButton(str(self))
        return int(argument)

    def word(self, index: int) -> str:
        """The argument at ``index``; raises OutdatedButton where there is none."""
        if index >= len(self.arguments) or not self.arguments[index]:
            raise OutdatedButton(str(self))
        return self.arguments[index]


class OutdatedButton(ValueError):
    """Callback data that this version cannot read: of another version, or not ours at all."""


def press(verb: Verb, *arguments: str | int) -> Press:
    """A press of ``verb``.

    >>> str(press(Verb.MORE, 2)), str(press(Verb.AROUND, 0, "huhang-3-ab12"))
    ('1m2', '1c0.huhang-3-ab12')
    """
    return Press(verb, tuple(map(str, arguments)))


def read_press(data: str) -> Press:
    """What ``data`` asks for; raises OutdatedButton.

    >>> read_press("1m2")
    Press(verb=<Verb.MORE: 'm'>, arguments=('2',))
    """
    if data[:1] != VERSION or data[1:2] not in set(Verb):
        raise OutdatedButton(data)
    return Press(Verb(data[1:2]), tuple(data[2:].split(".")) if data[2:] else ())


def fingerprint(name: str) -> str:
    """Eight characters that stand for ``name`` in a button or a link, the same after a restart."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Button:
    """One button: its label, and what pressing it does, where it leads, or what it copies."""

    label: str
    press: Press | None = None
    url: str = ""
    copy: str = ""


Keyboard = tuple[tuple[Button, ...], ...]
