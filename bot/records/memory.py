"""How do handlers reach the store without waiting for the disk, or failing with it?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.errors import UnusableState
from bot.records.store import Answered, Item, Logged, Preferences, Store

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Memory:
    """The store, asked in worker threads.

    A disk that is full or gone costs the bot its memory, not its voice: what cannot be read counts
    as never noted, and what cannot be noted is logged and let be. Only a reader's own vote or
    choice raises UnusableState, for they must hear that it was not kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._trouble = ""  # what kept something from being noted and has been said

    async def is_done(self, update: int) -> bool:
        """Whether the update with this id was answered."""
        return await self._or(False, lambda: self._store.is_done(update))

    async def done(self, update: int) -> None:
        """Note that the update with this id is answered."""
        await self._note(lambda: self._store.done(update))

    async def remember(
        self, chat: int, person: int, answered: Answered, texts: dict[str, str]
    ) -> None:
        """Note what a message of the bot answers, and the words of its citations."""
        await self._note(lambda: self._store.remember(chat, person, answered, texts))

    async def answered(self, chat: int, message: int) -> Answered | None:
        """What the bot's ``message`` answers."""
        return await self._or(None, lambda: self._store.answered(chat, message))

    async def answer_to(self, chat: int, question: int) -> Answered | None:
        """The message of the bot that answered the message ``question``."""
        return await self._or(None, lambda: self._store.answer_to(chat, question))

    async def latest(self, chat: int, before: int, within: float) -> Answered | None:
        """The newest answer before message ``before``, if of the last ``within`` seconds."""
        return await self._or(None, lambda: self._store.latest(chat, before, within))

    async def words_of(self, citation: str) -> str | None:
        """What the paragraph said when the bot cited it."""
        return await self._or(None, lambda: self._store.words_of(citation))

    async def preferences(self, chat: int) -> Preferences:
        """What ``chat`` has chosen."""
        return await self._or(Preferences(), lambda: self._store.preferences(chat))

    async def move(self, old: int, new: int) -> None:
        """The group ``old`` has become the supergroup ``new``."""
        await self._note(lambda: self._store.move(old, new))

    async def log(self, chat: int, person: int, answered: Answered) -> None:
        """Add to the log what ``person`` asked and what came of it."""
        await self._note(lambda: self._store.log(chat, person, answered))

    async def logged(self, since: float = 0.0) -> tuple[Logged, ...]:
        """Everything that was asked since ``since``, the oldest first; raises UnusableState."""
        return await asyncio.to_thread(self._store.logged, since)

    async def recent_questions(self, limit: int) -> tuple[str, ...]:
        """The last ``limit`` different questions in words, the newest first."""
        return await self._or((), lambda: self._store.recent_questions(limit))

    async def dismiss(self, questions: Iterable[str]) -> None:
        """Note that these questions need no answer; raises UnusableState."""
        await asyncio.to_thread(self._store.dismiss, tuple(questions))

    async def dismissed(self) -> frozenset[str]:
        """The questions that need no answer."""
        return await self._or(frozenset(), self._store.dismissed)

    async def put_in_inbox(self, chat: int, message: int, item: Item) -> None:
        """Note what the bot's ``message`` shows of the inbox."""
        await self._note(lambda: self._store.put_in_inbox(chat, message, item))

    async def in_inbox(self, chat: int, message: int) -> Item | None:
        """What the bot's ``message`` shows of the inbox."""
        return await self._or(None, lambda: self._store.in_inbox(chat, message))

    async def votes_since(self, since: float) -> tuple[int, int]:
        """How many votes since ``since`` found an answer good, and how many bad."""
        return await self._or((0, 0), lambda: self._store.votes_since(since))

    async def forget_old(self) -> None:
        """Forget what is older than the retention."""
        await self._note(self._store.forget_old)

    async def vote(self, chat: int, message: int, person: int, *, good: bool) -> None:
        """Note what ``person`` thinks of the bot's ``message``; raises UnusableState."""
        await asyncio.to_thread(self._store.vote, chat, message, person, good=good)

    async def choose(self, chat: int, **changes: str | int | bool) -> Preferences:
        """Change some of the preferences of ``chat``; raises UnusableState."""
        return await asyncio.to_thread(self._store.choose, chat, **changes)

    async def _or(self, default: T, work: Callable[[], T]) -> T:
        """What ``work`` finds, ``default`` where the store cannot be used."""
        try:
            return await asyncio.to_thread(work)
        except UnusableState as error:
            self._troubled(error)
            return default

    async def _note(self, work: Callable[[], None]) -> None:
        """Have ``work`` note something, if the store can be used."""
        try:
            await asyncio.to_thread(work)
        except UnusableState as error:
            self._troubled(error)
            return
        if self._trouble:
            _log.info("what is to be remembered can be kept again")
            self._trouble = ""

    def _troubled(self, error: UnusableState) -> None:
        """Say each trouble once: a question has eight things to look up or to note."""
        if str(error) != self._trouble:
            _log.error("%s", error)
        self._trouble = str(error)
