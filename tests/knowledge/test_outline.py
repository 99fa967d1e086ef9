from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.description import Description
from knowledge.model import Kind, Paragraph, Report, Section, Span
from knowledge.outline import one_paragraph, outline
from knowledge.readers import Block, BlockKind, Document, read


def report(text: str, description: Description | None = None) -> Report:
    return outline(read("a.md", text.encode()), description or Description("r"))


def told(text: str, description: Description | None = None) -> list[tuple[str, int, str, str]]:
    """Each paragraph as section, number, kind and text."""
    made = report(text, description)
    return [
        (" › ".join(made.path(one)), one.number, one.kind.value, one.span.of(made.text))
        for one in made.paragraphs
    ]


def bodies(text: str) -> list[str]:
    return [line for _, _, kind, line in told(text) if kind == "body"]


def test_a_small_report_is_ordered_whole() -> None:
    assert report(
        "# 题\n\n导语。\n\n## 甲\n\n### 乙\n\n一。\n\n二。\n", Description("r", authors=("某",))
    ) == Report(
        id="r",
        title="题",
        text="题\n导语。\n甲\n乙\n一。\n二。",
        sections=(Section(()), Section(("甲", "乙"))),
        paragraphs=(
            Paragraph(0, 0, Kind.TITLE, Span(0, 1), 1),
            Paragraph(0, 1, Kind.BODY, Span(2, 5), 3),
            Paragraph(1, 0, Kind.HEADING, Span(6, 7), 5),
            Paragraph(1, 0, Kind.HEADING, Span(8, 9), 7),
            Paragraph(1, 1, Kind.BODY, Span(10, 12), 9),
            Paragraph(1, 2, Kind.BODY, Span(13, 15), 11),
        ),
        authors=("某",),
    )


def test_a_section_is_made_when_something_stands_in_it() -> None:
    assert told(
        "## 甲\n\n## 乙\n\n乙文。\n\n### 丙\n\n#### 丁\n\n丁文。\n\n"
        "### 戊\n\n戊文。\n\n## 己\n\n### 庚\n"
    ) == [
        ("甲", 0, "heading", "甲"),
        ("乙", 0, "heading", "乙"),
        ("乙", 1, "body", "乙文。"),
        ("乙 › 丙 › 丁", 0, "heading", "丙"),
        ("乙 › 丙 › 丁", 0, "heading", "丁"),
        ("乙 › 丙 › 丁", 1, "body", "丁文。"),
        ("乙 › 戊", 0, "heading", "戊"),
        ("乙 › 戊", 1, "body", "戊文。"),
        ("己 › 庚", 0, "heading", "己"),
        ("己 › 庚", 0, "heading", "庚"),
    ]


def test_a_heading_with_nothing_under_it_keeps_the_one_above_it() -> None:
    assert told("## 甲\n\n### 乙\n\n### 丙\n\n丙文。\n") == [
        ("甲 › 乙", 0, "heading", "甲"),
        ("甲 › 乙", 0, "heading", "乙"),
        ("甲 › 丙", 0, "heading", "丙"),
        ("甲 › 丙", 1, "body", "丙文。"),
    ]


def test_of_several_first_level_headings_the_first_is_the_title() -> None:
    assert told("# 题\n\n导语。\n\n# 甲\n\n甲文。\n") == [
        ("", 0, "title", "题"),
        ("", 1, "body", "导语。"),
        ("甲", 0, "heading", "甲"),
        ("甲", 1, "body", "甲文。"),
    ]


def test_the_catalog_says_which_heading_is_the_title() -> None:
    assert told("# 报刊\n\n## 题\n\n文。\n", Description("r", title="题"))[:2] == [
        ("报刊", 0, "heading", "报刊"),
        ("报刊", 0, "title", "题"),
    ]
    assert told("题\n\n文。\n", Description("r", title="题")) == [
        ("", 0, "title", "题"),
        ("", 1, "body", "文。"),
    ]


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [("# 题\n\n文。", "", "题"), ("# 题\n\n文。", "目录题", "目录题"), ("文。", "", "r")],
)
def test_a_report_always_has_a_title(text: str, title: str, expected: str) -> None:
    assert report(text, Description("r", title=title)).title == expected


def test_what_the_catalog_lists_is_neither_body_nor_glued() -> None:
    text = "# 题\n\n副题,没有句号\n\n一。\n\n图注文字\n\n## 甲\n\n没有写完的一句,后面是\n\n(某人)\n"
    listed = Description("r", subtitle="副题,没有句号", captions=("图注文字",), bylines=("(某人)",))
    assert told(text, listed) == [
        ("", 0, "title", "题"),
        ("", 0, "subtitle", "副题,没有句号"),
        ("", 1, "body", "一。"),
        ("", 0, "caption", "图注文字"),
        ("甲", 0, "heading", "甲"),
        ("甲", 1, "body", "没有写完的一句,后面是"),
        ("甲", 0, "byline", "(某人)"),
    ]


