"""What did readers think of an answer?"""

from __future__ import annotations

from telegram import Update

from bot.buttons import Press, Verb
from bot.desk import Context, caller_of, desk_of


async def vote(update: Update, context: Context, press: Press) -> str:
    """Keep a thumb up or down; the last one of each person counts."""
    caller = await caller_of(update, context)
    query = update.callback_query
    if query is None or query.message is None:
        return ""
    good = press.verb is Verb.GOOD
    memory = desk_of(context).memory
    await memory.vote(caller.chat, query.message.message_id, caller.person, good=good)
    return caller.texts.say("feedback.good" if good else "feedback.bad")
