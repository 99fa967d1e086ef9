"""What answers without a search: titles and bylines, and what the catalog's topics list?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from knowledge.library import Library
from knowledge.model import Kind, Paragraph, Passage, Report
from knowledge.topics import Entry, Topic
from retrieval import quoting
from retrieval.model import Notice, NoticeKind, Quote
from retrieval.query import front_matter, names
from retrieval.query.asking import topic, wants_roster
from retrieval.query.parting import parts
from retrieval.query.scope import by_author
from retrieval.text.analysis import Analyzer, normalise, normalise_all

_FEW = 3  # paragraphs about one entry


class Direct:
    """Quotes what a question names outright."""

    def __init__(
        self, library: Library, documents: Sequence[tuple[Passage, ...]], analyzer: Analyzer
    ) -> None:
        self._library = library
        self._documents = documents
        self._analyzer = analyzer

    @cached_property
    def _having(self) -> dict[Kind, list[int]]:
        """The numbers of the reports that have a title, a subtitle, a byline."""
        having: dict[Kind, list[int]] = {}
        for number, volume in enumerate(self._library.volumes):
            for kind in {paragraph.kind for paragraph, _ in volume.front}:
                having.setdefault(kind, []).append(number)
        return having

    def _front(self, number: int, *kinds: Kind) -> list[tuple[Report, Paragraph]]:
        """What a report has of these kinds."""
        volume = self._library.volumes[number]
        return [(volume.report, one) for one, _ in volume.front if one.kind in kinds]

    def warm(self) -> None:
        """Read now what the first question that needs it would have to wait for."""
        _ = self._by, self._having, self._titles, self._front_texts

    def quotes(self, text: str) -> tuple[Quote, ...]:
        """What answers a normalised question that asks for nothing else; mostly nothing."""
        whole = self._front_matter(text) or self._roster(text)
        if whole:
            return whole
        asked = parts(text)
        if len(asked) < 2:
            return ()
        pieces = [self._front_matter(part) for part in asked]
        if not all(pieces):
            return ()
        return tuple({quote.citation.id: quote for piece in pieces for quote in piece}.values())

    def _front_matter(self, text: str) -> tuple[Quote, ...]:
        """The title, subtitle, opening or byline that is asked for."""
        asked = front_matter.asked_for(text)
        if asked is None:
            return self._author(text)
        kinds, named = asked
        quotes: list[Quote] = []
        for kind in kinds:
            if kind is Kind.BODY:
                meant = self._openings(named)
            else:
                called = [n for n in self._having.get(kind, ()) if self._is_called(n, named)]
                if not named and len(called) > _FEW:
                    return ()  # without a word on which report, one byline among many is no answer
                meant = [one for number in called for one in self._front(number, kind)]
            if not meant:
                return ()
            for report, paragraph in meant:
                whole = paragraph.span.shifted(-paragraph.span.start)
                quotes.append(replace(quoting.whole(report, paragraph), highlights=(whole,)))
        return tuple(quotes)

    def _openings(self, named: str) -> list[tuple[Report, Paragraph]]:
        """What tells what a report is about: its title, its subtitle and what it opens with."""
        called = (n for n in range(len(self._titles)) if self._is_called(n, named))
        meant = list(itertools.islice(called, _FEW + 1))
        if len(meant) > _FEW:
            return []
        return [
            one
            for number in meant
            for volume in [self._library.volumes[number]]
            for one in (
                *self._front(number, Kind.TITLE, Kind.SUBTITLE),
                *((volume.report, passages[0].paragraph) for passages in volume.body[:1]),
            )
        ]

    def _is_called(self, number: int, named: str) -> bool:
        """Whether title or subtitle of a report has all words of ``named``."""
        return all(word in self._titles[number] for word in named.split())

    def _author(self, text: str) -> tuple[Quote, ...]:
        """The bylines of an author of whom nothing but the name is asked."""
        asked = "".join(re.findall(r"\w+", topic(text))).removesuffix("是")
        listed = self._by.get(asked, ())
        bylines = (one for number in listed for one in self._front(number, Kind.BYLINE))
        return tuple(quoting.whole(*one) for one in itertools.islice(bylines, _FEW))

    @cached_property
    def _by(self) -> dict[str, list[int]]:
        """The numbers of the reports of every author, whose name is normalised."""
        return by_author(self._library)

    def mentions(self, word: str) -> bool:
        """Whether a title, subtitle or byline has a normalised word."""
        return word in self._front_texts

    @cached_property
    def _titles(self) -> list[str]:
        """Title and subtitle of every report, normalised."""
        reports = self._library.reports
        return normalise_all([f"{report.title}{report.subtitle}" for report in reports])

    @cached_property
    def _front_texts(self) -> str:
        """What stands in front of and below the reports, normalised, a paragraph a line.

        No word runs over the end of a line.
        """
        texts = dict.fromkeys(words for one in self._library.volumes for _, words in one.front)
        return "\n".join(normalise_all(list(texts)))

    def _roster(self, text: str) -> tuple[Quote, ...]:
        """The paragraphs of everything that a topic lists, where just that is asked for."""
        if not wants_roster(text):
            return ()
        for one in self._library.topics:
            words = [normalise(word).text for word in one.words]
            named = next((word for word in words if word in text), None)
            if named is None:
                continue
            # What is left may colour the question (先进) and not be about something else.
            rest = self._analyzer.words(topic(text.replace(named, " ")))
            if len(rest) > 2 or any(len(word) > 2 for word in rest):
                continue
            quotes: dict[str, list[Quote]] = {}
            for entry in one.entries:
                for quote in self.about(entry)[:1]:
                    quotes.setdefault(quote.citation.id, []).append(quote)
            return tuple(map(self._together, quotes.values()))
        return ()

    def _together(self, quotes: Sequence[Quote]) -> Quote:
        """One quote of a paragraph with all that several mark in it, whatever clauses they are."""
        first = quotes[0]
        report = self._library.report(first.citation.report_id)
        passages = next(
            group
            for group in self._library.volume(report.id).body
            if group[0].paragraph.span.covers(first.span)
        )
        marks = {mark.shifted(one.span.start) for one in quotes for mark in one.highlights}
        return quoting.quote(report, passages, marks, first.score)

    def lookup(self, topic_: Topic, name: str) -> tuple[tuple[Entry, ...], tuple[Notice, ...]]:
        """The entries of a topic that ``name`` can mean, and what to say of how it was read."""
        known = {entry.name: entry for entry in topic_.entries}
        matched, how = names.lookup(name, {n: e.aliases for n, e in known.items()})
        entries = tuple(known[one] for one in matched)
        if len(entries) != 1 or how is None:
            return entries, ()
        notices = []
        if how >= names.How.SOUND:
            notices.append(Notice(NoticeKind.CORRECTED, given=name, meant=entries[0].name))
        elif how is names.How.PART:
            notices.append(Notice(NoticeKind.COMPLETED, given=name, meant=entries[0].name))
        if entries[0].only_named:
            notices.append(Notice(NoticeKind.ONLY_NAMED, given=entries[0].name))
        return entries, tuple(notices)

    def about(self, entry: Entry) -> tuple[Quote, ...]:
        """The paragraph of the entry's line, then others that name it."""
        own, place = self._library.volume(entry.place.report_id), entry.place.span
        quotes: list[Quote] = []
        for passages in own.body:
            if passages[0].paragraph.span.covers(place):
                sentences = [s for p in passages for s in p.sentences]
                marks = [s for s in sentences if s.start < place.end and place.start < s.end]
                quotes.append(quoting.quote(own.report, passages, marks, 1.0))
        if not quotes:
            quotes.append(self._unnumbered(entry))
        name = normalise(entry.name).text
        for passages in self._documents:
            if len(quotes) >= _FEW:
                break
            report = self._library.report(passages[0].report_id)
            if report.id == entry.place.report_id and passages[0].paragraph.span.covers(place):
                continue
            sentences = [s for p in passages for s in p.sentences]
            named = [s for s in sentences if name in normalise(s.of(report.text)).text]
            if named:
                quotes.append(quoting.quote(report, passages, named[:1], 0.5))
        return tuple(quotes[:_FEW])

    def _unnumbered(self, entry: Entry) -> Quote:
        """The heading, title or byline that the entry's line stands in."""
        report = self._library.report(entry.place.report_id)
        covering = (p for p in report.paragraphs if p.span.covers(entry.place.span))
        paragraph = next(covering)
        mark = entry.place.span.shifted(-paragraph.span.start)
        return replace(quoting.whole(report, paragraph), highlights=(mark,), score=1.0)
