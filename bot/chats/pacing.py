"""How fast may messages be sent, and who waits when Telegram takes no more?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from telegram.error import NetworkError, RetryAfter
from telegram.ext import AIORateLimiter, BaseRateLimiter

from bot.chats.hearing import never_left
from bot.chats.turns import Turns

RETRIES = 3  # times that a message waits and is tried again
UNREACHED = 2.0  # seconds after which what did not reach Telegram is tried again, then 4, then 8
LONGEST = 60.0  # seconds to wait at most: an answer that comes later than that helps nobody
_SLACK = 0.1  # seconds more than Telegram says, whose clock is not ours

_log = logging.getLogger(__name__)


class Pacing(BaseRateLimiter[int]):
    """Sends no more than Telegram takes: ``rate`` messages a second, and 20 a minute in one group.

    Where it takes no more all the same, the chat that it says so of waits, and nobody else: one
    group in which too much is said must not stop all other chats, as the limiter of the client
    would have it. Should it be all chats at once, each is told so. A message that certainly did
    not get to Telegram is tried again: the question was fetched, and nobody would ask it once more.
    With any other fault it may have arrived.
    """

    def __init__(self, rate: float, turns: Turns) -> None:
        self._limits = AIORateLimiter(rate)
        self._turns = turns
        self._full: dict[Hashable, float] = {}  # until when, by the clock of the loop

    async def initialize(self) -> None:
        """Begin."""
        await self._limits.initialize()

    async def shutdown(self) -> None:
        """End."""
        await self._limits.shutdown()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,  # noqa: ANN401 - as the client has it
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:  # noqa: ANN401
        """Make the request when there is room for it; raises ``RetryAfter`` where there is none."""
        place = data.get("chat_id", endpoint)
        for retries_left in reversed(range(RETRIES + 1)):
            await self._until_there_is_room(place)
            try:
                return await self._limits.process_request(
                    callback, args, kwargs, endpoint, data, rate_limit_args
                )
            except RetryAfter as error:
                wait = error._retry_after.total_seconds()  # noqa: SLF001 - the other one is to change
                if not retries_left or wait > LONGEST:
                    raise
                _log.info("a chat takes no more messages now; it waits for %.0f s", wait)
                self._full[place] = asyncio.get_running_loop().time() + wait + _SLACK
            except NetworkError as error:
                if not retries_left or "chat_id" not in data or not never_left(error):
                    raise
                async with self._turns.aside():
                    await asyncio.sleep(UNREACHED * 2 ** (RETRIES - retries_left))
        raise AssertionError("the last try gives or raises")

    async def _until_there_is_room(self, place: Hashable) -> None:
        now = asyncio.get_running_loop().time
        while (wait := self._full.get(place, 0.0) - now()) > 0:
            async with self._turns.aside():
                await asyncio.sleep(wait)
        self._full.pop(place, None)
