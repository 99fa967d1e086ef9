from __future__ import annotations

from dataclasses import replace

from bot.library.binding import LONGEST_QUOTE, binding, chosen_words, synonyms, undoing
from knowledge.model import Span
from knowledge.overlay import CuratedQuestion, Overlay
from knowledge.revisions import What
from tests.bot.test_rendering import quote

BODY = "王小山修了三年路。路通以后,茶叶卖到了山外。"


def test_a_question_is_bound_to_what_is_marked_and_to_nothing_else() -> None:
    wish = binding(["茶叶卖到哪里\n去了？", "茶叶呢"], quote(BODY, (9, 22), section=("山里",)))
    bound = CuratedQuestion(
        question="茶叶卖到哪里 去了？",
        report="report",
        section=("山里",),
        paragraph=1,
        quote="路通以后,茶叶卖到了山外。",
    )
    other = Overlay().with_question(
        CuratedQuestion(question="别的", report="report", quote="三年路")
    )
    made = wish.lay(other)
    assert made.questions == (
        *other.questions,
        bound,
        bound.model_copy(update={"question": "茶叶呢"}),
    )
    back = undoing(wish.what)
    assert back is not None
    assert back.lay(made) == other
    assert undoing(back.what) is None


def test_words_become_the_same_and_different_again() -> None:
    wish = synonyms(["茶叶", "茶"])
    made = wish.lay(Overlay())
    assert made.synonyms == (("茶叶", "茶"),)
    back = undoing(wish.what)
    assert back is not None
    assert back.lay(made) == Overlay()


def test_what_was_no_choice_of_the_inbox_is_not_undone_here() -> None:
    assert undoing(What("upload", {"title": "两地的路"})) is None


def test_the_chosen_words_reach_from_mark_to_mark_if_that_is_not_too_far() -> None:
    assert chosen_words(quote(BODY)) == BODY
    assert chosen_words(quote(BODY, (0, 9))) == "王小山修了三年路。"
    assert chosen_words(quote(BODY, (0, 3), (9, 22))) == BODY
    long = "路" * LONGEST_QUOTE
    far = quote(f"{BODY}{long}{BODY}", (0, 9))
    end = Span(len(far.text) - 13, len(far.text))
    assert chosen_words(replace(far, highlights=(*far.highlights, end))) == "王小山修了三年路。"
