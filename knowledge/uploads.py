"""Which report is a file that somebody sends, and how is it listed?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from knowledge import readers
from knowledge.catalog import report_id
from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.library import Library
from knowledge.listed import ListedReport, is_id
from knowledge.model import Kind, Report
from knowledge.outline import Reading, reading
from knowledge.overlay import UPLOADS
from knowledge.readers import Document, Workshop

_NAMED = re.compile(r"(?P<id>[a-z0-9-]+)\s*[:：]\s*(?P<title>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sender says of the file: its report's id, its title, either or neither."""

    id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was understood: its row in the overlay, and the report that it makes.

    ``same`` is the report of the library that says the very same already, under that id or another.
    """

    row: ListedReport
    reading: Reading
    same: Report | None


def wanted(words: str, library: Library) -> Wanted:
    """What the caption ``words`` asks for: an id, a title, or ``id: title``.

    The title of a report that is there already means that report.
    """
    words = " ".join(words.split())
    for report in library.reports:
        if words and words == report.title:
            return Wanted(report.id)
    named = _NAMED.fullmatch(words)
    if named is not None and is_id(named["id"]):
        return Wanted(named["id"], named["title"])
    return Wanted(words) if is_id(words) else Wanted(title=words)


def understand(
    name: str,
    content: bytes,
    asked: Wanted,
    library: Library,
    workshop: Workshop | None = None,
) -> Upload:
    """Read the file ``name`` and decide which report it is.

    That is the one that ``asked`` names; else one of the library that has the same title; else one
    whose id the file's name makes. A report that takes the place of another keeps what the catalog
    says of that. Who closes the ``workshop`` stops the reading. Raises ``UnreadableReport``, whose
    message goes on after the file's name.
    """
    document = readers.read(name, content, workshop)
    stem = " ".join(PurePath(name).stem.split())
    plain = reading(document, Description("upload", asked.title)).report
    if not any(paragraph.kind is Kind.BODY for paragraph in plain.paragraphs):
        raise UnreadableReport(
            "is empty" if not plain.paragraphs else "has no body text below its headings"
        )
    title = asked.title or (stem if plain.title == "upload" else "")
    own_id = asked.id or _known_title(title or plain.title, library) or report_id(name)
    suffix = PurePath(name).suffix.lower()
    row = ListedReport(id=own_id, file=f"{UPLOADS}/{own_id}{suffix}", title=title or None)
    if own_id in library:
        row = _described(row, library.report(own_id), document)
    made = reading(document, row.description())
    length = len(made.report.text)
    as_long = np.flatnonzero(library.figures.characters == length).tolist()
    alike = (library.reports[number] for number in as_long)
    same = next((one for one in alike if one.text == made.report.text), None)
    if same is not None and same.id == own_id and same.title != made.report.title:
        same = None  # the same words under a new title
    return Upload(row, made, same)


def _known_title(title: str, library: Library) -> str:
    return next((report.id for report in library.reports if report.title == title), "")


def _described(row: ListedReport, old: Report, document: Document) -> ListedReport:
    """``row`` with what is known of the report that it replaces, as far as that still holds."""
    plain = reading(document, row.description()).report
    row = row.model_copy(
        update={
            "title": row.title or (None if _texts(old, Kind.TITLE) == (old.title,) else old.title),
            "subtitle": old.subtitle or None,
            "authors": old.authors,
            "date": old.date or None,
            "region": old.region or None,
            "language": old.language,
            "source": old.source or None,
            "captions": _all(old, plain, Kind.CAPTION),
            "bylines": _all(old, plain, Kind.BYLINE),
        }
    )
    found = reading(document, row.description()).report
    return row.model_copy(
        update={
            "subtitle": row.subtitle if row.subtitle in _texts(found, Kind.SUBTITLE) else None,
            "captions": _still(row.captions, _texts(found, Kind.CAPTION), plain, Kind.CAPTION),
            "bylines": _still(row.bylines, _texts(found, Kind.BYLINE), plain, Kind.BYLINE),
        }
    )


def _all(old: Report, new: Report, kind: Kind) -> tuple[str, ...]:
    """What was of this ``kind`` in the old report, and what looks so in the new one."""
    return tuple(dict.fromkeys((*_texts(new, kind), *_texts(old, kind))))


def _still(
    listed: tuple[str, ...] | None, found: tuple[str, ...], plain: Report, kind: Kind
) -> tuple[str, ...] | None:
    """Those of ``listed`` that the file has; ``None`` where they are recognised without a list."""
    kept = tuple(one for one in listed or () if one in found)
    return None if set(kept) == set(_texts(plain, kind)) else kept


def _texts(report: Report, kind: Kind) -> tuple[str, ...]:
    return tuple(one.span.of(report.text) for one in report.paragraphs if one.kind is kind)
