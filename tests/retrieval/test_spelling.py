from __future__ import annotations

import pytest

from retrieval.building import build_answerer
from retrieval.model import NoticeKind, Outcome
from retrieval.query.spelling import Speller
from tests.retrieval.conftest import of_texts

WORDS = {"投诉", "投宿", "主持", "意识", "互联", "联网", "互联网"}
TEXT = "全年受理投诉286件,由罗桑次仁主持,比上年减少41件。互联网提高了意识。喻长河和邱曼记下了。"
NAMES = {"丘曼", "王曼"}


def corrections(question: str, *words: str) -> dict[str, str]:
    pairs = {TEXT[n : n + 2] for n in range(len(TEXT) - 1)}
    speller = Speller(
        lambda term: int(term in pairs or term in TEXT), WORDS.__contains__, NAMES.__contains__
    )
    return dict(speller.corrections(question, words))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("投宿", "多少", "件"), {"投宿": "投诉"}),  # another word, one character off
        (("投", "素"), {"投素": "投诉"}),  # no word at all, and cut in two
        (("罗桑次人",), {"罗桑次人": "罗桑次仁"}),  # a name
        (("喻常河",), {"喻常河": "喻长河"}),  # 长 as in 长江
        (("丘曼",), {"丘曼": "邱曼"}),  # short, and like a name
        (("王曼",), {}),
        (("互连", "连网", "互连网"), {"互连网": "互联网"}),  # as the segmenter gives them
        (("来", "主", "敕"), {"主敕": "主持"}),  # the word in it, not all of it
        (("受理", "投诉"), {}),  # what the library has
        (("投资",), {}),  # nothing sounds like it
        (("卓一鸣",), {}),
        (("意思",), {}),  # yì si and yì shi: no homophones
    ],
)
def test_a_word_that_the_library_lacks_is_read_by_its_sound(
    words: tuple[str, ...], meant: dict[str, str]
) -> None:
    question = words[-1] if words[0] in words[-1] else "".join(words)
    assert corrections(question, *words) == meant


def test_what_was_meant_is_told_and_only_where_it_helps() -> None:
    made = build_answerer(
        of_texts("全年受理投诉286件,比上年减少41件。", "职工食堂每天供应三餐。", "新楼开工。")
    )
    answer = made.answer("投宿有多少件?")
    assert answer.outcome is Outcome.ANSWERED
    assert [(n.kind, n.given, n.meant) for n in answer.notices] == [
        (NoticeKind.CORRECTED, "投宿", "投诉")
    ]
    made.prove(answer)
    # 十堂 sounds like 食堂, which says nothing of the price.
    refused = made.answer("十堂的红烧肉多少钱?")
    assert refused.outcome is Outcome.NOT_FOUND
    assert refused.notices == ()


def test_what_sounds_like_a_character_is_looked_up_once() -> None:
    asked: list[str] = []

    def doc_freq(term: str) -> int:
        asked.append(term)
        return int(term in "投诉")

    speller = Speller(doc_freq, WORDS.__contains__, NAMES.__contains__)
    noise = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 37 * 100, 37))
    assert speller.corrections(noise, (noise,)) == ()
    single = [term for term in asked if len(term) == 1]
    assert len(single) <= 1.2 * len(set(single))  # some sound two ways
