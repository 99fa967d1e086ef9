"""How does a conversation in the terminal go?"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chats.composing import follow_if_needed
from bot.chats.courtesies import response
from bot.chats.topics import find_topic, lists_people
from bot.pages.rendering import reports_named
from bot.records.store import Asking
from bot.terminal.printing import Terminal
from retrieval.model import Answer, Context

if TYPE_CHECKING:
    from retrieval.answering import Answerer

HISTORY = "chat_history"
_COMMAND = re.compile(r"/(?P<word>\S+)\s*(?P<argument>.*)", re.DOTALL)
LEAVING = frozenset({"exit", "quit"})
"""The commands that end a conversation."""


class Chat:
    """One conversation: every line is a question, or a command that begins with a slash."""

    def __init__(self, answerer: Answerer, terminal: Terminal) -> None:
        self._answerer = answerer
        self._terminal = terminal
        self._context: Context | None = None

    def greet(self) -> None:
        """Say what can be asked and how."""
        say = self._terminal.texts.say
        reports = reports_named(self._answerer.library.reports, self._terminal.texts)
        self._terminal.line(say("chat.greeting", reports=reports), "bold")
        self._terminal.line(say("chat.hint", commands=self._commands(" ")), "dim")
        if self._answerer.examples:
            self._terminal.questions(self._answerer.examples[:2])

    def take(self, line: str) -> bool:
        """Answer one ``line``; False where it says to leave."""
        said = line.strip()
        if not said:
            return True
        match = _COMMAND.fullmatch(said)
        if match is None:
            self._ask(said)
            return True
        if match["word"].lower() in LEAVING:
            return False
        self._command(match["word"], match["argument"].strip())
        return True

    def _ask(self, question: str) -> None:
        courtesy = response(question, self._terminal.texts)
        if courtesy is not None:
            self._terminal.line(courtesy)
            return
        asking = follow_if_needed(self._answerer, Asking(question, before=self._context))
        answer = self._answerer.answer(question, context=asking.before)
        self._answerer.prove(answer)
        self._context = Context(question, tuple(quote.citation.id for quote in answer.quotes))
        self._show(answer)

    def _show(self, answer: Answer) -> None:
        self._terminal.answer(answer)
        self._terminal.line()

    def _command(self, word: str, argument: str) -> None:
        say = self._terminal.texts.say
        if word.lower() == "help":
            self._terminal.line(say("chat.help", commands=self._commands("\n")))
        elif word.lower() == "ask":
            if argument:
                self._ask(argument)
            else:
                self._terminal.line(say("ask.usage_bare"))
        elif topic := find_topic(self._answerer.library, word):
            found = self._answerer.topic(topic, argument)
            if found.answer is not None:
                self._answerer.prove(found.answer)
                ids = tuple(quote.citation.id for quote in found.answer.quotes)
                name = found.entries[0].name if found.entries else argument
                self._context = Context(name, ids)
            people = lists_people(self._answerer.library, topic)
            self._terminal.topic(found, argument, people=people)
            self._terminal.line()
        else:
            self._terminal.line(say("chat.unknown_command", command=f"/{word}"))

    def _commands(self, separator: str) -> str:
        texts = self._terminal.texts
        topics = self._answerer.library.topics
        if separator == " ":
            return " ".join(f"/{topic.command}" for topic in topics)
        return separator.join(
            f"/{topic.command}  {topic.description.get(texts.language, topic.description['zh'])}"
            for topic in topics
        )


def typed_lines(prompt: str, state: Path | None) -> Iterator[str]:
    """What is typed, line by line, with history and editing where there is a terminal.

    Ctrl-C gives up the line, Ctrl-D ends. Without a terminal the lines of standard input.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        for raw in sys.stdin.buffer:
            yield raw.decode("utf-8", "replace")
        return
    from prompt_toolkit import PromptSession  # slow to import, and only needed here
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Lasting(FileHistory):
        def store_string(self, string: str) -> None:
            with suppress(OSError):  # a full disk, say: it is remembered until the end all the same
                super().store_string(string)

    history = Lasting(str(state / HISTORY)) if state else InMemoryHistory()
    session: PromptSession[str] = PromptSession(history=history)
    while True:
        try:
            yield session.prompt(prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
