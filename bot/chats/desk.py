"""What do all handlers share, and who is asking?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from telegram import Chat, Update
from telegram.ext import ContextTypes

from bot.chats.ephemeral import place_of
from bot.chats.hearing import Hearing
from bot.chats.rates import Admission, Rates
from bot.chats.turns import Turns
from bot.pages.rendering import View
from bot.records.memory import Memory
from bot.records.store import Preferences
from bot.settings import Settings
from bot.texts import Texts, language_of, texts

if TYPE_CHECKING:
    from bot.library.previewing import Ready
    from knowledge.revisions import Revisions
    from retrieval.answering import Answerer

Context = ContextTypes.DEFAULT_TYPE
_DESK = "desk"


@dataclass(slots=True)
class Desk:
    """What outlives an update.

    ``answerer`` is replaced as a whole by a reload: take it once per update and keep to it.
    ``ready`` is what was made for the preview that was shown last.
    """

    settings: Settings
    memory: Memory
    shelf: Revisions
    answerer: Answerer
    rates: Rates
    hearing: Hearing
    turns: Turns
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: Ready | None = None

    def answer_from(self, answerer: Answerer) -> None:
        """Have ``answerer`` answer from now on; no preview is one of what is in use any more."""
        self.answerer, self.ready = answerer, None


def put_desk(bot_data: dict[object, object], desk: Desk) -> None:
    """Make ``desk`` what ``the_desk`` gives."""
    bot_data[_DESK] = desk


def the_desk(bot_data: dict[object, object]) -> Desk:
    """The one desk of the running bot."""
    return cast("Desk", bot_data[_DESK])


def desk_of(context: Context) -> Desk:
    """The same, for a handler."""
    return the_desk(context.bot_data)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks and where.

    ``person`` is a user's id, or a chat's where somebody writes in its name. ``group`` is whether
    others read along. ``own`` are the sentences for what only they see: a pressed button's window.
    """

    chat: int
    person: int
    group: bool
    preferences: Preferences
    view: View
    own: Texts

    @property
    def texts(self) -> Texts:
        """The sentences in the language of the message that they get or press a button of."""
        return self.view.texts


async def caller_of(update: Update, context: Context) -> Caller:
    """The one who sent ``update``, with the choices of their chat."""
    desk, chat, user = desk_of(context), update.effective_chat, update.effective_user
    message = update.effective_message
    writes_as = message.sender_chat if message and not update.callback_query else None
    chat_id = chat.id if chat else 0
    person = writes_as.id if writes_as else (user.id if user else chat_id)
    preferences = await desk.memory.preferences(chat_id) if chat else Preferences()
    own = preferences.language or language_of(user.language_code if user else None)
    language = own
    if update.callback_query and message and not preferences.language:
        # A message that several people read does not change its language with whoever presses.
        known = await desk.memory.answered(*place_of(message))
        language = (known.language if known else "") or own
    return Caller(
        chat_id,
        person,
        group=chat is not None and chat.type in {Chat.GROUP, Chat.SUPERGROUP},
        preferences=preferences,
        view=View(
            texts(language),
            context.bot.username,
            per_page=preferences.passages,
            short=preferences.short,
        ),
        own=texts(own),
    )


def admission(context: Context, caller: Caller) -> Admission:
    """Whether to answer ``caller`` now."""
    desk = desk_of(context)
    if caller.person in desk.settings.admins:
        return Admission.WELCOME
    verdict = desk.rates.admit(caller.person, caller.chat if caller.group else None)
    if verdict is Admission.WARN and not caller.preferences.notices:
        return Admission.SILENT
    return verdict
