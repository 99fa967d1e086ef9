from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.library import Library
from knowledge.model import Kind
from knowledge.questions import GoldPlace
from retrieval.answering import Answerer
from retrieval.evaluation.measures import (
    Dataset,
    Question,
    Result,
    auroc,
    evaluate,
    failures,
    gold_dataset,
    measures,
    near_duplicates,
    trec_run,
)
from retrieval.model import Citation, Outcome
from tests.retrieval.conftest import Answering, of_texts

RULES = GoldPlace("bridges", ("三、制度",), 1)
BRIDGE = ("二、工程", "（一）江城大桥")


def cited(report: str) -> Citation:
    return Citation(f"{report}_0_1_0", report, report, (), 1, Kind.BODY)


def at(report: str) -> GoldPlace:
    return GoldPlace(report, (), 1)


def result(
    ranking: str = "",
    *parts: str,
    share: bool = False,
    marked: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
    outcome: Outcome = Outcome.ANSWERED,
    confidence: float = 0.5,
    absent: float | None = None,
    topic: str = "",
    took_ms: float = 1.0,
) -> Result:
    """A result whose ranking and parts are written as letters, one a report."""
    question = Question(
        "q", "问?", tuple(frozenset(map(at, part)) for part in parts), answers, topic, share=share
    )
    ranked = tuple(map(cited, ranking))
    return Result(question, ranked, marked, outcome, confidence, (), took_ms, absent)


@pytest.mark.parametrize(
    ("parts", "share", "recalls", "reciprocal_rank"),
    [
        (("a",), False, [1, 1, 1], 1),
        (("c",), False, [0, 1, 1], 1 / 3),
        (("e",), False, [0, 0, 1], 1 / 5),
        (("x",), False, [0, 0, 0], 0),
        (("xc",), False, [0, 1, 1], 1 / 3),  # either place will do
        (("a", "d"), False, [0, 0, 1], 1 / 4),  # both parts must be found
        (("a", "d"), True, [0.5, 0.5, 1], 1),  # trec_eval's recall
        (("b", "x"), True, [0, 0.5, 0.5], 1 / 2),
        (("a", "a"), False, [1, 1, 1], 1),
    ],
)
def test_recall_and_rank_follow_from_the_ranking(
    parts: tuple[str, ...], share: bool, recalls: list[float], reciprocal_rank: float
) -> None:
    one = result("abcde", *parts, share=share)
    assert [one.recall(k) for k in (1, 3, 10)] == recalls
    assert one.reciprocal_rank == pytest.approx(reciprocal_rank)


@pytest.mark.parametrize(
    ("marked", "answers", "right"),
    [
        (("全长1670米。",), ("1670米",), True),
        (("全长 １６７０ 米。",), ("1670米",), True),
        (("全長1670米。",), ("全长1670米",), True),
        (("全长16", "70米。"), ("1670米",), False),  # two highlights are not one stretch
        (("建成于1957年。", "全长1670米。"), ("九百米", "1670米"), True),
        (("全长",), ("",), False),
        ((), ("1670米",), False),
    ],
)
def test_the_marked_sentence_holds_the_answer_or_not(
    marked: tuple[str, ...], answers: tuple[str, ...], right: bool
) -> None:
    assert result("a", "a", marked=marked, answers=answers).sentence is right


def slow_auroc(positives: list[float], negatives: list[float]) -> float:
    """By definition: every pair compared."""
    pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    return sum(pairs) / len(pairs)


few_values = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), min_size=1, max_size=12)


@given(few_values, few_values)
def test_auroc_is_the_share_of_pairs_in_order(
    positives: list[float], negatives: list[float]
) -> None:
    found = auroc(positives, negatives)
    assert found == pytest.approx(slow_auroc(positives, negatives), abs=5e-5)


def test_auroc_of_one_kind_alone_is_unknown() -> None:
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None


def test_measures_of_gold_questions_have_stable_names_and_meanings() -> None:
    no, named = Outcome.NOT_FOUND, Outcome.MENTIONED
    results = [
        result("ab", "a", marked=("甲乙",), answers=("乙",), confidence=0.9, took_ms=1),
        result("ab", "b", marked=("甲",), answers=("乙",), outcome=no, confidence=0.4, took_ms=2),
        result("ab", topic="off_topic", outcome=no, confidence=0.1, took_ms=3),
        result("ab", topic="near_miss", confidence=0.4, took_ms=4),
        result("ab", topic="near_miss", outcome=named, confidence=0.3, took_ms=5),
    ]
    assert measures("gold", 24, results, index_s=1.23456) == {
        "dataset": "gold",
        "passages": 24,
        "questions": 5,
        "answerable": 2,
        "recall@1": 0.5,
        "recall@3": 1.0,
        "recall@10": 1.0,
        "mrr@10": 0.75,
        "sentence@1": 0.5,
        "refusal_auroc": 0.9167,  # 5.5 of 6 pairs
        "answered_when_answerable": 0.5,
        "refused_when_not": 0.6667,
        "refused_when_not:near_miss": 0.5,
        "refused_when_not:off_topic": 1.0,
        "ms_p50": 3.0,
        "ms_p99": 4.96,
        "index_s": 1.235,
    }


