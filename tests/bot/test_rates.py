from __future__ import annotations

import pytest

from bot.chats.rates import Admission, Rates

WELCOME, WARN, SILENT = Admission.WELCOME, Admission.WARN, Admission.SILENT


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_asks_too_fast_is_told_once_and_welcome_again_later() -> None:
    clock = Clock()
    rates = Rates(2, 0, clock)
    assert [rates.admit("安", None) for _ in range(5)] == [WELCOME, WELCOME, WARN, SILENT, SILENT]
    assert rates.admit("红", None) is WELCOME
    clock.now += 30
    assert [rates.admit("安", None) for _ in range(3)] == [WELCOME, WARN, SILENT]


def test_a_group_has_a_limit_of_its_own_whoever_asks() -> None:
    rates = Rates(5, 2, Clock())
    asked = [rates.admit(person, -1) for person in ("安", "红", "力", "安")]
    assert asked == [WELCOME, WELCOME, WARN, SILENT]
    assert rates.admit("安", -2) is WELCOME
    assert rates.admit("安", None) is WELCOME


def test_a_question_that_a_group_refuses_costs_its_asker_nothing() -> None:
    rates = Rates(2, 1, Clock())
    assert [rates.admit("安", -1) for _ in range(3)] == [WELCOME, WARN, SILENT]
    assert [rates.admit("安", None) for _ in range(2)] == [WELCOME, WARN]


def test_no_limit_is_no_limit() -> None:
    rates = Rates(0, 0, Clock())
    assert {rates.admit("安", -1) for _ in range(1000)} == {WELCOME}


def test_those_who_asked_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chats.rates.KEYS", 2)
    rates = Rates(1, 0, Clock())
    assert [rates.admit(person, None) for person in "甲乙甲丙甲乙"] == [
        WELCOME,
        WELCOME,
        WARN,
        WELCOME,
        SILENT,
        WELCOME,
    ]
