"""How is a PDF read? By where its characters stand: lines, columns, paragraphs and ruled tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.errors import UnreadableReport
from knowledge.readers import tables
from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind, Unit
from knowledge.readers.extras import reads_scans
from knowledge.readers.pdf.aligned import parted
from knowledge.readers.pdf.columns import columns
from knowledge.readers.pdf.grids import Grid, grids
from knowledge.readers.pdf.lines import Line, lines
from knowledge.readers.pdf.pages import Box, pages
from knowledge.readers.pdf.paragraphs import Paragraph, are_indented, joined_across, paragraphs
from knowledge.readers.pdf.running import usual_size, without_running
from knowledge.readers.pdf.scans import Recogniser
from knowledge.readers.seams import joined

_MOST_SCANNED = 40  # pages; each takes three seconds, on a busy machine ten
_MOST_UNKNOWN = 0.3  # of the characters, that a font may show without saying which they are
_NOTE_SIZE = 0.92  # of the size of the text; notes are set smaller
_NOTE = re.compile(r"[①-⑳⓪*＊†‡]|[\[［〔(（]?\d{1,3}[\]］〕)）.．、]?(?!\d*[年月日])|注[:：]")
_LEADERS = re.compile(r"(?:[.．…·‥]\s*){4,}\s*\d{1,4}$")
_BULLET = re.compile("[•●■◆▪◦‣○□] *(?=.)")
_CAPTION = re.compile(
    "^(?:[▲△▼▽]|[(（]?(?:上|下|左|右|资料)?图(?:为|[ \\d一二三四五六七八九十:：])).{0,80}$"
    "|^.{0,80}(?:摄|摄影|供图)[)）]?。?$"
)
_SMALLEST_FIGURE, _LARGEST_FIGURE = 40.0, 700.0  # points
_CONTENTS = re.compile(r"目\s*[录錄]|contents", re.IGNORECASE)


@dataclass(slots=True)
class _Table:
    """A table, which may go on over pages; each row with its page."""

    rows: list[tuple[tables.Cell, ...]]
    pages: list[int]

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.rows[0])

    @property
    def ends(self) -> int:
        """The page of its last row."""
        return self.pages[-1]


_Flowing = Paragraph | Block | _Table


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One page as it is read: what remains of its lines, and its tables."""

    lines: list[Line]
    grids: list[Grid]
    pictures: tuple[Box, ...]
    width: float
    height: float


def parse(content: bytes) -> Document:
    """Read a PDF that has text; a place is a page.

    Running heads, page numbers and the table of contents are left out and told. Pages that are
    pictures are recognised where the extra ``ocr`` is installed. Raises ``UnreadableReport``, for a
    PDF of nothing but such pages too where it is not.
    """
    leaves: list[_Leaf] = []
    remarks: list[Remark] = []
    pictures: list[int] = []
    characters: Counter[bool] = Counter()  # by whether one knows what they are
    scans = _Scans()
    for page, drawn in pages(content):
        found, rest = grids(page.rules, page.glyphs)
        leaf = _Leaf(lines(rest), found, page.pictures, page.width, page.height)
        characters.update(map(_is_unknown, "".join(glyph.text for glyph in page.glyphs)))
        if page.pictures and not leaf.lines and not leaf.grids:
            if own := scans.lines(drawn):
                leaf = _Leaf(own, [], (), page.width, page.height)
                remarks.append(Remark(RemarkKind.RECOGNISED_PAGE, page.number, ""))
            else:
                pictures.append(page.number)
        leaves.append(leaf)
        if aslant := page.aslant.strip():
            remarks.append(Remark(RemarkKind.RUNNING_HEAD, page.number, aslant))
    if not scans.count:
        _check(characters, pictures, len(leaves))
    remarks += (Remark(RemarkKind.PICTURE_PAGE, number, "") for number in pictures)
    kept, running = without_running(
        [leaf.lines for leaf in leaves], [leaf.height for leaf in leaves]
    )
    remarks += running
    usual = usual_size(kept)
    indented = False
    flow: list[_Flowing] = []
    for number, (leaf, own) in enumerate(zip(leaves, kept, strict=True), start=1):
        text, notes = _notes(own, usual)
        text, contents = _contents(text)
        remarks += (Remark(RemarkKind.CONTENTS, number, line.text) for line in contents)
        marks: dict[str, Grid | Box] = {f"\0{n}": grid for n, grid in enumerate(leaf.grids)}
        marks |= {f"\1{n}": box for n, box in enumerate(leaf.pictures) if _is_figure(box)}
        for column in columns([*text, *map(_stand_in, marks.items())], leaf.width):
            for part in parted(column):
                if isinstance(part, Grid):
                    _add_table(flow, part, number)
                else:
                    _add_lines(flow, paragraphs(number, part, indented=indented), marks)
        indented = are_indented([one for one in flow if isinstance(one, Paragraph)])
        for note in notes:
            flow.append(Block(BlockKind.NOTE, 0, note, number))
            remarks.append(Remark(RemarkKind.FOOTNOTE, number, note))
    blocks, joints = _blocks(flow, indented=indented)
    return Document(tuple(blocks), (*remarks, *joints), Unit.PAGE, cut=False)


class _Scans:
    """The recognition of text in one file, which is made ready with the first scanned page."""

    def __init__(self) -> None:
        self.count = 0  # of the pages that were recognised
        self._recogniser: Recogniser | None = None

    def lines(self, page: Any) -> list[Line]:  # noqa: ANN401 - pypdfium2 has no types
        """The lines of a page that is a picture; none where the extra ``ocr`` is missing.

        Raises ``UnreadableReport`` for the page that is one too many.
        """
        if not reads_scans():
            return []
        if self.count == _MOST_SCANNED:
            raise UnreadableReport(
                f"has more than {_MOST_SCANNED} scanned pages; so many at most are recognised: "
                "divide it"
            )
        if self._recogniser is None:
            self._recogniser = Recogniser()
        found = self._recogniser.lines(page)
        self.count += bool(found)
        return found


