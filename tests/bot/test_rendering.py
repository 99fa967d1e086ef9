from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pages.buttons import MAX_BYTES, MAX_COPY, Verb, read_press
from bot.pages.excerpt import clipped, excerpt, sentences
from bot.pages.markup import MAX_ENTITIES, MAX_LENGTH, text, utf16
from bot.pages.rendering import (
    Page,
    View,
    answer_page,
    changed_remark,
    citation_text,
    paragraph_page,
    topic_page,
)
from bot.texts import texts
from knowledge.model import Kind, Span
from knowledge.topics import Entry, Place, Topic
from retrieval.model import (
    Absence,
    Answer,
    Citation,
    Notice,
    NoticeKind,
    Outcome,
    Quote,
)
from tests.bot.parsed import parse

VIEW = View(texts("zh"), "wenju_bot")
LONG = "各有关部门大力支持配合公安工作,强化责任担当。" * 180


def quote(
    body: str,
    *highlights: tuple[int, int],
    number: int = 1,
    section: tuple[str, ...] = ("热血忠诚", "厚植使命担当"),
    kind: Kind = Kind.BODY,
    part: int = 0,
    score: float = 1.0,
) -> Quote:
    citation = Citation(f"report-{number}-ab12", "report", "护航 时代", section, number, kind)
    spans = tuple(Span(start, end) for start, end in highlights)
    return Quote(body, Span(0, len(body)), spans, citation, score, part)


def answer(
    *quotes: Quote,
    outcome: Outcome = Outcome.ANSWERED,
    notices: tuple[Notice, ...] = (),
    absence: Absence | None = None,
    suggestions: tuple[str, ...] = (),
    question: str = "刘安是谁?",
) -> Answer:
    return Answer(question, outcome, quotes, notices, 0.9, absence, suggestions, 1.0)


def labels(page: Page) -> list[list[str]]:
    return [[button.label for button in row] for row in page.keyboard]


def test_an_answer_is_the_passage_with_its_answering_sentence_marked_and_its_place() -> None:
    page = answer_page(answer(quote("以所为家。刘安驻守23年。", (5, 13), number=6)), VIEW)
    assert page.body.html == (
        "<blockquote expandable>以所为家。<b>刘安驻守23年。</b></blockquote>\n"
        '— <a href="https://t.me/wenju_bot?start=report-6-ab12">'
        "护航 时代 › 热血忠诚 › 厚植使命担当 · 第 6 段</a>"
    )
    assert labels(page) == [["上下文"], ["为何命中", "复制出处", "👍", "👎"]]


def test_an_answering_sentence_below_the_fold_is_said_first() -> None:
    body = "。" * 70 + "警号又传承给儿子包牧仁。"
    page = answer_page(answer(quote(body, (70, len(body)))), VIEW)
    parsed = parse(page.body.html)
    assert parsed.text.startswith("警号又传承给儿子包牧仁。\n")
    assert parsed.of("blockquote") == [body]


def test_a_short_answer_is_the_answering_sentence_alone() -> None:
    page = answer_page(
        answer(quote("以所为家。刘安驻守23年。与林为邻。", (5, 13))), View(texts("zh"), short=True)
    )
    assert (
        page.body.plain == "…\n刘安驻守23年。\n…\n— 护航 时代 › 热血忠诚 › 厚植使命担当 · 第 1 段"
    )


def test_what_a_reader_types_is_never_markup() -> None:
    page = answer_page(
        answer(
            quote("三零"),
            notices=(Notice(NoticeKind.CORRECTED, "<b>三</a>零 & \"'", "三零"),),
            question="</a><i>",
        ),
        VIEW,
        asked=True,
    )
    assert parse(page.body.html).text.startswith(
        "问：</a><i>\n按“三零”查找（你写的是“<b>三</a>零 & \"'”）。"
    )


def test_nothing_found_says_what_is_missing_and_what_could_be_asked() -> None:
    page = answer_page(
        answer(
            outcome=Outcome.NOT_FOUND,
            absence=Absence(("红烧肉",), (("怎么", 2),)),
            suggestions=("刘安是谁?", "三零是什么?"),
        ),
        VIEW,
    )
    assert page.body.plain == (
        "报告里没有找到答案；我只按报告回答。\n全文未出现：“红烧肉”。\n"
        "出现过，但没有一段回答：“怎么”2 段。\n\n可以这样问："
    )
    assert labels(page) == [["刘安是谁?"], ["三零是什么?"]]