def test_subtitle_caption_and_byline_are_recognised_when_nobody_listed_them() -> None:
    text = (
        "# 题\n\n为新篇章贡献力量\n\n本报记者 张三 通讯员 李四\n\n一。\n\n"
        "![](a.png)\n\n图为现场。王五摄\n\n二。\n\n(魏汉中)\n"
    )
    assert told(text) == [
        ("", 0, "title", "题"),
        ("", 0, "subtitle", "为新篇章贡献力量"),
        ("", 0, "byline", "本报记者 张三 通讯员 李四"),
        ("", 1, "body", "一。"),
        ("", 0, "caption", "图为现场。王五摄"),
        ("", 2, "body", "二。"),
        ("", 0, "byline", "(魏汉中)"),
    ]
    assert report(text).subtitle == "为新篇章贡献力量"


def test_an_empty_list_in_the_catalog_says_that_there_is_none() -> None:
    nothing = Description("r", subtitle="", captions=(), bylines=())
    text = "# 题\n\n为新篇章贡献力量\n\n## 甲\n\n![](a.png)\n\n图为现场。\n\n(魏汉中)\n"
    assert [kind for _, _, kind, _ in told(text, nothing)] == [
        "title", "body", "heading", "body", "body",
    ]  # fmt: skip


@pytest.mark.parametrize("last", ["(完)", "(全文完)", "(未完待续)", "(下转第三版)", "(2024年8月)"])
def test_a_bracket_at_the_end_is_not_always_a_signature(last: str) -> None:
    assert told(f"# 题\n\n一。\n\n{last}\n")[-1] == ("", 2, "body", last)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("向更高水平迈进的五", "年。全区", "向更高水平迈进的五年。全区"),
        ("部署,坚持立", "体化布局。", "部署,坚持立体化布局。"),
        ("严格执行严禁违规", "宴请饮酒“六项规定”。", "严格执行严禁违规宴请饮酒“六项规定”。"),
        ("安全感上升,由90", "%上升到98.3%。", "安全感上升,由90%上升到98.3%。"),
        ("他守边二十三年。", "”记者说。", "他守边二十三年。”记者说。"),
        ("It was cut, in the middle", "of a line.", "It was cut, in the middle of a line."),
    ],
)  # fmt: skip
def test_a_paragraph_that_a_page_break_cut_is_healed(first: str, second: str, joined: str) -> None:
    assert bodies(f"## 甲\n\n{first}\n\n{second}\n")[0] == joined


@pytest.mark.parametrize(
    "lines",
    [
        ["殷殷嘱托,字字千钧。", "五年前。"],
        ["他说:", "好。"],
        ["包括以下内容", "- 甲"],
        ["工作亮点", "一是加强领导。"],
        ["坚持党建引领凝聚奋进力量", "一、加强领导。"],
        ["——这是一,没有写完", "——这是二。"],
        ["2024年8月29日", "会议召开。"],
        ["联系人:张三,李四", "电话:123。"],
        ["甲市某路一号,某楼", "乙市某路二号,某楼"],
        ["**坚持党建引领,凝聚奋进力量**", "全区公安机关。"],
        ["> 引文没有句号,到此", "全区公安机关。"],
        ["|a|b|\n|-|-|\n|甲,乙|丙|", "全区公安机关。"],
    ],
)
def test_paragraphs_that_are_whole_stay_apart(lines: list[str]) -> None:
    marked = "## 甲\n\n" + "\n\n".join(lines) + "\n"
    assert all("\n" not in body for body in bodies(marked))
    assert len(bodies(marked)) == len(lines)


def test_without_marked_headings_a_line_needs_a_comma_to_count_as_cut() -> None:
    assert bodies("坚持党建引领凝聚奋进力量\n\n全区公安机关。") == [
        "坚持党建引领凝聚奋进力量",
        "全区公安机关。",
    ]
    assert bodies("坚持党建引领,凝聚奋进\n\n力量。") == ["坚持党建引领,凝聚奋进力量。"]


def test_a_paragraph_is_not_healed_over_a_heading() -> None:
    assert bodies("## 甲\n\n没有写完,后面\n\n## 乙\n\n是标题。\n") == ["没有写完,后面", "是标题。"]


def test_a_picture_between_the_halves_does_not_hinder_healing() -> None:
    assert told(
        "## 甲\n\n一句话,被一张\n\n![图](a.png)\n\n图片断开,又被\n\n断开。\n\n下一段。\n"
    ) == [
        ("甲", 0, "heading", "甲"),
        ("甲", 1, "body", "一句话,被一张图片断开,又被断开。"),
        ("甲", 0, "caption", "图"),
        ("甲", 2, "body", "下一段。"),
    ]


