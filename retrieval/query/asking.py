"""What does a question ask for, and does a sentence hold something of that kind?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache

from knowledge import plain_yaml
from retrieval.parameters import PARAMETERS


class Sought(IntEnum):
    """What a question asks for. The value is the bit that marks a sentence that holds it."""

    ANYTHING = 0  # a keyword query, or nothing that says
    DATE = 1
    NUMBER = 2
    PERSON = 4
    PLACE = 8
    REASON = 16
    MANNER = 32
    THING = 64
    WHETHER = 128


# What a sentence can be recognised to hold; the rest is in any sentence.
RECOGNISED = (Sought.DATE, Sought.NUMBER, Sought.PERSON, Sought.PLACE, Sought.REASON)


_TOLD_BY = 2  # characters behind a beginning by which it is the same thing, word or not

_QUOTED = re.compile("“[^”]*”")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a sentence must say to give a number or a date of the kind that is asked for."""

    pattern: re.Pattern[str]
    outside_quotes: bool = False
    carried: re.Pattern[str] | None = None
    any_number: bool = False

    def stands_in(self, sentence: str, before: str = "") -> bool:
        """Whether a normalised sentence says it, or leaves it to the text ``before`` it.

        >>> year = unit("南宁会议在哪一年举行?")
        >>> year.stands_in("1月11日召开南宁会议", "1958年"), year.stands_in("召开会议", "1958年")
        (True, False)
        """
        searched = _QUOTED.sub(" ", sentence) if self.outside_quotes else sentence
        if self.carried is not None and self.carried.search(searched):
            searched = f"{before}\n{searched}"
        return self.pattern.search(searched) is not None


@dataclass(frozen=True, slots=True)
class _Patterns:
    question: dict[Sought, re.Pattern[str]]
    sentence: dict[Sought, re.Pattern[str]]
    vague: dict[Sought, re.Pattern[str]]
    filler: re.Pattern[str]
    units: tuple[tuple[re.Pattern[str], Unit], ...]
    asked_noun: re.Pattern[str]
    asked_kind: re.Pattern[str]
    counted: re.Pattern[str]
    counted_thing: re.Pattern[str]
    which_one: re.Pattern[str]
    unnamed: str
    named_so: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    name: re.Pattern[str]
    may_be_name: re.Pattern[str]
    may_be_who: re.Pattern[str]
    from_where: re.Pattern[str]
    origin: re.Pattern[str]
    office: re.Pattern[str]
    bearer: re.Pattern[str]
    details: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    choice: re.Pattern[str]
    spelled_out: re.Pattern[str]
    not_spelled_out: re.Pattern[str]
    exclusion: re.Pattern[str]
    qualifiers: frozenset[str]
    contrasts: tuple[tuple[str, tuple[str, ...]], ...]
    roster: re.Pattern[str]
    follow_up: re.Pattern[str]
    report: re.Pattern[str]
    year: re.Pattern[str]
    day: re.Pattern[str]
    errand: re.Pattern[str]
    advice: re.Pattern[str]
    not_roster: re.Pattern[str]


_REMEMBERED = 256  # questions: several steps to an answer ask the same of one

OWN_NUMBER = re.compile(
    r"\d{2,}(?:\.\d+)?|\d+(?:\.\d+)?(?=[月日号%])|[一二三四五六七八九十百千万〇零]{2,}(?=[年月日号%个名次条项人])"
)
"""A number that a question brings itself, and not one that only asks, such as 一 in 哪一个."""

_NUMBER = r"(?:\d[\d,.]*|[〇零一二两三四五六七八九十百千万亿]+)"


def _numbered(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("N", _NUMBER))


