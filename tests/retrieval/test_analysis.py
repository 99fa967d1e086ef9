from __future__ import annotations

import itertools

import jieba
import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.model import Span
from retrieval.text.analysis import Analyzer, Terms, certain_bigrams, characters, normalise, numeral
from tests.retrieval import bridges

# Everything but lone surrogates, with what makes offsets slip more likely than chance has it.
SLIPPERY = st.sampled_from(
    "㎡㍿ﬃ①Ⅻ℃Åé\u0301\u200b\ufeff\u00ad\u202e﷽İßｶﾞ後裏乾髮𠮷𝟗🈶👩\u200d🚒ＡＢ　%％"
)
ANYTHING = st.text(
    st.one_of(
        SLIPPERY, st.characters(exclude_categories=["Cs"]), st.sampled_from("六项规定18个。")
    ),
    max_size=40,
)


@given(ANYTHING, st.data())
def test_every_stretch_of_normalised_text_leads_back_to_its_source(
    source: str, data: st.DataObject
) -> None:
    folded = normalise(source)
    length = len(folded.text)
    start = data.draw(st.integers(0, length))
    end = data.draw(st.integers(start, length))
    span = folded.source_span(Span(start, end))
    assert 0 <= span.start <= span.end <= len(source)
    if start == end:
        assert span.start == span.end
        return
    # What stands before, inside and behind in the source became what stands there in the text.
    assert len(normalise(source[: span.start]).text) <= start
    assert end <= len(normalise(source[: span.end]).text)
    # And it is the smallest such stretch: without either end, some of the text would be lost.
    assert start < len(normalise(source[: span.start + 1]).text)
    assert len(normalise(source[: span.end - 1]).text) < end


@given(ANYTHING)
def test_the_whole_of_a_normalised_text_is_the_whole_of_its_source(source: str) -> None:
    folded = normalise(source)
    if folded.text:
        span = folded.source_span(Span(0, len(folded.text)))
        assert normalise(source[: span.start]).text == normalise(source[span.end :]).text == ""


@pytest.mark.parametrize(
    ("source", "text", "asked", "covered"),
    [
        ("面积㎡", "面积m2", "m2", "㎡"),
        ("共\u200b享", "共享", "共享", "共\u200b享"),
        ("ＡＢＣ大桥", "abc大桥", "bc", "ＢＣ"),
        ("𠮷野家後面", "𠮷野家后面", "后", "後"),
        ("①号桥", "1号桥", "1号", "①号"),
        ("é\u0301x", "é\u0301x", "x", "x"),
        ("İstanbul", "i\u0307stanbul", "sta", "sta"),
        ("👩\u200d🚒救援", "👩🚒救援", "救援", "救援"),
    ],
)
def test_a_place_in_the_normalised_text_is_found_in_the_source(
    source: str, text: str, asked: str, covered: str
) -> None:
    folded = normalise(source)
    assert folded.text == text
    start = text.index(asked)
    assert folded.source_span(Span(start, start + len(asked))).of(source) == covered


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("六项规定", "6项规定"),
        ("十八个", "18个"),
        ("百分之九十", "90%"),
        ("百分之九十点五", "９０.５％"),
        ("二〇二四年", "2024年"),
        ("一百二十三人", "123人"),
        ("98.30%", "98.3%"),
        ("两个", "2个"),
        ("三万", "30000"),
        ("“三零”机制", "三零机制"),
        ("「六項規定」", "六项规定"),
    ],
)
def test_a_numeral_is_the_same_term_however_it_is_written(
    analyzer: Analyzer, one: str, other: str
) -> None:
    first, second = (analyzer.terms(normalise(text).text) for text in (one, other))
    assert (first.bigrams, first.unigrams) == (second.bigrams, second.unigrams)


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("百", "百"),
        ("亿万", "亿万"),
        ("二三十", "二三十"),
        ("007", "007"),
        ("1.0", "1"),
        ("零", "0"),
    ],
)
def test_what_is_no_number_stays_as_it_is_written(written: str, is_: str) -> None:
    assert numeral(written) == is_


