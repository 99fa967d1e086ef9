"""How does a knowledge folder become something that answers?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.settings import Settings
from knowledge.catalog import load_library
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.semantic import encoder_for


def open_answerer(
    settings: Settings,
    state: Path | None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Answerer:
    """The knowledge of ``settings``, validated and indexed; what ``state`` has is not made again.

    Takes seconds for a large library: in the running bot, call it in a worker thread.
    ``progress`` is told how many passages of how many are indexed. Raises InvalidCatalog.
    """
    library = load_library(settings.knowledge)
    encoder = encoder_for(library, None if settings.semantic else False)
    return build_answerer(library, state, encoder=encoder, progress=progress)
