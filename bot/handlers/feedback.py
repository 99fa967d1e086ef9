"""What did readers think of an answer?"""

from __future__ import annotations

from telegram import Update

from bot.chats.desk import Context, caller_of, desk_of
from bot.chats.ephemeral import place_of
from bot.pages.buttons import Press, Verb


async def vote(update: Update, context: Context, press: Press) -> str:
    """Keep a thumb up or down; the last one of each person counts."""
    caller = await caller_of(update, context)
    query = update.callback_query
    if query is None or query.message is None:
        return ""
    good = press.verb is Verb.GOOD
    memory = desk_of(context).memory
    await memory.vote(*place_of(query.message), caller.person, good=good)
    return caller.own.say("feedback.good" if good else "feedback.bad")
