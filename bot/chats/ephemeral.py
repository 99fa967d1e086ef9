"""Which messages in a group does only one person see, and how are they sent and edited?

Telegram's Bot API calls them ephemeral (since 10.2; the parameters here are those of 10.3). The
library that the bot is written with does not know them yet: all that is about them stands here.

A bot may send one to whoever has just pressed its button or sent it an ephemeral command; where it
is an administrator, to any member at any time. Whoever is offline may never get it, and it goes
when the app is closed: right for an answer in a busy group, wrong for anything that must last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, MaybeInaccessibleMessage, Update

_ROOM = 2**64  # more than there are user ids


@dataclass(frozen=True, slots=True)
class Whisper:
    """How to reach one person in a group.

    ``query`` is the id of their button press, ``command`` the number of their ephemeral command;
    without either Telegram lets only administrators through.
    """

    to: int
    query: str = ""
    command: int = 0

    def parameters(self) -> dict[str, Any]:
        """What is added to sendMessage."""
        receiver: dict[str, Any] = {"receiver_user_id": self.to}
        if self.query:
            receiver["callback_query_id"] = self.query
        added: dict[str, Any] = {"ephemeral_message_parameters": receiver}
        if self.command:
            added["reply_parameters"] = {"ephemeral_message_id": self.command}
        return added


def number_of(message: MaybeInaccessibleMessage | None) -> int:
    """The number of an ephemeral message among its like; 0 for an ordinary one."""
    return int(message.api_kwargs.get("ephemeral_message_id") or 0) if message else 0


def whisper_for(update: Update, *, wanted: bool) -> Whisper | None:
    """How to answer ``update`` so that only whoever sent it sees the answer; None to let all see.

    What was said ephemerally is answered so; everything else in a group where that is ``wanted``.
    Somebody who writes in the name of a chat cannot be reached like that.
    """
    message, user, query = update.effective_message, update.effective_user, update.callback_query
    if message is None or user is None or message.chat.type not in {"group", "supergroup"}:
        return None
    if query is not None:
        return Whisper(user.id, query=query.id) if wanted or number_of(message) else None
    if number_of(message):
        return Whisper(user.id, command=number_of(message))
    return Whisper(user.id) if wanted and message.sender_chat is None else None


def place_of(message: MaybeInaccessibleMessage) -> tuple[int, int]:
    """The chat and the number under which the bot remembers ``message``.

    Ephemeral messages have numbers of their own, so each receiver has a room of their own.
    """
    number = number_of(message)
    if not number:
        return message.chat.id, message.message_id
    receiver = message.api_kwargs.get("receiver_user") or {}
    return message.chat.id * _ROOM + int(receiver.get("id", 0)), number


async def edit_ephemeral(
    bot: Bot,
    message: MaybeInaccessibleMessage,
    to: int,
    words: str,
    *,
    parse_mode: str | None,
    reply_markup: InlineKeyboardMarkup | None,
    link_preview_options: LinkPreviewOptions,
) -> None:
    """Edit the ephemeral ``message`` that ``to`` sees; raises what editing any other does."""
    parameters: dict[str, Any] = {
        "chat_id": message.chat.id,
        "receiver_user_id": to,
        "ephemeral_message_id": number_of(message),
        "text": words,
        "link_preview_options": link_preview_options,
    }
    if parse_mode is not None:
        parameters["parse_mode"] = parse_mode
    if reply_markup is not None:
        parameters["reply_markup"] = reply_markup
    await bot.do_api_request("editEphemeralMessageText", api_kwargs=parameters)
