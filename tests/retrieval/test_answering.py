from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.library import Library
from knowledge.outline import one_paragraph
from knowledge.topics import Topic
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.judging import refusal
from retrieval.model import Absence, Answer, Context, Notice, NoticeKind, Outcome
from retrieval.search.engine import Hits
from retrieval.search.local import LocalEngine
from tests.retrieval.conftest import Answering, of_texts

Marked = npt.NDArray[np.bool_]
BRIDGE = ("二、工程", "（一）江城大桥")
CABLES = ("二、工程", "（二）南岸斜拉桥")
PEOPLE = ("一、队伍",)
RULES = ("三、制度",)


def marks(answer: Answer) -> list[str]:
    """The marked stretches of the first quote."""
    return [mark.of(answer.quotes[0].text) for mark in answer.quotes[0].highlights]


def first(answer: Answer) -> tuple[tuple[str, ...], int]:
    """Where the first quote stands."""
    return answer.quotes[0].citation.section, answer.quotes[0].citation.paragraph


# --- what is answered ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "place", "marked"),
    [
        ("江城大桥有多长?", (BRIDGE, 1), "江城大桥建成于1957年,全长1670米。"),
        ("江城大桥哪一年建成", (BRIDGE, 1), "江城大桥建成于1957年,全长1670米。"),
        ("大桥为什么封闭?", (BRIDGE, 2), "由于连续暴雨,6月18日起大桥封闭3天。"),
        ("2023年用漆多少吨?", (BRIDGE, 1), "2023年完成全桥涂装,用漆260吨。"),
        ("谁获评劳动模范?", (PEOPLE, 2), "2019年,他获评全国劳动模范。"),
        ("谁负责索力监测?", (PEOPLE, 3), None),
        ("传感器", (CABLES, 1), None),
        ("六项规定", (RULES, 1), "推行“六项规定”,规范高空作业。"),
    ],
)
def test_a_question_is_answered_by_its_sentence(
    answerer: Answerer, question: str, place: tuple[tuple[str, ...], int], marked: str | None
) -> None:
    answer = answerer.answer(question)
    assert (answer.outcome, first(answer)) == (Outcome.ANSWERED, place)
    assert answer.question == question
    assert 0.5 < answer.confidence <= 1
    assert (answer.notices, answer.absence, answer.suggestions) == ((), None, ())
    if marked is not None:
        assert marks(answer) == [marked]


@pytest.mark.parametrize(
    ("question", "same"),
    [
        ("南岸斜拉橋有幾根拉索?", "南岸斜拉桥有几根拉索?"),
        ("２０２３年用漆多少吨？", "2023年用漆多少吨?"),
        ("3项规定防止什么?", "三项规定防止什么?"),
        ("三項規定防止什麼？", "三项规定防止什么?"),
        ("  江城大桥\n有多长?  ", "江城大桥 有多长?"),
        ("江城\u200b大桥有多长?", "江城大桥有多长?"),
    ],
)
def test_script_width_numerals_and_spaces_make_no_difference(
    answerer: Answerer, question: str, same: str
) -> None:
    one, other = answerer.answer(question), answerer.answer(same)
    assert one.outcome is Outcome.ANSWERED
    assert (one.outcome, first(one), marks(one)) == (other.outcome, first(other), marks(other))


def test_synonyms_find_what_the_report_says_in_other_words(answerer: Answerer) -> None:
    assert first(answerer.answer("一把手是谁?")) == (PEOPLE, 2)
    assert marks(answerer.answer("刷漆用了多少吨?")) == ["2023年完成全桥涂装,用漆260吨。"]


def test_parts_of_a_question_are_answered_in_turn(answerer: Answerer) -> None:
    answer = answerer.answer("江城大桥哪年建成?北山隧道装了多少射流风机?")
    assert [(q.part, q.citation.report_id) for q in answer.quotes[:2]] == [
        (0, "bridges"),
        (1, "tunnels"),
    ]
    assert "1957年" in answer.quotes[0].text
    assert "42台" in answer.quotes[1].text


