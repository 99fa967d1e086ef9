from __future__ import annotations

import pytest

from retrieval import checks
from retrieval.answering import Answerer
from retrieval.asking import Sought
from retrieval.model import Notice, NoticeKind, Outcome


@pytest.mark.parametrize("counted", ["七项规定", "二项规定", "5项规定"])
def test_another_number_of_the_same_thing_is_another_thing(
    answerer: Answerer, counted: str
) -> None:
    answer = answerer.answer(f"{counted}防止什么?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given=counted) in answer.notices


@pytest.mark.parametrize("question", ["3项规定防止什么?", "哪一项规定规范高空作业?"])
def test_the_same_number_and_one_that_only_asks_are_not_missed(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question)
    assert (answer.outcome, answer.notices) == (Outcome.ANSWERED, ())


def test_an_author_who_names_the_report_is_not_missed_in_its_paragraphs(
    answerer: Answerer,
) -> None:
    answer = answerer.answer("林知秋写的报告里大桥封闭几天?")
    assert answer.outcome is Outcome.ANSWERED
    assert [notice.kind for notice in answer.notices] == [NoticeKind.FILTERED]
    assert "封闭3天" in answer.quotes[0].text


def test_what_is_to_be_counted_out_and_is_not_is_named() -> None:
    passage = checks.Passage("年度报告提出七大体系。", "年度报告提出七大体系。", "")
    assert (
        checks.only_named("“七大体系”是哪七个体系?", Sought.THING, passage, lambda _: None)
        == "七大体系"
    )


def test_a_count_of_something_else_is_no_mention(answerer: Answerer) -> None:
    assert answerer.answer("世界上有哪四大发明?").outcome is Outcome.NOT_FOUND
