"""What is known now: the newest revision, or the operator's folder with what Telegram added?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from knowledge.archive import Archive, key_of
from knowledge.changes import looked_at, overlay_of
from knowledge.errors import InvalidCatalog
from knowledge.library import Library
from knowledge.revisions import Revision, Revisions


def _read(folder: Path, **named: Any) -> Library:  # noqa: ANN401 - as it takes them
    """``load_library``, which brings along all that reading takes; mostly nothing is to be read."""
    from knowledge import catalog

    return catalog.load_library(folder, **named)


def shelf_in(state: Path) -> Revisions:
    """The revisions that the state folder of a bot holds."""
    return Revisions(state / "knowledge")


def archive_in(state: Path) -> Archive:
    """What the state folder of a bot keeps of the reports that were read."""
    return Archive(state / "cache" / "library")


def load_revision(revision: Revision, archive: Archive | None, *, strict: bool = False) -> Library:
    """The library of a revision or draft; nothing is read of what ``archive`` has.

    ``strict`` is as for ``load_library``. Raises ``InvalidCatalog``.
    """
    if archive is None:
        return _read(revision.folder, strict=strict)
    key = key_of(revision.files)
    library = archive.library(key)
    if library is None:
        with archive.intake() as intake:
            library = _read(revision.folder, strict=strict, intake=intake, digests=revision.files)
        if not library.unread:  # what cannot be read now is tried again the next time
            archive.keep(key, library)
    return _held_to(library, strict=strict)


def load_newest(
    folder: Path, shelf: Revisions | None, archive: Archive | None = None, *, strict: bool = False
) -> Library:
    """The library that a bot would serve which starts now; nothing is written but to ``archive``.

    That is the newest revision on ``shelf`` or, where the operator's ``folder`` has changed since,
    that folder with what Telegram had added. Nothing is read of what ``archive`` has. ``strict``
    makes a fault of every question whose passage is gone; otherwise only of those that no admin has
    put up with. Raises ``InvalidCatalog`` and ``ShelfError``.
    """
    newest = None if shelf is None else shelf.newest()
    looked = None if newest is None and archive is None else looked_at(folder, newest)
    if newest is not None and looked is not None and looked.folder.digest == newest.seen:
        return load_revision(newest, archive, strict=strict)
    strict = strict or not has_reports(newest)
    overlay = None if newest is None else newest.folder
    if archive is None or looked is None:
        return _read(folder, overlay=overlay, strict=strict)
    key = key_of(looked.folder.marked, looked.added)
    library = archive.library(key)
    if library is None:
        with archive.intake() as intake:
            library = _read(
                folder,
                overlay=overlay,
                strict=strict,
                intake=intake,
                digests=looked.folder.inside,
            )
        # What cannot be read now is tried again the next time, and what was touched meanwhile.
        if not library.unread and looked_at(folder, newest) == looked:
            archive.keep(key, library)
    return _held_to(library, strict=strict)


def _held_to(library: Library, *, strict: bool) -> Library:
    """The same. If ``strict``, raises ``InvalidCatalog`` where questions are broken."""
    if strict and library.broken:
        raise InvalidCatalog(library.faults)
    return library


def has_reports(revision: Revision | None) -> bool:
    """Whether an admin has added, replaced or removed reports by ``revision``.

    Then a gold question may lack its passage: the admin has seen that, and confirmed it.
    """
    overlay = overlay_of(revision)
    return bool(overlay.reports or overlay.removed)