def test_a_part_that_is_not_found_shows_no_passage_beside_one_that_is(answerer: Answerer) -> None:
    for asked in (
        "月球基地的站长是谁?江城大桥哪年建成?",
        "江城大桥哪年建成?月球基地的站长是谁?",
    ):
        answer = answerer.answer(asked)
        assert answer.outcome is Outcome.ANSWERED
        assert {quote.citation.report_id for quote in answer.quotes} == {"bridges"}
        assert "1957年" in answer.quotes[0].text
        assert answer.confidence == answerer.answer("江城大桥哪年建成?").confidence
        said = [n.given for n in answer.notices if n.kind is NoticeKind.UNANSWERED]
        assert said == ["月球基地的站长是谁"]
        assert not {NoticeKind.NO_PERSON, NoticeKind.ELSEWHERE} & {n.kind for n in answer.notices}


def test_parts_answered_by_one_paragraph_are_marked_in_it(answerer: Answerer) -> None:
    answer = answerer.answer("三项规定、六项规定各管什么?")
    assert first(answer) == (RULES, 1)
    assert "防止超载车辆上桥" in "".join(marks(answer))
    assert "规范高空作业" in "".join(marks(answer))


def test_fewer_passages_are_the_first_of_more(answerer: Answerer) -> None:
    many = answerer.answer("江城大桥", limit=5).quotes
    assert len(many) > 2
    for limit in range(1, len(many)):
        assert answerer.answer("江城大桥", limit=limit).quotes == many[:limit]


def test_within_a_section_only_what_stands_there_is_found(answerer: Answerer) -> None:
    answer = answerer.answer("大桥", section=BRIDGE)
    assert {q.citation.section for q in answer.quotes} == {BRIDGE}
    everywhere = answerer.answer("大桥", limit=9)
    assert len({q.citation.section for q in everywhere.quotes}) > 1


def test_nearly_the_same_paragraph_is_shown_once(answering: Answering) -> None:
    text = "江城大桥建成于1957年,全长1670米,两岸群众出行从此不必再等渡船。"
    library = of_texts(text, text.replace("。", "!"), "江城大桥封闭三天。", text)
    answer = answering(library).answer("江城大桥全长多少米?", limit=9)
    assert sorted(q.citation.report_id for q in answer.quotes) == ["r0", "r2"]


# --- titles and bylines --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "report", "text"),
    [
        ("江城桥梁养护报告的作者是谁?", "bridges", "(林知秋)"),
        ("隧道报告是谁写的?", "tunnels", "(许安歌)"),
        ("隧道报告的标题是什么?", "tunnels", "江城隧道运行报告"),
    ],
)
def test_titles_and_bylines_answer_what_they_answer(
    answerer: Answerer, question: str, report: str, text: str
) -> None:
    answer = answerer.answer(question)
    assert answer.outcome is Outcome.ANSWERED
    (quote,) = answer.quotes
    assert (quote.citation.report_id, quote.citation.paragraph, quote.text) == (report, 0, text)
    assert marks(answer) == [text]


def test_of_one_report_the_author_need_not_be_told_apart(library: Library) -> None:
    alone = build_answerer(Library.from_reports([library.report("bridges")]))
    for question in ("作者是谁?", "这篇报道是谁写的?", "Who wrote this report?"):
        answer = alone.answer(question)
        assert (answer.outcome, [q.text for q in answer.quotes]) == (Outcome.ANSWERED, ["(林知秋)"])


# --- several reports -----------------------------------------------------------------------------


def test_a_report_that_is_named_is_the_only_one_searched(answerer: Answerer) -> None:
    answer = answerer.answer("江城隧道运行报告里提到了什么风机?", limit=9)
    assert {q.citation.report_id for q in answer.quotes} == {"tunnels"}
    assert answer.notices == (
        Notice(NoticeKind.FILTERED, given="江城隧道运行报告", meant="江城隧道运行报告"),
    )


def test_a_year_names_its_report(answerer: Answerer) -> None:
    answer = answerer.answer("2022年的报告里节电多少?")
    assert [q.citation.report_id for q in answer.quotes] == ["tunnels"]
    assert answer.notices == (
        Notice(NoticeKind.FILTERED, given="2022年", meant="江城隧道运行报告"),
    )
    assert answerer.answer("2023年用漆多少吨?").notices == ()


# --- what is not answered ------------------------------------------------------------------------


def test_off_topic_questions_are_refused_with_proof(answerer: Answerer) -> None:
    answer = answerer.answer("怎样烤一只火鸡?")
    assert (answer.outcome, answer.quotes, answer.notices) == (Outcome.NOT_FOUND, (), ())
    assert answer.absence is not None
    assert "火鸡" in answer.absence.missing
    assert answer.confidence < 0.5
    assert len(answer.suggestions) == 3
    for suggestion in answer.suggestions:
        assert answerer.answer(suggestion).outcome is Outcome.ANSWERED


