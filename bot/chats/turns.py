"""In which order are updates handled, how many at once, and each only once?"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.records.memory import Memory

AT_ONCE = 16  # with sends of 50 ms: 242 updates a second; one at a time 19, 64 at once 146
WAITING = 1024  # updates that may wait for their turn in memory


class Line(asyncio.Queue[object]):
    """The updates that were fetched and are not done with; no more than can ``wait`` in memory.

    Whoever fetches waits then, and so do the others at Telegram, where nothing is lost: what was
    fetched would be, should the bot be killed, and has to be answered before it stops.
    """

    def __init__(self, wait: int = WAITING) -> None:
        super().__init__()
        self._room = asyncio.Semaphore(wait)

    async def put(self, item: object) -> None:
        """Put ``item`` into the line, once there is room."""
        await self._room.acquire()
        await super().put(item)

    def task_done(self) -> None:
        """Note that one that was taken out of the line is done with."""
        super().task_done()
        self._room.release()


class Turns(BaseUpdateProcessor):
    """Handles updates of one chat in order, those of different chats side by side.

    So an edit waits for the answer that it changes, and a group whose answers have to wait holds
    up nobody else. An update that is delivered again after a crash is not handled again.
    """

    def __init__(self, memory: Memory, at_once: int = AT_ONCE) -> None:
        super().__init__(WAITING)
        self._memory = memory
        self._working = asyncio.Semaphore(at_once)
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._present: defaultdict[Hashable, set[int]] = defaultdict(set)
        self._crowded: set[int] = set()
        self._at_work: set[asyncio.Task[Any] | None] = set()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Run ``coroutine``, which handles ``update``, when it is its turn."""
        if not isinstance(update, Update):
            await coroutine
            return
        turn = self._turns.setdefault(turn_of(update), asyncio.Lock())
        with self._in_line(update):
            async with turn, self._at_it():
                if await self._memory.is_done(update.update_id):
                    coroutine.close()  # type: ignore[attr-defined]  # Application makes one
                    return
                await coroutine
                await self._memory.done(update.update_id)

    @asynccontextmanager
    async def _at_it(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        async with self._working:
            self._at_work.add(task)
            try:
                yield
            finally:
                self._at_work.discard(task)

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Let another update be handled while this one has nothing to do but wait.

        Its chat goes on waiting for it.
        """
        working = asyncio.current_task() in self._at_work
        if working:
            self._working.release()
        try:
            yield
        finally:
            if working:
                await self._working.acquire()

    def is_crowded(self, update: Update) -> bool:
        """Whether ``update``, while it waited and was handled, was not alone in its chat.

        Then a reader may wonder which message an answer is to.
        """
        return update.update_id in self._crowded

    def answered(self, update: Update) -> None:
        """Note that the answer to ``update`` stands in its chat: what comes now is alone."""
        self._present[turn_of(update)].discard(update.update_id)

    @contextmanager
    def _in_line(self, update: Update) -> Iterator[None]:
        line, number = turn_of(update), update.update_id
        present = self._present[line]
        present.add(number)
        if len(present) > 1:
            self._crowded |= present
        try:
            yield
        finally:
            present.discard(number)
            self._crowded.discard(number)
            if not present:
                self._present.pop(line, None)

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """There is nothing to close."""


def turn_of(update: Update) -> Hashable:
    """What ``update`` waits for others of: its chat, or the one message whose button it is."""
    query = update.callback_query
    if query is not None:
        return (
            "press",
            query.message.chat.id if query.message else 0,
            query.message.message_id if query.message else query.inline_message_id,
        )
    if update.effective_chat is not None:
        return ("chat", update.effective_chat.id)
    return ("person", update.effective_user.id if update.effective_user else update.update_id)
