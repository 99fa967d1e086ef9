"""Is the index on disk the one that is wanted, and whole? Writes one, and opens it again.

An index is a folder of arrays with a header, beside which a file says which folder counts. The
header has the format, what the index was made by and from, and of every array the size and a
checksum; the file has a checksum of the header.

A ``Segmented`` index is such a folder too. Its header names that of its base, which stays where it
is for as long as it is needed, with the checksum of the base's header.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import IndexOutOfDate
from retrieval.indexing.index import Index
from retrieval.indexing.room import Files, damaged, mapped
from retrieval.indexing.segments import Segmented
from retrieval.text.taught import KEPT, Taught

FORMAT = 7

VERIFIED_AT_ONCE = 1 << 28
"""Bytes up to which an index is read and compared with its checksums when it is opened: 0.2 s."""

_CURRENT = "current"  # names the folder, beside it, of the index that counts
_HEADER = "header.json"
Saved = tuple[Path, int]
"""The folder of an index, or of a part of one, and the checksum of its header."""

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

    def __call__(self, index: Index | Segmented, told: tuple[str, str] | None = None) -> None:
        """``index`` is what the room was filled with, ``told`` what ``told_by`` is to give.

        Where another process has meanwhile replaced the base of a segmented one, that stays.
        """
        aside = self._room.folder
        base = None
        if isinstance(index, Segmented):
            base = _base(self._folder, index.base.revision)
            if base is None:
                return
        header = {
            "format": FORMAT,
            "revision": index.revision,
            "rules": index.rules,
            "base": base and f"{base[0].name} {base[1]}",
            "told": told,
            "arrays": self._room.written,
        }
        content = json.dumps(header, indent=1).encode()
        (aside / _HEADER).write_bytes(content)
        replaced = _in_use(self._folder)
        pointer = aside / _CURRENT
        pointer.write_text(f"{aside.name} {zlib.crc32(content)}", encoding="utf-8")
        pointer.replace(self._folder / _CURRENT)
        self.done = True
        needed = {aside, base[0]} if base else {aside}
        for other in self._folder.iterdir():
            if other.is_dir() and other not in needed:
                abandoned = time.time() - other.stat().st_mtime > _ABANDONED
                if other in replaced or abandoned:
                    shutil.rmtree(other, ignore_errors=True)


def save(index: Index | Segmented, folder: Path) -> None:
    """Write ``index`` into ``folder`` whole or not at all; the base of a segmented one is there."""
    with saving(folder) as (room, publish):
        for name, array in index.arrays().items():
            room.fill(name, array.dtype, [array])
        publish(index)


def any_saved(folder: Path) -> bool:
    """Whether an index was ever published in ``folder``, in whatever state it is now."""
    return (folder / _CURRENT).exists()


def _current(folder: Path) -> Saved | None:
    """Which folder has the index that counts."""
    try:
        return _pointed(folder, (folder / _CURRENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _pointed(folder: Path, pointer: str) -> Saved:
    """What a pointer says. Raises ``ValueError``."""
    name, checksum = pointer.split()
    if name != Path(name).name:
        raise ValueError(f"{pointer} leads out of {folder}")
    return folder / name, int(checksum)


def _header(saved: Saved) -> dict[str, Any]:
    """What the header of an index, or of a part of one, says. Raises ``IndexOutOfDate``."""
    inside, checksum = saved
    try:
        content = (inside / _HEADER).read_bytes()
        header: dict[str, Any] = json.loads(content)
        if header["format"] != FORMAT:
            found = "a newer" if header["format"] > FORMAT else "an older"
            raise IndexOutOfDate(f"{inside} has the format of {found} version")
        if zlib.crc32(content) != checksum:
            raise IndexOutOfDate(f"{inside} is damaged: its header is not what was written")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexOutOfDate(f"{inside} cannot be read: {error}") from error
    return header


def _headers(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The folders that make up the index that counts, its base last, and their headers."""
    current = _current(folder)
    if current is None:
        raise IndexOutOfDate(f"{folder} {'is damaged' if any_saved(folder) else 'has no index'}")
    header = _header(current)
    found = [(current[0], header)]
    try:
        if header["base"] is not None:
            base = _pointed(folder, header["base"])
            found.append((base[0], _header(base)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexOutOfDate(f"{current[0]} cannot be read: {error}") from error
    return found


def _in_use(folder: Path) -> set[Path]:
    """The folders that make up the index that counts, as far as they can be told."""
    current = _current(folder)
    if current is None:
        return set()
    try:
        return {inside for inside, _ in _headers(folder)}
    except IndexOutOfDate:
        return {current[0]}


def _base(folder: Path, revision: str) -> Saved | None:
    """Where the whole index of a revision is, if it or one that it is the base of counts."""
    current = _current(folder)
    try:
        if current is not None and (pointer := _header(current)["base"]) is not None:
            current = _pointed(folder, pointer)
        if current is not None and _header(current)["revision"] == revision:
            return current
    except (IndexOutOfDate, ValueError, KeyError, AttributeError):
        pass
    return None


def size(folder: Path) -> int:
    """The bytes of the index in ``folder``. Raises ``IndexOutOfDate``."""
    return _size(_headers(folder))


def _size(headers: Sequence[tuple[Path, dict[str, Any]]]) -> int:
    return sum(
        np.dtype(one["dtype"]).itemsize * one["length"]
        for _, header in headers
        for one in header["arrays"].values()
    )


def open_any(folder: Path) -> Index | Segmented:
    """The index in ``folder``, whatever it was made from.

    It is mapped, not read, but for one of up to ``VERIFIED_AT_ONCE`` bytes, which is compared with
    its checksums; for a larger one ``verify`` does that. Raises ``IndexOutOfDate`` where there is
    none, where it has another format, and where a file of it is missing or damaged.
    """
    headers = _headers(folder)
    saved = headers[0][0]
    try:
        small = _size(headers) <= VERIFIED_AT_ONCE
        opened = [
            (
                header["revision"],
                header["rules"],
                {name: mapped(inside, name, one) for name, one in header["arrays"].items()},
            )
            for inside, header in headers
        ]
        if small:
            _verify(headers)
        index = Index.of(*opened[-1], verified=small)
        return index if len(opened) == 1 else Segmented.of(*opened[0], index, verified=small)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexOutOfDate(f"{saved} is damaged: {error}") from error


def told_by(folder: Path) -> tuple[tuple[str, str] | None, Taught, str]:
    """What was said of the index in ``folder``, what its analyzer was taught, and its revision.

    Of its arrays only that is compared with its checksums. Raises ``IndexOutOfDate``.
    """
    inside, header = _headers(folder)[0]
    try:
        told = header["told"]
        written = {name: header["arrays"][name] for name in KEPT.values()}
        for name, one in written.items():
            if damaged(inside, name, one):
                raise ValueError(f"{name} is not what was written")
        taught = Taught.of_arrays({name: mapped(inside, name, w) for name, w in written.items()})
        said = None if told is None else (str(told[0]), str(told[1]))
        return said, taught, str(header["revision"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise IndexOutOfDate(f"{inside} cannot be read: {error}") from error


def load(folder: Path, expected: str) -> Index | Segmented:
    """The same, where it is the index of revision ``expected``; else ``IndexOutOfDate`` too."""
    index = open_any(folder)
    if index.revision != expected:
        raise IndexOutOfDate(f"{folder} was made from another library or by another analyzer")
    return index


def verify(folder: Path, expected: str | None = None) -> bool:
    """Read all of the index in ``folder``. Raises ``IndexOutOfDate`` where a bit has changed.

    Returns whether it was read: not where ``expected`` is given and another revision is there.
    """
    headers = _headers(folder)
    if expected is not None and headers[0][1]["revision"] != expected:
        return False
    try:
        _verify(headers)
    except OSError as error:
        raise IndexOutOfDate(f"{headers[0][0]} cannot be read: {error}") from error
    return True


def _verify(headers: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    for saved, header in headers:
        for name, written in header["arrays"].items():
            if damaged(saved, name, written):
                raise IndexOutOfDate(f"{saved} is damaged: {name} is not what was written")


def discard(folder: Path) -> None:
    """Let no index in ``folder`` count any more."""
    (folder / _CURRENT).unlink(missing_ok=True)
