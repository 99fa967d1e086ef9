"""Does quality hold? Floors under the measures; they rise with what is reached and never fall."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import shipped_knowledge
from knowledge.catalog import load_library, load_questions
from knowledge.library import Library
from retrieval.building import build_answerer
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import (
    Dataset,
    Measures,
    Result,
    evaluate,
    gold_dataset,
    measures,
    place,
)
from retrieval.model import Outcome
from retrieval.relevance.semantic import Encoder, installed_encoder

# A little under what was reached. The BEIR folders: 200 questions of the split `test`, without
# semantic evidence; one question is half a point.
FLOORS = {
    "gold": {
        "recall@1": 0.91,
        "recall@3": 0.97,
        "recall@10": 0.98,
        "mrr@10": 0.94,
        "sentence@1": 0.94,
        "refusal_auroc": 0.94,
        "answered_when_answerable": 0.92,
        "refused_when_not:near_miss": 0.92,
        "refused_when_not:off_topic": 0.98,
    },
    "gold, semantic": {
        "recall@1": 0.93,
        "recall@3": 0.97,
        "recall@10": 0.98,
        "mrr@10": 0.95,
        "sentence@1": 0.96,
        "refusal_auroc": 0.98,
        "answered_when_answerable": 0.94,
        "refused_when_not:near_miss": 0.92,
        "refused_when_not:off_topic": 0.98,
    },
    # 246 questions on four reports of different kinds; see docs/quality.md.
    "written": {
        "recall@1": 0.88,
        "recall@3": 0.94,
        "sentence@1": 0.89,
        "refusal_auroc": 0.85,
        "answered_when_answerable": 0.78,
        "refused_when_not:near_miss": 0.90,
        "refused_when_not:off_topic": 0.98,
    },
    "written, semantic": {
        "recall@1": 0.93,
        "recall@3": 0.98,
        "sentence@1": 0.95,
        "refusal_auroc": 0.95,
        "answered_when_answerable": 0.90,
        "refused_when_not:near_miss": 0.90,
        "refused_when_not:off_topic": 0.94,
    },
    # 248 questions on three, by somebody who knew nothing of the program; see there as well.
    "blind": {
        "recall@1": 0.76,
        "recall@3": 0.87,
        "sentence@1": 0.78,
        "refusal_auroc": 0.78,
        "answered_when_answerable": 0.63,
        "refused_when_not:near_miss": 0.76,
        "refused_when_not:off_topic": 0.98,
    },
    "blind, semantic": {
        "recall@1": 0.82,
        "recall@3": 0.93,
        "sentence@1": 0.81,
        "refusal_auroc": 0.91,
        "answered_when_answerable": 0.83,
        "refused_when_not:near_miss": 0.83,
        "refused_when_not:off_topic": 0.98,
    },
    # 210 more on three, typed as in a chat by another such person.
    "chat": {
        "recall@1": 0.75,
        "recall@3": 0.86,
        "sentence@1": 0.78,
        "refusal_auroc": 0.76,
        "answered_when_answerable": 0.67,
        "refused_when_not:near_miss": 0.78,
        "refused_when_not:off_topic": 0.98,
    },
    "chat, semantic": {
        "recall@1": 0.79,
        "recall@3": 0.93,
        "sentence@1": 0.80,
        "refusal_auroc": 0.90,
        "answered_when_answerable": 0.82,
        "refused_when_not:near_miss": 0.84,
        "refused_when_not:off_topic": 0.98,
    },
    # 260 on three, written like the shipped ones by a third.
    "alike": {
        "recall@1": 0.73,
        "recall@3": 0.84,
        "sentence@1": 0.75,
        "refusal_auroc": 0.73,
        "answered_when_answerable": 0.66,
        "refused_when_not:near_miss": 0.67,
        "refused_when_not:off_topic": 0.98,
    },
    "alike, semantic": {
        "recall@1": 0.81,
        "recall@3": 0.91,
        "sentence@1": 0.81,
        "refusal_auroc": 0.87,
        "answered_when_answerable": 0.79,
        "refused_when_not:near_miss": 0.78,
        "refused_when_not:off_topic": 0.98,
    },
    # 180 on two by a fourth: spoken language, and near misses for every third question.
    "tricky": {
        "recall@1": 0.63,
        "recall@3": 0.74,
        "sentence@1": 0.59,
        "refusal_auroc": 0.54,
        "answered_when_answerable": 0.51,
        "refused_when_not:near_miss": 0.52,
        "refused_when_not:off_topic": 0.98,
    },
    "tricky, semantic": {
        "recall@1": 0.74,
        "recall@3": 0.84,
        "sentence@1": 0.68,
        "refusal_auroc": 0.75,
        "answered_when_answerable": 0.69,
        "refused_when_not:near_miss": 0.70,
        "refused_when_not:off_topic": 0.98,
    },
    # 240 on three by a fifth.
    "fresh": {
        "recall@1": 0.85,
        "recall@3": 0.92,
        "sentence@1": 0.84,
        "refusal_auroc": 0.86,
        "answered_when_answerable": 0.76,
        "refused_when_not:near_miss": 0.79,
        "refused_when_not:off_topic": 0.98,
    },
    "fresh, semantic": {
        "recall@1": 0.89,
        "recall@3": 0.96,
        "sentence@1": 0.88,
        "refusal_auroc": 0.93,
        "answered_when_answerable": 0.90,
        "refused_when_not:near_miss": 0.84,
        "refused_when_not:off_topic": 0.98,
    },
    # 198 on nine of all these reports by a sixth, more than half of them near misses.
    "curious": {
        "recall@1": 0.89,
        "recall@3": 0.95,
        "sentence@1": 0.85,
        "refusal_auroc": 0.76,
        "answered_when_answerable": 0.79,
        "refused_when_not:near_miss": 0.55,
    },
    "curious, semantic": {
        "recall@1": 0.89,
        "recall@3": 0.96,
        "sentence@1": 0.85,
        "refusal_auroc": 0.84,
        "answered_when_answerable": 0.88,
        "refused_when_not:near_miss": 0.63,
    },
    # 180 of the same kind by a seventh.
    "keen": {
        "recall@1": 0.87,
        "recall@3": 0.95,
        "sentence@1": 0.82,
        "refusal_auroc": 0.80,
        "answered_when_answerable": 0.84,
        "refused_when_not:near_miss": 0.63,
    },
    "keen, semantic": {
        "recall@1": 0.91,
        "recall@3": 0.96,
        "sentence@1": 0.86,
        "refusal_auroc": 0.84,
        "answered_when_answerable": 0.92,
        "refused_when_not:near_miss": 0.66,
    },
    # 240 on three by an eighth, who shuns the reports' words.
    "probe": {
        "recall@1": 0.76,
        "recall@3": 0.84,
        "sentence@1": 0.75,
        "refusal_auroc": 0.72,
        "answered_when_answerable": 0.66,
        "refused_when_not:near_miss": 0.57,
        "refused_when_not:off_topic": 0.94,
    },
    "probe, semantic": {
        "recall@1": 0.80,
        "recall@3": 0.89,
        "sentence@1": 0.78,
        "refusal_auroc": 0.84,
        "answered_when_answerable": 0.77,
        "refused_when_not:near_miss": 0.75,
        "refused_when_not:off_topic": 0.88,
    },
    "cmrc": {
        "recall@1": 0.98,
        "recall@3": 0.985,
        "recall@10": 0.985,
        "mrr@10": 0.98,
        "sentence@1": 0.86,
        "absent_auroc": 0.97,
        "answered_when_answerable": 0.98,
    },
    "drcd": {
        "recall@1": 0.92,
        "recall@3": 0.975,
        "recall@10": 0.985,
        "mrr@10": 0.95,
        "sentence@1": 0.87,
        "absent_auroc": 0.93,
        "answered_when_answerable": 0.96,
    },
}
SAMPLE = 200
SETS = ("written", "blind", "chat", "alike", "tricky", "fresh", "curious", "keen", "probe")
STATED = ("recall@1", "recall@3", "sentence@1", "answered_when_answerable")
"""What the tables of the READMEs state, from top to bottom."""
ONE_QUESTION = 0.011  # of the gold questions: another processor may round a vector otherwise
ROOT = Path(__file__).parents[2]
REPORTS = Path(__file__).parent / "reports"
READMES = ("README.md", "README.zh-CN.md")
EVALUATION_DATA = ROOT.parent / "shared" / "eval"


def measured(dataset: Dataset, encoder: Encoder | None = None, *, absent: bool = False) -> Measures:
    answerer = build_answerer(dataset.library, encoder=encoder)
    results = list(evaluate(answerer, dataset.questions, absent=absent))
    return measures(dataset.name, 0, results, index_s=0, absent=absent)


def below(found: Measures, floors: dict[str, float]) -> dict[str, object]:
    """The measures that are under their floors, or could not be taken."""
    fallen: dict[str, object] = {}
    for key, floor in floors.items():
        value = found[key]
        if not isinstance(value, float) or value < floor:
            fallen[key] = value
    return fallen


def stated(readme: str) -> tuple[dict[str, float], dict[str, float]]:
    """What a README says of ``STATED``: with words alone, and with semantic evidence."""
    text = (ROOT / readme).read_text("utf-8")
    rows = re.findall(r"^\|[^|]+\| (\.\d{3}) \| (\.\d{3}) \|$", text, re.MULTILINE)
    words, both = zip(*rows, strict=True)
    return (
        dict(zip(STATED, map(float, words), strict=True)),
        dict(zip(STATED, map(float, both), strict=True)),
    )


def lost(dataset: Dataset, encoder: Encoder | None = None) -> list[str]:
    """The questions of which a gold paragraph that ranks among the first ten is not listed."""
    answerer = build_answerer(dataset.library, encoder=encoder)
    result = []
    for question in dataset.questions:
        answer, ranking = answerer.ranked(question.text, limit=10)
        if answer.outcome is Outcome.ANSWERED:
            listed = {
                place(quote.citation) for quote in answerer.answer(question.text, limit=10).quotes
            }
            if ({place(quote.citation) for quote in ranking} & question.gold) - listed:
                result.append(question.text)
    return result


@pytest.fixture(scope="module")
def shipped() -> Library:
    return load_library(shipped_knowledge())


def test_the_gold_questions_are_answered_as_well_as_before(shipped: Library) -> None:
    found = measured(gold_dataset("gold", shipped, shipped.questions))
    assert below(found, FLOORS["gold"]) == {}
    for readme in READMES:
        assert stated(readme)[0] == {key: pytest.approx(found[key], abs=5e-4) for key in STATED}


def test_what_is_left_out_as_unrelated_answers_no_gold_question(shipped: Library) -> None:
    gold = gold_dataset("gold", shipped, shipped.questions)
    assert lost(gold) == []
    if (encoder := installed_encoder()) is not None:
        assert lost(gold, encoder) == []


def test_the_gold_questions_are_answered_better_with_semantic_evidence(shipped: Library) -> None:
    encoder = installed_encoder()
    if encoder is None:
        pytest.skip("the extra `semantic` is not installed")
    found = measured(gold_dataset("gold", shipped, shipped.questions), encoder)
    assert below(found, FLOORS["gold, semantic"]) == {}
    for readme in READMES:
        assert stated(readme)[1] == {
            key: pytest.approx(found[key], abs=ONE_QUESTION) for key in STATED
        }


def of_all_kinds(name: str, shipped: Library, encoder: Encoder | None) -> Measures:
    """The measures over the questions of all reports of a folder of ``REPORTS`` together."""
    results: list[Result] = []
    for folder in sorted((REPORTS / name).iterdir()):
        own = [file.parent for file in sorted(REPORTS.glob(f"*/{folder.name}/catalog.yaml"))]
        library = load_library(own[0]) if own else shipped
        questions = load_questions(folder / "questions.yaml", library)
        answerer = build_answerer(library, encoder=encoder)
        results += evaluate(answerer, gold_dataset(folder.name, library, questions).questions)
    return measures(name, 0, results, index_s=0)


@pytest.mark.parametrize("name", SETS)
def test_reports_of_other_kinds_are_answered_as_well_as_before(name: str, shipped: Library) -> None:
    assert below(of_all_kinds(name, shipped, None), FLOORS[name]) == {}


@pytest.mark.parametrize("name", SETS)
def test_reports_of_other_kinds_are_answered_better_with_semantic_evidence(
    name: str, shipped: Library
) -> None:
    encoder = installed_encoder()
    if encoder is None:
        pytest.skip("the extra `semantic` is not installed")
    assert below(of_all_kinds(name, shipped, encoder), FLOORS[f"{name}, semantic"]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cmrc", "drcd"])
def test_questions_about_other_texts_are_answered_as_well_as_before(name: str) -> None:
    folder = EVALUATION_DATA / name
    if not folder.is_dir():
        pytest.skip(f"there is no {name} beside the repository")
    found = measured(load_beir(folder).sample(SAMPLE), absent=True)
    assert below(found, FLOORS[name]) == {}


def test_a_measure_that_falls_or_is_missing_is_named() -> None:
    found: Measures = {"recall@1": 0.8, "mrr@10": None, "recall@3": 0.9}
    floors = {"recall@1": 0.81, "mrr@10": 0.1, "recall@3": 0.9}
    assert below(found, floors) == {"recall@1": 0.8, "mrr@10": None}
