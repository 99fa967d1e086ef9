"""What does everything we know look like, together? One immutable, validated snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field

from knowledge.curated import Curated
from knowledge.lexicon import Lexicon
from knowledge.model import Passage, Report
from knowledge.passages import passages
from knowledge.questions import BrokenQuestion, GoldQuestion
from knowledge.topics import Topic


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
        digest = hashlib.sha256()
        for report in ordered:
            digest.update(bytes.fromhex(report_revision(report)))
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
            passages=tuple(passage for report in ordered for passage in passages(report)),
            topics=topics,
            lexicon=lexicon,
            synonyms=synonyms,
            questions=questions,
            curated=curated,
            broken=broken,
            revision=digest.hexdigest()[:32],
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
