"""How does a chat choose its language, the number of passages and their length?"""

from __future__ import annotations

from telegram import Message, Update

from bot.chats.desk import Caller, Context, admission, caller_of, desk_of
from bot.chats.menu import publish_for_group
from bot.chats.rates import Admission
from bot.chats.replying import respond, say
from bot.pages.buttons import OutdatedButton, Press
from bot.pages.guide import CHOICES, choices_page
from bot.pages.rendering import Page


async def settings(update: Update, context: Context) -> None:
    """Show what is chosen; in a group to its own admins only."""
    caller = await caller_of(update, context)
    if admission(context, caller) is not Admission.WELCOME:
        return
    if not await _may_choose(update, context, caller):
        await say(update, context, caller, caller.texts.say("settings.only_admins"))
        return
    await respond(update, context, caller, _page(caller, context))


async def choose(update: Update, context: Context, press: Press) -> str:
    """Keep a choice and show it in the same message."""
    caller = await caller_of(update, context)
    if not await _may_choose(update, context, caller):
        return caller.own.say("settings.only_admins")
    name, value = press.word(0), press.word(1)
    if value not in CHOICES.get(name, {}):
        raise OutdatedButton(str(press))
    await desk_of(context).memory.choose(caller.chat, **{name: CHOICES[name][value]})
    caller = await caller_of(update, context)
    await respond(update, context, caller, _page(caller, context))
    if name == "alone":
        await _publish(context, caller.chat)
    return caller.own.say("settings.saved")


async def moved(update: Update, context: Context) -> None:
    """Let the choices of a group move along when it becomes a supergroup."""
    message = update.effective_message
    if isinstance(message, Message) and message.migrate_to_chat_id is not None:
        await desk_of(context).memory.move(message.chat_id, message.migrate_to_chat_id)
        await _publish(context, message.migrate_to_chat_id)


def _page(caller: Caller, context: Context) -> Page:
    ephemeral = desk_of(context).settings.ephemeral
    return choices_page(caller.preferences, caller.view, group=caller.group, ephemeral=ephemeral)


async def _publish(context: Context, chat: int) -> None:
    """Give a group whose answers all may see a menu whose commands all may see."""
    desk = desk_of(context)
    if desk.settings.ephemeral:
        alone = (await desk.memory.preferences(chat)).alone
        await publish_for_group(context.bot, desk.answerer.library.topics, chat, alone=alone)


async def _may_choose(update: Update, context: Context, caller: Caller) -> bool:
    """Whether the caller may choose for this chat: always in private, in a group its admins."""
    if not caller.group:
        return True
    message, user = update.effective_message, update.effective_user
    writes_as = message.sender_chat if message and not update.callback_query else None
    if writes_as is not None:
        return writes_as.id == caller.chat  # an anonymous admin writes as the group itself
    if user is None:
        return False
    admins = await context.bot.get_chat_administrators(caller.chat)
    return any(admin.user.id == user.id for admin in admins)
