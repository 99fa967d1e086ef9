"""Which files does the operator's folder have, and what is in them? What has not changed is known.

A file that has not been touched since it was last looked at is not read again: its times, which any
change of it sets anew, its size and its place on the disk are the same. The same is true from one
process to the next, which finds in a file what the one before knew.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge import sealed
from knowledge.archive import rules
from knowledge.errors import DamagedArchive, InvalidCatalog, UnusableShelf
from knowledge.folder import CATALOG, REPORTS, document_entries
from knowledge.giving_way import in_slices
from knowledge.lined_yaml import parse
from knowledge.overlay import OVERLAY, Overlay, parse_overlay
from knowledge.within import Within

_SETTLED = 2.0  # seconds after a change; before, another one could leave the same times and size
_UNKNOWN = -1  # what no file looks like
_GREATEST = (1 << 63) - 1  # number that a table holds; some systems have greater ones


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The knowledge files of the operator's folder, by their path in it, and what stands for them.

    An overlay that lies there is not among them. ``digests`` are their SHA-256, in order.
    ``outside`` are those that links lead out of the folder to. Two are equal if nobody has touched
    any of the files in between: ``looks`` are their times and places on the disk.
    """

    digests: Mapping[str, str]
    outside: frozenset[str]
    looks: bytes

    @property
    def inside(self) -> Mapping[str, str]:
        """The digests of those that lie in the folder."""
        if not self.outside:
            return self.digests
        return {name: one for name, one in self.digests.items() if name not in self.outside}

    @property
    def marked(self) -> Mapping[str, str]:
        """The digests of all, of those outside with a mark: to load them is a fault."""
        return {**self.digests, **{name: f"! {self.digests[name]}" for name in self.outside}}

    @property
    def digest(self) -> str:
        """What stands for all of them."""
        told = json.dumps(dict(self.digests), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a folder was like.

    ``named`` are the files that the catalog with the SHA-256 ``catalog`` names. A row of ``looks``
    is what a file looked like, one of ``digests`` its SHA-256.
    """

    catalog: str
    named: Sequence[str]
    names: Sequence[str]
    looks: npt.NDArray[np.int64]
    digests: npt.NDArray[np.uint8]


_NOTHING = _Known("", (), (), np.zeros((0, 5), np.int64), np.zeros((0, 32), np.uint8))

# By folder; and what `remember` need not write, since it is there.
_KNOWN: dict[str, _Known] = {}
_WRITTEN: dict[Path, _Known] = {}


def recall(folder: Path, file: Path) -> None:
    """Know of ``folder`` what ``remember`` wrote into ``file``.

    Nothing where that is damaged, or was written by another version of the program. It need not
    have been this folder: a file is known by its place on the disk.
    """
    try:
        with np.load(io.BytesIO(sealed.read(file)), allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes())
            if told["rules"] != rules():
                return
            known = _Known(
                told["catalog"], told["named"], told["names"], arrays["looks"], arrays["digests"]
            )
    except (OSError, DamagedArchive, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return
    _WRITTEN[file] = _KNOWN[os.fspath(folder)] = known


def remember(folder: Path, file: Path) -> None:
    """Write into ``file`` what is known of ``folder``. Raises ``OSError``."""
    known = _KNOWN.get(os.fspath(folder), _NOTHING)
    if known is _WRITTEN.get(file):
        return
    told = {
        "rules": rules(),
        "catalog": known.catalog,
        "named": list(known.named),
        "names": list(known.names),
    }
    content = io.BytesIO()
    np.savez(
        content,
        told=np.frombuffer(json.dumps(told).encode(), np.uint8),
        looks=known.looks,
        digests=known.digests,
    )
    sealed.write(file, content.getvalue())
    _WRITTEN[file] = known


def snapshot(folder: Path) -> Snapshot:
    """The files of ``folder`` that are knowledge: those that its catalog names, and the catalog.

    Without a catalog every document, also of a format that is not read. What the catalog names and
    the folder does not have is left out. The loading complains about either. Raises
    ``UnusableShelf``.
    """
    before = _KNOWN.get(os.fspath(folder), _NOTHING)
    within = Within(folder)
    try:
        if (folder / CATALOG).is_file():
            content = (folder / CATALOG).read_bytes()
            catalog = hashlib.sha256(content).hexdigest()
            named = before.named if before.catalog == catalog else _named(content)
            links = {f"{REPORTS}/{name}": link for name, link in document_entries(folder / REPORTS)}
            links[CATALOG] = (folder / CATALOG).is_symlink()
            for name in named:
                if name not in links and lies_in(folder, name, within):
                    links.setdefault(os.path.normpath(name), True)
        else:
            catalog, named = "", ()
            own = {row.file for row in own_overlay(folder)[0].reports}
            entries = document_entries(folder)
            links = {name: link for name, link in entries if name not in own}
        names = sorted(links)
        place = f"{folder}/"
        statuses = [os.stat(place + name) for name in in_slices(names)]  # noqa: PTH116 - takes half the time
        looks = np.array([_looks(status) for status in in_slices(statuses)], np.int64).reshape(
            -1, 5
        )
        now = _now(folder, _Known(catalog, named, names, looks, _NOTHING.digests), before)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableShelf(f"{error.filename or folder} cannot be read ({reason})") from error
    _KNOWN[os.fspath(folder)] = now
    whole = now.digests.tobytes().hex()
    return Snapshot(
        {name: whole[64 * n : 64 * n + 64] for n, name in enumerate(now.names)},
        frozenset(name for name, link in in_slices(links.items()) if not within(name, link=link)),
        looks.tobytes(),
    )


def _now(folder: Path, now: _Known, before: _Known) -> _Known:
    """``now`` with its digests; nothing is read of what looks as ``before``."""
    began, names, looks = time.time(), now.names, now.looks.copy()
    if names == before.names:
        were, digests = before.looks, before.digests.copy()
    else:
        number = {name: place for place, name in enumerate(before.names)}
        rows = np.array([number.get(name, -1) for name in names], np.intp)
        were = np.vstack([before.looks, np.full((1, 5), _UNKNOWN)])[rows]
        digests = np.vstack([before.digests, np.zeros((1, 32), np.uint8)])[rows]
    changed = np.flatnonzero((looks != were).any(axis=1)).tolist()
    if not changed and names == before.names and now.catalog == before.catalog:
        return before
    for place in changed:
        with (folder / names[place]).open("rb") as file:
            status = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").digest()
        settled = max(status.st_mtime, status.st_ctime) < began - _SETTLED
        looks[place] = _looks(status) if settled else _UNKNOWN
        digests[place] = np.frombuffer(digest, np.uint8)
    return replace(now, looks=looks, digests=digests)


def _looks(status: os.stat_result) -> tuple[int, ...]:
    place, device = status.st_ino & _GREATEST, status.st_dev & _GREATEST
    return device, place, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _named(content: bytes) -> tuple[str, ...]:
    """The files that a catalog names."""
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


def lies_in(folder: Path, name: str, within: Within) -> bool:
    """Whether ``folder`` has the file ``name``, of all those that are ``within`` it."""
    return within(name) and (folder / os.path.normpath(name)).is_file()


def own_overlay(folder: Path) -> tuple[Overlay, Mapping[str, Path]]:
    """The overlay that lies in the folder itself, as in a copy of a revision, with its files."""
    file = folder / OVERLAY
    if not file.is_file():
        return Overlay(), {}
    try:
        overlay = parse_overlay(file.read_bytes()).overlay
    except InvalidCatalog:
        return Overlay(), {OVERLAY: file}  # the loading says what is wrong with it
    within = Within(folder)
    names = [row.file for row in overlay.reports if lies_in(folder, row.file, within)]
    return overlay, {OVERLAY: file, **{os.path.normpath(name): folder / name for name in names}}