@cache
def _patterns() -> _Patterns:
    tables = plain_yaml.load((PARAMETERS / "asking.yaml").read_text(encoding="utf-8"))
    telling = plain_yaml.load((PARAMETERS / "details.yaml").read_text(encoding="utf-8"))
    return _Patterns(
        question={
            Sought[row["type"].upper()]: re.compile("|".join(row["question"]))
            for row in tables["types"]
        },
        sentence={
            Sought[row["type"].upper()]: re.compile("|".join(row["sentence"]))
            for row in tables["types"]
            if row["sentence"]
        },
        vague={
            Sought[row["type"].upper()]: re.compile(row["vague"])
            for row in tables["types"]
            if "vague" in row
        },
        filler=re.compile("|".join(tables["filler"])),
        units=tuple(
            (
                re.compile(row["question"]),
                Unit(
                    _numbered(row["sentence"]),
                    row.get("outside_quotes", False),
                    _numbered(row["carried"]) if "carried" in row else None,
                    any_number=row.get("any_number", False),
                ),
            )
            for row in tables["units"]
        ),
        asked_noun=re.compile(tables["asked_noun"]),
        asked_kind=re.compile(tables["asked_kind"]),
        counted=re.compile(tables["counted"]),
        counted_thing=re.compile(tables["counted_thing"]),
        which_one=re.compile(tables["which_one"]),
        unnamed=tables["unnamed"],
        named_so=tuple(
            (re.compile(noun), re.compile(name)) for noun, name in tables["named_so"].items()
        ),
        name=re.compile(tables["name"]["question"]),
        may_be_name=re.compile(tables["name"]["sentence"]),
        may_be_who=re.compile(f"{tables['name']['sentence']}|{tables['name']['bodies']}"),
        from_where=re.compile(tables["origin"]["question"]),
        origin=re.compile(tables["origin"]["sentence"]),
        office=re.compile(tables["office"]),
        bearer=re.compile(tables["bearer"]),
        details=tuple(
            (re.compile(form.replace("{}", asked)), re.compile(told))
            for form, table in (
                (telling["relative"], "relatives"),
                (telling["event"], "events"),
                (telling["deed"], "deeds"),
                ("{}", "details"),
            )
            for asked, told in telling[table].items()
        ),
        choice=re.compile(tables["choice"]),
        spelled_out=re.compile(tables["spelled_out"]),
        not_spelled_out=re.compile(tables["not_spelled_out"]),
        exclusion=re.compile(tables["exclusion"]),
        qualifiers=frozenset(tables["qualifiers"]),
        contrasts=tuple(
            (beginning, tuple(other for other in one if other != beginning))
            for one in tables["contrasts"]
            for beginning in one
        ),
        roster=re.compile(tables["roster"]),
        follow_up=re.compile(tables["follow_up"]),
        report=re.compile(tables["report"]),
        year=re.compile(tables["year"]),
        day=re.compile(tables["day"]),
        errand=re.compile(tables["errand"]),
        advice=re.compile(tables["advice"]),
        not_roster=re.compile(tables["not_roster"]),
    )


@lru_cache(_REMEMBERED)
def sought(question: str) -> Sought:
    """What a normalised question asks for.

    >>> sought("刘安今年多大年纪?"), sought("乌兰牧骑")
    (<Sought.NUMBER: 2>, <Sought.ANYTHING: 0>)
    """
    for kind, pattern in _patterns().question.items():
        if pattern.search(question):
            return kind
    return Sought.ANYTHING


@lru_cache(_REMEMBERED)
def topic(question: str) -> str:
    """A normalised question without the words that ask: each becomes a space.

    >>> topic("请问包头的三零是什么?")
    ' 包头的三零 ?'
    """
    bare = question
    for pattern in _patterns().question.values():
        bare = pattern.sub(" ", bare)
    bare = _patterns().filler.sub(" ", bare)
    return bare if any(char.isalnum() for char in bare) else question


def held(sentence: str, *, person: bool, place: bool) -> int:
    """The bits of ``Sought`` that a normalised sentence holds something of.

    ``person`` and ``place`` say whether its words have a known name of either kind.
    """
    bits = Sought.PERSON * person | Sought.PLACE * place
    for kind, pattern in _patterns().sentence.items():
        if not bits & kind and pattern.search(sentence):
            bits |= kind
    return bits


@lru_cache(_REMEMBERED)
def asked_kind(question: str) -> str | None:
    """The kind of thing that a normalised question asks for one of.

    >>> asked_kind("树叶是什么形状的?"), asked_kind("谁守了23年?")
    ('形状', None)
    """
    match = _patterns().asked_kind.search(question)
    return match["kind"] if match else None


def without_numbers_of(question: str, sentence: str) -> str:
    """A normalised sentence without the numbers that a normalised question brings itself.

    >>> without_numbers_of("2019年有多少人?", "2019年有5人")
    '年有5人'
    """
    for number in sorted(OWN_NUMBER.findall(question), key=len, reverse=True):
        sentence = sentence.replace(number, "")
    return sentence


def told_vaguely(sentence: str, kind: Sought) -> bool:
    """Whether a normalised sentence tells something of ``kind`` less exactly than ``held`` wants.

    >>> told_vaguely("在殖民主义时期,拉丁字母开始传播", Sought.DATE)
    True
    """
    pattern = _patterns().vague.get(kind)
    return pattern is not None and pattern.search(sentence) is not None


def counts(question: str, sentence: str) -> bool:
    """Whether a normalised sentence counts what a normalised question asks the number of.

    >>> counts("视网膜中有多少个视杆细胞?", "有600万视锥细胞和1.25亿视杆细胞")
    True
    """
    match = _patterns().counted.search(question)
    if match is None:
        return False
    return re.search(f"{_NUMBER}[个名位余多]?{re.escape(match['noun'])}", sentence) is not None


