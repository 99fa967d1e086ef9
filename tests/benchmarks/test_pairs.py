from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import pairs
from benchmarks.pairs import Written
from knowledge.plain_yaml import load

ROOT = Path(__file__).parents[2]


def written() -> list[Written]:
    learned, held_out = pairs.read()
    return learned + held_out


def test_every_answer_stands_in_its_passage() -> None:
    assert [
        (one.heading, answer)
        for one in written()
        for _, answer in one.questions
        if answer is not None and answer not in one.passage
    ] == []


def test_each_passage_has_questions_of_both_kinds() -> None:
    for one in written():
        kinds = Counter(answer is None for _, answer in one.questions)
        assert kinds == {False: 4, True: 6}, one.heading
        assert len({question for question, _ in one.questions}) == 10


def test_nothing_is_learned_from_what_the_program_is_measured_by() -> None:
    measured = {
        one["question"]
        for path in (ROOT / "knowledge/questions.yaml", *ROOT.glob("tests/**/questions.yaml"))
        for one in load(path.read_text("utf-8"))
    }
    assert len(measured) > 1_000
    assert measured.isdisjoint(question for one in written() for question, _ in one.questions)


def test_a_passage_is_not_both_learned_from_and_held_out() -> None:
    learned, held_out = pairs.read()
    assert len(learned) > 5 * len(held_out) > 500
    assert {one.passage for one in learned}.isdisjoint(one.passage for one in held_out)


@pytest.mark.parametrize("answer", ["三百人", None])
def test_a_question_meets_the_sentences_that_are_most_like_it(answer: str | None) -> None:
    passage = "礼堂坐得下三百人。礼堂是1956年盖的。门口有两棵槐树。"
    found = list(pairs.pairs(Written("礼堂", passage, (("礼堂坐得下多少人?", answer),))))
    first, *others = found
    assert first.text == "礼堂坐得下多少人? || 礼堂 || 礼堂坐得下三百人。"
    assert first.answers is (answer is not None)
    assert not any(one.answers for one in others)
    if answer is not None:
        assert [one.text for one in others] == [
            "礼堂坐得下多少人? || 礼堂坐得下三百人。 || 礼堂是1956年盖的。"
        ]
