from __future__ import annotations

import pytest

from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.outline import reading
from knowledge.readers import Document, RemarkKind, html
from tests.knowledge.making import PROSE


def page(body: str, head: str = "") -> Document:
    return html.parse(
        f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()
    )


def blocks(document: Document) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in document.blocks]


def test_a_page_becomes_the_blocks_that_it_shows() -> None:
    assert blocks(
        page(
            """
<script>var x = "<p>不见</p>";</script><style>p{}</style>
<h1>调研
报告</h1>
<p>守边<b>23</b>年的
刘安&mdash;&amp;<a href=x>同事</a> use
of Python<br>另一行<span style="display:none">隐</span></p>
<p><strong>一、加粗</strong></p>
<div>外<div>内</div>后</div>
<ol start=3><li>甲<p>甲的第二段</p></li><li>乙</li></ol><ul><li>丙</li></ul>
<blockquote>引文</blockquote>
<pre>  a
    b</pre>
<figure><img src=x alt="走访"><figcaption>图为走访。</figcaption></figure>
"""
        )
    ) == [
        ("heading", 1, "调研报告"),
        ("paragraph", 0, "守边23年的刘安—&同事 use of Python\n另一行"),
        ("label", 0, "一、加粗"),
        ("paragraph", 0, "外"),
        ("paragraph", 0, "内"),
        ("paragraph", 0, "后"),
        ("item", 0, "3. 甲"),
        ("item", 0, "甲的第二段"),
        ("item", 0, "4. 乙"),
        ("item", 0, "丙"),
        ("quote", 0, "引文"),
        ("code", 0, "  a\n    b"),
        ("image", 0, "走访"),
        ("caption", 0, "图为走访。"),
    ]


def test_what_stands_behind_the_end_of_a_page_is_read() -> None:
    assert blocks(page("<p>甲</p></body></html><p>乙 1 < 2 & 3</p></td></div>丙")) == [
        ("paragraph", 0, "甲"),
        ("paragraph", 0, "乙 1 < 2 & 3"),
        ("paragraph", 0, "丙"),
    ]


def test_marks_that_point_to_notes_are_no_text() -> None:
    assert blocks(
        page(
            "<p>警务室186个<sup><a href='#n1'>[1]</a></sup>，面积90m<sup>2</sup>"
            "<a href='#n2' class=noteref>②</a>，见<a href='#x'>3</a>。</p>"
            "<p><a class=footnotesym href='#a1'>1</a>截至年底。</p>"
        )
    ) == [("paragraph", 0, "警务室186个，面积90m2，见3。"), ("paragraph", 0, "截至年底。")]


def test_an_old_page_divides_paragraphs_by_line_breaks() -> None:
    assert blocks(page("<div>　　第一段，<br>接着。<br>　　第二段。<br><br>第三段。</div>")) == [
        ("paragraph", 0, "第一段，\n接着。"),
        ("paragraph", 0, "第二段。"),
        ("paragraph", 0, "第三段。"),
    ]


def test_rows_of_a_table_keep_the_names_of_their_columns() -> None:
    document = page(
        """
<table><caption>表1 案件</caption>
<thead><tr><th rowspan=2>盟市<th colspan=2>2023年</tr><tr><th>发案<th>破案</tr></thead>
<tr><td rowspan=2>包头<td>12<td>11</tr><tr><td>13<td></tr><tr><td colspan=3>以上为公安机关统计</tr>
</table>
<table><tr><td><p>版面一。</p><table><tr><td>里</td></tr></table></td><td>版面二。</td></tr></table>
"""
    )
    assert blocks(document) == [
        ("caption", 0, "表1 案件"),
        ("row", 0, "盟市：包头 | 2023年 发案：12 | 2023年 破案：11"),
        ("row", 0, "盟市：包头 | 2023年 发案：13"),
        ("row", 0, "以上为公安机关统计"),
        ("paragraph", 0, "版面一。"),
        ("paragraph", 0, "里"),
        ("paragraph", 0, "版面二。"),
    ]


