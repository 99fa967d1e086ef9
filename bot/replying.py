"""How does a page reach the chat: as a new message, or as an edit of one sent before?"""

from __future__ import annotations

import logging
from datetime import timedelta

from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated

from bot.buttons import Button, Keyboard, fingerprint
from bot.desk import Caller, Context, desk_of
from bot.markup import text
from bot.rendering import Page
from bot.store import Answered, Asking

_log = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
LATE = timedelta(days=1)  # an edit of an older message that was never answered is left alone


def markup_of(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """The ``keyboard`` as Telegram has it; None where there are no buttons."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in keyboard])


def _button(button: Button) -> InlineKeyboardButton:
    if button.press is not None:
        return InlineKeyboardButton(button.label, callback_data=str(button.press))
    if button.copy:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    return InlineKeyboardButton(button.label, url=button.url)


async def earlier_answer(update: Update, context: Context) -> Answered | None:
    """What the bot has said to this message already, which somebody has now edited."""
    message = update.edited_message
    if message is None:
        return None
    return await desk_of(context).memory.answer_to(message.chat_id, message.message_id)


def is_late_edit(update: Update) -> bool:
    """Whether this is an edit of a message so old that an answer now would surprise."""
    message = update.edited_message
    return (
        message is not None
        and message.edit_date is not None
        and message.edit_date - message.date > LATE
    )


async def respond(
    update: Update,
    context: Context,
    caller: Caller,
    page: Page,
    *,
    asking: Asking | None = None,
    outcome: str = "",
    fresh: bool = False,
) -> None:
    """Show ``page`` and remember what it answers.

    A question gets a reply. An edited question gets its earlier answer edited, a pressed button
    the message that it hangs on, unless ``fresh`` asks for a new one.
    """
    memory, chat = desk_of(context).memory, caller.chat
    known = None if fresh else await _known(update, context)
    if known is None and update.callback_query is not None and not fresh:
        return
    shown = fingerprint(f"{page.body.html}{page.keyboard}")
    if known is not None:
        message_id, asked_by = known.message, known.asked_by
        if known.shown != shown and not await _edit(context, chat, message_id, page):
            return
    else:
        message = update.effective_message
        asked_by = message.message_id if message and not update.callback_query else 0
        sent = await _send(update, context, chat, page)
        chat, message_id = sent.chat_id, sent.message_id
    citations = {quote.citation.id: quote.text for quote in page.quotes}
    answered = Answered(message_id, asked_by, asking, tuple(citations), outcome, shown)
    await memory.remember(chat, caller.person, answered, citations)


async def _known(update: Update, context: Context) -> Answered | None:
    """The message of the bot that ``update`` is about; None where there is none yet."""
    query = update.callback_query
    if query is None:
        return await earlier_answer(update, context)
    if query.message is None:
        return None
    chat, message = query.message.chat.id, query.message.message_id
    known = await desk_of(context).memory.answered(chat, message)
    return known or Answered(message, 0)


async def say(update: Update, context: Context, caller: Caller, sentence: str) -> None:
    """Respond with one plain ``sentence``."""
    await respond(update, context, caller, Page(text(sentence)))


async def _send(update: Update, context: Context, chat: int, page: Page) -> Message:
    """Reply to the message that asks."""
    message = update.effective_message
    if message is None:
        raise ValueError("an update without a message cannot be replied to")
    reply = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    # A reply lands in its topic by itself; the thread is named for when the question is gone.
    thread = message.message_thread_id if message.is_topic_message else None
    # Noted before it is sent: should we crash now, Telegram delivers the question again, and one
    # answer that gets lost is better than two that arrive.
    await desk_of(context).memory.done(update.update_id)

    async def send(words: str, mode: ParseMode | None, to: int) -> Message:
        return await context.bot.send_message(
            to,
            words,
            parse_mode=mode,
            reply_markup=markup_of(page.keyboard),
            link_preview_options=_NO_PREVIEW,
            message_thread_id=thread if to == chat else None,
            reply_parameters=reply if to == chat else None,
        )

    try:
        sent = await send(page.body.html, ParseMode.HTML, chat)
    except ChatMigrated as error:
        await desk_of(context).memory.move(chat, error.new_chat_id)
        sent = await send(page.body.html, ParseMode.HTML, error.new_chat_id)
    except BadRequest as error:
        if not _is_parse_error(error):
            raise
        _log.error("Telegram cannot parse %r: %s", page.body.html, error.message)
        sent = await send(page.body.plain, None, chat)
    return sent


async def _edit(context: Context, chat: int, message: int, page: Page) -> bool:
    """Make ``message`` show ``page``; False where there is nothing left to edit."""

    async def edit(words: str, mode: ParseMode | None) -> None:
        await context.bot.edit_message_text(
            words,
            chat,
            message,
            parse_mode=mode,
            reply_markup=markup_of(page.keyboard),
            link_preview_options=_NO_PREVIEW,
        )

    try:
        await edit(page.body.html, ParseMode.HTML)
    except BadRequest as error:
        said = error.message.lower()
        if "not modified" in said:
            return True
        if "to edit not found" in said or "can't be edited" in said:
            return False
        if not _is_parse_error(error):
            raise
        _log.error("Telegram cannot parse %r: %s", page.body.html, error.message)
        await edit(page.body.plain, None)
    return True


def _is_parse_error(error: BadRequest) -> bool:
    return "parse entities" in error.message.lower()