@given(st.integers(0, 10**8 - 1))
def test_different_numbers_are_different_terms(number: int) -> None:
    assert characters(f"{number}人") == [str(number), "人"]
    assert characters(f"{number + 1}人") != characters(f"{number}人")


@pytest.mark.parametrize("line", [ln for ln in bridges.BRIDGES.splitlines() if len(ln) > 12])
def test_traditional_text_has_the_terms_of_simplified_text(analyzer: Analyzer, line: str) -> None:
    traditional = opencc.OpenCC("s2t").convert(line)
    assert analyzer.terms(normalise(traditional).text) == analyzer.terms(normalise(line).text)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20))
def test_full_width_text_has_the_terms_of_half_width_text(text: str) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) for char in text)
    assert normalise(wide).text == normalise(text).text == text.lower()


@given(ANYTHING)
def test_no_term_is_empty_or_holds_white_space(analyzer: Analyzer, source: str) -> None:
    terms = analyzer.terms(normalise(source).text)
    for term in (*terms.words, *terms.bigrams, *terms.unigrams):
        assert term
        assert not any(char.isspace() for char in term)


def test_all_terms_of_a_sentence_as_a_whole(analyzer: Analyzer) -> None:
    assert analyzer.terms(normalise("他负责“六項規定”，提高到百分之九十。").text) == Terms(
        words=("负责", "六项", "规定", "提高", "百分", "九十", "百分之", "百分之九十"),
        bigrams=("他负", "负责", "责6", "6项", "项规", "规定", "提高", "高到", "到90", "90%"),
        unigrams=("负", "责", "6", "项", "规", "定", "提", "高", "90", "%"),
    )


def test_names_and_terms_stay_whole_and_keep_to_their_analyzer() -> None:
    name = "乌日娜图雅"
    named = Analyzer(["五级巡查"], people=[name])
    plain = Analyzer()
    assert name in named.words(f"{name}是班长")
    assert "五级巡查" in named.words("推行五级巡查制度")
    assert name not in plain.words(f"{name}是班长")
    assert name not in jieba.lcut(f"{name}是班长")
    assert (named.knows(name), plain.knows(name), plain.knows("大桥")) == (True, False, True)


def test_names_of_people_and_places_are_told_apart() -> None:
    analyzer = Analyzer(people=["乌日娜图雅"], places=["南岸"])
    assert analyzer.names(["乌日娜图雅"]) == (True, False)
    assert analyzer.names(["南岸"]) == (False, True)
    assert analyzer.names(["传感器"]) == (False, False)
    assert analyzer.names(["北京", "刘备"]) == (True, True)
    assert analyzer.names(["东西", "城市", "荣誉"]) == (False, False)  # marked so in the dictionary


def test_the_fingerprint_tells_analyzers_apart_by_what_they_do() -> None:
    first = Analyzer(["甲乙丙", "丁丙己"], people=["周远山"], places=["南岸"])
    same = Analyzer(["丁丙己", "甲乙丙", "甲乙丙"], people=["周远山"], places=["南岸"])
    others = [
        Analyzer(["甲乙丙"], people=["周远山"], places=["南岸"]),
        Analyzer(["甲乙丙", "丁丙己", "周远山"], places=["南岸"]),
        Analyzer(["甲乙丙", "丁丙己"], people=["南岸"], places=["周远山"]),
    ]
    assert same.fingerprint == first.fingerprint
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 4


@given(
    st.text(st.sampled_from("大桥封分之点百三五“的a1."), max_size=6),
    *[st.text(st.sampled_from("大桥百分之点三五“1。.a"), max_size=4)] * 2,
)
def test_certain_bigrams_are_there_whatever_stands_around_a_word(
    word: str, before: str, behind: str
) -> None:
    run = characters(before + word + behind)
    bigrams = {a + b for a, b in itertools.pairwise(run) if a is not None and b is not None}
    assert bigrams.issuperset(certain_bigrams(word))
