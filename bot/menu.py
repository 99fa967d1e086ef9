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


def menu(
    topics: Sequence[Topic], words: Sequence[str], language: str, *, ephemeral: bool = False
) -> list[BotCommand]:
    """The topics' commands and the fixed ones named ``words``, described in ``language``.

    An ``ephemeral`` command and its answer are seen by nobody but whoever sends it.
    """
    say = texts(language).say
    kind = {"is_ephemeral": True} if ephemeral else None
    offered = [
        BotCommand(topic.command, clipped(describe(topic, texts(language)), 256), api_kwargs=kind)
        for topic in topics
        if _COMMAND.fullmatch(topic.command)
    ]
    fixed = (BotCommand(word, say(f"commands.{word}"), api_kwargs=kind) for word in words)
    return [*offered, *fixed][:MOST]


async def publish_commands(bot: Bot, topics: Sequence[Topic], *, ephemeral: bool) -> None:
    """Tell Telegram the menu for every kind of chat and every language.

    With ``ephemeral``, the commands in groups are so; a server that does not know that takes the
    menu all the same.
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
            hidden = ephemeral and words is not PRIVATE
            try:
                offered = menu(topics, words, language, ephemeral=hidden)
                await bot.set_my_commands(offered, scope, code)
            except TelegramError as error:
                _log.warning("Telegram did not take the menu for %s: %s", scope.type, error)
