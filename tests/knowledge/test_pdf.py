from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.outline import reading
from knowledge.readers import Document, RemarkKind, Unit, Workshop
from knowledge.readers import pdf as reader
from knowledge.readers.extras import reads_scans
from tests.knowledge.making import PROSE, Press, pdf

LONG = PROSE * 5  # 205 characters


def blocks(document: Document) -> list[tuple[str, str, int]]:
    return [(block.kind.value, block.text, block.line) for block in document.blocks]


def remarks(document: Document) -> list[tuple[str, int, str]]:
    return [(one.kind.value, one.place, one.text) for one in document.remarks]


def frame(press: Press, number: int) -> None:
    """What stands on every page."""
    press.line(72, 800, "全区公安工作简报", 9)
    press.line(290, 30, f"— {number} —", 9)


def test_a_paragraph_goes_on_over_page_and_footnote() -> None:
    rest = ""

    def first(press: Press) -> None:
        nonlocal rest
        frame(press, 1)
        press.line(180, 740, "边境警务调研报告", 20)
        top, _ = press.paragraph("一、基本情况", 72, 700, 36)
        top, _ = press.paragraph(LONG, 72, top, 36)
        _, rest = press.paragraph("建设" + LONG, 72, top, 36, most=3)
        press.line(72, 80, "① 数据截至2023年底。", 9)

    def second(press: Press) -> None:
        frame(press, 2)
        top, _ = press.paragraph(rest, 72, 760, 36, indent=0)
        top, _ = press.paragraph("二、主要问题", 72, top, 36)
        press.paragraph(LONG, 72, top, 36)

    def third(press: Press) -> None:
        frame(press, 3)
        press.paragraph(LONG, 72, 760, 36)

    document = reader.parse(pdf(first, second, third))
    assert document.unit is Unit.PAGE
    assert blocks(document) == [
        ("paragraph", "边境警务调研报告", 1),
        ("paragraph", "一、基本情况", 1),
        ("paragraph", LONG, 1),
        ("paragraph", "建设" + LONG, 1),
        ("note", "① 数据截至2023年底。", 1),
        ("paragraph", "二、主要问题", 2),
        ("paragraph", LONG, 2),
        ("paragraph", LONG, 3),
    ]
    end = ("建设" + LONG).index(rest)
    joint = ("建设" + LONG)[end - 12 : end + 12]
    assert remarks(document) == [
        *(("running_head", page, "全区公安工作简报") for page in (1, 2, 3)),
        *(("page_number", page, f"— {page} —") for page in (1, 2, 3)),
        ("footnote", 1, "① 数据截至2023年底。"),
        ("joined", 2, joint),
    ]
    report = reading(document, Description("r")).report
    assert report.title == "边境警务调研报告"
    assert [(report.path(one), one.number) for one in report.paragraphs if one.number] == [
        (("一、基本情况",), 1),
        (("一、基本情况",), 2),
        (("一、基本情况",), 3),
        (("二、主要问题",), 1),
        (("二、主要问题",), 2),
    ]


@pytest.mark.parametrize("right", [310, 290])  # browsers leave a character's width between them
def test_two_columns_are_read_one_after_the_other(right: float) -> None:
    rest = ""

    def page(press: Press) -> None:
        nonlocal rest
        press.line(150, 780, "这个标题横跨两栏的全部宽度", 22)
        top, _ = press.paragraph("甲" + LONG, 60, 730, 18)
        top, rest = press.paragraph("乙" + LONG, 60, top, 18, most=5)
        top, _ = press.paragraph(rest, right, 730, 18, indent=0)
        press.paragraph("丙" + LONG, right, top, 18)

    document = reader.parse(pdf(page))
    assert [text for _, text, _ in blocks(document)] == [
        "这个标题横跨两栏的全部宽度", "甲" + LONG, "乙" + LONG, "丙" + LONG,
    ]  # fmt: skip
    assert [one.kind for one in document.remarks] == [RemarkKind.JOINED]


