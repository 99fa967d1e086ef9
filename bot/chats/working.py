"""How does long work show that it goes on and what came of it, even over a restart?"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from telegram import Bot, LinkPreviewOptions, ReplyParameters, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.chats.desk import Caller, Context, desk_of
from bot.chats.replying import markup_of
from bot.pages.buttons import Button, Keyboard, Verb, press
from bot.pages.markup import text
from bot.pages.rendering import Page
from bot.settings import Settings
from bot.texts import LANGUAGES, Texts, texts
from knowledge.errors import ShelfError
from knowledge.revisions import Revisions

_log = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
EVERY = 2.0  # seconds between edits: Telegram wants no more than one a second in a chat
_KEPT = "working"


@dataclass(slots=True)
class Working:
    """One message in a private chat that is edited along the way and says at last what came of it.

    ``tell`` may be called from any thread. Between the first word and ``end`` a note lies in the
    state folder, so that whoever waits hears of a restart (see ``tell_interrupted``).
    """

    bot: Bot
    chat: int
    message: int
    note: Path
    keyboard: Keyboard
    said: str
    shown: str
    ended: bool = False
    _editing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self, sentence: str) -> None:
        """Show ``sentence`` soon, unless the next comes sooner."""
        self.said = sentence

    async def end(self, page: Page) -> None:
        """Show what came of it."""
        async with self._editing:
            self.ended = True
            await show(self.bot, self.chat, self.message, page)
        await asyncio.to_thread(self.note.unlink, missing_ok=True)

    async def keep_showing(self) -> None:
        """Edit the message now and then, until it ends."""
        while not self.ended:
            await asyncio.sleep(EVERY)
            async with self._editing:
                if self.ended or self.said == self.shown:
                    continue
                self.shown = self.said
                with suppress(TelegramError):  # the next one, or the end, will show
                    await show(
                        self.bot, self.chat, self.message, Page(text(self.shown), self.keyboard)
                    )


@asynccontextmanager
async def working(
    update: Update,
    context: Context,
    caller: Caller,
    sentence: str,
    *,
    draft: str = "",
    keyboard: Keyboard = (),
    fresh: bool = True,
) -> AsyncIterator[Working]:
    """Say ``sentence`` while the block works: in a reply, or unless ``fresh`` in what was pressed.

    ``draft`` is the one that is being confirmed; ``keyboard`` stays under the message meanwhile.
    """
    desk, message = desk_of(context), update.effective_message
    if message is None:
        raise ValueError("there is no message to work on")
    page = Page(text(sentence), keyboard)
    await desk.memory.done(update.update_id)  # see bot/chats/replying.py: rather lost than twice
    if fresh:
        sent = await context.bot.send_message(
            caller.chat,
            page.body.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
        )
        number = sent.message_id
    else:
        number = message.message_id
        await show(context.bot, caller.chat, number, page)
    note = desk.settings.state / _KEPT / f"{caller.chat}.{number}.json"
    words = {"language": caller.texts.language, "draft": draft}
    try:
        await asyncio.to_thread(_write, note, words)
    except OSError as error:
        _log.warning("a restart could not be told to who waits: %s", error)
    work = Working(context.bot, caller.chat, number, note, keyboard, sentence, sentence)
    showing = asyncio.create_task(work.keep_showing(), name="progress")
    try:
        yield work
    except Exception as error:  # the error handler would say the same in a second message
        _log.error("update %d was not done", update.update_id, exc_info=error)
        if not work.ended:
            with suppress(TelegramError):
                await work.end(Page(text(caller.texts.say("admin.trouble"))))
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def show(bot: Bot, chat: int, message: int, page: Page) -> None:
    """Make ``message`` show ``page``; where it is gone, send another."""
    try:
        await bot.edit_message_text(
            page.body.html,
            chat,
            message,
            parse_mode=ParseMode.HTML,
            reply_markup=markup_of(page.keyboard),
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest as error:
        said = error.message.lower()
        if "not modified" in said:
            return
        if "to edit not found" not in said and "can't be edited" not in said:
            raise
        await bot.send_message(
            chat,
            page.body.html,
            parse_mode=ParseMode.HTML,
            reply_markup=markup_of(page.keyboard),
            link_preview_options=_NO_PREVIEW,
        )


def decision(draft: str, said: Texts) -> Keyboard:
    """The buttons under a preview."""
    return (
        (
            Button(said.say("buttons.confirm"), press(Verb.CONFIRM, draft)),
            Button(said.say("buttons.cancel"), press(Verb.CANCEL, draft)),
        ),
    )


async def tell_interrupted(bot: Bot, settings: Settings, shelf: Revisions) -> None:
    """Tell those who waited when the bot ended without a chance to finish what it did."""
    folder = settings.state / _KEPT
    for note in await asyncio.to_thread(lambda: sorted(folder.glob("*.json"))):
        try:
            words = json.loads(await asyncio.to_thread(note.read_bytes))
            chat, message = map(int, note.stem.split("."))
            said = texts(words["language"] if words["language"] in LANGUAGES else LANGUAGES[0])
            page = await asyncio.to_thread(_outcome, shelf, str(words["draft"]), said)
            await show(bot, chat, message, page)
        except (OSError, ValueError, KeyError, TypeError, TelegramError) as error:
            _log.warning("a restart could not be told to who waits: %s", error)
            if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
                continue  # the next start may reach Telegram
        await asyncio.to_thread(note.unlink, missing_ok=True)


def _outcome(shelf: Revisions, draft: str, said: Texts) -> Page:
    """What became of the work on ``draft``, "" where it was no confirmation."""
    if not draft:
        return Page(text(said.say("admin.interrupted")))
    try:
        revision = shelf.confirmed(draft)
        if revision is not None:
            return Page(text(said.say("revisions.already", number=revision.number)))
        shelf.draft(draft)
    except ShelfError:
        return Page(text(said.say("revisions.gone")))
    return Page(text(said.say("admin.not_yet")), decision(draft, said))


def _write(note: Path, words: dict[str, str]) -> None:
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(words), encoding="utf-8")
