"""How do admins deal with the questions that were not answered well?

The buttons carry what to do and with what: ``list`` and a page, ``open`` and a question's
fingerprint, ``bind`` and a citation's, ``dismiss``, ``undo`` and a revision's number, ``confirm``
or ``cancel`` and a draft. What a message is about stands in the store.
"""

from __future__ import annotations

import asyncio
import re

from telegram import Message, Update
from telegram.ext import filters

from bot.chats.addressing import spoken
from bot.chats.desk import Caller, Context, caller_of, desk_of
from bot.chats.replying import respond, say
from bot.chats.working import Working, working
from bot.handlers.changes import admitted, draft_of, failed_page, is_admin, name_of
from bot.library.binding import (
    ASKED,
    BIND,
    SYNONYMS,
    Wish,
    binding,
    propose,
    synonyms,
    undoing,
)
from bot.library.previewing import put_into_use
from bot.pages.buttons import OutdatedButton, Press, Verb, fingerprint, read_press
from bot.pages.inbox import (
    CANDIDATES,
    WORDINGS,
    bound_page,
    broken_page,
    item_page,
    list_page,
    synonyms_page,
    undone_page,
)
from bot.pages.markup import text
from bot.pages.rendering import Page, View
from bot.records.piles import Pile, is_settled, piles
from bot.records.store import Item
from knowledge.errors import KnowledgeError, OutdatedDraft, UnknownDraft
from knowledge.revisions import Revision
from retrieval.answering import Answerer
from retrieval.errors import RetrievalError
from retrieval.evaluation.gate import Consequences
from retrieval.model import Quote
from retrieval.quoting import prove
from retrieval.text.analysis import normalise

MOST = 60  # piles that are looked at: an admin works from the top
LONGEST_WORD = 20  # characters of a word that means the same as another
_SAME = re.compile(r"\s*([^=＝]+?)\s*[=＝]\s*([^=＝]+?)\s*")


async def inbox(update: Update, context: Context) -> None:
    """Show the questions that wait, to an admin in private."""
    caller = await admitted(update, context)
    if caller is not None:
        await respond(update, context, caller, await _list(context, caller.view))


async def pressed(update: Update, context: Context, press: Press) -> str:
    """Do what a button of the inbox says."""
    caller = await caller_of(update, context)
    if caller.group or not is_admin(update, context):
        return caller.own.say("admin.only_admins")
    match press.word(0):
        case "list":
            page = await _list(context, caller.view, press.number(1))
            await respond(update, context, caller, page)
        case "open":
            return await _open(update, context, caller, press.word(1))
        case "bind":
            return await _bind(update, context, caller, press.word(1))
        case "dismiss":
            return await _dismiss(update, context, caller)
        case "undo":
            return await _undo(update, context, caller, press.number(1))
        case "confirm":
            return await _confirm(update, context, caller, press.word(1))
        case "cancel":
            await asyncio.to_thread(desk_of(context).shelf.discard, press.word(1))
            await respond(update, context, caller, await _list(context, caller.view))
        case _:
            raise OutdatedButton(str(press))
    return ""


async def typed(update: Update, context: Context) -> None:
    """Look for other words, or take two for the same, in reply to an item of the inbox."""
    caller, message = await admitted(update, context), update.effective_message
    if caller is None or message is None or message.reply_to_message is None:
        return
    desk, words = desk_of(context), " ".join(spoken(message).split())
    item = await desk.memory.in_inbox(caller.chat, message.reply_to_message.message_id)
    if item is None:
        await say(update, context, caller, caller.texts.say("inbox.open_first"))
        return
    if match := _SAME.fullmatch(words):
        await _same(update, context, caller, match.groups())
        return
    found = await asyncio.to_thread(_candidates, desk.answerer, words)
    await _show(update, context, caller, Item(item.questions, words), found)


# What the buttons do -----------------------------------------------------------------------------