def test_names_in_a_list_are_read_row_by_row() -> None:
    names = ["刘安国", "马春雨", "郑光照", "王小明", "李长青", "赵一"]

    def page(press: Press) -> None:
        for row in range(8):
            for place, name in enumerate(names):
                press.line(60 + 48 * place, 730 - 19 * row, name)

    text = "".join(block.text for block in reader.parse(pdf(page)).blocks)
    assert text.replace(" ", "") == "".join(names) * 8


def test_rows_of_a_ruled_table_keep_their_header_over_the_page() -> None:
    def first(press: Press) -> None:
        top, _ = press.paragraph(LONG, 72, 760, 36)
        press.line(72, top - 10, "表1 警务室建设情况")
        press.grid([["盟市", "警务室", "民警"], ["包头", "42", "310"]], 72, top - 20)

    def second(press: Press) -> None:
        top = press.grid([["赤峰", "65", ""], ["通辽", "18", "126"]], 72, 760)
        press.paragraph(LONG, 72, top - 30, 36)

    document = reader.parse(pdf(first, second))
    assert blocks(document) == [
        ("paragraph", LONG, 1),
        ("paragraph", "表1 警务室建设情况", 1),
        ("row", "盟市：包头 | 警务室：42 | 民警：310", 1),
        ("row", "盟市：赤峰 | 警务室：65", 2),
        ("row", "盟市：通辽 | 警务室：18 | 民警：126", 2),
        ("paragraph", LONG, 2),
    ]
    made = reading(document, Description("r"))
    assert [(one.kind.value, one.text) for one in made.remarks] == [
        ("caption", "表1 警务室建设情况")
    ]


@pytest.mark.parametrize(
    ("rows", "indent", "expected"),
    [
        (
            [["盟市", "警务室", "民警"], ["包头市", "42", "310"], ["赤峰市", "", "488"]],
            0,
            ["盟市：包头市 | 警务室：42 | 民警：310", "盟市：赤峰市 | 民警：488"],
        ),
        (  # heads in the middle of their columns, above none of the cells
            [["盟市", "警务室"], ["包头", "42"], ["赤峰", "65"]],
            60,
            ["盟市：包头 | 警务室：42", "盟市：赤峰 | 警务室：65"],
        ),
    ],
)
def test_rows_without_rules_are_a_table_if_they_stand_in_columns(
    rows: list[list[str]], indent: int, expected: list[str]
) -> None:
    def page(press: Press) -> None:
        top, _ = press.paragraph(LONG, 72, 760, 36)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                left = 80 + 160 * column + (0 if number else indent)
                press.line(left, top - 20 - 20 * number, text)
        press.paragraph(LONG, 72, top - 90, 36)

    assert blocks(reader.parse(pdf(page))) == [
        ("paragraph", LONG, 1),
        *(("row", text, 1) for text in expected),
        ("paragraph", LONG, 1),
    ]


def test_contents_watermarks_and_marks_of_lists_are_known() -> None:
    def page(press: Press) -> None:
        press.line(280, 780, "目录")
        press.line(72, 760, "一、基本情况" + "." * 30 + "1")
        press.line(72, 740, "二、问题" + "…" * 10 + " 2")
        press.line(72, 700, "• 巡逻防控")
        press.line(72, 680, "• 视频监控")
        press.paragraph(LONG, 72, 640, 36)
        press.canvas.saveState()
        press.canvas.rotate(45)
        press.line(400, 100, "内部资料", 40)
        press.canvas.restoreState()

    document = reader.parse(pdf(page))
    assert blocks(document) == [
        ("item", "巡逻防控", 1),
        ("item", "视频监控", 1),
        ("paragraph", LONG, 1),
    ]
    assert remarks(document) == [
        ("running_head", 1, "内部资料"),
        ("contents", 1, "目录"),
        ("contents", 1, "一、基本情况" + "." * 30 + "1"),
        ("contents", 1, "二、问题" + "…" * 10 + " 2"),
    ]


