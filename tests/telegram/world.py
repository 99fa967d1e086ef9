"""Which people and chats are there, and what has been said in them?"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.telegram.refusal import Json, Refusal, bad_request, forbidden

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Telegram account; ``language`` is what their client reports."""

    id: int
    name: str
    language: str | None = "zh-hans"
    username: str | None = None
    is_bot: bool = False

    def json(self) -> Json:
        """The Bot API's User."""
        user: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        if self.username is not None:
            user["username"] = self.username
        if self.language is not None:
            user["language_code"] = self.language
        return user


class Standing(StrEnum):
    """What the bot is in a chat."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"
    MUTED = "restricted"
    KICKED = "kicked"
    NEVER_STARTED = "left"


@dataclass(slots=True)
class Chat:
    """A chat and its history. Message ids count from 1 in every chat, so that they collide.

    ``whispers`` are its ephemeral messages, which count by themselves.
    """

    id: int
    type: str
    title: str
    clock: Clock
    is_forum: bool = False
    person: Person | None = None
    administrators: tuple[Person, ...] = ()
    standing: Standing = Standing.MEMBER
    migrated_to: int | None = None
    topics: dict[int, str] = field(default_factory=dict)
    history: dict[int, Json] = field(default_factory=dict)
    whispers: dict[int, Json] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def json(self) -> Json:
        """The Bot API's Chat."""
        chat: Json = {"id": self.id, "type": self.type}
        if self.person is not None:
            chat["first_name"] = self.person.name
            if self.person.username is not None:
                chat["username"] = self.person.username
        else:
            chat["title"] = self.title
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def add(self, message: Json) -> Json:
        """Number, date and keep ``message``; the Message that the Bot API makes of it."""
        number = next(self.numbers)
        kept = {"message_id": number, "date": self.clock(), "chat": self.json(), **message}
        self.history[number] = kept
        return kept

    def whisper(self, message: Json, receiver: Person) -> Json:
        """Keep an ephemeral ``message`` to ``receiver``; the Message that is made of it."""
        number = len(self.whispers) + 1
        kept = {
            "message_id": 0,
            "ephemeral_message_id": number,
            "receiver_user": receiver.json(),
            "date": self.clock(),
            "chat": self.json(),
            **message,
        }
        self.whispers[number] = kept
        return kept

    def add_topic(self, name: str, creator: Person) -> int:
        """Open a forum topic; its id is that of the service message that opened it."""
        opened = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        number = next(self.numbers)
        self.history[number] = {
            "message_id": number,
            "date": self.clock(),
            "chat": self.json(),
            "from": creator.json(),
            "message_thread_id": number,
            "is_topic_message": True,
            **opened,
        }
        self.topics[number] = name
        return number

    def refuse_unless_writable(self) -> None:
        """Telegram's refusal where the bot cannot write."""
        if self.migrated_to is not None:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": self.migrated_to},
            )
        match self.type, self.standing:
            case "private", Standing.KICKED:
                raise forbidden("bot was blocked by the user")
            case "private", Standing.NEVER_STARTED:
                raise forbidden("bot can't initiate conversation with a user")
            case "channel", Standing.MEMBER:
                raise bad_request("need administrator rights in the channel chat")
            case kind, Standing.KICKED:
                raise forbidden(f"bot was kicked from the {kind} chat")
            case kind, Standing.NEVER_STARTED:
                raise forbidden(f"bot is not a member of the {kind} chat")
            case _, Standing.MUTED:
                raise bad_request("not enough rights to send text messages to the chat")
            case _:
                pass


@dataclass(slots=True)
class World:
    """All chats of one bot."""

    bot: Person
    clock: Clock = lambda: int(time.time())
    chats: dict[int, Chat] = field(default_factory=dict)
    people: Iterator[int] = field(default_factory=lambda: itertools.count(5_000_000_001))
    groups: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_001))

    def new_person(
        self,
        name: str = "王小明",
        *,
        language: str | None = "zh-hans",
        username: str | None = None,
        is_bot: bool = False,
    ) -> Person:
        """Somebody new, whose id needs more than 32 bits as new ids do."""
        return Person(next(self.people), name, language, username, is_bot)

    def private(self, person: Person, *, started: bool = True) -> Chat:
        """The private chat of ``person`` with the bot."""
        if person.id not in self.chats:
            standing = Standing.MEMBER if started else Standing.NEVER_STARTED
            chat = Chat(person.id, "private", "", self.clock, person=person, standing=standing)
            self.chats[chat.id] = chat
        return self.chats[person.id]

    def group(self, title: str = "读报小组", *, administrators: tuple[Person, ...] = ()) -> Chat:
        """A basic group."""
        return self._add(-next(self.groups), "group", title, administrators, is_forum=False)

    def supergroup(
        self,
        title: str = "读报大组",
        *,
        administrators: tuple[Person, ...] = (),
        is_forum: bool = False,
    ) -> Chat:
        """A supergroup, with topics where ``is_forum``."""
        number = -1_000_000_000_000 - next(self.groups)
        chat = self._add(number, "supergroup", title, administrators, is_forum=is_forum)
        next(chat.numbers)  # the group's creation; in a forum, 1 is the General topic
        return chat

    def channel(self, title: str = "读报频道") -> Chat:
        """A channel in which the bot is an administrator."""
        number = -1_000_000_000_000 - next(self.groups)
        chat = self._add(number, "channel", title, (), is_forum=False)
        chat.standing = Standing.ADMINISTRATOR
        return chat

    def _add(
        self, number: int, kind: str, title: str, admins: tuple[Person, ...], *, is_forum: bool
    ) -> Chat:
        chat = Chat(number, kind, title, self.clock, is_forum=is_forum, administrators=admins)
        self.chats[number] = chat
        return chat

    def chat(self, number: int | str) -> Chat:
        """The chat with this id or ``@username``; raises Telegram's refusal."""
        try:
            return self.chats[int(number)]
        except (KeyError, ValueError):
            raise bad_request("chat not found") from None
