"""How does a question become an answer? The one entry of the package."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from knowledge.library import Library
from knowledge.model import Passage, Report, Span
from knowledge.topics import Entry, Topic
from retrieval import quoting
from retrieval.documents import documents
from retrieval.explain import Explanation
from retrieval.judging.judge import Judge, Part
from retrieval.judging.nearness import is_related
from retrieval.judging.occurrences import Occurrences
from retrieval.lookup.curated import CuratedQuestions
from retrieval.lookup.direct import Direct
from retrieval.model import (
    Absence,
    Answer,
    Citation,
    Context,
    Notice,
    NoticeKind,
    Outcome,
    Quote,
    Resolved,
)
from retrieval.query.asking import days, topic
from retrieval.query.reading import Reader
from retrieval.query.scope import Scope
from retrieval.relevance import ranking, semantic
from retrieval.relevance.finding import Asked
from retrieval.search.engine import Engine
from retrieval.text.analysis import Analyzer, Terms, normalise

LONGEST_QUESTION = 500  # characters of a question that are looked at
_SAME = 95  # rapidfuzz ratio, 0 to 100, from which two paragraphs count as the same
_FEW = 3  # suggestions
# Confidence below which a question may have been misspelt: what spelling was measured with, when it
# was the threshold itself (docs/quality.md).
_SETTLED = 0.14
_EXAMPLES = 200  # questions that suggestions are chosen from


@dataclass(frozen=True, slots=True)
class TopicAnswer:
    """What a topic command says to a name.

    ``entries`` are those that fit: all without a name, one with its ``answer``, several to choose
    from, or none.
    """

    topic: Topic
    entries: tuple[Entry, ...]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class _Read:
    """A question read, searched and judged.

    ``text`` is normalised, completed and corrected. ``front`` are titles, bylines, all that a
    topic lists or what an admin chose, which answer it outright; then, and where nothing is asked,
    nothing was judged.
    """

    question: str
    text: str
    notices: tuple[Notice, ...]
    front: tuple[Quote, ...]
    judged: tuple[Part, ...]
    begun: float

    @property
    def confidence(self) -> float:
        """The probability that every part that shows a quote is answered by its first one."""
        if self.front:
            return 1.0
        shown = (self.judged[number] for number in _shown(self.judged))
        return min((part.confidence for part in shown), default=0.0)


class Answerer:
    """Answers from one library. Immutable: a reload makes another. Safe to use from threads."""

    def __init__(
        self,
        library: Library,
        engine: Engine,
        analyzer: Analyzer,
        *,
        encoder: semantic.Encoder | None = None,
        embeddings: semantic.Embeddings | None = None,
        weights: ranking.Weights | None = None,
    ) -> None:
        """Serve ``library`` from ``engine``; ``weights`` take the place of the learned ones."""
        self.library = library
        self._engine = engine
        self._analyzer = analyzer
        self._given_weights = weights
        self._documents = documents(library)
        self._direct = Direct(library, self._documents, analyzer)
        self._occurrences = Occurrences(engine, self._direct.mentions, len(self._documents))
        self._reader = Reader(library, analyzer, self._occurrences.occurs, engine.doc_freq)
        self._scope = Scope(library, self._documents)
        self._curated = CuratedQuestions(library, analyzer)
        self._judge = Judge(
            library,
            engine,
            analyzer,
            names=self._reader.names,
            occurrences=self._occurrences,
            meaning=None if encoder is None or embeddings is None else (encoder, embeddings),
            weights=weights,
        )
        self.examples = _examples(library)

    @property
    def by_meaning(self) -> bool:
        """Whether there is evidence by meaning besides that by words."""
        return self._judge.by_meaning

    @property
    def engine(self) -> Engine:
        """What it searches with."""
        return self._engine

    @property
    def analyzer(self) -> Analyzer:
        """What cuts its questions as its library was cut."""
        return self._analyzer

    def with_meaning(self, encoder: semantic.Encoder, embeddings: semantic.Embeddings) -> Answerer:
        """One that answers from the same library and index by meaning, too."""
        return Answerer(
            self.library,
            self._engine,
            self._analyzer,
            encoder=encoder,
            embeddings=embeddings,
            weights=self._given_weights,
        )

    def without_meaning(self) -> Answerer:
        """One that answers from the same library and index by words alone."""
        return Answerer(self.library, self._engine, self._analyzer, weights=self._given_weights)

    def warm(self) -> None:
        """Work out now what the first questions would wait for: half a second for 2,000 reports."""
        self._analyzer.warm()
        held = list(self.library.volumes)  # made once for all that walk through them
        self._direct.warm()
        self._reader.warm()
        self._scope.warm()
        self._judge.warm()
        del held
        _ = self._examples_terms
        for example in self.examples[:1]:  # what is read at the first question of all
            self.answer(example)
            self.answer(example[::-1])

    # --- questions -------------------------------------------------------------------------------

    def answer(
        self,
        question: str,
        *,
        limit: int = 3,
        context: Context | None = None,
        section: tuple[str, ...] | None = None,
    ) -> Answer:
        """The best passages for ``question``, at most ``limit`` paragraphs, and what they tell.

        There are fewer where the others are about something else; see ``nearness``.
        ``context`` is what was said before, for follow-ups; with ``section`` only what stands
        under these headings is searched.
        """
        return self._compose(self._read(question, context, section), limit)

    def ranked(self, question: str, *, limit: int = 10) -> tuple[Answer, tuple[Quote, ...]]:
        """The answer as ``answer`` gives it, and the best paragraphs whatever its outcome."""
        read = self._read(question)
        answer = self._compose(read, _FEW)
        return answer, read.front[:limit] or self._quotes(read.judged, limit)

    def refers_back(self, question: str) -> bool:
        """Whether a question speaks of somebody (他, 她) whom it does not name itself."""
        return self._reader.refers_back(normalise(question).text)

    def candidates(
        self, question: str, *, limit: int = 10, without: Sequence[int] = ()
    ) -> tuple[tuple[Quote, ...], float]:
        """The best paragraphs whatever the outcome, and the confidence in the first.

        ``without`` are numbers of documents to leave out, for evaluation.
        """
        read = self._read(question, without=without)
        return read.front[:limit] or self._quotes(read.judged, limit), read.confidence

    def _read(
        self,
        question: str,
        context: Context | None = None,
        section: tuple[str, ...] | None = None,
        without: Sequence[int] = (),
    ) -> _Read:
        """Read the question, search and judge; with ``without``, only paragraphs are searched."""
        begun = time.perf_counter()
        text = " ".join(normalise(question).text.split())[:LONGEST_QUESTION]
        if not any(char.isalnum() for char in text):
            return _Read(question, text, (), (), (), begun)
        notices: list[Notice] = []
        if context is not None:
            text, followed = self._reader.follow(text, *self._before(context))
            notices += followed
        bound = None if len(without) or section is not None else self._curated.find(text)
        if bound is not None:
            notices.append(Notice(NoticeKind.CURATED, given=bound.question))
            front: tuple[Quote, ...] = (self._curated.quote(bound),)
            return _Read(question, text, tuple(notices), front, (), begun)
        front = () if len(without) else self._direct.quotes(text)
        if front:
            return _Read(question, text, tuple(notices), front, (), begun)
        if section is not None:
            among = self._scope.section(section)
        else:
            among, filtered = self._scope.reports(text)
            notices += filtered
            for notice in filtered:
                text = text.replace(normalise(notice.given).text, " ")
        if len(without):
            among = np.ones(len(self._documents), np.bool_) if among is None else among.copy()
            among[list(without)] = False
        loosely = any(notice.kind is NoticeKind.FOLLOW_UP for notice in notices)
        judged = self._judged(text, among, loosely=loosely)
        unsure = any(part.outcome is not Outcome.ANSWERED for part in judged)
        foreign = self._reader.has_foreign(text)
        if unsure or foreign:
            corrected, said = self._reader.correct(text)
            again = self._judged(corrected, among, loosely=loosely) if said else judged
            # A name in pinyin is no slip: what is found without it is about somebody else.
            in_pinyin = foreign and any(notice.given.isascii() for notice in said)
            if in_pinyin or _better(again, judged):
                text, judged = corrected, again
                notices += said
        if not all(map(_settled, judged)):
            respelled, said = self._reader.respell(text)
            again = self._judged(respelled, among, loosely=loosely) if said else judged
            if _clearly_better(again, judged):
                text, judged = respelled, again
                notices += said
        return _Read(question, text, tuple(notices), (), tuple(judged), begun)

    def _before(self, context: Context) -> tuple[str, str]:
        """The question before and the text that answered it, normalised."""
        resolved = filter(None, map(self.resolve, context.citation_ids))
        quoted = "\n".join(one.quote.text for one in resolved if one.quote)
        before = " ".join(normalise(context.question).text.split())[:LONGEST_QUESTION]
        return before, normalise(quoted).text

    def _compose(self, read: _Read, limit: int) -> Answer:
        """What a question that was read, searched and judged is answered."""
        question, begun = read.question, read.begun
        notices = list(read.notices)
        if read.front:
            return self._done(
                question, Outcome.ANSWERED, read.front[:limit], notices, read.confidence, begun
            )
        judged = read.judged
        if not judged:
            return self._nothing(question, (), begun)
        outcome = _together(judged)
        notices += _said(judged)
        quotes = self._quotes(judged, limit, related=True)
        if outcome is Outcome.NOT_FOUND:
            # The nearest passage is shown only to say how it falls short of the question.
            # Asked about 今天, which is another day each time, it is nowhere near.
            near = () if days(read.text) else [q for q in quotes if judged[q.part].notices]
            absence = self._occurrences.absence(
                (self._key_words(part.found.asked) for part in judged),
                (notice for part in judged for notice in part.notices),
            )
            if any(notice.kind is NoticeKind.UNSURE for notice in notices):
                absence = replace(absence, counted=())  # one of them may answer
            return self._done(
                question,
                outcome,
                tuple(near[:1]),
                notices,
                read.confidence,
                begun,
                absence=absence,
                suggestions=self._suggest(read.text),
            )
        return self._done(question, outcome, quotes, notices, read.confidence, begun)

    def _key_words(self, asked: Asked) -> list[str]:
        """The words of a part of a question that its reader can be told of.

        Not those that the reports say otherwise only, nor what nobody has written.
        """
        otherwise = {term for one in asked.alternatives for term in one.covered}
        return [
            word
            for word in asked.terms.words
            if not self._analyzer.is_made_up(word)
            and (word not in otherwise or self._occurrences.count(word))
        ]

    def _judged(
        self, text: str, among: npt.NDArray[np.bool_] | None, *, loosely: bool
    ) -> list[Part]:
        """Each part of a normalised question searched and judged."""
        return [
            replace(self._judge.part(whole, among, loosely=loosely), given=given)
            for given, whole in self._reader.parts(text)
        ]

    # --- what to show ----------------------------------------------------------------------------

    def _report(self, document: int) -> tuple[Report, tuple[Passage, ...]]:
        passages = self._documents[document]
        return self.library.report(passages[0].report_id), passages

    def _quotes(
        self, judged: Sequence[Part], limit: int, *, related: bool = False
    ) -> tuple[Quote, ...]:
        """The best paragraphs of every part in turn, none twice and none that repeats another.

        Parts that are answered come first, and those that are not found show nothing beside them.
        With ``related`` those that come nowhere near the best of their part are left out.
        """
        marked: dict[int, list[Span]] = {}
        chosen: list[tuple[Report, tuple[Passage, ...], list[Span], float, int]] = []
        texts: list[str] = []
        shown = _shown(judged)
        rounds = itertools.zip_longest(*(judged[number].found.order.tolist() for number in shown))
        for round_ in rounds:
            for number, row in zip(shown, round_, strict=True):
                if row is None:
                    continue
                found = judged[number].found
                best, score = float(found.scores.max()), float(found.scores[row])
                if related and row != found.order[0] and not is_related(score, best):
                    continue
                document = int(found.hits.documents[row])
                if document in marked:
                    if len(shown) > 1 and row == found.order[0]:
                        marked[document] += self._judge.marked(
                            found, row, self._documents[document]
                        )
                    continue
                if len(chosen) >= limit:
                    continue
                report, passages = self._report(document)
                text = normalise(passages[0].paragraph.span.of(report.text)).text
                if any(fuzz.ratio(text, other, score_cutoff=_SAME) for other in texts):
                    continue
                texts.append(text)
                marked[document] = list(self._judge.marked(found, row, passages))
                chosen.append((report, passages, marked[document], score, number))
            if len(chosen) >= limit and len(shown) == 1:
                break
        return tuple(
            quoting.quote(report, passages, set(marks), score, part)
            for report, passages, marks, score, part in chosen
        )

    def _suggest(self, text: str) -> tuple[str, ...]:
        """Questions that the library does answer, the most alike first."""
        terms = self._analyzer.terms(topic(text))
        asked = {*terms.words, *terms.bigrams}
        alike = sorted(self._examples_terms, key=lambda one: len(asked & one[1]), reverse=True)
        return tuple(example for example, _ in alike[:_FEW])

    @cached_property
    def _examples_terms(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The examples with their terms, read at the first question without an answer."""
        terms = ((one, self._analyzer.terms(normalise(one).text)) for one in self.examples)
        return tuple((one, frozenset((*t.words, *t.bigrams))) for one, t in terms)

    def _nothing(self, question: str, notices: Iterable[Notice], begun: float) -> Answer:
        return self._done(
            question, Outcome.NOT_FOUND, (), notices, 0.0, begun,
            absence=Absence((), ()), suggestions=self.examples[:_FEW],
        )  # fmt: skip

    def _done(
        self,
        question: str,
        outcome: Outcome,
        quotes: tuple[Quote, ...],
        notices: Iterable[Notice],
        confidence: float,
        begun: float,
        *,
        absence: Absence | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> Answer:
        return Answer(
            question=question,
            outcome=outcome,
            quotes=quotes,
            notices=tuple(dict.fromkeys(notices)),
            confidence=confidence,
            absence=absence,
            suggestions=suggestions,
            took_ms=(time.perf_counter() - begun) * 1000,
        )

    # --- everything else that is asked of a library ----------------------------------------------

    def topic(self, topic_: Topic, name: str) -> TopicAnswer:
        """What a topic says to ``name``; without one, everything that it lists."""
        begun = time.perf_counter()
        wanted = " ".join(name.split())
        if not wanted:
            return TopicAnswer(topic_, topic_.entries, None)
        entries, notices = self._direct.lookup(topic_, wanted)
        if len(entries) != 1:
            return TopicAnswer(topic_, entries, None)
        outcome = Outcome.MENTIONED if entries[0].only_named else Outcome.ANSWERED
        quotes = self._direct.about(entries[0])
        return TopicAnswer(
            topic_, entries, self._done(wanted, outcome, quotes, notices, 1.0, begun)
        )

    def quote_at(self, report_id: str, section: int, number: int) -> Quote | None:
        """One body paragraph, whole; ``None`` where there is none."""
        if report_id not in self.library or number < 1:
            return None
        report = self.library.report(report_id)
        for paragraph in report.paragraphs:
            if (paragraph.section, paragraph.number) == (section, number):
                return quoting.whole(report, paragraph)
        return None

    def resolve(self, citation_id: str) -> Resolved | None:
        """What a citation leads to now; ``None`` where it is no citation id of ours."""
        return quoting.resolve(self.library, citation_id)

    def prove(self, answer: Answer) -> None:
        """Hold every quote against its report. Raises ``QuoteNotVerbatim``; then send nothing."""
        quoting.prove(self.library, answer.quotes)

    def explain(
        self,
        question: str,
        *,
        paragraph: str | None = None,
        context: Context | None = None,
        section: tuple[str, ...] | None = None,
    ) -> Explanation:
        """How the question was read and why its passages rank as they do.

        ``paragraph`` is the id of a citation to explain besides the best three; the others are as
        ``answer`` takes them.
        """
        read = self._read(question, context, section)

        def citation(document: int) -> Citation:
            report, passages = self._report(document)
            return quoting.cite(report, passages[0].paragraph)

        def holds(document: int, terms: Sequence[str]) -> bool:
            asked = Terms((), tuple(terms), ())
            evidence = self._engine.evidence(asked, np.array([document], np.int32))
            rows = np.concatenate([evidence.holds, evidence.headings])
            return bool(terms) and bool(rows.all(axis=1).any())

        return Explanation.of(
            question,
            read.notices,
            read.judged,
            citation,
            holds,
            paragraph,
            [quote.citation for quote in read.front],
        )

    def close(self) -> None:
        """Give back what the engine holds."""
        self._engine.close()


_BEST_FIRST = (Outcome.ANSWERED, Outcome.MENTIONED, Outcome.NOT_FOUND)


def _together(judged: Sequence[Part]) -> Outcome:
    """One part that is answered makes an answer; one that is mentioned, a mention."""
    outcomes = (part.outcome for part in judged)
    return min(outcomes, key=_BEST_FIRST.index, default=Outcome.NOT_FOUND)


def _shown(judged: Sequence[Part]) -> list[int]:
    """The numbers of the parts that show passages, those that are answered first.

    A part that is not found shows none beside another, for which its nearest passage would be
    taken; where none is found all are returned.
    """
    nothing = _together(judged) is Outcome.NOT_FOUND
    numbers = range(len(judged))
    found = [n for n in numbers if nothing or judged[n].outcome is not Outcome.NOT_FOUND]
    return sorted(found, key=lambda number: _BEST_FIRST.index(judged[number].outcome))


def _said(judged: Sequence[Part]) -> Iterator[Notice]:
    """What is said of the parts that are not answered.

    Of one that shows no passage, what its question names and the reports lack; nothing that is
    true of its nearest passage only.
    """
    shown = _shown(judged)
    for number, part in enumerate(judged):
        if number not in shown:
            yield Notice(NoticeKind.UNANSWERED, given=part.given.rstrip("?!"))
            yield from (one for one in part.notices if one.kind is NoticeKind.MISSING)
        elif part.outcome is not Outcome.ANSWERED:
            yield from part.notices


def _better(these: Sequence[Part], those: Sequence[Part]) -> bool:
    """Whether a corrected question found more than the question as written."""
    first, second = (_BEST_FIRST.index(_together(parts)) for parts in (these, those))
    if first != second:
        return first < second
    return max(p.confidence for p in these) > max(p.confidence for p in those)


def _settled(part: Part) -> bool:
    """Whether a part is found so surely that it is not looked for in other words."""
    return part.outcome is not Outcome.NOT_FOUND and part.confidence >= _SETTLED


def _clearly_better(these: Sequence[Part], those: Sequence[Part]) -> bool:
    """Whether a question read by its sound found what the question as written did not."""
    first, second = (_BEST_FIRST.index(_together(parts)) for parts in (these, those))
    surer = all(map(_settled, these)) and not all(map(_settled, those))
    return first < second or (first == second and surer)


def _examples(library: Library) -> tuple[str, ...]:
    """Questions that the library answers: simple gold questions, else what its headings name."""
    gold = [q for q in library.questions if q.answerable]
    simple = [q.question for q in gold if q.difficulty <= 1 and q.kind in {"exact", ""}]
    if simple or gold:
        return tuple(simple or (q.question for q in gold))[:_EXAMPLES]
    headings = (path[-1] for volume in library.volumes for path in volume.paths if path)
    titles = (report.title for report in library.reports)
    return _first(headings) or _first(titles)


def _first(texts: Iterable[str]) -> tuple[str, ...]:
    """The first of different texts, as many as there may be examples."""
    found: dict[str, None] = {}
    for text in texts:
        found[text] = None
        if len(found) == _EXAMPLES:
            break
    return tuple(found)
