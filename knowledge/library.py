"""What does everything we know look like, together? One immutable, validated snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields

from knowledge.curated import Curated
from knowledge.errors import Fault
from knowledge.figures import Figures
from knowledge.joined import Each, Joined
from knowledge.kept import volume
from knowledge.lexicon import Lexicon
from knowledge.model import Passage, Report
from knowledge.questions import BrokenQuestion, GoldQuestion
from knowledge.topics import Topic
from knowledge.volume import Volume


@dataclass(frozen=True, slots=True)
class Declared:
    """What a library has besides its reports; see there."""

    topics: tuple[Topic, ...]
    lexicon: Lexicon
    synonyms: tuple[tuple[str, ...], ...]
    questions: tuple[GoldQuestion, ...]
    curated: tuple[Curated, ...]
    broken: tuple[BrokenQuestion, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Reports and what the catalog says about them.

    ``passages`` are those of all reports, in the order of ``reports``, as are ``volumes`` and
    ``figures``. What is kept on disk is read, and made an object of, as it is looked at: a walk
    through all of it takes its time. ``authors`` are those of the reports that have any, by their
    numbers. Each tuple of ``synonyms`` is one meaning. ``broken`` are questions that no report
    answers as their file says, and that are left out of ``questions`` and ``curated``; ``unread``
    is what is wrong with files that are no reports for it, though they lie among those.
    ``revision`` is a hash of everything else: equal revisions answer equally.
    """

    reports: Sequence[Report]
    topics: tuple[Topic, ...]
    lexicon: Lexicon
    synonyms: tuple[tuple[str, ...], ...]
    questions: tuple[GoldQuestion, ...]
    curated: tuple[Curated, ...]
    broken: tuple[BrokenQuestion, ...]
    unread: tuple[Fault, ...]
    revision: str
    passages: Sequence[Passage] = field(repr=False, compare=False)
    volumes: Sequence[Volume] = field(repr=False, compare=False)
    authors: Mapping[int, Sequence[str]] = field(repr=False, compare=False)
    figures: Figures = field(repr=False, compare=False)
    _numbers: dict[str, int] = field(repr=False, compare=False)

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
        unread: tuple[Fault, ...] = (),
    ) -> Library:
        """A library of these reports. Raises ``ValueError`` where two have the same id."""
        ordered = tuple(reports)
        volumes = tuple(map(volume, ordered))
        return cls.of(
            ordered,
            volumes,
            [report.id for report in ordered],
            {number: report.authors for number, report in enumerate(ordered) if report.authors},
            Figures.of(volumes),
            Declared(topics, lexicon, synonyms, questions, curated, broken),
            unread,
        )

    @classmethod
    def of(
        cls,
        reports: Sequence[Report],
        volumes: Sequence[Volume],
        ids: Sequence[str],
        authors: Mapping[int, Sequence[str]],
        figures: Figures,
        declared: Declared,
        unread: tuple[Fault, ...] = (),
    ) -> Library:
        """A library of ``reports``, of which these are the volumes, ids, authors and figures.

        None of them is looked at. Raises ``ValueError`` where two have the same id.
        """
        numbers = {own_id: number for number, own_id in enumerate(ids)}
        if len(numbers) < len(reports):
            raise ValueError("two reports have the same id")
        digest = hashlib.sha256(figures.revisions.tobytes())
        told = (
            [astuple(topic) for topic in declared.topics],
            astuple(declared.lexicon),
            declared.synonyms,
            [astuple(question) for question in declared.questions],
            [astuple(question) for question in declared.curated],
        )
        digest.update(repr(told).encode("utf-8", "backslashreplace"))
        return cls(
            reports=reports,
            passages=Joined(
                Each(len(volumes), lambda number: volumes[number].passages),
                figures.passages.tolist(),
            ),
            **{one.name: getattr(declared, one.name) for one in fields(Declared)},
            unread=unread,
            revision=digest.hexdigest()[:32],
            volumes=volumes,
            authors=authors,
            figures=figures,
            _numbers=numbers,
        )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is to be mended, though everything else serves."""
        of_questions = (fault for one in self.broken for fault in one.faults)
        return tuple(sorted({*self.unread, *of_questions}))

    @property
    def declared(self) -> Declared:
        """What it has besides its reports."""
        return Declared(*(getattr(self, one.name) for one in fields(Declared)))

    def report(self, id: str) -> Report:  # noqa: A002 - a report's id is its id
        """The report with this id. Raises ``KeyError`` where there is none (see ``in``)."""
        return self.reports[self._numbers[id]]

    def volume(self, id: str) -> Volume:  # noqa: A002 - as above
        """The same with what is worked out of it."""
        return self.volumes[self._numbers[id]]

    def revisions(self) -> dict[str, bytes]:
        """The bytes of every report's revision, by the reports' ids."""
        rows = map(bytes, self.figures.revisions)
        return dict(zip(self._numbers, rows, strict=True))

    def __contains__(self, id: object) -> bool:  # noqa: A002
        """Whether a report has this id."""
        return id in self._numbers
