"""Does the parser read HTML as Telegram does?"""

from __future__ import annotations

import pytest
from aiogram.types import MessageEntity
from aiogram.utils.text_decorations import html_decoration
from hypothesis import given
from hypothesis import strategies as st

from tests.telegram.markup import Entity, Formatted, cut, parse_html, trimmed, utf16, with_found
from tests.telegram.refusal import Refusal

WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'三零👍𠮷"), min_size=1
)
KINDS = st.sampled_from(["bold", "italic", "underline", "strikethrough", "spoiler", "code"])


@given(st.lists(st.tuples(WORDS, st.none() | KINDS), min_size=1, max_size=8))
def test_what_an_independent_renderer_writes_is_read_back_as_it_was(
    pieces: list[tuple[str, str | None]],
) -> None:
    text, entities, offset = "", [], 0
    for words, kind in pieces:
        if kind is not None:
            entities.append(Entity(kind, offset, utf16(words)))
        text, offset = text + words, offset + utf16(words)
    source = html_decoration.unparse(
        text, [MessageEntity.model_validate(entity.json()) for entity in entities]
    )
    assert parse_html(source) == Formatted(text, tuple(entities))


def test_nested_marks_come_outermost_first_and_in_utf_16() -> None:
    source = (
        "👍<blockquote expandable>甲<b>乙<i>丙</i></b></blockquote>"
        '<a href="https://t.me/x?start=a&amp;b">丁</a>'
    )
    assert parse_html(source) == Formatted(
        "👍甲乙丙丁",
        (
            Entity("expandable_blockquote", 2, 3),
            Entity("bold", 3, 2),
            Entity("italic", 4, 1),
            Entity("text_link", 5, 1, url="https://t.me/x?start=a&b"),
        ),
    )


def test_of_two_marks_on_one_stretch_the_outer_comes_first() -> None:
    kinds = [e.type for e in parse_html("<blockquote><b><i>甲</i></b></blockquote>").entities]
    assert kinds == ["blockquote", "bold", "italic"]


def test_a_code_block_keeps_its_language() -> None:
    source = '<pre><code class="language-python">1 &lt; 2</code></pre>'
    assert parse_html(source) == Formatted("1 < 2", (Entity("pre", 0, 5, language="python"),))


@pytest.mark.parametrize(
    ("source", "description"),
    [
        ("<b>甲", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("甲</b>", "can't parse entities: Unexpected end tag at byte offset 3"),
        (
            "<b><i>甲</b></i>",
            "can't parse entities: Unmatched end tag at byte offset 9, "
            'expected "</i>", found "</b>"',
        ),
        ("<p>甲</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ("甲<br/>", 'can\'t parse entities: Unsupported start tag "br/" at byte offset 3'),
        ("1 <2", "can't parse entities: Unclosed start tag at byte offset 2"),
        ("1 < 2 > 0", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("<b", "can't parse entities: Unclosed start tag at byte offset 0"),
        ("<b>甲</b", "can't parse entities: Unclosed end tag at byte offset 6"),
        (
            "<span>甲</span>",
            'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0',
        ),
        ("甲 & 乙", "stricter than Telegram: unescaped '&' at byte offset 4"),
        ("甲&nbsp;乙", "stricter than Telegram: unescaped '&' at byte offset 3"),
        ("甲 > 乙", "stricter than Telegram: unescaped '>' at byte offset 4"),
        ("<a>甲</a>", "stricter than Telegram: a link to '' leads nowhere at byte offset 0"),
        (
            '<b class="x">甲</b>',
            "stricter than Telegram: \"b\" has no attribute ['class'] at byte offset 0",
        ),
        (
            "<blockquote><blockquote>甲</blockquote></blockquote>",
            "stricter than Telegram: a quotation inside a quotation at byte offset 12",
        ),
        ("<code><b>甲</b></code>", 'stricter than Telegram: "b" inside code at byte offset 6'),
    ],
)
def test_bad_markup_is_refused_with_its_place(source: str, description: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_html(source)
    assert (refusal.value.code, refusal.value.description) == (400, f"Bad Request: {description}")


def test_white_space_around_a_text_goes_and_marks_move_with_it() -> None:
    content = parse_html("\n <b> 甲</b>乙<i>丙 </i>\n")
    assert trimmed(content) == Formatted("甲乙丙", (Entity("bold", 0, 1), Entity("italic", 2, 1)))


def test_commands_mentions_and_links_are_found_by_themselves() -> None:
    content = with_found(
        Formatted("👍 /hero@wenju_test_bot 刘安 @wei https://a.example/x, 1/2 #三零")
    )
    assert [(e.type, cut(content.text, e.offset, e.length)) for e in content.entities] == [
        ("bot_command", "/hero@wenju_test_bot"),
        ("mention", "@wei"),
        ("url", "https://a.example/x"),
        ("hashtag", "#三零"),
    ]
