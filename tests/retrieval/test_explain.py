from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval.answering import Answerer
from retrieval.model import Notice, NoticeKind, Outcome
from retrieval.relevance import ranking
from tests.retrieval.conftest import Answering, of_texts


def test_an_explanation_shows_how_the_question_was_read(answerer: Answerer) -> None:
    (part,) = answerer.explain("请问江城大橋有多长？").parts
    assert (part.sought, part.words) == ("number", ("江城", "大桥"))
    assert part.bigrams == ("江城", "城大", "大桥")
    assert (part.outcome, part.notices) == (Outcome.ANSWERED, ())


def test_points_are_values_times_weights_and_sum_to_the_score(answerer: Answerer) -> None:
    explanation = answerer.explain("江城大桥有多长?")
    ranked = explanation.parts[0].ranked
    assert [one.rank for one in ranked] == [1, 2, 3]
    for one in ranked:
        assert [c.feature for c in one.contributions] == list(ranking.FEATURES)
        assert sum(c.points for c in one.contributions) == pytest.approx(one.score)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_the_passages_explained_are_those_that_answer(answerer: Answerer) -> None:
    for question in ("江城大桥有多长?", "拉索有几根?", "北山隧道有几台风机?"):
        answer = answerer.answer(question)
        (part,) = answerer.explain(question).parts
        assert [one.citation for one in part.ranked[: len(answer.quotes)]] == [
            quote.citation for quote in answer.quotes
        ]


def test_what_matched_stands_in_the_passage_or_above_it(answerer: Answerer) -> None:
    explanation = answerer.explain("江城大桥有多长?")
    assert explanation.about is not None
    assert explanation.about.rank == 1
    assert explanation.about.matched
    quote = answerer.answer("江城大桥有多长?").quotes[0]
    above = "".join((quote.citation.report_title, *quote.citation.section))
    for term in explanation.about.matched:
        assert term in quote.text + above
    assert not any(
        one != other and one in other
        for one in explanation.about.matched
        for other in explanation.about.matched
    )


def test_what_a_synonym_matched_is_told_with_the_word_that_the_passage_has(
    answering: Answering,
) -> None:
    library = replace(
        of_texts("老张的妻子是警察。", "老张的老婆和妻子。", "天晴。"),
        synonyms=(("妻子", "老婆", "夫人"), ("晴", "好天气")),
    )
    explanation = answering(library).explain("老张的老婆是警察吗?")
    by_report = {one.citation.report_id: one for one in explanation.parts[0].ranked}
    assert by_report["r0"].matched == ("老张", "警察")
    assert by_report["r0"].synonyms == (("老婆", "妻子"),)
    assert by_report["r1"].matched == ("老张", "老婆")
    assert by_report["r1"].synonyms == ()
    assert "     by a synonym: 老婆 -> 妻子" in explanation.lines()


def test_a_named_passage_is_explained_wherever_it_ranks(answerer: Answerer) -> None:
    question = "江城大桥"
    everything, _ = answerer.candidates(question, limit=20)
    assert len(everything) > 3
    last = everything[-1].citation
    explanation = answerer.explain(question, paragraph=last.id)
    assert explanation.about is not None
    assert explanation.about.rank == len(everything)
    (part,) = explanation.parts
    assert [one.rank for one in part.ranked] == [1, 2, 3, len(everything)]
    assert part.ranked[-1].citation == last


def test_a_correction_is_shown(answerer: Answerer) -> None:
    explanation = answerer.explain("周园山是谁?")
    assert explanation.corrections == (
        Notice(NoticeKind.CORRECTED, given="周园山", meant="周远山"),
    )
    assert "looked up: 周园山 -> 周远山" in explanation.lines()


def test_the_check_that_decided_is_shown(answerer: Answerer) -> None:
    (part,) = answerer.explain("2020年用漆多少吨?").parts
    assert part.outcome is Outcome.NOT_FOUND
    assert Notice(NoticeKind.MISSING, given="2020") in part.notices
    assert "    because: missing 2020" in answerer.explain("2020年用漆多少吨?").lines()


def test_every_part_is_explained(answerer: Answerer) -> None:
    explanation = answerer.explain("江城大桥哪年建成?拉索有几根?")
    assert [part.text for part in explanation.parts] == ["江城大桥哪年建成", "拉索有几根"]
    assert [part.ranked[0].citation.section[-1] for part in explanation.parts] == [
        "（一）江城大桥",
        "（二）南岸斜拉桥",
    ]


def test_where_nothing_is_found_there_is_nothing_to_explain(answerer: Answerer) -> None:
    explanation = answerer.explain("火鸡")
    assert explanation.about is None
    assert explanation.lines()[0] == "question: 火鸡"


def test_a_word_that_no_report_uses_is_looked_up_by_words_that_a_dictionary_explains_alike(
    answering: Answering,
) -> None:
    question = "他的辞职是哪天?"
    lacking = answering(of_texts("他在5月1日离职。", "他在6月2日结婚。")).explain(question)
    (first, *_) = lacking.parts[0].ranked
    assert (first.citation.report_id, first.synonyms) == ("r0", (("辞职", "离职"),))
    # Where a report has the word itself, others are not taken for it.
    having = answering(of_texts("他在5月1日离职。", "他在6月2日辞职。")).explain(question)
    ranked = [(one.citation.report_id, one.synonyms) for one in having.parts[0].ranked]
    assert ranked == [("r1", ())]
