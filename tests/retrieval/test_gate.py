"""Is it said beforehand what a change would do to the answers?"""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog import load_library
from knowledge.overlay import CuratedQuestion, Overlay
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.evaluation.gate import Consequences, consequences, newly_broken
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_semantic import TEXTS, Meanings

REPORT = """\
# 草原警事

## 边境

刘安在边境守了23年，从没有离开过草原。

## 城里

阿拉善盟去年新建社区警务室18个，居民都说方便。

全局全年破获电信诈骗案86起，追回损失三百万元。
"""
QUESTIONS = """\
- {id: q1, question: 刘安守了几年边境？, answer: 23年, section: [边境], paragraph: 1}
- {id: q2, question: 新建警务室多少个？, answer: 18个, section: [城里], paragraph: 1}
- {id: u1, question: 食堂的菜谱是什么？, answer: null}
"""


@pytest.fixture
def before(tmp_path: Path) -> Answerer:
    return answerer(tmp_path / "before", REPORT)


def answerer(folder: Path, report: str, questions: str = QUESTIONS) -> Answerer:
    folder.mkdir()
    (folder / "a.md").write_text(report, encoding="utf-8")
    (folder / "questions.yaml").write_text(questions, encoding="utf-8")
    (folder / "catalog.yaml").write_text(
        "reports:\n- {id: a, file: a.md}\nquestions: questions.yaml\n", encoding="utf-8"
    )
    return build_answerer(load_library(folder, strict=False))


def test_the_same_library_has_no_consequences(before: Answerer) -> None:
    ticks: list[tuple[int, int]] = []
    found = consequences(
        before, before, ["破获电信诈骗案多少起？"], lambda done, total: ticks.append((done, total))
    )
    assert found == Consequences((), 1, ())
    assert ticks == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_answers_that_would_change_are_told_with_both(before: Answerer, tmp_path: Path) -> None:
    after = answerer(tmp_path / "after", REPORT.replace("86起", "97起"))
    found = consequences(before, after, ["破获电信诈骗案多少起？", "刘安守了几年边境？"])
    assert found.broken == ()
    (changed,) = found.changed
    assert changed.question == "破获电信诈骗案多少起？"
    assert "86起" in changed.before.quotes[0].text
    assert "97起" in changed.after.quotes[0].text


def test_another_nearest_passage_to_what_is_not_there_is_no_other_answer(
    before: Answerer, tmp_path: Path
) -> None:
    question = "刘安今年多大？"
    after = answerer(tmp_path / "after", REPORT.replace("从没有", "从来没有"))
    assert before.answer(question).quotes[0].text != after.answer(question).quotes[0].text
    assert consequences(before, after, [question]).changed == ()


def test_that_meaning_takes_a_while_to_count_is_no_consequence() -> None:
    library = of_texts(*TEXTS)
    by_both, by_words = build_answerer(library, encoder=Meanings()), build_answerer(library)
    asked = ["轮渡怎么样了？", "钢缆有多少根？", "轮渡"]
    told = [
        [(answer.outcome, [quote.text for quote in answer.quotes]) for answer in answers]
        for answers in (map(by_both.answer, asked), map(by_words.answer, asked))
    ]
    assert told[0] != told[1]
    assert consequences(by_both, by_words, asked).changed == ()


def test_a_gold_question_whose_passage_is_gone_breaks(before: Answerer, tmp_path: Path) -> None:
    after = answerer(tmp_path / "after", REPORT.replace("23年", "多年"))
    assert consequences(before, after, []).broken == ("刘安守了几年边境？",)
    assert newly_broken(before.library, after.library) == ("刘安守了几年边境？",)
    assert newly_broken(after.library, after.library) == ()


def test_a_question_that_ought_to_be_refused_and_is_answered_breaks(
    before: Answerer, tmp_path: Path
) -> None:
    after = answerer(tmp_path / "after", REPORT + "\n食堂的菜谱是土豆烧牛肉。\n")
    assert consequences(before, after, []).broken == ("食堂的菜谱是什么？",)


def test_a_gold_question_that_is_bound_to_another_passage_breaks(
    before: Answerer, tmp_path: Path
) -> None:
    answerer(tmp_path / "after", REPORT)
    overlay = Overlay().with_question(
        CuratedQuestion(question="刘安守了几年边境？", report="a", quote="追回损失三百万元")
    )
    (tmp_path / "after" / "overlay.yaml").write_bytes(overlay.dump())
    after = build_answerer(load_library(tmp_path / "after"))
    assert consequences(before, after, []).broken == ("刘安守了几年边境？",)
    assert consequences(after, before, []).broken == ()


def test_a_question_that_is_asked_no_longer_does_not_break(
    before: Answerer, tmp_path: Path
) -> None:
    fewer = QUESTIONS[QUESTIONS.index("- {id: q2") :]
    after = answerer(tmp_path / "after", REPORT.replace("23年", "多年"), fewer)
    assert consequences(before, after, []).broken == ()
