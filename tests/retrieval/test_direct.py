from __future__ import annotations

from knowledge.description import Description
from knowledge.library import Library
from knowledge.model import Kind, Span
from knowledge.outline import one_paragraph, outline
from knowledge.readers import read
from knowledge.topics import Entry, Place, Topic
from retrieval.answering import Answerer
from retrieval.documents import documents
from retrieval.lookup.direct import Direct
from retrieval.model import Outcome
from retrieval.text.analysis import Analyzer
from tests.retrieval.conftest import Answering

NAMES = ("赵一鸣", "钱二宝", "孙三石", "李四海", "周五常", "吴六奇")
DUTY = "的日常巡查与养护,每周全面检查一遍桥面和桥墩,把结果登记在册、逐级上报,多年没有一次差错"


def titled(*titles: str) -> Library:
    """A report of each title, with nothing else in it."""
    documents = [(f"r{n}", title) for n, title in enumerate(titles)]
    return Library.from_reports(
        outline(read("r.md", f"# {title}\n\n大桥封闭三天。".encode()), Description(name))
        for name, title in documents
    )


def test_a_title_is_told_where_the_question_says_which_or_there_are_few(
    answering: Answering,
) -> None:
    few, many = answering(titled("桥", "路", "港")), answering(titled("桥", "路", "港", "江河"))
    for made, question, told in (
        (few, "报道的标题是什么?", ("桥", "路", "港")),
        (many, "报道的标题是什么?", ()),
        (many, "江河报道的标题是什么?", ("江河",)),
        (many, "湖泊报道的标题是什么?", ()),
    ):
        quotes = made.answer(question, limit=9).quotes
        titles = (quote.text for quote in quotes if quote.citation.kind is Kind.TITLE)
        assert tuple(titles) == told, question


def test_what_a_report_is_about_is_told_by_its_title_and_opening(answering: Answering) -> None:
    few, many = answering(titled("桥", "路")), answering(titled("桥", "路", "港", "江河"))
    opening = "大桥封闭三天。"
    for made, question, told in (
        (few, "这份报告主要讲了什么?", ("桥", opening, "路", opening)),
        (few, "总结一下全文", ("桥", opening, "路", opening)),
        (many, "这份报告主要讲了什么?", ()),
        (many, "江河这份报告讲的是什么?", ("江河", opening)),
    ):
        answer = made.answer(question, limit=9)
        made.prove(answer)
        found = answer.quotes if answer.outcome is Outcome.ANSWERED else ()
        assert tuple(quote.text for quote in found) == told, question


def test_no_word_is_found_across_two_titles(analyzer: Analyzer) -> None:
    library = titled("长江", "大桥")
    made = Direct(library, documents(library), analyzer)
    assert [made.mentions(word) for word in ("长江", "大桥", "江大")] == [True, True, False]


def test_everything_that_a_topic_lists_is_quoted_where_just_that_is_asked(
    answerer: Answerer,
) -> None:
    answer = answerer.answer("文中写到的人物有哪些?", limit=9)
    assert answer.outcome is Outcome.ANSWERED
    assert [quote.citation.paragraph for quote in answer.quotes] == [2, 3, 4]
    for quote, name in zip(answer.quotes, ("周远山", "陈若兰", "乌日娜图雅"), strict=True):
        assert any(name in mark.of(quote.text) for mark in quote.highlights)


def test_a_list_within_one_paragraph_is_marked_whole(answering: Answering) -> None:
    clauses = [f"{name}负责第{n}座大桥{DUTY}" for n, name in enumerate(NAMES, 1)]
    text = f"英雄辈出。{'；'.join(clauses)}。"
    entries = tuple(
        Entry(name, (), role, Place("r", Span(text.index(role), text.index(role) + len(role))))
        for name in NAMES
        for role in [f"{name}负责"]
    )
    heroes = Topic("hero", ("英雄",), {"zh": "英雄"}, {"zh": "报告里的英雄"}, entries)
    library = Library.from_reports([one_paragraph("r", "桥", text)], topics=(heroes,))
    made = answering(library)
    answer = made.answer("文中写到的英雄有哪些?")
    made.prove(answer)
    (quote,) = answer.quotes
    marked = "".join(mark.of(quote.text) for mark in quote.highlights)
    assert [name for name in NAMES if name in marked] == list(NAMES)
    assert quote.text == text.removeprefix("英雄辈出。")


def test_an_entry_whose_line_is_a_heading_or_byline_is_answered_by_it(answering: Answering) -> None:
    report = outline(
        read("r.md", "# 桥\n\n## 队伍\n\n大桥封闭三天。\n\n(林知秋)".encode()),
        Description("r", "桥", bylines=("(林知秋)",)),
    )
    entries = tuple(
        Entry(name, (), name, Place("r", Span(start, start + len(name))))
        for name in ("队伍", "林知秋")
        for start in [report.text.index(name)]
    )
    named = Topic("named", ("名目",), {"zh": "名目"}, {"zh": "名目"}, entries)
    made = answering(Library.from_reports([report], topics=(named,)))
    for name, kind in {"队伍": Kind.HEADING, "林知秋": Kind.BYLINE}.items():
        answer = made.topic(named, name).answer
        assert answer is not None
        made.prove(answer)
        (quote,) = answer.quotes
        assert (quote.citation.kind, [m.of(quote.text) for m in quote.highlights]) == (kind, [name])
