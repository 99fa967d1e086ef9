from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.description import Description
from knowledge.library import Library
from knowledge.model import Kind, Report, Span
from knowledge.outline import one_paragraph, outline
from knowledge.readers import read
from retrieval import quoting
from retrieval.answering import Answerer
from retrieval.documents import documents
from retrieval.errors import QuoteNotVerbatim
from retrieval.model import Citation, Quote, Resolved
from tests.retrieval.conftest import Answering, of_texts

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PIECES = [
    "江城大桥",
    "封闭三天",
    "六項規定",
    "“三零”",
    "ＡＢ１７",
    "𠮷野家",
    "\u200b",
    " ",
    "。",
    "；",
    ",",
    "?!",
]
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join), min_size=1, max_size=4
)
ASKED = st.lists(st.sampled_from([*PIECES, "几天", "是什么", "谁"]), min_size=1, max_size=6)


def report(markdown: str, own_id: str = "r") -> Report:
    return outline(read("r.md", markdown.encode()), Description(own_id, "题"))


def library_of(*paragraphs: str) -> Library:
    return Library.from_reports([report("# 题\n\n## 节\n\n" + "\n\n".join(paragraphs))])


def assert_sound(library: Library, quotes: tuple[Quote, ...]) -> None:
    """Every quote is verbatim, marked in order within itself, and its citation leads back to it."""
    quoting.prove(library, quotes)
    for quote in quotes:
        source = library.report(quote.citation.report_id)
        assert quote.text == source.text[quote.span.start : quote.span.end]
        assert quote.text
        end = 0
        for mark in quote.highlights:
            assert end <= mark.start < mark.end <= len(quote.text)
            end = mark.end
        assert ID.fullmatch(quote.citation.id)
        resolved = quoting.resolve(library, quote.citation.id)
        assert resolved is not None
        assert not resolved.changed
        assert resolved.quote is not None
        assert resolved.quote.citation == quote.citation
        assert quote.text in resolved.quote.text
        assert resolved.quote.span.covers(quote.span)
    places = [(q.citation.report_id, q.citation.section, q.citation.paragraph) for q in quotes]
    assert len(set(places)) == len(places), "no paragraph twice"


@given(texts=TEXTS, asked=ASKED, limit=st.integers(1, 5))
def test_whatever_is_asked_every_quote_is_proved_and_cited(
    answering: Answering, texts: list[str], asked: list[str], limit: int
) -> None:
    library = of_texts(*texts)
    answer = answering(library).answer("".join(asked), limit=limit)
    assert_sound(library, answer.quotes)
    assert len(answer.quotes) <= limit


QUESTIONS = [
    "江城大桥有多长?", "周远山是谁?", "作者是谁?", "桥梁报告的作者是谁?",
    "三项规定、六项规定各管什么?", "五级巡查是哪五级?", "zhou yuanshan", "人物有哪些?",
    "2020年用漆多少吨?", "传感器", "火鸡", "?",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_kind_of_answer_is_proved_and_cited(
    answerer: Answerer, library: Library, question: str
) -> None:
    answer, ranking = answerer.ranked(question)
    assert_sound(library, answer.quotes)
    assert_sound(library, ranking)


def test_every_topic_entry_is_proved_and_cited(answerer: Answerer, library: Library) -> None:
    for topic in library.topics:
        for entry in topic.entries:
            answer = answerer.topic(topic, entry.name).answer
            assert answer is not None
            assert_sound(library, answer.quotes)
            assert entry.role in answer.quotes[0].text


def test_every_body_paragraph_can_be_quoted_by_its_number(
    answerer: Answerer, library: Library
) -> None:
    for source in library.reports:
        for paragraph in source.paragraphs:
            quote = answerer.quote_at(source.id, paragraph.section, paragraph.number)
            if paragraph.kind is Kind.BODY:
                assert quote == quoting.whole(source, paragraph)
                assert quote is not None
                assert quote.text == paragraph.span.of(source.text)
            else:
                assert quote is None
    assert answerer.quote_at("nowhere", 0, 1) is None
    assert answerer.quote_at("bridges", 0, 99) is None


# --- proof ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda q: replace(q, text=q.text + "。"), "other words"),
        (lambda q: replace(q, text=q.text.replace(",", "，")), "other words"),
        (lambda q: replace(q, text=q.text.replace("1957", "1958")), "other words"),
        (lambda q: replace(q, span=q.span.shifted(1)), "other words"),
        (lambda q: replace(q, highlights=(Span(0, len(q.text) + 1),)), "ends behind the quote"),
        (
            lambda q: replace(q, citation=replace(q.citation, report_id="tunnels")),
            "other words",
        ),
        (
            lambda q: replace(q, citation=replace(q.citation, report_id="gone")),
            "no report gone",
        ),
    ],
)
def test_a_quote_that_was_tampered_with_is_refused(
    answerer: Answerer, spoil: object, said: str
) -> None:
    answer = answerer.answer("江城大桥有多长?")
    answerer.prove(answer)
    assert callable(spoil)
    first, *others = answer.quotes
    for quotes in ((spoil(first), *others), (*others, spoil(first))):
        with pytest.raises(QuoteNotVerbatim, match=said) as caught:
            answerer.prove(replace(answer, quotes=quotes))
        assert caught.value.args[0].startswith(first.citation.id)


