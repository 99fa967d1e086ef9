"""Do the benchmarks measure what their page says?"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks import corpus, page, served
from benchmarks.engines import BY_NAME
from benchmarks.measure import ORDINARY, Run, measure
from benchmarks.touched import touched
from retrieval.search.pruning import Costs


def test_the_same_seed_gives_the_same_corpus_and_questions() -> None:
    first, again, other = corpus.corpus(50), corpus.corpus(50), corpus.corpus(50, seed=1)
    assert np.array_equal(first.terms, again.terms)
    assert np.array_equal(first.offsets, again.offsets)
    assert not np.array_equal(first.offsets, other.offsets)
    assert corpus.questions(first, 5) == corpus.questions(again, 5)


def test_frequent_words_of_the_dictionary_are_frequent_in_the_corpus() -> None:
    words, shares = corpus.dictionary()
    assert words[0] == "了"
    made = corpus.corpus(2_000)
    counted = np.bincount(made.terms, minlength=len(words))
    assert counted.sum() == made.offsets[-1] == pytest.approx(2_000 * corpus.TERMS, rel=0.05)
    # Topics flatten the top a little; the order of magnitude stays.
    assert counted[0] / counted.sum() == pytest.approx(shares[0], rel=0.5)
    assert counted[:100].sum() > counted[1_000:1_100].sum() * 5


def test_a_question_is_made_of_words_of_one_document() -> None:
    made = corpus.corpus(100)
    documents = [set(made.document(number)) for number in range(100)]
    asked = corpus.questions(made, 20)
    assert len(asked) == 20
    assert all(any(set(question) <= words for words in documents) for question in asked)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Real processes, with the engines that are always there."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the memory of a process is read from /proc")
    return measure(200, tmp_path_factory.mktemp("run"), only=["wenju", "rank-bm25", "SQLite FTS5"])


def test_wenju_and_rank_bm25_give_the_same_documents_and_scores(run: Run) -> None:
    other = run.of("rank-bm25")
    assert (other.overlap, other.score_difference) == (1.0, 0.0)
    assert run.of("SQLite FTS5").score_difference is None
    assert 0.5 < run.of("SQLite FTS5").overlap <= 1.0


def test_every_engine_is_measured_in_full(run: Run) -> None:
    assert [one.engine for one in run.measured] == ["wenju", "SQLite FTS5", "rank-bm25"]
    for one in run.measured:
        assert 0 < one.median <= one.slowest
        assert min(one.build, one.cold_start, one.memory, one.median_waited) > 0
        assert (one.index_size > 0) == (one.engine != "rank-bm25")
        assert list(one.percentiles) == sorted(one.percentiles)
        assert len(one.hard) == 3


def test_all_postings_are_read_where_all_documents_are_scored(run: Run) -> None:
    assert list(run.touched) == [ORDINARY, *run.of("wenju").hard]
    for one in run.touched.values():
        assert one.held == one.read > 0
        assert (one.columns, one.looked_up, one.scored) == (0, 0, 200)
        assert one.taken > 200 * 8


def test_what_is_touched_is_less_than_all_where_documents_are_chosen(tmp_path: Path) -> None:
    made = corpus.corpus(20_000)
    BY_NAME["wenju"].build([made.document(number) for number in range(20_000)], tmp_path)
    kinds = {"few": (corpus.questions(made, 20), 10), "frequent": (corpus.frequent(5, 9), 10)}
    with patch("retrieval.search.bm25.Costs", partial(Costs, whole=0, first=500, more=2_000)):
        found = touched(tmp_path, kinds)
    assert 0 < found["few"].read < found["few"].held
    assert 10 <= found["few"].scored < 40
    assert found["few"].looked_up > 0
    assert found["frequent"].columns > 1


def test_the_page_shows_what_was_saved(run: Run) -> None:
    saved = Run.from_json(json.loads(json.dumps(run.to_json())))
    assert saved == run
    text = page.text([saved])
    ratio = run.of("rank-bm25").median / run.of("wenju").median
    assert f"| rank-bm25 | **{page._times(ratio)}** |" in text
    assert "scores differ from rank-bm25's not at all" in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("ratio", "said"), [(0.126, "0.13"), (3.46, "3.5"), (47.4, "47"), (1234.0, "1,200")]
)
def test_ratios_are_said_with_two_digits(ratio: float, said: str) -> None:
    assert page._times(ratio) == said


def test_the_committed_page_is_the_one_of_the_committed_results() -> None:
    root = Path(__file__).parents[2]
    written = (root / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert written == page.text(page.saved(), served.saved())
