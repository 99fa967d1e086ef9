"""Are the scores rank-bm25's own, and are the best k the best k?"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rank_bm25 import BM25Plus

from retrieval.indexing.counts import Counts
from retrieval.indexing.impacts import Impacts
from retrieval.indexing.postings import Postings
from retrieval.search.bm25 import PostingsBM25, Rest, top
from retrieval.search.pruning import Costs, Pruning

VOCABULARY = 12

# Few terms, so that documents tie and terms are in most documents, and an id that none of them has.
documents = st.lists(st.integers(0, VOCABULARY - 2), max_size=9)
corpora = st.lists(documents, min_size=1, max_size=40).filter(any)
questions = st.lists(st.integers(-1, VOCABULARY + 1), max_size=8)
# With b = 1 rank-bm25 divides 0 by 0 for an empty document.
parameters = st.sampled_from([(0.9, 0.6), (1.5, 0.75), (0.4, 0.0), (2.5, 0.95)])

# Costs under which a handful of documents takes every path that a million would.
costs = st.builds(
    Costs,
    whole=st.sampled_from([0, 0, 0, 10_000]),
    terms=st.sampled_from([2, 1024, 1024]),
    few=st.sampled_from([0, 5]),
    frequent=st.sampled_from([1, 3, 16, 1000]),
    columns=st.sampled_from([1, 2, 256]),
    first=st.sampled_from([1, 4, 20]),
    more=st.sampled_from([1, 20]),
    again=st.sampled_from([0, 5, 1000]),
    leaders=st.integers(0, 3),
    surveyed=st.sampled_from([1, 10]),
    sooner=st.sampled_from([0, 1, 16]),
    together=st.sampled_from([0, 3, 64]),
    flood=st.sampled_from([0, 1, 6, 1000]),
    share=st.sampled_from([0.0, 0.5]),
    dense=st.sampled_from([1, 2, 32]),
    block=st.sampled_from([1, 7, 64]),
    groups=st.sampled_from([1, 2, 3]),
    sparse=st.sampled_from([0, 1, 8]),
)

EAGER = Costs(whole=0, few=0, frequent=3, first=1, more=1, again=0, leaders=0, together=0, flood=99)


def ours(
    corpus: Sequence[Sequence[int]],
    k1: float = 0.9,
    b: float = 0.6,
    costs: Costs | None = None,
) -> PostingsBM25:
    return PostingsBM25(Postings.of(corpus, VOCABULARY), k1=k1, b=b, costs=costs)


def best(scores: npt.NDArray[np.float64], k: int) -> list[tuple[int, float]]:
    """The definition: by score, then by place; nothing that scores 0."""
    order = sorted(range(len(scores)), key=lambda d: (-scores[d], d))
    return [(d, float(scores[d])) for d in order if scores[d] > 0][:k]


def sorted_best(scores: npt.NDArray[np.float64], k: int) -> npt.NDArray[np.intp]:
    """The same, where there are too many for Python."""
    order = np.argsort(-scores, kind="stable")[:k]
    return order[scores[order] > 0]


def found(
    bm25: PostingsBM25, query: Sequence[int], k: int, among: npt.NDArray[np.bool_] | None = None
) -> list[tuple[int, float]]:
    ids, scores = bm25.top_k(query, k, among)
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def test_a_score_computed_by_hand() -> None:
    # Documents of 3, 1 and 2 terms: 2 on average. Term 7 is in the first (twice) and the last.
    bm25 = ours([[7, 7, 3], [5], [7, 5]], k1=0.9, b=0.6)
    idf = math.log((3 + 1) / 2)  # 0.6931
    first = idf * 2 * 1.9 / (2 + 0.9 * (0.4 + 0.6 * 3 / 2))  # 3.8 / 3.17 of it
    last = idf * 1 * 1.9 / (1 + 0.9 * (0.4 + 0.6 * 2 / 2))  # all of it
    assert bm25.get_scores([7]).tolist() == pytest.approx([first, 0.0, last])
    assert bm25.get_scores([7]).tolist() == pytest.approx([0.8309, 0.0, 0.6931], abs=1e-4)


@given(corpora, questions, parameters)
@example([[0]], [0, 0], (0.9, 0.6))
@example([[0], [0]], [0], (0.9, 0.6))
@example([[0], [], [1]], [0, 1, 5], (0.9, 0.6))
def test_scores_are_rank_bm25s_to_the_last_bit(
    corpus: list[list[int]], query: list[int], parameters: tuple[float, float]
) -> None:
    k1, b = parameters
    theirs = BM25Plus(corpus, k1=k1, b=b, delta=0)
    bm25 = ours(corpus, k1, b)
    assert bm25.get_scores(query).tolist() == theirs.get_scores(query).tolist()
    every = list(range(len(corpus)))
    assert bm25.get_batch_scores(query, every) == theirs.get_batch_scores(query, every)
    assert dict(bm25.idf) == theirs.idf
    assert len(bm25.idf) == len(theirs.idf)


@given(corpora, questions, st.sampled_from([0, 1, 1, 2, 3, 50]), parameters, costs)
@example([[1, 1, 1], [1], [1, 1, 1]], [1, 1], 2, (0.9, 0.6), EAGER)
@example([[0], [], [1]], [], 3, (0.9, 0.6), EAGER)
def test_the_best_k_are_rank_bm25s_and_ties_stand_in_document_order(
    corpus: list[list[int]],
    query: list[int],
    k: int,
    parameters: tuple[float, float],
    costs: Costs,
) -> None:
    k1, b = parameters
    theirs = BM25Plus(corpus, k1=k1, b=b, delta=0).get_scores(query)
    bm25 = ours(corpus, k1, b, costs)
    assert found(bm25, query, k) == best(theirs, k)
    # Nothing of one question is left over for the next.
    assert found(bm25, query, k) == best(theirs, k)


@given(corpora, questions, st.sampled_from([1, 1, 2, 3, 50]), costs, st.data())
def test_only_allowed_documents_are_found(
    corpus: list[list[int]], query: list[int], k: int, costs: Costs, data: st.DataObject
) -> None:
    size = len(corpus)
    among = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.bool_)
    bm25 = ours(corpus, costs=costs)
    assert found(bm25, query, k, among) == best(np.where(among, bm25.get_scores(query), 0.0), k)
    assert found(bm25, query, k) == best(bm25.get_scores(query), k)


@given(corpora, st.lists(documents, max_size=30), questions, parameters, costs, st.data())
def test_a_part_is_scored_as_in_the_collection_that_it_is_part_of(
    corpus: list[list[int]],
    others: list[list[int]],
    query: list[int],
    parameters: tuple[float, float],
    costs: Costs,
    data: st.DataObject,
) -> None:
    # Some documents of the part do not belong to the collection any more, others came to it.
    size = len(corpus)
    stay = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.bool_)
    kept = [document for document, stays in zip(corpus, stay, strict=True) if stays]
    if not any(kept + others):
        return
    k1, b = parameters
    theirs = BM25Plus(kept + others, k1=k1, b=b, delta=0)
    postings = Postings.of(corpus, VOCABULARY)
    own, whole = (
        np.array([sum(term in one for one in some) for term in range(VOCABULARY)], np.int32)
        for some in (corpus, kept + others)
    )
    rest = Rest(
        len(kept) + len(others) - size,
        sum(map(len, kept + others)) - sum(map(len, corpus)),
        Counts(np.flatnonzero(whole - own).astype(np.int32), (whole - own)[whole != own]),
    )
    expected = np.zeros(size)
    expected[stay] = theirs.get_scores(query)[: len(kept)]
    for impacts in (Impacts.of(postings, k1=k1, b=b), None):
        bm25 = PostingsBM25(postings, k1=k1, b=b, costs=costs, impacts=impacts, rest=rest)
        assert dict(bm25.idf) == theirs.idf
        assert bm25.get_scores(query)[stay].tolist() == expected[stay].tolist()
        for k in (1, 2, 50):
            assert found(bm25, query, k, stay) == best(expected, k)


@pytest.mark.parametrize("length", [1, 400])
def test_impacts_for_another_average_length_hide_no_document(length: int) -> None:
    # What comes to the part is far shorter, or longer, than what is there: impacts are far off.
    rng = np.random.default_rng(length)
    corpus = [rng.integers(0, 10, rng.integers(1, 60)).tolist() for _ in range(300)]
    others = [[11] * length] * 600
    theirs = BM25Plus(corpus + others, k1=0.9, b=0.6, delta=0)
    postings = Postings.of(corpus, VOCABULARY)
    rest = Rest(600, 600 * length, Counts.of_repeats(np.zeros(0, np.int64)))
    impacts = Impacts.of(postings, k1=0.9, b=0.6)
    for costs in (EAGER, Costs(whole=0, few=0), replace(EAGER, leaders=4, flood=1)):
        part = PostingsBM25(postings, k1=0.9, b=0.6, costs=costs, impacts=impacts, rest=rest)
        for _ in range(100):
            query = rng.integers(0, 10, 4).tolist()
            scores = theirs.get_scores(query)
            assert found(part, query, 3) == best(scores[:300], 3)


@given(corpora, questions)
def test_the_ranking_is_that_of_rank_bm25_with_its_own_delta(
    corpus: list[list[int]], query: list[int]
) -> None:
    theirs = BM25Plus(corpus, k1=0.9, b=0.6)
    assert theirs.delta == 1
    # Every document's score is higher by the same; only the rounding differs.
    offset = sum(theirs.idf.get(term, 0.0) for term in query)
    scores = ours(corpus).get_scores(query)
    assert scores + offset == pytest.approx(theirs.get_scores(query), rel=1e-12)
    order = np.argsort(-scores.round(9), kind="stable")
    assert (
        order.tolist()
        == np.argsort(-(theirs.get_scores(query) - offset).round(9), kind="stable").tolist()
    )


@given(corpora, questions)
def test_no_score_exceeds_the_upper_bound(corpus: list[list[int]], query: list[int]) -> None:
    bm25 = ours(corpus)
    assert bm25.get_scores(query).max() <= bm25.upper_bound(query)


@given(corpora)
def test_an_impact_is_above_its_part_of_the_score_by_less_than_a_step(
    corpus: list[list[int]],
) -> None:
    postings = Postings.of(corpus, VOCABULARY)
    impacts = Impacts.of(postings, k1=0.9, b=0.6)
    bm25 = PostingsBM25(postings, impacts=impacts)
    for term in bm25.idf:
        held = slice(postings.offsets[term], postings.offsets[term + 1])
        parts = bm25.get_scores([term])[postings.documents[held]] / bm25.idf[term]
        over = impacts.steps[held] * impacts.step - parts
        assert over.min() > -1e-9
        assert over.max() < impacts.step + 1e-9
        assert impacts.highest[term] == impacts.steps[held].max()


@given(corpora)
def test_a_column_is_above_the_impacts_by_less_than_its_step(corpus: list[list[int]]) -> None:
    postings = Postings.of(corpus, VOCABULARY)
    impacts = Impacts.of(postings, k1=0.9, b=0.6)
    pruning = Pruning(postings, impacts, EAGER)
    for term in np.flatnonzero(impacts.highest):
        held = slice(postings.offsets[term], postings.offsets[term + 1])
        column = pruning._column(int(term))
        step = impacts.highest[term] / 255
        over = column[postings.documents[held]] * step - impacts.steps[held]
        assert over.min() > -1e-9
        assert over.max() < step
        assert np.count_nonzero(column) == len(over)
        # Whoever searches the same postings beside others has the same one.
        assert Pruning(postings, impacts, EAGER, drift=1.5)._column(int(term)) is column


@pytest.fixture(scope="module")
def thousand_postings() -> Postings:
    """Enough documents for a choice among them; frequencies as uneven as in a language."""
    rng = np.random.default_rng(7)
    lengths = rng.integers(1, 60, 20_000).astype(np.int32)
    terms = np.minimum(rng.zipf(1.3, int(lengths.sum())) - 1, 4999).astype(np.int32)
    return Postings.of_flat(terms, lengths, 5000)


@pytest.mark.parametrize("k", [1, 10, 100])
@pytest.mark.parametrize("allowed", [None, 0.5, 0.01])
@pytest.mark.parametrize(
    "costs",
    [
        Costs(),
        Costs(whole=0),
        Costs(whole=0, frequent=200, first=50, sooner=1, flood=0),
        EAGER,
    ],
    ids=str,
)
def test_the_best_of_thousands_are_the_best_of_all(
    thousand_postings: Postings, k: int, allowed: float | None, costs: Costs
) -> None:
    thousands = PostingsBM25(thousand_postings, costs=costs)
    rng = np.random.default_rng(k)
    among = None if allowed is None else rng.random(20_000) < allowed
    for terms in (1, 3, 9, 40):
        for span in (5, 300, 5000):  # the most frequent terms only, less frequent ones too, all
            query = rng.integers(0, span, terms).tolist()
            scores = thousands.get_scores(query)
            if among is not None:
                scores[~among] = 0
            ids = sorted_best(scores, k)
            assert found(thousands, query, k, among) == list(
                zip(ids.tolist(), scores[ids].tolist(), strict=True)
            )


def test_threads_do_not_disturb_each_other(thousand_postings: Postings) -> None:
    thousands = PostingsBM25(thousand_postings, costs=Costs(whole=0))
    rng = np.random.default_rng(1)
    asked = [rng.integers(0, 3000, 9).tolist() for _ in range(40)]
    expected = [found(thousands, query, 10) for query in asked]
    answers: list[list[list[tuple[int, float]]]] = []

    def ask() -> None:
        answers.append([found(thousands, query, 10) for query in asked])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_impacts_for_other_parameters_are_refused() -> None:
    postings = Postings.of([[0, 1]], VOCABULARY)
    impacts = Impacts.of(postings, k1=1.5, b=0.75)
    with pytest.raises(ValueError, match=r"k1=1\.5, b=0\.75, not for k1=0\.9, b=0\.6"):
        PostingsBM25(postings, impacts=impacts)


@pytest.mark.parametrize("corpus", [[], [[]], [[], []]])
def test_a_library_without_a_single_term_finds_nothing(corpus: list[list[int]]) -> None:
    bm25 = ours(corpus)
    assert found(bm25, [0, 1], 3) == []
    assert bm25.get_scores([0]).tolist() == [0.0] * len(corpus)


def test_seventy_thousand_repeats_of_a_term_are_all_counted() -> None:
    corpus = [[0] * 70_000 + [1], [0, 1, 1]]
    theirs = BM25Plus(corpus, k1=0.9, b=0.6, delta=0)
    assert ours(corpus).get_scores([0, 1]).tolist() == theirs.get_scores([0, 1]).tolist()


def test_the_best_scores_with_ties_stand_in_document_order() -> None:
    scores = np.array([0.5, 2.0, 0.0, 2.0, 0.5, 2.0])
    assert top(scores, 2).tolist() == [1, 3]
    assert top(scores, 4).tolist() == [1, 3, 5, 0]
    assert top(scores, 9).tolist() == [1, 3, 5, 0, 4]
    assert top(scores, 0).tolist() == []


@pytest.mark.parametrize("different", [1, 2, 5, 1000])
@pytest.mark.parametrize("empty", [0.0, 0.6, 0.999])
def test_the_best_of_many_scores_are_those_of_a_stable_sort(different: int, empty: float) -> None:
    rng = np.random.default_rng(different)
    for size in (256, 257, 511, 512, 513, 3000, 20_011, 32_768, 40_001):
        scores = rng.integers(1, different + 1, size) / 7
        scores[rng.random(size) < empty] = 0
        for k in (1, 10, 100, 800, size, size + 1):
            assert top(scores, k).tolist() == sorted_best(scores, k).tolist()