# --- quoting -------------------------------------------------------------------------------------

DUTIES = "坚持每周全面检查一遍桥面和桥墩,并且把结果登记在册、逐级上报"
LONG = "；".join(f"第{n}支队伍负责第{n}座大桥的日常巡查与养护,{DUTIES}" for n in "一二三四五六七八")


def test_of_a_paragraph_of_clauses_only_those_that_answer_are_quoted(answering: Answering) -> None:
    library = library_of(LONG + "。")
    (passages,) = documents(library)
    assert len(passages) == 8
    answer = answering(library).answer("第三支队伍负责什么?", limit=1)
    (quote,) = answer.quotes
    assert quote.text == passages[2].span.of(library.reports[0].text)
    assert quote.citation.paragraph == 1
    assert [mark.of(quote.text) for mark in quote.highlights] == [quote.text]


def test_marks_in_neighbouring_clauses_quote_these_and_no_more() -> None:
    library = library_of(LONG + "。")
    ((*passages,),) = documents(library)
    source = library.reports[0]
    made = quoting.quote(source, passages, [p.span for p in passages[2:4]], 1.0)
    assert made.span == Span(passages[2].span.start, passages[3].span.end)
    assert made.highlights == (Span(0, len(made.text)),)


def test_marks_on_neighbouring_sentences_are_one(library: Library) -> None:
    source = library.report("bridges")
    passages = next(
        group for group in documents(library) if "1957" in group[0].span.of(source.text)
    )
    sentences = [sentence for one in passages for sentence in one.sentences]
    both = quoting.quote(source, passages, reversed(sentences), 1.0)
    assert both.highlights == (Span(0, len(both.text)),)
    last = quoting.quote(source, passages, sentences[1:], 1.0)
    assert [mark.of(last.text) for mark in last.highlights] == ["2023年完成全桥涂装,用漆260吨。"]
    assert last.text == both.text


def test_a_citation_tells_where_the_paragraph_stands(library: Library) -> None:
    source = library.report("bridges")
    paragraph = next(p for p in source.paragraphs if "拉索136根" in p.span.of(source.text))
    citation = quoting.cite(source, paragraph)
    assert citation == Citation(
        id=citation.id,
        report_id="bridges",
        report_title="江城桥梁养护报告",
        section=("二、工程", "（二）南岸斜拉桥"),
        paragraph=1,
        kind=Kind.BODY,
    )


# --- citations over time -------------------------------------------------------------------------

A, B, C = "大桥封闭三天。", "拉索每周检查一遍。", "渡船已经停航。"


def resolved(before: Library, text: str, after: Library) -> tuple[str | None, int, bool]:
    """Cite the paragraph that says ``text``; what it says later, its number then, if it changed."""
    source = before.reports[0]
    paragraph = next(p for p in source.paragraphs if p.span.of(source.text) == text)
    found = quoting.resolve(after, quoting.cite(source, paragraph).id)
    assert found is not None
    if found.quote is None:
        return None, 0, found.changed
    return found.quote.text, found.quote.citation.paragraph, found.changed


def test_a_paragraph_that_stays_resolves_unchanged() -> None:
    assert resolved(library_of(A, B), B, library_of(A, B)) == (B, 2, False)


