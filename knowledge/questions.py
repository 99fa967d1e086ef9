"""Which questions must be answered, and from which paragraphs? The gold question format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from knowledge.errors import Fault, InvalidCatalog
from knowledge.lined_yaml import Location, parse
from knowledge.model import Kind, Paragraph, Report
from knowledge.schema import Checker, Line, Strict

_LEAD = "lead"
_AUTHOR = "author"
_EXPECTED = ("", "refuse", "mention_only")


@dataclass(frozen=True, slots=True)
class GoldPlace:
    """A paragraph, told as a ``Citation`` tells it: 0 is what is not body text (see ``kind``)."""

    report_id: str
    section: tuple[str, ...]
    paragraph: int
    kind: Kind = Kind.BODY


@dataclass(frozen=True, slots=True)
class GoldPart:
    """One thing that a question asks for: any one of ``places`` answers it.

    ``answer`` is the shortest stretch of the first place that says so.
    """

    answer: str
    places: tuple[GoldPlace, ...]


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a reader should find.

    ``parts`` has one entry, several where the question asks for several things (every one must
    be found), and none where the reports do not answer. Then ``nearest`` is what it is about,
    where it is about anything, and ``expect`` says whether the bot should ``refuse`` or may say
    ``mention_only``: named, and not spelled out.
    """

    id: str
    question: str
    kind: str
    topic: str
    difficulty: int
    parts: tuple[GoldPart, ...]
    nearest: GoldPlace | None = None
    expect: str = ""
    why: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the reports answer it."""
        return bool(self.parts)

    @property
    def answers(self) -> tuple[str, ...]:
        """The answer strings of all parts."""
        return tuple(part.answer for part in self.parts)


@dataclass(frozen=True, slots=True)
class BrokenQuestion:
    """A question whose passage no report has (any more), and where its file says so."""

    question: str
    faults: tuple[Fault, ...]


class _Place(Strict):
    section: tuple[str, ...] | None = None
    section_id: str | None = None
    paragraph: int | None = Field(default=None, ge=0)
    report: str | None = None


class _Part(_Place):
    answer: Line


class _Question(_Place):
    id: Line
    question: Line
    kind: str = ""
    topic: str = ""
    answer: Line | None = None
    difficulty: int = Field(default=1, ge=0)
    also: tuple[_Place, ...] = ()
    parts: tuple[_Part, ...] = ()
    nearest: _Place | None = None
    why: str = ""
    expect: str = ""
    spans_split: bool = False


def parse_questions(
    content: bytes, file: str, reports: Sequence[Report], *, strict: bool = True
) -> tuple[GoldQuestion, ...]:
    """The gold questions in the bytes of ``file``, each resolved to paragraphs of ``reports``.

    Raises ``InvalidCatalog`` with every fault. Not ``strict`` is for files made elsewhere: keys
    that we do not know are passed over, and an answer need not be verbatim in its paragraph.
    """
    found, broken = sound_questions(content, file, reports, strict=strict)
    if broken:
        raise InvalidCatalog(tuple(sorted(fault for one in broken for fault in one.faults)))
    return found


def sound_questions(
    content: bytes, file: str, reports: Sequence[Report], *, strict: bool = True
) -> tuple[tuple[GoldQuestion, ...], tuple[BrokenQuestion, ...]]:
    """The same, with those apart whose paragraph or answer the reports do not have.

    Raises ``InvalidCatalog`` where the file itself has faults.
    """
    lined = parse(content, file)
    if not isinstance(lined.value, list) or not lined.value:
        raise InvalidCatalog((Fault(file, 1, "must be a list of questions"),))
    checker = Checker(file, lined, pass_over_unknown_keys=not strict)
    rows = checker.checked_each(_Question, lined.value, ())
    found: list[GoldQuestion] = []
    broken: list[BrokenQuestion] = []
    first_lines: dict[str, int] = {}
    for location, row in rows:
        if row.id in first_lines:
            checker.add(
                (*location, "id"),
                f"the id {row.id} stands on line {first_lines[row.id]} already; use another",
            )
        else:
            first_lines[row.id] = lined.line((*location, "id"))
        absent = Checker(file, lined)
        question = _Resolver(reports, row, location, checker, absent, strict=strict).question()
        if absent.faults:
            broken.append(BrokenQuestion(row.question, tuple(absent.faults)))
        else:
            found.append(question)
    if checker.faults:
        faults = [*checker.faults, *(fault for one in broken for fault in one.faults)]
        raise InvalidCatalog(tuple(sorted(faults)))
    return tuple(found), tuple(broken)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Finds the paragraphs that one question names."""

    reports: Sequence[Report]
    row: _Question
    location: Location
    checker: Checker
    absent: Checker  # what the reports do not have
    strict: bool

    def question(self) -> GoldQuestion:
        row = self.row
        nearest = None
        if self.strict and row.expect not in _EXPECTED:
            known = ", ".join(filter(None, _EXPECTED))
            self.checker.add((*self.location, "expect"), f"`expect` must be one of {known}")
        if row.nearest is not None:
            places = self.places(row.nearest, "", (*self.location, "nearest"))
            nearest = places[0] if places else None
        return GoldQuestion(
            id=row.id,
            question=row.question,
            kind=row.kind,
            topic=row.topic,
            difficulty=row.difficulty,
            parts=self.parts(),
            nearest=nearest,
            expect=row.expect,
            why=row.why,
        )

    def parts(self) -> tuple[GoldPart, ...]:
        row, at = self.row, self.location
        if row.answer is None:
            if self.strict and (row.parts or row.also):
                self.checker.add(at, "`answer` is missing, though the question has places; add it")
            return ()
        main = self.places(row, row.answer, at)
        also = [
            place
            for number, one in enumerate(row.also)
            for place in self.places(one, "", (*at, "also", number))
        ]
        if not row.parts:
            return (GoldPart(row.answer, tuple(dict.fromkeys((*main, *also)))),)
        return tuple(
            GoldPart(part.answer, tuple(self.places(part, part.answer, (*at, "parts", number))))
            for number, part in enumerate(row.parts)
        )

    def places(self, wanted: _Place, answer: str, at: Location) -> list[GoldPlace]:
        """The paragraph that ``wanted`` names, in each report that has it.

        Where ``answer`` is given, only paragraphs that say so, word for word, unless none has to.
        """
        if wanted.paragraph is None:
            self.checker.add(at, "`paragraph` is missing; add its number, from 1 in its section")
            return []
        report_id = wanted.report or self.row.report
        reports = [one for one in self.reports if report_id in (None, one.id)]
        if not reports:
            self.absent.add((*at, "report"), f"no report has the id {report_id}")
            return []
        found = [
            (report, paragraph)
            for report in reports
            for paragraph in _paragraphs(report, wanted, answer)
        ]
        if not found:
            self.absent.add((*at, "paragraph"), _nothing_there(reports, wanted))
            return []
        saying = [
            (report, paragraph)
            for report, paragraph in found
            if answer in paragraph.span.of(report.text)
        ]
        if not saying and self.strict:
            report, paragraph = found[0]
            self.absent.add(
                (*at, "answer"),
                f"the answer “{answer}” is not, word for word, in its paragraph, "
                f"which begins “{paragraph.span.of(report.text)[:20]}”",
            )
        return [
            GoldPlace(report.id, report.path(paragraph), paragraph.number, paragraph.kind)
            for report, paragraph in saying or found
        ]


