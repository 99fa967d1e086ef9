"""How does the running bot start, go on, and end?"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from urllib.parse import urlsplit

from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Updater

from bot.app import UPDATES, App, build_application
from bot.chats.desk import Desk, the_desk
from bot.chats.hearing import Hearing, NoBotApi, refused_by_server
from bot.chats.menu import publish_commands
from bot.chats.working import tell_interrupted
from bot.errors import CannotStart
from bot.library.deepening import deepening
from bot.library.watching import watching
from bot.process import heartbeat
from bot.process.alone import alone
from bot.records.store import Store
from bot.settings import Settings

_log = logging.getLogger(__name__)
# Seconds that one thread computes before another gets its turn. While knowledge is replaced, an
# answer waits so long at each of its steps; with Python's own 0.005 twice as long on the whole.
_TURN = 0.0005
# After how many new objects Python looks for garbage among them, after how many such looks among
# more of them. With its own numbers it went through all that had come since the start every other
# second while knowledge was replaced, for 60 to 90 ms, in which nobody is answered.
_GARBAGE = (5_000, 20, 100)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_REFUSED = "Telegram refuses the token; check WENJU_TOKEN (BotFather shows it) and WENJU_API_URL"


def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or Ctrl-C; what had been fetched by then is answered first.

    Raises CannotStart, UnusableState, and what is wrong with the knowledge.
    """
    sys.setswitchinterval(_TURN)
    gc.set_threshold(*_GARBAGE)
    hearing = Hearing()
    with (
        alone(settings.state),
        closing(Store(settings.state, retention_days=settings.retention_days)) as store,
    ):
        app = build_application(settings, store, hearing)
        try:
            asyncio.run(_run(app, settings, hearing))
        except asyncio.CancelledError:
            _log.info("stopped before it had started")
        except InvalidToken as error:
            raise CannotStart(_REFUSED) from error
        except NetworkError as error:
            answered = refused_by_server(error)
            what = f"answers with a fault of its own ({answered}); try again later"
            if not answered:
                what = f"cannot be reached ({error.message})"
            raise CannotStart(f"the Bot API server at {settings.api_url} {what}") from error
        except NoBotApi as error:
            raise CannotStart(
                f"what answers at {settings.api_url} is no Bot API server; check WENJU_API_URL"
            ) from error
        except TelegramError as error:
            raise CannotStart(f"Telegram does not let the bot start: {error.message}") from error
    if hearing.refused:
        raise CannotStart(_REFUSED)


async def _run(app: App, settings: Settings, hearing: Hearing) -> None:
    """From the first call to the last."""
    updater, desk = app.updater, the_desk(app.bot_data)
    if updater is None:
        raise ValueError("an application that fetches no updates cannot be run")
    _end_on_signal(app, hearing)
    try:
        await app.initialize()
    except (LookupError, TypeError) as error:  # it names no bot when it is asked who we are
        raise NoBotApi("what answers is no Bot API server") from error
    async with app:
        try:
            topics = desk.answerer.library.topics
            await publish_commands(
                app.bot, topics, ephemeral=settings.ephemeral, admins=settings.admins
            )
            await tell_interrupted(app.bot, settings, desk.shelf)
            await desk.memory.forget_old()
            await _listen(app, updater, settings)
            await app.start()
            _log.info("@%s is ready; stop it with SIGTERM or Ctrl-C", app.bot.username)
            async with _heart(desk), watching(app.bot, desk), deepening(desk):
                await hearing.ending.wait()
        finally:
            if updater.running:
                # What it may still raise was said when it happened.
                with contextlib.suppress(TelegramError):
                    await updater.stop()
            if app.running:
                await app.stop()
                _log.info("stopped; every question that had been fetched is answered")


def _end_on_signal(app: App, hearing: Hearing) -> None:
    """End in good order when a signal comes; at once while nothing has been fetched."""
    task = asyncio.current_task()

    def end() -> None:
        if app.running:
            hearing.ending.set()
        elif task is not None:
            task.cancel()

    for name in _SIGNALS:
        # Where a loop knows no signals, Ctrl-C still cancels the task.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, end)


async def _listen(app: App, updater: Updater, settings: Settings) -> None:
    """Begin to fetch updates, or to be called with them."""
    if settings.webhook_url is None:
        await updater.start_polling(
            allowed_updates=UPDATES,
            error_callback=lambda error: _tell(app, error),
        )
        return
    host, port = settings.listen
    secret = settings.webhook_secret
    try:
        await updater.start_webhook(
            listen=host,
            port=port,
            url_path=urlsplit(settings.webhook_url).path,
            webhook_url=settings.webhook_url,
            secret_token=secret.get_secret_value() if secret else secrets.token_urlsafe(32),
            allowed_updates=UPDATES,
        )
    except OSError as error:
        raise CannotStart(
            f"WENJU_LISTEN={host}:{port} cannot be used ({error.strerror or error})"
        ) from error


def _tell(app: App, error: TelegramError) -> None:
    """Hand a failure to fetch updates to the error handler, like any other."""
    app.create_task(app.process_error(update=None, error=error))


@asynccontextmanager
async def _heart(desk: Desk) -> AsyncIterator[None]:
    """Give a sign of life now and then while the block lasts; see ``wenju health``."""

    async def beat() -> None:
        polling = desk.settings.webhook_url is None
        while True:
            now = time.time()
            heard = desk.hearing.heard if polling else now
            try:
                await asyncio.to_thread(heartbeat.beat, desk.settings.state, now, heard)
            except OSError as error:
                _log.error("no sign of life could be given: %s", error)
            await asyncio.sleep(heartbeat.EVERY)

    heart = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield
    finally:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)
        heartbeat.end(desk.settings.state)
