"""How does a question become an answer? The one entry of the package."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from knowledge.library import Library
from knowledge.model import Passage, Report, Span
from knowledge.topics import Entry, Topic
from retrieval import checks, highlight, quoting, ranking, refusal, semantic
from retrieval.analysis import Analyzer, characters, normalise
from retrieval.asking import topic, unit
from retrieval.curated import CuratedQuestions
from retrieval.direct import Direct
from retrieval.engine import Engine
from retrieval.explain import Explanation
from retrieval.finding import Found, ask, find
from retrieval.index import documents
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
from retrieval.reading import Reader
from retrieval.scope import Scope
from retrieval.synonyms import Thesaurus

LONGEST_QUESTION = 500  # characters of a question that are looked at
_SAME = 95  # rapidfuzz ratio, 0 to 100, from which two paragraphs count as the same
_FEW = 3  # suggestions
_LIKELY = 0.05  # share of the likeliest sentence's chance from which another is looked at
_EXAMPLES = 200  # questions that suggestions are chosen from
_ONLY_NAMES = 0.5  # confidence from which a paragraph that shares only names may answer
_COMMON = 0.25  # share of the paragraphs from which a word says nothing about a question
_NEAREST = 0.25  # share of the threshold from which a passage that falls short is shown


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
class _Part:
    """One part of a question, searched and judged."""

    found: Found
    confidence: float
    outcome: Outcome
    notices: tuple[Notice, ...]


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
    judged: tuple[_Part, ...]
    begun: float

    @property
    def confidence(self) -> float:
        """The probability that every part is answered by its first quote."""
        if self.front:
            return 1.0
        return min((part.confidence for part in self.judged), default=0.0)


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
        self._encoder = encoder if embeddings is not None else None
        self._embeddings = embeddings
        self._weights = weights or ranking.load_weights(with_semantic=self._encoder is not None)
        self._documents = documents(library)
        self._thesaurus = Thesaurus(
            [*library.synonyms, *((n.name, *n.aliases) for n in library.lexicon if n.aliases)],
            analyzer,
            {
                form: entry.role
                for one in library.topics
                for entry in one.entries
                for form in (entry.name, *entry.aliases)
                if not self._occurs(normalise(form).text)
            },
        )
        self._reader = Reader(library, analyzer, self._occurs)
        self._scope = Scope(library, self._documents)
        self._direct = Direct(library, self._documents, analyzer)
        self._curated = CuratedQuestions(library, self._documents, analyzer)
        self._declared = _declarations(library)
        self.examples = _examples(library)

    @property
    def by_meaning(self) -> bool:
        """Whether there is evidence by meaning besides that by words."""
        return self._embeddings is not None

    def with_meaning(self, encoder: semantic.Encoder, embeddings: semantic.Embeddings) -> Answerer:
        """One that answers from the same library and index by meaning, too."""
        return Answerer(
            self.library,
            self._engine,
            self._analyzer,
            encoder=encoder,
            embeddings=embeddings,
            weights=self._weights,
        )

    def without_meaning(self) -> Answerer:
        """One that answers from the same library and index by words alone."""
        return Answerer(self.library, self._engine, self._analyzer, weights=self._weights)

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

        ``context`` is what was said before, for follow-ups; with ``section`` only what stands
        under these headings is searched.
        """
        return self._compose(self._read(question, context, section), limit)

    def ranked(self, question: str, *, limit: int = 10) -> tuple[Answer, tuple[Quote, ...]]:
        """The answer as ``answer`` gives it, and the best paragraphs whatever its outcome."""
        read = self._read(question)
        answer = self._compose(read, _FEW)
        return answer, read.front[:limit] or self._quotes(read.judged, limit)

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
        judged = self._judged(text, among)
        if any(part.outcome is not Outcome.ANSWERED for part in judged):
            corrected, said = self._reader.correct(text)
            if said and _better(again := self._judged(corrected, among), judged):
                text, judged = corrected, again
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
        notices += dict.fromkeys(
            notice
            for part in judged
            if part.outcome is not Outcome.ANSWERED
            for notice in part.notices
        )
        quotes = self._quotes(judged, limit)
        if outcome is Outcome.NOT_FOUND:
            # The nearest passage is shown only to say how it falls short of the question.
            near = any(n.kind not in _ABOUT_QUESTION for n in notices)
            return self._done(
                question,
                outcome,
                quotes[:1] if near else (),
                notices,
                read.confidence,
                begun,
                absence=self._absence(judged),
                suggestions=self._suggest(read.text),
            )
        return self._done(question, outcome, quotes, notices, read.confidence, begun)

    def _judged(self, text: str, among: npt.NDArray[np.bool_] | None) -> list[_Part]:
        """Each part of a normalised question searched and judged."""
        return [self._judge(piece, among) for piece in self._reader.parts(text)]

    def _judge(self, text: str, among: npt.NDArray[np.bool_] | None) -> _Part:
        asked = ask(text, self._analyzer, self._thesaurus)
        likeness = None
        if self._encoder is not None and self._embeddings is not None:
            likeness = semantic.compare(self._encoder.question(text), self._embeddings)
        found = find(self._engine, asked, weights=self._weights, likeness=likeness, among=among)
        if not len(found.order) or found.evidence is None:
            return _Part(found, 0.0, Outcome.NOT_FOUND, ())
        known = np.array(
            [self._engine.doc_freq(term) > 0 for term in found.evidence.query.terms], np.bool_
        )
        calibration = refusal.load_calibration(with_semantic=likeness is not None)
        confidence = calibration.confidence(refusal.signals(found, known))
        return self._checked(found, confidence, calibration.threshold)

    def _checked(self, found: Found, confidence: float, threshold: float) -> _Part:
        """Hold what no score can tell against the best paragraph."""
        asked = found.asked
        document = found.documents()[0]
        report, passages = self._report(document)
        spans = self._marked(found, int(found.order[0]), judging=True)
        passage = checks.Passage(
            marked=normalise("\n".join(span.of(report.text) for span in spans)).text,
            paragraph=normalise(passages[0].paragraph.span.of(report.text)).text,
            above=normalise(
                "\n".join((
                    report.title, report.subtitle, report.date, report.region, *report.authors,
                    *report.path(passages[0].paragraph),
                ))
            ).text,
        )  # fmt: skip
        notices: list[Notice] = []
        only = checks.only_named(asked.text, asked.sought, passage, self._declaration)
        replaced = {term for one in asked.alternatives for term in one.covered}
        unknown = [
            word
            for word in asked.terms.words
            if word not in replaced
            and not self._engine.doc_freq(word)
            and self._analyzer.knows(word)
        ]
        places = [
            (word, (word,))
            for word in asked.terms.words
            if word not in replaced
            and len(word) > 1
            and not self._engine.doc_freq(word)  # the dictionary calls 大桥 a place as well
            and self._analyzer.names([word])[1]
        ]
        names = [*((name.form, name.forms) for name in self._reader.names), *places]
        notices += [
            Notice(NoticeKind.ELSEWHERE if self._count(lacking) else NoticeKind.MISSING, lacking)
            for lacking in checks.missing(asked.text, names, unknown, passage)
        ]
        kind = checks.lacks(asked.text, asked.sought, passage)
        if kind is not None and only is None:
            notices.append(Notice(kind))
        declared = self._declaration(asked.text) is not None
        if only is not None and (declared or confidence >= threshold):
            # The catalog's word stands however sure the search is.
            said = Notice(NoticeKind.ONLY_NAMED, given=only)
            return _Part(found, confidence * threshold, Outcome.MENTIONED, (said,))
        if notices:
            # The nearest passage is worth showing where it is about the question at all.
            about = confidence >= threshold * _NEAREST
            shown = tuple(notices) if about else ()
            # Below the threshold, in the order that the scores had among themselves.
            return _Part(found, confidence * threshold, Outcome.NOT_FOUND, shown)
        if self._only_names(found):
            threshold = max(threshold, _ONLY_NAMES)
        outcome = Outcome.ANSWERED if confidence >= threshold else Outcome.NOT_FOUND
        return _Part(found, confidence, outcome, ())

    def _only_names(self, found: Found) -> bool:
        """Whether the best paragraph has of the question nothing but names, though there is more.

        今天呼和浩特天气怎么样 is not about what happened in 呼和浩特.
        """
        evidence = found.evidence
        if evidence is None:
            return False
        row = int(found.order[0])
        sentences = evidence.holds[evidence.starts[row] : evidence.starts[row + 1]]
        holds = np.maximum(sentences.max(axis=0), evidence.headings[row])
        text = found.asked.text
        names = [name.form for name in self._reader.names if name.form in text]
        others = [
            bool(has)
            for term, has in zip(evidence.query.terms, holds, strict=True)
            if len(term) > 1 and not any(_overlap(term, name) for name in names)
        ]
        return bool(names and others) and not any(others)

    # --- what to show ----------------------------------------------------------------------------

    def _report(self, document: int) -> tuple[Report, tuple[Passage, ...]]:
        passages = self._documents[document]
        return self.library.report(passages[0].report_id), passages

    def _marked(self, found: Found, row: int, *, judging: bool = False) -> list[Span]:
        """The sentences of the ``row``-th candidate that answer, as spans of its report.

        ``judging`` is whether they say at all what is asked: a sentence is then not looked for
        because it has a number of the unit asked for, which the paragraph may count else with.
        """
        assert found.evidence is not None  # noqa: S101 - a row has evidence
        weights = highlight.load_weights()
        question = found.asked.text
        report, passages = self._report(int(found.hits.documents[row]))
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        texts = (
            [normalise(sentence.of(report.text)).text for sentence in sentences]
            if highlight.reads(question)
            else []
        )
        chance = highlight.probabilities(
            found.evidence,
            row,
            found.asked.sought,
            weights,
            found.likeness,
            question="" if judging else question,
            texts=texts,
        )
        marked = list(highlight.choose(chance, weights.second))
        needed = unit(question)
        if needed is not None and not any(needed.stands_in(texts[n]) for n in marked):
            # The number may stand in a sentence that says little else of the question.
            near = np.flatnonzero(chance >= _LIKELY * chance.max())
            best = sorted(near.tolist(), key=lambda n: -chance[n])
            marked += [n for n in best if n not in marked and needed.stands_in(texts[n])][:1]
        return [sentences[n] for n in sorted(marked)]

    def _quotes(self, judged: Sequence[_Part], limit: int) -> tuple[Quote, ...]:
        """The best paragraphs of every part in turn, none twice and none that repeats another."""
        marked: dict[int, list[Span]] = {}
        chosen: list[tuple[int, float, int]] = []
        texts: list[str] = []
        rounds = itertools.zip_longest(*(p.found.order.tolist() for p in judged))
        for round_ in rounds:
            for number, row in enumerate(round_):
                if row is None:
                    continue
                found = judged[number].found
                document = int(found.hits.documents[row])
                if document in marked:
                    if len(judged) > 1 and row == found.order[0]:
                        marked[document] += self._marked(found, row)
                    continue
                if len(chosen) >= limit:
                    continue
                report, passages = self._report(document)
                text = normalise(passages[0].paragraph.span.of(report.text)).text
                if any(fuzz.ratio(text, other, score_cutoff=_SAME) for other in texts):
                    continue
                texts.append(text)
                marked[document] = list(self._marked(found, row))
                chosen.append((document, float(found.scores[row]), number))
            if len(chosen) >= limit and len(judged) == 1:
                break
        return tuple(
            quoting.quote(*self._report(document), set(marked[document]), score, part)
            for document, score, part in chosen
        )

    def _absence(self, judged: Sequence[_Part]) -> Absence:
        """Which key words occur nowhere, and which occur without an answer."""
        absent: list[str] = []
        counted: dict[str, int] = {}
        lacking = {NoticeKind.MISSING, NoticeKind.ELSEWHERE}
        told = {n.given for part in judged for n in part.notices if n.kind in lacking}
        for part in judged:
            words = [
                w for w in dict.fromkeys(part.found.asked.terms.words) if len(w) > 1 or w.isdigit()
            ]
            for word in words:
                if word in told or any(word != other and word in other for other in words):
                    continue
                if count := self._count(word):
                    counted[word] = count
                else:
                    absent.append(word)
        common = _COMMON * len(self._documents)
        telling = {word: count for word, count in counted.items() if count <= max(common, 1)}
        if counted and not telling and not absent and not told:
            rarest = min(counted, key=lambda word: counted[word])
            telling = {rarest: counted[rarest]}
        return Absence(tuple(dict.fromkeys(absent)), tuple(telling.items()))

    def _count(self, word: str) -> int:
        """In how many paragraphs a normalised word stands."""
        frequency = self._engine.doc_freq(word)
        if frequency:
            return frequency
        # It may stand there cut otherwise, or outside the body text.
        return int(self._occurs(word) or self._direct.mentions(word))

    def _occurs(self, text: str) -> bool:
        """Whether all neighbouring characters of a normalised text are neighbours somewhere."""
        run = characters(text)
        pairs = [a + b for a, b in itertools.pairwise(run) if a is not None and b is not None]
        needed = pairs or [one for one in run if one is not None]
        return bool(needed) and all(self._engine.doc_freq(term) for term in needed)

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

    def _declaration(self, text: str) -> tuple[str, bool, bool] | None:
        """The catalog entry that a question names: whether it is only named, and a person."""
        for form, name, only in self._declared:
            if form in text:
                return name, only, any(name == p.name for p in self.library.lexicon.people)
        return None

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

        return Explanation.of(
            question,
            read.notices,
            [(p.found, p.confidence, p.outcome, p.notices) for p in read.judged],
            citation,
            paragraph,
            [quote.citation for quote in read.front],
            self._weights,
        )

    def close(self) -> None:
        """Give back what the engine holds."""
        self._engine.close()


