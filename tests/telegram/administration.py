"""What does an admin do in Telegram: send files, wait for previews, press their buttons?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.telegram import people
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation, Message
from tests.telegram.refusal import Json
from tests.telegram.server import BOT, Server, running
from tests.telegram.world import World


@asynccontextmanager
async def administered(
    start: Start, knowledge: Path, **settings: str
) -> AsyncIterator[tuple[Running, Conversation]]:
    """A bot with its own knowledge, and the private chat that its admin already has with it."""
    world = World(BOT)
    admin = world.new_person("管理员")
    chat = world.private(admin)
    own = {
        "WENJU_KNOWLEDGE": str(knowledge),
        "WENJU_ADMINS": str(admin.id),
        "WENJU_SEMANTIC": "off",
    }
    async with (
        running(Server(world)) as server,
        start(server, **{**own, **settings}) as one,
    ):
        yield one, Conversation(server, chat, admin)


def file(server: Server, name: str, content: str | bytes, caption: str | None = None) -> Json:
    """A file as somebody sends it."""
    data = content.encode() if isinstance(content, str) else content
    return people.document(server.methods.keep_file(name, data), name, len(data), caption)


async def shown_in_the_end(
    chat: Conversation, content: str | Json, *, reply_to: Message | None = None
) -> Message:
    """Send something; the message that comes back when the bot has done with editing it."""
    return await settled(chat, await chat.ask(content, reply_to=reply_to))


async def settled(chat: Conversation, message: Message) -> Message:
    """``message`` when it no longer says that work goes on."""

    def done() -> Message | None:
        now = chat.now(message)
        return None if now.text.endswith("…") else now

    return await chat.server.until(done, f"the end of “{chat.now(message).text}”")
