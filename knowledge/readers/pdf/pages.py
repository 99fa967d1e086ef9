"""What stands where on the pages of a PDF? In points, from the bottom left of each page."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.errors import UnreadableReport

MOST_PAGES = 1_000
_HYPHEN = 2  # what pdfium gives for the hyphen that divides a word between two lines
_MOST_OBJECTS = 20_000  # of one page; more are a drawing, whose lines are no table's


class Glyph(NamedTuple):
    """One character. ``y`` is its baseline, ``size`` the height of its letters in points."""

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool


class Rule(NamedTuple):
    """A ruled line: upright where ``left`` is ``right``, else level."""

    left: float
    bottom: float
    right: float
    top: float


class Box(NamedTuple):
    """Where a picture stands."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``aslant`` is text that stands at an angle to the rest, as watermarks do."""

    number: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...]
    pictures: tuple[Box, ...]
    aslant: str


def pages(content: bytes) -> Iterator[tuple[Page, Any]]:
    """The pages of a PDF, one after another, each with pdfium's own until the next one comes.

    Raises ``UnreadableReport``.
    """
    try:
        file = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        code = pdfium.FPDF_GetLastError()
        if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise UnreadableReport("is encrypted; save it without a password") from error
        raise UnreadableReport("is damaged or no PDF; print it to a PDF anew") from error
    try:
        if len(file) > MOST_PAGES:
            raise UnreadableReport(
                f"has {len(file):,} pages; {MOST_PAGES:,} at most are read: divide it"
            )
        for number in range(len(file)):
            try:
                page = file[number]
            except pypdfium2.PdfiumError as error:
                raise UnreadableReport(
                    f"is damaged on page {number + 1}; print it to a PDF anew"
                ) from error
            yield _page(number + 1, page), page
            page.close()
    finally:
        file.close()


def _page(number: int, page: Any) -> Page:  # noqa: ANN401 - pypdfium2 has no types
    text = page.get_textpage()
    glyphs, angles = _glyphs(text)
    text.close()
    width, height = page.get_size()
    usual = angles.most_common(1)[0][0] if angles else 0
    upright = [glyph for glyph, angle in glyphs if angle == usual]
    aslant = "".join(glyph.text for glyph, angle in glyphs if angle != usual)
    rules, pictures = _drawn(page)
    if usual:
        upright = [_turned(glyph, usual) for glyph in upright]
        rules = []
    return Page(number, width, height, tuple(upright), tuple(rules), tuple(pictures), aslant)


def _glyphs(text: Any) -> tuple[list[tuple[Glyph, int]], Counter[int]]:  # noqa: ANN401
    """Each character with its angle, in quarters of a turn, and how many have which."""
    found: list[tuple[Glyph, int]] = []
    angles: Counter[int] = Counter()
    looks: dict[int, tuple[float, bool]] = {}
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    handle = text.raw
    for place in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(handle, place)
        if code == _HYPHEN:
            code = ord("-")
        if code < 0x20 or code in (0xFFFE, 0xFFFF) or 0xD800 <= code < 0xE000:
            continue
        if pdfium.FPDFText_IsGenerated(handle, place) == 1:
            continue  # a space that pdfium puts where it sees a gap; we look ourselves
        part = pdfium.FPDFText_GetTextObject(handle, place)
        key = ctypes.cast(part, ctypes.c_void_p).value or 0
        if key not in looks:
            looks[key] = _look(handle, place)
        size, bold = looks[key]
        pdfium.FPDFText_GetLooseCharBox(handle, place, box)
        pdfium.FPDFText_GetCharOrigin(handle, place, x, y)
        angle = round(pdfium.FPDFText_GetCharAngle(handle, place) / (math.pi / 8)) % 16
        if not (math.isfinite(box.left + box.right + y.value) and 0 < size < 2000):
            continue
        quarter = angle // 4 if angle % 4 == 0 else -1
        left, right = box.left, box.right
        if unicodedata.east_asian_width(chr(code)) in "WF":
            # Some fonts know the ink of a character alone; its room is as wide as it is high.
            left, right = x.value, max(right, x.value + size)
        glyph = Glyph(unified(chr(code)), left, right, y.value, size, bold)
        if quarter:
            glyph = glyph._replace(left=box.left, right=box.right, y=box.bottom)
        found.append((glyph, quarter))
        if not glyph.text.isspace():
            angles[quarter] += 1
    return found, angles


