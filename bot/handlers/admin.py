"""How do the bot's admins put what has changed in the knowledge folder into use?"""

from __future__ import annotations

from telegram import Update

from bot.desk import Context, desk_of
from bot.handlers.changes import Wish, admitted, name_of, offer
from bot.markup import text
from bot.rendering import Page
from knowledge.catalog import load_library
from knowledge.changes import Change, from_folder, same_files
from knowledge.revisions import What


async def reload(update: Update, context: Context) -> None:
    """``/reload``: what would change if the knowledge folder were read again?"""
    caller = await admitted(update, context)
    if caller is None:
        return
    desk, texts, who = desk_of(context), caller.texts, name_of(update)

    def wishing() -> Wish | Page:
        folder = desk.settings.knowledge
        if not folder.is_dir():
            load_library(folder)  # which says what is wrong
        newest = desk.shelf.newest()
        change = from_folder(folder, newest)
        if same_files(change, newest):
            return Page(text(texts.say("admin.same")))
        return Wish(Change(change.files, What("folder", {"name": who}), change.seen))

    await offer(update, context, caller, texts.say("admin.reading"), wishing)
