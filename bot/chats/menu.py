"""Which commands does Telegram offer in its menu, where and in which language?"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
)
from telegram.error import BadRequest, TelegramError

from bot.pages.excerpt import clipped
from bot.pages.guide import ADMIN, describe
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


async def publish_commands(
    bot: Bot, topics: Sequence[Topic], *, ephemeral: bool, admins: Collection[int] = ()
) -> None:
    """Tell Telegram the menu for every kind of chat and every language.

    With ``ephemeral``, the commands in groups are so; a server that does not know that takes the
    menu all the same. The private chats of the ``admins`` have the admins' commands as well.
    """
    await _publish(bot, BotCommandScopeAllPrivateChats(), topics, PRIVATE)
    await _publish(bot, BotCommandScopeAllGroupChats(), topics, GROUP, ephemeral=ephemeral)
    everywhere = BotCommandScopeAllChatAdministrators()
    await _publish(bot, everywhere, topics, GROUP_ADMINS, ephemeral=ephemeral)
    for admin in sorted(admins):
        await publish_for_admin(bot, topics, admin)


async def publish_for_admin(bot: Bot, topics: Sequence[Topic], admin: int) -> None:
    """Tell Telegram the menu of one admin's private chat, if they have one with the bot yet."""
    await _publish(bot, BotCommandScopeChat(admin), topics, (*PRIVATE, *ADMIN))


async def publish_for_group(bot: Bot, topics: Sequence[Topic], chat: int, *, alone: bool) -> None:
    """Tell Telegram the menu of a group whose answers all see; none of its own where ``alone``."""
    for scope, words in (
        (BotCommandScopeChat(chat), GROUP),
        (BotCommandScopeChatAdministrators(chat), GROUP_ADMINS),
    ):
        if not alone:
            await _publish(bot, scope, topics, words)
            continue
        for language in LANGUAGES:
            try:
                await bot.delete_my_commands(scope, None if language == "en" else language)
            except TelegramError as error:
                _log.warning("Telegram did not drop the menu of a group: %s", error)


async def _publish(
    bot: Bot,
    scope: BotCommandScope,
    topics: Sequence[Topic],
    words: Sequence[str],
    *,
    ephemeral: bool = False,
) -> None:
    """The menu for ``scope`` in every language.

    Clients of other languages get the English menu, as they get English sentences. A menu that
    Telegram does not take is logged: the bot works without one.
    """
    for language in LANGUAGES:
        code = None if language == "en" else language
        try:
            offered = menu(topics, words, language, ephemeral=ephemeral)
            await bot.set_my_commands(offered, scope, code)
        except BadRequest as error:
            if "chat not found" in error.message.lower():
                _log.info("no menu for an admin who has not written to the bot yet")
                return
            _log.warning("Telegram did not take the menu for %s: %s", scope.type, error)
        except TelegramError as error:
            _log.warning("Telegram did not take the menu for %s: %s", scope.type, error)
