"""How did the last seven days go, in numbers?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from bot.pages.excerpt import clipped
from bot.records.store import Logged
from bot.texts import Texts
from retrieval.model import Citation, Outcome

DAYS = 7
TOPICS = 5
MAX_TOPIC = 60  # UTF-16 units of a heading in the list


@dataclass(frozen=True, slots=True)
class Day:
    """The questions of one day by what came of them."""

    date: date
    answered: int = 0
    mentioned: int = 0
    not_found: int = 0

    @property
    def questions(self) -> int:
        """All of them."""
        return self.answered + self.mentioned + self.not_found


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, the last of them today, beside the seven before.

    ``people`` are different ones. ``topics`` are the parts of the reports that were cited first,
    with the number of questions, most often first. ``good`` and ``bad`` are votes.
    """

    days: tuple[Day, ...]
    people: int
    topics: tuple[tuple[str, int], ...]
    good: int
    bad: int
    before: int
    answered_before: int

    @property
    def questions(self) -> int:
        """How many questions there were."""
        return sum(day.questions for day in self.days)

    @property
    def answered(self) -> int:
        """How many of them were answered."""
        return sum(day.answered for day in self.days)


def week_of(
    logged: Sequence[Logged],
    now: float,
    zone: tzinfo | None,
    cited: Callable[[str], Citation | None],
    votes: tuple[int, int],
) -> Week:
    """The week that ends ``now`` (seconds since 1970), its days as the clocks in ``zone`` say.

    ``logged`` reaches back two weeks at least; ``cited`` gives what a citation id leads to now.
    """
    today = datetime.fromtimestamp(now, zone).date()
    dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    dated = [(datetime.fromtimestamp(one.at, zone).date(), one) for one in logged]
    counted = Counter((day, one.outcome) for day, one in dated)
    this = [one for day, one in dated if dates[0] <= day <= today]
    earlier = dates[0] - timedelta(days=DAYS)
    before = [one for day, one in dated if earlier <= day < dates[0]]
    topics = Counter(filter(None, (_topic(one, cited) for one in this)))
    return Week(
        days=tuple(
            Day(day, *(counted[day, outcome.value] for outcome in Outcome)) for day in dates
        ),
        people=len({one.asker for one in this}),
        topics=tuple(sorted(topics.items(), key=lambda one: (-one[1], one[0]))[:TOPICS]),
        good=votes[0],
        bad=votes[1],
        before=len(before),
        answered_before=sum(one.outcome == Outcome.ANSWERED for one in before),
    )


def _topic(one: Logged, cited: Callable[[str], Citation | None]) -> str:
    """The part of a report that answered: its outermost heading, the title where it has none."""
    citation = cited(one.citations[0]) if one.citations and one.outcome != "not_found" else None
    if citation is None:
        return ""
    return citation.section[0] if citation.section else citation.report_title


def in_words(week: Week, texts: Texts) -> str:
    """The week as plain text, short enough for a picture's caption."""
    say = texts.say
    first, last = week.days[0].date, week.days[-1].date
    lines = [
        say("stats.title", first=f"{first:%m-%d}", last=f"{last:%m-%d}"),
        say("stats.questions", count=week.questions, people=week.people, before=week.before),
    ]
    if week.questions:
        lines.append(
            say(
                "stats.outcomes",
                share=percent(week.answered, week.questions),
                answered=week.answered,
                mentioned=sum(day.mentioned for day in week.days),
                not_found=sum(day.not_found for day in week.days),
            )
        )
    if week.before:
        lines.append(say("stats.before", share=percent(week.answered_before, week.before)))
    lines.append(say("stats.votes", good=week.good, bad=week.bad))
    if week.topics:
        lines.append(say("stats.topics"))
        lines += [
            say("stats.topic", number=number, topic=clipped(name, MAX_TOPIC), count=count)
            for number, (name, count) in enumerate(week.topics, 1)
        ]
    return "\n".join(lines)


def percent(part: int, whole: int) -> str:
    """A share of ``whole``, which is not 0.

    >>> percent(2, 3)
    '67%'
    """
    return f"{100 * part / whole:.0f}%"
