"""What stands in a knowledge folder? Reads catalog.yaml and the reports into one ``Library``."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator

from knowledge import readers
from knowledge.archive import Intake
from knowledge.curated import Curated, find_curated
from knowledge.description import Description
from knowledge.errors import Fault, InvalidCatalog, UnreadableReport
from knowledge.folder import CATALOG, REPORTS, document_files, document_names
from knowledge.lexicon import Lexicon, Name
from knowledge.library import Library
from knowledge.lined_yaml import Location, parse
from knowledge.listed import LONGEST_ID, ListedReport
from knowledge.made_before import Make, made_before
from knowledge.model import Kind, Report, Span
from knowledge.outline import Reading, outline, reading
from knowledge.overlay import OVERLAY, LinedOverlay, Synonyms, read_overlay
from knowledge.questions import BrokenQuestion, GoldQuestion, parse_questions, sound_questions
from knowledge.readers import Workshop
from knowledge.schema import Checker, Line, Strict, Text, fault
from knowledge.topics import RESERVED, Entry, Place, Topic
from knowledge.within import Within

__all__ = [
    "CATALOG",
    "Library",
    "examine_report",
    "load_library",
    "load_questions",
    "read_report",
]

_LONGEST_DESCRIPTION = 256  # characters, Telegram's limit for what a command does


def load_library(
    folder: Path,
    *,
    overlay: Path | None = None,
    strict: bool = True,
    intake: Intake | None = None,
    digests: Mapping[str, str] = MappingProxyType({}),
) -> Library:
    """Everything in a knowledge folder, validated.

    With a ``catalog.yaml`` the folder has what it lists. Without one every document in it, at any
    depth, is a report, titled by its first heading or its name. What the
    ``overlay.yaml`` in the folder ``overlay`` says, by default in the same one, is laid over it.
    Raises ``InvalidCatalog`` with every fault. That a question's passage is in no report is one,
    unless not ``strict``: then ``Library.broken`` has the question. Without a catalog a file that
    cannot be read does not keep the others from being answered: ``Library.unread`` has its fault.

    With an ``intake`` no report is read that was kept before, and those that are read are kept.
    ``digests`` are SHA-256 of files in ``folder`` that is certain to have them, by their paths in
    it: of those that were kept not even the bytes are read.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        message = f"the knowledge folder {folder} {what}; set WENJU_KNOWLEDGE to one that does"
        raise InvalidCatalog((Fault(CATALOG, 1, message),))
    with readers.Workshop() as workshop:
        over = _Over(folder, overlay or folder, workshop, intake, digests)
        if (folder / CATALOG).exists():
            library = _Loading(folder, over).library(strict=strict)
        else:
            library = _without_catalog(folder, over)
    if strict and library.broken:
        raise InvalidCatalog(library.faults)
    return library


def read_report(
    name: str,
    content: bytes,
    description: Description,
    workshop: Workshop | None = None,
    make: Make = made_before,
) -> Report:
    """The report in a file's bytes: ``examine_report`` without its remarks.

    ``make`` knows whether it was read before.
    """
    return make(
        name,
        content,
        description,
        lambda: examine_report(name, content, description, workshop).report,
    )


def examine_report(
    name: str, content: bytes, description: Description, workshop: Workshop | None = None
) -> Reading:
    """The report in a file's bytes, and what was left out or recognised in it.

    ``name`` tells its format. ``workshop`` is where it is read, so that the reading can be stopped
    and many files share one process. Raises ``UnreadableReport``, also where no body text is in it.
    """
    return _with_body(reading(readers.read(name, content, workshop), description))


def _with_body(made: Reading) -> Reading:
    """The same reading. Raises ``UnreadableReport`` where no body text is in it."""
    paragraphs = made.report.paragraphs
    if not any(paragraph.kind is Kind.BODY for paragraph in paragraphs):
        raise UnreadableReport(
            "is empty" if not paragraphs else "has no body text below its headings"
        )
    return made


def load_questions(file: Path, library: Library) -> tuple[GoldQuestion, ...]:
    """Gold questions from any file of that format, as made elsewhere for evaluation.

    Raises ``InvalidCatalog`` with every fault.
    """
    content = _content(file)
    if isinstance(content, str):
        raise InvalidCatalog((Fault(str(file), 0, content),))
    return parse_questions(content, str(file), library.reports, strict=False)


def report_id(name: str) -> str:
    """An id for a report from its path: of letters, digits and hyphens, the same every time.

    >>> report_id("2024 Annual Report.md"), report_id("护航.md")
    ('2024-annual-report', '5f773ecd38')
    """
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem)
    slug = re.sub("[^a-z0-9]+", "-", stem.lower()).strip("-")
    if slug and stem.isascii() and len(slug) <= LONGEST_ID:
        return slug
    return _distinct_id(slug, name)


