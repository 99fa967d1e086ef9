from __future__ import annotations

from bot.pages.buttons import fingerprint
from bot.records.piles import Pile, is_settled, piles
from bot.records.store import Logged
from retrieval.answering import Answerer


def asked(
    question: str,
    at: float = 0.0,
    *,
    asker: str = "a",
    outcome: str = "not_found",
    disliked: bool = False,
) -> Logged:
    return Logged(question, outcome, (), at, asker, disliked)


def test_alike_questions_share_a_pile_and_the_most_frequent_stands_first() -> None:
    log = [
        asked("红烧肉怎么做", 1),
        asked("刘安的老婆是谁", 2, asker="b"),
        asked("请问红烧肉怎么做呢？", 3, asker="b"),
        asked("刘安的老婆叫什么", 4, asker="c"),
        asked("刘安的老婆是谁?", 5, asker="c"),
        asked("刘安的儿子是谁", 6),
    ]
    assert piles(log, ()) == (
        Pile(("刘安的老婆是谁", "刘安的老婆叫什么"), 3, 2, 0, 5),
        Pile(("红烧肉怎么做", "请问红烧肉怎么做呢？"), 2, 2, 0, 3),
        Pile(("刘安的儿子是谁",), 1, 1, 0, 6),
    )


def test_the_order_of_the_log_makes_no_difference_to_which_piles_there_are() -> None:
    log = [asked(f"第{n}座桥多长", n) for n in range(9)] + [asked("路修了几年", 9)]
    one, other = piles(log, ()), piles(log[::-1], ())
    assert [(p.times, p.last) for p in one] == [(p.times, p.last) for p in other]


def test_what_was_answered_well_waits_in_no_pile() -> None:
    log = [
        asked("桥有几座", outcome="answered"),
        asked("山里有什么", outcome="mentioned"),
        asked("/who 刘强"),
        asked("👍？"),
        asked("桥谁架的", outcome="answered", disliked=True),
    ]
    assert piles(log, ()) == (Pile(("桥谁架的",), 1, 1, 1, 0.0),)


def test_what_was_dismissed_does_not_come_back_in_other_dress() -> None:
    log = [asked("红烧肉怎么做"), asked("紅燒肉怎麼做？"), asked("火锅怎么做")]
    assert [pile.question for pile in piles(log, ["红烧肉,怎么做!"])] == ["火锅怎么做"]


def test_a_pile_is_known_by_any_of_its_wordings() -> None:
    pile = Pile(("甲", "乙"), 2, 1, 0, 0.0)
    assert pile.is_marked(fingerprint("乙"))
    assert not pile.is_marked(fingerprint("丙"))


def test_what_is_found_by_now_is_settled_unless_somebody_disliked_it(answerer: Answerer) -> None:
    assert is_settled(answerer, Pile(("桥有几座?",), 1, 1, 0, 0.0))
    assert not is_settled(answerer, Pile(("桥有几座?",), 1, 1, 1, 0.0))
    assert not is_settled(answerer, Pile(("火锅怎么做",), 1, 1, 0, 0.0))
