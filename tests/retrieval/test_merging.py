from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalog import read_report
from knowledge.description import Description
from knowledge.library import Library
from knowledge.model import Report
from knowledge.volume import Volume
from retrieval.building import make_analyzer
from retrieval.indexing import merging
from retrieval.indexing.holdings import Holdings, analyse, source
from retrieval.indexing.index import Index, Progress, build
from retrieval.text.analysis import Analyzer
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_index import same

# Quoted terms and headings go into the analyzer's dictionary, whichever report they stand in.
STRETCHES = st.sampled_from([
    "大桥封闭三天", "“拉索检修”已完成", "拉索检修由桥工班负责", "桥工班", "“桥工班”", "第136根",
    "。", "，", "的", "的", "𠮷野家", "abc", "十三级响应", "“三级响应”", "百分之三",
    "“分之三”", "“分之”",
])  # fmt: skip
PARAGRAPHS = st.lists(STRETCHES, min_size=1, max_size=8).map("".join)
HEADINGS = st.sampled_from(["", "## 大桥封闭\n\n", "## 检修由桥\n\n", "## 班负责第\n\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    written = draw(st.lists(st.tuples(HEADINGS, PARAGRAPHS), min_size=1, max_size=4))
    return "# 纪事\n\n" + "\n\n".join(heading + text for heading, text in written) + "\n\n完毕。\n"


def report(number: int, text: str) -> Report:
    return read_report("r.md", text.encode(), Description(f"r{number}"))


LIBRARIES = st.lists(
    st.tuples(st.integers(0, 5), texts()), max_size=5, unique_by=lambda one: one[0]
).map(lambda rows: Library.from_reports(report(number, text) for number, text in rows))


def by_twos(
    volumes: Sequence[Volume], analyzer: Analyzer, _rules: str, _progress: Progress
) -> Sequence[Holdings]:
    """Analyses as several processes would: in parts."""
    sources = [source(volume) for volume in volumes]
    return [analyse(sources[at : at + 2], analyzer) for at in range(0, len(sources), 2)]


@given(before=LIBRARIES, after=LIBRARIES, kept=st.sets(st.integers(0, 4)))
@settings(max_examples=60, deadline=None)
def test_an_index_made_from_the_one_before_is_the_index_made_anew(
    before: Library, after: Library, kept: set[int]
) -> None:
    # Some reports stay as they are, wherever they come to stand.
    stay = [one for place, one in enumerate(before.reports) if place in kept]
    others = [one for one in after.reports if one.id not in {r.id for r in stay}]
    after = Library.from_reports([*others[:1], *stay, *others[1:]])
    analyzer = make_analyzer(after)
    previous = build(before, make_analyzer(before))
    whole = build(after, analyzer)
    assert same(build(after, analyzer, previous=previous), whole)
    assert same(build(after, analyzer, previous=previous, analysing=by_twos), whole)
    assert same(build(after, analyzer, analysing=by_twos), whole)


def analysed(library: Library, previous: Index) -> list[str]:
    """The reports that are analysed again when ``library`` is indexed after ``previous``."""
    asked: list[str] = []

    def analysing(
        volumes: Sequence[Volume], analyzer: Analyzer, _rules: str, _progress: Progress
    ) -> Sequence[Holdings]:
        asked.extend(volume.report.id for volume in volumes)
        return [analyse([source(volume) for volume in volumes], analyzer)]

    build(library, make_analyzer(library), previous=previous, analysing=analysing)
    return asked


def test_only_what_changed_is_analysed_again() -> None:
    quiet, quoting, holding, new = (
        "渡船停航。",
        "“拉索检修”已完成。",
        "拉索检修由他负责。",
        "新桥通车。",
    )
    first = of_texts(quiet, holding)
    previous = build(first, make_analyzer(first))
    assert analysed(first, previous) == []
    assert analysed(of_texts(quiet, holding, new), previous) == ["r2"]
    # A term that is quoted now is a word now, in every report that holds it.
    both = of_texts(quiet, holding, quoting)
    assert analysed(both, previous) == ["r1", "r2"]
    assert analysed(first, build(both, make_analyzer(both))) == ["r1"]


def test_postings_are_the_same_however_few_are_merged_at_once(
    monkeypatch: pytest.MonkeyPatch, analyzer: Analyzer
) -> None:
    library = of_texts("大桥封闭三天。", "拉索136根，拉索拉索。" * 99, "大桥通车。")
    whole = build(library, analyzer)
    monkeypatch.setattr(merging, "_CHUNK", 3)
    parts = [analyse([source(volume)], analyzer) for volume in library.volumes]
    merged = merging.merge(parts, np.arange(3), np.zeros(3, np.int64))
    for name, array in merged.arrays().items():
        assert array.dtype == whole.arrays()[name].dtype, name
        assert np.array_equal(array, whole.arrays()[name]), name


def test_a_term_that_stands_very_often_in_a_report_that_went_leaves_no_trace(
    analyzer: Analyzer,
) -> None:
    often = of_texts("大桥封闭。", "拉索。" * 70_000)
    few = Library.from_reports(often.reports[:1])
    taken_out = build(few, analyzer, previous=build(often, analyzer))
    assert same(taken_out, build(few, analyzer))
    assert taken_out.postings.counts.dtype == np.uint8