def counted_thing(question: str) -> str | None:
    """What a normalised question asks the number of, where whoever tells it writes of that.

    >>> counted_thing("拍到了几只狼?"), counted_thing("养了几只?")
    ('狼', None)
    """
    match = _patterns().counted_thing.search(question)
    return match["thing"] if match else None


def names_which(question: str, text: str) -> bool | None:
    """Whether a normalised text may name the one of a kind that a normalised question asks for.

    ``None`` where the question asks for none, or where the text need not say of what kind it is.

    >>> names_which("毕业于哪所大学?", "毕业于一所理工大学"), names_which("是哪所大学的?", "医生")
    (False, False)
    >>> names_which("他毕业于哪所大学?", "毕业于北京大学"), names_which("是哪家汽车厂?", "是一汽")
    (True, None)
    """
    patterns = _patterns()
    match = patterns.which_one.search(question)
    if match is None:
        return None
    kind = match["noun"][-2:]
    if kind in text:
        return kind in re.sub(f"{patterns.unnamed}{kind}", "", text)
    for noun, name in patterns.named_so:
        if noun.search(kind):
            return name.search(text) is not None
    return None


def without_exclusion(question: str) -> str:
    """A normalised question without what it says it does not ask for.

    >>> without_exclusion("除了刘安他们,还提到了哪些警察?")
    ',还提到了哪些警察?'
    """
    return _patterns().exclusion.sub("", question)


@lru_cache(_REMEMBERED)
def unit(question: str) -> Unit | None:
    """What a sentence must say to answer a normalised question about a number or a date.

    >>> unit("刘安今年多大年纪?").stands_in("23年驻守在森林公安派出所")
    False
    """
    for asked, needed in _patterns().units:
        if asked.search(question):
            return needed
    return None


def unit_word(question: str) -> str | None:
    """The words by which a normalised question asks for a number or a date of a kind.

    >>> unit_word("郑光照的年龄"), unit_word("乌兰牧骑")
    ('年龄', None)
    """
    for asked, _ in _patterns().units:
        if match := asked.search(question):
            return match[0]
    return None


def says_origin(question: str, sentence: str) -> bool | None:
    """Whether a sentence tells where somebody comes from; ``None`` where that is not asked.

    >>> says_origin("刘安是哪里人?", "刘安23年驻守"), says_origin("刘安是哪里人?", "刘安,兴安盟人")
    (False, True)
    """
    patterns = _patterns()
    if patterns.from_where.search(question) is None:
        return None
    return patterns.origin.search(sentence) is not None


def asks_name(question: str) -> bool:
    """Whether the answer to a normalised question is a name, of somebody or something.

    >>> asks_name("第一大客户叫什么?"), asks_name("谁守了23年?")
    (True, False)
    """
    return _patterns().name.search(question) is not None


def may_name(text: str, *, who: bool) -> bool:
    """Whether a normalised text without known names may still hold one, or say ``who`` it was.

    >>> may_name("发明了“三零”", who=False), may_name("由公司发明", who=True)
    (True, True)
    """
    patterns = _patterns()
    return (patterns.may_be_who if who else patterns.may_be_name).search(text) is not None


def office(question: str) -> str | None:
    """The office whose holder a normalised question asks for.

    >>> office("市公安局局长是谁?"), office("局长去了哪里?")
    ('局长', None)
    """
    match = _patterns().office.search(question)
    return match["office"] if match else None


def untold(question: str, text: str) -> str | None:
    """Whom or what a normalised question asks about, where a normalised text tells of no such.

    >>> untold("他的妹妹叫什么?", "传给儿子"), untold("他妹妹是谁?", "姐妹二人")
    ('妹妹', None)
    >>> untold("平台的网址是什么?", "建成网上平台"), untold("谁得了第一名?", "他夺冠")
    ('网址', None)
    """
    return next((asked for asked, told in _details(question) if not told.search(text)), None)


