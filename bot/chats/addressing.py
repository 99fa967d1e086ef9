"""Is this message for the bot, and what does it ask?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Message, MessageEntity
from telegram.ext import filters

# A Chinese command word is no command to Telegram, so commands are read from the text itself.
_COMMAND = re.compile(
    r"/(?P<word>[^\s/@]{1,32})(?:@(?P<bot>\w+))?(?=\s|$)(?P<argument>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed: ``word`` in lower case, ``argument`` without white space around it.

    ``other`` is whether it is addressed to another bot.
    """

    word: str
    argument: str
    other: bool


def spoken(message: Message) -> str:
    """The words of ``message``, be they its text or the caption of something."""
    return message.text or message.caption or ""


def command_of(message: Message) -> Command | None:
    """The command that ``message`` begins with.

    Case does not count, any white space separates, ``/hero@us`` is ours and ``/hero@them`` not.
    """
    match = _COMMAND.match(spoken(message))
    if match is None:
        return None
    named = match["bot"]
    other = named is not None and named.lower() != message.get_bot().username.lower()
    return Command(match["word"].lower(), match["argument"].strip(), other)


def is_mentioned(message: Message) -> bool:
    """Whether ``message`` mentions the bot, by its username or as a linked name."""
    bot = message.get_bot()
    linked = (message.entities or message.caption_entities or ()) if spoken(message) else ()
    return bool(_mention(bot.username).search(spoken(message))) or any(
        entity.type == MessageEntity.TEXT_MENTION and entity.user and entity.user.id == bot.id
        for entity in linked
    )


def _mention(username: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@/])@{re.escape(username)}(?!\w)", re.IGNORECASE | re.ASCII)


def replies_to_bot(message: Message) -> bool:
    """Whether ``message`` replies to one of the bot's.

    In a forum every message of a topic "replies" to the service message that opened the topic,
    which may be the bot's: that is no reply.
    """
    before = message.reply_to_message
    return (
        before is not None
        and before.from_user is not None
        and before.from_user.id == message.get_bot().id
        and before.forum_topic_created is None
    )


def question_of(message: Message) -> str:
    """What ``message`` asks: its words without the mention of the bot; a command's argument."""
    command = command_of(message)
    said = command.argument if command else spoken(message)
    return _mention(message.get_bot().username).sub(" ", said).strip()


# Filters for the handler table -------------------------------------------------------------------


class _Commanded(filters.MessageFilter):
    """A command of ours, by any of these words; without words, any command at all."""

    def __init__(self, *words: str) -> None:
        super().__init__(name=f"command({', '.join(words)})")
        self._words = words

    def filter(self, message: Message) -> bool:
        command = command_of(message)
        if command is None:
            return False
        return not self._words or (not command.other and command.word in self._words)


class _ForNobody(filters.MessageFilter):
    """What no person wrote to us: another bot's, our own by inline mode, a channel's forwarded."""

    def filter(self, message: Message) -> bool:
        by_bot = message.from_user is not None and message.from_user.is_bot
        through_us = message.via_bot is not None and message.via_bot.id == message.get_bot().id
        # Anonymous admins and people who write as a channel come as bots with a sender chat.
        return bool(
            (by_bot and message.sender_chat is None) or through_us or message.is_automatic_forward
        )


class _Addressed(filters.MessageFilter):
    """A mention of the bot, or a reply to it."""

    def filter(self, message: Message) -> bool:
        return is_mentioned(message) or replies_to_bot(message)


class _Worded(filters.MessageFilter):
    """A text, or a picture or file with a caption."""

    def filter(self, message: Message) -> bool:
        return bool(spoken(message))


def commanded(*words: str) -> filters.MessageFilter:
    """Messages that begin with one of these commands of ours."""
    return _Commanded(*words)


ANY_COMMAND = _Commanded()
FOR_NOBODY = _ForNobody()
ADDRESSED = _Addressed()
WORDED = _Worded()
