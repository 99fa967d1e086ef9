"""How does evidence by meaning come to a library that is too large to wait for it at the start?

It is answered by words alone at first. Meanwhile its clauses are embedded, at low priority, and
kept in steps, so that a restart goes on where the last run ended; then it is answered by both.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from bot.settings import Settings
from retrieval.answering import Answerer
from retrieval.relevance import semantic

_log = logging.getLogger(__name__)
LOOKED = 2.0  # seconds between looks for a library that lacks it
_NICE = 15  # whoever answers questions meanwhile comes first


class Serving(Protocol):
    """Whoever has the answerer in use."""

    settings: Settings
    answerer: Answerer


class _Stopped(Exception):
    """Nobody waits for it any more."""


@asynccontextmanager
async def deepening(desk: Serving) -> AsyncIterator[None]:
    """Embed what ``desk`` answers from, while the block lasts, unless WENJU_SEMANTIC forbids it."""
    if not desk.settings.semantic:
        yield
        return
    ending = threading.Event()
    # A thread of its own: those that answer questions are few.
    thread = ThreadPoolExecutor(1, "deepening", _step_back)
    task = asyncio.create_task(_go_on(desk, thread, ending), name="deepening")
    try:
        yield
    finally:
        ending.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(thread.shutdown)  # after the clauses in work: a second


def _step_back() -> None:
    # Only Linux has priorities of threads.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


async def _go_on(desk: Serving, thread: ThreadPoolExecutor, ending: threading.Event) -> None:
    """Embed one library after the other, as they are put into use."""
    loop = asyncio.get_running_loop()
    looked_at: Answerer | None = None
    while True:
        answerer = desk.answerer
        if answerer is not looked_at and not answerer.by_meaning:
            try:
                deep = await loop.run_in_executor(thread, _deepened, desk, answerer, ending)
            except _Stopped:
                continue
            except Exception:  # questions are answered without it
                _log.exception("evidence by meaning could not be prepared")
                deep = None
            if deep is not None and desk.answerer is answerer:
                desk.answerer = deep
                _log.info("questions are now answered by meaning, too")
        looked_at = answerer
        await asyncio.sleep(LOOKED)


def _deepened(desk: Serving, answerer: Answerer, ending: threading.Event) -> Answerer | None:
    """The same answerer with evidence by meaning; ``None`` where it is to go without."""
    if not semantic.worthwhile(answerer.library):
        return None
    encoder = semantic.installed_encoder()
    if encoder is None:
        return None

    def progress(_done: int, _total: int) -> None:
        if ending.is_set() or desk.answerer is not answerer:
            raise _Stopped

    kept = desk.settings.state / "cache" / f"{encoder.name}.npz"
    embeddings = semantic.embed(answerer.library, encoder, kept, progress)
    deepened = answerer.with_meaning(encoder, embeddings)
    deepened.warm()
    return deepened