def test_english_words_keep_their_spaces_and_lose_their_hyphens() -> None:
    def page(press: Press) -> None:
        press.canvas.setFont("Helvetica", 12)
        for number, text in enumerate(
            (
                "The report says that, in 2023, police sta-",
                "tions served 3,562 herders. It does not say more",
            )
        ):
            press.canvas.drawString(72, 700 - 16 * number, text)

    assert [text for _, text, _ in blocks(reader.parse(pdf(page)))] == [
        "The report says that, in 2023, police stations served 3,562 herders. It does not say more"
    ]


def scan(press: Press) -> None:
    """A page that is a picture."""
    picture = io.BytesIO()
    Image.new("L", (60, 80), 200).save(picture, "PNG")
    press.canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)


def test_short_lines_stay_apart_and_marks_of_notes_go() -> None:
    def page(press: Press) -> None:
        left = 72.0
        for text, size in (("警务室共186个", 12), ("1", 7), ("，面积90m", 12), ("2", 7)):
            press.line(left, 700 if size == 12 else 704, text, size)
            left += press.canvas.stringWidth(text)
        press.line(72, 680, "第二段文字说明情况。")

    texts = [text for _, text, _ in blocks(reader.parse(pdf(page)))]
    assert texts == ["警务室共186个，面积90m2", "第二段文字说明情况。"]


def recognised(*texts: str) -> bytes:
    """A PDF of one page: a picture of these lines."""

    def page(press: Press) -> None:
        for number, text in enumerate(texts):
            press.canvas.setFont("Helvetica", 24)
            press.canvas.drawString(72, 700 - 48 * number, text)

    file = pypdfium2.PdfDocument(pdf(page))
    content = io.BytesIO()
    file[0].render(scale=2).to_pil().convert("L").save(content, "PDF", resolution=144)
    file.close()
    return content.getvalue()


def test_a_scanned_page_is_recognised() -> None:
    if not reads_scans():
        pytest.skip("the extra ocr has no wheels for this machine")
    with Workshop() as workshop:  # with its limits, no environment and no right to write
        document = workshop.read("a.pdf", recognised("Report 2023", "186 stations, 3562 herders."))
    assert blocks(document) == [
        ("paragraph", "Report 2023", 1),
        ("paragraph", "186 stations, 3562 herders.", 1),
    ]
    assert remarks(document) == [("recognised_page", 1, "")]


@pytest.fixture
def no_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "reads_scans", lambda: False)


@pytest.mark.usefixtures("no_recognition")
def test_a_page_that_is_a_picture_is_told() -> None:
    document = reader.parse(pdf(lambda press: press.line(72, 700, "正文一段。"), scan))
    assert blocks(document) == [("paragraph", "正文一段。", 1)]
    assert remarks(document) == [("picture_page", 2, "")]


@pytest.mark.usefixtures("no_recognition")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            pdf(scan, scan),
            "is a scan: its 2 page(s) are pictures without text; run it through a program for "
            "text recognition and send what that makes",
        ),
        (pdf(scan, encrypt="x"), "is encrypted; save it without a password"),
        (pdf(scan)[:700], "is damaged or no PDF; print it to a PDF anew"),
        (
            pdf(*[lambda press: None] * 1001),
            "has 1,001 pages; 1,000 at most are read: divide it",
        ),
    ],
    ids=["scan", "encrypted", "truncated", "endless"],
)
def test_a_pdf_that_cannot_be_read_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableReport) as caught:
        reader.parse(content)
    assert str(caught.value) == message


def test_the_same_line_at_the_top_of_two_pages_of_prose_is_text() -> None:
    document = reader.parse(pdf(*[lambda press: press.paragraph(LONG, 72, 760, 36) and None] * 2))
    assert [text for _, text, _ in blocks(document)] == [LONG, LONG]
