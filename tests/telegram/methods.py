"""What does each Bot API method do to the world, and when does it refuse?

One coroutine a method, named as the method in snake case. The parameters have already been
checked against the models; here are the rules that no model knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.telegram import limits, people
from tests.telegram.markup import Formatted, utf16
from tests.telegram.refusal import Json, Refusal, bad_request, stricter
from tests.telegram.world import Chat, Person, Standing, World

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
DOWNLOAD_BYTES = 20 * 1024 * 1024
GENERAL_TOPIC = 1


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that somebody sent; ``size`` is what Telegram says of it, in bytes."""

    name: str
    content: bytes
    size: int


Uploads = Mapping[str, StoredFile]


@dataclass(slots=True)
class Methods:
    """The methods that change or show chats; what is about updates is the server's own."""

    world: World
    callback_queries: dict[str, bool] = field(default_factory=dict)
    inline_queries: dict[str, bool] = field(default_factory=dict)
    inline_answers: dict[str, Json] = field(default_factory=dict)
    inline_messages: dict[str, tuple[Json, Json | None]] = field(default_factory=dict)
    menus: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(4_000_000_001))

    def keep_file(self, name: str, content: bytes, size: int | None = None) -> str:
        """Store a file that a person sends; its file id. ``size`` may claim more than there is."""
        file_id = f"BQACAgUAAxk{next(self.ids)}"
        self.files[file_id] = StoredFile(name, content, len(content) if size is None else size)
        return file_id

    def open_callback_query(self) -> str:
        """The id of a button press that waits for its answer."""
        query_id = str(next(self.ids))
        self.callback_queries[query_id] = False
        return query_id

    def open_inline_query(self) -> str:
        """The id of an inline query that waits for its answer."""
        query_id = str(next(self.ids))
        self.inline_queries[query_id] = False
        return query_id

    async def get_me(self, asked: Json, uploads: Uploads) -> Json:
        return {
            **self.world.bot.json(),
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    # What the bot writes

    async def send_message(self, asked: Json, uploads: Uploads) -> Json:
        content = limits.formatted(
            asked["text"], asked.get("parse_mode"), asked.get("entities", ())
        )
        limits.message_text(content)
        return self._post(asked, _written(content))

    async def send_document(self, asked: Json, uploads: Uploads) -> Json:
        file_id, stored = self._sent_file("document", asked, uploads)
        described = {
            "file_id": file_id,
            "file_unique_id": f"unique-{file_id}",
            "file_name": stored.name,
            "file_size": stored.size,
        }
        return self._post(asked, {"document": described, **self._caption(asked)})

    async def send_photo(self, asked: Json, uploads: Uploads) -> Json:
        file_id, stored = self._sent_file("photo", asked, uploads)
        described = {
            "file_id": file_id,
            "file_unique_id": f"unique-{file_id}",
            "file_size": stored.size,
            "width": 1280,
            "height": 720,
        }
        return self._post(asked, {"photo": [described], **self._caption(asked)})

    def _sent_file(self, name: str, asked: Json, uploads: Uploads) -> tuple[str, StoredFile]:
        given = asked.get(name)
        if given in self.files:
            return given, self.files[given]
        part = given.removeprefix("attach://") if isinstance(given, str) else name
        upload = uploads.get(part)
        if upload is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not upload.content:
            raise bad_request("file must be non-empty")
        return self.keep_file(upload.name, upload.content), upload

    def _caption(self, asked: Json) -> Json:
        given = asked.get("caption", "")
        content = limits.formatted(
            given, asked.get("parse_mode"), asked.get("caption_entities", ())
        )
        limits.caption(content)
        return _written(content, "caption") if content.text else {}

    def _post(self, asked: Json, content: Json) -> Json:
        chat = self.world.chat(asked["chat_id"])
        chat.refuse_unless_writable()
        limits.keyboard(asked.get("reply_markup"))
        if "ephemeral_message_parameters" in asked:
            return self._whisper(chat, asked, content)
        message: Json = {**self._author(chat), **content}
        topic = asked.get("message_thread_id")
        if topic is not None:
            if topic not in chat.topics:
                raise bad_request("message thread not found")
            message |= {"message_thread_id": topic, "is_topic_message": True}
        message |= self._reply(chat, asked.get("reply_parameters"), topic)
        if "inline_keyboard" in asked.get("reply_markup", {}):
            message["reply_markup"] = asked["reply_markup"]
        return chat.add(message)

    def _whisper(self, chat: Chat, asked: Json, content: Json) -> Json:
        """An ephemeral message, to somebody whom the bot may send one now."""
        given = asked["ephemeral_message_parameters"]
        if chat.type not in {"group", "supergroup"}:
            raise bad_request("ephemeral messages can be sent only to groups and supergroups")
        receiver = self._seen_in(chat, given["receiver_user_id"])
        query = given.get("callback_query_id")
        if query is not None and self.callback_queries.get(query) is None:
            raise bad_request(TOO_OLD)
        command = asked.get("reply_parameters", {}).get("ephemeral_message_id")
        answers = command is not None and chat.whispers[command]["from"]["id"] == receiver.id
        if not (query or answers or chat.standing is Standing.ADMINISTRATOR):
            raise bad_request("MESSAGE_NOT_COMMAND")
        message: Json = {**self._author(chat), **content}
        if "inline_keyboard" in asked.get("reply_markup", {}):
            message["reply_markup"] = asked["reply_markup"]
        return chat.whisper(message, receiver)

    def _seen_in(self, chat: Chat, user: int) -> Person:
        """Somebody who has written in ``chat``, or is one of its administrators."""
        said = [*chat.history.values(), *chat.whispers.values()]
        authors = {one["from"]["id"]: one["from"] for one in said if "from" in one}
        authors |= {person.id: person.json() for person in chat.administrators}
        if user not in authors or authors[user]["is_bot"]:
            raise bad_request("USER_NOT_PARTICIPANT")
        author = authors[user]
        return Person(user, author["first_name"], author.get("language_code"))

    async def edit_ephemeral_message_text(self, asked: Json, uploads: Uploads) -> bool:
        content = limits.formatted(
            asked["text"], asked.get("parse_mode"), asked.get("entities", ())
        )
        limits.message_text(content, editing=True)
        limits.keyboard(asked.get("reply_markup"))
        chat = self.world.chat(asked["chat_id"])
        message = chat.whispers.get(asked["ephemeral_message_id"])
        if message is None or message["receiver_user"]["id"] != asked["receiver_user_id"]:
            raise bad_request("message to edit not found")
        if message["from"]["id"] != self.world.bot.id:
            raise bad_request("message can't be edited")
        gone = {"text", "entities", "reply_markup"}
        kept = {key: value for key, value in message.items() if key not in gone}
        changed: Json = {**kept, **_written(content), "edit_date": self.world.clock()}
        if "reply_markup" in asked:
            changed["reply_markup"] = asked["reply_markup"]
        if {**changed, "edit_date": 0} == {**message, "edit_date": 0}:
            raise bad_request(NOT_MODIFIED)
        chat.whispers[asked["ephemeral_message_id"]] = changed
        return True

    def _author(self, chat: Chat) -> Json:
        if chat.type == "channel":
            return {"sender_chat": chat.json()}
        return {"from": self.world.bot.json()}

    def _reply(self, chat: Chat, asked: Json | None, topic: int | None) -> Json:
        if asked is None:
            return {}
        home = self.world.chat(asked.get("chat_id", chat.id))
        replied = home.history.get(asked["message_id"])
        if replied is None:
            if asked.get("allow_sending_without_reply"):
                return {}
            raise bad_request("message to be replied not found")
        reply: Json = {"reply_to_message": people.without_reply(replied)}
        home_topic = replied.get("message_thread_id")
        if topic is None and home_topic in chat.topics:
            reply |= {"message_thread_id": home_topic, "is_topic_message": True}
        if "quote" in asked:
            reply["quote"] = self._quote(asked, replied)
        return reply

    def _quote(self, asked: Json, replied: Json) -> Json:
        whole = replied.get("text") or replied.get("caption") or ""
        content = limits.formatted(
            asked["quote"], asked.get("quote_parse_mode"), asked.get("quote_entities", ())
        )
        if not content.text or utf16(content.text) > limits.QUOTE or content.text not in whole:
            raise bad_request("QUOTE_TEXT_INVALID")
        return {"text": content.text, "position": utf16(whole[: whole.index(content.text)])}

    async def edit_message_text(self, asked: Json, uploads: Uploads) -> Json | bool:
        content = limits.formatted(
            asked["text"], asked.get("parse_mode"), asked.get("entities", ())
        )
        limits.message_text(content, editing=True)
        return self._edit(asked, _written(content))

    async def edit_message_reply_markup(self, asked: Json, uploads: Uploads) -> Json | bool:
        return self._edit(asked, None)

    def _edit(self, asked: Json, content: Json | None) -> Json | bool:
        markup = asked.get("reply_markup")
        limits.keyboard(markup)
        if "inline_message_id" in asked:
            return self._edit_inline(asked["inline_message_id"], content, markup)
        chat = self.world.chat(asked.get("chat_id", ""))
        chat.refuse_unless_writable()
        message = chat.history.get(asked.get("message_id", 0))
        if message is None:
            raise bad_request("message to edit not found")
        if message.get("from", {}).get("id") != self.world.bot.id:
            raise bad_request("message can't be edited")
        if content is not None and "text" not in message:
            raise bad_request("there is no text in the message to edit")
        old: Json = {key: message[key] for key in ("text", "entities") if key in message}
        new = old if content is None else content
        if new == old and markup == message.get("reply_markup"):
            raise bad_request(NOT_MODIFIED)
        gone = {"text", "entities", "reply_markup"}
        kept = {key: value for key, value in message.items() if key not in gone}
        changed: Json = {**kept, **new, "edit_date": self.world.clock()}
        if markup is not None:
            changed["reply_markup"] = markup
        chat.history[message["message_id"]] = changed
        return changed

    def _edit_inline(self, message_id: str, content: Json | None, markup: Json | None) -> bool:
        if message_id not in self.inline_messages:
            raise bad_request("MESSAGE_ID_INVALID")
        old, old_markup = self.inline_messages[message_id]
        content = old if content is None else content
        if (content, markup) == (old, old_markup):
            raise bad_request(NOT_MODIFIED)
        self.inline_messages[message_id] = (content, markup)
        return True

    async def delete_message(self, asked: Json, uploads: Uploads) -> bool:
        chat = self.world.chat(asked["chat_id"])
        message = chat.history.get(asked["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        own = message.get("from", {}).get("id") == self.world.bot.id
        if not (own or chat.type == "private" or chat.standing is Standing.ADMINISTRATOR):
            raise bad_request("message can't be deleted for everyone")
        del chat.history[asked["message_id"]]
        return True

    async def send_chat_action(self, asked: Json, uploads: Uploads) -> bool:
        chat = self.world.chat(asked["chat_id"])
        chat.refuse_unless_writable()
        if asked["action"] not in limits.CHAT_ACTIONS:
            raise bad_request("wrong parameter action in request")
        topic = asked.get("message_thread_id", GENERAL_TOPIC)
        if topic != GENERAL_TOPIC and topic not in chat.topics:
            raise bad_request("message thread not found")
        return True

    async def set_message_reaction(self, asked: Json, uploads: Uploads) -> bool:
        chat = self.world.chat(asked["chat_id"])
        if asked["message_id"] not in chat.history:
            raise bad_request("message to react not found")
        if len(asked.get("reaction", [])) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        return True

    # What answers a press or an inline query

    async def answer_callback_query(self, asked: Json, uploads: Uploads) -> bool:
        if self.callback_queries.get(asked["callback_query_id"], True):
            raise bad_request(TOO_OLD)
        if utf16(asked.get("text", "")) > limits.CALLBACK_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        self.callback_queries[asked["callback_query_id"]] = True
        return True

    async def answer_inline_query(self, asked: Json, uploads: Uploads) -> bool:
        if self.inline_queries.get(asked["inline_query_id"], True):
            raise bad_request(TOO_OLD)
        limits.inline_results(asked["results"], asked.get("next_offset", ""))
        button = asked.get("button")
        if button is not None and "start_parameter" in button:
            limits.start_parameter(button["start_parameter"])
        self.inline_queries[asked["inline_query_id"]] = True
        self.inline_answers[asked["inline_query_id"]] = asked
        return True

    # What the bot says about itself

    async def set_my_commands(self, asked: Json, uploads: Uploads) -> bool:
        limits.commands(asked["commands"])
        self.menus[self._menu(asked)] = asked["commands"]
        return True

    async def delete_my_commands(self, asked: Json, uploads: Uploads) -> bool:
        self.menus.pop(self._menu(asked), None)
        return True

    async def get_my_commands(self, asked: Json, uploads: Uploads) -> list[Json]:
        return self.menus.get(self._menu(asked), [])

    def _menu(self, asked: Json) -> tuple[str, str]:
        code = asked.get("language_code", "")
        limits.language(code)
        scope = asked.get("scope", {"type": "default"})
        if "chat_id" in scope:
            self.world.chat(scope["chat_id"])
        named = (scope[key] for key in ("type", "chat_id", "user_id") if key in scope)
        return ":".join(map(str, named)), code

    async def set_my_name(self, asked: Json, uploads: Uploads) -> bool:
        return self._describe("name", asked, 64)

    async def set_my_description(self, asked: Json, uploads: Uploads) -> bool:
        return self._describe("description", asked, limits.DESCRIPTION)

    async def set_my_short_description(self, asked: Json, uploads: Uploads) -> bool:
        return self._describe("short_description", asked, limits.SHORT_DESCRIPTION)

    def _describe(self, what: str, asked: Json, most: int) -> bool:
        code = asked.get("language_code", "")
        limits.language(code)
        if utf16(asked.get(what, "")) > most:
            raise bad_request(f"{what.upper()}_TOO_LONG")
        self.descriptions[what, code] = asked.get(what, "")
        return True

    async def get_my_name(self, asked: Json, uploads: Uploads) -> Json:
        return self._described("name", asked)

    async def get_my_description(self, asked: Json, uploads: Uploads) -> Json:
        return self._described("description", asked)

    async def get_my_short_description(self, asked: Json, uploads: Uploads) -> Json:
        return self._described("short_description", asked)

    def _described(self, what: str, asked: Json) -> Json:
        code = asked.get("language_code", "")
        return {what: self.descriptions.get((what, code), self.descriptions.get((what, ""), ""))}

    # What the bot asks about chats and files

    async def get_chat(self, asked: Json, uploads: Uploads) -> Json:
        return {
            **self.world.chat(asked["chat_id"]).json(),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": True,
                "limited_gifts": True,
                "unique_gifts": True,
                "premium_subscription": True,
                "gifts_from_channels": True,
            },
        }

    async def get_chat_member(self, asked: Json, uploads: Uploads) -> Json:
        chat = self.world.chat(asked["chat_id"])
        if asked["user_id"] == self.world.bot.id:
            return people.member(self.world.bot, chat.standing.value)
        for place, person in enumerate(chat.administrators):
            if person.id == asked["user_id"]:
                return people.member(person, "administrator" if place else "creator")
        for message in chat.history.values():
            author = message.get("from", {})
            if author.get("id") == asked["user_id"]:
                person = Person(
                    author["id"],
                    author["first_name"],
                    author.get("language_code"),
                    author.get("username"),
                    is_bot=author["is_bot"],
                )
                return people.member(person, "member")
        raise bad_request("member not found")

    async def get_chat_administrators(self, asked: Json, uploads: Uploads) -> list[Json]:
        chat = self.world.chat(asked["chat_id"])
        if chat.type == "private":
            raise bad_request("there are no administrators in the private chat")
        return [
            people.member(person, "administrator" if place else "creator")
            for place, person in enumerate(chat.administrators)
        ]

    async def leave_chat(self, asked: Json, uploads: Uploads) -> bool:
        chat = self.world.chat(asked["chat_id"])
        if chat.type == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.standing = Standing.NEVER_STARTED
        return True

    async def get_file(self, asked: Json, uploads: Uploads) -> Json:
        stored = self.files.get(asked["file_id"])
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if stored.size > DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {
            "file_id": asked["file_id"],
            "file_unique_id": f"unique-{asked['file_id']}",
            "file_size": stored.size,
            "file_path": f"documents/{asked['file_id']}",
        }


def _written(content: Formatted, name: str = "text") -> Json:
    written: Json = {name: content.text}
    if content.entities:
        marks = "entities" if name == "text" else "caption_entities"
        written[marks] = [entity.json() for entity in content.entities]
    return written


def not_served(method: str) -> Refusal:
    """A method that the Bot API has and this server has not: say so where it is seen."""
    return stricter(f"this server does not serve {method}; teach it to, or do without")
