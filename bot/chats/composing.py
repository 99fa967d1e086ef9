"""Which message answers this? Asks the library, proves the quotes, and lays out the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chats.topics import find_topic
from bot.pages.rendering import Page, View, answer_page, list_button
from bot.records.store import Asking
from knowledge.topics import Topic
from retrieval.model import Answer, Context, Outcome

if TYPE_CHECKING:
    from retrieval.answering import Answerer

# Everything here takes milliseconds of processor time: call it in a worker thread.


def find(answerer: Answerer, asking: Asking, limit: int) -> Answer | None:
    """The answer to ``asking`` with at most ``limit`` quotes, each proved to be verbatim.

    None for a topic command that now names nothing, or several. Raises QuoteNotVerbatim.
    """
    topic = topic_asked(answerer, asking)
    if topic is not None:
        name = asking.question.partition(" ")[2]
        answer = answerer.topic(topic, name.strip()).answer
    else:
        answer = answerer.answer(
            asking.question,
            limit=limit,
            context=asking.before,
            section=asking.section or None,
        )
        if asking.section and answer.outcome is Outcome.NOT_FOUND:
            # The passage that somebody pointed at does not say: look everywhere else too.
            answer = answerer.answer(asking.question, limit=limit, context=asking.before)
    if answer is None:
        return None
    if answer.outcome is Outcome.NOT_FOUND:
        answer = replace(answer, quotes=answer.quotes[:1])
    answerer.prove(answer)
    return answer


def follow_if_needed(answerer: Answerer, asking: Asking, limit: int = 1) -> Asking:
    """``asking``, without what was said before where it is answered on its own.

    For questions that nobody has marked as a follow-up: to read every one of them together with
    the one before would do more harm than good.
    """
    if asking.before is None:
        return asking
    return _followed(answerer, asking, limit)[0]


def _followed(answerer: Answerer, asking: Asking, limit: int) -> tuple[Asking, Answer | None]:
    """The same, and what ``find`` finds for it."""
    if asking.before is not None and answerer.refers_back(asking.question):
        return asking, find(answerer, asking, limit)  # alone, 他 would be whoever comes nearest
    alone = replace(asking, before=None)
    found = find(answerer, alone, limit)
    if asking.before is None or (found is not None and found.outcome is not Outcome.NOT_FOUND):
        return alone, found
    if found is not None and found.absence is not None and found.absence.missing:
        return alone, found  # it names what occurs nowhere: a new question, and one with no answer
    followed = find(answerer, asking, limit)
    better = followed is not None and followed.outcome is not Outcome.NOT_FOUND
    return (asking, followed) if better else (alone, found)


def compose(
    answerer: Answerer, asking: Asking, view: View, page: int = 0, *, asked: bool = False
) -> tuple[Answer, Page] | None:
    """Page ``page`` of the answer to ``asking``; None where ``find`` finds None.

    With ``asked`` the message says the question too, for nobody's message does.
    """
    answer = find(answerer, asking, _limit(view, page))
    return None if answer is None else _laid_out(answerer, asking, answer, view, page, asked=asked)


def compose_following(
    answerer: Answerer, asking: Asking, view: View
) -> tuple[Asking, tuple[Answer, Page] | None]:
    """``follow_if_needed`` and the first page of the answer, in the time of one search."""
    asking, answer = _followed(answerer, asking, _limit(view, 0))
    return asking, None if answer is None else _laid_out(answerer, asking, answer, view, 0)


def _limit(view: View, page: int) -> int:
    """How many quotes are needed: one more than are shown tells whether there is another page."""
    return view.per_page * (page + 1) + 1


def _laid_out(
    answerer: Answerer,
    asking: Asking,
    answer: Answer,
    view: View,
    page: int,
    *,
    asked: bool = False,
) -> tuple[Answer, Page]:
    shown = answer_page(answer, view, page, asked=asked)
    topic = topic_asked(answerer, asking)
    if topic is not None:
        shown = replace(shown, keyboard=(*shown.keyboard, list_button(topic, view)))
    return answer, shown


def topic_asked(answerer: Answerer, asking: Asking) -> Topic | None:
    """The topic whose command ``asking`` is, None where it is a question in words."""
    command = asking.question.split(maxsplit=1)[0] if asking.question.strip() else ""
    return find_topic(answerer.library, command[1:]) if command.startswith("/") else None


def context_of(asking: Asking, citations: tuple[str, ...]) -> Context:
    """What a follow-up to ``asking`` is read with."""
    question = asking.question
    if question.startswith("/"):
        question = question.partition(" ")[2]
    return Context(question, citations)


def section_of(answerer: Answerer, citations: tuple[str, ...], quoted: str) -> tuple[str, ...]:
    """The section that somebody points at who quotes ``quoted`` from an answer, () for none.

    ``citations`` are those of the answer. The words may be from a passage or from its citation.
    """
    cited = [
        resolved.quote
        for resolved in map(answerer.resolve, citations)
        if resolved is not None and resolved.quote is not None
    ]
    for quote in cited:
        if quoted.strip() and quoted.strip() in quote.text:
            return quote.citation.section
    for quote in cited:
        if any(heading in quoted for heading in quote.citation.section):
            return quote.citation.section
    return ()
