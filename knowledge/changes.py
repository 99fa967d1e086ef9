"""Of which files is the next revision made: the operator's, an earlier revision's, Telegram's?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from knowledge.errors import Fault, UnknownDraft, UnusableShelf
from knowledge.giving_way import in_slices
from knowledge.library import Library
from knowledge.listed import ListedReport
from knowledge.overlay import OVERLAY, Overlay, parse_overlay
from knowledge.revisions import Content, Kept, Revision, What
from knowledge.snapshot import Snapshot, own_overlay, snapshot

FOLDER = "folder"
"""Who a revision is by that nobody asked for: the operator's folder had changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to propose: files, what was done, and the state of the operator's folder (``seen``)."""

    files: Mapping[str, Content]
    what: What
    seen: str


def spoiled(library: Library, draft: Revision, newest: Revision | None) -> tuple[Fault, ...]:
    """What is wrong with files of ``draft`` that cannot be read and that ``newest`` has otherwise.

    They may be half written, and what stands there now serves on until somebody has looked at
    them. A file that is new is only left out of the ``library``.
    """
    if newest is None:
        return ()
    return tuple(
        fault
        for fault in library.unread
        if newest.files.get(fault.file) not in (None, draft.files.get(fault.file))
    )


def overlay_of(revision: Revision | None) -> Overlay:
    """What Telegram had added by ``revision``; raises ``InvalidCatalog``."""
    if revision is None or OVERLAY not in revision.files:
        return Overlay()
    return parse_overlay(revision.read(OVERLAY)).overlay


def _added(revision: Revision) -> dict[str, Content]:
    """The overlay of ``revision`` and the files that it lists, as the shelf has them."""
    names = {OVERLAY, *(row.file for row in overlay_of(revision).reports)}
    return {name: digest for name, digest in revision.files.items() if name in names}


@dataclass(frozen=True, slots=True)
class Looked:
    """The operator's folder, and the SHA-256 of the files of the overlay that is laid over it."""

    folder: Snapshot
    added: Mapping[str, str]


def looked_at(folder: Path, newest: Revision | None) -> Looked | None:
    """The operator's folder as it is now, with what Telegram had added by the newest revision.

    ``None`` where something of it cannot be read: the loading says what.
    """
    try:
        return Looked(snapshot(folder), _digests(_overlaid(folder, newest)))
    except (OSError, UnusableShelf):
        return None


def from_folder(folder: Path, newest: Revision | None) -> Change:
    """The same, to be proposed. Raises ``UnusableShelf``.

    And ``InvalidCatalog`` where the folder is not there or has nothing in it, as one that is not
    mounted: what Telegram had added is no reason to do without all the rest.
    """
    base = snapshot(folder)
    named = in_slices(base.digests.items())
    files = {name: Kept(digest, folder / name) for name, digest in named}
    if not files:
        from knowledge import catalog  # which hardly anybody who looks at a folder needs

        catalog.load_library(folder)  # which says what is wrong
    return Change({**files, **_overlaid(folder, newest)}, What("folder", {}), base.digest)


def _overlaid(folder: Path, newest: Revision | None) -> Mapping[str, Content]:
    """What Telegram had added; without a revision, the overlay that lies in the folder itself."""
    return own_overlay(folder)[1] if newest is None else _added(newest)


def with_overlay(
    newest: Revision, overlay: Overlay, what: What, uploads: Mapping[str, bytes] | None = None
) -> Change:
    """The newest revision with another ``overlay`` and the files that are new in it."""
    dropped = set(_added(newest))
    files: dict[str, Content] = {
        name: digest for name, digest in newest.files.items() if name not in dropped
    }
    listed = {row.file for row in overlay.reports}
    files |= {name: digest for name, digest in newest.files.items() if name in listed}
    files |= uploads or {}
    if overlay != Overlay():
        files[OVERLAY] = overlay.dump()
    return Change(files, what, newest.seen)


def with_report(newest: Revision, row: ListedReport, content: bytes, what: What) -> Change:
    """The newest revision with the report that ``row`` lists; ``content`` is its file."""
    overlay = overlay_of(newest)
    own = {one.file for one in overlay.reports}
    place, number = PurePosixPath(row.file), 1
    while row.file in newest.files and row.file not in own:  # a file of the operator's
        number += 1
        file = place.with_stem(f"{place.stem}-{number}").as_posix()
        row = row.model_copy(update={"file": file})
    return with_overlay(newest, overlay.with_report(row), what, {row.file: content})


def back_to(earlier: Revision, folder: Path) -> Change:
    """An earlier revision as it was, whatever the operator's folder says now."""
    what = What("rollback", {"to": str(earlier.number)})
    return Change(dict(earlier.files), what, snapshot(folder).digest)


def again(draft: Revision, newest: Revision, folder: Path, earlier: Revision | None) -> Change:
    """What ``draft`` wanted, on top of a revision that came in between.

    ``earlier`` is the revision that a rollback leads to. Raises ``UnknownDraft`` where that cannot
    be told.
    """
    overlay, before = overlay_of(draft), overlay_of(newest)
    report = draft.what.details.get("report", "")
    rows = {row.id: row for row in overlay.reports}
    match draft.what.kind:
        case "folder":
            return from_folder(folder, newest)
        case "rollback" if earlier is not None:
            return back_to(earlier, folder)
        case "remove":
            return with_overlay(newest, before.without_report(report), draft.what)
        case "upload" if report in rows:
            return with_report(newest, rows[report], draft.read(rows[report].file), draft.what)
        case _:
            raise UnknownDraft(f"there is no draft {draft.draft}")


def same_files(change: Change, newest: Revision | None) -> bool:
    """Whether ``change`` would make a revision with the files that the newest has already."""
    return newest is not None and _digests(change.files) == dict(newest.files)


def _digests(files: Mapping[str, Content]) -> dict[str, str]:
    return {
        name: content
        if isinstance(content, str)
        else hashlib.sha256(content).hexdigest()
        if isinstance(content, bytes)
        else content.digest
        if isinstance(content, Kept)
        else hashlib.sha256(content.read_bytes()).hexdigest()
        for name, content in files.items()
    }
