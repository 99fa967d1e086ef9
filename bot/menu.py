"""Which commands does Telegram offer in its menu, where and in which language?"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import TelegramError

from bot.excerpt import clipped
from bot.guide import describe
from bot.texts import LANGUAGES, texts
from knowledge.topics import Topic

_log = logging.getLogger(__name__)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MOST = 100
PRIVATE = ("start", "help", "ask", "reports", "outline", "settings")
GROUP = ("ask", "reports", "outline", "help")
GROUP_ADMINS = (*GROUP, "settings")


def menu(topics: Sequence[Topic], words: Sequence[str], language: str) -> list[BotCommand]:
    """The topics' commands and the fixed ones named ``words``, described in ``language``."""
    say = texts(language).say
    offered = [
        BotCommand(topic.command, clipped(describe(topic, texts(language)), 256))
        for topic in topics
        if _COMMAND.fullmatch(topic.command)
    ]
    return [*offered, *(BotCommand(word, say(f"commands.{word}")) for word in words)][:MOST]


async def publish_commands(bot: Bot, topics: Sequence[Topic]) -> None:
    """Tell Telegram the menu for every kind of chat and every language.

    Clients of other languages get the English menu, as they get English sentences. A menu that
    Telegram does not take is logged: the bot works without one.
    """
    scopes: list[tuple[BotCommandScope, Sequence[str]]] = [
        (BotCommandScopeAllPrivateChats(), PRIVATE),
        (BotCommandScopeAllGroupChats(), GROUP),
        (BotCommandScopeAllChatAdministrators(), GROUP_ADMINS),
    ]
    for scope, words in scopes:
        for language in LANGUAGES:
            code = None if language == "en" else language
            try:
                await bot.set_my_commands(menu(topics, words, language), scope, code)
            except TelegramError as error:
                _log.warning("Telegram did not take the menu for %s: %s", scope.type, error)
