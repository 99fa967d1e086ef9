from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.library import Library
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.documents import documents
from retrieval.errors import EncoderMissing
from retrieval.judging import refusal
from retrieval.model import Outcome
from retrieval.relevance import semantic
from retrieval.relevance.clauses import clauses
from retrieval.relevance.cross_encoder import CrossEncoder
from retrieval.relevance.likeness import Likeness, VectorIndex
from retrieval.relevance.semantic import embed, encoder_for, installed_encoder
from retrieval.search.engine import Hits
from tests.retrieval.conftest import of_texts


class Meanings:
    """An encoder that knows what a few words mean, and counts what it is asked to embed."""

    name = "meanings"
    cross_encoder: CrossEncoder | None = None
    words = ("封闭 关停 断行", "拉索 钢缆", "渡船 轮渡", "连续 由于")

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def _vector(self, text: str) -> list[float]:
        there = [float(any(word in text for word in group.split())) for group in self.words]
        vector = np.array([*there, 0.1])
        return list(vector / np.linalg.norm(vector))

    def question(self, text: str) -> semantic.Vectors:
        return np.array(self._vector(text), np.float32)

    def clauses(self, texts: Sequence[str]) -> semantic.Vectors:
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], np.float32)


TEXTS = ("大桥封闭3天。", "南岸斜拉桥共有拉索136根。", "渡船已经停航。", "今年植树200棵。")


def compared(
    library: Library, question: str, documents: Sequence[int], large: int = 100
) -> Likeness:
    """The likeness of the question to the documents."""
    encoder = Meanings()
    index = VectorIndex(embed(library, encoder), large)
    return index.compare(encoder.question(question), np.array(documents, np.int32))


def nearest(library: Library, question: str) -> list[int]:
    """The numbers of the documents, the nearest first."""
    likeness = compared(library, question, [])
    order = np.argsort(-likeness.documents, kind="stable")
    return [int(number) for number in order]


def test_the_document_that_means_the_same_is_the_nearest() -> None:
    library = of_texts(*TEXTS)
    assert nearest(library, "钢缆有多少?")[0] == 1
    assert nearest(library, "轮渡怎么了?")[0] == 2


def test_a_document_is_as_near_as_its_nearest_clause() -> None:
    long = "今年植树200棵,比去年多了很多很多很多很多很多很多很多很多。" * 3
    library = of_texts(long, f"{long}拉索一共136根。{long}", long)
    assert nearest(library, "钢缆有多少?")[0] == 1


def test_documents_that_the_words_miss_are_added_behind_with_no_score() -> None:
    likeness = compared(of_texts(*TEXTS), "轮渡", [1])
    hits = Hits(np.array([1], np.int32), np.array([3.0]), 9.0)
    widened = likeness.widen(hits, None, extra=2)
    assert widened.documents.tolist()[:2] == [1, 2]
    assert widened.scores.tolist()[:2] == [3.0, 0.0]
    assert widened.upper_bound == 9.0
    among = np.array([True, True, False, True])
    assert 2 not in likeness.widen(hits, among, extra=4).documents
    assert sorted(likeness.widen(hits, None, extra=9).documents.tolist()) == [0, 1, 2, 3]


def test_in_a_large_library_only_what_the_words_found_is_compared() -> None:
    long = "今年植树200棵,比去年多了很多很多很多很多很多很多很多很多。"
    library = of_texts(*TEXTS, long * 3, f"{long}拉索一共136根。{long}封闭。", long)
    whole = compared(library, "钢缆", [])
    few = compared(library, "钢缆", [5, 1, 3], large=0)
    assert few.documents.tolist() == [
        -1, whole.documents[1], -1, whole.documents[3], -1, whole.documents[5], -1,
    ]  # fmt: skip
    assert few.sentences[[1, 3]].tolist() == whole.sentences[[1, 3]].tolist()
    assert few.sentences[[0, 2, 4, 5, 6]].tolist() == [-1] * 5
    assert few.sentences[7:-1].tolist() == whole.sentences[7:-1].tolist()
    # A library smaller than the sample is measured whole.
    assert (few.centre, few.spread) == (whole.centre, whole.spread)
    hits = Hits(np.array([5, 1, 3], np.int32), np.array([3.0, 2.0, 1.0]), 9.0)
    assert few.widen(hits) is hits, "nothing is known of the others"
    assert compared(library, "钢缆", [], large=0).documents.tolist() == [-1] * 7


def test_meaning_finds_what_no_word_finds() -> None:
    library = of_texts(*TEXTS)
    plain, with_meaning = build_answerer(library), build_answerer(library, encoder=Meanings())
    assert plain.candidates("断行")[0] == ()
    found, _ = with_meaning.candidates("断行")
    assert "大桥封闭3天。" in [quote.text for quote in found]
    with_meaning.prove(with_meaning.answer("断行"))


def test_what_the_words_are_sure_of_is_not_looked_up_by_meaning() -> None:
    asked: list[str] = []

    class Listening(Meanings):
        def question(self, text: str) -> semantic.Vectors:
            asked.append(text)
            return super().question(text)

    made = build_answerer(of_texts(*TEXTS), encoder=Listening())
    assert made.answer("南岸斜拉桥共有拉索多少根?").confidence > refusal.SURE
    assert asked == []
    assert "  evidence: words" in made.explain("南岸斜拉桥共有拉索多少根?").lines()
    assert made.answer("钢缆").confidence < refusal.SURE
    assert asked == ["钢缆"]
    assert "  evidence: words and meaning" in made.explain("钢缆").lines()


