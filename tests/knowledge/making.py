"""Which documents do the tests read? Made here, with the libraries that make them elsewhere."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docx
from docx.document import Document as WordFile
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt
from docx.table import Table
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

PROSE = "全区公安机关坚持以人民为中心的发展思想，全面推进基层基础建设，群众安全感持续提升。"


def word(build: Callable[[WordFile], None]) -> bytes:
    """A Word file that ``build`` has written into."""
    file = docx.Document()
    build(file)
    content = io.BytesIO()
    file.save(content)
    return content.getvalue()


def line(
    file: WordFile, text: str, size: float = 16, *, bold: bool = False, centred: bool = False
) -> None:
    """A paragraph without a style of its own, as most Word files in offices have them."""
    paragraph = file.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.bold = bold
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def number(file: WordFile, levels: Iterable[tuple[str, str]]) -> str:
    """The id of a new list of the file, whose levels have these forms and texts."""
    rules = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'{"<w:isLgl/>" if depth > 1 else ""}<w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (form, text) in enumerate(levels)
    )
    numbering = file.part.numbering_part.element
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{rules}</w:abstractNum>'
    )
    numbering.insert(0, abstract)
    return str(numbering.add_num(90).numId)


def numbered(file: WordFile, text: str, list_id: str, depth: int = 0) -> None:
    """A paragraph that Word puts the next number of a list before."""
    properties = file.add_paragraph(text)._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = depth
    properties.get_or_add_numId().val = int(list_id)


def table(file: WordFile, rows: list[list[str]], *, bold_head: bool = True) -> Table:
    """A table of these texts."""
    made: Table = file.add_table(rows=len(rows), cols=len(rows[0]))
    for row, texts in zip(made.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            run = cell.paragraphs[0].add_run(text)
            run.bold = bold_head and texts is rows[0]
    return made


FONT = "STSong-Light"  # every PDF reader knows its characters, so no font file is needed


@dataclass(slots=True)
class Press:
    """Sets the pages of a PDF, line by line, in characters of one size."""

    canvas: Canvas
    size: float = 12.0

    def line(self, left: float, y: float, text: str, size: float = 0.0) -> None:
        """One line of text whose baseline begins there."""
        self.canvas.setFont(FONT, size or self.size)
        self.canvas.drawString(left, y, text)

    def paragraph(
        self, text: str, left: float, top: float, width: int, *, indent: int = 2, most: int = 99
    ) -> tuple[float, str]:
        """Set text in lines of ``width`` characters; the next baseline, and what found no room."""
        room = width - indent
        start = left + indent * self.size
        for _ in range(most):
            if not text:
                break
            self.line(start, top, text[:room])
            text, room, start, top = text[room:], width, left, top - 1.6 * self.size
        return top, text

    def grid(self, rows: list[list[str]], left: float, top: float, width: float = 90) -> float:
        """A ruled table; where its lower edge is."""
        height = 20.0
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                self.canvas.rect(left + column * width, top - (number + 1) * height, width, height)
                self.line(left + column * width + 4, top - (number + 1) * height + 6, text)
        return top - len(rows) * height


def pdf(*pages: Callable[[Press], None], encrypt: str | None = None) -> bytes:
    """A PDF of A4 pages, each set by one function."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4, encrypt=encrypt, invariant=True)
    for page in pages:
        page(Press(canvas))
        canvas.showPage()
    canvas.save()
    return content.getvalue()


def book(chapters: dict[str, str], title: str = "") -> bytes:
    """An electronic book of these chapters: the bodies of pages by their file names."""
    items = "".join(
        f'<item id="i{n}" href="text/{name}" media-type="application/xhtml+xml"'
        + (' properties="nav"/>' if name == "nav.xhtml" else "/>")
        for n, name in enumerate(chapters)
    )
    references = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": "<container "
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf">'
        f'<metadata><title xmlns="http://purl.org/dc/elements/1.1/">{title}</title></metadata>'
        f"<manifest>{items}</manifest><spine>{references}</spine></package>",
    }
    for name, body in chapters.items():
        parts[f"OPS/text/{name}"] = (
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
            'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>c</title></head>'
            f"<body>{body}</body></html>"
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def with_parts(content: bytes, parts: dict[str, bytes]) -> bytes:
    """A zip archive with some of its parts replaced, or added."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part, zipfile.ZIP_DEFLATED)
    return changed.getvalue()


def part(content: bytes, name: str) -> bytes:
    """One part of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


@contextmanager
def folder() -> Iterator[Path]:
    """A new empty folder for each example of a property."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)