def _is_figure(picture: Box) -> bool:
    """Whether a picture is one to look at, and no ornament or background."""
    width, height = picture.right - picture.left, picture.top - picture.bottom
    return min(width, height) >= _SMALLEST_FIGURE and max(width, height) <= _LARGEST_FIGURE


def _is_image(one: _Flowing) -> bool:
    return isinstance(one, Block) and one.kind is BlockKind.IMAGE


def _is_unknown(character: str) -> bool:
    return character == "\ufffd" or "\ue000" <= character <= "\uf8ff"


def _check(characters: Counter[bool], pictures: list[int], count: int) -> None:
    """Raise ``UnreadableReport`` where there is no text, or none that one can know."""
    if not characters and pictures:
        raise UnreadableReport(
            f"is a scan: its {count} page(s) are pictures without text; run it through a program "
            "for text recognition and send what that makes"
        )
    if characters[True] > _MOST_UNKNOWN * characters.total():
        raise UnreadableReport(
            "has fonts that do not say which characters they show; print it to a PDF anew, or "
            "send the file that it was made from"
        )


def _stand_in(mark: tuple[str, Grid | Box]) -> Line:
    """A line in the place of a table or picture, so that it is read in its order."""
    text, box = mark
    return Line(text, box.left, box.right, box.top, 1.0, bold=False)


def _add_lines(
    flow: list[_Flowing], found: Iterable[Paragraph], marks: dict[str, Grid | Box]
) -> None:
    """Add paragraphs, and the tables and pictures that some of them stand in for."""
    for paragraph in found:
        mark = marks.get(paragraph.lines[0].text)
        if isinstance(mark, Grid):
            _add_table(flow, mark, paragraph.page)
        elif isinstance(mark, Box):
            flow.append(Block(BlockKind.IMAGE, 0, "", paragraph.page))
        elif flow and _is_image(flow[-1]) and _CAPTION.search(paragraph.text):
            flow.append(Block(BlockKind.CAPTION, 0, paragraph.text, paragraph.page))
        else:
            flow.append(paragraph)


def _add_table(flow: list[_Flowing], grid: Grid, page: int) -> None:
    """Add a table, to the one that the page before ends with if it goes on."""
    before = next((one for one in reversed(flow) if not _is_note(one)), None)
    rows = list(grid.rows)
    if isinstance(before, _Table) and before.ends == page - 1 and before.width == len(rows[0]):
        if _texts(rows[0]) == _texts(before.rows[0]):
            rows.pop(0)  # the header, told again
        before.rows += rows
        before.pages += [page] * len(rows)
    else:
        flow.append(_Table(rows, [page] * len(rows)))


def _texts(row: Sequence[tables.Cell]) -> list[str]:
    return [cell.text for cell in row]


def _is_note(one: _Flowing) -> bool:
    return isinstance(one, Block) and one.kind is BlockKind.NOTE


def _notes(own: list[Line], usual: float) -> tuple[list[Line], list[str]]:
    """The lines of the text, and the footnotes below them."""
    ordered = sorted(own, key=lambda line: (-line.y, line.left))
    begin = len(ordered)
    while begin and ordered[begin - 1].size <= _NOTE_SIZE * usual:
        begin -= 1
    while begin < len(ordered) and not _NOTE.match(ordered[begin].text):
        begin += 1
    if begin == 0:
        return ordered, []
    notes: list[list[str]] = []
    for line in ordered[begin:]:
        if _NOTE.match(line.text):
            notes.append([])
        notes[-1].append(line.text)
    return ordered[:begin], [joined(note) for note in notes]


def _contents(own: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines of the text, and those of a table of contents."""
    contents = [line for line in own if _LEADERS.search(line.text)]
    if contents:
        contents = [line for line in own if _CONTENTS.fullmatch(line.text)] + contents
    out = set(map(id, contents))
    return [line for line in own if id(line) not in out], contents


def _blocks(flow: list[_Flowing], *, indented: bool) -> tuple[list[Block], list[Remark]]:
    """The blocks of the whole file, paragraphs joined across pages."""
    blocks: list[Block] = []
    remarks: list[Remark] = []
    run: list[Paragraph] = []

    def end_run() -> None:
        for paragraph in joined_across(run, indented=indented):
            blocks.append(_block(paragraph))
            blocks.extend(paragraph.asides)
            for page, end, beginning in paragraph.joints:
                remarks.append(Remark(RemarkKind.JOINED, page, joined([end, beginning])))
        run.clear()

    for one in flow:
        if isinstance(one, Paragraph):
            run.append(one)
        elif isinstance(one, Block) and run:
            run[-1].asides.append(one)  # it may stand between two halves of a paragraph
        else:
            end_run()
            blocks += [one] if isinstance(one, Block) else _row_blocks(one)
    end_run()
    return blocks, remarks


def _block(paragraph: Paragraph) -> Block:
    bold = all(line.bold for line in paragraph.lines)
    kind, text = BlockKind.LABEL if bold else BlockKind.PARAGRAPH, paragraph.text
    if bullet := _BULLET.match(text):
        kind, text = BlockKind.ITEM, text[bullet.end() :]
    return Block(kind, 0, text, paragraph.page, paragraph.lines[0].size)


def _row_blocks(table: _Table) -> list[Block]:
    texts = tables.rows(table.rows, tables.heads_of(table.rows))
    return [
        Block(BlockKind.ROW, 0, text, page)
        for text, page in zip(texts, table.pages, strict=True)
        if text
    ]
