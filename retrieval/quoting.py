"""How does a stretch of a report become a quote that can be proved and cited for good?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from knowledge.library import Library
from knowledge.model import Paragraph, Passage, Report, Span
from retrieval.errors import QuoteNotVerbatim
from retrieval.model import Citation, Quote, Resolved

_ID = re.compile(
    r"(?P<report>[a-z0-9-]{1,32})_(?P<section>[0-9]{1,6})_(?P<number>[0-9]{1,6})_(?P<hash>[0-9a-f]{12})"
)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def cite(report: Report, paragraph: Paragraph) -> Citation:
    """The citation of a paragraph; its id carries the paragraph's place and a hash of its text."""
    digest = _hash(paragraph.span.of(report.text))
    return Citation(
        id=f"{report.id}_{paragraph.section}_{paragraph.number}_{digest}",
        report_id=report.id,
        report_title=report.title,
        section=report.path(paragraph),
        paragraph=paragraph.number,
        kind=paragraph.kind,
    )


def _joined(text: str, spans: Iterable[Span]) -> list[Span]:
    """Neighbours with nothing but white space between them become one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and not text[joined[-1].end : span.start].strip():
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def quote(
    report: Report, passages: Sequence[Passage], marked: Iterable[Span], score: float, part: int = 0
) -> Quote:
    """Quote a paragraph, given as all its passages, with ``marked`` stretches of the report.

    Of a paragraph that is divided into clauses, only those with something marked are quoted,
    and what stands between them.
    """
    text = report.text
    spans = _joined(text, marked)
    # Neighbouring sentences that were joined can reach over several clauses.
    quoted = [
        p for p in passages if any(s.start < p.span.end and p.span.start < s.end for s in spans)
    ] or passages
    whole = Span(quoted[0].span.start, quoted[-1].span.end)
    if spans:
        whole = Span(min(whole.start, spans[0].start), max(whole.end, spans[-1].end))
    return Quote(
        text=whole.of(text),
        span=whole,
        highlights=tuple(span.shifted(-whole.start) for span in spans),
        citation=cite(report, passages[0].paragraph),
        score=score,
        part=part,
    )


def prove(library: Library, quotes: Iterable[Quote]) -> None:
    """Hold every quote against its report, character for character.

    Raises ``QuoteNotVerbatim`` at the first that differs.
    """
    for one in quotes:
        where = one.citation
        if where.report_id not in library:
            raise QuoteNotVerbatim(f"{where.id}: the library has no report {where.report_id}")
        if one.span.of(library.report(where.report_id).text) != one.text:
            raise QuoteNotVerbatim(f"{where.id}: the report has other words at {one.span}")
        if any(mark.end > len(one.text) for mark in one.highlights):
            raise QuoteNotVerbatim(f"{where.id}: a mark ends behind the quote")


def resolve(library: Library, citation_id: str) -> Resolved | None:
    """What a citation leads to now; ``None`` where it is no citation id at all."""
    match = _ID.fullmatch(citation_id)
    if match is None:
        return None
    if match["report"] not in library:
        return Resolved(None, changed=True)
    report = library.report(match["report"])
    place = (int(match["section"]), int(match["number"]))
    here: Paragraph | None = None
    same: list[Paragraph] = []
    for paragraph in report.paragraphs:
        if (paragraph.section, paragraph.number) == place and (paragraph.number or here is None):
            here = paragraph
        if _hash(paragraph.span.of(report.text)) == match["hash"]:
            same.append(paragraph)
    if same:  # it stands where it was, or has moved as it is
        at_home = [p for p in same if (p.section, p.number) == place]
        return Resolved(whole(report, (at_home or same)[0]), changed=False)
    if here is None or not here.number:
        return Resolved(None, changed=True)
    return Resolved(whole(report, here), changed=True)


def whole(report: Report, paragraph: Paragraph) -> Quote:
    """A paragraph quoted from end to end, nothing marked."""
    return Quote(
        text=paragraph.span.of(report.text),
        span=paragraph.span,
        highlights=(),
        citation=cite(report, paragraph),
        score=0.0,
    )
