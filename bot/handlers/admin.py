"""How do the bot's admins put what has changed in the knowledge folder into use?"""

from __future__ import annotations

from telegram import Update

from bot.chats.desk import Context, desk_of
from bot.handlers.changes import Wish, admitted, name_of, offer
from bot.pages.excerpt import clipped
from bot.pages.markup import text
from bot.pages.rendering import Page
from bot.texts import Texts
from knowledge.changes import Change, from_folder, overlay_of, same_files
from knowledge.revisions import Revision, What


def _overlaid(newest: Revision | None, texts: Texts) -> tuple[str, ...]:
    """That the folder does not count for some reports, for those who wonder why."""
    overlay = overlay_of(newest)
    ids = [*(row.id for row in overlay.reports), *overlay.removed]
    shown = clipped(texts.say("absence.separator").join(ids), 200)
    return (texts.say("preview.overlaid", ids=shown),) if ids else ()


async def reload(update: Update, context: Context) -> None:
    """``/reload``: what would change if the knowledge folder were read again?"""
    caller = await admitted(update, context)
    if caller is None:
        return
    desk, texts, who = desk_of(context), caller.texts, name_of(update)

    def wishing() -> Wish | Page:
        newest = desk.shelf.newest()
        change = from_folder(desk.settings.knowledge, newest)
        if same_files(change, newest):
            return Page(text(texts.say("admin.same")))
        what = What("folder", {"name": who})
        return Wish(Change(change.files, what, change.seen), _overlaid(newest, texts))

    await offer(update, context, caller, texts.say("admin.reading"), wishing)