def _paragraphs(report: Report, wanted: _Place, answer: str) -> list[Paragraph]:
    """The paragraphs of ``report`` that a place means; more than one only where it is not exact."""
    path = wanted.section or ()
    if wanted.section_id == _AUTHOR:
        return [one for one in report.paragraphs if one.kind is Kind.BYLINE]
    titles = (report.title, report.subtitle)
    if wanted.section_id == _LEAD or path in ((), titles, titles[:1]):
        path = ()
    if wanted.paragraph:
        return [
            one
            for one in report.paragraphs
            if one.number == wanted.paragraph and report.path(one) == path
        ]
    kinds = (Kind.HEADING,) if path else (Kind.TITLE, Kind.SUBTITLE)
    unnumbered = [
        one for one in report.paragraphs if one.kind in kinds and report.path(one) == path
    ]
    saying = [one for one in unnumbered if answer and answer in one.span.of(report.text)]
    return saying or unnumbered[:1]


def _nothing_there(reports: Iterable[Report], wanted: _Place) -> str:
    """What to say of a place that is in no report: whether it is the section or the number."""
    if wanted.section_id == _AUTHOR:
        return "no report has a byline; list it under `bylines` in the catalog"
    path = () if wanted.section_id == _LEAD else wanted.section or ()
    section = " › ".join(path) or "the text before the first heading"
    counts = [
        sum(1 for one in report.paragraphs if one.number and report.path(one) == path)
        for report in reports
        if any(section.path == path for section in report.sections)
    ]
    if not counts:
        return f"no report has the section {section}; write its headings as the report has them"
    return f"the section {section} has {max(counts)} paragraphs, no paragraph {wanted.paragraph}"
