"""What happens by itself when the knowledge folder changes?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import TelegramError
from watchfiles import Change as Kind
from watchfiles import DefaultFilter, awatch

from bot.chats.desk import Desk
from bot.chats.menu import publish_commands
from bot.library.opening import answerer_for, warm
from bot.library.previewing import Ready, propose, put_into_use
from bot.pages.previews import broken_page, faults_page
from bot.pages.rendering import Page
from bot.texts import DEFAULT, Texts, texts
from knowledge.aside import load_aside
from knowledge.changes import FOLDER, from_folder, spoiled
from knowledge.errors import InvalidCatalog, KnowledgeError, OutdatedDraft
from knowledge.giving_way import giving_way
from knowledge.newest import archive_in
from knowledge.snapshot import snapshot
from retrieval.answering import Answerer
from retrieval.errors import RetrievalError
from retrieval.evaluation.gate import consequences

_log = logging.getLogger(__name__)
QUIET = 1000  # milliseconds without a change after which a change is looked at
LONGEST = 10_000  # milliseconds of changes without a pause after which they are looked at
SETTLED = 1.0  # seconds after which a fault is one, and not a file that is still being written
UNHEARD = 60.0  # seconds after which a folder is looked at whose file system may announce nothing
AGAIN = 30.0  # seconds between attempts to watch a folder that is not there
_DRAFT = "watched"


@dataclass(slots=True)
class Watch:
    """The knowledge folder, watched. ``told`` is what the admins were told last, not to repeat it.

    What is wrong with a change is told once; the knowledge in use goes on serving meanwhile.
    """

    bot: Bot
    desk: Desk
    told: tuple[str, ...] = ()
    _files: DefaultFilter = field(default_factory=DefaultFilter)

    async def go_on(self) -> None:
        """Look at every change, until cancelled."""
        folder = self.desk.settings.knowledge
        while True:
            try:
                await self._watch(folder)
            except OSError as error:
                _log.error("the knowledge folder cannot be watched: %s", error)
                await self.look()
            await asyncio.sleep(AGAIN)

    async def _watch(self, folder: Path) -> None:
        """Look at every change of ``folder``, until it is gone."""
        # The first look comes when the watch has begun, so that no change falls in between.
        now, due = asyncio.get_running_loop().time, 0.0
        async for changes in awatch(
            folder,
            watch_filter=self._matters,
            step=QUIET,
            debounce=LONGEST,
            rust_timeout=QUIET,
            yield_on_timeout=True,
        ):
            if changes or now() >= due:
                await self.look()
                due = now() + UNHEARD
            if not await asyncio.to_thread(folder.is_dir):
                return

    def _matters(self, change: Kind, path: str) -> bool:
        """Whether a change can be one of the knowledge: editors and the bot write files, too."""
        hidden = Path(path).name.startswith((".", "~$"))
        own = Path(path).is_relative_to(self.desk.settings.state.resolve())
        return not hidden and not own and self._files(change, path)

    async def look(self) -> None:
        """Put the folder into use if it has changed and nothing is wrong with it."""
        try:
            found = await self._reload()
            if found and await self._changes_still():
                return  # the rest of it makes itself heard
        except (KnowledgeError, RetrievalError, OSError) as error:
            found = (str(error),)
        except Exception:
            _log.exception("a change of the knowledge folder could not be looked at")
            return
        if found and found != self.told:
            _log.warning("the knowledge folder was not put into use: %s", "; ".join(found))
            await self._tell(lambda said: refused_page(found, said))
        self.told = found

    async def _reload(self) -> tuple[str, ...]:
        """What is wrong: faults, or after an empty line the gold questions that would break."""
        desk = self.desk
        async with desk.reloading:
            try:
                found = await asyncio.to_thread(self._examine)
            except InvalidCatalog as error:
                await asyncio.to_thread(desk.shelf.discard, _DRAFT)
                return tuple(map(str, error.faults))
            if isinstance(found, tuple):
                return found
            known = desk.answerer.library.unread
            desk.answer_from(found)
        topics, settings = desk.answerer.library.topics, desk.settings
        await publish_commands(
            self.bot, topics, ephemeral=settings.ephemeral, admins=settings.admins
        )
        if left_out := [str(one) for one in found.library.unread if one not in known]:
            _log.warning("left out of the knowledge folder: %s", "; ".join(left_out))
            await self._tell(lambda said: unread_page(left_out, said))
        return ()

    @giving_way()
    def _examine(self) -> Answerer | tuple[str, ...]:
        """The answerer that is in use now, or what is wrong; nothing where nothing changed."""
        desk = self.desk
        settings, shelf, before = desk.settings, desk.shelf, desk.answerer
        newest = shelf.newest()
        change = from_folder(settings.knowledge, newest)
        if newest is not None and change.seen == newest.seen:
            return ()
        draft = propose(shelf, _DRAFT, change, by=FOLDER)
        library = load_aside(draft, archive_in(settings.state))
        if faults := spoiled(library, draft, newest):
            raise InvalidCatalog(faults)
        after = answerer_for(library, settings, settings.state, keep=False)
        warm(after)
        broken = consequences(before, after, ()).broken
        if broken:
            shelf.discard(_DRAFT)
            return ("", *broken)
        try:
            ready = Ready(draft, after)
            revision, answerer = put_into_use(settings, shelf, _DRAFT, by=FOLDER, ready=ready)
        except OutdatedDraft:
            return ()
        _log.info("revision %d: the knowledge folder as it is now", revision.number)
        return answerer

    async def _changes_still(self) -> bool:
        """Whether somebody is still at it, saving one file after the other."""
        folder = self.desk.settings.knowledge
        before = await asyncio.to_thread(snapshot, folder) if folder.is_dir() else None
        await asyncio.sleep(SETTLED)
        after = await asyncio.to_thread(snapshot, folder) if folder.is_dir() else None
        return (before and before.digest) != (after and after.digest)

    async def _tell(self, page_in: Callable[[Texts], Page]) -> None:
        for admin in sorted(self.desk.settings.admins):
            chosen = (await self.desk.memory.preferences(admin)).language
            page = page_in(texts(chosen or DEFAULT))
            try:
                await self.bot.send_message(admin, page.body.html, parse_mode=ParseMode.HTML)
            except TelegramError as error:
                _log.info("an admin could not be told: %s", error)


def refused_page(found: Sequence[str], said: Texts) -> Page:
    """Why a change was not put into use; see ``Watch``."""
    if found[0]:
        return faults_page(found, said, head=said.say("watching.failed"))
    return broken_page(found[1:], said)


def unread_page(left_out: Sequence[str], said: Texts) -> Page:
    """Which files were not put into use with the others of a change."""
    return faults_page(left_out, said, head=said.say("watching.left_out"))


@asynccontextmanager
async def watching(bot: Bot, desk: Desk) -> AsyncIterator[None]:
    """Watch the knowledge folder while the block lasts, if WENJU_WATCH asks for it."""
    if not desk.settings.watch:
        yield
        return
    task = asyncio.create_task(Watch(bot, desk).go_on(), name="watching")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
