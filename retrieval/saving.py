"""Is the index on disk the one that is wanted, and whole? Writes one, and opens it again.

An index is a folder of arrays with a header, beside which a file says which folder counts. The
header has the format, what the index was made by and from, and of every array the size and a
checksum; the file has a checksum of the header.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import IndexOutOfDate
from retrieval.index import Index
from retrieval.room import Files, damaged, mapped

FORMAT = 4

VERIFIED_AT_ONCE = 1 << 28
"""Bytes up to which an index is read and compared with its checksums when it is opened: 0.2 s."""

_CURRENT = "current"  # names the folder, beside it, of the index that counts
_HEADER = "header.json"
_ABANDONED = 3600  # seconds after which what another process was writing is taken for left behind


@contextmanager
def saving(folder: Path) -> Iterator[tuple[Files, Publish]]:
    """Room for an index in ``folder``, and what puts it in the place of the one that is there.

    Where it is not published, nothing of it stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="index.", dir=folder))
    room = Files(aside)
    publish = Publish(folder, room)
    try:
        yield room, publish
    finally:
        if not publish.done:
            shutil.rmtree(aside, ignore_errors=True)


class Publish:
    """Makes a written index the one that counts, whole or not at all.

    It was written beside the one that is there; now one file, which says which of them counts, is
    replaced. A process that is killed at any moment leaves the old index or the new one.
    """

    def __init__(self, folder: Path, room: Files) -> None:
        self._folder = folder
        self._room = room
        self.done = False

    def __call__(self, index: Index) -> None:
        """``index`` is what the room was filled with."""
        aside = self._room.folder
        header = {
            "format": FORMAT,
            "revision": index.revision,
            "rules": index.rules,
            "arrays": self._room.written,
        }
        content = json.dumps(header, indent=1).encode()
        (aside / _HEADER).write_bytes(content)
        before = _current(self._folder)
        pointer = aside / _CURRENT
        pointer.write_text(f"{aside.name} {zlib.crc32(content)}", encoding="utf-8")
        pointer.replace(self._folder / _CURRENT)
        self.done = True
        for other in self._folder.iterdir():
            if other.is_dir() and other != aside:
                abandoned = time.time() - other.stat().st_mtime > _ABANDONED
                if (before is not None and other == before[0]) or abandoned:
                    shutil.rmtree(other, ignore_errors=True)


def save(index: Index, folder: Path) -> None:
    """Write ``index`` into ``folder`` whole or not at all."""
    with saving(folder) as (room, publish):
        for name, array in index.arrays().items():
            room.fill(name, array.dtype, [array])
        publish(index)


def any_saved(folder: Path) -> bool:
    """Whether an index was ever published in ``folder``, in whatever state it is now."""
    return (folder / _CURRENT).exists()


def _current(folder: Path) -> tuple[Path, int] | None:
    """The folder of the index that counts, and the checksum of its header."""
    try:
        name, checksum = (folder / _CURRENT).read_text(encoding="utf-8").split()
        return (folder / name, int(checksum)) if name == Path(name).name else None
    except (OSError, ValueError):
        return None


def _header(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of the index that counts, and what its header says."""
    current = _current(folder)
    if current is None:
        raise IndexOutOfDate(f"{folder} {'is damaged' if any_saved(folder) else 'has no index'}")
    saved, checksum = current
    try:
        content = (saved / _HEADER).read_bytes()
        header = json.loads(content)
        if header["format"] != FORMAT:
            found = "a newer" if header["format"] > FORMAT else "an older"
            raise IndexOutOfDate(f"{saved} has the format of {found} version")
        if zlib.crc32(content) != checksum:
            raise IndexOutOfDate(f"{saved} is damaged: its header is not what was written")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexOutOfDate(f"{saved} cannot be read: {error}") from error
    return saved, header


def size(folder: Path) -> int:
    """The bytes of the index in ``folder``. Raises ``IndexOutOfDate``."""
    _, header = _header(folder)
    return _size(header)


def _size(header: dict[str, Any]) -> int:
    return sum(np.dtype(one["dtype"]).itemsize * one["length"] for one in header["arrays"].values())


def open_any(folder: Path) -> Index:
    """The index in ``folder``, whatever it was made from.

    It is mapped, not read, but for one of up to ``VERIFIED_AT_ONCE`` bytes, which is compared with
    its checksums; for a larger one ``verify`` does that. Raises ``IndexOutOfDate`` where there is
    none, where it has another format, and where a file of it is missing or damaged.
    """
    saved, header = _header(folder)
    try:
        arrays = {name: mapped(saved, name, one) for name, one in header["arrays"].items()}
        small = _size(header) <= VERIFIED_AT_ONCE
        if small:
            _verify(saved, header)
        return Index.of(header["revision"], header["rules"], arrays, verified=small)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexOutOfDate(f"{saved} is damaged: {error}") from error


def load(folder: Path, expected: str) -> Index:
    """The same, where it is the index of revision ``expected``; else ``IndexOutOfDate`` too."""
    index = open_any(folder)
    if index.revision != expected:
        raise IndexOutOfDate(f"{folder} was made from another library or by another analyzer")
    return index


def verify(folder: Path, expected: str | None = None) -> bool:
    """Read all of the index in ``folder``. Raises ``IndexOutOfDate`` where a bit has changed.

    Returns whether it was read: not where ``expected`` is given and another revision is there.
    """
    saved, header = _header(folder)
    if expected is not None and header["revision"] != expected:
        return False
    try:
        _verify(saved, header)
    except OSError as error:
        raise IndexOutOfDate(f"{saved} cannot be read: {error}") from error
    return True


def _verify(saved: Path, header: dict[str, Any]) -> None:
    for name, written in header["arrays"].items():
        if damaged(saved, name, written):
            raise IndexOutOfDate(f"{saved} is damaged: {name} is not what was written")


def discard(folder: Path) -> None:
    """Let no index in ``folder`` count any more."""
    (folder / _CURRENT).unlink(missing_ok=True)
