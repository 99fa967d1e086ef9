from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.query.names import How, Match, NameFinder, lookup, sound
from retrieval.text.analysis import normalise

PEOPLE = ["郑光照", "周远山", "陈若兰", "乌日娜图雅", "宝音德力格尔"]
TERMS = ["三项规定", "六项规定", "八项规定", "女子巡边队", "南岸斜拉桥", "北山隧道", "五级巡查"]
ORDINARY = {"规定", "大桥", "远山", "巡查", "天气"}
TEXT = "".join([*PEOPLE, *TERMS, "严格落实大桥天气"])


@pytest.fixture(scope="module")
def finder() -> NameFinder:
    """A finder for a library whose whole text is the names themselves."""
    return NameFinder(
        [*PEOPLE, *TERMS],
        occurs=lambda text: text in TEXT,
        is_word=lambda word: word in ORDINARY,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("郑光兆是谁", [("郑光兆", "郑光照", How.SOUND)]),
        ("周园山的徒弟", [("周园山", "周远山", How.SOUND)]),
        ("宝音德力格日的事迹", [("宝音德力格日", "宝音德力格尔", How.SPELLING)]),
        ("乌日纳图雅", [("乌日纳图雅", "乌日娜图雅", How.SOUND)]),
        ("女子巡河队几个人", [("女子巡河队", "女子巡边队", How.SPELLING)]),
        ("who is zhou yuanshan?", [("zhou yuanshan", "周远山", How.PINYIN)]),
        ("zhouyuanshan", [("zhouyuanshan", "周远山", How.PINYIN)]),
        ("baoyin", [("baoyin", "宝音德力格尔", How.PINYIN)]),
        (
            "wurina tuya和nanan",
            [("wurina tuya", "乌日娜图雅", How.PINYIN), ("nanan", "南岸斜拉桥", How.PINYIN)],
        ),
        ("周园山和郑光兆", [("周园山", "周远山", How.SOUND), ("郑光兆", "郑光照", How.SOUND)]),
    ],
)  # fmt: skip
def test_another_spelling_or_sound_is_recognised(
    finder: NameFinder, text: str, expected: list[tuple[str, str, How]]
) -> None:
    assert finder.corrections(text) == tuple(Match(*one) for one in expected)


@pytest.mark.parametrize(
    "text",
    [
        "郑光明是谁",  # with one other character he is somebody else
        "周近山是谁",
        "陈若男是谁",
        "七项规定",  # a numeral is never put right
        "四级巡查是什么",
        "三项规定和六项规定",  # as they stand
        "郑光照",
        "远山的呼唤",  # an ordinary word
        "天气怎么样",
        "how are you",
        "an",
        "",
        "？！",
    ],
)
def test_what_is_another_name_a_number_or_a_word_is_left_alone(
    finder: NameFinder, text: str
) -> None:
    assert finder.corrections(text) == ()


@given(
    st.text(
        st.sampled_from("郑光照明兆周远园山宝音德力格尔日三六七项规定 abzhouyun,?"), max_size=20
    )
)
def test_corrections_are_stretches_of_the_text_in_order(finder: NameFinder, text: str) -> None:
    position = 0
    for match in finder.corrections(text):
        start = text.index(match.given, position)
        position = start + len(match.given)
        assert match.given != match.name
        assert match.name in PEOPLE + TERMS


@pytest.mark.parametrize("name", [*PEOPLE, *TERMS])
@given(data=st.data())
def test_one_wrong_character_never_turns_a_person_or_a_number_into_another(
    finder: NameFinder, name: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    other = data.draw(st.sampled_from("一三六七明强华红东国桥队"))
    typed = name[:place] + other + name[place + 1 :]
    for match in finder.corrections(typed):
        assert not set("一三六七八五") & (set(match.given) ^ set(match.name))
        if len(match.name) <= 3:
            assert sound(match.given) == sound(match.name)


def test_sound_knows_what_every_character_is_read_as() -> None:
    assert sound("包木仁") == sound("包牧仁") == ("bao", "mu", "ren")
    assert sound("包木仁") != sound("包木人民")


NAMES: dict[str, tuple[str, ...]] = {
    "周远山": ("老周", "所里人"),
    "陈若兰": ("所里人",),
    "乌日娜图雅": (),
    "三项规定": ("三个规定",),
    "六项规定": (),
}


@pytest.mark.parametrize(
    ("wanted", "found", "how"),
    [
        ("周远山", ["周远山"], How.EXACT),
        ("周遠山", ["周远山"], How.EXACT),
        ("老周", ["周远山"], How.EXACT),
        ("所里人", ["周远山", "陈若兰"], How.EXACT),
        ("周", ["周远山"], How.PART),
        ("乌日娜", ["乌日娜图雅"], How.PART),
        ("图雅", ["乌日娜图雅"], How.PART),
        ("规定", ["三项规定", "六项规定"], How.PART),
        ("6项规定", ["六项规定"], How.SPELLING),
        ("周元山", ["周远山"], How.SOUND),
        ("zhou yuanshan", ["周远山"], How.PINYIN),
        ("Zhou Yuan-shan", ["周远山"], How.PINYIN),
        ("wurina", ["乌日娜图雅"], How.PINYIN),
        ("乌日拉图雅", ["乌日娜图雅"], How.SPELLING),
        ("乌日娜图", ["乌日娜图雅"], How.PART),
        ("七项规定", [], None),
        ("周近山", [], None),
        ("李四", [], None),
        ("  ", [], None),
    ],
)
def test_a_name_is_looked_up_from_the_surest_way_to_the_least_sure(
    wanted: str, found: list[str], how: How | None
) -> None:
    assert lookup(wanted, NAMES) == (found, how)


@given(st.text(max_size=8))
def test_a_lookup_finds_names_that_are_there_or_none(wanted: str) -> None:
    found, how = lookup(wanted, NAMES)
    assert set(found) <= set(NAMES)
    assert bool(found) == (how is not None)
    if normalise(wanted).text.strip() in NAMES:
        assert how is How.EXACT


def test_readings_take_no_dictionary_of_phrases_and_leave_the_environment_alone() -> None:
    code = """if True:
        import os
        from retrieval.query.names import sound
        assert sound("包牧仁长") == ("bao", "mu", "ren", "zhang"), sound("包牧仁长")
        from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
        print(len(PHRASES_DICT), len(PINYIN_DICT) > 40_000, "PYPINYIN_NO_PHRASES" in os.environ)
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "0 True False\n"


def test_finders_of_the_same_names_each_ask_their_own_library() -> None:
    one = NameFinder(TERMS, occurs=lambda _: False, is_word=lambda _: False)
    other = NameFinder(TERMS, occurs=lambda text: text == "南岸斜啦桥", is_word=lambda _: False)
    text = "南岸斜啦桥有多长"
    assert one.corrections(text) == (Match("南岸斜啦桥", "南岸斜拉桥", How.SOUND),)
    assert other.corrections(text) == ()
