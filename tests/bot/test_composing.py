from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chats.composing import (
    compose,
    compose_following,
    context_of,
    find,
    follow_if_needed,
    section_of,
)
from bot.pages.buttons import Verb
from bot.pages.rendering import View
from bot.records.store import Asking
from bot.settings import Settings
from bot.texts import texts
from retrieval.answering import Answerer
from retrieval.errors import QuoteNotVerbatim
from retrieval.model import Answer, Context, Outcome, Quote
from tests.bot.in_process import in_process
from tests.telegram import people

VIEW = View(texts("zh"), "wenju_bot")


def texts_of(quotes: tuple[Quote, ...]) -> list[str]:
    return [quote.text for quote in quotes]


def test_a_question_becomes_a_page(answerer: Answerer) -> None:
    composed = compose(answerer, Asking("桥有几座?"), VIEW)
    assert composed is not None
    answer, page = composed
    assert answer.outcome is Outcome.ANSWERED
    assert texts_of(page.quotes)[0] == "桥有五座,都是李大河带人架的。"
    assert "— 两地的路 › 山里 › 架桥 · 第 1 段" in page.body.plain


def test_a_topic_command_becomes_a_page_that_leads_back_to_the_list(answerer: Answerer) -> None:
    composed = compose(answerer, Asking("/who 王小山"), VIEW)
    assert composed is not None
    _, page = composed
    assert texts_of(page.quotes)[0].startswith("王小山修了三年路。")
    last = page.keyboard[-1][0]
    assert last.press is not None
    assert (last.press.verb, last.press.arguments) == (Verb.TOPIC, ("who", "0"))
    assert compose(answerer, Asking("/who 张三"), VIEW) is None
    assert compose(answerer, Asking("/who"), VIEW) is None


def test_a_question_narrowed_to_a_section_is_answered_from_it(answerer: Answerer) -> None:
    for section in (("山里", "修路"), ("海边",)):
        answer = find(answerer, Asking("路修了几年?", section), limit=3)
        assert answer is not None
        assert {quote.citation.section for quote in answer.quotes} == {section}


def test_where_the_section_does_not_say_everything_is_searched(answerer: Answerer) -> None:
    answer = find(answerer, Asking("桥有几座?", ("海边",)), limit=1)
    assert answer is not None
    assert texts_of(answer.quotes) == ["桥有五座,都是李大河带人架的。"]


def test_a_quotation_of_an_answer_tells_its_section(answerer: Answerer) -> None:
    answer = find(answerer, Asking("路修了几年?"), limit=3)
    assert answer is not None
    ids = tuple(quote.citation.id for quote in answer.quotes)
    assert section_of(answerer, ids, " 茶叶卖到了 ") == ("山里", "修路")
    assert section_of(answerer, ids, "— 两地的路 › 海边 · 第 1 段") == ("海边",)
    assert section_of(answerer, ids, "别的话") == ()
    assert section_of(answerer, ids, " ") == ()
    assert section_of(answerer, ("gone", "lu_9_9_000000000000"), "海边") == ()


def test_a_question_that_is_answered_alone_follows_on_from_nothing(answerer: Answerer) -> None:
    before = Context("王小山是谁?")
    alone = follow_if_needed(answerer, Asking("桥有几座?", before=before))
    assert alone == Asking("桥有几座?")
    nonsense = follow_if_needed(answerer, Asking("红烧肉怎么做", before=before))
    assert nonsense == Asking("红烧肉怎么做")
    assert follow_if_needed(answerer, Asking("王小山是谁?")) == Asking("王小山是谁?")


def test_he_is_whom_the_question_before_named(answerer: Answerer) -> None:
    asking = Asking("他修了几年路?", before=Context("李大河是谁?"))
    assert follow_if_needed(answerer, asking) == asking
    answer = find(answerer, asking, limit=1)
    assert answer is not None
    assert answer.outcome is Outcome.NOT_FOUND  # 王小山 built it for three years
    named = Asking("王小山和他的路修了几年?", before=Context("李大河是谁?"))
    assert follow_if_needed(answerer, named) == replace(named, before=None)


class Counting(Answerer):
    """Knows what it was asked."""

    def answer(
        self,
        question: str,
        *,
        limit: int = 3,
        context: Context | None = None,
        section: tuple[str, ...] | None = None,
    ) -> Answer:
        self.__dict__.setdefault("asked", []).append((question, context))
        return super().answer(question, limit=limit, context=context, section=section)


@pytest.mark.parametrize(
    ("question", "searches"),
    [("桥有几座?", 1), ("红烧肉怎么做", 1), ("他是谁?", 1), ("/who 王小山", 0)],
)
def test_what_may_follow_on_is_composed_without_a_search_too_many(
    answerer: Answerer, question: str, searches: int
) -> None:
    counting = object.__new__(Counting)
    counting.__dict__.update(answerer.__dict__)
    asking = Asking(question, before=Context("王小山是谁?"))
    read, composed = compose_following(counting, asking, VIEW)
    assert len(counting.__dict__.get("asked", [])) == searches
    assert read == follow_if_needed(answerer, asking)
    expected = compose(answerer, read, VIEW)
    assert composed is not None
    assert expected is not None
    assert replace(composed[0], took_ms=0.0) == replace(expected[0], took_ms=0.0)
    assert composed[1] == expected[1]


def test_the_context_of_a_topic_command_is_the_name(answerer: Answerer) -> None:
    assert context_of(Asking("/who 王小山"), ("a",)) == Context("王小山", ("a",))
    assert context_of(Asking("王小山是谁"), ()) == Context("王小山是谁", ())


class Tampering(Answerer):
    """Quotes one character wrong."""

    def answer(
        self,
        question: str,
        *,
        limit: int = 3,
        context: Context | None = None,
        section: tuple[str, ...] | None = None,
    ) -> Answer:
        answer = super().answer(question, limit=limit, context=context, section=section)
        wrong = tuple(replace(quote, text=f"{quote.text[:-1]}！") for quote in answer.quotes)
        return replace(answer, quotes=wrong)


@pytest.fixture
def tampering(answerer: Answerer) -> Answerer:
    one = object.__new__(Tampering)
    one.__dict__.update(answerer.__dict__)
    return one


def test_a_quote_that_is_not_verbatim_is_no_answer(tampering: Answerer) -> None:
    with pytest.raises(QuoteNotVerbatim):
        compose(tampering, Asking("桥有几座?"), VIEW)


async def test_a_quote_that_is_not_verbatim_is_never_sent(
    settings: Settings, tampering: Answerer, tmp_path: Path
) -> None:
    async with in_process(settings, tmp_path) as bot:
        bot.desk.answerer = tampering
        await bot.take(people.message(bot.chat, bot.person, people.text("桥有几座?")))
        await bot.take(people.message(bot.chat, bot.person, people.text("/help")))
        apology, help_ = bot.sent()
        assert apology == texts("zh").say("ask.fault_verbatim")
        assert help_.startswith("<b>用法</b>")
        assert bot.server.refusals() == []
