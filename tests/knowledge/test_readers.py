from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knowledge.errors import UnreadableReport
from knowledge.readers import SUFFIXES, Block, BlockKind, read


def blocks(text: str, name: str = "a.md") -> list[tuple[str, int, str, int]]:
    return [
        (block.kind.value, block.level, block.text, block.line)
        for block in read(name, text.encode()).blocks
    ]


def test_markdown_becomes_blocks_with_their_lines() -> None:
    assert blocks(
        """\
# 标题 **粗**

第一段[链接](http://a)有`code`和&nbsp;实体&amp;。
第二行 word
next

> 引用一段
> 两行。

- 甲

  甲的第二段
1. 一
2. 二

| 名 | 数 |
|---|---|
| 甲 | **1** |

![图一](a.png)

```
code a
  code b
```

**粗标题**

末行\\
硬换行<br>又一行
"""
    ) == [
        ("heading", 1, "标题 粗", 1),
        ("paragraph", 0, "第一段链接有code和\xa0实体&。第二行 word next", 3),
        ("quote", 0, "引用一段两行。", 7),
        ("item", 0, "甲", 10),
        ("item", 0, "甲的第二段", 12),
        ("item", 0, "1. 一", 13),
        ("item", 0, "2. 二", 14),
        ("row", 0, "名：甲 | 数：1", 18),
        ("image", 0, "图一", 20),
        ("code", 0, "code a\n  code b", 22),
        ("label", 0, "粗标题", 27),
        ("paragraph", 0, "末行\n硬换行\n又一行", 29),
    ]


def test_the_characters_of_the_source_stay_as_they_are() -> None:
    source = "——“三零”... (c) -- 'x' 1,234 http://a.b/c_d_e 90.6%上升到98.3%,「引」《书》…"
    assert blocks(source) == [("paragraph", 0, source, 1)]


def test_an_indented_paragraph_is_text_and_not_code() -> None:
    assert blocks("    缩进的段落。\n\n　　全角缩进一。\n　　全角缩进二。") == [
        ("paragraph", 0, "缩进的段落。", 1),
        ("paragraph", 0, "全角缩进一。", 3),
        ("paragraph", 0, "全角缩进二。", 4),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**重点：**内容", "重点：内容"),
        ("建立**“三零”**机制", "建立“三零”机制"),
        ("这是**粗体。**下一句", "这是粗体。下一句"),
        ("中 * 文 ** 字", "中 * 文 ** 字"),
        (r"\*\*原样\*\*", "**原样**"),
    ],
)
def test_bold_beside_chinese_loses_its_asterisks(source: str, text: str) -> None:
    assert [block[2] for block in blocks(source)] == [text]


def test_html_inside_markdown_keeps_its_text() -> None:
    assert blocks(
        "<div>\n<p>一段&amp;<b>粗</b></p>\n</div>\n\n"
        "<table><tr><th>名</th><th>数</th></tr>\n<tr><td>甲</td><td>1</td></tr></table>\n\n"
        "<!-- 注释 -->\n<script>x()</script>\n\n<img src=a.png alt=图二>\n"
    ) == [
        ("paragraph", 0, "一段&粗", 2),
        ("row", 0, "名：甲 | 数：1", 6),
        ("image", 0, "图二", 11),
    ]


def test_front_matter_is_left_out_and_lines_still_count_from_the_top() -> None:
    assert blocks("---\ntitle: 甲\n---\n# 乙\n") == [("heading", 1, "乙", 4)]


def test_plain_text_has_a_title_and_numbered_headings() -> None:
    assert blocks(
        "草原警事\n\n第一章 总则\n一、总体要求\n\n　　要坚持政治建警\n改革强警。\n　　第二段。\n"
        "（一）目标\n安全感上升到\n98.3%。\f三、这一句有逗号,不是标题\n",
        "a.txt",
    ) == [
        ("heading", 1, "草原警事", 1),
        ("heading", 2, "第一章 总则", 3),
        ("heading", 4, "一、总体要求", 4),
        ("paragraph", 0, "要坚持政治建警改革强警。", 6),
        ("paragraph", 0, "第二段。", 8),
        ("heading", 5, "（一）目标", 9),
        ("paragraph", 0, "安全感上升到98.3%。", 10),
        ("paragraph", 0, "三、这一句有逗号,不是标题", 11),
    ]


