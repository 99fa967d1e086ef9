"""The bot in this process, so that a test can reach into it; Telegram is the strict server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from telegram import Update

from bot.app import App, build_application
from bot.chats.desk import Desk, the_desk
from bot.chats.hearing import Hearing
from bot.records.store import Store
from bot.settings import Settings
from tests.telegram.refusal import Json
from tests.telegram.server import Server, running
from tests.telegram.world import Chat, Person


@dataclass
class InProcess:
    """A bot that handles what it is handed; ``chat`` is a private one with ``person``."""

    app: App
    server: Server
    store: Store
    person: Person
    chat: Chat
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def desk(self) -> Desk:
        return the_desk(self.app.bot_data)

    async def take(self, content: Json) -> None:
        """Handle one update, in its turn, as when it is fetched."""
        update = Update.de_json({"update_id": next(self.numbers), **content}, self.app.bot)
        await self.app.update_processor.process_update(update, self.app.process_update(update))

    def sent(self) -> list[str]:
        """The texts of all messages that the bot has sent."""
        return [call.parameters["text"] for call in self.server.made("sendMessage")]


@asynccontextmanager
async def in_process(settings: Settings, folder: Path) -> AsyncIterator[InProcess]:
    """A bot with a store of its own in ``folder``."""
    async with running(Server()) as server:
        own = settings.model_copy(update={"api_url": server.address})
        with closing(Store(folder)) as store:
            app = build_application(own, store, Hearing())
            person = server.world.new_person()
            async with app:
                yield InProcess(app, server, store, person, server.world.private(person))
