"""What is a report made of? Frozen values; every place in a text is a ``Span`` of code points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of code points, nearly always into ``Report.text``.

    >>> Span(2, 4).of("殷殷嘱托,字字千钧。")
    '嘱托'
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, not {self.start}, {self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of ``text`` that the span covers."""
        return text[self.start : self.end]

    def covers(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def shifted(self, by: int) -> Span:
        """The same range, ``by`` code points further on (or back, where ``by`` is negative)."""
        return Span(self.start + by, self.end + by)


class Kind(StrEnum):
    """What a paragraph is in its report. Only ``BODY`` paragraphs are counted and numbered."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    HEADING = "heading"
    BODY = "body"
    CAPTION = "caption"
    BYLINE = "byline"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph where the report has it.

    ``section`` indexes ``Report.sections``. ``number`` counts body paragraphs from 1 within their
    section and is 0 for everything that is not body text. ``span`` is in ``Report.text``; ``line``
    is the line of the source file, from 1, that the paragraph begins on.
    """

    section: int
    number: int
    kind: Kind
    span: Span
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """The headings above a stretch of text, outermost first; ``()`` before the first heading.

    The report's own title is not part of the path.
    """

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Report:
    """One report as read: its canonical text and where everything stands in it.

    ``text`` has the source's characters, slips and all, without markup, each paragraph on a new
    line, and with the paragraphs that page breaks had cut healed. ``date`` is as precise as the
    catalog has it: ``2024``, ``2024-08`` or ``2024-08-29``.
    """

    id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    region: str = ""
    language: str = "zh"
    source: str = ""

    def path(self, paragraph: Paragraph) -> tuple[str, ...]:
        """The headings that ``paragraph`` stands under, outermost first."""
        return self.sections[paragraph.section].path


@dataclass(frozen=True, slots=True)
class Passage:
    """What is indexed and quoted: a paragraph, or one clause of a paragraph that lists several.

    ``sentences`` are the stretches of ``span`` that can be marked as the answer; they are in
    order, do not overlap and leave out only white space. All spans are in ``Report.text``.
    """

    report_id: str
    paragraph: Paragraph
    span: Span
    sentences: tuple[Span, ...]
