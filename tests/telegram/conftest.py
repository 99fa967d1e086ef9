"""Which bots are running for these tests, and what must be true of each of them at its end?"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from knowledge.catalog import load_library
from knowledge.newest import shelf_in
from tests.telegram.bot_process import ROOT, BotProcess, Setup, free_port, kept_environment, serving
from tests.telegram.conversation import WRITES, Conversation, Message
from tests.telegram.server import SECRET, Server, running

# Read by the Pythons of the bots that are to die; those of some systems have a module of this name.
collect_ignore = ["dying_bot"]

SHIPPED = ROOT / "knowledge"


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves, and the server that it talks to."""

    server: Server
    bot: BotProcess
    knowledge: Path = SHIPPED

    def conversation(self, name: str = "王小明", language: str | None = "zh-hans") -> Conversation:
        """Somebody new in a private chat with the bot."""
        person = self.server.world.new_person(name, language=language)
        return Conversation(self.server, self.server.world.private(person), person)

    def in_group(self, name: str = "王小明", language: str | None = "zh-hans") -> Conversation:
        """Somebody new in a new group that the bot is in."""
        person = self.server.world.new_person(name, language=language)
        return Conversation(self.server, self.server.world.supergroup(), person)

    async def stop(self) -> None:
        """Stop it; everything that it had fetched has been answered afterwards."""
        assert await self.bot.stop() == 0, self.bot.output


class Start(Protocol):
    """What starts a bot of its own for a test that needs one."""

    def __call__(
        self, server: Server | None = None, **settings: str
    ) -> AbstractAsyncContextManager[Running]: ...


def polling(server: Server) -> dict[str, str]:
    """The settings of a bot that polls: none."""
    return {}


def by_webhook(server: Server) -> dict[str, str]:
    """The settings of a bot that is called."""
    port = free_port()
    return {
        "WENJU_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "WENJU_WEBHOOK_SECRET": "a-secret-for-the-webhook",
        "WENJU_LISTEN": f"127.0.0.1:{port}",
    }


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the index of the shipped knowledge, which takes seconds to build."""
    folder = tmp_path_factory.mktemp("indexed")
    environment = {**kept_environment(), "WENJU_STATE": str(folder)}
    command = [sys.executable, "-m", "bot", "index"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return folder


@asynccontextmanager
async def bot_with(
    server: Server, folder: Path, indexed: Path, settings: dict[str, str]
) -> AsyncIterator[Running]:
    """A bot that serves; looked over when the block is left, unless a test failed in it."""
    setup = Setup(server, folder, settings)
    if not setup.state.exists():
        shutil.copytree(indexed, setup.state)
    async with serving(setup) as bot:
        one = Running(server, bot, Path(settings.get("WENJU_KNOWLEDGE", SHIPPED)))
        yield one
        if bot.process.returncode is None:
            await one.stop()
        look_over(one)


def look_over(one: Running) -> None:
    """What holds for every bot of every test when it has ended."""
    assert one.server.refusals() == [], "Telegram would have refused this"
    assert SECRET not in one.bot.output, "the token is in the output"
    assert "Traceback" not in one.bot.output, one.bot.output
    own = [*one.knowledge.glob("reports/*"), *one.knowledge.glob("*.md")]
    reports = [*SHIPPED.glob("reports/*"), *own]
    source = "".join(re.sub(r"\s", "", path.read_text(encoding="utf-8")) for path in reports)
    shelf = shelf_in(one.bot.folder / "state")
    for number in shelf.numbers()[:-1]:  # what was changed since the first, uploaded perhaps
        library = load_library(shelf.revision(number).folder, strict=False)
        source += "".join(re.sub(r"\s", "", report.text) for report in library.reports)
    for call in one.server.calls:
        if call.method in {*WRITES, "editMessageText"} and isinstance(call.result, dict):
            for quote in Message(call.result).quotes:
                assert re.sub(r"\s", "", quote) in source, f"not verbatim: {quote}"


@pytest.fixture
def start(tmp_path: Path, indexed: Path) -> Start:
    """Starts a bot of the test's own, with settings of its own."""

    @asynccontextmanager
    async def starting(server: Server | None = None, **settings: str) -> AsyncIterator[Running]:
        if server is not None:
            async with bot_with(server, tmp_path, indexed, settings) as one:
                yield one
        else:
            async with running(Server()) as own, bot_with(own, tmp_path, indexed, settings) as one:
                yield one

    return starting


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[polling, by_webhook])
async def both_ways(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, indexed: Path
) -> AsyncIterator[Running]:
    """One bot for a whole module, in turn by polling and by webhook."""
    async with running(Server()) as server:
        folder = tmp_path_factory.mktemp(request.param.__name__)
        settings = {"WENJU_LOG_LEVEL": "DEBUG", **request.param(server)}
        async with bot_with(server, folder, indexed, settings) as one:
            yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wenju(tmp_path_factory: pytest.TempPathFactory, indexed: Path) -> AsyncIterator[Running]:
    """One bot for a whole module, by polling."""
    folder = tmp_path_factory.mktemp("bot")
    async with running(Server()) as server, bot_with(server, folder, indexed, {}) as one:
        yield one
