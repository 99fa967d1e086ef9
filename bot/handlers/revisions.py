"""How does an admin look at earlier versions, go back to one, or take a report away?"""

from __future__ import annotations

import asyncio

from telegram import Update

from bot.chats.addressing import command_of
from bot.chats.desk import Caller, Context, caller_of, desk_of
from bot.chats.replying import respond, say
from bot.handlers.changes import Wish, admitted, is_admin, name_of, offer
from bot.pages.buttons import Press
from bot.pages.markup import text
from bot.pages.previews import removal_page, revisions_page
from bot.pages.rendering import Page
from knowledge.changes import Change, back_to, overlay_of, with_overlay
from knowledge.errors import UnknownRevision, UnusableShelf
from knowledge.revisions import Revision, Revisions, What


async def revisions(update: Update, context: Context) -> None:
    """``/revisions``: who changed what, and when."""
    caller = await admitted(update, context)
    if caller is not None:
        await respond(update, context, caller, await _list(context, caller, 0))


async def turn_revisions(update: Update, context: Context, press: Press) -> str:
    """Another page of the list."""
    caller = await caller_of(update, context)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    await respond(update, context, caller, await _list(context, caller, press.number(0)))
    return ""


async def _list(context: Context, caller: Caller, page: int) -> Page:
    shelf = desk_of(context).shelf
    return await asyncio.to_thread(
        lambda: revisions_page(shelf.numbers(), shelf.revision, caller.view, page)
    )


async def rollback(update: Update, context: Context) -> None:
    """``/rollback`` to the revision before, ``/rollback 3`` to another."""
    caller = await admitted(update, context)
    message = update.effective_message
    command = command_of(message) if message else None
    if caller is None or command is None:
        return
    wanted = command.argument
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 6):
        await say(update, context, caller, caller.texts.say("revisions.not_a_number"))
        return
    await _roll_back(update, context, caller, int(wanted) if wanted else None)


async def press_rollback(update: Update, context: Context, press: Press) -> str:
    """The same, by the button of a revision."""
    caller = await caller_of(update, context)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    await _roll_back(update, context, caller, press.number(0))
    return ""


async def _roll_back(update: Update, context: Context, caller: Caller, number: int | None) -> None:
    desk, texts = desk_of(context), caller.texts
    who = name_of(update)

    def wishing() -> Wish | Page:
        newest = _newest(desk.shelf)
        to = newest.number - 1 if number is None else number
        if number is None and not to:
            return Page(text(texts.say("revisions.first")))
        if to == newest.number:
            return Page(text(texts.say("revisions.is_current", number=to)))
        try:
            change = back_to(desk.shelf.revision(to), desk.settings.knowledge)
        except UnknownRevision:
            return Page(text(texts.say("revisions.unknown", number=to)))
        what = What("rollback", {**change.what.details, "name": who})
        return Wish(Change(change.files, what, change.seen))

    await offer(update, context, caller, texts.say("admin.comparing"), wishing)


def _newest(shelf: Revisions) -> Revision:
    newest = shelf.newest()
    if newest is None:
        raise UnusableShelf("nothing can be kept in WENJU_STATE; the log says why")
    return newest


# Removing ----------------------------------------------------------------------------------------


async def remove(update: Update, context: Context) -> None:
    """``/remove`` with an id or a title; without one, a choice."""
    caller = await admitted(update, context)
    message = update.effective_message
    command = command_of(message) if message else None
    if caller is None or command is None:
        return
    reports = desk_of(context).answerer.library.reports
    wanted = command.argument
    for report in reports:
        if wanted and wanted in (report.id, report.title):
            await _remove(update, context, caller, report.id)
            return
    remark = caller.texts.say("remove.unknown", given=wanted[:60]) if wanted else ""
    await respond(update, context, caller, removal_page(reports, caller.view, remark=remark))


async def turn_removals(update: Update, context: Context, press: Press) -> str:
    """Another page of the choice."""
    caller = await caller_of(update, context)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    reports = desk_of(context).answerer.library.reports
    await respond(update, context, caller, removal_page(reports, caller.view, press.number(0)))
    return ""


async def press_remove(update: Update, context: Context, press: Press) -> str:
    """A report was chosen."""
    caller = await caller_of(update, context)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    await _remove(update, context, caller, press.word(0))
    return ""


async def _remove(update: Update, context: Context, caller: Caller, report_id: str) -> None:
    desk, texts, who = desk_of(context), caller.texts, name_of(update)

    def wishing() -> Wish | Page:
        newest, library = _newest(desk.shelf), desk.answerer.library
        if report_id not in library:
            return Page(text(texts.say("remove.unknown", given=report_id)))
        if len(library.reports) == 1:
            return Page(text(texts.say("remove.last")))
        title = library.report(report_id).title
        what = What("remove", {"report": report_id, "title": title, "name": who})
        return Wish(with_overlay(newest, overlay_of(newest).without_report(report_id), what))

    await offer(update, context, caller, texts.say("admin.comparing"), wishing)
