"""How do the catalog's topic commands answer: /hero, /hero 刘安?"""

from __future__ import annotations

import asyncio

from telegram import Update

from bot.chats.addressing import command_of
from bot.chats.composing import compose
from bot.chats.desk import Caller, Context, admission, caller_of, desk_of
from bot.chats.rates import Admission
from bot.chats.replying import earlier_answer, is_late_edit, respond, say
from bot.chats.topics import find_topic, lists_people
from bot.pages.buttons import OutdatedButton, Press, fingerprint
from bot.pages.excerpt import clipped
from bot.pages.rendering import MAX_WORD, Page, View, topic_page
from bot.records.store import Asking
from knowledge.topics import Topic
from retrieval.answering import Answerer
from retrieval.model import Outcome


async def command(update: Update, context: Context) -> None:
    """Answer a topic's command or Chinese word; any other command gets a hint in private."""
    message = update.effective_message
    typed = command_of(message) if message else None
    if typed is None or typed.other or is_late_edit(update):
        return
    answerer = desk_of(context).answerer
    caller = await caller_of(update, context)
    topic = find_topic(answerer.library, typed.word)
    if topic is None and caller.group:
        return
    asking = Asking(f"/{topic.command} {typed.argument}" if topic else "")
    earlier = await earlier_answer(update, context)
    if earlier and earlier.asking == asking:
        return
    verdict = admission(context, caller)
    if verdict is Admission.SILENT:
        return
    if verdict is Admission.WARN:
        await say(update, context, caller, caller.texts.say("ask.too_fast"))
    elif topic is None:
        unknown = caller.texts.say("ask.unknown_command", command=f"/{clipped(typed.word, 32)}")
        await say(update, context, caller, unknown)
    else:
        await show(update, context, caller, answerer, topic, typed.argument)


async def show(
    update: Update,
    context: Context,
    caller: Caller,
    answerer: Answerer,
    topic: Topic,
    name: str,
) -> None:
    """Show what ``topic`` has for ``name``: the answer about one entry, or a list to choose."""
    asking = Asking(f"/{topic.command} {name}")
    composed = await asyncio.to_thread(compose, answerer, asking, caller.view) if name else None
    if composed is None:
        page = await asyncio.to_thread(_list, answerer, topic, name, caller.view)
        unknown = bool(name) and not answerer.topic(topic, name).entries
        asked, outcome = (asking, Outcome.NOT_FOUND.value) if unknown else (None, "")
        await respond(update, context, caller, page, outcome=outcome, asked=asked)
        return
    answer, page = composed
    outcome = answer.outcome.value
    await respond(update, context, caller, page, asking=asking, outcome=outcome, asked=asking)


def _list(answerer: Answerer, topic: Topic, name: str, view: View, page: int = 0) -> Page:
    """The list of ``topic``: all of it, the several that ``name`` fits, or all with an excuse."""
    people = lists_people(answerer.library, topic)
    if not name:
        return topic_page(topic, topic.entries, view, page, people=people)
    entries = answerer.topic(topic, name).entries
    excuse = "topic.several" if entries else "topic.none"
    remark = view.texts.say(excuse, given=clipped(name, MAX_WORD))
    return topic_page(topic, entries or topic.entries, view, people=people, remark=remark)


async def turn(update: Update, context: Context, press: Press) -> str:
    """Show another page of a topic's list in the same message."""
    caller = await caller_of(update, context)
    answerer = desk_of(context).answerer
    topic = _pressed_topic(answerer, press)
    page = await asyncio.to_thread(_list, answerer, topic, "", caller.view, press.number(1))
    await respond(update, context, caller, page)
    return ""


async def entry(update: Update, context: Context, press: Press) -> str:
    """Show the entry whose button was pressed in the message of the list."""
    caller = await caller_of(update, context)
    answerer = desk_of(context).answerer
    topic = _pressed_topic(answerer, press)
    name = entry_name(topic, press.word(1))
    if name is None:
        raise OutdatedButton(str(press))
    await show(update, context, caller, answerer, topic, name)
    return ""


def entry_name(topic: Topic, mark: str) -> str | None:
    """The name of the entry of ``topic`` whose fingerprint is ``mark``."""
    names = (entry.name for entry in topic.entries)
    return next((name for name in names if fingerprint(name) == mark), None)


def _pressed_topic(answerer: Answerer, press: Press) -> Topic:
    topic = find_topic(answerer.library, press.word(0))
    if topic is None:
        raise OutdatedButton(str(press))
    return topic
