"""How does the Bot API server say no?"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """What a caller is told instead of a result: HTTP status, description and parameters."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def body(self) -> Json:
        """The JSON object that Telegram answers with."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return body if self.parameters is None else {**body, "parameters": self.parameters}


def bad_request(what: str) -> Refusal:
    """Telegram's own refusal of a request's content."""
    return Refusal(400, f"Bad Request: {what}")


def forbidden(what: str) -> Refusal:
    """Telegram's own refusal of a chat that the bot may not write to."""
    return Refusal(403, f"Forbidden: {what}")


def stricter(what: str) -> Refusal:
    """A refusal of our own: Telegram would let it pass and silently drop or change something."""
    return Refusal(400, f"Bad Request: stricter than Telegram: {what}")