def test_measures_of_a_beir_folder_have_stable_names_and_meanings() -> None:
    results = [
        result("ab", "a", share=True, marked=("甲",), answers=("甲",), confidence=0.9, absent=0.2),
        result("ab", "a", share=True, confidence=0.3, absent=0.3),
    ]
    found = measures("beir", 2, results, index_s=0, absent=True)
    assert list(found.items()) == [
        ("dataset", "beir"),
        ("passages", 2),
        ("questions", 2),
        ("answerable", 2),
        ("recall@1", 1.0),
        ("recall@3", 1.0),
        ("recall@10", 1.0),
        ("mrr@10", 1.0),
        ("sentence@1", 1.0),  # of the one question that says what the answer is
        ("refusal_auroc", None),
        ("absent_auroc", 0.875),
        ("answered_when_answerable", 1.0),
        ("refused_when_not", None),
        ("ms_p50", 1.0),
        ("ms_p99", 1.0),
        ("index_s", 0),
    ]


def test_without_questions_nothing_can_be_measured() -> None:
    found = measures("none", 0, [], index_s=0.5)
    assert {key for key, value in found.items() if value is None} == {
        "recall@1", "recall@3", "recall@10", "mrr@10", "sentence@1", "refusal_auroc",
        "answered_when_answerable", "refused_when_not", "ms_p50", "ms_p99",
    }  # fmt: skip


def test_gold_questions_become_questions_with_their_places(library: Library) -> None:
    dataset = gold_dataset("gold", library, library.questions)
    by_id = {question.id: question for question in dataset.questions}
    assert by_id["q3"] == Question(
        "q3",
        "桥梁报告的作者是谁?",
        (frozenset({GoldPlace("bridges", ("三、制度",), 0, Kind.BYLINE)}),),
        ("林知秋",),
        topic="author",
        kind="exact",
    )
    assert by_id["q4"].parts == (frozenset({RULES}), frozenset({RULES}))
    assert not by_id["u2"].answerable
    assert by_id["u2"].topic == "near_miss"


def test_a_sample_is_spread_evenly_and_always_the_same() -> None:
    questions = tuple(Question(str(number), "问?", (), ()) for number in range(10))
    dataset = Dataset("d", of_texts("甲。"), questions)
    assert [one.id for one in dataset.sample(4).questions] == ["0", "2", "5", "7"]
    assert dataset.sample(10) == dataset.sample(99) == dataset


def test_questions_are_asked_and_judged(answerer: Answerer, library: Library) -> None:
    dataset = gold_dataset("gold", library, library.questions)
    told: list[tuple[int, int]] = []
    results = list(evaluate(answerer, dataset.questions, progress=lambda *done: told.append(done)))
    assert told == [(number, 6) for number in range(1, 7)]
    first = results[0]
    assert first.question.text == "江城大桥有多长?"
    assert first.outcome is Outcome.ANSWERED
    assert (first.ranking[0].section, first.ranking[0].paragraph) == (BRIDGE, 1)
    assert first.marked == ("江城大桥建成于1957年,全长1670米。",)
    assert first.took_ms > 0
    assert first.absent_confidence is None
    found = measures("gold", 12, results, index_s=0)
    assert (found["questions"], found["answerable"], found["recall@1"]) == (6, 4, 1.0)
    assert (found["sentence@1"], found["answered_when_answerable"]) == (1.0, 1.0)
    assert found["refused_when_not"] == 1.0


def test_the_answer_is_timed_alone_and_is_the_one_that_readers_get(
    answerer: Answerer, library: Library
) -> None:
    for question in library.questions:
        answer, ranking = answerer.ranked(question.question)
        plain = answerer.answer(question.question)
        assert (answer.outcome, answer.quotes, answer.confidence, answer.notices) == (
            plain.outcome, plain.quotes, plain.confidence, plain.notices,
        )  # fmt: skip
        assert answer.quotes[:1] == ranking[: len(answer.quotes)][:1]
        candidates, confidence = answerer.candidates(question.question)
        assert (candidates, confidence) == (ranking, answer.confidence)


LONG = "江城大桥建成于1957年,全长1670米,两岸群众出行从此不必再等渡船。"


def test_with_its_passage_and_near_duplicates_gone_a_question_is_asked_again(
    answering: Answering,
) -> None:
    copy = LONG.replace("。", "!")
    library = of_texts(LONG, "拉索每天检查一遍。", f"{copy}大桥日均车流量八万辆。", "渡船停航。")
    question = Question("q", "江城大桥全长多少米?", (frozenset({at("r0")}),), ("1670米",))
    unknown = Question("u", "拉索多少根?", (), ())
    made = answering(library)
    first, second = evaluate(made, [question, unknown], absent=True)
    _, without_both = made.candidates(question.text, without=(0, 2))
    assert first.absent_confidence == without_both
    assert first.absent_confidence is not None
    assert first.absent_confidence < first.confidence
    assert second.absent_confidence is None


