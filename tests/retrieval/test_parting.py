from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.query.parting import MOST, parts, pronouns, replace_pronoun


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("大桥哪年建成?隧道有几台风机?", ("大桥哪年建成", "隧道有几台风机")),
        ("大桥哪年建成;隧道有几台风机", ("大桥哪年建成", "隧道有几台风机")),
        ("大桥哪年建成\n隧道有几台风机", ("大桥哪年建成", "隧道有几台风机")),
        ("三项规定、六项规定各管什么?", ("三项规定各管什么", "六项规定各管什么")),
        ("周远山和陈若兰分别是谁?", ("周远山分别是谁", "陈若兰分别是谁")),
        ("江城、南岸、北山各有几座桥?", ("江城各有几座桥", "南岸各有几座桥", "北山各有几座桥")),
        ("大桥有多少人 隧道队长是谁", ("大桥有多少人", "隧道队长是谁")),
        ("大桥 隧道 队长是谁", ("大桥 隧道 队长是谁",)),
        ("周远山是谁?", ("周远山是谁",)),
        ("周远山是谁??!", ("周远山是谁",)),
        ("周远山和陈若兰是什么关系?", ("周远山和陈若兰是什么关系",)),
        ("各工区有多少人?", ("各工区有多少人",)),
        ("甲?乙?丙?丁?戊?", ("甲 乙 丙 丁 戊",)),
        ("", ("",)),
        ("???", ("",)),
    ],
)
def test_a_question_is_parted_where_it_asks_for_several_things(
    question: str, expected: tuple[str, ...]
) -> None:
    assert parts(question) == expected


@given(st.text(st.sampled_from("桥三项规定和、,各分别?？;\n 谁a"), max_size=30))
def test_parts_are_few_and_lose_no_word(question: str) -> None:
    found = parts(question)
    assert 1 <= len(found) <= MOST
    for char in set(question) - set(" ?？;\n,、和"):
        assert any(char in part for part in found)


def test_pronouns_are_found_in_order_and_the_first_is_replaced() -> None:
    assert pronouns("他的徒弟和她的同事") == ["他", "她"]
    assert pronouns("他们在哪") == ["他们"]
    assert pronouns("其他桥梁和其余隧道") == []
    assert pronouns("其徒弟是谁") == ["其"]
    assert replace_pronoun("他的徒弟比他小几岁", "周远山") == "周远山的徒弟比他小几岁"