@lru_cache(_REMEMBERED)
def _details(question: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What a normalised question asks about, and what tells of each."""
    return tuple(
        (match[0], told) for asked, told in _patterns().details if (match := asked.search(question))
    )


def undecided(question: str, text: str) -> str | None:
    """Between what a normalised question has one choose, where a normalised text decides nothing.

    >>> undecided("生的是男孩还是女孩?", "生下一个孩子"), undecided("男孩还是女孩?", "她是个女孩")
    ('男孩还是女孩', None)
    """
    match = _patterns().choice.search(question)
    if match is None:
        return None
    # Beside 还是 stand the two: of what is around them, as much as the shorter one has.
    size = min(len(match["one"]), len(match["other"]))
    one, other = match["one"][-size:], match["other"][:size]
    return None if set(text) & (set(one) ^ set(other)) else f"{one}还是{other}"


def bearers(question: str) -> list[re.Match[str]]:
    """What a normalised question calls by a name of its own: ``name`` and ``kind`` of each thing.

    >>> [match.groups() for match in bearers("红石大桥什么时候通车?")], bearers("那座大桥多长?")
    ([('红石', '大桥')], [])
    """
    return list(_patterns().bearer.finditer(question))


def wants_spelled_out(question: str) -> tuple[bool, str]:
    """Whether a normalised question wants something spelled out, and how many things it says.

    >>> wants_spelled_out("七大体系分别是哪七个体系?"), wants_spelled_out("七大体系")
    ((True, '七'), (False, ''))
    """
    patterns = _patterns()
    matches = list(patterns.spelled_out.finditer(question))
    if not matches:
        return False, ""
    # 十件实事分别是哪十件: the one that counts decides.
    for match in matches:
        if match["count"]:
            return True, match["count"]
    return patterns.not_spelled_out.search(question) is None, ""


def wants_roster(question: str) -> bool:
    """Whether a normalised question asks for all of something.

    >>> wants_roster("文中写到的先进人物有哪些?"), wants_roster("还提到了哪些英雄?")
    (True, False)
    """
    patterns = _patterns()
    return bool(patterns.roster.search(question)) and not patterns.not_roster.search(question)


def asked_noun(question: str) -> str | None:
    """The long noun that a normalised question asks for one of, where an answer repeats it.

    >>> asked_noun("包牧仁在哪个派出所工作?"), asked_noun("由哪个公司所出版?")
    ('派出所', None)
    """
    match = _patterns().asked_noun.search(question)
    return match["noun"] if match and len(match["noun"]) > 2 else None


def follow_up(question: str) -> tuple[str | None, bool]:
    """What a short normalised question brings that is new, and whether it follows another.

    >>> follow_up("那包头呢?"), follow_up("刘安守了多少年?")
    (('包头', True), ('刘安守了多少年', False))
    """
    match = _patterns().follow_up.fullmatch(question)
    if match is None:
        return None, False
    return match["new"], bool(match["lead"] or match["tail"])


def report_asked_for(question: str) -> tuple[bool, str]:
    """Whether a normalised question speaks of a report as such, and the year as it is written.

    >>> report_asked_for("2024年的报告里提到了什么?"), report_asked_for("2024年发生了什么?")
    ((True, '2024年'), (False, ''))
    """
    patterns = _patterns()
    if not patterns.report.search(question):
        return False, ""
    match = patterns.year.search(question)
    return True, match[0] if match else ""


def days(question: str) -> list[str]:
    """The days that a normalised question names by where they are from today.

    >>> days("明天会下雨吗?"), days("2024年8月29日")
    (['明天'], [])
    """
    return _patterns().day.findall(question)


def contrary(question: str, words: Iterable[str], text: str) -> Iterator[str]:
    """What a normalised question, with these ``words``, names and a text has the counterpart of.

    >>> list(contrary("西岸有几个溶洞?", ["西岸", "溶洞"], "东岸探出二十七个溶洞"))
    ['西岸']
    >>> list(contrary("银扳手奖有多少?", [], "设立金扳手奖"))
    ['银扳手']
    """
    for beginning, others in _patterns().contrasts:
        alike = [word for word in words if word.startswith(beginning) and word != beginning]
        at = question.find(beginning)
        while at >= 0:
            alike.append(question[at : at + len(beginning) + _TOLD_BY])
            at = question.find(beginning, at + 1)
        for word in alike:
            rest = word.removeprefix(beginning)
            if beginning + rest[:1] not in text and any(other + rest in text for other in others):
                yield word
                break


def is_errand(question: str) -> bool:
    """Whether a normalised text asks the bot to do something.

    >>> is_errand("帮我订一张火车票"), is_errand("帮我找刘安")
    (True, False)
    """
    return _patterns().errand.search(question) is not None


def asks_advice(question: str) -> bool:
    """Whether a normalised question asks what to do rather than what is.

    >>> asks_advice("菜刀生锈了怎么办?"), asks_advice("怎么办成了这件事?")
    (True, False)
    >>> asks_advice("推荐几本书"), asks_advice("谁推荐了他?")
    (True, False)
    """
    return _patterns().advice.search(question.rstrip("?!")) is not None


def qualifiers() -> frozenset[str]:
    """Characters that make another thing of the word behind them."""
    return _patterns().qualifiers
