from __future__ import annotations

import pytest

from knowledge.errors import UnreadableReport
from knowledge.readers import Document, RemarkKind, Unit, epub
from tests.knowledge.making import PROSE, book, with_parts


def blocks(document: Document) -> list[tuple[str, int, str, int]]:
    return [(block.kind.value, block.level, block.text, block.line) for block in document.blocks]


def test_the_chapters_of_a_book_follow_each_other_under_its_title() -> None:
    document = epub.parse(
        book(
            {
                "nav.xhtml": "<nav><ol><li>第一章</li></ol></nav>",
                "a.xhtml": f"<h1>第一章 边境</h1><p>{PROSE}</p>"
                '<aside epub:type="footnote">数据截至年底。</aside>',
                "b c.xhtml": f"<h1>第二章 草原</h1><h2>一、人</h2><p>{PROSE}</p>",
            },
            "草原警事",
        )
    )
    assert document.unit is Unit.CHAPTER
    assert blocks(document) == [
        ("heading", 1, "草原警事", 1),
        ("heading", 2, "第一章 边境", 1),
        ("paragraph", 0, PROSE, 1),
        ("note", 0, "数据截至年底。", 1),
        ("heading", 2, "第二章 草原", 2),
        ("heading", 3, "一、人", 2),
        ("paragraph", 0, PROSE, 2),
    ]
    assert [(one.kind, one.place, one.text) for one in document.remarks] == [
        (RemarkKind.FOOTNOTE, 1, "数据截至年底。")
    ]


@pytest.mark.parametrize("title", ["", "Unknown Title", "草原警事"])
def test_a_book_that_is_one_report_keeps_its_own_title(title: str) -> None:
    document = epub.parse(book({"a.xhtml": f"<h1>草原警事</h1><p>{PROSE}</p>"}, title))
    assert blocks(document) == [("heading", 1, "草原警事", 1), ("paragraph", 0, PROSE, 1)]


_PROTECTED = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
 xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:CipherData>
 <enc:CipherReference URI="OPS/{name}"/></enc:CipherData></enc:EncryptedData></encryption>"""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"OPS/book.opf": b"<package"}, "is damaged in its part OPS/book.opf; save it anew"),
        (
            {"OPS/book.opf": b"<package/>"},
            "lists no chapter; save the book anew",
        ),
        (
            {"META-INF/container.xml": b'<c><rootfile full-path="../x"/></c>'},
            "has no part ../x; save it anew",
        ),
        (
            {"META-INF/encryption.xml": _PROTECTED.format(name="text/a.xhtml").encode()},
            "is copy-protected; only a book without protection is read",
        ),
    ],
)
def test_a_book_that_cannot_be_read_is_refused(changed: dict[str, bytes], message: str) -> None:
    with pytest.raises(UnreadableReport) as caught:
        epub.parse(with_parts(book({"a.xhtml": f"<p>{PROSE}</p>"}), changed))
    assert str(caught.value) == message


def test_hidden_fonts_do_not_make_a_book_protected() -> None:
    content = with_parts(
        book({"a.xhtml": f"<p>{PROSE}</p>"}),
        {"META-INF/encryption.xml": _PROTECTED.format(name="fonts/a.otf").encode()},
    )
    assert [block.text for block in epub.parse(content).blocks] == [PROSE]
