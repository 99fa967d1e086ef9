"""What happens when handling an update goes wrong?"""

from __future__ import annotations

import logging

from telegram import Update
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, TelegramError, TimedOut

from bot.chats.desk import Context, caller_of, desk_of
from bot.chats.hearing import NoBotApi, refused_by_server
from bot.chats.replying import say
from bot.errors import BotError
from retrieval.errors import QuoteNotVerbatim

_log = logging.getLogger(__name__)
# Nobody there to tell: the chat or its topic is gone, the bot may not write in it, or who typed an
# inline query has long gone on.
_GONE = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "thread not found",
    "topic_closed",
    "topic_deleted",
    "was kicked",
    "query is too old",
)


async def on_error(update: object, context: Context) -> None:
    """Log what went wrong, first of all; then say one polite sentence to whoever asked."""
    error = context.error
    if not isinstance(update, Update):
        _listening_failed(context, error)
        return
    if isinstance(error, Forbidden) or (
        isinstance(error, BadRequest) and any(gone in error.message.lower() for gone in _GONE)
    ):
        _log.info("update %d: Telegram does not let us answer: %s", update.update_id, error)
        return
    if isinstance(error, TelegramError):
        # It may have arrived all the same, and what was just refused would be refused again.
        reason = (isinstance(error, NetworkError) and refused_by_server(error)) or error
        _log.error("update %d was not answered: %s", update.update_id, reason)
        return
    if isinstance(error, BotError):  # it says itself what is wrong, and what to do
        _log.error("update %d was not answered: %s", update.update_id, error)
    else:
        _log.error("update %d was not answered", update.update_id, exc_info=error)
    if update.callback_query is not None or update.effective_message is None:
        return  # a press is answered where it is handled; an inline query shows nothing
    fault = "ask.fault_verbatim" if isinstance(error, QuoteNotVerbatim) else "ask.fault"
    try:
        caller = await caller_of(update, context)
        await say(update, context, caller, caller.texts.say(fault))
    except TelegramError as second:
        _log.info("update %d: nor could that be said: %s", update.update_id, second)


def _listening_failed(context: Context, error: Exception | None) -> None:
    """Fetching updates failed; it is tried again, more and more slowly. Say each trouble once."""
    hearing = desk_of(context).hearing
    if isinstance(error, Conflict):
        if hearing.troubled("conflict"):
            _log.error(
                "another program is fetching updates with the same token (or a webhook is set):"
                " stop one of the two; trying again, more and more slowly"
            )
    elif isinstance(error, NetworkError) and not isinstance(error, TimedOut):
        answered = refused_by_server(error)
        if hearing.troubled(answered or "network"):
            what = "answers with a fault of its own" if answered else "cannot be reached"
            _log.warning("Telegram %s (%s); trying again", what, answered or error.message)
    elif isinstance(error, NoBotApi):
        if hearing.troubled("no Bot API"):
            _log.warning("%s; trying again", error.message)
    elif hearing.troubled(repr(error)):
        _log.error("fetching updates failed; trying again", exc_info=error)
