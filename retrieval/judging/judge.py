"""Is a part of a question answered by the best paragraph, and by which of its sentences?"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from knowledge.model import Passage, Span
from retrieval.documents import documents
from retrieval.judging import checks, highlight, refusal
from retrieval.judging.occurrences import Occurrences
from retrieval.model import Notice, NoticeKind, Outcome
from retrieval.query.asking import asks_advice, bearers, is_errand, unit
from retrieval.query.reading import Named
from retrieval.query.synonyms import Thesaurus
from retrieval.relevance import ranking, semantic
from retrieval.relevance.finding import Asked, Found, ask, find
from retrieval.relevance.likeness import Compare, VectorIndex
from retrieval.search.engine import Engine
from retrieval.text.analysis import Analyzer, normalise, normalise_all

_LIKELY = 0.05  # share of the likeliest sentence's chance from which another is looked at
_MORE_SURE = 0.5  # confidence from which it answers an errand, gives advice, or has names alone
_REMEMBERED = 32  # parts of questions
_SHORTEST_END = 3  # characters of a term by which it is still known
_SHORTEST_NAME = 3  # characters of a name that another one can be told from
_LOOKED_AT = 3  # candidates that are asked for what the best one lacks
_NEARLY = 2.0  # score by which such a candidate may be behind
# What is left of its confidence where a check failed. Of 1,327 questions on the reports under
# `tests`, with evidence by meaning, 226 failed one and the best paragraph was right for 5 in 100,
# against 33 in 100 of those that only came near the threshold.
_REFUTED = 0.2
_NEAREST = 0.35  # share of the threshold from which a passage that does not answer is shown


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a question, searched and judged.

    ``given`` is how it stands in the question, where it was completed to be searched; ``reading``
    what came of reading question and sentences together, where there was doubt.
    """

    found: Found
    confidence: float
    outcome: Outcome
    notices: tuple[Notice, ...]
    given: str = ""
    reading: refusal.Reading | None = None


