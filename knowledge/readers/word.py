"""How is a Word file (.docx) read? Its paragraphs, tables and notes, as they show on the page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import docx
from docx.document import Document as WordFile
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from knowledge.errors import UnreadableReport
from knowledge.readers import archive, tables
from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind, Unit
from knowledge.readers.numbering import Numbering
from knowledge.readers.seams import joined

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TEMPLATE = "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"
_NOTES = {
    qn("w:footnoteReference"): "footnotes",
    qn("w:endnoteReference"): "endnotes",
}
# What holds paragraphs, or runs of one, and is nothing itself.
_WRAPPERS = frozenset(map(qn, (
    "w:ins", "w:moveTo", "w:smartTag", "w:customXml", "w:sdt", "w:sdtContent", "w:hyperlink",
    "w:fldSimple", "w:dir", "w:bdo",
)))  # fmt: skip
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-"}
_CONTENTS_STYLE = re.compile("toc ?(?:[1-9]|heading)$|目录 ?[1-9]$", re.IGNORECASE)
_TITLE_STYLES = frozenset(("title", "标题", "文档标题"))
_HEADING_STYLE = re.compile("(?:heading|标题) ?([1-9])$", re.IGNORECASE)
_NUMBERED = re.compile("第|[一二三四五六七八九十\\d(（]")
_LETTER = re.compile("[^\\W\\d_]")


def parse(content: bytes) -> Document:
    """Read a Word file; a place is a paragraph's number, tables' rows counted as well.

    Text in boxes and in notes follows the paragraph that it hangs on. Deleted and hidden text,
    comments and the table of contents are left out. Raises ``UnreadableReport`` for a file with
    macros, or one that is no Word file.
    """
    with archive.opened(content) as unpacked:
        types = archive.part(unpacked, "[Content_Types].xml")
        if b"macroEnabled" in types or any(
            name.lower().endswith("vbaproject.bin") for name in unpacked.namelist()
        ):
            raise UnreadableReport("has macros; save it as .docx without them")
        if _MAIN.encode() not in types and _TEMPLATE.encode() not in types:
            raise UnreadableReport("is an archive, but no Word file; save it as .docx from Word")
    file = docx.Document(io.BytesIO(content))
    walk = _Walk(file)
    for element in file.element.body:
        walk.element(element)
    return Document(
        tuple(_with_levels(walk.blocks)),
        (*_running_heads(file), *walk.remarks),
        Unit.PARAGRAPH,
        cut=False,
    )


class _Walk:
    """One pass over the body, in reading order."""

    def __init__(self, file: WordFile) -> None:
        self.file = file
        self.blocks: list[Block] = []
        self.remarks: list[Remark] = []
        self.place = 0
        self.numbering = Numbering.of(_numbering_element(file))
        self.notes = {kind: _notes(file, kind) for kind in _NOTES.values()}
        self.size = _default_size(file)
        self._styles: dict[str, list[ParagraphStyle]] = {}  # looking one up takes a millisecond

    def element(self, element: Element) -> None:
        """Read a child of the body: a paragraph, a table, or something around them."""
        if element.tag == qn("w:p"):
            self.paragraph(element)
        elif element.tag == qn("w:tbl"):
            self.table(element)
        elif element.tag in _WRAPPERS:
            for child in element:
                self.element(child)

    def add(self, kind: BlockKind, text: str, level: int = 0, size: float = 0.0) -> None:
        self.blocks.append(Block(kind, level, text, self.place, size))

    # paragraphs

    def paragraph(self, element: Element) -> None:
        self.place += 1
        styles = self.styles(element)
        text = _text(element)
        number = self.number(element, styles)
        if any(_CONTENTS_STYLE.match(style.name or "") for style in styles):
            if text:
                self.remarks.append(Remark(RemarkKind.CONTENTS, self.place, text))
            return
        if text:
            level = _outline_level(element, styles)
            if level:
                self.add(BlockKind.HEADING, number + text.replace("\n", " "), level)
            elif number == _BULLET:
                self.add(BlockKind.ITEM, text)
            else:
                size, bold = self.look(element, styles)
                kind = BlockKind.LABEL if bold else BlockKind.PARAGRAPH
                self.add(kind, number + text, size=size)
        if any(True for _ in element.iter(qn("w:drawing"), qn("w:pict"))):
            self.hanging(element)
        for reference in element.iter(*_NOTES):
            note = self.notes[_NOTES[reference.tag]].get(reference.get(qn("w:id")), "")
            if note:
                self.add(BlockKind.NOTE, note)
                self.remarks.append(Remark(RemarkKind.FOOTNOTE, self.place, note))

    def styles(self, element: Element) -> list[ParagraphStyle]:
        """A paragraph's style and those that it is based on, the nearest first."""
        named = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        name = "" if named is None else named.get(qn("w:val"), "")
        if name not in self._styles:
            body = self.file._body  # noqa: SLF001 - has no public name
            self._styles[name] = list(_bases(Paragraph(element, body).style))
        return self._styles[name]

    def hanging(self, element: Element) -> None:
        """Read the pictures and boxes of text that are anchored in a paragraph."""
        found = element.iter(qn("w:txbxContent"))
        boxes = [box for box in found if not _is_fallback(box, element)]
        if not boxes or any(True for _ in element.iter(qn("a:blip"))):
            self.add(BlockKind.IMAGE, "")
        for box in boxes:
            for child in box:
                self.element(child)

    def number(self, element: Element, styles: list[ParagraphStyle]) -> str:
        """What Word shows before the paragraph: its number, ``_BULLET`` or nothing."""
        number, depth = "", 0
        for properties in _properties(element, styles):
            found = properties.find(qn("w:numPr"))
            if found is None:
                continue
            identity, level = found.find(qn("w:numId")), found.find(qn("w:ilvl"))
            depth = depth or int(level.get(qn("w:val"), "0") if level is not None else "0")
            if identity is not None:
                number = identity.get(qn("w:val"), "")
                break
        if not number or number == "0":
            return ""
        shown = self.numbering.next(number, depth)
        if not shown:
            return _BULLET if self.numbering.is_bullet(number, depth) else ""
        return shown if shown[-1] in "、）)" else shown + " "

    def look(self, element: Element, styles: list[ParagraphStyle]) -> tuple[float, bool]:
        """The height of most of a paragraph's letters, in points, and whether all are bold."""
        sizes: dict[float, int] = {}
        bold = True
        of_style = next((s.font.size.pt for s in styles if s.font.size), self.size)
        bold_style = next((s.font.bold for s in styles if s.font.bold is not None), False)
        for run in element.iter(qn("w:r")):
            text = "".join(part.text or "" for part in run.iter(qn("w:t"))).strip()
            if not text:
                continue
            properties = run.find(qn("w:rPr"))
            height = None if properties is None else properties.find(qn("w:sz"))
            size = of_style if height is None else _half_points(height)
            sizes[size] = sizes.get(size, 0) + len(text)
            mark = None if properties is None else properties.find(qn("w:b"))
            bold &= bold_style if mark is None else _is_on(mark)
        return max(sizes, key=lambda size: sizes[size], default=of_style), bold and bool(sizes)

    # tables

    def table(self, element: Element) -> None:
        grid: list[list[tables.Cell]] = []
        marked = 0
        for row in element.iter(qn("w:tr")):
            if next(row.iterancestors(qn("w:tbl"))) is not element:
                continue  # of a table inside a cell, whose text is in that cell
            grid.append(self.row(row, grid[-1] if grid else []))
            header = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}")
            if header is not None and _is_on(header) and marked == len(grid) - 1:
                marked = len(grid)
        if max((len(row) for row in grid), default=0) < 2:
            for paragraph in element.iter(qn("w:p")):  # a frame around text
                self.paragraph(paragraph)
            return
        heads = marked if 0 < marked < len(grid) else tables.heads_of(grid)
        for text in tables.rows(grid, heads):
            self.place += 1
            if text:
                self.add(BlockKind.ROW, text)

    def row(self, row: Element, above: list[tables.Cell]) -> list[tables.Cell]:
        cells: list[tables.Cell] = []
        for element in _cells(row):
            properties = element.find(qn("w:tcPr"))
            merge = None if properties is None else properties.find(qn("w:vMerge"))
            span = None if properties is None else properties.find(qn("w:gridSpan"))
            width = min(max(int(span.get(qn("w:val"), "1")), 1), 100) if span is not None else 1
            goes_on = merge is not None and merge.get(qn("w:val")) != "restart"
            if goes_on and len(cells) < len(above):
                cell = above[len(cells)]
            else:
                paragraphs = [one for one in element.iter(qn("w:p")) if _text(one)]
                text = joined([part for one in paragraphs for part in _text(one).split("\n")])
                looks = [self.look(one, self.styles(one)) for one in paragraphs]
                cell = tables.Cell(text, bool(looks) and all(bold for _, bold in looks))
            cells += [cell] * width
        return cells


