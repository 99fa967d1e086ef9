"""What does Telegram refuse in a message, a keyboard, a command menu or an inline result?

Pure checks of Bot API objects: each raises ``Refusal`` with Telegram's own words, or, where
Telegram would silently drop or cut something, with words of our own.

Telegram documents "4096 characters after entities parsing" without naming the unit. Its clients
count code points and its entities count UTF-16 code units; a text is refused here when it is too
long in UTF-16 units, the larger number, so that what passes here passes in either reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.telegram.markup import (
    FOUND_BY_TELEGRAM,
    Entity,
    Formatted,
    parse_html,
    trimmed,
    utf16,
    with_found,
)
from tests.telegram.refusal import Json, bad_request, stricter

TEXT = 4096
CAPTION = 1024
ENTITIES = 100
BUTTONS = 100
BUTTONS_A_ROW = 8
CALLBACK_DATA_BYTES = 64
COPY_TEXT = 256
CALLBACK_ANSWER = 200
COMMANDS = 100
COMMAND_DESCRIPTION = 256
DESCRIPTION = 512
SHORT_DESCRIPTION = 120
INLINE_RESULTS = 50
INLINE_ID_BYTES = 64
QUOTE = 1024
START_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")
CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
ACTIONS_OF_A_BUTTON = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
}


def formatted(source: str, parse_mode: str | None, entities: Iterable[Json] = ()) -> Formatted:
    """The text and entities that Telegram makes of what a bot sends, trimmed."""
    match parse_mode:
        case None | "":
            given = tuple(_given_entity(entity, source) for entity in entities)
            result = Formatted(source, given)
        case "HTML":
            result = parse_html(source)
        case _:
            raise bad_request(f"unsupported parse_mode: {parse_mode}")
    return with_found(trimmed(result))


def _given_entity(entity: Json, text: str) -> Entity:
    result = Entity(**entity)
    if result.offset < 0 or result.length <= 0 or result.end > utf16(text):
        raise bad_request("ENTITY_BOUNDS_INVALID")
    return result


def message_text(content: Formatted, *, editing: bool = False) -> None:
    """A message's text: not empty, not too long, not marked too often."""
    if not content.text:
        raise bad_request("message text is empty")
    if utf16(content.text) > TEXT:
        raise bad_request("MESSAGE_TOO_LONG" if editing else "message is too long")
    _entities(content)


def caption(content: Formatted) -> None:
    """A caption: shorter than a text, and it may be empty."""
    if utf16(content.text) > CAPTION:
        raise bad_request("message caption is too long")
    _entities(content)


def _entities(content: Formatted) -> None:
    found = {kind for kind, _ in FOUND_BY_TELEGRAM}
    given = sum(entity.type not in found for entity in content.entities)
    if given > ENTITIES:
        raise stricter(f"{given} entities, and only {ENTITIES} are kept")
    for entity in content.entities:
        if "\udfff" >= _first_unit(content.text, entity.offset) >= "\udc00":
            raise bad_request("ENTITY_BOUNDS_INVALID")


def _first_unit(text: str, offset: int) -> str:
    return text.encode("utf-16-le")[2 * offset : 2 * offset + 2].decode(
        "utf-16-le", errors="surrogatepass"
    )


def keyboard(markup: Json | None) -> None:
    """An inline keyboard; other reply markup has nothing that Telegram measures."""
    if markup is None or "inline_keyboard" not in markup:
        return
    rows = markup["inline_keyboard"]
    if sum(map(len, rows)) > BUTTONS:
        raise bad_request("reply markup is too long")
    for row in rows:
        if len(row) > BUTTONS_A_ROW:
            raise stricter(f"{len(row)} buttons in one row cannot be read on a phone")
        for button in row:
            _button(button)


def _button(button: Json) -> None:
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    actions = ACTIONS_OF_A_BUTTON & button.keys()
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in button:
        size = len(button["callback_data"].encode())
        if not 1 <= size <= CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if "copy_text" in button:
        size = utf16(button["copy_text"]["text"])
        if not 1 <= size <= COPY_TEXT:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if "url" in button:
        url(button["url"])


def url(address: str) -> None:
    """The address of a link button, and of a deep link the length of what it starts with."""
    parts = urlsplit(address)
    web = parts.scheme in {"http", "https"} and "." in (parts.hostname or "")
    if not (web or (parts.scheme == "tg" and parts.netloc)):
        raise bad_request(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")
    if parts.hostname == "t.me" and "start=" in parts.query:
        start_parameter(parts.query.split("start=", 1)[1].split("&")[0])


def start_parameter(value: str) -> None:
    """What stands behind ``?start=``."""
    if not START_PARAMETER.fullmatch(value):
        raise bad_request("START_PARAM_INVALID")


def commands(menu: list[Json]) -> None:
    """A command menu: at most 100, named ``[a-z0-9_]{1,32}``, described in 1 to 256 characters."""
    if len(menu) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for entry in menu:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", entry["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= utf16(entry["description"].strip()) <= COMMAND_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    names = [entry["command"] for entry in menu]
    if len(set(names)) < len(names):
        raise stricter("a command stands twice in one menu")


def language(code: str) -> None:
    """A two-letter language, or none at all."""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("LANG_CODE_INVALID")


def inline_results(results: list[Json], next_offset: str) -> None:
    """The answer to an inline query."""
    if len(results) > INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len(next_offset.encode()) > INLINE_ID_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    seen = set()
    for result in results:
        if not 1 <= len(result["id"].encode()) <= INLINE_ID_BYTES:
            raise bad_request("RESULT_ID_INVALID")
        if result["id"] in seen:
            raise bad_request("RESULT_ID_DUPLICATE")
        seen.add(result["id"])
        if result["type"] == "article" and not result["title"].strip():
            raise bad_request("ARTICLE_TITLE_EMPTY")
        keyboard(result.get("reply_markup"))
        message_text(inline_content(result))


def inline_content(result: Json) -> Formatted:
    """The text that is posted when somebody chooses ``result``."""
    content = result.get("input_message_content")
    if content is None or "message_text" not in content:
        raise bad_request("SEND_MESSAGE_TYPE_INVALID")
    return formatted(
        content["message_text"], content.get("parse_mode"), content.get("entities", ())
    )
