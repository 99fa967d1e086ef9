"""How does a document become a report: title, sections, numbered and healed paragraphs?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from knowledge.description import Description
from knowledge.headings import with_headings
from knowledge.model import Kind, Paragraph, Report, Section, Span
from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind, Unit
from knowledge.readers.seams import seam


@dataclass(frozen=True, slots=True)
class Reading:
    """A report, and what whoever adds it should know of how its file was read.

    ``remarks`` are in the order of their places, which count what ``unit`` says.
    """

    report: Report
    remarks: tuple[Remark, ...]
    unit: Unit


def outline(document: Document, description: Description) -> Report:
    """Order a document's blocks into a report; ``reading`` without its remarks."""
    return reading(document, description).report


def reading(document: Document, description: Description) -> Reading:
    """Order a document's blocks into a report, and tell what was left out or recognised.

    The title is ``description.title``, else the document's own, else the report's id. Where no
    headings are marked, those that show by their looks are taken. A block that has no text leaves
    no trace; a document of such blocks gives a report without paragraphs.
    """
    document = with_headings(document)
    marked = _marked(document.blocks, description)
    healed, joints = _healed(marked, cut=document.cut)
    remarks = (*document.remarks, *_recognised(marked, description), *joints)
    return Reading(
        _arranged(healed, description),
        tuple(sorted(remarks, key=lambda remark: remark.place)),
        document.unit,
    )


def _arranged(marked: list[_Piece], description: Description) -> Report:
    arranger = _Arranger()
    for piece in marked:
        arranger.add(piece)
    arranger.finish()
    own_title = next((piece.text for piece in marked if piece.kind is Kind.TITLE), "")
    own_subtitle = next((piece.text for piece in marked if piece.kind is Kind.SUBTITLE), "")
    paragraphs: list[Paragraph] = []
    numbers = [0] * len(arranger.paths)
    start = 0
    for piece, section in zip(arranger.pieces, arranger.sections, strict=True):
        number = 0
        if piece.kind is Kind.BODY:
            number = numbers[section] = numbers[section] + 1
        span = Span(start, start + len(piece.text))
        paragraphs.append(Paragraph(section, number, piece.kind, span, piece.line))
        start = span.end + 1
    return Report(
        id=description.id,
        title=description.title or own_title.replace("\n", " ") or description.id,
        text="\n".join(piece.text for piece in arranger.pieces),
        sections=tuple(Section(path) for path in arranger.paths),
        paragraphs=tuple(paragraphs),
        subtitle=description.subtitle or own_subtitle.replace("\n", " "),
        authors=description.authors,
        date=description.date,
        region=description.region,
        language=description.language,
        source=description.source,
    )


def one_paragraph(id: str, title: str, text: str) -> Report:  # noqa: A002 - a report's id is its id
    """A report that is one paragraph of body text, kept as it is, and has a title besides."""
    paragraphs = (Paragraph(0, 1, Kind.BODY, Span(0, len(text)), 1),) if text.strip() else ()
    return Report(id, title or id, text, (Section(()),), paragraphs)


# --- what each block is -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Kind
    text: str
    line: int
    level: int = 0  # of a heading
    prose: bool = False  # a plain paragraph, which a page break can have cut


_NAME = "[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}·[\u4e00-\u9fff·]{1,10}"
_NAMES = f"(?:{_NAME})(?:[ \u3000、,，/]+(?:{_NAME}))*"
_SIGNATURE = re.compile(f"[(（](?!.*(?:完|续|略|附|见|下转|上接))\\s*{_NAMES}\\s*[)）]")
_OFFICE = "(?:[\u4e00-\u9fff]{0,6}记者|作者|通讯员|撰稿|撰文|文)"
_REPORTER = re.compile(f"[(（【]?(?:{_OFFICE}[ \u3000:：/|]+{_NAMES}[ \u3000]*)+[)）】]?")
_CAPTION = re.compile(
    "[▲△▼▽↑↓←→]|[(（]?(?:上|下|左|右|资料|配)?图[ \u3000]?[\\d一二三四五六七八九十为:：]"
)
_PHOTOGRAPHER = re.compile("(?:摄|摄影|供图|资料图|资料图片|图片)[)）]?。?$")
_LABEL_OF_FIGURE = re.compile("[图表][ \u3000]?\\d{1,3}(?:[-－.．]\\d{1,3})?(?![年月日\\d])")
_LONGEST_CAPTION = 80  # characters
_LONGEST_SUBTITLE = 40  # characters
_ANY_STOP = re.compile("[。！？!?；;，,：:…]|\\.$")