def test_what_stands_around_the_text_is_left_out_and_told() -> None:
    document = page(
        f"""
<nav><a href=1>首页</a></nav><div role=banner>某网</div>
<ul><li><a href=1>要闻</a><li><a href=2>政策</a><li><a href=3>办事</a></ul>
<h1>题</h1><p>{PROSE}</p><p><a href=x>原文</a></p><footer>版权所有</footer>
"""
    )
    assert blocks(document) == [
        ("heading", 1, "题"),
        ("paragraph", 0, PROSE),
        ("paragraph", 0, "原文"),
    ]
    assert [(one.kind, one.text) for one in document.remarks] == [
        (RemarkKind.SURROUNDINGS, "首页"),
        (RemarkKind.SURROUNDINGS, "某网"),
        (RemarkKind.SURROUNDINGS, "版权所有"),
        (RemarkKind.SURROUNDINGS, "要闻 政策 办事"),
    ]


def test_the_one_article_of_a_page_is_its_text() -> None:
    document = page(f"<div>今日天气</div><article><h1>题</h1><p>{PROSE}</p></article><p>评论</p>")
    assert blocks(document) == [("heading", 1, "题"), ("paragraph", 0, PROSE)]
    assert [(one.kind, one.text) for one in document.remarks] == [
        (RemarkKind.SURROUNDINGS, "今日天气 评论")
    ]


@pytest.mark.parametrize(
    ("body", "blocks_expected"),
    [
        (f"<p>调研报告</p><p>{PROSE}</p>", [("heading", 1, "调研报告"), ("paragraph", 0, PROSE)]),
        (
            f"<h2>一、甲</h2><p>{PROSE}</p>",
            [("heading", 1, "调研报告"), ("heading", 2, "一、甲"), ("paragraph", 0, PROSE)],
        ),
        (f"<p>别的</p><p>{PROSE}</p>", [("paragraph", 0, "别的"), ("paragraph", 0, PROSE)]),
    ],
)
def test_the_title_of_a_page_is_taken_without_its_site(
    body: str, blocks_expected: list[tuple[str, int, str]]
) -> None:
    assert blocks(page(body, "<title>调研报告 - 警网</title>")) == blocks_expected


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("gb2312", "gb18030"),
        ("gbk", "gbk"),
        ("big5", "big5"),
        ("utf-8", "utf-8"),
        ("utf-8", "gb18030"),  # the page errs
        ("no-such", "utf-8"),
        ("", "gbk"),
        ("", "utf-16"),
    ],
)
def test_the_encoding_is_what_the_page_says_if_its_bytes_agree(named: str, codec: str) -> None:
    text = "內蒙古公安機關服務群眾的報告，人民警察。" if codec == "big5" else PROSE
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={named}">' if named else ""
    content = f"<html><head>{meta}</head><body><p>{text}</p></body></html>".encode(codec)
    assert [block.text for block in html.parse(content).blocks] == [text]


def test_a_page_without_headings_gets_the_outline_that_it_shows() -> None:
    made = reading(
        page(
            f"""
<p style="font-size:22pt">实施意见</p>
<p>一、要求</p><p style="font-size:16pt">{PROSE}</p>
<p>二、任务</p><p style="font-size:16pt">{PROSE}</p><p>三、{PROSE}</p>
"""
        ),
        Description("r"),
    )
    report = made.report
    assert report.title == "实施意见"
    assert [(report.path(one), one.number) for one in report.paragraphs if one.number] == [
        (("一、要求",), 1),
        (("二、任务",), 1),
        (("二、任务",), 2),
    ]


def test_a_page_nested_too_deep_is_refused_in_words() -> None:
    with pytest.raises(UnreadableReport) as caught:
        page("<div>" * 100_000 + "底")
    assert str(caught.value) == "nests its elements too deep to be a page; save it anew"


@pytest.mark.parametrize("content", [b"", b" \n", b"<!-- -->", b"<html><body></body></html>"])
def test_a_page_without_text_has_no_blocks(content: bytes) -> None:
    assert html.parse(content).blocks == ()
