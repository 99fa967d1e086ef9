"""How is what happens written down, without a secret in it?"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import quote

from knowledge.unkept import UNKEPT

HIDDEN = "[secret]"


class Redacting(logging.Filter):
    """Replaces secrets in whatever a handler is about to write, tracebacks included.

    It belongs on the handlers: a filter on a logger does not see its children's records.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = tuple(
            form
            for secret in sorted(filter(None, secrets), key=len, reverse=True)
            for form in dict.fromkeys([secret, quote(secret, safe=""), *_token_parts(secret)])
        )

    def redact(self, said: str) -> str:
        """``said`` without any secret."""
        for secret in self._secrets:
            said = said.replace(secret, HIDDEN)
        return said

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean ``record`` in place; it is always written."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self.redact(message), None
        if record.exc_info and _is_of_the_network(record):
            # Telegram or the way to it failed: where in the client that was noticed helps nobody.
            record.msg = self.redact(f"{record.msg} ({record.exc_info[1]})")
            record.exc_info = record.exc_text = None
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(
                record.exc_info
            )
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        return True


def _is_of_the_network(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    from_client = record.name.startswith("telegram.") and record.levelno < logging.CRITICAL
    return from_client or type(error).__module__.startswith(("telegram.", "httpx", "httpcore"))


def _token_parts(secret: str) -> list[str]:
    """The part of a bot token after its colon, which is the secret one."""
    _, colon, hidden = secret.partition(":")
    return [hidden] if colon and len(hidden) >= 8 else []


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """``record`` as one line."""
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            entry["traceback"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False)


@contextmanager
def hearing_what_is_unkept(*, saying: int) -> Iterator[list[str]]:
    """What is logged meanwhile of things that cannot be kept; only so many of it are written.

    A full disk meets whatever is kept, one after the other: for a command that is one trouble.
    """
    heard: list[str] = []

    def passes(record: logging.LogRecord) -> bool:
        if not hasattr(record, UNKEPT):
            return True
        heard.append(record.getMessage())
        return len(heard) <= saying

    handlers = logging.getLogger().handlers
    for handler in handlers:
        handler.filters.insert(0, passes)  # whoever asks last hears it first
    try:
        yield heard
    finally:
        for handler in handlers:
            handler.removeFilter(passes)


def _without_the_message(record: logging.LogRecord) -> bool:
    """Of what the client makes no sense of, say what is wrong with it, not what somebody wrote."""
    if record.levelno == logging.CRITICAL and record.exc_info:
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        record.msg = "what was received is not as the Bot API has it: %r; it is refused"
        record.args, record.exc_info = (record.exc_info[1],), None
    return True


def start_logging(level: str, form: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Write records of ``level`` and above to standard error, without the ``secrets``.

    The HTTP client's records name every address, and with it the token: they are kept out
    below WARNING, whatever ``level`` is.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redacting(secrets))
    handler.setFormatter(
        JsonLines()
        if form == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its own loop of retries reports what it raises as well, and what the error handler gets.
    logging.getLogger("telegram.ext.Updater").addFilter(_without_the_message)
    for name in ("telegram.ext", "telegram.ext.AIORateLimiter"):
        logging.getLogger(name).addFilter(lambda _: False)
