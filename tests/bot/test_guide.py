from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import handlers
from bot.chats.menu import GROUP, GROUP_ADMINS, PRIVATE, menu
from bot.pages.buttons import Verb, fingerprint
from bot.pages.guide import (
    ADMIN,
    COMMANDS,
    choices_page,
    help_page,
    outline_page,
    reports_page,
    section_page,
    start_page,
)
from bot.pages.rendering import View
from bot.records.store import Preferences
from bot.terminal.chat import LEAVING
from bot.texts import texts
from knowledge.model import Kind, Paragraph, Report, Section, Span
from knowledge.topics import RESERVED, Topic
from retrieval.model import Citation, Quote
from tests.bot.test_rendering import bodies, check_sendable, hero, labels, views

VIEW = View(texts("zh"), "wenju_bot")


def report(
    *sections: tuple[tuple[str, ...], int], name: str = "lu", title: str = "两地的路"
) -> Report:
    """A report of these sections, with so many paragraphs each; every one says its number."""
    text = ""
    paragraphs: list[Paragraph] = []
    for at, (_, count) in enumerate(sections):
        for number in range(1, count + 1):
            start = len(text)
            text += f"第{number}段的话。\n"
            span = Span(start, len(text) - 1)
            paragraphs.append(Paragraph(at, number, Kind.BODY, span, len(paragraphs) + 1))
    return Report(
        name,
        title,
        text,
        tuple(Section(path) for path, _ in sections),
        tuple(paragraphs),
        subtitle="一篇通讯",
        authors=("甲", "乙"),
        date="2024-08",
    )


def quote_at(one: Report) -> Callable[[str, int, int], Quote | None]:
    def give(report_id: str, section: int, number: int) -> Quote | None:
        for paragraph in one.paragraphs:
            if (paragraph.section, paragraph.number) == (section, number):
                path = one.path(paragraph)
                citation = Citation(f"lu_{section}_{number}_x", "lu", "", path, number, Kind.BODY)
                return Quote(paragraph.span.of(one.text), paragraph.span, (), citation, 0.0)
        return None

    return give


def test_start_says_in_five_lines_what_can_be_asked_with_two_questions_to_tap() -> None:
    one = report((("山里",), 1))
    page = start_page([one], [hero("刘安")], ["甲?", "乙?", "丙?"], VIEW)
    lines = page.body.plain.splitlines()
    assert len(lines) <= 5
    assert lines[0] == "你好，我是问据。我只从《两地的路》里找答案，一字不改，并注明出处。"
    assert "常用命令：/ask /hero /reports" in lines
    assert labels(page) == [["甲?"], ["乙?"]]
    assert start_page([one, one], [], [], VIEW, group=True).body.plain.startswith(
        "你好，我是问据。我只从 2 份报告里找答案"
    )


def test_help_has_a_line_for_every_command_and_fits_a_screen() -> None:
    page = help_page([hero("刘安")], VIEW)
    lines = page.body.plain.splitlines()
    assert "/hero 英模" in lines
    assert "/ask 提问：/ask 你的问题" in lines
    assert len(lines) <= 20
    assert "/reload" not in page.body.plain
    assert "/reload" in help_page([], VIEW, admin=True).body.plain


def test_reports_are_listed_with_what_is_known_of_them() -> None:
    page = reports_page([report((("山里",), 1))], VIEW)
    assert page.body.plain == "共 1 份报告\n1. 两地的路\n   一篇通讯 · 甲、乙 · 2024-08"
    assert labels(page) == [["两地的路"]]


def test_many_reports_have_pages() -> None:
    many = [report((("山里",), 1), name=f"lu-{n}", title=f"第{n}份") for n in range(25)]
    pages = [reports_page(many, VIEW, at) for at in range(4)]
    assert [len(page.keyboard) for page in pages] == [11, 11, 6, 6]
    assert pages[2] == pages[3]
    assert [labels(page)[-1] for page in pages[:3]] == [
        ["下一页 ▸"],
        ["◂ 上一页", "下一页 ▸"],
        ["◂ 上一页"],
    ]