async def _open(update: Update, context: Context, caller: Caller, mark: str) -> str:
    pile = next((one for one in await _piles(context) if one.is_marked(mark)), None)
    if pile is None:
        return caller.own.say("inbox.gone")
    item = Item(pile.wordings[:WORDINGS], pile.question)
    found = await asyncio.to_thread(_candidates, desk_of(context).answerer, pile.question)
    await _show(update, context, caller, item, found, pile)
    return ""


async def _show(
    update: Update,
    context: Context,
    caller: Caller,
    item: Item,
    found: tuple[Quote, ...],
    pile: Pile | None = None,
) -> None:
    page = item_page(item, found, caller.view, pile)
    message = await respond(update, context, caller, page)
    if message:
        await desk_of(context).memory.put_in_inbox(caller.chat, message, item)


async def _bind(update: Update, context: Context, caller: Caller, mark: str) -> str:
    desk, item = desk_of(context), await _item(update, context, caller)
    found = await asyncio.to_thread(_candidates, desk.answerer, item.words)
    quote = next((one for one in found if fingerprint(one.citation.id) == mark), None)
    if quote is None:
        return caller.own.say("inbox.passage_gone")
    return await _change(update, context, caller, binding(item.questions, quote))


async def _same(
    update: Update, context: Context, caller: Caller, words: tuple[str | None, ...]
) -> None:
    """Take two words for the same, where the reports have one of them."""
    answerer = desk_of(context).answerer
    given = [word for word in words if word]
    if len(set(given)) < 2 or any(len(word) > LONGEST_WORD for word in given):
        await say(update, context, caller, caller.texts.say("inbox.bad_words"))
        return
    if not await asyncio.to_thread(_any_known, answerer, given):
        await say(update, context, caller, caller.texts.say("inbox.unknown_words"))
        return
    await _change(update, context, caller, synonyms(given))


async def _dismiss(update: Update, context: Context, caller: Caller) -> str:
    memory, item = desk_of(context).memory, await _item(update, context, caller)
    waiting = (pile for pile in await _piles(context) if item.questions[0] in pile.wordings)
    pile = next(waiting, None)
    await memory.dismiss(pile.wordings if pile else item.questions)
    await respond(update, context, caller, await _list(context, caller.view))
    return caller.own.say("inbox.dismissed")


async def _undo(update: Update, context: Context, caller: Caller, number: int) -> str:
    try:
        revision = await asyncio.to_thread(desk_of(context).shelf.revision, number)
    except KnowledgeError:
        return caller.own.say("inbox.cannot_undo")
    wish = undoing(revision.what)
    if wish is None:
        return caller.own.say("inbox.cannot_undo")
    return await _change(update, context, caller, wish)


async def _change(update: Update, context: Context, caller: Caller, wish: Wish) -> str:
    """Put ``wish`` into use at once where it breaks nothing; else ask whether to."""
    fresh, draft = update.callback_query is None, draft_of(update)
    sentence = caller.texts.say("inbox.checking")
    async with working(update, context, caller, sentence, draft=draft, fresh=fresh) as work:
        desk = desk_of(context)
        if desk.reloading.locked():
            work.tell(caller.texts.say("admin.queued"))
        async with desk.reloading:
            page = await _tried(context, caller, wish, draft, name_of(update), work)
        await work.end(page)
    return ""


async def _tried(
    context: Context, caller: Caller, wish: Wish, draft: str, name: str, work: Working
) -> Page:
    """Find out what ``wish`` does, and do it where it breaks nothing."""
    desk, said = desk_of(context), caller.texts.say

    def tell(done: int, total: int) -> None:
        work.tell(said("admin.asking", done=done, total=total))

    asked = await desk.memory.recent_questions(ASKED)
    try:
        told = await asyncio.to_thread(
            propose,
            desk.settings,
            desk.shelf,
            desk.answerer,
            wish,
            draft,
            by=caller.person,
            name=name,
            asked=asked,
            progress=tell,
        )
    except (KnowledgeError, RetrievalError) as error:
        return failed_page(error, caller)
    if told is None:
        return Page(text(said("inbox.no_change")))
    if told.broken:
        return broken_page(told.broken, draft, caller.view)
    return await _put_into_use(context, caller, draft, told)


