from __future__ import annotations

import pytest

from bot.chats.courtesies import has_words, small_talk


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("谢谢", "thanks"),
        ("谢谢！！🙏", "thanks"),
        ("THANK YOU!", "thanks"),
        ("ｈｅｌｌｏ", "hello"),
        ("你好。", "hello"),
        ("好的~", "fine"),
        ("再见", "goodbye"),
        ("谢谢刘安", None),
        ("你好刘安是谁", None),
        ("好人好事", None),
        ("", None),
    ],
)
def test_courtesies_are_known_when_nothing_else_is_said(words: str, kind: str | None) -> None:
    assert small_talk(words) == kind


@pytest.mark.parametrize(
    ("words", "expected"),
    [("？！", False), ("🐎👍🏽", False), ("", False), ("Ω", True), ("２", True)],
)
def test_only_letters_and_digits_make_words(words: str, *, expected: bool) -> None:
    assert has_words(words) is expected
