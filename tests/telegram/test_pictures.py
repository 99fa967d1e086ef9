"""Do the pictures show what was recorded, and nothing else?"""

from __future__ import annotations

from docs.pictures.page import Scene, bubble, menu, page
from tests.telegram import people
from tests.telegram.limits import formatted
from tests.telegram.refusal import Json
from tests.telegram.server import BOT
from tests.telegram.world import World

NINE_THIRTY = 1_795_426_200


def world() -> World:
    return World(BOT, clock=lambda: NINE_THIRTY)


def said_by_bot(html: str) -> Json:
    content = formatted(html, "HTML")
    return {
        "message_id": 2,
        "date": NINE_THIRTY,
        "chat": {"id": 1, "type": "private"},
        "from": BOT.json(),
        "text": content.text,
        "entities": [entity.json() for entity in content.entities],
    }


def shown(message: Json, viewer: int = 1) -> str:
    return bubble(message, Scene("问据", "bot", viewer, [message]))


def test_marks_come_back_as_markup_and_the_line_after_a_quotation_is_its_own() -> None:
    message = said_by_bot(
        "<b>“三零”</b>\n<blockquote expandable>零干扰 &lt;1&gt;</blockquote>\n— /term"
    )
    assert shown(message) == (
        '<article class="other"><div class="bubble"><div><b>“三零”</b>\n'
        "<blockquote expandable>零干扰 &lt;1&gt;</blockquote>— <a>/term</a>"
        "<time>09:30</time></div></div></article>"
    )


def test_what_a_reader_wrote_stands_on_their_side_and_is_escaped() -> None:
    reader = world().new_person()
    chat = world().private(reader)
    update = people.message(chat, reader, people.text("<b>三零</b> & 刘安"))
    assert shown(update["message"], reader.id) == (
        '<article class="own"><div class="bubble"><div>'
        "&lt;b&gt;三零&lt;/b&gt; &amp; 刘安<time>09:30 ✓✓</time></div></div></article>"
    )


def test_buttons_stand_in_their_rows() -> None:
    rows = [[{"text": "<上>", "callback_data": "1"}, {"text": "开", "url": "https://t.me/x"}]]
    message = said_by_bot("答") | {"reply_markup": {"inline_keyboard": rows}}
    assert shown(message).endswith(
        '<div class="keyboard"><div><i>&lt;上&gt;</i><i>开<sup>↗</sup></i></div></div></article>'
    )


def test_a_group_shows_who_said_what_to_whom() -> None:
    here = world()
    reader, friend = here.new_person("小明"), here.new_person("小李")
    chat = here.supergroup()
    asked = people.message(chat, reader, people.text("三零是什么？"))["message"]
    reply = people.message(chat, friend, people.text("问它"), reply_to=asked)["message"]
    picture = shown(reply, reader.id)
    assert ">小李</b>" in picture
    assert '<div class="reply"><b>小明</b><span>三零是什么？</span></div>' in picture


def test_a_page_needs_nothing_from_the_network() -> None:
    whole = page(Scene("问据", "bot", 1, [said_by_bot("答")], below=menu([])))
    assert "http" not in whole
    assert "src=" not in whole
