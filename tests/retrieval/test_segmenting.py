from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import IndexOutOfDate
from retrieval.indexing.index import build, revision
from retrieval.indexing.saving import load, save
from retrieval.text.analysis import Analyzer
from retrieval.text.segmenting import _Learning, dictionary, fast_is_installed
from retrieval.text.taught import PERSON, PLACE, Taught
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
    changed = first.taught.changed(second.taught)
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
    second = Analyzer.knowing(first.taught, fast=fast)
    assert (second.fingerprint, second.rules) == (first.fingerprint, first.rules)
    assert [set(second.taught.named(kind)) for kind in (PERSON, PLACE)] == [{"周远三"}, {"三零"}]
    assert not second.taught.changed(first.taught)
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


# What is learnt as texts come ---------------------------------------------------------------------


@pytest.mark.parametrize("fast", KINDS)
@given(texts=st.lists(TEXTS, max_size=6), words=st.sets(st.sampled_from(WORDS)))
@settings(max_examples=60, deadline=None)
def test_words_that_are_learnt_as_texts_come_are_those_that_were_learnt_at_once(
    fast: bool, texts: list[str], words: set[str]
) -> None:
    warmed = Analyzer(words, fast=fast)
    warmed.warm()
    expected = [warmed.terms(text) for text in texts]
    known = [warmed.knows(word) for word in WORDS]
    learning = Analyzer.knowing(warmed.taught, fast=fast)
    assert [learning.knows(word) for word in WORDS] == known
    assert [learning.terms(text) for text in texts] == expected
    assert [learning.knows(word) for word in WORDS] == known
    assert [warmed.terms(text) for text in texts] == expected


@pytest.mark.parametrize("fast", KINDS)
def test_a_long_text_is_cut_as_its_parts_are(fast: bool) -> None:
    text = "推行五级巡查制度，和三零机制。"
    analyzer = Analyzer(WORDS, fast=fast)
    assert analyzer.words(text * 500) == Analyzer(WORDS, fast=fast).words(text) * 500
    assert analyzer.words(text) == Analyzer(WORDS, fast=fast).words(text)


@pytest.mark.parametrize("fast", KINDS)
def test_several_threads_learn_and_cut_at_once(fast: bool) -> None:
    words = [first + second for first in "桥路河渡" for second in "桩墩梁缆塔"]
    texts = [f"今天{word}和{other}都在{other}{word}。" for word in words for other in words]
    warmed = Analyzer(words, fast=fast)
    warmed.warm()
    expected = [warmed.words(text) for text in texts]
    learning = Analyzer.knowing(warmed.taught, fast=fast)
    with ThreadPoolExecutor(4) as threads:
        for found in [threads.submit(lambda: list(map(learning.words, texts))) for _ in range(4)]:
            assert found.result() == expected


@pytest.mark.parametrize("fast", KINDS)
def test_who_waits_while_all_is_learnt_learns_nothing_again(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Analyzer(WORDS, fast=fast)._segmenter
    assert isinstance(segmenter, _Learning)
    added: list[str] = []
    add = segmenter._add

    def adding(words: Mapping[str, int]) -> None:
        added.extend(words)
        add(words)

    monkeypatch.setattr(segmenter, "_add", adding)
    text = "推行五级巡查制度，和三零机制。"
    with ThreadPoolExecutor(1) as threads:
        with segmenter._learning:
            waiting = threads.submit(lambda: list(segmenter.cut_for_search(text)))
            assert not wait([waiting], timeout=0.1).done
            segmenter.learn()
        assert waiting.result() == list(segmenter.cut_for_search(text))
    assert added
    assert len(added) == len(set(added))


@given(
    st.dictionaries(st.text(st.sampled_from("甲乙丙a\0𠮷\ud800"), min_size=1), st.integers(1, 9))
)
def test_the_words_of_a_text_are_all_that_stand_in_it(words: dict[str, int]) -> None:
    added = {word: words[word] for word in sorted(words)}
    taught = Taught.of(added, ["甲", "名"], ["甲"], ["others"])
    again = Taught.of_arrays(taught.named_arrays())
    text = "".join(words) + "丙甲a𠮷"
    assert again.added_in(text) == {word: n for word, n in words.items() if word in text}
    assert again.added() == words
    assert [again.frequency(word) for word in ("名", *words)] == [0, *words.values()]
    assert [set(again.named(kind)) for kind in (PERSON, PLACE)] == [{"甲", "名"}, {"甲"}]
    assert ("others" in again, "neither" in again) == (True, False)
    assert again.digest == taught.digest
    assert not again.changed(taught)
    assert again.changed(Taught.of({"丁": 2} | added, ["甲", "名"], ["甲"], [])) == {"丁"}
