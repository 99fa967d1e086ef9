from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.analysis import Analyzer
from retrieval.errors import IndexOutOfDate
from retrieval.index import build, revision
from retrieval.saving import load, save
from retrieval.segmenting import dictionary, fast_is_installed
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_index import same

KINDS = [
    False,
    pytest.param(
        True, marks=pytest.mark.skipif(not fast_is_installed(), reason="needs the extra fast")
    ),
]
WORDS = ["五级巡查", "三零", "拉索检修", "大桥封闭", "桥工班长", "和平民族", "abc", "护航奔腾时代"]
TEXTS = st.lists(
    st.sampled_from(
        [*WORDS, *"五级巡查三零拉索检修大桥封闭工班长的和平民族", "公安机关", "。", "1"]
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize("fast", KINDS)
@given(text=TEXTS, words=st.sets(st.sampled_from(WORDS)), other=st.sets(st.sampled_from(WORDS)))
@settings(max_examples=150, deadline=None)
def test_a_word_changes_nothing_in_texts_that_do_not_hold_it(
    fast: bool, text: str, words: set[str], other: set[str]
) -> None:
    first, second = (_ANALYZERS(frozenset(these), fast) for these in (words, other))
    assert first.rules == second.rules
    changed = {word for word, _ in first.vocabulary ^ second.vocabulary}
    if not any(word in text for word in changed):
        assert first.terms(text) == second.terms(text)


class _Analyzers:
    """Analyzers by their words; a dictionary takes long to copy."""

    def __init__(self) -> None:
        self._made: dict[tuple[frozenset[str], bool], Analyzer] = {}

    def __call__(self, words: frozenset[str], fast: bool) -> Analyzer:
        if (words, fast) not in self._made:
            self._made[words, fast] = Analyzer(words, fast=fast)
        return self._made[words, fast]


_ANALYZERS = _Analyzers()


@pytest.mark.parametrize("fast", KINDS)
@given(texts=st.lists(TEXTS | st.text(st.sampled_from("三零\r\n\x00 a1")), max_size=5))
@settings(max_examples=150, deadline=None)
def test_texts_that_are_cut_together_have_the_words_of_each(fast: bool, texts: list[str]) -> None:
    analyzer = _ANALYZERS(frozenset(WORDS), fast)
    found: list[list[str]] = [[]]
    for piece in analyzer.pieces(texts):
        if piece == "\n":
            found.append([])
        elif analyzer.is_word(piece):
            found[-1].append(piece)
    assert found == [*map(analyzer.words, texts), []]


@pytest.mark.parametrize("fast", KINDS)
def test_a_word_stays_whole_whatever_other_words_there_are(fast: bool) -> None:
    for words in (["五级巡查"], WORDS, ["五级", "巡查", "五级巡查"]):
        assert "五级巡查" in Analyzer(words, fast=fast).words("推行五级巡查制度")


@pytest.mark.parametrize("fast", KINDS)
def test_an_analyzer_that_was_taught_what_another_knows_is_the_same(fast: bool) -> None:
    first = Analyzer([*WORDS, "公安机关", "😀\n"], people=["周远三"], places=["三零"], fast=fast)
    second = Analyzer.taught(first.written, fast=fast)
    assert (second.fingerprint, second.rules) == (first.fingerprint, first.rules)
    assert {("三零", "place"), ("周远三", "person")} < second.vocabulary == first.vocabulary
    for text in ("推行五级巡查制度", "周远三说大桥封闭三天", "公安机关三零"):
        assert second.terms(text) == first.terms(text)
        assert second.names([text[:3], text[:2]]) == first.names([text[:3], text[:2]])
        assert second.knows(text[:3]) == first.knows(text[:3])
        assert list(second.possible_names(text)) == list(first.possible_names(text))


@pytest.mark.parametrize("fast", KINDS)
def test_a_word_that_stays_whole_anyway_is_not_added(fast: bool) -> None:
    assert dictionary(fast=fast).frequency("公安机关") is None
    assert Analyzer(["公安机关"], fast=fast).fingerprint == Analyzer(fast=fast).fingerprint


@pytest.mark.skipif(not fast_is_installed(), reason="needs the extra fast")
def test_the_two_segmenters_differ_in_what_hyphens_join_and_in_rare_characters() -> None:
    plain, fast = Analyzer(), Analyzer(fast=True)
    report = Path(__file__).parents[2] / "knowledge/reports/huhang-benteng.md"
    texts = [
        *report.read_text("utf-8").splitlines(),
        "50-60岁",
        "2024-08-29",
        "㐀㐁字",
        "e-mail地址",
    ]
    differing = {}
    for text in texts:
        one, other = set(plain.words(text)), set(fast.words(text))
        if one != other:
            differing[text[:10]] = (sorted(one - other), sorted(other - one))
    assert list(differing.values()) == [
        (["2023", "2025"], ["2023-2025"]),
        (["50", "60"], ["50-60"]),
        (["08", "2024", "29"], ["2024-08-29"]),
        (["㐀", "㐁"], ["㐀㐁"]),
        ([], ["e-mail"]),
    ]


@pytest.mark.skipif(not fast_is_installed(), reason="needs the extra fast")
def test_an_index_that_one_segmenter_made_is_not_taken_by_the_other(tmp_path: Path) -> None:
    plain, fast = Analyzer(), Analyzer(fast=True)
    library = of_texts("2023-2025年行动计划。", "大桥封闭三天。")
    save(build(library, plain), tmp_path)
    with pytest.raises(IndexOutOfDate, match="by another analyzer"):
        load(tmp_path, revision(library, fast))
    # Nor does the other's next index take anything over from it.
    previous = load(tmp_path, revision(library, plain))
    assert same(build(library, fast, previous=previous), build(library, fast))
    assert "2023-2025" in build(library, fast, previous=previous).vocabulary


@pytest.mark.parametrize("fast", KINDS)
def test_an_analyzer_knows_its_own_words_whatever_others_come_and_go(fast: bool) -> None:
    text, whole = "推行五级巡查制度和三零机制", {"五级巡查", "三零机制"}
    first = Analyzer(["五级巡查"], fast=fast)
    second = Analyzer(["三零机制"], fast=fast)
    for _ in range(2):
        assert whole.intersection(first.words(text)) == {"五级巡查"}
        assert whole.intersection(second.words(text)) == {"三零机制"}
        assert whole.intersection(Analyzer(fast=fast).words(text)) == set()
        assert whole.intersection(Analyzer(whole, fast=fast).words(text)) == whole
        # The last one is gone, and its words with it.
        assert [Analyzer(fast=fast).knows(word) for word in sorted(whole)] == [False, False]
