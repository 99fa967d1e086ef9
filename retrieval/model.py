"""What is an answer made of? Frozen values that the terminal and the bot both render."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.model import Kind, Span


class Outcome(StrEnum):
    """What the library has to say to a question. Finding nothing is an outcome, not an error."""

    ANSWERED = "answered"
    MENTIONED = "mentioned"  # the report names it and does not spell it out
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands. ``paragraph`` is 0 for headings, titles and bylines (see ``kind``).

    ``id`` is at most 64 characters of ``[A-Za-z0-9_-]``, content-addressed, and survives
    re-indexing; ``Answerer.resolve`` turns it back into what the paragraph says now.
    """

    id: str
    report_id: str
    report_title: str
    section: tuple[str, ...]
    paragraph: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage word for word.

    ``span`` is in ``Report.text`` and ``text`` is exactly what it covers; ``highlights`` are
    ranges of code points in ``text``, in order, not overlapping: the sentences that answer.
    ``part`` says which part of a question of several parts it answers, from 0.
    """

    text: str
    span: Span
    highlights: tuple[Span, ...]
    citation: Citation
    score: float
    part: int = 0


class NoticeKind(StrEnum):
    """What a reader must be told about how their question was understood or answered."""

    CORRECTED = "corrected"  # ``given`` was looked up as ``meant``: another spelling or sound
    COMPLETED = "completed"  # ``given`` (a pronoun, a part of a name) was taken to mean ``meant``
    FOLLOW_UP = "follow_up"  # the question was read with the one before: ``meant``
    FILTERED = "filtered"  # only the reports that ``given`` names were searched: ``meant``
    CURATED = "curated"  # an admin has bound the question ``given``, which this is, to the passage
    UNANSWERED = "unanswered"  # ``given``, one part of the question, is not; another part is
    MISSING = "missing"  # the question's own ``given`` (a number, year, name) is nowhere
    ELSEWHERE = "elsewhere"  # ``given`` is in the library, and not where the rest is
    OF_ANOTHER = "of_another"  # what ``meant`` names is said of others, and not of ``given``
    NO_NUMBER = "no_number"  # the question asks for one and the passage has none that fits
    NO_DATE = "no_date"
    NO_PERSON = "no_person"
    NO_NAME = "no_name"
    NO_PLACE = "no_place"
    NO_REASON = "no_reason"
    UNSURE = "unsure"  # the nearest passage may answer, and not surely enough to say so
    ONLY_NAMED = "only_named"  # ``given`` is named and not spelled out


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say openly; ``given`` and ``meant`` are plain text, see ``NoticeKind``."""

    kind: NoticeKind
    given: str = ""
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """The proof that nothing was found.

    ``missing`` are the question's key words that occur nowhere in the library; ``counted`` those
    that occur, with the number of paragraphs, though none of them answers. A word that is all over
    the library is no key word, unless there is no other.
    """

    missing: tuple[str, ...]
    counted: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The library's answer to one question.

    ``quotes`` are the best passages, best first, never the same paragraph twice; with
    ``NOT_FOUND`` they are empty or the nearest passage, which ``notices`` then explain.
    ``confidence`` is the calibrated probability, 0 to 1, that the first quote answers; of a
    question of several parts, that each part that has quotes is answered by its first.
    ``suggestions`` are questions that the library does answer.
    """

    question: str
    outcome: Outcome
    quotes: tuple[Quote, ...]
    notices: tuple[Notice, ...]
    confidence: float
    absence: Absence | None
    suggestions: tuple[str, ...]
    took_ms: float


@dataclass(frozen=True, slots=True)
class Context:
    """What was said before: the question before, and the citation ids that answered it."""

    question: str
    citation_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a citation id leads to now.

    ``quote`` is what the paragraph says now, ``None`` where the report or the paragraph is gone;
    ``changed`` is whether that differs from what the id was made for.
    """

    quote: Quote | None
    changed: bool
