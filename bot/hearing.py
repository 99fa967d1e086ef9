"""When did Telegram last answer while we were listening for updates?"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from telegram.request import HTTPXRequest

_log = logging.getLogger(__name__)
_REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass(slots=True)
class Hearing:
    """``heard`` is when Telegram last answered, in seconds since 1970.

    ``refused`` is whether it answered that it does not know our token (any more); that ends the
    bot, as a signal does: ``ending`` is set then. ``trouble`` is what is wrong with listening and
    has been said, "" while all is well.
    """

    heard: float = field(default_factory=time.time)
    refused: bool = False
    trouble: str = ""
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def answered(self, status: int) -> None:
        """Note an answer with this HTTP status."""
        self.refused = status in _REFUSALS
        if self.refused:
            self.ending.set()
        if status == HTTPStatus.OK:
            self.heard = time.time()
            if self.trouble:
                _log.info("Telegram answers again")
                self.trouble = ""

    def troubled(self, trouble: str) -> bool:
        """Note ``trouble``; whether it is new, and to be said."""
        new = trouble != self.trouble
        self.trouble = trouble
        return new


class ListeningRequest(HTTPXRequest):
    """The connection that updates are fetched on; it tells ``hearing`` of every answer."""

    def __init__(self, hearing: Hearing) -> None:
        super().__init__(connection_pool_size=1)
        self._hearing = hearing

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make the request and note how it was answered."""
        status, payload = await super().do_request(*args, **kwargs)
        self._hearing.answered(status)
        return status, payload
