"""How do admins see how the last week went?"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from telegram import Update
from telegram.constants import ChatAction

from bot.chats.desk import Context, desk_of
from bot.chats.replying import say
from bot.handlers.changes import admitted
from bot.pages.chart import picture
from bot.records.stats import DAYS, in_words, week_of
from bot.records.store import DAY
from retrieval.answering import Answerer
from retrieval.model import Citation


async def stats(update: Update, context: Context) -> None:
    """Show the week in numbers and, where it can be drawn, as a picture."""
    caller, desk = await admitted(update, context), desk_of(context)
    if caller is None:
        return
    now = time.time()
    logged = await desk.memory.logged(now - (2 * DAYS + 1) * DAY)
    votes = await desk.memory.votes_since(now - DAYS * DAY)
    zone = datetime.now().astimezone().tzinfo
    week = await asyncio.to_thread(
        week_of, logged, now, zone, lambda id_: _cited(desk.answerer, id_), votes
    )
    words = in_words(week, caller.texts)
    await context.bot.send_chat_action(caller.chat, ChatAction.UPLOAD_PHOTO)
    drawn = await picture(week, desk.settings.state / "cache" / "matplotlib")
    if drawn is None:
        await say(update, context, caller, words)
        return
    await desk.memory.done(update.update_id)
    key = caller.texts.say("stats.key")
    await context.bot.send_photo(caller.chat, drawn, caption=f"{words}\n{key}")


def _cited(answerer: Answerer, citation_id: str) -> Citation | None:
    resolved = answerer.resolve(citation_id)
    return resolved.quote.citation if resolved and resolved.quote else None