_BULLET = "•"


def _cells(row: Element) -> Iterator[Element]:
    for element in row:
        if element.tag == qn("w:tc"):
            yield element
        elif element.tag in _WRAPPERS:
            yield from _cells(element)


def _text(element: Element) -> str:
    return "".join(_pieces(element)).strip()


def _pieces(element: Element) -> Iterator[str]:
    """The text of a paragraph: not what is deleted, hidden, or in a box that hangs on it."""
    for child in element:
        tag = child.tag
        if tag == qn("w:r"):
            hidden = child.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
            if hidden is None or not _is_on(hidden):
                yield from _pieces(child)
        elif tag in (qn("w:t"), qn("m:t")):
            yield child.text or ""
        elif tag in _BREAKS:
            is_page = child.get(qn("w:type")) in ("page", "column")
            yield "" if is_page else _BREAKS[tag]
        elif tag in _WRAPPERS or (isinstance(tag, str) and tag.startswith("{" + _MATHS)):
            yield from _pieces(child)


_MATHS = qn("m:t")[1:].partition("}")[0]


def _is_fallback(box: Element, element: Element) -> bool:
    """Whether a box is the second version of another, for old programs."""
    for ancestor in box.iterancestors():
        if ancestor is element:
            return False
        if ancestor.tag == _COMPATIBLE + "Fallback":
            return True
    return False


