"""How do the bot's admins put new knowledge into use?"""

from __future__ import annotations

import asyncio
import logging
import time

from telegram import Update

from bot.desk import Caller, Context, caller_of, desk_of
from bot.excerpt import clipped
from bot.markup import joined, text
from bot.menu import publish_commands
from bot.opening import open_answerer
from bot.rendering import Page
from bot.replying import respond, say
from knowledge.errors import InvalidCatalog, KnowledgeError
from retrieval.errors import RetrievalError

_log = logging.getLogger(__name__)
FAULTS_SHOWN = 10


async def reload(update: Update, context: Context) -> None:
    """Read the knowledge folder again and swap it in, if nothing is wrong with it.

    The old knowledge serves until the new one is complete; questions under way finish on it.
    """
    caller = await caller_of(update, context)
    desk = desk_of(context)
    user = update.effective_user
    if user is None or user.id not in desk.settings.admins:
        if not caller.group:
            await say(update, context, caller, caller.texts.say("admin.only_admins"))
        return
    if desk.reloading.locked():
        await say(update, context, caller, caller.texts.say("admin.busy"))
        return
    async with desk.reloading:
        await respond(update, context, caller, await _reloaded(context, caller))


async def _reloaded(context: Context, caller: Caller) -> Page:
    """Do it, and say what came of it."""
    desk, sentence = desk_of(context), caller.texts.say
    began = time.monotonic()
    try:
        fresh = await asyncio.to_thread(open_answerer, desk.settings, desk.settings.state)
    except InvalidCatalog as error:
        faults = [str(fault) for fault in error.faults]
    except (KnowledgeError, RetrievalError) as error:
        faults = [str(error)]
    else:
        faults = []
    if faults:
        _log.warning("the knowledge was not reloaded: %s", "; ".join(faults))
        shown = [sentence("admin.fault", fault=clipped(f, 300)) for f in faults[:FAULTS_SHOWN]]
        if len(faults) > FAULTS_SHOWN:
            shown.append(sentence("admin.more_faults", count=len(faults) - FAULTS_SHOWN))
        return Page(joined(map(text, [sentence("admin.failed"), *shown])))
    if fresh.library.revision == desk.answerer.library.revision:
        return Page(text(sentence("admin.same")))
    desk.answerer = fresh
    library = fresh.library
    _log.info("the knowledge was reloaded: revision %s", library.revision)
    await publish_commands(context.bot, library.topics, ephemeral=desk.settings.ephemeral)
    return Page(
        text(
            sentence(
                "admin.done",
                reports=len(library.reports),
                passages=len(library.passages),
                topics=len(library.topics),
                seconds=f"{time.monotonic() - began:.1f}",
            )
        )
    )
