"""How does a wish of an admin become a preview, and the preview a new revision?"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from telegram import Update

from bot.chats.desk import Caller, Context, caller_of, desk_of
from bot.chats.menu import publish_commands
from bot.chats.replying import respond, say
from bot.chats.working import Working, decision, working
from bot.library.opening import Progress
from bot.library.previewing import ASKED, Preview, preview, propose, put_into_use, remake
from bot.pages.buttons import Press
from bot.pages.markup import joined, text
from bot.pages.previews import FAULTS, done_page, faults_page, preview_page, unread_rows
from bot.pages.rendering import Page
from knowledge.changes import Change
from knowledge.errors import InvalidCatalog, KnowledgeError, OutdatedDraft, UnknownDraft
from knowledge.giving_way import giving_way
from knowledge.revisions import Revision
from retrieval.errors import RetrievalError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an admin wants changed, and what they should know of how it was read."""

    change: Change
    remarks: tuple[str, ...] = ()


Wishing = Callable[[], Wish | Page]
"""Finds out, in a worker thread, what to change; or says in a page why there is nothing to."""


def is_admin(update: Update, context: Context) -> bool:
    """Whether one of the bot's admins sent ``update``, known by user id alone."""
    user = update.effective_user
    return user is not None and user.id in desk_of(context).settings.admins


async def admitted(update: Update, context: Context) -> Caller | None:
    """The admin who sent ``update`` in private; ``None``, after a word to whoever else did.

    In a group nobody but an admin hears anything.
    """
    caller = await caller_of(update, context)
    admin = is_admin(update, context)
    if admin and not caller.group:
        return caller
    if not caller.group:
        await say(update, context, caller, caller.texts.say("admin.only_admins"))
    elif admin:
        await say(update, context, caller, caller.texts.say("admin.private_only"))
    return None


async def offer(
    update: Update, context: Context, caller: Caller, sentence: str, wishing: Wishing
) -> None:
    """Say ``sentence``, work out what the wish would change, and show it with two buttons."""
    async with working(update, context, caller, sentence) as work:
        await offer_in(work, update, context, caller, wishing)


async def offer_in(
    work: Working, update: Update, context: Context, caller: Caller, wishing: Wishing
) -> None:
    """The same in a message that is there already."""
    desk, said = desk_of(context), caller.texts.say
    shelf, draft = desk.shelf, draft_of(update)
    if desk.reloading.locked():
        work.tell(said("admin.queued"))
    async with desk.reloading:
        try:
            wish = await asyncio.to_thread(giving_way()(wishing))
            if isinstance(wish, Page):
                await work.end(wish)
                return
            work.tell(said("admin.comparing"))
            made = await asyncio.to_thread(
                propose, shelf, draft, wish.change, by=str(caller.person)
            )
            seen = await _preview(context, caller, work, made)
        except (KnowledgeError, RetrievalError) as error:
            await asyncio.to_thread(shelf.discard, draft)
            await work.end(failed_page(error, caller))
            return
        except Exception:
            await asyncio.to_thread(shelf.discard, draft)
            raise
    if not seen.difference:
        await asyncio.to_thread(shelf.discard, draft)
        rows = [said("admin.same"), *wish.remarks, *unread_rows(seen, caller.texts)[:FAULTS]]
        await work.end(Page(joined(map(text, rows))))
        return
    await work.end(preview_page(seen, caller.view, remarks=wish.remarks))


async def _preview(context: Context, caller: Caller, work: Working, draft: Revision) -> Preview:
    desk = desk_of(context)
    desk.ready = None  # rather than having three in memory
    asked = await desk.memory.recent_questions(ASKED)
    progress = _asking(work, caller)
    seen = await asyncio.to_thread(preview, desk.settings, draft, desk.answerer, asked, progress)
    desk.ready = seen.ready
    return seen


def _asking(work: Working, caller: Caller) -> Progress:
    def tell(done: int, total: int) -> None:
        work.tell(caller.texts.say("admin.asking", done=done, total=total))

    return tell


