"""What does everything we know look like, together? One immutable, validated snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from itertools import groupby
from weakref import WeakValueDictionary

from knowledge.curated import Curated
from knowledge.lexicon import Lexicon
from knowledge.model import Kind, Passage, Report
from knowledge.passages import passages
from knowledge.questions import BrokenQuestion, GoldQuestion
from knowledge.topics import Topic


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Volume:
    """A report with what is worked out of it once.

    ``body`` are the passages of its body text, those of one paragraph together. ``revision`` is
    ``report_revision``.
    """

    report: Report
    passages: tuple[Passage, ...]
    body: tuple[tuple[Passage, ...], ...]
    revision: str


# By the identity of the report, which the volume keeps alive. A library that is read again shares
# with the one before, for as long as that is in use, what has not changed.
_VOLUMES: WeakValueDictionary[int, Volume] = WeakValueDictionary()


def volume(report: Report) -> Volume:
    """The volume of ``report``, which is made once as long as any library holds it."""
    known = _VOLUMES.get(id(report))
    if known is None or known.report is not report:
        own = passages(report)
        body = (passage for passage in own if passage.paragraph.kind is Kind.BODY)
        grouped = groupby(body, key=lambda passage: passage.paragraph.span)
        known = Volume(report, own, tuple(tuple(p) for _, p in grouped), report_revision(report))
        _VOLUMES[id(report)] = known
    return known


@dataclass(frozen=True, slots=True)
class Library:
    """Reports and what the catalog says about them.

    ``passages`` are those of all reports, in the order of ``reports``. Each tuple of ``synonyms``
    is one meaning. ``broken`` are questions that no report answers as their file says, and that are
    left out of ``questions`` and ``curated``. ``revision`` is a hash of everything else: equal
    revisions answer equally.
    """

    reports: tuple[Report, ...]
    passages: tuple[Passage, ...]
    topics: tuple[Topic, ...]
    lexicon: Lexicon
    synonyms: tuple[tuple[str, ...], ...]
    questions: tuple[GoldQuestion, ...]
    curated: tuple[Curated, ...]
    broken: tuple[BrokenQuestion, ...]
    revision: str
    volumes: tuple[Volume, ...] = field(repr=False, compare=False)
    _by_id: dict[str, Report] = field(repr=False, compare=False)

    @classmethod
    def from_reports(
        cls,
        reports: Iterable[Report],
        *,
        topics: tuple[Topic, ...] = (),
        lexicon: Lexicon = Lexicon(),  # noqa: B008 - frozen
        synonyms: tuple[tuple[str, ...], ...] = (),
        questions: tuple[GoldQuestion, ...] = (),
        curated: tuple[Curated, ...] = (),
        broken: tuple[BrokenQuestion, ...] = (),
    ) -> Library:
        """A library of these reports. Raises ``ValueError`` where two have the same id."""
        ordered = tuple(reports)
        by_id = {report.id: report for report in ordered}
        if len(by_id) < len(ordered):
            raise ValueError("two reports have the same id")
        volumes = tuple(map(volume, ordered))
        digest = hashlib.sha256()
        for one in volumes:
            digest.update(bytes.fromhex(one.revision))
        declared = (
            [astuple(topic) for topic in topics],
            astuple(lexicon),
            synonyms,
            [astuple(question) for question in questions],
            [astuple(question) for question in curated],
        )
        digest.update(repr(declared).encode("utf-8", "backslashreplace"))
        return cls(
            reports=ordered,
            passages=tuple(passage for one in volumes for passage in one.passages),
            topics=topics,
            lexicon=lexicon,
            synonyms=synonyms,
            questions=questions,
            curated=curated,
            broken=broken,
            revision=digest.hexdigest()[:32],
            volumes=volumes,
            _by_id=by_id,
        )

    def report(self, id: str) -> Report:  # noqa: A002 - a report's id is its id
        """The report with this id. Raises ``KeyError`` where there is none (see ``in``)."""
        return self._by_id[id]

    def __contains__(self, id: object) -> bool:  # noqa: A002
        """Whether a report has this id."""
        return id in self._by_id


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