def _bases(style: object) -> Iterator[ParagraphStyle]:
    seen = set()
    while isinstance(style, ParagraphStyle) and style.style_id not in seen:
        seen.add(style.style_id)
        yield style
        style = style.base_style


def _properties(element: Element, styles: list[ParagraphStyle]) -> Iterator[Element]:
    for one in (element, *(style.element for style in styles)):
        found = one.find(qn("w:pPr"))
        if found is not None:
            yield found


def _outline_level(element: Element, styles: list[ParagraphStyle]) -> int:
    """0 for text, 1 for the title, 2 for an outermost heading and so on."""
    names = [(style.name or "").lower() for style in styles]
    if any(name in _TITLE_STYLES for name in names):
        return 1
    for properties in _properties(element, styles):
        found = properties.find(qn("w:outlineLvl"))
        if found is not None:
            level = int(found.get(qn("w:val"), "9"))
            return level + 2 if level < 9 else 0
    heading = next(filter(None, map(_HEADING_STYLE.match, names)), None)
    return int(heading[1]) + 1 if heading else 0


def _with_levels(blocks: list[Block]) -> list[Block]:
    """The blocks, the title made out where it has the style of an outermost heading.

    It is the heading that the file begins with, if it is the only outermost one or the others are
    numbered and it is not.
    """
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    if not headings or headings[0] is not blocks[0] or any(one.level == 1 for one in headings):
        return blocks
    outermost = [block for block in headings if block.level == 2]
    first, *others = outermost or [headings[0]]
    alone = not others
    apart = not _NUMBERED.match(first.text) and all(_NUMBERED.match(one.text) for one in others)
    if first is not blocks[0] or not (alone or (others and apart)):
        return blocks
    return [Block(BlockKind.HEADING, 1, first.text, first.line), *blocks[1:]]


def _half_points(element: Element) -> float:
    try:
        return float(element.get(qn("w:val"))) / 2
    except (TypeError, ValueError):
        return 0.0


def _is_on(element: Element) -> bool:
    return element.get(qn("w:val"), "1") not in ("0", "false", "off")


def _default_size(file: WordFile) -> float:
    found = file.styles.element.find(
        "/".join(map(qn, ("w:docDefaults", "w:rPrDefault", "w:rPr", "w:sz")))
    )
    return 10.0 if found is None else _half_points(found)


def _numbering_element(file: WordFile) -> Element | None:
    return next(
        (
            relation.target_part.element
            for relation in file.part.rels.values()
            if relation.reltype.endswith("/numbering") and not relation.is_external
        ),
        None,
    )


def _notes(file: WordFile, kind: str) -> dict[str, str]:
    """The text of each footnote, or endnote, by its id."""
    notes = {}
    for relation in file.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(f"/{kind}"):
            continue
        for note in parse_xml(relation.target_part.blob).iter(qn(f"w:{kind[:-1]}")):
            if note.get(qn("w:type"), "normal") == "normal":
                text = joined(list(filter(None, map(_text, note.iter(qn("w:p"))))))
                notes[note.get(qn("w:id"))] = text
    return notes


def _running_heads(file: WordFile) -> list[Remark]:
    """The texts of heads and feet, each once; numbers of pages say nothing and are not told."""
    texts: dict[str, None] = {}
    for section in file.sections:
        for part in (
            section.header, section.first_page_header, section.even_page_header,
            section.footer, section.first_page_footer, section.even_page_footer,
        ):  # fmt: skip
            if part.is_linked_to_previous:
                continue
            for paragraph in part._element.iter(qn("w:p")):  # noqa: SLF001 - boxes and tables too
                text = _text(paragraph)
                if len(_LETTER.findall(text)) > 2:
                    texts[text] = None
    return [Remark(RemarkKind.RUNNING_HEAD, 1, text) for text in texts]
