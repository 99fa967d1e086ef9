"""What is worked out of a report once, and shared by all libraries that have it?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol
from weakref import WeakValueDictionary

from knowledge.model import Kind, Paragraph, Passage, Report
from knowledge.passages import passages
from knowledge.quoted import quoted

FRONT = (Kind.TITLE, Kind.SUBTITLE, Kind.BYLINE)
"""What tells about a report, and is none of its text."""


class Volume(Protocol):
    """A report and what is worked out of it. None of this but the report's text takes long."""

    @property
    def report(self) -> Report:
        """The report."""

    @property
    def passages(self) -> Sequence[Passage]:
        """What can be quoted of it."""

    @property
    def body(self) -> Sequence[tuple[Passage, ...]]:
        """The passages of its body text, those of one paragraph together."""

    @property
    def front(self) -> Sequence[tuple[Paragraph, str]]:
        """Title, subtitle and bylines with their words, in its order."""

    @property
    def paths(self) -> Sequence[Sequence[str]]:
        """The headings that each of its sections stands under, outermost first."""

    @property
    def quoted(self) -> Sequence[str]:
        """The terms that it has in quotation marks."""

    @property
    def characters(self) -> int:
        """How long its text is."""

    @property
    def sentences(self) -> int:
        """How many sentences its body text has."""

    @property
    def revision(self) -> str:
        """``report_revision``."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ReadVolume:
    """The ``Volume`` of a report that is in memory as a whole."""

    report: Report
    passages: tuple[Passage, ...]
    body: tuple[tuple[Passage, ...], ...]
    front: tuple[tuple[Paragraph, str], ...]
    paths: tuple[tuple[str, ...], ...]
    quoted: tuple[str, ...]
    characters: int
    sentences: int
    revision: str

    @classmethod
    def of(cls, report: Report) -> ReadVolume:
        """Work it out: takes as long as reading the report's file."""
        own = passages(report)
        body = [passage for passage in own if passage.paragraph.kind is Kind.BODY]
        grouped = groupby(body, key=lambda passage: passage.paragraph.span)
        return cls(
            report=report,
            passages=own,
            body=tuple(tuple(together) for _, together in grouped),
            front=tuple(
                (paragraph, paragraph.span.of(report.text))
                for paragraph in report.paragraphs
                if paragraph.kind in FRONT
            ),
            paths=tuple(section.path for section in report.sections),
            quoted=quoted(report.text),
            characters=len(report.text),
            sentences=sum(len(passage.sentences) for passage in body),
            revision=report_revision(report),
        )


# By the identity of the report, which the volume keeps alive. A library that is read again shares
# with the one before, for as long as that is in use, what has not changed.
_VOLUMES: WeakValueDictionary[int, ReadVolume] = WeakValueDictionary()


def read_volume(report: Report) -> ReadVolume:
    """The volume of ``report``, which is made once as long as any library holds it."""
    known = _VOLUMES.get(id(report))
    if known is None or known.report is not report:
        known = _VOLUMES[id(report)] = ReadVolume.of(report)
    return known


def report_revision(report: Report) -> str:
    """A hash of everything about one report, in hexadecimal digits."""
    about = (
        report.id,
        report.title,
        report.subtitle,
        report.authors,
        report.date,
        report.region,
        report.language,
        report.source,
        [section.path for section in report.sections],
        [
            (one.section, one.number, one.kind.value, one.span.start, one.span.end)
            for one in report.paragraphs
        ],
    )
    digest = hashlib.sha256(report.text.encode("utf-8", "surrogatepass"))
    digest.update(repr(about).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