def test_a_nearest_passage_is_called_the_nearest() -> None:
    page = answer_page(
        answer(
            quote("安全感由90.6%上升到98.3%。"),
            outcome=Outcome.NOT_FOUND,
            notices=(Notice(NoticeKind.MISSING, "2020年"),),
            absence=Absence(("2020",), (("安全感", 2),)),
            suggestions=("安全感是多少?",),
        ),
        VIEW,
    )
    assert page.body.plain.split("\n")[:5] == [
        "报告里没有找到答案；我只按报告回答。",
        "报告里没有“2020年”。",
        "出现过，但没有一段回答：“安全感”2 段。",
        "最接近的是这一段：",
        "",
    ]
    assert page.body.plain.endswith("可以这样问：")
    assert labels(page)[:2] == [["安全感是多少?"], ["上下文"]]


def test_what_is_only_named_is_said_once_to_be_only_named() -> None:
    notice = Notice(NoticeKind.ONLY_NAMED, "马春雨")
    page = answer_page(
        answer(quote("马春雨……"), outcome=Outcome.MENTIONED, notices=(notice,)), VIEW
    )
    assert page.body.plain.split("\n\n")[0] == "报告只提到“马春雨”，没有展开说明。"
    page = answer_page(answer(quote("七大体系"), outcome=Outcome.MENTIONED), VIEW)
    assert page.body.plain.split("\n\n")[0] == "报告提到了，但没有展开说明。"


def test_passages_beyond_the_first_page_are_behind_a_button_and_back() -> None:
    quotes = [quote(f"第{number}段的话。", number=number) for number in range(1, 6)]
    first, second = (answer_page(answer(*quotes), VIEW, page) for page in (0, 1))
    assert labels(first)[:2] == [["上下文 1", "上下文 2", "上下文 3"], ["更多段落 ▸"]]
    assert labels(second)[:2] == [["上下文 1", "上下文 2"], ["◂ 上一页"]]
    assert [q.citation.paragraph for q in first.quotes + second.quotes] == [1, 2, 3, 4, 5]
    assert answer_page(answer(*quotes), VIEW, 9) == second


def test_what_scores_far_below_the_best_waits_on_the_next_page() -> None:
    quotes = [
        quote(f"第{n}段", number=n, score=score) for n, score in ((1, 9.0), (2, 5.0), (3, 2.0))
    ]
    pages = [answer_page(answer(*quotes), VIEW, at) for at in (0, 1)]
    assert [[q.citation.paragraph for q in page.quotes] for page in pages] == [[1, 2], [3]]
    assert labels(pages[0]) == [
        ["上下文 1", "上下文 2"],
        ["更多段落 ▸"],
        ["为何命中", "复制出处", "👍", "👎"],
    ]
    assert labels(pages[1])[0] == ["◂ 上一页", "上下文"]


def test_long_passages_go_to_pages_of_their_own_rather_than_being_cut() -> None:
    body = "公" * 2500
    pages = [answer_page(answer(quote(body), quote(body, number=2)), VIEW, at) for at in (0, 1)]
    assert [parse(page.body.html).of("blockquote") for page in pages] == [[body], [body]]


def test_a_passage_no_message_can_hold_is_cut_at_sentences_around_the_answer() -> None:
    body = LONG + "索连红沿用宝力格的警号。" + LONG
    at = body.index("索连红")
    page = answer_page(answer(quote(body, (at, at + 12))), VIEW)
    parsed = parse(page.body.html)
    (shown,) = parsed.of("blockquote")
    assert shown in body
    assert shown.startswith("各有关部门")
    assert shown.endswith("担当。")
    assert parsed.of("b") == ["索连红沿用宝力格的警号。", "索连红沿用宝力格的警号。"]
    assert "\n…\n" + shown + "\n…\n" in parsed.text