def test_a_paragraph_that_moved_is_found_where_it_is_now() -> None:
    assert resolved(library_of(A, B), B, library_of(C, A, B)) == (B, 3, False)
    moved = Library.from_reports([report(f"# 题\n\n## 新节\n\n{C}\n\n## 节\n\n{A}\n\n{B}")])
    assert resolved(library_of(A, B), B, moved) == (B, 2, False)


def test_a_paragraph_that_changed_says_so_and_shows_what_it_says_now() -> None:
    changed = "拉索每天检查一遍。"
    assert resolved(library_of(A, B), B, library_of(A, changed)) == (changed, 2, True)


def test_a_paragraph_that_is_gone_leads_to_nothing() -> None:
    assert resolved(library_of(A, B), B, library_of(A)) == (None, 0, True)
    other = Library.from_reports([report(f"# 题\n\n{B}", "other")])
    assert resolved(library_of(A, B), B, other) == (None, 0, True)


def test_of_paragraphs_that_say_the_same_each_leads_to_itself() -> None:
    library = library_of(A, B, A)
    source = library.reports[0]
    body = [p for p in source.paragraphs if p.number]
    for paragraph in body:
        found = quoting.resolve(library, quoting.cite(source, paragraph).id)
        assert found == Resolved(quoting.whole(source, paragraph), changed=False)


@given(
    before=st.lists(
        st.sampled_from([A, B, C, "甲。", "乙。"]), min_size=1, max_size=5, unique=True
    ),
    after=st.lists(st.sampled_from([A, B, C, "甲。", "乙。", "丙。"]), max_size=5, unique=True),
)
def test_a_citation_resolves_to_the_same_words_or_says_that_they_changed(
    before: list[str], after: list[str]
) -> None:
    old, new = library_of(*before), library_of(*after)
    for number, text in enumerate(before, 1):
        said, where, changed = resolved(old, text, new)
        if text in after:
            assert (said, where, changed) == (text, after.index(text) + 1, False)
        elif number <= len(after):
            assert (said, where, changed) == (after[number - 1], number, True)
        else:
            assert (said, changed) == (None, True)


def test_titles_headings_and_bylines_are_cited_too(library: Library) -> None:
    source = library.report("bridges")
    for paragraph in source.paragraphs:
        found = quoting.resolve(library, quoting.cite(source, paragraph).id)
        assert found == Resolved(quoting.whole(source, paragraph), changed=False)


@pytest.mark.parametrize(
    "id_",
    ["", "x", "bridges", "bridges_0_1", "bridges_0_1_zzzzzzzzzzzz", "Bridges_0_1_0123456789ab",
     "bridges_-1_1_0123456789ab", "bridges_0_1_0123456789ab\n", "bridges_٣_1_0123456789ab",
     "桥_0_1_0123456789ab", f"bridges_{'1' * 5000}_1_0123456789ab"],
)  # fmt: skip
def test_what_is_no_citation_id_is_told_from_one_that_is_outdated(
    library: Library, id_: str
) -> None:
    assert quoting.resolve(library, id_) is None


@pytest.mark.parametrize(
    "id_", ["gone_0_1_0123456789ab", "bridges_99_1_0123456789ab", "bridges_0_0_0123456789ab"]
)
def test_an_outdated_citation_leads_nowhere(library: Library, id_: str) -> None:
    assert quoting.resolve(library, id_) == Resolved(None, changed=True)


def test_the_longest_citation_id_fits_a_telegram_link() -> None:
    own_id = "a" * 32
    text = "\n\n".join(f"第{n}段。" for n in range(300))
    source = report(
        "\n\n".join(f"## 节{n}\n\n{text if n == 99 else '文。'}" for n in range(100)), own_id
    )
    longest = max((quoting.cite(source, p).id for p in source.paragraphs), key=len)
    assert len(longest) == 32 + 1 + len("99") + 1 + len("300") + 1 + 12
    assert ID.fullmatch(longest)


def test_one_paragraph_reports_are_quoted_as_they_are(answering: Answering) -> None:
    library = Library.from_reports([one_paragraph("p", "", "大桥封闭 \n 三天。")])
    (quote,) = answering(library).answer("大桥封闭几天?").quotes
    assert quote.text == "大桥封闭 \n 三天。"
