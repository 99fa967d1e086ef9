from __future__ import annotations

from pathlib import Path

import pytest
from docx.document import Document as WordFile
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from knowledge.catalog import load_library
from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.outline import reading
from knowledge.readers import Document, Remark, RemarkKind, Unit, word
from tests.knowledge.making import PROSE, line, number, numbered, part, table, with_parts
from tests.knowledge.making import word as made


def blocks(document: Document) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in document.blocks]


def test_styles_make_title_headings_and_items() -> None:
    def build(file: WordFile) -> None:
        file.add_heading("年度报告", 0)
        file.add_heading("一、回顾", 1)
        file.add_paragraph("正文" + PROSE)
        file.add_heading("（一）稳定", 2)
        file.add_paragraph("巡逻", style="List Bullet")
        file.add_paragraph("排查。", style="List Number")
        file.add_paragraph("整改。", style="List Number")

    document = word.parse(made(build))
    assert blocks(document) == [
        ("heading", 1, "年度报告"),
        ("heading", 2, "一、回顾"),
        ("paragraph", 0, "正文" + PROSE),
        ("heading", 3, "（一）稳定"),
        ("item", 0, "巡逻"),
        ("paragraph", 0, "1. 排查。"),
        ("paragraph", 0, "2. 整改。"),
    ]
    assert [block.line for block in document.blocks] == [1, 2, 3, 4, 5, 6, 7]
    assert (document.unit, document.cut, document.remarks) == (Unit.PARAGRAPH, False, ())


def test_an_outermost_heading_at_the_start_is_the_title_if_the_others_are_numbered() -> None:
    def build(file: WordFile) -> None:
        file.add_heading("工作报告", 1)
        file.add_heading("一、甲", 1)
        file.add_paragraph(PROSE)
        file.add_heading("二、乙", 1)

    assert [(b.level, b.text) for b in word.parse(made(build)).blocks if b.level] == [
        (1, "工作报告"),
        (2, "一、甲"),
        (2, "二、乙"),
    ]


def test_the_only_outermost_heading_is_the_title_if_the_file_begins_with_it() -> None:
    def build(file: WordFile) -> None:
        file.add_heading("工作报告", 1)
        file.add_paragraph(PROSE)

    assert blocks(word.parse(made(build))) == [
        ("heading", 1, "工作报告"),
        ("paragraph", 0, PROSE),
    ]


def test_numbers_that_word_makes_are_part_of_the_text() -> None:
    def build(file: WordFile) -> None:
        own = number(
            file,
            [("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%1.%3")],
        )
        for text, depth in [("甲", 0), ("乙", 1), ("丙", 1), ("丁", 2), ("戊", 0), ("己", 1)]:
            numbered(file, text, own, depth)

    assert [block.text for block in word.parse(made(build)).blocks] == [
        "一、甲", "（一）乙", "（二）丙", "1.1 丁", "二、戊", "（一）己",
    ]  # fmt: skip


def test_rows_keep_the_names_of_their_columns() -> None:
    def build(file: WordFile) -> None:
        own = table(file, [["盟市", "警务室", "备注"], ["包头", "42", ""], ["赤峰", "65", "林区"]])
        own.cell(1, 0).merge(own.cell(2, 0))
        table(file, [["姓名", "刘安"], ["单位", "边境支队"]], bold_head=False)
        table(file, [["框里的一段。"]], bold_head=False)

    assert blocks(word.parse(made(build))) == [
        ("row", 0, "盟市：包头赤峰 | 警务室：42"),
        ("row", 0, "盟市：包头赤峰 | 警务室：65 | 备注：林区"),
        ("row", 0, "姓名 | 刘安"),
        ("row", 0, "单位 | 边境支队"),
        ("paragraph", 0, "框里的一段。"),
    ]


def test_what_changes_or_hides_shows_as_on_the_page() -> None:
    runs = (
        "<w:r><w:t>守边</w:t></w:r>"
        "<w:del><w:r><w:delText>二十</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>23</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>密</w:t></w:r>"
        "<w:hyperlink><w:r><w:t>年</w:t></w:r></w:hyperlink>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:br/><w:t>刘</w:t><w:noBreakHyphen/><w:t>安</w:t></w:r>"
    )

    def build(file: WordFile) -> None:
        body = file.element.body
        body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{runs}</w:p>"))
        inside = f"<w:p><w:r><w:t>{PROSE}</w:t></w:r></w:p>"
        body.insert(
            1, parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent>{inside}</w:sdtContent></w:sdt>")
        )

    assert blocks(word.parse(made(build))) == [
        ("paragraph", 0, "守边23年\n刘-安"),
        ("paragraph", 0, PROSE),
    ]


def test_notes_stay_and_heads_feet_and_contents_are_told() -> None:
    def build(file: WordFile) -> None:
        file.sections[0].header.paragraphs[0].text = "工作简报"
        file.sections[0].footer.paragraphs[0].text = "— 1 —"
        file.styles.add_style("toc 1", 1)
        file.add_paragraph("一、甲 …… 1", style="toc 1")
        paragraph = file.add_paragraph(PROSE)
        paragraph._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>'))
        file.add_paragraph("后文。")

    content = made(build)
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="0" w:type="separator"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>数据截至年底。</w:t></w:r></w:p></w:footnote>'
        "</w:footnotes>"
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    relations = part(content, "word/_rels/document.xml.rels").replace(
        b"</Relationships>",
        f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'.encode(),
    )
    types = part(content, "[Content_Types].xml").replace(
        b"</Types>",
        b'<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.wordprocessingml.footnotes+xml"/></Types>',
    )
    document = word.parse(
        with_parts(
            content,
            {
                "word/footnotes.xml": notes.encode(),
                "word/_rels/document.xml.rels": relations,
                "[Content_Types].xml": types,
            },
        )
    )
    assert blocks(document) == [
        ("paragraph", 0, PROSE),
        ("note", 0, "数据截至年底。"),
        ("paragraph", 0, "后文。"),
    ]
    assert document.remarks == (
        Remark(RemarkKind.RUNNING_HEAD, 1, "工作简报"),
        Remark(RemarkKind.CONTENTS, 1, "一、甲 …… 1"),
        Remark(RemarkKind.FOOTNOTE, 2, "数据截至年底。"),
    )