def test_where_the_words_find_it_meaning_does_no_harm() -> None:
    made = build_answerer(of_texts(*TEXTS), encoder=Meanings())
    for question, report in {"拉索有多少根?": "r1", "大桥封闭几天?": "r0"}.items():
        answer = made.answer(question)
        assert answer.outcome is Outcome.ANSWERED
        assert answer.quotes[0].citation.report_id == report


# --- clauses -------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("大桥封闭三天,，;；:：。!?？”’」）) a1"), max_size=80))
def test_clauses_are_the_sentence_in_pieces(sentence: str) -> None:
    found = clauses(sentence)
    assert found
    assert sentence.startswith("".join(found))
    assert not sentence[len("".join(found)) :].strip()
    assert all(one.strip() for one in found) or not sentence.strip()


# --- what is kept --------------------------------------------------------------------------------


def test_what_was_embedded_once_is_not_embedded_again(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "vectors.npz"
    first, again, more = Meanings(), Meanings(), Meanings()
    told: list[tuple[int, int]] = []
    made = embed(of_texts(*TEXTS), first, cache, lambda *done: told.append(done))
    assert sorted(first.embedded) == sorted(TEXTS)
    assert told[-1] == (4, 4)
    told.clear()
    opened = embed(of_texts(*TEXTS), again, cache, lambda *done: told.append(done))
    assert (again.embedded, told) == ([], [])
    assert np.array_equal(opened.vectors, made.vectors)
    embed(of_texts(TEXTS[2], "轮渡复航。", TEXTS[0], "轮渡复航。"), more, cache)
    assert more.embedded == ["轮渡复航。"], "only what is new, and that once"
    assert [file.name for file in cache.parent.iterdir()] == ["vectors.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00{", b"\x00" * 99])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    cache = tmp_path / "vectors.npz"
    whole = embed(of_texts(*TEXTS), Meanings(), cache)
    cache.write_bytes(damage)
    mended = Meanings()
    assert np.array_equal(embed(of_texts(*TEXTS), mended, cache).vectors, whole.vectors)
    assert len(mended.embedded) == 4
    known = Meanings()
    embed(of_texts(*TEXTS), known, cache)
    assert known.embedded == []


def test_a_cache_cut_short_anywhere_is_made_anew(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.npz"
    whole = embed(of_texts(*TEXTS), Meanings(), cache)
    content = cache.read_bytes()
    for length in range(0, len(content), 97):
        cache.write_bytes(content[:length])
        assert np.array_equal(embed(of_texts(*TEXTS), Meanings(), cache).vectors, whole.vectors)


def test_a_full_disk_takes_no_evidence_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(file: Path, **_: object) -> None:
        file.write_bytes(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    whole = embed(of_texts(*TEXTS), Meanings())
    monkeypatch.setattr(np, "savez", full)
    made = embed(of_texts(*TEXTS), Meanings(), tmp_path / "vectors.npz")
    assert np.array_equal(made.vectors, whole.vectors)
    assert list(tmp_path.iterdir()) == []
    assert f"cannot be kept in {tmp_path} (No space left on device)" in caplog.text


def test_vectors_of_another_encoder_are_not_taken(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.npz"
    embed(of_texts(*TEXTS), Meanings(), cache)
    other = Meanings()
    other.name = "other"
    embed(of_texts(*TEXTS), other, cache)
    assert len(other.embedded) == 4


# --- when it is used -----------------------------------------------------------------------------


def test_it_is_used_unasked_only_where_it_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Meanings()
    monkeypatch.setattr(semantic, "installed_encoder", lambda: encoder)
    small = of_texts("大桥。" * 200)
    large = of_texts(*["大桥。" * 200] * 11)
    assert sum(len(p.sentences) for d in documents(large) for p in d) > semantic.AFFORDABLE
    assert encoder_for(small) is encoder_for(small, wanted=True) is encoder
    assert encoder_for(large) is None
    assert encoder_for(large, wanted=True) is encoder
    assert encoder_for(small, wanted=False) is None


def test_without_an_encoder_only_who_asks_for_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "installed_encoder", lambda: None)
    assert encoder_for(of_texts(*TEXTS)) is None
    with pytest.raises(EncoderMissing, match=r"wenju\[semantic\]"):
        encoder_for(of_texts(*TEXTS), wanted=True)


def test_the_installed_encoder_gives_vectors_of_length_one_that_tell_meanings_apart() -> None:
    encoder = installed_encoder()
    if encoder is None:
        pytest.skip("the extra `semantic` is not installed")
    vectors = encoder.clauses(["大桥因暴雨关停三天。", "每年节约用电九十万度。"])
    question = encoder.question("桥为什么封闭?")
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert vectors[0] @ question > vectors[1] @ question


def test_an_empty_library_has_nothing_to_embed() -> None:
    made: Answerer = build_answerer(Library.from_reports([]), encoder=Meanings())
    assert made.answer("大桥?").outcome is Outcome.NOT_FOUND
