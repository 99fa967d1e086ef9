"""Of which files is the next revision made: the operator's, an earlier revision's, Telegram's?"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from knowledge.catalog import CATALOG, REPORTS, document_names, load_library
from knowledge.digests import digest_of
from knowledge.errors import Fault, InvalidCatalog, UnknownDraft, UnusableShelf
from knowledge.library import Library
from knowledge.lined_yaml import parse
from knowledge.listed import ListedReport
from knowledge.overlay import OVERLAY, Overlay, parse_overlay
from knowledge.revisions import Content, Kept, Revision, What

FOLDER = "folder"
"""Who a revision is by that nobody asked for: the operator's folder had changed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The knowledge files of the operator's folder, by their path in it, and what stands for them.

    An overlay that lies there is not among them. ``digests`` are their SHA-256.
    """

    files: Mapping[str, Path]
    digests: Mapping[str, str]
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """What to propose: files, what was done, and the state of the operator's folder (``seen``)."""

    files: Mapping[str, Content]
    what: What
    seen: str


def snapshot(folder: Path) -> Snapshot:
    """The files of ``folder`` that are knowledge: those that its catalog names, and the catalog.

    Without a catalog every document, also of a format that is not read. What the catalog names and
    the folder does not have is left out. The loading complains about either. Raises
    ``UnusableShelf``.
    """
    try:
        names = _catalogued(folder) if (folder / CATALOG).is_file() else _uncatalogued(folder)
        files = {name: folder / name for name in sorted(names)}
        digests = {name: digest_of(path) for name, path in files.items()}
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableShelf(f"{error.filename or folder} cannot be read ({reason})") from error
    told = json.dumps(digests, ensure_ascii=True, sort_keys=True)
    return Snapshot(files, digests, hashlib.sha256(told.encode()).hexdigest())


def _catalogued(folder: Path) -> set[str]:
    names = {CATALOG}
    names |= {f"{REPORTS}/{name}" for name in document_names(folder / REPORTS)}
    for name in _named((folder / CATALOG).read_bytes()):
        if name not in names and _lies_in(folder, name):
            names.add(os.path.normpath(name))
    return names


@lru_cache(maxsize=1)
def _named(content: bytes) -> tuple[str, ...]:
    """The files that a catalog names; as long as it stays the same it is not read again."""
    try:
        value = parse(content, CATALOG).value
    except InvalidCatalog:
        return ()
    catalog = value if isinstance(value, dict) else {}
    rows = catalog.get("reports")
    listed = rows if isinstance(rows, list) else []
    named = [row.get("file") for row in listed if isinstance(row, dict)]
    return tuple(
        name
        for name in (*named, catalog.get("questions"))
        if isinstance(name, str) and "\0" not in name
    )


def _lies_in(folder: Path, name: str) -> bool:
    path = os.path.normpath(name)
    if Path(path).is_absolute() or path.startswith(".."):
        return False
    return (folder / path).is_file() and (folder / path).resolve().is_relative_to(folder.resolve())


def _uncatalogued(folder: Path) -> set[str]:
    names = set(document_names(folder))
    return names - {row.file for row in _own_overlay(folder)[0].reports}


def _own_overlay(folder: Path) -> tuple[Overlay, Mapping[str, Content]]:
    """The overlay that lies in the folder itself, as in a copy of a revision, with its files."""
    file = folder / OVERLAY
    if not file.is_file():
        return Overlay(), {}
    try:
        overlay = parse_overlay(file.read_bytes()).overlay
    except InvalidCatalog:
        return Overlay(), {OVERLAY: file}  # the loading says what is wrong with it
    names = [row.file for row in overlay.reports if _lies_in(folder, row.file)]
    return overlay, {OVERLAY: file, **{os.path.normpath(name): folder / name for name in names}}


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


def from_folder(folder: Path, newest: Revision | None) -> Change:
    """The operator's folder as it is now, with what Telegram had added by the newest revision.

    Where there is no revision yet, with the overlay that lies in the folder. Raises
    ``InvalidCatalog`` where the folder is not there or has nothing in it, as one that is not
    mounted: what Telegram had added is no reason to do without all the rest.
    """
    base = snapshot(folder)
    added = _own_overlay(folder)[1] if newest is None else _added(newest)
    files: dict[str, Content] = dict(base.files)
    if newest is not None:  # what the shelf has already need not be read
        same = (name for name, digest in base.digests.items() if newest.files.get(name) == digest)
        files |= {name: Kept(base.digests[name], base.files[name]) for name in same}
    if not base.files:
        load_library(folder)  # which says what is wrong
    return Change({**files, **added}, What("folder", {}), base.digest)


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
        else digest_of(content)
        for name, content in files.items()
    }
