"""Does Telegram take whatever the bot can render? Random answers, the strict server's rules."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chats.replying import markup_of
from bot.pages.inbox import (
    WORDINGS,
    bound_page,
    broken_page,
    item_page,
    list_page,
    synonyms_page,
)
from bot.pages.rendering import Page, View, answer_page, changed_remark, paragraph_page, topic_page
from bot.records.piles import Pile
from bot.records.store import Item
from bot.texts import texts
from retrieval.model import Answer, Outcome, Quote
from tests.bot.test_rendering import answers, bodies, hero, quote, quotes, views
from tests.telegram import limits


def accept(page: Page) -> None:
    content = limits.formatted(page.body.html, "HTML")
    limits.message_text(content)
    limits.message_text(content, editing=True)
    assert content.text == page.body.plain.strip()
    markup = markup_of(page.keyboard)
    limits.keyboard(None if markup is None else markup.to_dict())


# Something was found, or nothing: an answer that found something has a passage.
possible = answers.filter(lambda answer: answer.quotes or answer.outcome is Outcome.NOT_FOUND)


@given(possible, views, st.booleans(), st.integers(0, 8))
def test_every_page_of_every_answer_is_accepted(
    answer: Answer, view: View, asked: bool, at: int
) -> None:
    accept(answer_page(answer, view, at, asked=asked))


@given(quotes(), st.none() | quotes(), st.none() | quotes(), views, st.none() | bodies)
def test_every_paragraph_among_its_neighbours_is_accepted(
    here: Quote, before: Quote | None, after: Quote | None, view: View, old: str | None
) -> None:
    remark = changed_remark(old, view, gone=False)
    accept(
        paragraph_page(here, view, before=before, after=after, remark=remark, page=3, outline=True)
    )


@given(st.lists(bodies, max_size=40, unique=True), views, st.integers(0, 4), st.booleans())
def test_every_list_of_a_topic_is_accepted(
    names: list[str], view: View, at: int, people: bool
) -> None:
    topic = hero(*names)
    accept(topic_page(topic, topic.entries, view, at, people=people))


@settings(max_examples=40)
@given(
    st.lists(bodies, min_size=1, max_size=8).map(tuple),
    st.lists(quotes(), max_size=5),
    st.integers(1, 10**9),
    views,
    bodies,
)
def test_every_page_of_the_inbox_is_accepted(
    wordings: tuple[str, ...], found: list[Quote], times: int, view: View, words: str
) -> None:
    pile = Pile(wordings, times, times, times % 3, times)
    item = Item(wordings[:WORDINGS], words)
    accept(list_page([pile] * 13, view, times % 4))
    accept(item_page(item, found, view, pile))
    accept(item_page(item, found, view))
    if found:
        accept(bound_page(item.questions, found[0], times, "", view))
    accept(synonyms_page([words, *wordings[:1]], times, "", view))
    accept(broken_page(wordings, "inbox0123456789ab", view))


def test_a_paragraph_under_seven_long_headings_is_accepted_among_long_neighbours() -> None:
    long = "报告里的一句话。" * 500
    section = ("很长的标题" * 40,) * 7
    here, before, after = (quote(long, number=n, section=section) for n in (2, 1, 3))
    remark = changed_remark(long, View(texts("zh")), gone=False)
    accept(paragraph_page(here, View(texts("zh")), before=before, after=after, remark=remark))