async def _confirm(update: Update, context: Context, caller: Caller, draft: str) -> str:
    desk, said = desk_of(context), caller.texts.say
    sentence = said("admin.switching")
    async with working(update, context, caller, sentence, draft=draft, fresh=False) as work:
        if desk.reloading.locked():
            work.tell(said("admin.queued"))
        async with desk.reloading:
            page = await _put_into_use(context, caller, draft, None)
        await work.end(page)
    return ""


async def _put_into_use(
    context: Context, caller: Caller, draft: str, told: Consequences | None
) -> Page:
    """Confirm ``draft``, answer from it, and say what was done."""
    desk = desk_of(context)
    try:
        revision, fresh = await asyncio.to_thread(
            put_into_use, desk.settings, desk.shelf, draft, by=str(caller.person)
        )
    except (OutdatedDraft, UnknownDraft):
        return Page(text(caller.texts.say("inbox.outdated")))
    except (KnowledgeError, RetrievalError) as error:
        return failed_page(error, caller)
    desk.answer_from(fresh)
    changed = ""
    if told is not None and told.asked:
        changed = caller.texts.say("inbox.changed", asked=told.asked, count=len(told.changed))
    return _done(revision, fresh, changed, caller.view)


# What they share ---------------------------------------------------------------------------------


def _done(revision: Revision, fresh: Answerer, changed: str, view: View) -> Page:
    """What ``revision`` of the inbox did, with the way back."""
    details = revision.what.details
    if revision.what.kind == BIND:
        resolved = fresh.resolve(details["citation"])
        if resolved is not None and resolved.quote is not None:
            questions = details["questions"].splitlines()
            return bound_page(questions, resolved.quote, revision.number, changed, view)
    if revision.what.kind == SYNONYMS:
        return synonyms_page(details["words"].splitlines(), revision.number, changed, view)
    return undone_page(revision.number, view)


async def _list(context: Context, view: View, page: int = 0) -> Page:
    """The piles that nothing has settled yet."""
    answerer, all_piles = desk_of(context).answerer, await _piles(context)

    def waiting() -> list[Pile]:
        return [pile for pile in all_piles if not is_settled(answerer, pile)]

    return list_page(await asyncio.to_thread(waiting), view, page)


async def _piles(context: Context) -> tuple[Pile, ...]:
    memory = desk_of(context).memory
    logged, dismissed = await memory.logged(), await memory.dismissed()
    return (await asyncio.to_thread(piles, logged, dismissed))[:MOST]


async def _item(update: Update, context: Context, caller: Caller) -> Item:
    """What the pressed button's message is about; raises OutdatedButton."""
    query = update.callback_query
    if query is None or query.message is None:
        raise OutdatedButton
    item = await desk_of(context).memory.in_inbox(caller.chat, query.message.message_id)
    if item is None:
        raise OutdatedButton
    return item


def _candidates(answerer: Answerer, words: str) -> tuple[Quote, ...]:
    found, _ = answerer.candidates(words, limit=CANDIDATES)
    prove(answerer.library, found)
    return found


def _any_known(answerer: Answerer, words: list[str]) -> bool:
    """Whether a report has one of ``words``, letter for letter once normalised."""
    wanted = [normalise(word).text for word in words]
    texts = (normalise(report.text).text for report in answerer.library.reports)
    return any(word in one for one in texts for word in wanted)


class _AboutAnItem(filters.MessageFilter):
    """A reply to a message that has buttons of the inbox."""

    def filter(self, message: Message) -> bool:
        before = message.reply_to_message
        if before is None or before.reply_markup is None:
            return False
        buttons = (one for row in before.reply_markup.inline_keyboard for one in row)
        for data in (str(one.callback_data) for one in buttons if one.callback_data):
            try:
                if read_press(data).verb is Verb.INBOX:
                    return True
            except OutdatedButton:
                continue
        return False


ABOUT_AN_ITEM = _AboutAnItem()