def failed_page(error: Exception, caller: Caller) -> Page:
    """Why nothing was replaced."""
    faults = (
        [str(one) for one in error.faults] if isinstance(error, InvalidCatalog) else [str(error)]
    )
    _log.warning("the knowledge was not replaced: %s", "; ".join(faults))
    return faults_page(faults, caller.texts, head=caller.texts.say("admin.failed"))


def draft_of(update: Update) -> str:
    """The id of the draft that ``update`` asks for, the same should it be delivered again."""
    chat = update.effective_chat
    told = f"{chat.id if chat else 0}.{update.update_id}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def name_of(update: Update) -> str:
    """The name of whoever sent ``update``, for the list of revisions."""
    return update.effective_user.full_name if update.effective_user else ""


# Buttons -----------------------------------------------------------------------------------------


async def confirm(update: Update, context: Context, press: Press) -> str:
    """Put a previewed change into use."""
    caller, desk, draft = await caller_of(update, context), desk_of(context), press.word(0)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    done = await asyncio.to_thread(desk.shelf.confirmed, draft)
    if done is not None:
        return caller.own.say("revisions.already", number=done.number)
    async with working(
        update,
        context,
        caller,
        caller.texts.say("admin.switching"),
        draft=draft,
        keyboard=decision(draft, caller.texts),
        fresh=False,
    ) as work:
        await work.end(await _confirmed(context, caller, work, draft))
    return ""


async def _confirmed(context: Context, caller: Caller, work: Working, draft: str) -> Page:
    """Do it, and say what came of it."""
    desk, said = desk_of(context), caller.texts.say
    if desk.reloading.locked():
        work.tell(said("admin.queued"))
    async with desk.reloading:
        try:
            revision, answerer = await asyncio.to_thread(
                put_into_use,
                desk.settings,
                desk.shelf,
                draft,
                by=str(caller.person),
                ready=desk.ready,
            )
            desk.answer_from(answerer)
        except UnknownDraft:
            return Page(text(said("revisions.gone")))
        except OutdatedDraft:
            return await _again(context, caller, work, draft)
        except (KnowledgeError, RetrievalError) as error:
            return failed_page(error, caller)
    _log.info("revision %d of the knowledge is in use", revision.number)
    topics = answerer.library.topics
    settings = desk.settings
    await publish_commands(
        context.bot, topics, ephemeral=settings.ephemeral, admins=settings.admins
    )
    return done_page(revision, answerer.library, caller.view)


async def _again(context: Context, caller: Caller, work: Working, draft: str) -> Page:
    """The preview anew, on top of the revision that came in between."""
    desk, said = desk_of(context), caller.texts.say
    work.tell(said("admin.comparing"))
    try:
        old = await asyncio.to_thread(desk.shelf.draft, draft)
        made = await asyncio.to_thread(
            remake, desk.settings, desk.shelf, old, desk.answerer.library
        )
        seen = await _preview(context, caller, work, made)
    except UnknownDraft:
        return Page(text(said("revisions.gone")))
    except (KnowledgeError, RetrievalError) as error:
        return failed_page(error, caller)
    if not seen.difference:
        await asyncio.to_thread(desk.shelf.discard, draft)
        return Page(text(said("admin.same")))
    remark = said("preview.overtaken", number=made.number - 1)
    return preview_page(seen, caller.view, remark=remark)


async def cancel(update: Update, context: Context, press: Press) -> str:
    """Forget a previewed change."""
    caller, desk, draft = await caller_of(update, context), desk_of(context), press.word(0)
    if not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    done = await asyncio.to_thread(desk.shelf.confirmed, draft)
    if done is not None:
        return caller.own.say("revisions.already", number=done.number)
    there = await asyncio.to_thread(desk.shelf.discard, draft)
    if desk.ready and desk.ready.draft.draft == draft:
        desk.ready = None
    key = "revisions.cancelled" if there else "revisions.gone"
    await respond(update, context, caller, Page(text(caller.texts.say(key))))
    return ""
