"""What is known now: the newest revision, or the operator's folder with what Telegram added?"""

from __future__ import annotations

from pathlib import Path

from knowledge.catalog import load_library
from knowledge.changes import overlay_of, snapshot
from knowledge.library import Library
from knowledge.revisions import Revision, Revisions


def shelf_in(state: Path) -> Revisions:
    """The revisions that the state folder of a bot holds."""
    return Revisions(state / "knowledge")


def load_newest(folder: Path, shelf: Revisions | None, *, strict: bool = False) -> Library:
    """The library that a bot would serve which starts now; nothing is written.

    That is the newest revision on ``shelf`` or, where the operator's ``folder`` has changed since,
    that folder with what Telegram had added. ``strict`` makes a fault of every question whose
    passage is gone; otherwise only of those that no admin has put up with. Raises
    ``InvalidCatalog`` and ``ShelfError``.
    """
    newest = None if shelf is None else shelf.newest()
    if newest is None:
        return load_library(folder)
    if folder.is_dir() and snapshot(folder).digest == newest.seen:
        return load_library(newest.folder, strict=strict)
    return load_library(folder, overlay=newest.folder, strict=strict or not has_reports(newest))


def has_reports(revision: Revision | None) -> bool:
    """Whether an admin has added, replaced or removed reports by ``revision``.

    Then a gold question may lack its passage: the admin has seen that, and confirmed it.
    """
    overlay = overlay_of(revision)
    return bool(overlay.reports or overlay.removed)
