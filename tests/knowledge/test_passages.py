from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.description import Description
from knowledge.model import Kind, Passage, Span
from knowledge.outline import one_paragraph, outline
from knowledge.passages import passages, sentences
from knowledge.readers import Document, read
from tests.knowledge.test_outline import BLOCKS, shipped


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    "text",
    [
        "警徽熠熠,护卫平安;|金色盾牌,热血铸就。",
        "他问:“在吗？”|没有人答。",
        "这是怎样的忠诚与奉献!|这是怎样的责任?!|好。",
        "马春雨、斯日古楞、霍耀明……一个个公安英模。",
        "他说:“我……”|说不下去了……",
        "人民群众安全感由90.6%上升到98.3%;|2022年是首次。",
        "职责使命;|2024年,全国公安工作会议召开。",
        "(见附件。)|第二句",
        "看 https://a.b/c?d=1;e=2 即可。|好",
        'He left. |"Why?" |Dr. A. B. Smith came at 3.5. |It was e.g. late.',
        "1. 甲乙。|2. 丙丁。",
        "第一行\n|第二行",
        '他说:"好。"|然后走了。|"不。"|她说。',
        "没有标点",
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str) -> None:
    wanted = text.split("|")
    assert split(text.replace("|", "")) == [sentence.strip() for sentence in wanted]


def test_every_paragraph_but_a_caption_is_a_passage() -> None:
    report = outline(
        read("a.md", "# 题\n\n一。二。\n\n![图](a.png)\n\n## 甲\n\n三。\n".encode()),
        Description("r"),
    )
    title, first, _, heading, last = report.paragraphs
    assert passages(report) == (
        Passage("r", title, Span(0, 1), (Span(0, 1),)),
        Passage("r", first, Span(2, 6), (Span(2, 4), Span(4, 6))),
        Passage("r", heading, Span(9, 10), (Span(9, 10),)),
        Passage("r", last, Span(11, 13), (Span(11, 13),)),
    )


CLAUSES = [f"第{number}市公安局" + "大力推动边境建设," * 12 + "巩固安全" for number in "一二三"]


def texts(text: str) -> list[str]:
    report = one_paragraph("r", "题", text)
    return [passage.span.of(text) for passage in passages(report)]


def test_a_long_list_of_clauses_is_a_passage_a_clause() -> None:
    assert texts("；".join(CLAUSES) + "。") == [
        CLAUSES[0] + "；",
        CLAUSES[1] + "；",
        CLAUSES[2] + "。",
    ]


def test_prose_around_a_list_is_a_passage_of_its_own() -> None:
    assert texts("开头的话。再一句。" + ";".join(CLAUSES) + "。结尾。") == [
        "开头的话。再一句。",
        CLAUSES[0] + ";",
        CLAUSES[1] + ";",
        CLAUSES[2] + "。",
        "结尾。",
    ]


def test_a_short_clause_stays_with_the_one_before_it() -> None:
    assert texts(f"{CLAUSES[0]};短;{CLAUSES[1]};{CLAUSES[2]}。") == [
        f"{CLAUSES[0]};短;",
        f"{CLAUSES[1]};",
        f"{CLAUSES[2]}。",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "甲" * 50 + ";" + "乙" * 50 + ";" + "丙" * 50 + "。",  # short
        ("甲" * 200 + ";" + "乙" * 200 + "。"),  # two clauses
        ("甲" * 200 + "。" + "乙" * 200 + ";丙;丁;戊。"),  # clauses that are too short
        "甲" * 300 + "。" + ";".join("乙" * 25 for _ in range(3)) + "。",  # mostly prose
    ],
)
def test_other_paragraphs_stay_whole(text: str) -> None:
    assert texts(text) == [text]


def test_the_paragraph_of_the_shipped_report_that_names_six_actors_gives_six_passages() -> None:
    report = shipped()
    found = passages(report)
    divided = [
        passage.span.of(report.text)[:6]
        for passage in found
        if passage.span != passage.paragraph.span
    ]
    assert divided == [
        "自治区公安厅",
        "自治区公安厅",
        "阿拉善盟公安",
        "包头市公安局",
        "通辽市公安局",
        "内蒙古大兴安",
    ]
    bodies = [one for one in report.paragraphs if one.kind is Kind.BODY]
    assert len(bodies) == 24
    assert len(found) == len(report.paragraphs) - 1 - 1 + 6  # no caption, six for one


@given(document=BLOCKS)
def test_passages_cover_each_paragraph_and_sentences_each_passage(document: Document) -> None:
    report = outline(document, Description("r"))
    check_cover(report.text, passages(report))


@given(
    text=st.lists(
        st.sampled_from(
            ["甲" * 25, "乙" * 8, "。", ";", "；", "……", "”", '"', " ", "\n", ".", "a"]
        ),
        max_size=60,
    ).map("".join)
)
def test_long_paragraphs_are_covered_too(text: str) -> None:
    report = one_paragraph("r", "题", text)
    check_cover(report.text, passages(report))
    spans = [passage.span for passage in passages(report)]
    assert "".join("".join(span.of(text) for span in spans).split()) == "".join(text.split())


def check_cover(text: str, found: tuple[Passage, ...]) -> None:
    for passage in found:
        assert passage.paragraph.span.covers(passage.span)
        position = passage.span.start
        for sentence in passage.sentences:
            assert not text[position : sentence.start].strip()
            assert sentence.of(text) == sentence.of(text).strip() != ""
            position = sentence.end
        assert position <= passage.span.end
        assert not text[position : passage.span.end].strip()