class Judge:
    """Searches one library for the parts of questions, and decides what each has found."""

    def __init__(
        self,
        library: Library,
        engine: Engine,
        analyzer: Analyzer,
        *,
        names: Sequence[Named],
        occurrences: Occurrences,
        meaning: tuple[semantic.Encoder, semantic.Embeddings] | None,
        weights: ranking.Weights | None,
    ) -> None:
        """Use ``names``, what the library calls people, places and things.

        ``meaning`` adds semantic evidence; ``weights`` take the place of the learned ones.
        """
        self._weights = weights
        self._library = library
        self._engine = engine
        self._analyzer = analyzer
        self._names = names
        self._occurrences = occurrences
        self._meaning = meaning and (meaning[0], VectorIndex(meaning[1]))
        self._documents = documents(library)
        self._thesaurus = Thesaurus(
            [*library.synonyms, *((n.name, *n.aliases) for n in library.lexicon if n.aliases)],
            analyzer,
            {
                form: entry.role
                for one in library.topics
                for entry in one.entries
                for form in (entry.name, *entry.aliases)
                if not occurrences.occurs(normalise(form).text)
            },
            knows=lambda word: engine.doc_freq(word) > 0,
        )
        self._declared = _declarations(library)
        self._people = sorted({n.form for n in names if n.person and len(n.form) >= _SHORTEST_NAME})
        self._places = [
            (form, forms)
            for place in library.lexicon.places
            for forms in [tuple(normalise_all((place.name, *place.aliases)))]
            for form in forms
        ]
        self._remembered: OrderedDict[str, Part] = OrderedDict()
        self._remembering = threading.Lock()

    @property
    def by_meaning(self) -> bool:
        """Whether there is evidence by meaning besides that by words."""
        return self._meaning is not None

    @cached_property
    def _terms(self) -> frozenset[str]:
        """What the library calls things: in quotation marks, or in the lexicon. Normalised.

        Of 抵边警务室 a question may leave out the beginning.
        """
        quoted = {term for volume in self._library.volumes for term in volume.quoted}
        names = self._library.lexicon.terms
        listed = {form for name in names for form in (name.name, *name.aliases)}
        ends = {
            form[begin:] for form in listed for begin in range(1, len(form) - _SHORTEST_END + 1)
        }
        return frozenset(normalise_all([*(quoted | listed | ends)]))

    def warm(self) -> None:
        """Read now what the first question about a place, or in doubt, would have to wait for."""
        if self._places:
            _ = self._terms
        if self._meaning is not None:
            _ = self._meaning[0].cross_encoder

    def part(
        self, text: str, among: npt.NDArray[np.bool_] | None, *, loosely: bool = False
    ) -> Part:
        """A normalised part of a question, searched ``among`` the documents marked, and judged.

        ``loosely`` is for a follow-up: 那包头呢? asks how it is there, the same thing or another.

        What was asked of all documents just before is remembered: a next page, the reasons of an
        answer and a question that may follow another one ask the same again.
        """
        if among is not None or loosely:
            return self._searched(text, among, loosely=loosely)
        with self._remembering:
            if text in self._remembered:
                self._remembered.move_to_end(text)
                return self._remembered[text]
        part = self._searched(text, None)
        with self._remembering:
            self._remembered[text] = part
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return part

    def _searched(
        self, text: str, among: npt.NDArray[np.bool_] | None, *, loosely: bool = False
    ) -> Part:
        asked = ask(text, self._analyzer, self._thesaurus)
        part = self._found(asked, among, loosely)
        # Most questions say what they mean in the report's words; encoding one takes 10 to 30 ms.
        if self._meaning is None or part.confidence >= refusal.SURE:
            return part
        encoder, vectors = self._meaning
        return self._found(asked, among, loosely, partial(vectors.compare, encoder.question(text)))

    def _found(
        self,
        asked: Asked,
        among: npt.NDArray[np.bool_] | None,
        loosely: bool,
        compare: Compare | None = None,
    ) -> Part:
        weights = self._weights or ranking.load_weights(with_semantic=compare is not None)
        found = find(self._engine, asked, weights=weights, compare=compare, among=among)
        if not len(found.order) or found.evidence is None:
            return Part(found, 0.0, Outcome.NOT_FOUND, ())
        row = int(found.order[0])
        passage = self._passage(found, row)
        notices, only = self._lacking(found, passage, loosely)
        for other in found.order[1:_LOOKED_AT]:
            if not notices or found.scores[other] < found.scores[row] - _NEARLY:
                break
            passage = self._passage(found, int(other))
            lacking, named = self._lacking(found, passage, loosely)
            if not lacking and named is None:
                found, notices, only = found.preferring(int(other)), [], None
        return self._judged(found, notices, only)

    def _passage(self, found: Found, row: int) -> checks.Passage:
        """The ``row``-th candidate as the checks look at it."""
        passages = self._documents[int(found.hits.documents[row])]
        report = self._library.report(passages[0].report_id)
        text, spans = report.text, self.marked(found, row, passages, judging=True)
        return checks.Passage(
            marked=normalise("\n".join(span.of(text) for span in spans)).text,
            paragraph=normalise(passages[0].paragraph.span.of(text)).text,
            above=normalise(
                "\n".join((
                    report.title, report.subtitle, report.date, report.region, *report.authors,
                    *report.path(passages[0].paragraph),
                ))
            ).text,
        )  # fmt: skip

    def _lacking(
        self, found: Found, passage: checks.Passage, loosely: bool
    ) -> tuple[list[Notice], str | None]:
        """What no score can tell against a passage, and what it only names of the question."""
        asked = found.asked
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
        strangers = (
            *self._unknown_people(asked.text),
            *self._strangers(asked.text, (w for w in asked.terms.words if w not in replaced)),
            *self._unknown_bearers(asked.text),
        )
        others = [(name, (name,)) for name in strangers]
        names = [*((name.form, name.forms) for name in self._names), *places, *others]
        lacked = [
            *checks.missing(asked.text, names, unknown, passage),
            checks.missing_office(asked.text, passage, self._also_called),
            checks.missing_detail(asked.text, passage),
            *checks.missing_counterpart(asked.text, asked.terms.words, passage),
        ]
        notices = [
            Notice(
                NoticeKind.ELSEWHERE if self._occurrences.count(lacking) else NoticeKind.MISSING,
                lacking,
            )
            for lacking in filter(None, dict.fromkeys(lacked))
        ]
        another = checks.said_of_another(asked.text, self._places, lambda: self._terms, passage)
        if another is not None and not loosely:
            notices.append(Notice(NoticeKind.OF_ANOTHER, *another))
        kind = checks.lacks(asked.text, asked.sought, passage) or checks.lacks_name(
            asked.text, asked.sought, passage, self._analyzer.possible_names
        )
        if kind is not None and only is None:
            notices.append(Notice(kind))
        return notices, only

    def _judged(self, found: Found, notices: Sequence[Notice], only: str | None) -> Part:
        """What the best paragraph comes to, whose ``notices`` say what it lacks."""
        assert found.evidence is not None  # noqa: S101 - there is a best paragraph
        asked = found.asked
        known = np.array(
            [self._engine.doc_freq(term) > 0 for term in found.evidence.query.terms], np.bool_
        )
        confidence = refusal.confidence(found, known)
        threshold = refusal.load_calibration(with_semantic=found.likeness is not None).threshold
        # Below the threshold, in the order that the scores had among themselves.
        refuted = confidence * threshold * _REFUTED
        declared = self._declaration(asked.text) is not None
        if only is not None and (declared or confidence >= threshold):
            # The catalog's word stands however sure the search is.
            said = Notice(NoticeKind.ONLY_NAMED, given=only)
            return Part(found, refuted, Outcome.MENTIONED, (said,))
        if notices:
            # The nearest passage is worth showing where it is about the question at all.
            about = confidence >= threshold * _NEAREST
            shown = tuple(notices) if about else ()
            return Part(found, refuted, Outcome.NOT_FOUND, shown)
        reading = self._read(found, confidence)
        if reading is not None:
            confidence = reading.confidence
        needed = unit(asked.text)
        proven = needed is not None and not needed.any_number  # or the checks would have said so
        doubtful = is_errand(asked.text) or asks_advice(asked.text)
        doubtful = doubtful or (self._only_names(found) and not proven)
        if confidence >= (max(threshold, _MORE_SURE) if doubtful else threshold):
            return Part(found, confidence, Outcome.ANSWERED, (), reading=reading)
        # A paraphrase is often found and not trusted: its reader sees at a glance whether it is it.
        about = not doubtful and confidence >= threshold * _NEAREST
        unsure = (Notice(NoticeKind.UNSURE),) if about else ()
        return Part(found, confidence, Outcome.NOT_FOUND, unsure, reading=reading)

    def _read(self, found: Found, confidence: float) -> refusal.Reading | None:
        """What comes of reading the best paragraph's marked sentences, where there is doubt.

        There is nothing to read before all evidence is there, that by meaning as well.
        """
        if self._meaning is None or found.likeness is None:
            return None
        cross_encoder = self._meaning[0].cross_encoder
        if cross_encoder is None or not refusal.needs_reading(confidence):
            return None
        row = int(found.order[0])
        passages = self._documents[int(found.hits.documents[row])]
        report = self._library.report(passages[0].report_id)
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        above = report.path(passages[0].paragraph)[-1:] or (report.title,)
        texts = normalise_all([*above, *(sentence.of(report.text) for sentence in sentences)])
        marked = [sentences.index(span) for span in self.marked(found, row, passages)]
        pairs = [(texts[number], texts[number + 1]) for number in marked]
        log_odds = cross_encoder.score(found.asked.text, pairs).max()
        return refusal.Reading(confidence, float(log_odds))

    def _also_called(self, word: str) -> tuple[str, ...]:
        """What else the catalog calls a normalised word."""
        return tuple(other for group in self._called if word in group for other in group)

    @cached_property
    def _called(self) -> list[list[str]]:
        """The names that the catalog knows for one thing, normalised."""
        called = [*self._library.synonyms, *((n.name, *n.aliases) for n in self._library.lexicon)]
        return [normalise_all(group) for group in called]

    def _unknown_people(self, text: str) -> Iterator[str]:
        """What differs from a person's name in its last or middle character and is nowhere else.

        Whether it is a slip of the pen or somebody else, this library does not speak of 周远方.
        """
        for name in self._people:
            if name[0] not in text:
                continue  # nearly every name of a long list
            for start in range(len(text) - len(name) + 1):
                other = text[start : start + len(name)]
                differing = sum(a != b for a, b in zip(name, other, strict=True))
                if differing == 1 and other[0] == name[0] and not self._occurrences.occurs(other):
                    yield other

    def _strangers(self, text: str, words: Iterable[str]) -> Iterator[str]:
        """Those ``words`` of a question that name somebody of whom the library knows nothing."""
        for word in words:
            # Of 张三得奖, 徐珂字什么 and 五月艾称什么 the segmenter makes 张三得, 徐珂字 and 艾称.
            name = word[:-1] if len(word) > 1 and self._analyzer.is_stop_word(word[-1]) else word
            if self._analyzer.may_be_person(name) and not self._occurrences.occurs(name[:2]):
                before = text[: text.find(name)][-1:]
                apart = not before or self._analyzer.is_stop_word(before)
                if apart or not self._occurrences.occurs(before + name[0]):
                    yield name

    def _unknown_bearers(self, text: str) -> Iterator[str]:
        """What a thing is called whose like the library knows by other names only."""
        for match in bearers(text):
            name, start = match["name"], match.start()
            inside = start and self._analyzer.knows(text[start - 1 : start + 1])  # 越[南子]公司
            known = inside or self._analyzer.knows(name) or self._occurrences.occurs(name)
            if not known and self._occurrences.occurs(match["kind"]):
                yield match[0]

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
        names = [name.form for name in self._names if name.form in text]
        others = [
            bool(has)
            for term, has in zip(evidence.query.terms, holds, strict=True)
            if len(term) > 1 and not any(_overlap(term, name) for name in names)
        ]
        return bool(names and others) and not any(others)

    def marked(
        self, found: Found, row: int, passages: Sequence[Passage], *, judging: bool = False
    ) -> tuple[Span, ...]:
        """The sentences of the ``row``-th candidate that answer, as spans of its report.

        ``passages`` are those of the candidate.
        ``judging`` is whether they say at all what is asked: a sentence is then not looked for
        because it has a number of the unit asked for, which the paragraph may count else with.
        """
        judging = judging and highlight.reads(found.asked.text)  # to all others it is the same
        if (row, judging) not in found.marked:
            found.marked[row, judging] = self._marked(found, row, passages, judging=judging)
        return found.marked[row, judging]

    def _marked(
        self, found: Found, row: int, passages: Sequence[Passage], *, judging: bool
    ) -> tuple[Span, ...]:
        assert found.evidence is not None  # noqa: S101 - a row has evidence
        weights = highlight.load_weights()
        question = found.asked.text
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        texts: Sequence[str] = ()
        if highlight.reads(question):
            text = self._library.report(passages[0].report_id).text
            texts = normalise_all([sentence.of(text) for sentence in sentences])
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
        return tuple(sentences[n] for n in sorted(marked))

    def _declaration(self, text: str) -> tuple[str, bool, bool] | None:
        """The catalog entry that a question names: whether it is only named, and a person."""
        for form, name, only in self._declared:
            if form in text:
                return name, only, any(name == p.name for p in self._library.lexicon.people)
        return None


def _overlap(term: str, name: str) -> bool:
    """Whether a term is part of a name, holds it or runs over one of its ends."""
    return term in name or name in term or term[0] == name[-1] or term[-1] == name[0]


def _declarations(library: Library) -> tuple[tuple[str, str, bool], ...]:
    """What the topics say is only named, by every form of its name, longest first."""
    forms = {
        (normalise(form).text, entry.name, entry.only_named)
        for topic_ in library.topics
        for entry in topic_.entries
        for form in (entry.name, *entry.aliases)
    }
    return tuple(sorted(forms, key=lambda row: (-len(row[0]), row[0], not row[2])))
