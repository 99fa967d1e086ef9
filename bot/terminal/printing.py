"""What does an answer look like in a terminal?"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.pages.excerpt import merged
from bot.pages.rendering import absence_sentences, citation_text, notice_sentence
from bot.texts import DEFAULT, Texts, language_of, texts
from retrieval.judging.nearness import is_near
from retrieval.model import Answer, NoticeKind, Outcome, Quote

if TYPE_CHECKING:
    from knowledge.topics import Entry, Topic
    from retrieval.answering import TopicAnswer

MARKED = "bold green"
PLACE = "cyan"
ASIDE = "yellow"


def terminal_texts(environment: Mapping[str, str]) -> Texts:
    """The sentences in the language of the terminal's locale."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale = environment.get(name, "")
        if locale:
            plain = locale.split(".")[0] in {"C", "POSIX"}
            return texts(DEFAULT if plain else language_of(locale))
    return texts(DEFAULT)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would exit by itself; here whoever runs the command says what that means."""
        raise BrokenPipeError


def make_console() -> Console:
    """Standard output: colours in a terminal (unless NO_COLOR is set), plain text elsewhere.

    Where it is no terminal, lines are never wrapped: quotes stay as the report has them.
    """
    return _Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=False)


class Terminal:
    """Prints answers on ``console`` in the language of ``texts``."""

    def __init__(self, console: Console, texts: Texts) -> None:
        self.console = console
        self.texts = texts

    def line(self, said: str = "", style: str = "") -> None:
        """One line (or paragraph) of plain text."""
        self.console.print(Text(said, style), soft_wrap=not self.console.is_terminal)

    def answer(self, answer: Answer, *, everything: bool = False) -> None:
        """The answer: notices, passages with the answering sentence marked, citations.

        Passages that come nowhere near the best are left out, unless ``everything`` is wanted.
        """
        say = self.texts.say
        if answer.outcome is Outcome.NOT_FOUND:
            self.line(say("answer.not_found"), ASIDE)
        kinds = {notice.kind for notice in answer.notices}
        if answer.outcome is Outcome.MENTIONED and NoticeKind.ONLY_NAMED not in kinds:
            self.line(say("answer.mentioned"), ASIDE)
        for notice in answer.notices:
            self.line(notice_sentence(notice, self.texts), ASIDE)
        if answer.absence is not None:
            said = " ".join(notice.given for notice in answer.notices)
            for sentence in absence_sentences(answer.absence, self.texts, said=said):
                self.line(sentence, ASIDE)
        if answer.outcome is Outcome.NOT_FOUND and answer.quotes:
            self.line(say("answer.nearest"), ASIDE)
        quotes = answer.quotes if everything else [q for q in answer.quotes if is_near(answer, q)]
        for number, quote in enumerate(quotes):
            if number or answer.notices or answer.outcome is not Outcome.ANSWERED:
                self.line()
            self.quote(quote)
        if answer.suggestions and answer.outcome is not Outcome.ANSWERED:
            self.line()
            self.questions(answer.suggestions)

    def quote(self, quote: Quote) -> None:
        """One passage and its citation.

        Where nothing can be coloured, the answering sentence is said first, after an arrow.
        """
        highlights = merged(quote.text, quote.highlights, len(quote.highlights))
        shown = Text(quote.text)
        for span in highlights:
            shown.stylize(MARKED, span.start, span.end)
        if self.console.is_terminal:
            self.console.print(Padding(shown, (0, 2)))
        else:
            for span in highlights:
                if len(span) < len(quote.text):
                    self.line(f"→ {span.of(quote.text)}")
            self.console.print(shown, soft_wrap=True)
        self.line(f"— {citation_text(quote.citation, self.texts)}", PLACE)

    def questions(self, questions: Sequence[str]) -> None:
        """Questions that could be asked."""
        self.line(self.texts.say("answer.suggestions"))
        for question in questions:
            self.line(self.texts.say("chat.suggestion", question=question))

    def topic(self, found: TopicAnswer, name: str, *, people: bool) -> None:
        """What a topic command finds: the answer about one entry, or a list to choose from."""
        if found.answer is not None:
            self.answer(found.answer)
            return
        entries: Sequence[Entry] = found.entries
        if name:
            self.line(self.texts.say("topic.several" if entries else "topic.none", given=name))
        self.entries(found.topic, entries or found.topic.entries, people=people)

    def entries(self, topic: Topic, entries: Sequence[Entry], *, people: bool) -> None:
        """The list of a topic, or those of its ``entries`` that there are to choose from."""
        say = self.texts.say
        if len(entries) == len(topic.entries):
            title = topic.title.get(self.texts.language, topic.title["zh"])
            counted = "topic.people" if people else "topic.entries"
            self.line(say(counted, title=title, count=len(entries)), "bold")
        for number, entry in enumerate(entries, 1):
            named = say("topic.only_named") if entry.only_named else ""
            self.line(f"{number:>3}. {entry.name}{named}")