def test_what_is_left_out_is_not_ranked(answering: Answering) -> None:
    made = answering(of_texts("大桥封闭三天。", "大桥封闭五天。", "大桥通车。"))
    everything, _ = made.candidates("大桥封闭几天?")
    assert {quote.citation.report_id for quote in everything} == {"r0", "r1", "r2"}
    rest, _ = made.candidates("大桥封闭几天?", without=[0, 2])
    assert [quote.citation.report_id for quote in rest] == ["r1"]


def slow_near(texts: list[str], chosen: list[int]) -> dict[int, tuple[int, ...]]:
    """By definition: every pair of texts compared by their sets of runs."""

    def runs(text: str) -> set[str]:
        bare = "".join(char for char in text if char.isalnum())
        return {bare[n : n + 5] for n in range(len(bare) - 4)} or {bare}

    def near(one: str, other: str) -> bool:
        a, b = runs(one), runs(other)
        return bool(a & b) and len(a & b) >= 0.5 * min(len(a), len(b))

    return {
        number: tuple(
            other
            for other, text in enumerate(texts)
            if other != number and near(texts[number], text)
        )
        for number in chosen
    }


@given(
    st.lists(
        st.lists(st.sampled_from(["江城大桥", "全长1670米", "。", "拉索", "三天"]), max_size=9).map(
            "".join
        ),
        min_size=1,
        max_size=8,
    )
)
def test_near_duplicates_share_half_of_the_shorter_text(texts: list[str]) -> None:
    chosen = list(range(0, len(texts), 2))
    assert near_duplicates(texts, chosen) == slow_near(texts, chosen)


def test_near_duplicates_are_found_whatever_script_width_and_punctuation() -> None:
    texts = ["江城大橋建成於１９５７年。", "“江城大桥”建成于1957年", "江城大桥封闭"]
    assert near_duplicates(texts, [0, 1]) == {0: (1,), 1: (0,)}


def test_a_run_keeps_the_order_of_the_ranking_and_the_format() -> None:
    one = result("ba", "a")
    lines = list(trec_run([one], lambda citation: f"passage {citation.report_id}"))
    assert lines == ["q Q0 passage_b 1 10 wenju", "q Q0 passage_a 2 9 wenju"]


def test_failures_tell_what_was_wanted_and_what_came(answerer: Answerer, library: Library) -> None:
    nowhere = GoldPlace("bridges", ("三、制度",), 9)
    wrong = Question("w", "江城大桥有多长?", (frozenset({nowhere}),), ("一千米",))
    right = gold_dataset("gold", library, library.questions).questions[0]
    (failure,) = failures(evaluate(answerer, [wrong, right]))
    confidence = failure["confidence"]
    assert isinstance(confidence, float)
    assert 0.5 < confidence <= 1
    assert failure == {
        "id": "w",
        "question": "江城大桥有多长?",
        "outcome": "answered",
        "confidence": confidence,
        "notices": [],
        "rank": None,
        "sentence": False,
        "wanted": ["bridges > 三、制度 > 9"],
        "answers": ["一千米"],
        "first": "bridges > 二、工程 > （一）江城大桥 > 1",
        "marked": ["江城大桥建成于1957年,全长1670米。"],
    }


def test_an_answer_to_what_cannot_be_answered_is_a_failure() -> None:
    assert result("a").failed
    assert not result("a", outcome=Outcome.MENTIONED).failed
    assert not result("a", outcome=Outcome.NOT_FOUND).failed
    assert result("a", "a", outcome=Outcome.NOT_FOUND).failed
    assert not result("a", "a").failed


def test_measures_agree_with_ir_measures(tmp_path: Path) -> None:
    ir_measures = pytest.importorskip("ir_measures")
    rng = random.Random(20261123)  # noqa: S311 - draws test data
    letters = "abcdefghijklmnopqrstuvwxyz"
    results: list[Result] = []
    for number in range(60):
        ranking = "".join(rng.sample(letters, rng.randint(0, 10)))
        relevant = rng.sample(letters, rng.choice([1, 1, 1, 2, 4]))
        one = result(ranking, *relevant, share=True)
        question = Question(f"q{number}", "问?", one.question.parts, (), share=True)
        results.append(Result(question, one.ranking, (), one.outcome, 0.5, (), 1.0))
    file = tmp_path / "run"
    file.write_text("".join(f"{ln}\n" for ln in trec_run(results, lambda c: c.report_id)))
    qrels = [
        ir_measures.Qrel(one.question.id, gold.report_id, 1)
        for one in results
        for gold in one.question.gold
    ]
    run = list(ir_measures.read_trec_run(str(file)))
    wanted = {f"recall@{k}": ir_measures.R @ k for k in (1, 3, 10)}
    wanted["mrr@10"] = ir_measures.RR @ 10
    theirs = ir_measures.calc_aggregate(list(wanted.values()), qrels, run)
    ours = measures("d", 26, results, index_s=0)
    assert {key: ours[key] for key in wanted} == {
        key: pytest.approx(theirs[measure], abs=5e-5) for key, measure in wanted.items()
    }
