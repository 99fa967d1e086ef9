"""How is the real bot started, watched and stopped?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tests.telegram.server import Server

ROOT = Path(__file__).parents[2]
# What a process needs to run at all; nothing of the caller's own settings.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
DRAIN = 60.0
"""Seconds after which a bot that does not stop is killed, and its test fails."""


@dataclass(slots=True)
class BotProcess:
    """``python -m bot run`` in a process of its own, its output in files."""

    process: asyncio.subprocess.Process
    folder: Path

    @property
    def stdout(self) -> str:
        """What it has written to standard output so far."""
        return (self.folder / "stdout").read_text(encoding="utf-8", errors="replace")

    @property
    def stderr(self) -> str:
        """What it has written to standard error so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8", errors="replace")

    @property
    def output(self) -> str:
        """Both, for looking through."""
        return self.stdout + self.stderr

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        try:
            return await asyncio.wait_for(self.process.wait(), DRAIN)
        except TimeoutError:
            raise AssertionError(f"the bot still runs after {DRAIN} s:\n{self.output}") from None

    async def stop(self) -> int:
        """Ask it to stop with SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def crash(self) -> None:
        """End it with no chance to tidy up."""
        self.process.kill()
        await self.process.wait()


def kept_environment() -> dict[str, str]:
    """The environment of a process that is to see none of the caller's own settings."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def _file(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


@contextlib.asynccontextmanager
async def started(
    folder: Path, settings: Mapping[str, str], *arguments: str
) -> AsyncIterator[BotProcess]:
    """Run the bot with exactly these ``settings``; it is gone when the block is left."""
    environment = {**kept_environment(), **settings}
    with _file(folder / "stdout") as out, _file(folder / "stderr") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *(arguments or ("run",)),
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    bot = BotProcess(process, folder)
    try:
        yield bot
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a bot runs and with which settings."""

    server: Server
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The bot's state folder."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        """The settings as environment variables."""
        return {
            "WENJU_TOKEN": self.server.token,
            "WENJU_API_URL": self.server.address,
            "WENJU_STATE": str(self.state),
            **self.settings,
        }


@contextlib.asynccontextmanager
async def serving(setup: Setup) -> AsyncIterator[BotProcess]:
    """A bot that has begun to take updates (it polls, or has set its webhook)."""
    server = setup.server
    mark = server.mark
    async with started(setup.folder, setup.environment) as bot:

        def ready() -> bool | None:
            calls = server.made("getUpdates", since=mark)
            calls += [call for call in server.made("setWebhook", since=mark) if call.status]
            return True if calls or bot.process.returncode is not None else None

        watching = asyncio.create_task(_wake_at_end(bot, server))
        try:
            await server.until(ready, "getUpdates or setWebhook", since=mark)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{bot.output}") from None
        finally:
            watching.cancel()
        if bot.process.returncode is not None:
            raise AssertionError(f"the bot ended with {bot.process.returncode}:\n{bot.output}")
        yield bot


async def _wake_at_end(bot: BotProcess, server: Server) -> None:
    await bot.process.wait()
    server.wake()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
