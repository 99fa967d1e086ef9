"""Is an index in which reports were exchanged searched exactly as one that was made anew?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.library import Library
from retrieval.building import index_of, make_analyzer
from retrieval.documents import documents
from retrieval.errors import IndexOutOfDate
from retrieval.indexing import saving
from retrieval.indexing.counts import Counts
from retrieval.indexing.index import Index, build
from retrieval.indexing.segments import Limits, Segmented, exchange
from retrieval.query.synonyms import Alternative
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_engines import Reference
from tests.retrieval.test_index import same
from tests.retrieval.test_merging import report, texts

ALWAYS = Limits(least=0, share=0)
QUESTIONS = (
    "大桥封闭了几天",
    "谁负责拉索检修",
    "三级响应是什么",
    "的",
    "abc",
    "纪事完毕",
    "𠮷野家第136根百分之三",
)
LIBRARIES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), texts()), max_size=6, unique_by=lambda one: one[0]),
    min_size=2,
    max_size=5,
)
FIELDS = ("documents", "sentences", "starts", "holds", "headings", "headings_asked", "held")


def searched(engine: LocalEngine, analyzer: Analyzer, library: Library) -> list[object]:
    """All that an engine says to some questions, bit for bit."""
    found: list[object] = []
    count = len(documents(library))
    rng = np.random.default_rng(count)
    masks = (None, rng.random(count) < 0.5, np.zeros(count, np.bool_))
    for question in QUESTIONS:
        terms = analyzer.terms(question)
        asked = [*terms.words, *terms.bigrams, *terms.words[:1]]
        other = Alternative(tuple(asked[:2]), ("大桥", "封闭", "三"))
        found += [engine.doc_freq(term) for term in (*asked, *terms.unigrams)]
        for k in (0, 1, 2, 40):
            for among in masks:
                hits = engine.search(asked, k, among)
                found += [hits.documents.tolist(), hits.scores.tolist(), hits.upper_bound]
                evidence = engine.evidence(terms, hits.documents[::-1], [other] * (k % 2))
                found += [getattr(evidence, name).tolist() for name in (*FIELDS, "lengths")]
                found.append(evidence.query.rarity.tolist())
    return found


@given(states=LIBRARIES)
@settings(max_examples=60, deadline=None)
def test_after_any_changes_all_is_found_as_in_an_index_made_anew(
    states: list[list[tuple[int, str]]],
) -> None:
    # Some of the reports are those of the library before, in order; the analyzer's words change.
    before: dict[int, str] = {}
    index: Index | Segmented | None = None
    for state in states:
        merged = {**{n: text for n, text in before.items() if n % 3 or len(state) % 2}}
        merged |= dict(state)
        library = Library.from_reports(report(n, merged[n]) for n in sorted(merged))
        before = merged
        analyzer = make_analyzer(library)
        anew = build(library, analyzer)
        if index is None:
            index = anew
            continue
        index = exchange(library, analyzer, index, limits=ALWAYS)
        assert index is not None
        assert (len(index), index.revision) == (len(anew), anew.revision)
        assert searched(LocalEngine(index), analyzer, library) == searched(
            LocalEngine(anew), analyzer, library
        )
        reference = Reference(library, analyzer)
        if len(anew):
            expected = reference.rank_bm25()
            for question in QUESTIONS:
                asked = reference.searched(question)
                scores = expected.get_scores(asked)
                hits = LocalEngine(index).search(asked, len(scores))
                best = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores)]
                assert hits.documents.tolist() == best.tolist()
                assert hits.scores.tolist() == scores[best].tolist()
        # What is merged in the end leaves no trace of the way there.
        assert same(build(library, analyzer, previous=index), anew)


BRIDGE, CABLES, TUNNEL = "大桥封闭三天。", "拉索136根。", "隧道限高4.5米。"
THREE = of_texts(BRIDGE, CABLES, TUNNEL)
CHANGED = of_texts(BRIDGE, "拉索已经换了137根。", TUNNEL)


def folders(folder: Path) -> int:
    return sum(path.is_dir() for path in folder.iterdir())


@pytest.fixture
def saved(analyzer: Analyzer, tmp_path: Path) -> Path:
    """An index with one report exchanged."""
    for library in (THREE, CHANGED):
        index_of(library, analyzer, tmp_path / "index", limits=ALWAYS)
    return tmp_path / "index"


def test_what_has_changed_is_written_beside_an_index_that_stays_as_it_is(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    base = index_of(THREE, analyzer, folder, limits=ALWAYS)
    (inside,) = (path for path in folder.iterdir() if path.is_dir())
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in inside.iterdir()}
    for library in (CHANGED, of_texts(BRIDGE, CABLES), CHANGED):
        made = index_of(library, analyzer, folder, limits=ALWAYS)
        opened = index_of(library, analyzer, folder, limits=ALWAYS)
        assert isinstance(opened, Segmented)
        assert same(opened, made)
        assert same(opened.base, base)
        # What two have in common is in memory once.
        assert isinstance(base, Index)
        assert opened.base.postings.documents is base.postings.documents
        assert folders(folder) == 2, "what the last change was kept in is not needed any more"
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in before} == before
    # Back again: the index that is beside it holds nothing.
    again = index_of(THREE, analyzer, folder, limits=ALWAYS)
    assert isinstance(again, Segmented)
    assert (len(again.fresh), again.gone.searched.terms.size) == (0, 0)
    merged = index_of(CHANGED, analyzer, folder)
    assert same(merged, build(CHANGED, analyzer))
    assert folders(folder) == 1


def test_a_segmented_index_with_any_file_missing_cut_short_or_foreign_is_refused(
    saved: Path,
) -> None:
    assert len(saving.open_any(saved)) == 3
    files = sorted(path for path in saved.rglob("*") if path.is_file())
    assert {"parts_of.bin", "impacts_steps.bin"} < {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        for damaged in (None, content[: len(content) // 2], b"\xff" * len(content)):
            if damaged == content:
                continue
            file.unlink()
            if damaged is not None:
                file.write_bytes(damaged)
            with pytest.raises(IndexOutOfDate):
                saving.open_any(saved)
            file.write_bytes(content)
    assert len(saving.open_any(saved)) == 3


@pytest.mark.parametrize("name", ["sentence_terms", "first_document", "first_sentence"])
def test_a_damaged_base_of_a_large_index_is_found(
    name: str, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "VERIFIED_AT_ONCE", 0)
    folder = tmp_path / "index"
    index_of(THREE, analyzer, folder, limits=ALWAYS)
    file = next(folder.rglob(f"{name}.bin"))
    file.write_bytes(b"\x7f" * file.stat().st_size)
    made = index_of(CHANGED, analyzer, folder, limits=ALWAYS)
    if isinstance(made, Segmented):
        assert not made.verified
        with pytest.raises(IndexOutOfDate, match=f"{name} is not what was written"):
            saving.verify(folder)
    else:  # it looked damaged before that
        assert same(made, build(CHANGED, analyzer))
        assert saving.verify(folder)


def test_an_index_that_another_process_has_put_in_its_place_stays(
    analyzer: Analyzer, saved: Path
) -> None:
    mine = saving.open_any(saved)
    assert isinstance(mine, Segmented)
    other = build(of_texts(TUNNEL), analyzer)
    saving.save(other, saved)
    saving.save(mine, saved)
    assert same(saving.open_any(saved), other)
    assert folders(saved) == 1


@pytest.mark.parametrize(
    ("library", "limits", "kept"),
    [
        (CHANGED, Limits(least=3, share=1), True),
        (CHANGED, Limits(least=4, share=1), False),
        # One document went and one came, of three.
        (CHANGED, Limits(least=0, share=2), False),
        (THREE, Limits(least=0, share=99), True),
        (Library.from_reports(reversed(THREE.reports)), ALWAYS, False),
    ],
)
def test_an_index_is_merged_where_much_has_changed_or_it_is_small_or_in_another_order(
    analyzer: Analyzer, library: Library, limits: Limits, kept: bool
) -> None:
    made = exchange(library, analyzer, build(THREE, analyzer), limits=limits)
    assert (made is not None) == kept


def test_counts_of_few_terms_add_up() -> None:
    one = Counts.of_repeats(np.array([2, 2, 2, 5, 7]))
    other = Counts.of_repeats(np.array([2, 6, 7])).negative()
    both = Counts.summed([one, other])
    assert (both.terms.tolist(), both.numbers.tolist()) == ([2, 5, 6], [2, 1, -1])
    assert [both.of(term) for term in (0, 2, 6, 7, 9)] == [0, 2, -1, 0, 0]
    assert both.of_each(np.array([9, 6, 2, 0])).tolist() == [0, -1, 2, 0]
    assert Counts.summed([]).of_each(np.array([1])).tolist() == [0]
    assert Counts.summed([]).of(3) == 0