def test_plain_text_without_wrapped_lines_has_a_paragraph_a_line() -> None:
    assert blocks("第一段话。\n第二段话。\n\n第三段话。", "a.txt") == [
        ("paragraph", 0, "第一段话。", 1),
        ("paragraph", 0, "第二段话。", 2),
        ("paragraph", 0, "第三段话。", 4),
    ]


SIMPLIFIED = "殷殷嘱托,字字千钧。人民群众安全感由90.6%上升到98.3%。"
TRADITIONAL = "索連紅的丈夫是誰?警徽熠熠,護衛平安。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "utf-16"),
        (SIMPLIFIED, "utf-32"),
        (SIMPLIFIED, "gbk"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "gbk"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "big5hkscs"),
    ],
)
def test_an_encoding_is_recognised(text: str, encoding: str) -> None:
    assert read("a.md", text.encode(encoding)).blocks == (Block(BlockKind.PARAGRAPH, 0, text, 1),)


@pytest.mark.parametrize("mark", ["utf-16-be", "utf-16-le"])
def test_a_byte_order_mark_of_either_order_is_read(mark: str) -> None:
    content = ("\ufeff" + SIMPLIFIED).encode(mark)
    assert [block.text for block in read("a.txt", content).blocks] == [SIMPLIFIED]


def test_line_ends_of_every_system_are_the_same() -> None:
    assert blocks("甲。\r\n\r\n乙。\r\r丙。") == blocks("甲。\n\n乙。\n\n丙。")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "report",
            b"x",
            "has a format that is not read (no ending); readable are "
            + ", ".join(sorted(SUFFIXES)),
        ),
        ("a.md", b"\x89PNG\r\n\x1a\n\0\0", "is a picture, though its name ends in .md"),
        ("a.md", b"BM\0\0", "is not a text file: control character U+0000 on line 1"),
        ("a.md", b"BM\0\xff", "is not a text file: it has zero bytes"),
        ("a.md", "好\n\x1b[0m".encode(), "is not a text file: control character U+001B on line 2"),
        (
            "a.md",
            "好\nRésumé à la carte".encode() + b"\xff",
            "is in no encoding that is recognised (byte 0xff on line 2 is not UTF-8, "
            "and it is neither GB 18030 nor Big5); save the file as UTF-8",
        ),
        (
            "a.md",
            b"\xff\xfe\x00",
            "begins as UTF-16 and is not: byte 2 does not fit; save the file as UTF-8",
        ),
    ],
)
def test_what_is_no_report_is_refused(name: str, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableReport) as caught:
        read(name, content)
    assert str(caught.value) == message


@given(content=st.binary(max_size=400), name=st.sampled_from(["a.md", "a.txt"]))
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    try:
        document = read(name, content)
    except UnreadableReport:
        return
    lines = content.count(b"\n") + content.count(b"\r") + len(content) + 1
    assert all(1 <= block.line <= lines for block in document.blocks)


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character in "中文，。“”")


def has_table(source: str) -> bool:
    return any(block[0] == "row" for block in blocks(source))


@given(source=st.text(alphabet="中文,。“”*_`#>-|!<>/br[]()&;\\ \n1.　a", max_size=200))
def test_markdown_invents_no_character(source: str) -> None:
    assume(not has_table(source))  # its rows repeat the names of their columns
    assert letters("".join(block[2] for block in blocks(source))) <= letters(source)


@given(source=st.text(alphabet="中文,。“”*_#>-| \n1.　a", max_size=200))
def test_markdown_loses_no_character_outside_tags_and_links(source: str) -> None:
    assume(not has_table(source))
    assert letters("".join(block[2] for block in blocks(source))) == letters(source)


@given(source=st.text(alphabet="中文字,。；“”（）0aB% \n", max_size=200))
def test_plain_text_loses_no_character(source: str) -> None:
    text = "".join(block[2] for block in blocks(source, "a.txt"))
    assert "".join(text.split()) == "".join(source.split())
