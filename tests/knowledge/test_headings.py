from __future__ import annotations

import pytest

from knowledge.headings import with_headings
from knowledge.readers import Block, BlockKind, Document, RemarkKind, Unit
from tests.knowledge.making import PROSE


def told(*lines: str, unit: Unit = Unit.PARAGRAPH) -> list[str]:
    """The headings of a document, as level and text.

    A line in ``**`` is bold, ``22:`` before it is its size; other lines have 16 points.
    """
    blocks = []
    for number, line in enumerate(lines, start=1):
        size, colon, text = line.partition(":")
        points, text = (float(size), text) if colon and size.isdecimal() else (16.0, line)
        bold = text.startswith("**")
        kind = BlockKind.LABEL if bold else BlockKind.PARAGRAPH
        blocks.append(Block(kind, 0, text.strip("*"), number, points))
    made = with_headings(Document(tuple(blocks), unit=unit, cut=False))
    headings = [block for block in made.blocks if block.kind is BlockKind.HEADING]
    recognised = [one.text for one in made.remarks if one.kind is RemarkKind.HEADING]
    assert sorted(recognised) == sorted(block.text for block in headings)
    kept = "".join(block.text for block in made.blocks)
    left_out = "".join(one.text for one in made.remarks if one.kind is RemarkKind.CONTENTS)
    assert sorted(kept + left_out) == sorted("".join(block.text for block in blocks))
    return [f"{block.level} {block.text}" for block in headings]


@pytest.mark.parametrize(
    ("lines", "headings"),
    [
        (
            ["22:意见", "一、求", PROSE, "（一）甲", PROSE, "（二）乙，丙", PROSE, "二、务", PROSE],
            ["1 意见", "2 一、求", "3 （一）甲", "3 （二）乙，丙", "2 二、务"],
        ),
        (
            ["**条例", "第一章 总则", "第一节 甲", "第一条 为了规范。", "第二章 附", PROSE],
            ["1 条例", "2 第一章 总则", "3 第一节 甲", "2 第二章 附"],
        ),
        (
            [
                "22:报告",
                "**1. 背景",
                PROSE,
                "**（1）甲",
                PROSE,
                "**（2）乙",
                PROSE,
                "**2. 果",
                "文。",
            ],
            ["1 报告", "2 1. 背景", "3 （1）甲", "3 （2）乙", "2 2. 果"],
        ),
        (  # lines without numbers, told by weight and by size
            ["22:报告", "18:**甲", PROSE, "**乙", PROSE, "18:**丙", PROSE],
            ["1 报告", "2 甲", "3 乙", "2 丙"],
        ),
        (  # a heading that is a sentence, since it is bold
            [
                "22:话",
                "一、甲",
                PROSE,
                "**（一）党建。",
                PROSE,
                "**（二）打防。",
                "文。",
                "二、乙",
                "文。",
            ],
            ["1 话", "2 一、甲", "3 （一）党建。", "3 （二）打防。", "2 二、乙"],
        ),
        (["22:关于工作的", "22:意见", PROSE], ["1 关于工作的意见"]),
        (["36:公安厅文件", "内公发〔2024〕12号", "22:意见", PROSE], ["1 意见"]),
    ],
)
def test_lines_that_behave_like_headings_are_headings(
    lines: list[str], headings: list[str]
) -> None:
    assert told(*lines) == headings


@pytest.mark.parametrize(
    "lines",
    [
        # a paragraph that begins with a number, and goes on for sentences
        ["22:题", "一、要坚持政治建警。" + PROSE, "二、要从严治警。" + PROSE],
        # lists, whose items stand above no text of their own
        ["22:题", "应当携带：", "一、身份证", "二、户口簿", "三、照片", PROSE],
        ["22:题", PROSE, "1.申请书", "2.证明", PROSE],
        ["22:题", "1.甲" + PROSE, "2.乙", PROSE],
        # one alone, from the middle of something
        ["22:题", "三、任务", PROSE],
        # out of order
        ["22:题", "三、任务", PROSE, "七、要求", PROSE],
        # bold lines that close a text, and one that is a sentence
        ["22:题", PROSE, "**公安厅", "**2024年3月18日"],
        ["22:题", "**以上情况，请予核实。", PROSE],
        ["22:题", "表1 警务室建设情况", PROSE],
    ],
)
def test_a_doubtful_line_stays_text(lines: list[str]) -> None:
    assert told(*lines) == ["1 题"]


def test_a_document_that_marks_headings_keeps_those() -> None:
    marked = Document(
        (
            Block(BlockKind.HEADING, 1, "题", 1),
            Block(BlockKind.HEADING, 2, "甲", 2),
            Block(BlockKind.PARAGRAPH, 0, "一、乙", 3),
            Block(BlockKind.PARAGRAPH, 0, PROSE, 4),
            Block(BlockKind.PARAGRAPH, 0, "二、丙", 5),
            Block(BlockKind.PARAGRAPH, 0, PROSE, 6),
        )
    )
    assert with_headings(marked) == marked


def test_plain_text_has_no_title_but_what_stands_out() -> None:
    assert told("一行短的", PROSE, unit=Unit.LINE) == []
    assert told("一行短的", PROSE) == ["1 一行短的"]
    assert told("**一行短的", PROSE, unit=Unit.LINE) == ["1 一行短的"]
    assert told("一行", "两行", "三行") == []


def test_a_table_of_contents_is_left_out() -> None:
    chapters = ["第一章 总则", PROSE, "第二章 附则", PROSE]
    assert told("22:条例", "目  录", "第一章 总则……1", "第二章　附则", *chapters) == [
        "1 条例",
        "2 第一章 总则",
        "2 第二章 附则",
    ]
    # What does not come again is no entry.
    assert told("22:条例", "目录", "第一章 总则", PROSE, "第二章 附则", PROSE) == [
        "1 条例",
        "2 第一章 总则",
        "2 第二章 附则",
    ]