def _marked(blocks: tuple[Block, ...], description: Description) -> list[_Piece]:
    filled = [block for block in blocks if block.text or block.kind is BlockKind.IMAGE]
    title = _title(filled, description)
    subtitle = _subtitle(filled, title, description)
    bylines = _bylines(filled, description)
    pieces: list[_Piece] = []
    after_image = False
    for position, block in enumerate(filled):
        if block.kind is BlockKind.IMAGE:
            after_image = True
            if block.text:
                pieces.append(_Piece(Kind.CAPTION, block.text, block.line))
            continue
        if position == title:
            kind = Kind.TITLE
        elif position == subtitle:
            kind = Kind.SUBTITLE
        elif block.kind is BlockKind.HEADING:
            kind = Kind.HEADING
        elif position in bylines:
            kind = Kind.BYLINE
        elif _is_caption(block, description, after_image=after_image) or (
            description.captions is None and _is_label_of_figure(filled, position)
        ):
            kind = Kind.CAPTION
        else:
            kind = Kind.BODY
        after_image = False
        prose = kind is Kind.BODY and block.kind is BlockKind.PARAGRAPH
        pieces.append(_Piece(kind, block.text, block.line, block.level, prose))
    return pieces


def _title(blocks: list[Block], description: Description) -> int:
    """The position of the title, -1 without one.

    It is the heading that says what the catalog says, or the first block that does; else the only
    heading of the first level, or the first of several if the report begins with it.
    """
    headings = [place for place, block in enumerate(blocks) if block.kind is BlockKind.HEADING]
    if description.title:
        for place in sorted({0, *headings} if blocks else ()):
            if _same(blocks[place].text, description.title):
                return place
    outermost = [place for place in headings if blocks[place].level == 1]
    if not outermost or outermost[0] != headings[0]:
        return -1
    return outermost[0] if len(outermost) == 1 or outermost[0] == 0 else -1


def _subtitle(blocks: list[Block], title: int, description: Description) -> int:
    """The position of the subtitle, -1 without one.

    Unless the catalog tells, it is the paragraph right after the title, if it is short and has no
    mark that text would have.
    """
    if description.subtitle is not None:
        places = (
            place
            for place, block in enumerate(blocks)
            if description.subtitle and place > title and _same(block.text, description.subtitle)
        )
        return next(places, -1)
    place = title + 1
    if title < 0 or place + 1 >= len(blocks):
        return -1
    block = blocks[place]
    is_one = (
        block.kind in (BlockKind.PARAGRAPH, BlockKind.LABEL)
        and len(block.text) <= _LONGEST_SUBTITLE
        and not _ANY_STOP.search(block.text)
        and not _SIGNATURE.fullmatch(block.text)
        and not _REPORTER.fullmatch(block.text)
    )
    return place if is_one else -1


def _bylines(blocks: list[Block], description: Description) -> set[int]:
    prose = [
        place
        for place, block in enumerate(blocks)
        if block.kind not in (BlockKind.HEADING, BlockKind.IMAGE, BlockKind.CODE)
    ]
    if description.bylines is not None:
        return {place for place in prose if _listed(blocks[place].text, description.bylines)}
    found = set()
    if prose and _SIGNATURE.fullmatch(blocks[prose[-1]].text):
        found.add(prose[-1])
    for place in {*prose[:3], *prose[-1:]}:
        if _REPORTER.fullmatch(blocks[place].text):
            found.add(place)
    return found


