"""How can a Bot API server fail that a bot must live with?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tests.telegram.refusal import Refusal, forbidden


class Break(Enum):
    """How a connection goes wrong; the caller learns nothing."""

    BEFORE = auto()  # the connection drops and nothing has been done
    AFTER = auto()  # all has been done and the connection drops instead of the answer
    HANG = auto()  # the answer never comes


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that is not JSON, as a proxy in front of Telegram gives it."""

    status: int
    body: str


Fault = Refusal | Break | Page


def too_many_requests(retry_after: int) -> Refusal:
    """Flood control."""
    return Refusal(
        429,
        f"Too Many Requests: retry after {retry_after}",
        {"retry_after": retry_after},
    )


def internal_error() -> Refusal:
    """Telegram is broken."""
    return Refusal(500, "Internal Server Error")


def bad_gateway() -> Page:
    """Telegram's proxy cannot reach Telegram."""
    return Page(502, "<html><head><title>502 Bad Gateway</title></head></html>")


def unauthorized() -> Refusal:
    """The token is no longer good."""
    return Refusal(401, "Unauthorized")


def not_found() -> Refusal:
    """The token was never good, or there is no such method."""
    return Refusal(404, "Not Found")


def conflict() -> Refusal:
    """Somebody else polls with the same token."""
    return Refusal(
        409,
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    )


def webhook_is_active() -> Refusal:
    """Polling while there is a webhook."""
    return Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first",
    )


def blocked() -> Refusal:
    """The user has blocked the bot."""
    return forbidden("bot was blocked by the user")
