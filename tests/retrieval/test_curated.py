from __future__ import annotations

import pytest

from knowledge.catalog import load_library
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.model import Notice, NoticeKind, Outcome
from retrieval.quoting import prove

REPORT = """# 两地的路

## 山里

王小山修了三年路。路通以后,茶叶卖到了山外。桥有五座。

## 海边

海边的路是混凝土的,修了两年。浪大的时候不通车。
"""
OVERLAY = """questions:
- question: 山里人靠什么过日子？
  report: lu
  section: [山里]
  paragraph: 1
  quote: 茶叶卖到了山外
- question: 什么是大路
  report: lu
  quote: 海边的路是混凝土的
- question: 这份报告叫什么
  report: lu
  quote: 两地的路
"""
TEA = "路通以后,茶叶卖到了山外。"


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "reports").mkdir()
    (folder / "reports" / "lu.md").write_text(REPORT, "utf-8")
    (folder / "catalog.yaml").write_text("reports: [{id: lu, file: reports/lu.md}]\n", "utf-8")
    (folder / "overlay.yaml").write_text(OVERLAY, "utf-8")
    return build_answerer(load_library(folder))


@pytest.mark.parametrize(
    "asked",
    [
        "山里人靠什么过日子？",
        "山里人靠什么过日子",
        "  山里人, 靠什么过日子?! ",
        "山裡人靠什麼過日子？",
        "请问山里人靠什么过日子呢？",
    ],
)
def test_a_bound_question_is_answered_by_its_passage_and_says_so(
    answerer: Answerer, asked: str
) -> None:
    answer = answerer.answer(asked)
    (quote,) = answer.quotes
    assert (answer.outcome, answer.confidence) == (Outcome.ANSWERED, 1.0)
    assert [mark.of(quote.text) for mark in quote.highlights] == [TEA]
    assert (quote.citation.section, quote.citation.paragraph) == (("山里",), 1)
    assert answer.notices == (Notice(NoticeKind.CURATED, given="山里人靠什么过日子？"),)
    prove(answerer.library, answer.quotes)


def test_the_same_question_the_other_way_round_is_the_same(answerer: Answerer) -> None:
    assert answerer.answer("大路是什么").notices == (Notice(NoticeKind.CURATED, "什么是大路"),)


@pytest.mark.parametrize(
    "asked",
    [
        "海边人靠什么过日子？",
        "山里人为什么过日子",
        "山里人不靠什么过日子？",
        "山里人过什么日子靠山",
        "山里人",
        "？",
        "",
    ],
)
def test_another_question_is_looked_up_as_ever(answerer: Answerer, asked: str) -> None:
    kinds = [notice.kind for notice in answerer.answer(asked).notices]
    assert NoticeKind.CURATED not in kinds


def test_what_is_no_body_text_can_be_bound_as_well(answerer: Answerer) -> None:
    (quote,) = answerer.answer("这份报告叫什么?").quotes
    assert quote.text == "两地的路"
    assert [mark.of(quote.text) for mark in quote.highlights] == ["两地的路"]


def test_a_section_that_somebody_points_at_counts_for_more(answerer: Answerer) -> None:
    answer = answerer.answer("山里人靠什么过日子？", section=("海边",))
    assert NoticeKind.CURATED not in [notice.kind for notice in answer.notices]


def test_the_explanation_names_the_bound_question(answerer: Answerer) -> None:
    lines = answerer.explain("山里人靠什么过日子").lines()
    assert lines[:2] == [
        "question: 山里人靠什么过日子",
        "bound by an admin to its passage: 山里人靠什么过日子？",
    ]
    assert lines[2].startswith("answered outright by the body: 两地的路 [lu_")
