"""The benchmark's questions have one wrong character, and it sounds right."""

from __future__ import annotations

import random

from benchmarks.spelling import homophones, misspelled
from retrieval.evaluation.measures import Question
from retrieval.query.names import sound

CHANCE = random.Random(3)  # noqa: S311 - to choose characters


def test_one_character_is_exchanged_for_another_of_the_same_sound() -> None:
    question = Question(id="q", text="全年受理投诉多少件?", parts=(), answers=())
    wrong = misspelled(question, homophones(), CHANCE).text
    assert sum(a != b for a, b in zip(wrong, question.text, strict=True)) == 1
    assert sound(wrong) == sound(question.text)


def test_a_question_without_chinese_words_stays_as_it_is() -> None:
    question = Question(id="q", text="wenju 2?", parts=(), answers=())
    assert misspelled(question, homophones(), CHANCE) == question
