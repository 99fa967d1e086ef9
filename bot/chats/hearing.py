"""How does Telegram answer, and when did it last while we were listening for updates?"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from telegram import Update
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

_log = logging.getLogger(__name__)
_NEVER_LEFT = {"ConnectError", "ConnectTimeout", "PoolTimeout"}  # of httpx, the client's client
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


class NoBotApi(TelegramError):
    """Whatever answers is no Bot API server."""


def refused_by_server(error: NetworkError) -> str:
    """How a server answered that can be reached, such as "Bad Gateway (502)"; else ""."""
    if error.__cause__ is not None and not isinstance(error.__cause__, TelegramError):
        return ""
    # Without the page that it sent instead of an answer.
    return error.message.partition(". Parsing the server response")[0]


def never_left(error: TelegramError) -> bool:
    """Whether the request certainly did not get to the server, so that it can be made again."""
    return type(error.__cause__).__name__ in _NEVER_LEFT


class SpeakingRequest(HTTPXRequest):
    """A connection on which Telegram is called."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """What was answered. Raises ``NoBotApi``; the client would log the whole page each time."""
        try:
            answer = json.loads(payload)
            if answer.get("ok") is not False and answer.get("result") is None:
                raise ValueError("an answer without a result")
        except (ValueError, AttributeError) as error:
            raise NoBotApi("what answers is no Bot API server") from error
        return dict(answer)


class ListeningRequest(SpeakingRequest):
    """The connection that updates are fetched on; it tells ``hearing`` of every answer."""

    def __init__(self, hearing: Hearing) -> None:
        super().__init__(connection_pool_size=1)
        self._hearing = hearing

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """What was answered, each of its updates one that the client understands."""
        answer = SpeakingRequest.parse_json_payload(payload)
        try:
            if "result" in answer:
                answer["result"] = [_understood(update) for update in answer["result"]]
        except (LookupError, TypeError, ValueError) as error:
            raise NoBotApi("what answers is no Bot API server") from error
        return answer

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make the request and note how it was answered."""
        status, payload = await super().do_request(*args, **kwargs)
        if status != HTTPStatus.OK or payload.lstrip().startswith(b"{"):
            self._hearing.answered(status)  # and not a page that a network puts in between
        return status, payload


def _understood(update: dict[str, Any]) -> dict[str, Any]:
    """``update``, or its number alone where the client cannot make sense of the rest.

    It would stop listening for good otherwise; and what is not confirmed comes again and again.
    """
    number = int(update["update_id"])
    try:
        Update.de_json(update, None)
    except Exception as error:  # whatever a message that lacks something leads to
        # Not what it says: that is somebody's message.
        _log.error("update %d is not as the Bot API has it: %r; it is left out", number, error)
        return {"update_id": number}
    return update