_ABOUT_QUESTION = {
    NoticeKind.CORRECTED, NoticeKind.COMPLETED, NoticeKind.FOLLOW_UP, NoticeKind.FILTERED,
}  # fmt: skip


def _overlap(term: str, name: str) -> bool:
    """Whether a term is part of a name, holds it or runs over one of its ends."""
    return term in name or name in term or term[0] == name[-1] or term[-1] == name[0]


def _together(judged: Sequence[_Part]) -> Outcome:
    """One part that is answered makes an answer; one that is mentioned, a mention."""
    outcomes = {part.outcome for part in judged}
    for outcome in (Outcome.ANSWERED, Outcome.MENTIONED):
        if outcome in outcomes:
            return outcome
    return Outcome.NOT_FOUND


def _better(these: Sequence[_Part], those: Sequence[_Part]) -> bool:
    """Whether a corrected question found more than the question as written."""
    order = (Outcome.NOT_FOUND, Outcome.MENTIONED, Outcome.ANSWERED)
    first = max(order.index(part.outcome) for part in these)
    second = max(order.index(part.outcome) for part in those)
    if first != second:
        return first > second
    return max(p.confidence for p in these) > max(p.confidence for p in those)


def _declarations(library: Library) -> tuple[tuple[str, str, bool], ...]:
    """What the topics say is only named, by every form of its name, longest first."""
    forms = {
        (normalise(form).text, entry.name, entry.only_named)
        for topic_ in library.topics
        for entry in topic_.entries
        for form in (entry.name, *entry.aliases)
    }
    return tuple(sorted(forms, key=lambda row: (-len(row[0]), row[0], not row[2])))


def _examples(library: Library) -> tuple[str, ...]:
    """Questions that the library answers: simple gold questions, else what its headings name."""
    gold = [q for q in library.questions if q.answerable]
    simple = [q.question for q in gold if q.difficulty <= 1 and q.kind in {"exact", ""}]
    if simple or gold:
        return tuple(simple or (q.question for q in gold))[:_EXAMPLES]
    headings = dict.fromkeys(
        section.path[-1]
        for report in library.reports
        for section in report.sections
        if section.path
    )
    titles = (report.title for report in library.reports)
    return tuple(itertools.islice(headings or titles, _EXAMPLES))