def test_a_healed_paragraph_has_the_line_that_it_begins_on() -> None:
    healed = report("## 甲\n\n一句话,被\n\n断开。\n\n下一段。\n")
    assert [one.line for one in healed.paragraphs] == [1, 3, 7]


def test_one_paragraph_is_kept_as_it_is() -> None:
    assert one_paragraph("r", "题", "甲\n\n乙,") == Report(
        "r", "题", "甲\n\n乙,", (Section(()),), (Paragraph(0, 1, Kind.BODY, Span(0, 5), 1),)
    )


KINDS = st.sampled_from(list(BlockKind))
BLOCKS = st.lists(
    st.builds(
        lambda kind, level, text, line: Block(
            kind, level if kind is BlockKind.HEADING else 0, text, line
        ),
        KINDS,
        st.integers(1, 6),
        st.text(alphabet="甲乙,。;…”(a1\n", max_size=12).map(str.strip),
        st.integers(1, 99),
    ),
    max_size=12,
).map(lambda made: Document(tuple(made)))


@given(document=BLOCKS, subtitle=st.sampled_from([None, "", "甲乙"]))
def test_every_block_is_in_the_report_once(document: Document, subtitle: str | None) -> None:
    made = outline(document, Description("r", subtitle=subtitle))
    spans = [one.span for one in made.paragraphs]
    assert "\n".join(span.of(made.text) for span in spans) == made.text
    assert sorted("".join(made.text.split())) == sorted(
        "".join("".join(block.text.split()) for block in document.blocks)
    )
    for number, _ in enumerate(made.sections):
        own = [one for one in made.paragraphs if one.section == number]
        assert own, "a section that nothing stands in"
        counted = [one.number for one in own if one.kind is Kind.BODY]
        assert counted == list(range(1, len(counted) + 1))
    assert all((one.number > 0) == (one.kind is Kind.BODY) for one in made.paragraphs)
    order = [one.section for one in made.paragraphs]
    assert order == sorted(order)


SHIPPED = Path(__file__).parents[2] / "knowledge" / "reports" / "huhang-benteng.md"
SHIPPED_DESCRIPTION = Description(
    "huhang-benteng",
    subtitle="为谱写中国式现代化内蒙古新篇章贡献公安力量",
    captions=("守护群众安全。",),
    bylines=("(魏汉中)",),
)


def shipped() -> Report:
    return outline(read(SHIPPED.name, SHIPPED.read_bytes()), SHIPPED_DESCRIPTION)


def test_the_shipped_report_has_its_sections_and_paragraphs() -> None:
    made = shipped()
    counts = dict.fromkeys((section.path for section in made.sections), 0)
    for one in made.paragraphs:
        counts[made.path(one)] += one.kind is Kind.BODY
    assert counts == {
        (): 3,
        ("凝心铸魂", "始终坚持党对公安工作的绝对领导"): 4,
        ("创新驱动", "不断塑造公安事业发展新优势"): 5,
        ("放眼全局", "在高质量发展和高水平安全上下功夫"): 3,
        ("热血忠诚", "厚植公安队伍“铁一般”的使命担当"): 9,
    }
    assert [
        (one.kind, one.line, one.span.of(made.text))
        for one in made.paragraphs
        if one.kind not in (Kind.BODY, Kind.HEADING)
    ] == [
        (Kind.TITLE, 3, "护航奔腾时代 忠诚使命担当"),
        (Kind.SUBTITLE, 5, "为谱写中国式现代化内蒙古新篇章贡献公安力量"),
        (Kind.CAPTION, 15, "守护群众安全。"),
        (Kind.BYLINE, 81, "(魏汉中)"),
    ]


def test_the_shipped_report_loses_no_character() -> None:
    markup = SHIPPED.read_text(encoding="utf-8").replace("#", "")
    assert "".join(shipped().text.split()) == "".join(markup.split())


def test_exactly_three_cuts_of_the_shipped_report_are_healed() -> None:
    source = SHIPPED.read_text(encoding="utf-8")
    made = shipped()
    healed = [
        one.span.of(made.text) for one in made.paragraphs if one.span.of(made.text) not in source
    ]
    assert [
        next(
            word
            for word in ("高水平的五年。", "坚持立体化布局", "严禁违规宴请饮酒")
            if word in text
        )
        for text in healed
    ] == ["高水平的五年。", "坚持立体化布局", "严禁违规宴请饮酒"]


def test_the_shipped_report_reads_nearly_the_same_without_its_catalog() -> None:
    bare = outline(read(SHIPPED.name, SHIPPED.read_bytes()), Description("huhang-benteng"))
    caption = next(one for one in shipped().paragraphs if one.kind is Kind.CAPTION)
    expected = tuple(
        replace(one, kind=Kind.BODY, number=4) if one == caption else one
        for one in shipped().paragraphs
    )
    assert (bare.paragraphs, bare.subtitle) == (expected, shipped().subtitle)