def test_a_citation_names_what_is_not_a_numbered_paragraph() -> None:
    say = texts("zh")
    assert citation_text(quote("(魏汉中)", number=0, kind=Kind.BYLINE).citation, say) == (
        "护航 时代 › 热血忠诚 › 厚植使命担当 · 署名"
    )
    assert (
        citation_text(quote("殷殷嘱托", section=()).citation, say) == "护航 时代 › 开头 · 第 1 段"
    )


def test_a_paragraph_stands_between_its_neighbours_and_leads_on() -> None:
    before, here, after = (quote(f"第{n}段。", number=n) for n in (1, 2, 3))
    page = paragraph_page(here, VIEW, before=before, after=after, page=1)
    assert page.body.plain == (
        "第 1 段\n第1段。\n\n▼ 第 2 段\n第2段。\n"
        "— 护航 时代 › 热血忠诚 › 厚植使命担当 · 第 2 段\n\n第 3 段\n第3段。"
    )
    assert labels(page) == [["◂ 上一段", "下一段 ▸"], ["↩ 返回", "复制出处"]]
    assert str(page.keyboard[0][1].press) == "1c1.report-3-ab12"
    assert str(page.keyboard[1][0].press) == "1m1"


def test_a_changed_paragraph_shows_both_texts() -> None:
    remark = changed_remark("由90.6%上升", VIEW, gone=False)
    page = paragraph_page(quote("由90.7%上升"), VIEW, remark=remark)
    assert page.body.plain.split("\n")[:6] == [
        "这一段后来改过。",
        "当时：",
        "由90.6%上升",
        "现在：",
        "",
        "由90.7%上升",
    ]


def hero(*names: str) -> Topic:
    entries = tuple(
        Entry(name, (), "教导员", Place("report", Span(0, 1)), only_named=name == "马春雨")
        for name in names
    )
    return Topic("hero", ("英雄",), {"zh": "公安英模"}, {"zh": "英模"}, entries)


def test_a_topic_lists_and_counts_its_entries_with_a_button_each() -> None:
    topic = hero("刘安", "马春雨")
    page = topic_page(topic, topic.entries, VIEW, people=True)
    assert page.body.plain == (
        "公安英模：共 2 人\n1. 刘安 — 教导员\n2. 马春雨（只提到名字）\n"
        "点名字看原文，或发 /hero 刘安"
    )
    assert labels(page) == [["刘安", "马春雨"]]


def test_a_long_topic_has_pages() -> None:
    topic = hero(*(f"人物{number}" for number in range(65)))
    pages = [topic_page(topic, topic.entries, VIEW, page) for page in range(3)]
    assert [labels(page)[-1] for page in pages] == [
        ["下一页 ▸"],
        ["◂ 上一页", "下一页 ▸"],
        ["◂ 上一页"],
    ]
    assert "65. 人物64" in pages[2].body.plain


def test_a_label_is_clipped_between_characters() -> None:
    assert clipped("👮🏽‍♀️👮🏽‍♀️", 9) == "👮🏽‍♀️…"


# Properties --------------------------------------------------------------------------------------

