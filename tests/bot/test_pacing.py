"""Who waits when Telegram takes no more messages?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from telegram import Bot, Update
from telegram.error import NetworkError, RetryAfter

from bot.chats import pacing
from bot.chats.pacing import Pacing
from bot.chats.turns import Turns
from bot.records.memory import Memory
from bot.records.store import Store
from tests.telegram import people
from tests.telegram.server import BOT, TOKEN
from tests.telegram.world import World

# The client warns of what it will change about an error that it makes itself.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


@pytest.fixture
def turns(tmp_path: Path) -> Iterator[Turns]:
    with closing(Store(tmp_path)) as store:
        yield Turns(Memory(store), at_once=1)


class Telegram:
    """Takes messages, but not from chats that are ``full``, as often as is said there."""

    def __init__(self, turns: Turns, full: dict[int, list[int]]) -> None:
        self.taken: list[int] = []
        self._pacing = Pacing(1000, turns)
        self._full = full

    async def send(self, chat: int) -> bool:
        """Send something to ``chat``."""

        async def call() -> bool:
            if self._full.get(chat):
                raise RetryAfter(self._full[chat].pop())
            self.taken.append(chat)
            return True

        return bool(
            await self._pacing.process_request(call, (), {}, "sendMessage", {"chat_id": chat}, None)
        )


def update(number: int) -> Update:
    """A message of a person of its own."""
    person = (world := World(BOT)).new_person()
    said = people.message(world.private(replace(person, id=number)), person, people.text("?"))
    made: Update = Update.de_json({"update_id": number, **said}, Bot(TOKEN))
    return made


async def test_a_full_chat_waits_and_no_other_does(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_SLACK", 0.0)
    telegram = Telegram(turns, {-1: [1]})
    waiting = asyncio.create_task(telegram.send(-1))
    await asyncio.sleep(0)
    for chat in (2, -3, 2):
        assert await telegram.send(chat)
    assert telegram.taken == [2, -3, 2]
    assert await waiting
    assert await telegram.send(-1)
    assert telegram.taken == [2, -3, 2, -1, -1]


@pytest.mark.parametrize(
    ("cause", "tries"),
    [
        (httpx.ConnectError("refused"), 4),
        (httpx.ConnectTimeout("no answer"), 4),
        (httpx.ReadTimeout("no answer"), 1),  # it may have arrived
        (httpx.ReadError("reset"), 1),
        (httpx.RemoteProtocolError("half an answer"), 1),
    ],
)
async def test_what_never_left_is_tried_again_and_what_may_have_arrived_is_not(
    turns: Turns, cause: Exception, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "UNREACHED", 0.0)
    made: list[str] = []

    async def call(endpoint: str) -> bool:
        made.append(endpoint)
        raise NetworkError(str(cause)) from cause

    limits = Pacing(1000, turns)
    for endpoint, data in (("sendMessage", {"chat_id": 5}), ("getMe", {})):
        with pytest.raises(NetworkError):
            await limits.process_request(call, (endpoint,), {}, endpoint, data, None)
    assert made == ["sendMessage"] * tries + ["getMe"]


@pytest.mark.parametrize("told", [[0] * 4, [61], [3600]])
async def test_what_would_come_too_late_or_never_is_given_up(
    turns: Turns, told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_SLACK", 0.0)
    telegram = Telegram(turns, {-1: told})
    with pytest.raises(RetryAfter):
        await telegram.send(-1)
    assert await telegram.send(-1)


async def test_who_waits_leaves_the_work_to_others(turns: Turns) -> None:
    """One update at a time: were the place kept, the second would never begin."""
    over = asyncio.Event()

    async def waits() -> None:
        async with turns.aside():
            await over.wait()

    async def works() -> None:
        over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(turns.do_process_update(update(1), waits()))
        tasks.create_task(turns.do_process_update(update(2), works()))
    async with turns.aside():  # whoever holds no place has none to give away
        pass
    await turns.do_process_update(update(3), works())
