"""Where do long arrays lie while they are made, and after: in memory, or in files?"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Protocol
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from knowledge.giving_way import give_way

Array = npt.NDArray[Any]

SUFFIX = ".bin"


class Room(Protocol):
    """Takes arrays in parts. What is not taken back is lost."""

    def fill(self, name: str, dtype: npt.DTypeLike, parts: Iterable[Array]) -> Array:
        """The array that ``parts`` are one behind the other, called ``name``."""


class Memory:
    """Keeps arrays in this process."""

    def fill(self, name: str, dtype: npt.DTypeLike, parts: Iterable[Array]) -> Array:
        """The array that ``parts`` are one behind the other."""
        return np.concatenate([np.zeros(0, dtype), *(np.asarray(p, dtype) for p in parts)])


class Files:
    """Writes each array to a file of its own and maps it; of a part nothing stays in memory.

    ``written`` says of every file what ``mapped`` and ``damaged`` need to know.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: dict[str, dict[str, Any]] = {}

    def fill(self, name: str, dtype: npt.DTypeLike, parts: Iterable[Array]) -> Array:
        """The array that ``parts`` are one behind the other, in the file of this name."""
        filling = Filling(self.folder / f"{name}{SUFFIX}", dtype)
        with filling:
            for part in parts:
                filling.add(part)
        self.written[name] = filling.written()
        return mapped(self.folder, name, self.written[name])


class Filling:
    """One file, being written."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self._path = path
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._length = 0
        self._checksum = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Filling:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, part: Array) -> None:
        """Write a part behind the others."""
        assert self._file is not None, "to be used in a with statement"  # noqa: S101
        whole = np.ascontiguousarray(part, self._dtype)
        view = whole.view(np.uint8).data
        self._checksum = zlib.crc32(view, self._checksum)
        self._file.write(view)
        self._length += len(whole)

    def written(self) -> dict[str, Any]:
        """What is known of the file."""
        return {"dtype": self._dtype.str, "length": self._length, "crc32": self._checksum}


# By what tells a file from any other. Mapped twice, its pages would be brought in twice and counted
# twice, as at a reload that leaves most of an index as it is.
_MAPPED: WeakValueDictionary[tuple[object, ...], Array] = WeakValueDictionary()


def mapped(folder: Path, name: str, written: dict[str, Any]) -> Array:
    """The array of a file, read where it is looked at. Raises ``ValueError``, ``OSError``.

    The same one for as long as anybody has it.
    """
    path, dtype, length = folder / f"{name}{SUFFIX}", np.dtype(written["dtype"]), written["length"]
    status = path.stat()
    if status.st_size != length * dtype.itemsize:
        raise ValueError(f"{path.name} has not the size that it was written with")
    if not length:
        return np.zeros(0, dtype)
    which = (str(path), status.st_dev, status.st_ino, status.st_mtime_ns, dtype.str, length)
    found = _MAPPED.get(which)
    if found is None:
        # A plain view: each slice of numpy's memmap takes microseconds to be made one itself.
        found = np.asarray(np.memmap(path, dtype, "r", shape=(length,)))
        _MAPPED[which] = found
    return found


def damaged(folder: Path, name: str, written: dict[str, Any]) -> bool:
    """Whether a file no longer holds what was written. Reads all of it. Raises ``OSError``."""
    checksum = 0
    with (folder / f"{name}{SUFFIX}").open("rb") as file:
        while part := file.read(1 << 22):
            checksum = zlib.crc32(part, checksum)
            give_way()
    return bool(checksum != written["crc32"])
