"""How does the knowledge become something that answers, and which version of it?"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import Settings
from knowledge import snapshot
from knowledge.archive import Archive
from knowledge.changes import FOLDER, from_folder, spoiled
from knowledge.errors import InvalidCatalog, UnusableShelf
from knowledge.library import Library
from knowledge.newest import archive_in, has_reports, load_newest, load_revision, shelf_in
from knowledge.revisions import Revision, Revisions
from knowledge.unkept import unkept
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.relevance.semantic import encoder_for

_log = logging.getLogger(__name__)
FILES = Path("cache") / "folder.npz"
"""Where the state folder keeps what the files of the operator's folder were like."""

_UNREAD = 5  # files that are left out and named
_START = "start"  # the draft of what is found in the folder at the start

Progress = Callable[[int, int], None]


def _nowhere(_done: int, _total: int) -> None:
    """Tell nobody."""


def open_answerer(
    settings: Settings, state: Path | None, progress: Progress = _nowhere
) -> Answerer:
    """What the bot would answer from if it started now; nothing but caches is written.

    Takes seconds for a large library. ``progress`` is told how many passages of how many are
    indexed. Raises ``KnowledgeError``.
    """
    with _without_looking_for_garbage():
        if state is None:
            library = load_newest(settings.knowledge, None)
        else:
            with _knowing_the_folder(settings, state):
                library = load_newest(settings.knowledge, shelf_in(state), archive_in(state))
        _tell_unread(library)
        return answerer_for(library, settings, state, progress=progress)


def open_to_serve(settings: Settings, shelf: Revisions, progress: Progress = _nowhere) -> Answerer:
    """The same, and a new revision where the operator's folder has changed.

    For the start of the running bot, which is the one that changes ``shelf``. Where the folder has
    faults, the newest revision serves on; raises ``KnowledgeError`` where there is none. What is
    given is ready: no first question waits for what could have been worked out before it.
    """
    with _without_looking_for_garbage():
        answerer = _opened(settings, shelf, progress)
        warm(answerer)
    return answerer


def _opened(settings: Settings, shelf: Revisions, progress: Progress) -> Answerer:
    shelf.sweep()
    archive = archive_in(settings.state)
    newest = shelf.newest()
    try:
        with _knowing_the_folder(settings, settings.state):
            library = _adopted(settings.knowledge, shelf, newest, archive)
    except (InvalidCatalog, UnusableShelf) as error:
        if newest is None and isinstance(error, InvalidCatalog):
            raise
        for line in str(error).splitlines():
            _log.error("%s", line)
        if newest is None:  # a full disk, say: nothing can be kept, but all can be answered
            library = load_newest(settings.knowledge, None)
        else:
            _log.error("the knowledge was not read again: revision %d serves on", newest.number)
            library = load_revision(newest, archive)
    _tell_unread(library)
    return answerer_for(library, settings, settings.state, progress=progress)


@contextmanager
def _knowing_the_folder(settings: Settings, state: Path) -> Iterator[None]:
    """What a process before knew of the files of the operator's folder is known, and kept."""
    file = state / FILES
    snapshot.recall(settings.knowledge, file)
    try:
        yield
    finally:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            snapshot.remember(settings.knowledge, file)
        except OSError as error:
            unkept(_log, "what the files were like", file.parent, error)


def _tell_unread(library: Library) -> None:
    for fault in library.unread[:_UNREAD]:
        _log.warning("left out: %s", fault)
    if len(library.unread) > _UNREAD:
        _log.warning("%d more are left out; wenju check names them", len(library.unread) - _UNREAD)


def warm(answerer: Answerer) -> None:
    """Have ``answerer`` ready for any question; until then a few kinds take a second."""
    answerer.warm()
    gc.freeze()  # see `answerer_for`


@contextmanager
def _without_looking_for_garbage() -> Iterator[None]:
    """Python would go through all that is made, which has no cycles, again and again: 1.5 s of 9.

    Not for a process that answers meanwhile: it makes garbage, too.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def _adopted(folder: Path, shelf: Revisions, newest: Revision | None, archive: Archive) -> Library:
    """The library of the newest revision, after making one of ``folder`` where that has changed."""
    if newest is not None and snapshot.snapshot(folder).digest == newest.seen:
        return load_revision(newest, archive)
    change = from_folder(folder, newest)
    try:
        draft = shelf.propose(_START, change.files, by=FOLDER, what=change.what, seen=change.seen)
        library = load_revision(draft, archive, strict=not has_reports(newest))
        if faults := spoiled(library, draft, newest):
            raise InvalidCatalog(faults)
    except InvalidCatalog:
        shelf.discard(_START)
        raise
    revision = shelf.confirm(_START, by=FOLDER)
    if newest is not None:
        _log.info("revision %d: the knowledge folder has changed", revision.number)
    return library


def answerer_for(
    library: Library,
    settings: Settings,
    state: Path | None,
    *,
    keep: bool = True,
    progress: Progress = _nowhere,
) -> Answerer:
    """An answerer for ``library``; with ``keep``, its index is the one that ``state`` keeps."""
    encoder = encoder_for(library, None if settings.semantic else False)
    answerer = build_answerer(library, state, encoder=encoder, keep=keep, progress=progress)
    # Python's search for cyclic garbage would go through all of it, again and again, while nobody
    # is answered: 130 ms for a thousand reports. They have no cycles and are freed without it.
    gc.freeze()
    return answerer
