"""How is a question answered that somebody types?"""

from __future__ import annotations

import asyncio

from telegram import Message, Update

from bot.chats.addressing import (
    command_of,
    is_mentioned,
    question_of,
    replies_to_bot,
    spoken,
)
from bot.chats.composing import compose, compose_following, context_of, section_of
from bot.chats.courtesies import response
from bot.chats.desk import Caller, Context, admission, caller_of, desk_of
from bot.chats.ephemeral import place_of
from bot.chats.rates import Admission
from bot.chats.replying import earlier_answer, is_late_edit, respond, say
from bot.pages.buttons import OutdatedButton, Press
from bot.pages.excerpt import clipped
from bot.pages.markup import utf16
from bot.records.store import Asking
from retrieval import model

LONGEST = 1000  # UTF-16 units: more is no question but a text
STILL_TALKING = 1800.0  # seconds after an answer in which a private message may follow on from it


async def question(update: Update, context: Context) -> None:
    """Answer a question: any text in private; in a group what is addressed to the bot."""
    message = update.effective_message
    if message is None or is_late_edit(update):
        return
    caller = await caller_of(update, context)
    _is_another_of_an_album(message, context)  # its other pictures come without words
    asked = question_of(message) or _pointed_at(message)
    earlier = await earlier_answer(update, context)
    if earlier and earlier.asking and earlier.asking.question == asked:
        return  # an edit that changes nothing, such as a link's preview
    hint = _hint(message, caller, asked, context)
    if hint == "":
        return
    verdict = admission(context, caller)
    if verdict is Admission.WARN:
        hint = caller.texts.say("ask.too_fast")
    if verdict is Admission.SILENT:
        return
    if hint is not None:
        await say(update, context, caller, hint)
        return
    before, section = await _before(message, caller, context)
    asking = Asking(asked, section, before)
    # What replies to an answer follows on from it; anything else may.
    await answer(update, context, caller, asking, perhaps=message.reply_to_message is None)


async def answer(
    update: Update,
    context: Context,
    caller: Caller,
    asking: Asking,
    *,
    aloud: bool = False,
    perhaps: bool = False,
) -> None:
    """Answer ``asking`` with its first page; ``aloud`` in a new message that says the question.

    With ``perhaps`` it only follows on from what was said before where it has to.
    """
    answerer = desk_of(context).answerer
    if perhaps:
        asking, composed = await asyncio.to_thread(compose_following, answerer, asking, caller.view)
    else:
        composed = await asyncio.to_thread(compose, answerer, asking, caller.view, asked=aloud)
    if composed is None:
        await say(update, context, caller, caller.texts.say("answer.forgotten"))
        return
    found, page = composed
    outcome = found.outcome.value
    await respond(
        update, context, caller, page, asking=asking, outcome=outcome, fresh=aloud, asked=asking
    )


async def not_text(update: Update, context: Context) -> None:
    """Say once that only text can be read: a sticker, a voice message, a picture in private."""
    message = update.message
    if message is None or _is_another_of_an_album(message, context):
        return
    caller = await caller_of(update, context)
    if admission(context, caller) is Admission.WELCOME:
        await say(update, context, caller, caller.texts.say("ask.not_text"))


async def suggestion(update: Update, context: Context, _: Press) -> str:
    """Ask the question that the pressed button says."""
    label = _pressed_label(update)
    if not label:
        raise OutdatedButton
    caller = await caller_of(update, context)
    await answer(update, context, caller, Asking(label), aloud=True)
    return ""


def _pressed_label(update: Update) -> str:
    """What the pressed button says: the message still has its keyboard."""
    query = update.callback_query
    if query is None or not isinstance(query.message, Message) or not query.message.reply_markup:
        return ""
    rows = query.message.reply_markup.inline_keyboard
    labels = [button.text for row in rows for button in row if button.callback_data == query.data]
    return labels[0] if labels else ""


def _pointed_at(message: Message) -> str:
    """The words of somebody else's message that the bot is called to with nothing but its name."""
    before = message.reply_to_message
    if before is None or replies_to_bot(message):
        return ""
    called = command_of(message) is not None or is_mentioned(message)
    return question_of(before) if called and spoken(before) else ""


def _hint(message: Message, caller: Caller, asked: str, context: Context) -> str | None:
    """The small response to what is no question: None where it is one, "" for silence."""
    called = command_of(message) is not None or is_mentioned(message)
    texts, examples = caller.texts, desk_of(context).answerer.examples
    if not asked and command_of(message) is not None:
        if not examples:
            return texts.say("ask.usage_bare")
        return texts.say("ask.usage", example=clipped(examples[0], 100))
    if not asked and is_mentioned(message):
        bot = context.bot.username
        if not examples:
            return texts.say("ask.mention_bare", bot=bot)
        return texts.say("ask.mention", bot=bot, example=clipped(examples[0], 100))
    courtesy = response(asked, texts)
    if courtesy is not None:
        return "" if caller.group and not called else courtesy
    if utf16(asked) > LONGEST:
        return texts.say("ask.too_long", length=len(asked), limit=LONGEST)
    return None


async def _before(
    message: Message, caller: Caller, context: Context
) -> tuple[model.Context | None, tuple[str, ...]]:
    """What the question follows on from, and the section that it points at.

    A reply to an answer follows on from that answer; in private so may what is said within a
    while of one.
    """
    desk = desk_of(context)
    if message.reply_to_message is not None:
        if not replies_to_bot(message):
            return None, ()
        known = await desk.memory.answered(*place_of(message.reply_to_message))
    elif caller.group:
        return None, ()
    else:
        known = await desk.memory.latest(caller.chat, message.message_id, STILL_TALKING)
    if known is None or known.asking is None:
        return None, ()
    section: tuple[str, ...] = ()
    if message.quote is not None and message.reply_to_message is not None:
        section = await asyncio.to_thread(
            section_of, desk.answerer, known.citations, message.quote.text
        )
    return context_of(known.asking, known.citations), section


def _is_another_of_an_album(message: Message, context: Context) -> bool:
    """Whether ``message`` belongs to the album that was responded to last in this chat."""
    if message.media_group_id is None or context.chat_data is None:
        return False
    seen = context.chat_data.get("album") == message.media_group_id
    context.chat_data["album"] = message.media_group_id
    return seen
