"""How good are the answers? Questions with known answers in, the field's measures out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from knowledge.questions import GoldPlace, GoldQuestion
from retrieval.answering import Answerer
from retrieval.documents import documents
from retrieval.model import Citation, Notice, Outcome
from retrieval.text.analysis import normalise

DEPTH = 10  # paragraphs of a ranking that are looked at
CUTS = (1, 3, 10)
TOPICS = ("off_topic", "near_miss")  # of unanswerable gold questions; always reported
SHINGLE = 5  # characters
NEAR = 0.5  # shared shingles of the shorter text from which two passages are near duplicates

Measures = dict[str, str | int | float | None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where it is answered.

    ``parts`` are the things that must be found, any one of a part's places will do; without
    parts, the library does not answer. Recall counts a question only where every part is found,
    or, with ``share`` (BEIR), the share of parts that are: recall as trec_eval has it. ``topic``
    groups unanswerable gold questions, ``kind`` the answerable ones.
    """

    id: str
    text: str
    parts: tuple[frozenset[GoldPlace], ...]
    answers: tuple[str, ...]
    topic: str = ""
    kind: str = ""
    share: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the library answers it."""
        return bool(self.parts)

    @property
    def gold(self) -> frozenset[GoldPlace]:
        """All places that answer it or a part of it."""
        return frozenset().union(*self.parts)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions about one library."""

    name: str
    library: Library
    questions: tuple[Question, ...]

    def sample(self, count: int) -> Dataset:
        """At most ``count`` of the questions, spread evenly; always the same ones."""
        total = len(self.questions)
        chosen = sorted({number * total // count for number in range(min(count, total))})
        if count >= total:
            return self
        return Dataset(self.name, self.library, tuple(self.questions[n] for n in chosen))


def gold_dataset(name: str, library: Library, questions: Iterable[GoldQuestion]) -> Dataset:
    """Gold questions on ``library`` as a data set."""
    return Dataset(
        name,
        library,
        tuple(
            Question(
                id=one.id,
                text=one.question,
                parts=tuple(frozenset(part.places) for part in one.parts),
                answers=one.answers,
                topic=one.topic,
                kind=one.kind,
            )
            for one in questions
        ),
    )


def bound_questions(library: Library) -> tuple[Question, ...]:
    """The questions that admins have bound to passages, of the kind ``bound``."""
    questions = []
    for number, one in enumerate(library.curated, 1):
        report, span = library.report(one.place.report_id), one.place.span
        paragraph = next(each for each in report.paragraphs if each.span.covers(span))
        here = GoldPlace(report.id, report.path(paragraph), paragraph.number, paragraph.kind)
        parts = (frozenset({here}),)
        answers = (span.of(report.text),)
        questions.append(Question(f"bound{number}", one.question, parts, answers, kind="bound"))
    return tuple(questions)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one question.

    ``ranking`` are the best paragraphs whatever the outcome; ``marked`` the highlights of the
    first. ``absent_confidence`` is the confidence with the gold passages and their near
    duplicates left out, where that was asked for.
    """

    question: Question
    ranking: tuple[Citation, ...]
    marked: tuple[str, ...]
    outcome: Outcome
    confidence: float
    notices: tuple[Notice, ...]
    took_ms: float
    absent_confidence: float | None = None

    def recall(self, k: int) -> float:
        """1 where the first ``k`` paragraphs answer; see ``Question`` for several parts."""
        there = {place(citation) for citation in self.ranking[:k]}
        found = [bool(part & there) for part in self.question.parts]
        return sum(found) / len(found) if self.question.share else float(all(found))

    @property
    def reciprocal_rank(self) -> float:
        """1 over the rank at which the question is answered, 0 behind the last that is ranked.

        With ``Question.share``, the first relevant paragraph answers, as trec_eval has it.
        """
        for rank in range(1, len(self.ranking) + 1):
            recall = self.recall(rank)
            if recall == 1 or (recall and self.question.share):
                return 1 / rank
        return 0.0

    @property
    def sentence(self) -> bool:
        """Whether a highlight of the first paragraph holds one of the answers."""
        marked = [_bare(text) for text in self.marked]
        answers = [_bare(answer) for answer in self.question.answers]
        return any(answer in text for answer in filter(None, answers) for text in marked)

    @property
    def failed(self) -> bool:
        """Whether a reader would be served badly: another paragraph, sentence or outcome."""
        if not self.question.answerable:
            return self.outcome is Outcome.ANSWERED
        found = self.recall(1) > 0 or (len(self.question.parts) > 1 and self.recall(3) == 1)
        right = self.sentence or not self.question.answers
        return not (found and right and self.outcome is Outcome.ANSWERED)


def place(citation: Citation) -> GoldPlace:
    """The place of a citation, as gold questions tell it."""
    return GoldPlace(citation.report_id, citation.section, citation.paragraph, citation.kind)


def _bare(text: str) -> str:
    return "".join(normalise(text).text.split())


# --- running -------------------------------------------------------------------------------------


def evaluate(
    answerer: Answerer,
    questions: Sequence[Question],
    *,
    absent: bool = False,
    progress: Progress = lambda _done, _total: None,
    comparing: Progress = lambda _done, _total: None,
) -> Iterator[Result]:
    """Ask every question, one at a time.

    With ``absent``, each answerable question is asked once more of a library that lacks its gold
    passages and what nearly repeats them; ``comparing`` is told about the passages compared.
    """
    without = _without(answerer.library, questions, comparing) if absent else {}
    if questions:
        # What is read from disk at the first question belongs to the start, not to a question.
        answerer.answer(questions[0].text)
    for done, question in enumerate(questions):
        answer, ranking = answerer.ranked(question.text, limit=DEPTH)
        missed = [number for gold in question.gold for number in without.get(gold, ())]
        confidence = None
        if missed:
            _, confidence = answerer.candidates(question.text, limit=1, without=missed)
        first = ranking[:1]
        yield Result(
            question=question,
            ranking=tuple(quote.citation for quote in ranking),
            marked=tuple(span.of(quote.text) for quote in first for span in quote.highlights),
            outcome=answer.outcome,
            confidence=answer.confidence,
            notices=answer.notices,
            took_ms=answer.took_ms,
            absent_confidence=confidence,
        )
        progress(done + 1, len(questions))


def _without(
    library: Library, questions: Iterable[Question], comparing: Progress
) -> dict[GoldPlace, tuple[int, ...]]:
    """For every gold place that is searched: its document and those that nearly repeat it."""
    wanted = {gold for question in questions for gold in question.gold}
    texts: list[str] = []
    number_of: dict[GoldPlace, int] = {}
    for number, passages in enumerate(documents(library)):
        report, paragraph = library.report(passages[0].report_id), passages[0].paragraph
        here = GoldPlace(report.id, report.path(paragraph), paragraph.number, paragraph.kind)
        texts.append(paragraph.span.of(report.text))
        if here in wanted:
            number_of[here] = number
    near = near_duplicates(texts, sorted(number_of.values()), comparing)
    return {gold: (number, *near[number]) for gold, number in number_of.items()}


def near_duplicates(
    texts: Sequence[str],
    chosen: Sequence[int],
    comparing: Progress = lambda _done, _total: None,
) -> dict[int, tuple[int, ...]]:
    """For each of the ``chosen`` numbers of ``texts``, the others that share most of it.

    Shared is counted in distinct runs of five characters, punctuation and spaces left out, as a
    share of the text that has fewer of them.

    >>> near_duplicates(["刘安守边二十三年。", "刘安,守边二十三年", "包头的三零警务"], [0])
    {0: (1,)}
    """
    # Only the chosen texts' shingles are kept, so that a large library needs no more memory.
    kept = [_shingles(texts[number]) for number in chosen]
    pairs = np.concatenate([np.zeros(0, np.uint64), *kept])
    order = np.argsort(pairs, kind="stable")
    keys = pairs[order]
    owners = np.repeat(np.arange(len(chosen)), [len(one) for one in kept])[order]
    own_sizes = np.array([len(one) for one in kept], np.int64)
    near: dict[int, list[int]] = {number: [] for number in chosen}
    for number, text in enumerate(texts):
        if not number % 256:
            comparing(number, len(texts))
        shingles = _shingles(text)
        begins = np.searchsorted(keys, shingles, "left")
        ends = np.searchsorted(keys, shingles, "right")
        hit = ends > begins
        if not hit.any():
            continue
        rows = np.concatenate([owners[b:e] for b, e in zip(begins[hit], ends[hit], strict=True)])
        shared = np.bincount(rows, minlength=len(chosen))
        least = NEAR * np.minimum(own_sizes, len(shingles))
        for row in np.flatnonzero(shared >= least).tolist():
            if chosen[row] != number and shared[row]:
                near[chosen[row]].append(number)
    return {number: tuple(found) for number, found in near.items()}


def _shingles(text: str) -> npt.NDArray[np.uint64]:
    """Hashes of the distinct runs of characters of a text, ascending."""
    bare = re.sub(r"[\W_]+", "", normalise(text).text)
    codes = np.frombuffer(bare.ljust(SHINGLE, "\0").encode("utf-32-le"), np.uint32)
    hashed = np.zeros(len(codes) - SHINGLE + 1, np.uint64)
    for offset in range(SHINGLE):
        # Wraps around at 2 to the 64th: a polynomial in an odd number, well spread.
        hashed = hashed * np.uint64(0x9E3779B97F4A7C15) + codes[offset : offset + len(hashed)]
    return np.unique(hashed)


# --- measuring -----------------------------------------------------------------------------------


def measures(
    name: str, paragraphs: int, results: Sequence[Result], *, index_s: float, absent: bool = False
) -> Measures:
    """The measures of ``wenju evaluate --json``, by their stable names.

    What cannot be measured, because no question of a kind is there, is ``None``. ``index_s`` is
    in seconds, ``ms_…`` in milliseconds.
    """
    can = [one for one in results if one.question.answerable]
    cannot = [one for one in results if not one.question.answerable]
    found: Measures = {
        "dataset": name,
        "passages": paragraphs,
        "questions": len(results),
        "answerable": len(can),
    }
    for k in CUTS:
        found[f"recall@{k}"] = _mean(one.recall(k) for one in can)
    found["mrr@10"] = _mean(one.reciprocal_rank for one in can)
    found["sentence@1"] = _mean(float(one.sentence) for one in can if one.question.answers)
    found["refusal_auroc"] = auroc(
        [one.confidence for one in can], [one.confidence for one in cannot]
    )
    if absent:
        asked_twice = [
            (one.confidence, one.absent_confidence)
            for one in can
            if one.absent_confidence is not None
        ]
        found["absent_auroc"] = auroc([a for a, _ in asked_twice], [b for _, b in asked_twice])
    found["answered_when_answerable"] = _mean(float(one.outcome is Outcome.ANSWERED) for one in can)
    found["refused_when_not"] = _refused(cannot)
    if any(not one.question.share for one in results):
        by_topic: dict[str, list[Result]] = defaultdict(list, {topic: [] for topic in TOPICS})
        for one in cannot:
            by_topic[one.question.topic].append(one)
        for topic, group in sorted(by_topic.items()):
            found[f"refused_when_not:{topic}"] = _refused(group)
    times = [one.took_ms for one in results]
    found["ms_p50"] = round(float(np.percentile(times, 50)), 3) if times else None
    found["ms_p99"] = round(float(np.percentile(times, 99)), 3) if times else None
    found["index_s"] = round(index_s, 3)
    return found


def _refused(results: Iterable[Result]) -> float | None:
    return _mean(float(one.outcome is not Outcome.ANSWERED) for one in results)


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return round(sum(listed) / len(listed), 4) if listed else None


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """The chance that a positive's value is above a negative's; a tie counts half.

    >>> auroc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    if not positives or not negatives:
        return None
    below = np.sort(negatives)
    left = np.searchsorted(below, positives, "left")
    right = np.searchsorted(below, positives, "right")
    return round(float(((left + right) / 2).mean() / len(below)), 4)


# --- what others read ----------------------------------------------------------------------------


def trec_run(results: Iterable[Result], passage_id: Callable[[Citation], str]) -> Iterator[str]:
    """The lines of a run in TREC format: query, Q0, passage, rank, score, name of the run.

    Evaluators order by score, so the score is made of the rank: ours can tie, and the parts of a
    question take turns. White space in an id, which the format cannot hold, becomes ``_``.
    """
    for result in results:
        query = re.sub(r"\s+", "_", result.question.id)
        for rank, citation in enumerate(result.ranking, 1):
            passage = re.sub(r"\s+", "_", passage_id(citation))
            yield f"{query} Q0 {passage} {rank} {DEPTH + 1 - rank} wenju"


def failures(results: Iterable[Result]) -> Iterator[Mapping[str, object]]:
    """The questions that failed, what was wanted, and what came instead."""
    for one in results:
        if not one.failed:
            continue
        wanted = sorted(one.question.gold, key=repr)
        rank = 1 / one.reciprocal_rank if one.reciprocal_rank else None
        yield {
            "id": one.question.id,
            "question": one.question.text,
            "outcome": one.outcome.value,
            "confidence": round(one.confidence, 3),
            "notices": [" ".join(filter(None, (n.kind, n.given, n.meant))) for n in one.notices],
            "rank": None if rank is None else round(rank),
            "sentence": one.sentence,
            "wanted": [_written(gold) for gold in wanted],
            "answers": list(one.question.answers),
            "first": _written(place(one.ranking[0])) if one.ranking else None,
            "marked": list(one.marked),
        }


def _written(gold: GoldPlace) -> str:
    return " > ".join((gold.report_id, *gold.section, str(gold.paragraph or gold.kind)))