def _is_caption(block: Block, description: Description, *, after_image: bool) -> bool:
    if description.captions is not None:
        return _listed(block.text, description.captions)
    return block.kind is BlockKind.CAPTION or (
        after_image
        and block.kind in (BlockKind.PARAGRAPH, BlockKind.LABEL)
        and len(block.text) <= _LONGEST_CAPTION
        and bool(_CAPTION.match(block.text) or _PHOTOGRAPHER.search(block.text))
    )


def _is_label_of_figure(blocks: list[Block], place: int) -> bool:
    """Whether a line such as “表1 各盟市情况” stands beside its table or picture."""
    block = blocks[place]
    if (
        block.kind not in (BlockKind.PARAGRAPH, BlockKind.LABEL)
        or len(block.text) > _LONGEST_CAPTION
        or not _LABEL_OF_FIGURE.match(block.text)
        or _ENDS_INSIDE.search(block.text)
    ):
        return False
    beside = (*blocks[place + 1 : place + 2], *blocks[max(place - 1, 0) : place])
    return any(one.kind in (BlockKind.ROW, BlockKind.IMAGE) for one in beside)


def _recognised(pieces: list[_Piece], description: Description) -> list[Remark]:
    """Remarks about the captions and bylines that the catalog does not list."""
    kinds = {}
    if description.captions is None:
        kinds[Kind.CAPTION] = RemarkKind.CAPTION
    if description.bylines is None:
        kinds[Kind.BYLINE] = RemarkKind.BYLINE
    return [
        Remark(kinds[piece.kind], piece.line, piece.text) for piece in pieces if piece.kind in kinds
    ]


def _listed(text: str, wanted: tuple[str, ...]) -> bool:
    return any(_same(text, one) for one in wanted)


def _same(text: str, wanted: str) -> bool:
    """Whether the texts differ in nothing but a line break against a space, or outer space."""
    return " ".join(text.split()) == " ".join(wanted.split())


# --- paragraphs that a page break cut ------------------------------------------------------------

# What a finished paragraph ends with. A colon leads to a list, a dash to what follows.
_FINISHED = re.compile("[。！？!?…；;：:.—”’」』）)》〉】\\]\"']$")
_ENDS_INSIDE = re.compile("[。！？]")  # the mark of prose, wherever it stands
# What no paragraph begins with: where one does, it goes on from the one before.
_GOES_ON = re.compile("[，。、；：！？,;:!?)）」』》〉】”’]")
# What begins a paragraph of its own, whatever stands before it.
_BEGINS_ANEW = re.compile(
    "——|[一二三四五六七八九十]+[、是]|[(（][一二三四五六七八九十\\d]+[)）]"
    "|第[一二三四五六七八九十百\\d]+[章节条]|\\d{1,3}[、.．](?!\\d)|[①-⑳●■◆▲•·※★]|附件?\\d*[:：]"
)
_LABELLED = re.compile("[\u4e00-\u9fff]{2,6}[：:]")  # 联系人:… 电话:…
_DATE = re.compile(
    "\\d{4} ?年 ?\\d{1,2} ?月(?: ?\\d{1,2} ?日)?|二[〇○零][^年]{2}年[^月]{1,2}月[^日]{1,3}日"
)
_COMMA = re.compile("[，、,]")
# The first half of a cut paragraph fills at least a line of its column. A shorter one without a
# comma is a heading that was not marked as one, a place or a name.
_SHORTEST_CUT = 8  # characters
_MOST_CUTS = 20  # page breaks in one paragraph; more are a list without stops
_BESIDE_JOINT = 12  # characters on each side of a joint, enough to know the place