def test_an_outline_leads_by_section_to_the_paragraph() -> None:
    one = report(((), 1), (("山里", "修路"), 2), (("山里",), 0))
    outline = outline_page(one, VIEW)
    assert outline.body.plain.splitlines()[:3] == ["两地的路", "一篇通讯", "共 2 节，3 段"]
    assert labels(outline) == [["（开头）"], ["山里 › 修路"], ["↩ 报告"]]
    press = outline.keyboard[1][0].press
    assert press is not None
    assert press.verb is Verb.SECTION
    section = section_page(
        one, press.number(1), press.word(2), quote_at(one), VIEW, press.number(3)
    )
    assert section is not None
    assert labels(section) == [["1. 第1段的话。"], ["2. 第2段的话。"], ["目录"]]
    assert str(section.keyboard[1][0].press) == "1c-.lu_1_2_x"


@pytest.mark.parametrize(("section", "path"), [(1, ("山外",)), (7, ("山里",))])
def test_a_section_that_is_not_what_it_was_has_no_page(section: int, path: tuple[str, ...]) -> None:
    one = report(((), 1), (("山里",), 2))
    mark = fingerprint("/".join(path))
    assert section_page(one, section, mark, quote_at(one), VIEW) is None


def test_what_is_chosen_is_ticked() -> None:
    page = choices_page(Preferences("en", 5, short=True, notices=False), VIEW, group=True)
    ticked = [label for row in labels(page) for label in row if label.startswith("✓")]
    assert ticked == ["✓ English", "✓ 5", "✓ 只要答句", "✓ 不提醒"]
    private = choices_page(Preferences(), VIEW, group=False)
    assert [row[0] for row in labels(private)] == ["✓ 跟随提问的人", "1", "✓ 整段"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.lists(bodies, max_size=8).map(tuple), st.integers(0, 30)), max_size=30),
    bodies,
    views,
    st.integers(0, 5),
)
def test_whatever_a_report_is_called_telegram_takes_its_pages(
    sections: list[tuple[tuple[str, ...], int]], title: str, view: View, at: int
) -> None:
    one = report(*sections, title=title)
    check_sendable(reports_page([one] * 30, view, at))
    check_sendable(outline_page(one, view, at))
    check_sendable(start_page([one], [], [title] * 3, view))
    for number, (path, _) in enumerate(sections[:3]):
        page = section_page(one, number, fingerprint("/".join(path)), quote_at(one), view, at)
        assert page is not None
        check_sendable(page)


def test_no_topic_can_have_a_command_of_the_bot() -> None:
    table = " ".join(str(getattr(one, "filters", "")) for one in handlers({1}))
    taken = {
        word for words in re.findall(r"command\(([^)]+)\)", table) for word in words.split(", ")
    }
    assert {*COMMANDS, *ADMIN, *PRIVATE, *GROUP, *GROUP_ADMINS} <= taken
    assert taken | LEAVING == RESERVED


def test_the_menu_has_every_topic_and_what_fits_the_place() -> None:
    topics = [hero("刘安"), Topic("BAD!", (), {"zh": "坏"}, {"zh": "坏"}, ())]
    for words in (PRIVATE, GROUP, GROUP_ADMINS):
        commands = menu(topics, words, "zh")
        assert [command.command for command in commands] == ["hero", *words]
        assert all(1 <= len(command.description) <= 256 for command in commands)
    assert "settings" in GROUP_ADMINS
    assert "settings" not in GROUP
    assert menu(topics, ("help",), "en")[-1].description == "How to use me"
    many = [Topic(f"t{n}", (), {"zh": "题"}, {"zh": "题"}, ()) for n in range(120)]
    assert len(menu(many, PRIVATE, "zh")) == 100