def _distinct_id(slug: str, name: str) -> str:
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode("utf-8", "surrogateescape"))
    return "-".join(filter(None, (slug[:20].strip("-"), digest.hexdigest()[:10])))


# --- what is laid over it ------------------------------------------------------------------------


class _Over:
    """The overlay of one loading: its reports, read from its own folder, and its faults."""

    def __init__(
        self,
        below: Path,
        folder: Path,
        workshop: Workshop,
        intake: Intake | None,
        digests: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.within = cache(Within)
        self.workshop = workshop
        self.make: Make = made_before if intake is None else intake.report
        self._intake = intake
        self._digests = {below: digests}
        self.lined: LinedOverlay = read_overlay(folder)
        self.overlay = self.lined.overlay
        self.synonyms = self.overlay.synonyms
        self.files = {(folder / row.file).resolve() for row in self.overlay.reports}

    def known(self, folder: Path, name: str, told: object) -> Report | None:
        """The report in a file of ``folder`` that was kept and is certain to be the same."""
        digest = self._digests.get(folder, {}).get(os.path.normpath(name))
        if self._intake is None or digest is None:
            return None
        return self._intake.known(name, digest, told)

    @property
    def faults(self) -> list[Fault]:
        """What is wrong so far."""
        return self.lined.checker.faults

    def has(self, path: Path) -> bool:
        """Whether the file at ``path`` is one that the overlay lists."""
        return bool(self.files) and path.resolve() in self.files

    def hides(self, own_id: str) -> bool:
        """Whether the catalog's report ``own_id`` is replaced or left out."""
        return own_id in self.overlay.removed or any(
            row.id == own_id for row in self.overlay.reports
        )

    def reports(self) -> dict[str, Report]:
        """The reports that the overlay lists and that can be read, by id."""
        checker = self.lined.checker
        found = {}
        for number, row in enumerate(self.overlay.reports):
            report = _read_listed(self.folder, ("reports", number), row, checker, self)
            if report is not None:
                found[row.id] = report
        return found

    def questions(
        self, reports: Sequence[Report]
    ) -> tuple[tuple[Curated, ...], tuple[BrokenQuestion, ...]]:
        """The questions bound to passages, and those whose passage is gone."""
        sound, broken = [], []
        for number, row in enumerate(self.overlay.questions):
            found = find_curated(row, reports)
            if found is not None:
                sound.append(found)
                continue
            line = self.lined.checker.lined.line(("questions", number, "quote"))
            message = f"no paragraph of the report {row.report} has “{row.quote}” any more"
            broken.append(BrokenQuestion(row.question, (Fault(OVERLAY, line, message),)))
        return tuple(sound), tuple(broken)


# --- without a catalog ---------------------------------------------------------------------------


def _without_catalog(folder: Path, over: _Over) -> Library:
    faults: list[Fault] = []
    reports: dict[str, Report] = {}
    ids: set[str] = set()
    for path in document_files(folder):
        if over.has(path):
            continue
        name = path.relative_to(folder).as_posix()
        if (refused := _refused(name)) is not None:
            faults.append(Fault(name, 1, refused))
            continue
        own_id = report_id(name)
        if own_id in ids:
            own_id = _distinct_id(own_id, name)
        ids.add(own_id)
        if over.hides(own_id):
            continue
        report = over.known(folder, name, _told(name, own_id))
        if report is not None:
            reports[own_id] = report
            continue
        content = _content(path)
        if isinstance(content, str):
            faults.append(Fault(name, 1, content))
            continue
        try:
            reports[own_id] = _undescribed(name, content, own_id, over)
        except UnreadableReport as error:
            faults.append(Fault(name, 1, str(error)))
    reports |= over.reports()
    if not reports and not faults and not over.faults:
        known = ", ".join(sorted(readers.SUFFIXES))
        message = f"{folder} has neither a {CATALOG} nor a report ({known}); add one"
        faults.append(Fault(CATALOG, 1, message))
    curated, broken = over.questions(tuple(reports.values()))
    if over.faults or not reports:
        raise InvalidCatalog(tuple(sorted([*faults, *over.faults])))
    return Library.from_reports(
        reports.values(),
        synonyms=over.synonyms,
        curated=curated,
        broken=broken,
        unread=tuple(sorted(faults)),
    )


def _undescribed(name: str, content: bytes, own_id: str, over: _Over) -> Report:
    """The report in a file that no catalog describes, titled by its name if it has no title."""
    told = _told(name, own_id)

    def made() -> Report:
        document = over.workshop.read(name, content)
        report = _with_body(reading(document, Description(own_id))).report
        return outline(document, Description(*told)) if report.title == own_id else report

    return over.make(name, content, told, made)


def _told(name: str, own_id: str) -> tuple[str, str]:
    """The id of a report that no catalog describes, and its title if it has none itself."""
    return own_id, PurePosixPath(name).stem


def _refused(name: str) -> str | None:
    """Why a document is not read, should its format be one that is not."""
    try:
        readers.suffix_of(name)
    except UnreadableReport as error:
        return str(error)
    return None


def _content(path: Path) -> bytes | str:
    """The bytes of a file, or what is wrong with it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return "does not exist"
    except IsADirectoryError:
        return "is a folder, not a file"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


# --- what catalog.yaml may say -------------------------------------------------------------------


def _command(text: str) -> str:
    if not re.fullmatch("[a-z0-9_]{1,32}", text):
        raise fault(f"must be 1 to 32 of a-z, 0-9 and _, not “{text}”: Telegram takes no other")
    return _not_reserved(text)


def _word(text: str) -> str:
    if re.search(r"[\s/@]", text):
        raise fault(f"must be one word without /, @ and spaces, not “{text}”")
    return _not_reserved(text)


def _not_reserved(text: str) -> str:
    if text.lower() in RESERVED:
        raise fault(f"must not be “{text}”: /{text.lower()} is a command of the bot itself")
    return text


def _with_chinese(texts: dict[str, str]) -> dict[str, str]:
    if "zh" not in texts:
        raise fault("has no text for `zh`; add it")
    return texts


def _short_enough(texts: dict[str, str]) -> dict[str, str]:
    for language, text in texts.items():
        if len(text) > _LONGEST_DESCRIPTION:
            raise fault(
                f"has {len(text)} characters for `{language}`; "
                f"Telegram takes {_LONGEST_DESCRIPTION} at most"
            )
    return texts


_Texts = Annotated[dict[str, Line], AfterValidator(_with_chinese)]


class _Name(Strict):
    name: Line
    aliases: tuple[Line, ...] = ()


class _Lexicon(Strict):
    people: tuple[_Name, ...] = ()
    places: tuple[_Name, ...] = ()
    organisations: tuple[_Name, ...] = ()
    terms: tuple[_Name, ...] = ()


class _Entry(_Name):
    role: Text
    only_named: bool = False


class _Topic(Strict):
    command: Annotated[Line, AfterValidator(_command)]
    words: tuple[Annotated[Line, AfterValidator(_word)], ...] = ()
    title: _Texts
    description: Annotated[_Texts, AfterValidator(_short_enough)]
    entries: tuple[_Entry, ...]


class _Catalog(Strict):
    """The outermost keys. What their lists hold is validated one by one, to find every fault."""

    reports: tuple[object, ...] = ()
    lexicon: object = None
    synonyms: tuple[object, ...] = ()
    topics: tuple[object, ...] = ()
    questions: Line | None = None


# --- reports that are listed ---------------------------------------------------------------------


def _read_listed(
    folder: Path, at: Location, row: ListedReport, checker: Checker, over: _Over
) -> Report | None:
    """The report that ``row`` lists, in ``folder``; ``None``, with a fault, where there is none."""
    told = row.description()
    report = over.known(folder, row.file, told)
    if report is None:
        path = _inside(folder, (*at, "file"), row.file, checker, over.within(folder))
        if path is None:
            return None
        content = _content(path)
        if isinstance(content, str):
            checker.add((*at, "file"), f"the report {row.file} {content}")
            return None
        try:
            report = read_report(row.file, content, told, over.workshop, over.make)
        except UnreadableReport as error:
            checker.faults.append(Fault(row.file, 1, str(error)))
            return None
    _find_absent(at, row, report, checker)
    return report


def _find_absent(at: Location, row: ListedReport, report: Report, checker: Checker) -> None:
    """Record subtitle, captions and bylines that no paragraph of the report is."""
    if not (row.subtitle or row.captions or row.bylines):
        return
    found = {kind: set[str]() for kind in Kind}
    for paragraph in report.paragraphs:
        found[paragraph.kind].add(_spaced(paragraph.span.of(report.text)))
    for key, kind, texts in (
        ("captions", Kind.CAPTION, row.captions or ()),
        ("bylines", Kind.BYLINE, row.bylines or ()),
    ):
        for number, text in enumerate(texts):
            if _spaced(text) not in found[kind]:
                checker.add(
                    (*at, key, number),
                    f"no paragraph of {row.file} is “{text}”; write it as the report has it",
                )
    if row.subtitle and _spaced(row.subtitle) not in found[Kind.SUBTITLE]:
        checker.add(
            (*at, "subtitle"),
            f"no paragraph of {row.file} is “{row.subtitle}”; write it as the report has it",
        )


def _inside(folder: Path, at: Location, name: str, checker: Checker, within: Within) -> Path | None:
    """The path of a file that ``folder`` names, if it does not leave the folder."""
    if within(name):
        return folder / name
    if within.leads_in(name):
        what = "is in the knowledge folder; write its path from there on, as in reports/lu.md"
    else:
        what = "is outside the knowledge folder; move the file into it"
    checker.add(at, f"{name} {what}")
    return None


# --- with a catalog ------------------------------------------------------------------------------


class _Loading:
    """One reading of a catalog: gathers faults as it goes, and raises them together."""

    def __init__(self, folder: Path, over: _Over) -> None:
        self.folder = folder
        self.over = over
        self.reports: list[Report] = []
        self.complete = True  # whether every report that is listed could be read
        content = _content(folder / CATALOG)
        if isinstance(content, str):
            raise InvalidCatalog((Fault(CATALOG, 1, content),))
        self.checker = Checker(CATALOG, parse(content, CATALOG))

    def library(self, *, strict: bool) -> Library:
        value = self.checker.lined.value
        if value is None:
            self.checker.add((), "is empty; list your reports under `reports`")
            raise self.invalid()
        catalog = self.checker.checked(_Catalog, value, (), mend=True)
        if catalog is None:
            raise self.invalid()
        listed = value.get("reports", []) if isinstance(value, dict) else None
        if listed == [] and not self.over.overlay.reports:
            self.checker.add(("reports",), "`reports` is empty; list at least one report")
        self.read_reports(catalog.reports)
        lexicon = self.lexicon(catalog.lexicon)
        synonyms = self.synonyms(catalog.synonyms)
        topics = self.topics(catalog.topics)
        questions, broken = self.questions(catalog.questions)
        curated, unbound = self.over.questions(self.reports) if self.complete else ((), ())
        if self.checker.faults or self.over.faults:
            raise self.invalid((*broken, *unbound) if strict else ())
        return Library.from_reports(
            self.reports,
            topics=topics,
            lexicon=lexicon,
            synonyms=(*synonyms, *self.over.synonyms),
            questions=questions,
            curated=curated,
            broken=(*broken, *unbound),
        )

    def invalid(self, broken: Iterable[BrokenQuestion] = ()) -> InvalidCatalog:
        also = {fault for one in broken for fault in one.faults}
        return InvalidCatalog(tuple(sorted({*self.checker.faults, *self.over.faults, *also})))

    # reports

    def read_reports(self, values: Sequence[object]) -> None:
        rows = self.checker.checked_each(ListedReport, values, ("reports",))
        over = self.over.reports()
        self.complete = len(rows) == len(values) and len(over) == len(self.over.overlay.reports)
        self.unique(((*at, "id"), "the id", row.id) for at, row in rows)
        self.unique(((*at, "file"), "the file", row.file) for at, row in rows)
        for at, row in rows:
            if row.id in over:
                self.reports.append(over.pop(row.id))  # in its place
            elif not self.over.hides(row.id):
                self.read_report(at, row)
        self.reports += over.values()
        if len(rows) == len(values):
            self.find_unlisted({row.file for _, row in rows})
        if not self.reports and self.complete and values:
            message = "takes away every report; keep one"
            self.over.lined.checker.add(("removed",), message)
        self.complete = self.complete and bool(self.reports)

    def read_report(self, at: Location, row: ListedReport) -> None:
        report = _read_listed(self.folder, at, row, self.checker, self.over)
        if report is None:
            self.complete = False
        else:
            self.reports.append(report)

    def find_unlisted(self, listed: Iterable[str]) -> None:
        """Record reports that lie in reports/ and are not in the catalog.

        A fault and not a warning: whoever puts a file there expects to be answered from it, and
        would otherwise learn from a reader that the bot does not know it.
        """
        folder = self.folder / REPORTS
        if not folder.is_dir():
            return
        names = {os.path.normpath(name) for name in listed}
        left = [
            folder / name
            for name in document_names(folder)
            if os.path.normpath(f"{REPORTS}/{name}") not in names
        ]
        known = {(self.folder / name).resolve() for name in listed} if left else set()
        for path in left:
            if path.resolve() not in known and not self.over.has(path):
                name = path.relative_to(self.folder).as_posix()
                refused = _refused(name)
                what = (
                    "is not listed; add it here"
                    if refused is None
                    else f"is not listed and {refused}"
                )
                self.checker.add(("reports",), f"{name} {what} or move it out of {REPORTS}/")

    def unique(self, values: Iterable[tuple[Location, str, str]]) -> None:
        """Record each value that stands earlier already."""
        first_lines: dict[str, int] = {}
        for at, what, value in values:
            line = self.checker.lined.line(at)
            if value in first_lines:
                self.checker.add(
                    at, f"{what} {value} stands on line {first_lines[value]} already; keep one"
                )
            else:
                first_lines[value] = line

    # lexicon and synonyms

    def lexicon(self, value: object) -> Lexicon:
        if value is None:
            return Lexicon()
        row = self.checker.checked(_Lexicon, value, ("lexicon",))
        if row is None:
            return Lexicon()
        for key in ("people", "places", "organisations", "terms"):
            names: tuple[_Name, ...] = getattr(row, key)
            self.unique(
                (("lexicon", key, number, "name"), "the name", one.name)
                for number, one in enumerate(names)
            )
        return Lexicon(
            people=_names(row.people),
            places=_names(row.places),
            organisations=_names(row.organisations),
            terms=_names(row.terms),
        )

    def synonyms(self, values: Sequence[object]) -> tuple[tuple[str, ...], ...]:
        rows = self.checker.checked_each(Synonyms, values, ("synonyms",))
        return tuple(row.root for _, row in rows)

    # topics

    def topics(self, values: Sequence[object]) -> tuple[Topic, ...]:
        rows = self.checker.checked_each(_Topic, values, ("topics",))
        self.unique(((*at, "command"), "the command", row.command) for at, row in rows)
        self.unique(
            ((*at, "words", number), "the word", word)
            for at, row in rows
            for number, word in enumerate(row.words)
        )
        return tuple(self.topic(at, row) for at, row in rows)

    def topic(self, at: Location, row: _Topic) -> Topic:
        if not row.entries:
            self.checker.add((*at, "entries"), "`entries` is empty; list at least one")
        self.unique(
            ((*at, "entries", number, "name"), "the name", entry.name)
            for number, entry in enumerate(row.entries)
        )
        entries = []
        for number, entry in enumerate(row.entries):
            place = self.place((*at, "entries", number), entry)
            if place is not None:
                entries.append(
                    Entry(entry.name, entry.aliases, entry.role, place, entry.only_named)
                )
        return Topic(row.command, row.words, row.title, row.description, tuple(entries))

    def place(self, at: Location, entry: _Entry) -> Place | None:
        """Where the role stands: best in a paragraph that names the entry, else the first."""
        if not self.complete:
            return None  # a report is missing that may well have it: one fault is enough
        names = (entry.name, *entry.aliases)
        if not any(name in report.text for name in names for report in self.reports):
            which = " and its aliases occur" if entry.aliases else " occurs"
            self.checker.add(
                (*at, "name"),
                f"“{entry.name}”{which} in no report; write it as a report has it or add an alias",
            )
        places = [
            (not any(name in text for name in names), Place(report.id, Span(start, end)))
            for report in self.reports
            for paragraph in report.paragraphs
            if entry.role in (text := paragraph.span.of(report.text))
            if paragraph.kind is not Kind.CAPTION
            for start in [paragraph.span.start + text.index(entry.role)]
            for end in [start + len(entry.role)]
        ]
        if not places:
            self.checker.add(
                (*at, "role"),
                f"“{entry.role}” is in no report, word for word; copy it from the report",
            )
            return None
        return min(places, key=itemgetter(0))[1]

    # gold questions

    def questions(
        self, name: str | None
    ) -> tuple[tuple[GoldQuestion, ...], tuple[BrokenQuestion, ...]]:
        if name is None:
            return (), ()
        within = self.over.within(self.folder)
        path = _inside(self.folder, ("questions",), name, self.checker, within)
        if path is None:
            return (), ()
        content = _content(path)
        if isinstance(content, str):
            self.checker.add(("questions",), f"the file {name} {content}")
            return (), ()
        if not self.complete:
            return (), ()
        try:
            return sound_questions(content, name, self.reports)
        except InvalidCatalog as error:
            self.checker.faults.extend(error.faults)
            return (), ()


def _names(rows: tuple[_Name, ...]) -> tuple[Name, ...]:
    return tuple(Name(row.name, row.aliases) for row in rows)


def _spaced(text: str) -> str:
    return " ".join(text.split())
