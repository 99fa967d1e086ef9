"""Which passages have the admins bound questions to, and do these passages still say so?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.model import Kind, Report, Span
from knowledge.topics import Place

if TYPE_CHECKING:  # the overlay brings along all that reading one takes
    from knowledge.overlay import CuratedQuestion


@dataclass(frozen=True, slots=True)
class Curated:
    """A question and the stretch of a report that answers it, as an admin chose."""

    question: str
    place: Place


def find_curated(wanted: CuratedQuestion, reports: Iterable[Report]) -> Curated | None:
    """``wanted`` where its quote stands now, best in the paragraph it was taken from.

    ``None`` where its report has the quote in no paragraph any more.
    """
    found = [
        (
            (report.path(paragraph), paragraph.number) != (wanted.section, wanted.paragraph),
            Place(report.id, Span(start, start + len(wanted.quote))),
        )
        for report in reports
        if report.id == wanted.report
        for paragraph in report.paragraphs
        if paragraph.kind is not Kind.CAPTION
        if wanted.quote in (text := paragraph.span.of(report.text))
        for start in [paragraph.span.start + text.index(wanted.quote)]
    ]
    if not found:
        return None
    return Curated(wanted.question, min(found, key=lambda one: one[0])[1])