def _healed(pieces: list[_Piece], *, cut: bool) -> tuple[list[_Piece], list[Remark]]:
    """The pieces, with paragraphs joined that a page break had cut, and each joint.

    Only captions may stand between the halves; they then follow the paragraph. Where the format
    marks its paragraphs, so that none is ``cut``, nothing but a mark that no paragraph begins with
    joins two.
    """
    # Where headings are marked, a line without any comma is text that was cut; where none is, it
    # can as well be a heading, and a heading glued to a paragraph does more harm than a cut.
    headings_are_marked = any(piece.kind is Kind.HEADING for piece in pieces)
    healed: list[_Piece] = []
    joints: list[Remark] = []
    joined: set[int] = set()
    for place, piece in enumerate(pieces):
        if place in joined:
            continue
        text = piece.text
        for part in _continuations(
            pieces, place, commas_only=not headings_are_marked, certain_only=not cut
        ):
            following = pieces[part].text
            joint = seam(text, following)
            shown = f"{text[-_BESIDE_JOINT:]}{joint}{following[:_BESIDE_JOINT]}"
            joints.append(Remark(RemarkKind.JOINED, pieces[part].line, shown))
            text += joint + following
            joined.add(part)
        healed.append(replace(piece, text=text))
    return healed, joints


def _continuations(
    pieces: list[_Piece], place: int, *, commas_only: bool, certain_only: bool
) -> list[int]:
    """The places of the paragraphs that go on with the one at ``place``."""
    parts: list[int] = []
    certain = 0  # how many of the parts surely belong
    before = place
    while (
        len(parts) < _MOST_CUTS
        and pieces[before].prose
        and (following := _next_prose(pieces, before)) is not None
    ):
        text, nxt = pieces[before].text, pieces[following].text
        goes_on = bool(_GOES_ON.match(nxt))
        may = not certain_only and _is_cut(text, commas_only=commas_only) and _may_go_on(text, nxt)
        if not goes_on and not may:
            break
        parts.append(following)
        # Lines that never come to the end of a sentence are an address or a list, not a sentence.
        if goes_on or _FINISHED.search(nxt) or _ENDS_INSIDE.search(nxt):
            certain = len(parts)
        before = following
    return parts[:certain]


def _is_cut(text: str, *, commas_only: bool) -> bool:
    if _FINISHED.search(text) or _DATE.fullmatch(text):
        return False
    return bool(_COMMA.search(text)) or (not commas_only and len(text) >= _SHORTEST_CUT)


def _may_go_on(text: str, following: str) -> bool:
    labelled = _LABELLED.match(text) and _LABELLED.match(following)
    return not labelled and not _BEGINS_ANEW.match(following)


def _next_prose(pieces: list[_Piece], place: int) -> int | None:
    """The place of the next paragraph of prose, if nothing but captions stands between."""
    for following in range(place + 1, len(pieces)):
        if pieces[following].kind is not Kind.CAPTION:
            return following if pieces[following].prose else None
    return None


# --- sections -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A heading that text may still stand under; ``piece`` is -1 once a section has it."""

    level: int
    text: str
    piece: int


@dataclass(slots=True)
class _Arranger:
    """Gives every piece its section. A section is made when something stands in it."""

    pieces: list[_Piece] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)  # of each piece
    paths: list[tuple[str, ...]] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _current: int = -1  # the section that text goes to now, -1 where none is made yet

    def add(self, piece: _Piece) -> None:
        if piece.kind is Kind.HEADING:
            while self._stack and self._stack[-1].level >= piece.level:
                if self._stack[-1].piece >= 0:
                    self._make()
                self._stack.pop()
            self._stack.append(_Open(piece.level, piece.text, len(self.pieces)))
            self._current = -1
        elif self._current < 0:
            self._make()
        self.pieces.append(piece)
        self.sections.append(self._current)

    def finish(self) -> None:
        """Give headings at the very end, under which nothing stands, their section too."""
        if self._stack and self._stack[-1].piece >= 0:
            self._make()

    def _make(self) -> None:
        self._current = len(self.paths)
        self.paths.append(tuple(heading.text for heading in self._stack))
        for heading in self._stack:
            if heading.piece >= 0:
                self.sections[heading.piece] = self._current
                heading.piece = -1