def _look(handle: Any, place: int) -> tuple[float, bool]:  # noqa: ANN401
    matrix = pdfium.FS_MATRIX()
    size = pdfium.FPDFText_GetFontSize(handle, place)
    if pdfium.FPDFText_GetMatrix(handle, place, matrix):
        size *= math.hypot(matrix.c, matrix.d)
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(256)
    length = pdfium.FPDFText_GetFontInfo(handle, place, name, 256, flags)
    font = name.value.decode("utf-8", "replace").lower() if 0 < length <= 256 else ""
    heavy = pdfium.FPDFText_GetFontWeight(handle, place) >= 600
    named = any(word in font for word in ("bold", "black", "heavy", "simhei", "黑体"))
    return round(size * 2) / 2, heavy or named or bool(flags.value & (1 << 18))


def _turned(glyph: Glyph, quarters: int) -> Glyph:
    """A character of a page whose text stands at a right angle, as if one had turned the page."""
    length = glyph.right - glyph.left
    if quarters == 2:
        return glyph._replace(left=-glyph.right, right=-glyph.left, y=-glyph.y)
    along = glyph.y if quarters == 1 else -glyph.y
    across = -glyph.left if quarters == 1 else glyph.left
    return glyph._replace(left=along, right=along + length, y=across)


def _drawn(page: Any) -> tuple[list[Rule], list[Box]]:  # noqa: ANN401
    """The ruled lines of a page, thin boxes among them, and its pictures."""
    rules: list[Rule] = []
    pictures: list[Box] = []
    for number, part in enumerate(page.get_objects(max_depth=4)):
        if number >= _MOST_OBJECTS:
            return [], pictures
        if part.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures.append(Box(*part.get_bounds()))
        elif part.type == pdfium.FPDF_PAGEOBJ_PATH:
            rules += _lines_of(part)
    return rules, pictures


_THIN = 2.5  # points
_SHORTEST = 4.0


def _lines_of(part: Any) -> Iterator[Rule]:  # noqa: ANN401
    left, bottom, right, top = part.get_bounds()
    if top - bottom <= _THIN:
        if right - left >= _SHORTEST:
            middle = (top + bottom) / 2
            yield Rule(left, middle, right, middle)
        return
    if right - left <= _THIN:
        if top - bottom >= _SHORTEST:
            middle = (left + right) / 2
            yield Rule(middle, bottom, middle, top)
        return
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(part.raw, mode, stroke)
    if stroke.value:
        yield from _sides(part)


def _sides(part: Any) -> Iterator[Rule]:  # noqa: ANN401
    """The level and upright sides of a drawn shape."""
    matrix = part.get_matrix()
    count = min(pdfium.FPDFPath_CountSegments(part.raw), 1000)
    x, y = ctypes.c_float(), ctypes.c_float()
    before = first = (0.0, 0.0)
    for number in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(part.raw, number)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield from _side(before, point)
        before = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield from _side(point, first)


def _side(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Rule]:
    left, right = sorted((start[0], end[0]))
    bottom, top = sorted((start[1], end[1]))
    if top - bottom < 1 and right - left >= _SHORTEST:
        yield Rule(left, bottom, right, bottom)
    elif right - left < 1 and top - bottom >= _SHORTEST:
        yield Rule(left, bottom, left, top)


# Radicals that fonts give for the characters that look like them, where Unicode maps none.
_RADICALS = dict(zip(
    "⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻩⻬⻮⻰⻳",
    "民西见角贝车长门青韦页风飞食马骨鬼鱼鸟黄齐齿龙龟", strict=True,
))  # fmt: skip


def unified(character: str) -> str:
    """A character as text has it, where the file names a radical that looks like it.

    >>> unified("⼈"), unified("⺠"), unified("人"), unified("％")
    ('人', '民', '人', '％')
    """
    if "\uf000" <= character <= "\uf0ff":
        return "•"  # of a font of symbols, whose everyday use are the marks of lists
    if "\u2e80" <= character <= "\u2fdf":
        return _RADICALS.get(character) or unicodedata.normalize("NFKC", character)
    return character
