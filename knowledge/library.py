"""What does everything we know look like, together? One immutable, validated snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field

from knowledge.curated import Curated
from knowledge.errors import Fault
from knowledge.joined import Joined
from knowledge.kept import volume
from knowledge.lexicon import Lexicon
from knowledge.model import Passage, Report
from knowledge.questions import BrokenQuestion, GoldQuestion
from knowledge.topics import Topic
from knowledge.volume import Volume


@dataclass(frozen=True, slots=True)
class Library:
    """Reports and what the catalog says about them.

    ``passages`` are those of all reports, in the order of ``reports``, as are ``volumes``. What is
    kept on disk is read as it is looked at: a walk through all texts takes its time. Each tuple of
    ``synonyms`` is one meaning. ``broken`` are questions that no report answers as their file says,
    and that are left out of ``questions`` and ``curated``; ``unread`` is what is wrong with files
    that are no reports for it, though they lie among those. ``revision`` is a hash of everything
    else: equal revisions answer equally.
    """

    reports: tuple[Report, ...]
    topics: tuple[Topic, ...]
    lexicon: Lexicon
    synonyms: tuple[tuple[str, ...], ...]
    questions: tuple[GoldQuestion, ...]
    curated: tuple[Curated, ...]
    broken: tuple[BrokenQuestion, ...]
    unread: tuple[Fault, ...]
    revision: str
    passages: Sequence[Passage] = field(repr=False, compare=False)
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
        unread: tuple[Fault, ...] = (),
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
            passages=Joined([one.passages for one in volumes]),
            topics=topics,
            lexicon=lexicon,
            synonyms=synonyms,
            questions=questions,
            curated=curated,
            broken=broken,
            unread=unread,
            revision=digest.hexdigest()[:32],
            volumes=volumes,
            _by_id=by_id,
        )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is to be mended, though everything else serves."""
        of_questions = (fault for one in self.broken for fault in one.faults)
        return tuple(sorted({*self.unread, *of_questions}))

    def report(self, id: str) -> Report:  # noqa: A002 - a report's id is its id
        """The report with this id. Raises ``KeyError`` where there is none (see ``in``)."""
        return self._by_id[id]

    def volume(self, id: str) -> Volume:  # noqa: A002 - as above
        """The same with what is worked out of it."""
        return volume(self._by_id[id])

    def __contains__(self, id: object) -> bool:  # noqa: A002
        """Whether a report has this id."""
        return id in self._by_id
