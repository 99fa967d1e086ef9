"""How is the bot put together, and who answers what? The handler table is on one screen."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from telegram import Update
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import (
    AIORateLimiter,
    Application,
    ApplicationBuilder,
    BaseHandler,
    CallbackQueryHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot import heartbeat
from bot.addressing import ADDRESSED, ANY_COMMAND, FOR_NOBODY, WORDED, commanded
from bot.buttons import Verb
from bot.desk import Context, Desk, put_desk
from bot.errors import CannotStart
from bot.faults import on_error
from bot.handlers import admin, ask, browse, choices, feedback, inline, press, topics
from bot.hearing import Hearing, ListeningRequest
from bot.memory import Memory
from bot.menu import publish_commands
from bot.opening import open_answerer
from bot.rates import Rates
from bot.settings import Settings
from bot.store import Store
from bot.turns import Turns

_log = logging.getLogger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]

UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY)
STARTING = 0.05  # seconds between two looks whether the bot has started
SEND_RETRIES = 3  # times that a send waits and tries again when Telegram says 429

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
}


def handlers() -> list[BaseHandler[Update, Context, None]]:
    """Who answers what. The first that fits an update takes it, so the order matters."""
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    said = new | edited  # an edited question edits its answer
    private, group = filters.ChatType.PRIVATE, filters.ChatType.GROUPS
    return [
        # What nobody said to us comes first: no later line must see it.
        MessageHandler(said & FOR_NOBODY, silence),
        MessageHandler(new & filters.StatusUpdate.MIGRATE, choices.moved),
        MessageHandler(said & filters.StatusUpdate.ALL, silence),
        MessageHandler(edited & commanded("start", "settings", "reload"), silence),
        # Then commands, the fixed ones before the topics', which change with the catalog.
        MessageHandler(new & commanded("start"), browse.start),
        MessageHandler(said & commanded("help"), browse.help_),
        MessageHandler(said & commanded("ask"), ask.question),
        MessageHandler(said & commanded("reports"), browse.reports),
        MessageHandler(said & commanded("outline"), browse.outline),
        MessageHandler(new & commanded("settings"), choices.settings),
        MessageHandler(new & commanded("reload"), admin.reload),
        MessageHandler(said & ANY_COMMAND, topics.command),
        # Then words: all of them in private, in a group only what is addressed to us.
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
    app: App = (
        ApplicationBuilder()
        .token(settings.token.get_secret_value())
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .rate_limiter(AIORateLimiter(max_retries=SEND_RETRIES))
        .concurrent_updates(Turns(memory))
        .get_updates_request(ListeningRequest(hearing))
        .post_init(_start)
        .post_stop(_stop)
        .post_shutdown(_shut_down)
        .build()
    )
    answerer = open_answerer(settings, settings.state)
    rates = Rates(settings.person_rate, settings.chat_rate, time.monotonic)
    put_desk(app.bot_data, Desk(settings, memory, answerer, rates, hearing))
    app.add_handlers(handlers())
    app.add_error_handler(on_error)
    return app


async def _start(app: App) -> None:
    """Publish the menu and begin the heartbeat; updates are fetched after this."""
    desk = app.bot_data["desk"]
    await publish_commands(app.bot, desk.answerer.library.topics)
    await desk.memory.forget_old()
    app.bot_data["heart"] = asyncio.create_task(_beat(app, desk), name="heartbeat")


async def _stop(app: App) -> None:
    """Note the end; every fetched update has been answered by now."""
    heartbeat.end(app.bot_data["desk"].settings.state)
    _log.info("stopped; every question that had been fetched is answered")


async def _shut_down(app: App) -> None:
    """End the heartbeat, also where the bot never got as far as to start."""
    heart = app.bot_data.get("heart")
    if heart is not None:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)


async def _beat(app: App, desk: Desk) -> None:
    """Give a sign of life now and then; end everything where Telegram refuses our token."""
    while not app.running:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(STARTING)
    _log.info("@%s is ready; stop it with SIGTERM or Ctrl-C", app.bot.username)
    while True:
        if desk.hearing.refused:
            _log.error("%s", _REFUSED)
            app.stop_running()
            return
        polling = desk.settings.webhook_url is None
        now = time.time()
        await asyncio.to_thread(
            heartbeat.beat, desk.settings.state, now, desk.hearing.heard if polling else now
        )
        await asyncio.sleep(heartbeat.EVERY)


_REFUSED = "Telegram refuses the token; check WENJU_TOKEN (BotFather shows it) and WENJU_API_URL"


def serve(settings: Settings) -> None:
    """Run the bot until it is told to stop; raises CannotStart, UnusableState and more."""
    hearing = Hearing()
    with closing(
        Store(settings.state, retention_days=settings.retention_days, clock=time.time)
    ) as store:
        app = build_application(settings, store, hearing)
        try:
            if settings.webhook_url is None:
                app.run_polling(allowed_updates=UPDATES)
            else:
                _run_webhook(app, settings)
        except InvalidToken as error:
            raise CannotStart(_REFUSED) from error
        except NetworkError as error:
            raise CannotStart(
                f"the Bot API server at {settings.api_url} cannot be reached ({error.message})"
            ) from error
        except TelegramError as error:
            raise CannotStart(f"Telegram does not let the bot start: {error.message}") from error
    if hearing.refused:
        raise CannotStart(_REFUSED)


def _run_webhook(app: App, settings: Settings) -> None:
    host, port = settings.listen
    secret = settings.webhook_secret
    try:
        app.run_webhook(
            listen=host,
            port=port,
            url_path=urlsplit(settings.webhook_url or "").path,
            webhook_url=settings.webhook_url,
            secret_token=secret.get_secret_value() if secret else secrets.token_urlsafe(32),
            allowed_updates=UPDATES,
        )
    except OSError as error:
        raise CannotStart(
            f"WENJU_LISTEN={host}:{port} cannot be used ({error.strerror or error})"
        ) from error
