"""What does a person in a chat say to the bot, and what comes back?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.telegram import people
from tests.telegram.markup import cut
from tests.telegram.refusal import Json
from tests.telegram.server import Call, Server
from tests.telegram.world import Chat, Person

WRITES = ("sendMessage", "sendDocument", "sendPhoto")
CITATION = re.compile(r"— (?P<path>.+) · \D*(?P<number>\d*)\D*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the reader sees it."""

    json: Json

    @property
    def id(self) -> int:
        """Its number within the chat."""
        return int(self.json["message_id"])

    @property
    def text(self) -> str:
        """What it says, without markup."""
        return str(self.json.get("text") or self.json.get("caption") or "")

    def marked(self, *kinds: str) -> list[str]:
        """What is marked as one of ``kinds`` (``bold``, ``blockquote``, ``text_link``, ...)."""
        entities = self.json.get("entities") or self.json.get("caption_entities") or []
        return [
            cut(self.text, entity["offset"], entity["length"])
            for entity in entities
            if entity["type"] in kinds
        ]

    @property
    def quotes(self) -> list[str]:
        """What stands in quotation blocks, folded or not."""
        return self.marked("blockquote", "expandable_blockquote")

    @property
    def citations(self) -> list[str]:
        """The places that it cites, in short: first heading and paragraph (``热血忠诚 6``)."""
        return [
            f"{[*match['path'].split(' › '), ''][1]} {match['number']}".strip()
            for match in CITATION.finditer(self.text)
        ]

    @property
    def links(self) -> dict[str, str]:
        """Linked words and where they lead."""
        return {
            cut(self.text, entity["offset"], entity["length"]): entity["url"]
            for entity in self.json.get("entities", [])
            if entity["type"] == "text_link"
        }

    @property
    def buttons(self) -> list[Json]:
        """The buttons under it, row by row."""
        rows = self.json.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def button(self, words: str) -> Json:
        """The one button whose text has ``words`` in it."""
        found = [button for button in self.buttons if words in button["text"]]
        texts = [button["text"] for button in self.buttons]
        assert len(found) == 1, f"{len(found)} buttons with {words!r} among {texts}"
        return found[0]

    @property
    def replies_to(self) -> int | None:
        """The number of the message that it replies to."""
        replied: Json = self.json.get("reply_to_message", {})
        return replied.get("message_id")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One person in one chat (and topic) with the bot."""

    server: Server
    chat: Chat
    person: Person
    topic: int | None = None

    def say(
        self,
        content: str | Json,
        *,
        reply_to: Message | None = None,
        quote: str | None = None,
    ) -> Message:
        """Send something and wait for nothing."""
        update = people.message(
            self.chat,
            self.person,
            people.text(content) if isinstance(content, str) else content,
            reply_to=None if reply_to is None else reply_to.json,
            quote=quote,
            topic=self.topic,
        )
        assert self.server.deliver(update), "the bot has not asked for messages"
        return Message(update["message"])

    async def ask(
        self,
        content: str | Json,
        *,
        reply_to: Message | None = None,
        quote: str | None = None,
    ) -> Message:
        """Send something; the first message that comes back."""
        mark = self.server.mark
        self.say(content, reply_to=reply_to, quote=quote)
        return await self.answer(since=mark)

    async def answer(self, *, since: int, number: int = 1) -> Message:
        """The ``number``-th message that the bot has written here since ``since``."""

        def written() -> Message | None:
            calls = self.written(since)
            return calls[number - 1] if len(calls) >= number else None

        return await self.server.until(written, f"answer no. {number}", since=since)

    def written(self, since: int = 0) -> list[Message]:
        """What the bot has written in this chat, as it was sent."""
        return [
            Message(call.result)
            for call in self.server.calls[since:]
            if call.method in WRITES
            and call.status == 200
            and call.result["chat"]["id"] == self.chat.id
        ]

    def now(self, message: Message) -> Message:
        """``message`` as it stands in the chat now."""
        return Message(self.chat.history[message.id])

    async def edit(self, message: Message, words: str) -> Call:
        """Edit what was said; the bot's call that follows: an edit of its own, or a message."""
        mark = self.server.mark
        update = people.edited(self.chat, self.chat.history[message.id], people.text(words))
        assert self.server.deliver(update), "the bot has not asked for edited messages"
        return await self.next_call(("editMessageText", *WRITES), since=mark)

    async def next_call(self, methods: tuple[str, ...], *, since: int) -> Call:
        """The first of the bot's calls of one of ``methods`` that has been answered."""

        def found() -> Call | None:
            for call in self.server.calls[since:]:
                if call.method in methods and call.status:
                    return call
            return None

        return await self.server.until(found, " or ".join(methods), since=since)

    async def press(self, message: Message, words: str, *, by: Person | None = None) -> Call:
        """Press the button with ``words``; the answer to the press, when the spinner stops."""
        data = message.button(words)["callback_data"]
        return await self.press_data(message, data, by=by)

    async def press_data(self, message: Message, data: str, *, by: Person | None = None) -> Call:
        """Press a button that carries ``data``, be it still shown or not."""
        mark = self.server.mark
        query_id = self.server.methods.open_callback_query()
        pressed = self.chat.history[message.id]
        update = people.press(by or self.person, query_id, pressed, data)
        assert self.server.deliver(update), "the bot has not asked for button presses"
        return await self.server.call("answerCallbackQuery", since=mark, callback_query_id=query_id)

    async def inline(self, query: str, offset: str = "") -> Json:
        """Type ``@bot query`` somewhere; the parameters of the bot's answer."""
        mark = self.server.mark
        query_id = self.server.methods.open_inline_query()
        update = people.inline_query(self.person, query_id, query, offset)
        assert self.server.deliver(update), "the bot has not asked for inline queries"
        call = await self.server.call("answerInlineQuery", since=mark, inline_query_id=query_id)
        return call.parameters
