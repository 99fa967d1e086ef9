"""What happens when a button is pressed?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from telegram import CallbackQuery, Update
from telegram.error import BadRequest

from bot.chats.desk import Context, admission, caller_of
from bot.chats.rates import Admission
from bot.errors import UnusableState
from bot.pages.buttons import OutdatedButton, Press, Verb, read_press
from bot.pages.excerpt import clipped

LONGEST = 200  # UTF-16 units of what Telegram shows in answer to a press
Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]
Action = Callable[[Update, Context, Press], Awaitable[str]]


def pressed(actions: Mapping[Verb, Action]) -> Handler:
    """A handler that does what the button says and answers the press exactly once.

    An action gives what to show in the little window, "" for nothing.
    """

    async def handle(update: Update, context: Context) -> None:
        query = update.callback_query
        if query is None:
            return
        caller = await caller_of(update, context)
        if admission(context, caller) is not Admission.WELCOME:
            await _answer(query, caller.own.say("ask.too_fast"))
            return
        try:
            press = read_press(query.data or "")
            shown = await actions[press.verb](update, context, press)
        except OutdatedButton:
            await _answer(query, caller.own.say("browse.outdated"), alert=True)
        except UnusableState:
            await _answer(query, caller.own.say("ask.unkept"), alert=True)
            raise
        except Exception:
            await _answer(query, caller.own.say("ask.fault"), alert=True)
            raise
        else:
            await _answer(query, shown, alert=press.verb is Verb.WHY)

    return handle


async def _answer(query: CallbackQuery, shown: str, *, alert: bool = False) -> None:
    """Stop the button's spinner; a press that is too old to be answered is let be."""
    lines = [clipped(line, LONGEST) for line in shown.splitlines()]
    try:
        await query.answer("\n".join(lines)[:LONGEST] or None, show_alert=alert or None)
    except BadRequest as error:
        if "query is too old" not in error.message.lower():
            raise
