"""What would readers notice, if one library took the place of another?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from knowledge.curated import Curated
from knowledge.giving_way import give_way
from knowledge.library import Library
from retrieval.answering import Answerer
from retrieval.evaluation.measures import evaluate, gold_dataset
from retrieval.model import Answer, Outcome

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """A question that is answered otherwise: another outcome, or another first quote."""

    question: str
    before: Answer
    after: Answer


@dataclass(frozen=True, slots=True)
class Consequences:
    """What readers would notice.

    ``broken`` are gold and curated questions, in words, that were answered as they should be and
    would no longer. ``changed`` are those of the questions ``asked`` (how many) that would be
    answered otherwise.
    """

    broken: tuple[str, ...]
    asked: int
    changed: tuple[ChangedAnswer, ...]


def consequences(
    before: Answerer,
    after: Answerer,
    asked: Sequence[str],
    progress: Progress = lambda _done, _total: None,
) -> Consequences:
    """Ask both the questions that the libraries hold and those that readers ``asked``.

    ``progress`` is told how many questions of how many are done.
    """
    if before.by_meaning != after.by_meaning:
        # A large library is answered by meaning only after a while: that is no consequence.
        before, after = before.without_meaning(), after.without_meaning()
    old, new = before.library, after.library
    total = len(old.questions) + len(old.curated) + len(asked)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total)
        give_way()

    passed = [*_passing(before, {one.question for one in old.questions}, tick)]
    passing = {*_passing(after, set(passed))}
    known = {one.question for one in new.questions} | {one.question for one in new.broken}
    broken = [one for one in passed if one in known and one not in passing]
    # A gold question may be bound too, to another passage: then it is broken, though bound well.
    bound = {one.question: _answers(after, one) for one in new.curated}
    bound = {one.question: False for one in new.broken} | bound
    for curated in old.curated:
        if not bound.get(curated.question, True) and _answers(before, curated):
            broken.append(curated.question)
        tick()
    changed = []
    for question in asked:
        was = before.answer(question)
        give_way()
        will_be = after.answer(question)
        if _told(was) != _told(will_be):
            changed.append(ChangedAnswer(question, was, will_be))
        tick()
    return Consequences(
        broken=tuple(dict.fromkeys(broken)),
        asked=len(asked),
        changed=tuple(changed),
    )


def newly_broken(old: Library, new: Library) -> tuple[str, ...]:
    """Questions, in words, whose passage ``old`` has and ``new`` has not; nothing is asked."""
    gone = {one.question for one in old.broken}
    return tuple(one.question for one in new.broken if one.question not in gone)


def _passing(
    answerer: Answerer, wanted: set[str], tick: Callable[[], None] = lambda: None
) -> Iterable[str]:
    """The gold questions among ``wanted`` that are answered, or refused, as they should be."""
    gold = [one for one in answerer.library.questions if one.question in wanted]
    dataset = gold_dataset("gate", answerer.library, gold)
    for one in evaluate(answerer, dataset.questions):
        tick()
        if not one.failed:
            yield one.question.text


def _answers(answerer: Answerer, curated: Curated) -> bool:
    """Whether the first quote to a curated question has its passage."""
    answer = answerer.answer(curated.question, limit=1)
    return answer.outcome is Outcome.ANSWERED and any(
        quote.citation.report_id == curated.place.report_id
        and (quote.span.covers(curated.place.span) or curated.place.span.covers(quote.span))
        for quote in answer.quotes
    )


def _told(answer: Answer) -> tuple[object, ...]:
    """What a reader takes for the answer; what is only shown as the nearest is not."""
    first = answer.quotes[:1] if answer.outcome is Outcome.ANSWERED else ()
    return (answer.outcome, [(quote.citation.report_id, quote.text) for quote in first])
