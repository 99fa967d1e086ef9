"""What arrives at a bot when people do things in Telegram?

Each function gives the content of a message, or a whole update without its ``update_id``, as
Telegram's servers write it for what real clients send: commands, mentions and links come marked,
in UTF-16; a reply carries the message replied to, without that one's own reply.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.telegram.markup import Formatted, utf16, with_found
from tests.telegram.refusal import Json
from tests.telegram.world import Chat, Person

GROUP_ANONYMOUS_BOT = Person(1087968824, "Group", None, "GroupAnonymousBot", is_bot=True)
LONGEST = 4096


def text(content: str) -> Json:
    """A text as the client sends it: without white space around it, and marked."""
    content = content.strip()
    if not content or utf16(content) > LONGEST:
        raise ValueError("no client sends this in one message; see parts()")
    found = with_found(Formatted(content))
    message: Json = {"text": content}
    if found.entities:
        message["entities"] = [entity.json() for entity in found.entities]
    return message


def parts(content: str) -> Iterator[Json]:
    """The messages into which a client cuts a long text."""
    step = LONGEST if utf16(content) == len(content) else LONGEST // 2
    for start in range(0, len(content), step):
        yield text(content[start : start + step])


def _file(name: str, size: int = 31_000) -> Json:
    return {"file_id": f"file-{name}", "file_unique_id": f"unique-{name}", "file_size": size}


def sticker() -> Json:
    """A sticker."""
    picture = {"type": "regular", "width": 512, "height": 512, "emoji": "👍"}
    return {"sticker": {**_file("sticker"), **picture, "is_animated": False, "is_video": False}}


def voice() -> Json:
    """A voice message."""
    return {"voice": {**_file("voice"), "duration": 4, "mime_type": "audio/ogg"}}


def photo(caption: str | None = None) -> Json:
    """A photo, with a caption or without."""
    message: Json = {"photo": [{**_file("photo"), "width": 1280, "height": 720}]}
    if caption is not None:
        marked = text(caption)
        message["caption"] = marked["text"]
        if "entities" in marked:
            message["caption_entities"] = marked["entities"]
    return message


def document(file_id: str, name: str, size: int, caption: str | None = None) -> Json:
    """A file; ``file_id`` is what ``Methods.keep_file`` gave."""
    message: Json = {
        "document": {
            "file_id": file_id,
            "file_unique_id": f"unique-{file_id}",
            "file_name": name,
            "file_size": size,
        }
    }
    if caption is not None:
        message["caption"] = caption
    return message


def location() -> Json:
    """A place."""
    return {"location": {"latitude": 40.65, "longitude": 109.84}}


def message(
    chat: Chat,
    sender: Person,
    content: Json,
    *,
    reply_to: Json | None = None,
    quote: str | None = None,
    topic: int | None = None,
) -> Json:
    """``sender`` writes ``content`` in ``chat``; an update.

    What is written in a topic and replies to nothing comes as a reply to the message that opened
    the topic.
    """
    said: Json = {"from": sender.json(), **content}
    if topic is not None:
        said |= {"message_thread_id": topic, "is_topic_message": True}
        reply_to = chat.history[topic] if reply_to is None else reply_to
    if reply_to is not None:
        said["reply_to_message"] = without_reply(reply_to)
        if "message_thread_id" in reply_to:
            said["message_thread_id"] = reply_to["message_thread_id"]
            said["is_topic_message"] = True
    if quote is not None and reply_to is not None:
        whole = reply_to.get("text") or reply_to["caption"]
        position = utf16(whole[: whole.index(quote)])
        said["quote"] = {"text": quote, "position": position, "is_manual": True}
    return {"message": chat.add(said)}


def ephemeral_command(chat: Chat, sender: Person, content: Json, bot: Person) -> Json:
    """``sender`` sends a command that nobody but the bot sees."""
    return {"message": chat.whisper({"from": sender.json(), **content}, bot)}


def without_reply(replied: Json) -> Json:
    """A message as it stands inside a reply to it: one level deep."""
    return {
        key: value for key, value in replied.items() if key not in {"reply_to_message", "quote"}
    }


def anonymous_admin(chat: Chat, content: Json) -> Json:
    """An administrator who stays anonymous writes in the group's own name."""
    said = {"from": GROUP_ANONYMOUS_BOT.json(), "sender_chat": chat.json(), **content}
    return {"message": chat.add(said)}


def channel_post(chat: Chat, content: Json) -> Json:
    """Something is posted in a channel."""
    return {"channel_post": chat.add({"sender_chat": chat.json(), **content})}


def linked_channel_post(chat: Chat, channel: Chat, content: Json) -> Json:
    """A channel's post arrives by itself in the channel's discussion group."""
    sender = Person(777000, "Telegram", None)
    said = {
        "from": sender.json(),
        "sender_chat": channel.json(),
        "is_automatic_forward": True,
        **content,
    }
    return {"message": chat.add(said)}


def edited(chat: Chat, original: Json, content: Json) -> Json:
    """The author edits ``original``; an ``edited_message`` update."""
    gone = {"text", "entities", "caption", "caption_entities"}
    kept = {key: value for key, value in original.items() if key not in gone}
    changed = {**kept, **content, "edit_date": chat.clock()}
    chat.history[original["message_id"]] = changed
    return {"edited_message": changed}


def press(presser: Person, query_id: str, pressed: Json, data: str) -> Json:
    """``presser`` presses the button with ``data`` under ``pressed``."""
    return {
        "callback_query": {
            "id": query_id,
            "from": presser.json(),
            "message": pressed,
            "chat_instance": str(pressed["chat"]["id"] * 31),
            "data": data,
        }
    }


def inline_query(asker: Person, query_id: str, query: str, offset: str = "") -> Json:
    """``asker`` types ``@bot query`` in some chat."""
    return {
        "inline_query": {
            "id": query_id,
            "from": asker.json(),
            "query": query,
            "offset": offset,
            "chat_type": "sender",
        }
    }


def membership(chat: Chat, actor: Person, bot: Person, old: str, new: str) -> Json:
    """``actor`` adds, promotes, mutes or removes the bot, or (in private) blocks it."""
    return {
        "my_chat_member": {
            "chat": chat.json(),
            "from": actor.json(),
            "date": chat.clock(),
            "old_chat_member": _member(bot, old),
            "new_chat_member": _member(bot, new),
        }
    }


RIGHTS_OF_ADMINISTRATORS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
RIGHTS_OF_MUTED = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def _member(person: Person, status: str) -> Json:
    member: Json = {"user": person.json(), "status": status}
    match status:
        case "administrator":
            return member | dict.fromkeys(RIGHTS_OF_ADMINISTRATORS, False)
        case "restricted":
            return (
                member
                | dict.fromkeys(RIGHTS_OF_MUTED, False)
                | {"is_member": True, "until_date": 0}
            )
        case "kicked":
            return member | {"until_date": 0}
        case "creator":
            return member | {"is_anonymous": False}
        case _:
            return member


def member(person: Person, status: str) -> Json:
    """The Bot API's ChatMember."""
    return _member(person, status)


def new_members(chat: Chat, actor: Person, newcomer: Person) -> Json:
    """The service message that says who was added."""
    said = {"from": actor.json(), "new_chat_members": [newcomer.json()]}
    return {"message": chat.add(said)}


def migration(chat: Chat, actor: Person, supergroup: Chat) -> Json:
    """The service message in the old group when it becomes a supergroup."""
    chat.migrated_to = supergroup.id
    said = {"from": actor.json(), "migrate_to_chat_id": supergroup.id}
    return {"message": chat.add(said)}
