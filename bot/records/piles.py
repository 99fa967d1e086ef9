"""Which questions went without a good answer, those that were asked most first?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.pages.buttons import fingerprint
from bot.records.store import Logged
from retrieval.answering import Answerer
from retrieval.lookup.curated import letters
from retrieval.model import NoticeKind, Outcome
from retrieval.query.asking import topic
from retrieval.text.analysis import normalise

ALIKE = 80  # rapidfuzz ratio of two questions' topics, 0 to 100, from which they share a pile
MOST = 2000  # different questions that are looked at, those asked most


@dataclass(frozen=True, slots=True)
class Pile:
    """Questions that are alike.

    ``wordings`` are the different ones (punctuation makes none), the one used most first.
    ``people`` is how many asked, ``disliked`` how many of the answers somebody found bad; ``last``
    is in seconds since 1970.
    """

    wordings: tuple[str, ...]
    times: int
    people: int
    disliked: int
    last: float

    @property
    def question(self) -> str:
        """The wording that stands for all."""
        return self.wordings[0]

    def is_marked(self, mark: str) -> bool:
        """Whether ``mark`` is the fingerprint of one of the wordings."""
        return any(fingerprint(one) == mark for one in self.wordings)


def piles(logged: Iterable[Logged], dismissed: Iterable[str]) -> tuple[Pile, ...]:
    """The questions that were not found or whose answer was disliked, but for the ``dismissed``.

    Topic commands are left out: they name what a list has or has not.
    """
    settled = {_letters(one) for one in dismissed}
    same: defaultdict[str, list[Logged]] = defaultdict(list)
    for one in logged:
        if one.question.startswith("/") or not (one.disliked or one.outcome == Outcome.NOT_FOUND):
            continue
        if (key := _letters(one.question)) and key not in settled:
            same[key].append(one)
    groups = sorted(same.values(), key=lambda group: (-len(group), group[0].at, group[0].question))
    heaps: dict[str, list[Logged]] = {}
    for group in groups[:MOST]:
        about = letters(topic(normalise(group[0].question).text)) or _letters(group[0].question)
        nearest = process.extractOne(about, heaps.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        heaps.setdefault(nearest[0] if nearest else about, []).extend(group)
    found = (_pile(heap) for heap in heaps.values())
    return tuple(sorted(found, key=lambda pile: (-pile.times, -pile.last, pile.question)))


def _pile(heap: Sequence[Logged]) -> Pile:
    wordings: dict[str, list[str]] = {}
    for one in heap:
        wordings.setdefault(_letters(one.question), []).append(one.question)
    return Pile(
        wordings=tuple(same[0] for same in sorted(wordings.values(), key=lambda same: -len(same))),
        times=len(heap),
        people=len({one.asker for one in heap}),
        disliked=sum(one.disliked for one in heap),
        last=max(one.at for one in heap),
    )


def is_settled(answerer: Answerer, pile: Pile) -> bool:
    """Whether ``pile`` has an answer by now.

    One that was not found is settled when it is found; one that was disliked, when somebody has
    chosen its passage.
    """
    answer = answerer.answer(pile.question, limit=1)
    if any(notice.kind is NoticeKind.CURATED for notice in answer.notices):
        return True
    return not pile.disliked and answer.outcome is not Outcome.NOT_FOUND


def _letters(question: str) -> str:
    return letters(normalise(question).text)