pieces = st.one_of(
    st.sampled_from(["<b>", "</a>", "&amp;", "<", ">", '"', "。", "；", "!”", "\n", "…", ". "]),
    st.sampled_from(["👮🏽‍♀️", "𠮷", "é", "‏שלום", "مرحبا", "\u200d", "🇨🇳", "㊙️", " ", "公安"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
bodies = st.one_of(
    st.lists(pieces, min_size=1, max_size=30).map("".join),
    st.tuples(st.lists(pieces, min_size=1, max_size=12), st.integers(20, 400)).map(
        lambda drawn: ("".join(drawn[0]) * drawn[1])[:9000]
    ),
).filter(str.strip)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    body = draw(bodies)
    edges = sorted(draw(st.lists(st.integers(0, len(body)), max_size=400)))
    spans = tuple(Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))
    citation = Citation(
        draw(st.text("abc-123", min_size=1, max_size=64)),
        "report",
        draw(bodies)[:300],
        tuple(heading[:300] for heading in draw(st.lists(bodies, max_size=9))),
        draw(st.integers(0, 9999)),
        draw(st.sampled_from(list(Kind))),
    )
    score = draw(st.floats(-5, 20))
    return Quote(body, Span(0, len(body)), spans, citation, score, draw(st.integers(0, 2)))


notices = st.builds(Notice, st.sampled_from(list(NoticeKind)), bodies, bodies)
answers = st.builds(
    Answer,
    question=bodies,
    outcome=st.sampled_from(list(Outcome)),
    quotes=st.lists(quotes(), max_size=7).map(tuple),
    notices=st.lists(notices, max_size=9).map(tuple),
    confidence=st.just(0.5),
    absence=st.none()
    | st.builds(
        Absence,
        st.lists(bodies, max_size=20).map(tuple),
        st.lists(st.tuples(bodies, st.integers(1, 99)), max_size=20).map(tuple),
    ),
    suggestions=st.lists(bodies, max_size=5).map(tuple),
    took_ms=st.just(1.0),
)
views = st.builds(
    View,
    st.sampled_from([texts("zh"), texts("en")]),
    st.sampled_from(["", "wenju_bot"]),
    st.integers(1, 5),
    st.booleans(),
)


def check_sendable(page: Page) -> None:
    parsed = parse(page.body.html)
    assert parsed.text == page.body.plain
    assert utf16(parsed.text) <= MAX_LENGTH
    assert len(parsed.entities) == page.body.entities <= MAX_ENTITIES
    assert sum(map(len, page.keyboard)) <= 100
    for row in page.keyboard:
        assert row
        for button in row:
            assert button.label.strip()
            assert [bool(button.press), bool(button.url), bool(button.copy)].count(True) == 1
            if button.press:
                data = str(button.press)
                assert len(data.encode()) <= MAX_BYTES
                assert read_press(data) == button.press
            assert utf16(button.copy) <= MAX_COPY


@settings(max_examples=120, deadline=None)
@given(answers, views, st.booleans(), st.integers(0, 8))
def test_whatever_is_answered_telegram_takes_the_message(
    given_answer: Answer, view: View, asked: bool, at: int
) -> None:
    check_sendable(answer_page(given_answer, view, at, asked=asked))


@settings(max_examples=60, deadline=None)
@given(answers, views)
def test_the_pages_quote_every_passage_once_and_nothing_but_the_passages(
    given_answer: Answer, view: View
) -> None:
    shown: list[Quote] = []
    for at in range(20):
        page = answer_page(given_answer, view, at)
        for quoted, block in zip(page.quotes, parse(page.body.html).of("blockquote"), strict=True):
            assert block in quoted.text
        shown += page.quotes
        if not any(
            b.press and b.press.verb is Verb.MORE and b.press.number(0) > at
            for row in page.keyboard
            for b in row
        ):
            break
    assert shown == list(given_answer.quotes)


@settings(max_examples=60, deadline=None)
@given(quotes(), st.none() | quotes(), st.none() | quotes(), views, st.none() | bodies)
def test_whatever_stands_around_a_paragraph_telegram_takes_the_message(
    here: Quote, before: Quote | None, after: Quote | None, view: View, old: str | None
) -> None:
    remark = changed_remark(old, view, gone=False)
    check_sendable(
        paragraph_page(here, view, before=before, after=after, remark=remark, page=3, outline=True)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(bodies, max_size=70, unique=True), views, st.integers(0, 4), st.booleans())
def test_whatever_a_topic_lists_telegram_takes_the_message(
    names: list[str], view: View, at: int, people: bool
) -> None:
    topic = hero(*names)
    check_sendable(topic_page(topic, topic.entries, view, at, people=people))


@given(bodies)
def test_sentences_cover_their_text(body: str) -> None:
    assert "".join(span.of(body) for span in sentences(body)) == body


@given(bodies, st.data(), st.integers(16, 300))
def test_an_excerpt_keeps_to_its_length_and_touches_its_focus(
    body: str, data: st.DataObject, length: int
) -> None:
    start = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.integers(start + 1, len(body)))
    span = excerpt(body, Span(start, end), length)
    assert utf16(span.of(body)) <= length
    if len(body[start:end].strip()) == end - start:
        assert span.start < end
        assert start < span.end


@given(bodies, st.integers(2, 50))
def test_a_clipped_label_is_one_line_in_its_length(body: str, length: int) -> None:
    short = clipped(body, length)
    assert utf16(short) <= length
    assert not re.search(r"[\n\r]", short)
    assert text(short).length == utf16(short)