def office_paper(file: WordFile) -> None:
    """A paper as offices write it: not one style, all told by size and number."""
    line(file, "内蒙古自治区公安厅文件", 36, centred=True)
    line(file, "内公发〔2024〕12号", centred=True)
    line(file, "关于进一步加强公安派出所工作的", 22, bold=True, centred=True)
    line(file, "实施意见", 22, bold=True, centred=True)
    line(file, "各盟市公安局，厅属各单位：")
    line(file, "一、总体要求")
    line(file, PROSE)
    line(file, "一、这一段以序号开头，但它是一句完整的话，不是标题。")
    line(file, "二、主要任务")
    line(file, "（一）夯实基础，提升能力", bold=True)
    line(file, "1.加强警力配置。" + PROSE)
    line(file, "（二）强化保障", bold=True)
    line(file, PROSE)
    line(file, "表1 警务室建设情况", 14)
    table(file, [["盟市", "警务室"], ["包头", "42"], ["赤峰", "65"]])
    line(file, "三、附件")
    line(file, "1.分工表")
    line(file, "2.考核办法")
    line(file, "公安厅")


def test_a_paper_without_styles_gets_the_outline_that_it_shows() -> None:
    made_of = reading(word.parse(made(office_paper)), Description("r"))
    report = made_of.report
    assert report.title == "关于进一步加强公安派出所工作的实施意见"
    assert [
        (" › ".join(report.path(one)), one.number, one.span.of(report.text))
        for one in report.paragraphs
        if one.number
    ] == [
        ("", 1, "内蒙古自治区公安厅文件"),
        ("", 2, "内公发〔2024〕12号"),
        ("", 3, "各盟市公安局，厅属各单位："),
        ("一、总体要求", 1, PROSE),
        ("一、总体要求", 2, "一、这一段以序号开头，但它是一句完整的话，不是标题。"),
        ("二、主要任务 › （一）夯实基础，提升能力", 1, "1.加强警力配置。" + PROSE),
        ("二、主要任务 › （二）强化保障", 1, PROSE),
        ("二、主要任务 › （二）强化保障", 2, "盟市：包头 | 警务室：42"),
        ("二、主要任务 › （二）强化保障", 3, "盟市：赤峰 | 警务室：65"),
        # Nothing but a list stands below it: it is not certain enough to be a heading.
        ("二、主要任务 › （二）强化保障", 4, "三、附件"),
        ("二、主要任务 › （二）强化保障", 5, "1.分工表"),
        ("二、主要任务 › （二）强化保障", 6, "2.考核办法"),
        ("二、主要任务 › （二）强化保障", 7, "公安厅"),
    ]
    assert [(one.kind.value, one.place, one.text) for one in made_of.remarks] == [
        ("heading", 3, "关于进一步加强公安派出所工作的实施意见"),
        ("heading", 6, "一、总体要求"),
        ("heading", 9, "二、主要任务"),
        ("heading", 10, "（一）夯实基础，提升能力"),
        ("heading", 12, "（二）强化保障"),
        ("caption", 14, "表1 警务室建设情况"),
    ]


def test_a_folder_of_word_files_is_a_library(tmp_path: Path) -> None:
    (tmp_path / "paper.docx").write_bytes(made(office_paper))
    (tmp_path / "note.md").write_text("# 题\n\n文。\n", encoding="utf-8")
    library = load_library(tmp_path)
    assert [(report.id, report.title) for report in library.reports] == [
        ("note", "题"),
        ("paper", "关于进一步加强公安派出所工作的实施意见"),
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"word/vbaProject.bin": b"x"}, "has macros; save it as .docx without them"),
        (
            {"[Content_Types].xml": b"<Types/>"},
            "is an archive, but no Word file; save it as .docx from Word",
        ),
        (
            {"word/big.xml": b" " * 40_000_000},
            "is packed 1,028 times smaller than it is, as no document is; it is not unpacked",
        ),
        (
            {f"word/{n}.xml": bytes(100_000) for n in range(2200)},
            "unpacks to 210 MB; 200 MB at most are read",
        ),
    ],
    ids=["macros", "other archive", "bomb", "many small bombs"],
)
def test_an_archive_that_is_no_paper_is_refused(changed: dict[str, bytes], message: str) -> None:
    content = made(lambda file: line(file, PROSE))
    with pytest.raises(UnreadableReport) as caught:
        word.parse(with_parts(content, changed))
    assert str(caught.value) == message


def test_an_outside_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("口令", encoding="utf-8")
    content = made(lambda file: line(file, "正文"))
    document = part(content, "word/document.xml").decode()
    head, body = document.split("?>", 1)
    evil = (
        f'{head}?><!DOCTYPE d [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        + body.replace("正文", "正文&e;")
    )  # fmt: skip
    parsed = word.parse(with_parts(content, {"word/document.xml": evil.encode()}))
    assert [block.text for block in parsed.blocks] == ["正文"]
