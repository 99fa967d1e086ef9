"""How does a page reach the chat: as a new message, or as an edit of one sent before?"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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

from bot.chats.desk import Caller, Context, desk_of
from bot.chats.ephemeral import edit_ephemeral, number_of, place_of, whisper_for
from bot.pages.buttons import Button, Keyboard, fingerprint
from bot.pages.markup import text
from bot.pages.rendering import Page
from bot.records.store import Answered, Asking

_log = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
LATE = timedelta(days=1)  # an edit of an older message that was never answered is left alone
SLOW = timedelta(minutes=1)  # after which a reader may have forgotten what they asked


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
    asked: Asking | None = None,
) -> int:
    """Show ``page`` and remember what it answers; what was ``asked`` just now goes into the log.

    Gives the number of the message that shows it, 0 where none does.

    A question gets a reply. An edited question gets its earlier answer edited, a pressed button
    the message that it hangs on, unless ``fresh`` asks for a new one.
    """
    memory = desk_of(context).memory
    known = None if fresh else await _known(update, context)
    if known is None and update.callback_query is not None and not fresh:
        return 0
    shown = fingerprint(f"{page.body.html}{page.keyboard}")
    if known is not None:
        message_id, asked_by = known.message, known.asked_by
        chat = _place(update, caller)[0]
        if known.shown != shown and not await _edit(update, context, caller, message_id, page):
            return 0
    else:
        message = update.effective_message
        asked_by = message.message_id if message and not update.callback_query else 0
        sent = await _send(update, context, caller, page)
        desk_of(context).turns.answered(update)
        if sent is None:
            return 0
        chat, message_id = place_of(sent)
    citations = {quote.citation.id: quote.text for quote in page.quotes}
    answered = Answered(
        message_id,
        asked_by,
        asking,
        tuple(citations),
        outcome,
        shown,
        language=caller.texts.language,
    )
    await memory.remember(chat, caller.person, answered, citations)
    if asked is not None and desk_of(context).settings.question_log:
        await memory.log(chat, caller.person, replace(answered, asking=asked))
    return message_id


async def _known(update: Update, context: Context) -> Answered | None:
    """The message of the bot that ``update`` is about; None where there is none yet."""
    query = update.callback_query
    if query is None:
        return await earlier_answer(update, context)
    if query.message is None:
        return None
    chat, message = place_of(query.message)
    known = await desk_of(context).memory.answered(chat, message)
    return known or Answered(message, 0)


async def say(update: Update, context: Context, caller: Caller, sentence: str) -> None:
    """Respond with one plain ``sentence``."""
    await respond(update, context, caller, Page(text(sentence)))


def _place(update: Update, caller: Caller) -> tuple[int, int]:
    """Where the pressed message, or whatever is said in the caller's chat, is remembered."""
    query = update.callback_query
    return place_of(query.message) if query and query.message else (caller.chat, 0)


def _names_its_question(update: Update, context: Context, caller: Caller) -> bool:
    """Whether the answer replies to what it answers.

    Always in a group. In private the answer stands right below the question, and a reply would
    only say it again; unless other messages came in between, or it was long ago.
    """
    message = update.effective_message
    if caller.group or message is None:
        return True
    if update.callback_query is not None:
        return False
    slow = datetime.now(UTC) - message.date > SLOW
    return slow or update.edited_message is not None or desk_of(context).turns.is_crowded(update)


async def _send(update: Update, context: Context, caller: Caller, page: Page) -> Message | None:
    """Answer the message that asks; None where its answer could only be shown to others."""
    message, chat = update.effective_message, caller.chat
    if message is None:
        raise ValueError("an update without a message cannot be replied to")
    wanted = desk_of(context).settings.ephemeral and caller.preferences.alone
    whisper = whisper_for(update, wanted=wanted)
    unseen = number_of(message) != 0  # by anybody else: nobody could see what is replied to
    reply = None
    if not unseen and _names_its_question(update, context, caller):
        reply = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    # A reply lands in its topic by itself; the thread is named for when the question is gone.
    thread = message.message_thread_id if message.is_topic_message else None
    # Noted before it is sent: should we crash now, Telegram delivers the question again, and one
    # answer that gets lost is better than two that arrive.
    await desk_of(context).memory.done(update.update_id)

    async def send(
        words: str, mode: ParseMode | None, to: int, added: dict[str, Any] | None = None
    ) -> Message:
        return await context.bot.send_message(
            to,
            words,
            parse_mode=mode,
            reply_markup=markup_of(page.keyboard),
            link_preview_options=_NO_PREVIEW,
            message_thread_id=thread if to == chat else None,
            reply_parameters=reply if to == chat else None,
            api_kwargs=added,
        )

    if whisper is not None:
        try:
            return await send(page.body.html, ParseMode.HTML, chat, whisper.parameters())
        except BadRequest as error:
            if unseen:
                _log.warning("an answer could not be shown to its asker alone: %s", error.message)
                return None
            _log.info("the answer is shown to everybody: %s", error.message)
        except ChatMigrated:
            pass  # what follows finds the way

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


async def _edit(update: Update, context: Context, caller: Caller, message: int, page: Page) -> bool:
    """Make ``message`` show ``page``; False where there is nothing left to edit."""
    query = update.callback_query
    pressed = query.message if query else None

    async def edit(words: str, mode: ParseMode | None) -> None:
        if pressed is not None and number_of(pressed):
            await edit_ephemeral(
                context.bot,
                pressed,
                caller.person,
                words,
                parse_mode=mode,
                reply_markup=markup_of(page.keyboard),
                link_preview_options=_NO_PREVIEW,
            )
            return
        await context.bot.edit_message_text(
            words,
            caller.chat,
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