def test_what_is_there_without_an_answer_is_counted(answerer: Answerer, library: Library) -> None:
    answer = answerer.answer("周远山今年多大年纪?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.absence is not None
    counted = dict(answer.absence.counted)
    text = [p.paragraph.span.of(library.report(p.report_id).text) for p in library.passages]
    assert counted["周远山"] == sum("周远山" in one for one in text) == 2
    for word in answer.absence.missing:
        assert not any(word in one for one in text)


def test_the_questions_own_year_must_be_there(answerer: Answerer) -> None:
    answer = answerer.answer("2020年用漆多少吨?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given="2020") in answer.notices
    assert first(answer) == (BRIDGE, 1), "the nearest passage is shown with what it lacks"
    assert len(answer.quotes) == 1


def test_the_nearest_passage_is_shown_and_not_called_an_answer_where_it_may_be_one(
    answerer: Answerer,
) -> None:
    answer = answerer.answer("车能随便上桥吗?")
    assert (answer.outcome, len(answer.quotes)) == (Outcome.NOT_FOUND, 1)
    assert "防止超载车辆上桥" in answer.quotes[0].text
    assert answer.notices == (Notice(NoticeKind.UNSURE),)
    assert answer.absence is not None
    assert answer.absence.counted == (), "it is not said of any word that no passage answers"


def test_advice_needs_a_surer_passage_than_a_fact(answerer: Answerer) -> None:
    advice, fact = (answerer.answer(q) for q in ("隧道要不要封闭?", "隧道封闭了吗?"))
    assert advice.confidence > refusal.load_calibration(with_semantic=False).threshold
    assert (advice.outcome, advice.quotes) == (Outcome.NOT_FOUND, ())
    assert fact.outcome is Outcome.ANSWERED


def test_what_is_only_named_is_mentioned(answerer: Answerer) -> None:
    answer = answerer.answer("五级巡查是哪五级?")
    assert (answer.outcome, first(answer)) == (Outcome.MENTIONED, (RULES, 2))
    assert answer.notices == (Notice(NoticeKind.ONLY_NAMED, given="五级巡查"),)


@pytest.mark.parametrize("question", ["", " ", "???", "。", "\n", "👩\u200d🚒", "\u200b"])
def test_where_nothing_is_asked_nothing_is_found(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert replace(answer, took_ms=0.0) == Answer(
        question, Outcome.NOT_FOUND, (), (), 0.0, Absence((), ()), answerer.examples[:3], 0.0
    )


# --- misspelled names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "given"),
    [("周园山是谁?", "周园山"), ("zhou yuanshan 是谁?", "zhou yuanshan")],
)
def test_a_name_written_another_way_is_looked_up_and_told(
    answerer: Answerer, question: str, given: str
) -> None:
    answer = answerer.answer(question)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.notices == (Notice(NoticeKind.CORRECTED, given=given, meant="周远山"),)
    assert "周远山" in answer.quotes[0].text


def test_a_name_in_pinyin_is_read_though_something_else_is_found_without_it(
    answerer: Answerer,
) -> None:
    answer = answerer.answer("chen ruolan 推行五级巡查了吗?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.CORRECTED, "chen ruolan", "陈若兰") in answer.notices
    assert answerer.answer("推行五级巡查了吗?").outcome is Outcome.ANSWERED


def test_part_of_a_name_is_enough(answerer: Answerer) -> None:
    answer = answerer.answer("乌日娜是谁?")
    assert (answer.outcome, first(answer)) == (Outcome.ANSWERED, (PEOPLE, 4))


def test_another_persons_name_is_nobody_here(answerer: Answerer) -> None:
    answer = answerer.answer("刘德华是谁?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.absence is not None
    assert answer.absence.missing == ("刘德华",)
    assert all(notice.kind is not NoticeKind.CORRECTED for notice in answer.notices)


# --- follow-ups ----------------------------------------------------------------------------------


def after(answerer: Answerer, before: str, question: str) -> Answer:
    """The answer to ``question`` right after ``before``."""
    ids = tuple(quote.citation.id for quote in answerer.answer(before).quotes)
    return answerer.answer(question, context=Context(before, ids))


def test_a_pronoun_is_the_person_of_the_question_before(answerer: Answerer) -> None:
    answer = after(answerer, "周远山是谁?", "他的徒弟是谁?")
    assert (answer.outcome, first(answer)) == (Outcome.ANSWERED, (PEOPLE, 3))
    assert answer.notices == (Notice(NoticeKind.FOLLOW_UP, given="他", meant="周远山"),)


def test_a_pronoun_is_the_person_of_the_passage_that_answered(answerer: Answerer) -> None:
    answer = after(answerer, "谁获评劳动模范?", "他养护桥梁多少年?")
    assert answer.notices == (Notice(NoticeKind.FOLLOW_UP, given="他", meant="周远山"),)
    assert (answer.outcome, first(answer)) == (Outcome.ANSWERED, (PEOPLE, 2))


@pytest.mark.parametrize("question", ["陈若兰呢?", "那陈若兰呢?", "那么陈若兰呢"])
def test_a_new_name_takes_the_place_of_the_old(answerer: Answerer, question: str) -> None:
    answer = after(answerer, "周远山是谁?", question)
    assert (answer.outcome, first(answer)) == (Outcome.ANSWERED, (PEOPLE, 3))
    (notice,) = answer.notices
    assert (notice.kind, notice.given) == (NoticeKind.FOLLOW_UP, question)
    assert notice.meant.startswith("陈若兰是谁")


def test_a_question_that_stands_alone_is_not_read_with_the_one_before(answerer: Answerer) -> None:
    alone = answerer.answer("江城大桥有多长?")
    followed = after(answerer, "周远山是谁?", "江城大桥有多长?")
    assert replace(followed, took_ms=0) == replace(alone, took_ms=0)


def test_a_context_that_leads_nowhere_does_no_harm(answerer: Answerer) -> None:
    context = Context("", ("gone_0_1_0123456789ab", "no id", ""))
    for question in ("他是谁?", "那六项规定呢?", "江城大桥有多长?", "?"):
        answer = answerer.answer(question, context=context)
        answerer.prove(answer)


# --- topics --------------------------------------------------------------------------------------


def topic(library: Library, command: str) -> Topic:
    return next(one for one in library.topics if one.command == command)


@pytest.mark.parametrize(
    ("name", "entry", "notices"),
    [
        ("周远山", "周远山", []),
        ("老周", "周远山", []),
        ("周遠山", "周远山", []),
        ("乌日娜", "乌日娜图雅", [NoticeKind.COMPLETED]),
        ("周元山", "周远山", [NoticeKind.CORRECTED]),
        ("乌日拉图雅", "乌日娜图雅", [NoticeKind.CORRECTED]),
        ("Zhou Yuanshan", "周远山", [NoticeKind.CORRECTED]),
    ],
)
def test_a_topic_answers_about_one_entry(
    answerer: Answerer, library: Library, name: str, entry: str, notices: list[NoticeKind]
) -> None:
    people = topic(library, "people")
    found = answerer.topic(people, f" {name} ")
    assert found.topic == people
    assert [one.name for one in found.entries] == [entry]
    assert found.answer is not None
    assert found.answer.outcome is Outcome.ANSWERED
    assert found.answer.notices == tuple(Notice(kind, given=name, meant=entry) for kind in notices)
    role = found.entries[0].role
    assert role in found.answer.quotes[0].text
    assert any(role in mark for mark in marks(found.answer))


@pytest.mark.parametrize(
    ("name", "entries"),
    [("", ["周远山", "陈若兰", "乌日娜图雅"]), ("所里人", ["周远山", "陈若兰"]), ("李四", [])],
)
def test_a_topic_lists_what_there_is_to_choose_from(
    answerer: Answerer, library: Library, name: str, entries: list[str]
) -> None:
    found = answerer.topic(topic(library, "people"), name)
    assert ([one.name for one in found.entries], found.answer) == (entries, None)


def test_a_topic_says_what_is_only_named(answerer: Answerer, library: Library) -> None:
    found = answerer.topic(topic(library, "rules"), "五级巡查")
    assert found.answer is not None
    assert found.answer.outcome is Outcome.MENTIONED
    assert found.answer.notices == (Notice(NoticeKind.ONLY_NAMED, given="五级巡查"),)
    assert first(found.answer) == (RULES, 2)


def test_a_topic_never_takes_one_number_for_another(answerer: Answerer, library: Library) -> None:
    rules = topic(library, "rules")
    assert answerer.topic(rules, "四项规定").entries == ()
    assert [e.name for e in answerer.topic(rules, "3项规定").entries] == ["三项规定"]
    assert [e.name for e in answerer.topic(rules, "规定").entries] == ["三项规定", "六项规定"]


# --- libraries of any size -----------------------------------------------------------------------


def test_a_library_of_one_passage_answers(answering: Answering) -> None:
    answer = answering(of_texts("由于连续暴雨,6月18日起大桥封闭3天。")).answer("大桥封闭几天?")
    assert answer.outcome is Outcome.ANSWERED
    assert marks(answer) == ["由于连续暴雨,6月18日起大桥封闭3天。"]


def test_a_library_of_two_passages_answers_from_the_right_one(answering: Answering) -> None:
    made = answering(of_texts("大桥封闭3天。", "南岸斜拉桥共有拉索136根。"))
    for question, report in {"大桥封闭几天?": "r0", "拉索有多少根?": "r1"}.items():
        answer = made.answer(question)
        assert answer.outcome is Outcome.ANSWERED
        assert answer.quotes[0].citation.report_id == report


@pytest.mark.parametrize(
    "library",
    [
        Library.from_reports([]),
        Library.from_reports([one_paragraph("r", "空", "")]),
        Library.from_reports([one_paragraph("r", "标点", "……。。。")]),
    ],
    ids=["no report", "an empty report", "punctuation"],
)
def test_a_library_that_says_nothing_finds_nothing(library: Library) -> None:
    made = build_answerer(library)
    for question in ("江城大桥有多长?", "周远山是谁?", "作者是谁?", "他呢?", "?", "", "1"):
        answer = made.answer(question, context=Context("之前?", ("r_0_1_0123456789ab",)))
        assert answer.outcome is Outcome.NOT_FOUND
        assert answer.quotes == ()
        made.explain(question).lines()
    assert made.candidates("大桥?") == ((), 0.0)


@pytest.mark.parametrize("question", ["你是谁", "那是什么呢?", "的" * 500])
def test_stop_words_alone_ask_for_nothing(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert (answer.outcome, answer.quotes) == (Outcome.NOT_FOUND, ())


@given(st.text(max_size=60))
def test_no_question_is_too_strange(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    answerer.prove(answer)
    assert answer.question == question
    assert 0 <= answer.confidence <= 1
    assert (answer.absence is not None) == (answer.outcome is Outcome.NOT_FOUND)


def test_a_question_of_any_length_is_answered(answerer: Answerer) -> None:
    long = answerer.answer("江城大桥有多长?" + "请告诉我。" * 5000)
    assert long.quotes[0].citation.report_id == "bridges"


def test_an_answerer_is_safe_to_use_from_threads(answerer: Answerer) -> None:
    questions = ["江城大桥有多长?", "周园山是谁?", "火鸡?", "三项规定、六项规定各管什么?"]
    expected = [replace(answerer.answer(question), took_ms=0) for question in questions]
    differing: list[Answer] = []

    def ask(offset: int) -> None:
        for turn in range(12):
            number = (turn + offset) % len(questions)
            answer = replace(answerer.answer(questions[number]), took_ms=0)
            if answer != expected[number]:
                differing.append(answer)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert differing == []


@pytest.mark.parametrize("question", ["<b>&", "的", "a", "是什么?", "?!", "   "])
def test_a_question_without_a_searchable_word_finds_nothing(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question)
    assert (answer.outcome, answer.quotes) == (Outcome.NOT_FOUND, ())


def test_the_next_page_of_an_answer_is_not_searched_for_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[tuple[str, ...]] = []
    search = LocalEngine.search

    def counted(
        engine: LocalEngine, terms: Sequence[str], k: int, among: Marked | None = None
    ) -> Hits:
        searched.append(tuple(terms))
        return search(engine, terms, k, among)

    monkeypatch.setattr(LocalEngine, "search", counted)
    made = build_answerer(library)
    first_page = made.answer("江城大桥哪一年建成", limit=1)
    assert len(searched) == 1
    more = made.answer("江城大桥哪一年建成", limit=3)
    assert len(searched) == 1
    assert more.quotes[:1] == first_page.quotes
    for number in range(40):
        made.answer(f"江城大桥有{number}根拉索吗")
    before = len(searched)
    assert made.answer("江城大桥哪一年建成", limit=1).quotes == first_page.quotes
    assert len(searched) == before + 1
