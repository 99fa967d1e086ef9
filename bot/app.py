"""How is the bot put together, and who answers what? The handler table is on one screen."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseHandler,
    CallbackQueryHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.chats.addressing import ADDRESSED, ANY_COMMAND, FOR_NOBODY, WORDED, commanded
from bot.chats.desk import Context, Desk, put_desk
from bot.chats.faults import on_error
from bot.chats.hearing import Hearing, ListeningRequest, SpeakingRequest
from bot.chats.pacing import Pacing
from bot.chats.rates import Rates
from bot.chats.turns import Line, Turns
from bot.errors import CannotStart
from bot.handlers import (
    admin,
    ask,
    browse,
    changes,
    choices,
    feedback,
    inbox,
    inline,
    press,
    revisions,
    stats,
    topics,
    upload,
)
from bot.library.opening import open_to_serve
from bot.pages.buttons import Verb
from bot.pages.guide import ADMIN
from bot.records.memory import Memory
from bot.records.store import Store
from bot.settings import Settings
from knowledge.newest import shelf_in

App = Application[Any, Any, Any, Any, Any, Any]

UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY)
CONNECTIONS = 256  # to Telegram at a time, as the client has it by itself

BUTTONS = {
    Verb.MORE: browse.more,
    Verb.AROUND: browse.around,
    Verb.WHY: browse.why,
    Verb.GOOD: feedback.vote,
    Verb.BAD: feedback.vote,
    Verb.ASK: ask.suggestion,
    Verb.TOPIC: topics.turn,
    Verb.ENTRY: topics.entry,
    Verb.REPORTS: browse.turn_reports,
    Verb.OUTLINE: browse.open_outline,
    Verb.SECTION: browse.open_section,
    Verb.SETTING: choices.choose,
    Verb.CONFIRM: changes.confirm,
    Verb.CANCEL: changes.cancel,
    Verb.REVISIONS: revisions.turn_revisions,
    Verb.ROLLBACK: revisions.press_rollback,
    Verb.REMOVALS: revisions.turn_removals,
    Verb.REMOVE: revisions.press_remove,
    Verb.INBOX: inbox.pressed,
}


def handlers(admins: Collection[int]) -> list[BaseHandler[Update, Context, None]]:
    """Who answers what. The first that fits an update takes it, so the order matters."""
    sent = filters.ChatType.PRIVATE & filters.Document.ALL & filters.User(admins)
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    said = new | edited  # an edited question edits its answer
    private, group = filters.ChatType.PRIVATE, filters.ChatType.GROUPS
    return [
        # What nobody said to us comes first: no later line must see it.
        MessageHandler(said & FOR_NOBODY, silence),
        MessageHandler(new & filters.StatusUpdate.MIGRATE, choices.moved),
        MessageHandler(said & filters.StatusUpdate.ALL, silence),
        MessageHandler(edited & commanded("start", "settings", *ADMIN), silence),
        # Then commands, the fixed ones before the topics', which change with the catalog.
        MessageHandler(new & commanded("start"), browse.start),
        MessageHandler(said & commanded("help"), browse.help_),
        MessageHandler(said & commanded("ask"), ask.question),
        MessageHandler(said & commanded("reports"), browse.reports),
        MessageHandler(said & commanded("outline"), browse.outline),
        MessageHandler(new & commanded("settings"), choices.settings),
        MessageHandler(new & commanded("reload"), admin.reload),
        MessageHandler(new & commanded("add"), upload.add),
        MessageHandler(new & commanded("remove"), revisions.remove),
        MessageHandler(new & commanded("revisions"), revisions.revisions),
        MessageHandler(new & commanded("rollback"), revisions.rollback),
        MessageHandler(new & commanded("inbox"), inbox.inbox),
        MessageHandler(new & commanded("stats"), stats.stats),
        MessageHandler(said & ANY_COMMAND, topics.command),
        # Then a file of an admin, who wants it to be a report.
        MessageHandler(new & sent, upload.document),
        MessageHandler(edited & sent, silence),
        # Then words: all of them in private, in a group only what is addressed to us.
        MessageHandler(new & private & WORDED & inbox.ABOUT_AN_ITEM, inbox.typed),
        MessageHandler(said & private & WORDED, ask.question),
        MessageHandler(said & group & WORDED & ADDRESSED, ask.question),
        MessageHandler(new & private & ~WORDED, ask.not_text),
        # What is no message.
        CallbackQueryHandler(press.pressed(BUTTONS)),
        InlineQueryHandler(inline.results),
    ]


async def silence(_: Update, __: Context) -> None:
    """Say nothing, on purpose."""


def build_application(settings: Settings, store: Store, hearing: Hearing) -> App:
    """The bot, ready to run on ``settings``; ``store`` is open and stays so until it has ended."""
    if settings.token is None:
        raise CannotStart("WENJU_TOKEN is not set")
    memory = Memory(store)
    turns = Turns(memory)
    app: App = (
        ApplicationBuilder()
        .token(settings.token.get_secret_value())
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .rate_limiter(Pacing(settings.send_rate, turns))
        .update_queue(Line())
        .concurrent_updates(turns)
        .request(SpeakingRequest(connection_pool_size=CONNECTIONS))
        .get_updates_request(ListeningRequest(hearing))
        .build()
    )
    shelf = shelf_in(settings.state)
    answerer = open_to_serve(settings, shelf)
    rates = Rates(settings.person_rate, settings.chat_rate, time.monotonic)
    put_desk(app.bot_data, Desk(settings, memory, shelf, answerer, rates, hearing, turns))
    app.add_handlers(handlers(settings.admins))
    app.add_error_handler(on_error)
    return app
