"""How does what the bot has been taught move to another machine, or into a backup?

The archive holds what cannot be made again: the revisions of the knowledge, uploaded files among
them, and the SQLite file. Not caches, and nothing that is not confirmed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import secrets
import shutil
import sqlite3
import tarfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UnusableArchive, UnusableState
from bot.process import heartbeat
from bot.process.alone import alone
from bot.records.store import FILE, VERSION
from knowledge.errors import ShelfError
from knowledge.newest import shelf_in
from knowledge.revisions import NOTE, Revisions

_ABOUT = "wenju-export.json"
_FORMAT = 1
_NEW = ".new-"  # how what is being unpacked is named until it is whole
_OBJECT = re.compile(r"knowledge/objects/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_REVISION = re.compile(rf"knowledge/revisions/(\d{{6,}})/{re.escape(NOTE)}")
_LARGEST = 1024**3  # bytes of one file; a report has 20 MB at most, a log of questions far less


@dataclass(frozen=True, slots=True)
class Moved:
    """What an archive holds."""

    revisions: int
    files: int
    memory: bool

    def __str__(self) -> str:
        """For the operator."""
        memory = "with" if self.memory else "without"
        return f"revisions: {self.revisions}, files: {self.files}, {memory} questions and choices"


def export_state(state: Path, file: Path) -> Moved:
    """Write what ``state`` holds into the new ``file``, a compressed tar archive.

    The bot may run meanwhile. Raises ``UnusableState`` where there is nothing to export or it
    cannot be read, and ``UnusableArchive`` where the file exists or cannot be written.
    """
    shelf = shelf_in(state)
    numbers = shelf.numbers()
    memory = (state / FILE).is_file()
    if not numbers and not memory:
        raise UnusableState(f"{state} holds nothing to export; is WENJU_STATE the bot's folder?")
    if file.exists():
        raise UnusableArchive(f"{file} exists already; name a new file")
    written = file.with_name(f"{_NEW}{secrets.token_hex(4)}-{file.name}")
    try:
        with tarfile.open(written, "w:gz") as archive:
            about = {"format": _FORMAT, "at": time.time(), "revisions": len(numbers)}
            _add(archive, _ABOUT, json.dumps(about).encode())
            digests: dict[str, Path] = {}
            for number in sorted(numbers):
                revision = shelf.revision(number)
                _add(
                    archive,
                    f"knowledge/revisions/{number:06}/{NOTE}",
                    (revision.folder / NOTE).read_bytes(),
                )
                digests |= {d: revision.folder / name for name, d in revision.files.items()}
            for digest, place in sorted(digests.items()):
                _add(archive, f"knowledge/objects/{digest[:2]}/{digest}", place.read_bytes())
            if memory:
                _add(archive, FILE, _copied(state / FILE))
        written.rename(file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableArchive(f"{file} cannot be written ({reason})") from error
    except sqlite3.Error as error:
        raise UnusableState(f"{state / FILE} cannot be read ({error})") from error
    finally:
        written.unlink(missing_ok=True)
    return Moved(len(numbers), len(digests), memory)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(data), int(time.time()), 0o600
    archive.addfile(member, io.BytesIO(data))


def _copied(file: Path) -> bytes:
    """The SQLite file as it is at one moment, be it in use or not."""
    source = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(":memory:")) as copy:
        source.backup(copy)
        return copy.serialize()


def import_state(file: Path, state: Path, *, replace: bool = False) -> Moved:
    """Unpack an archive of ``export_state`` into ``state``.

    What lies there is touched only when all is unpacked and every file is compared with its hash.
    Whatever the archive names, nothing is written elsewhere. Raises ``UnusableArchive``, and
    ``UnusableState`` where the bot is running, or where ``state`` holds something and ``replace``
    is not set.
    """
    if not heartbeat.diagnose(state, time.time()):
        raise UnusableState(f"a bot is running on {state}; stop it first")
    shelf, memory = state / "knowledge", state / FILE
    if not replace and (shelf_in(state).numbers() or memory.exists()):
        raise UnusableState(
            f"{state} holds revisions or questions already; set WENJU_STATE to another folder,"
            " or add --replace to do away with them"
        )
    with alone(state):
        fresh = state / f"{_NEW}{secrets.token_hex(8)}"
        try:
            fresh.mkdir(parents=True)
            with _reading(file):
                moved = _unpack(file, fresh)
            for path in (shelf, memory, *(state / f"{FILE}{end}" for end in ("-wal", "-shm"))):
                _move(path, fresh / f"old-{path.name}")
            _move(fresh / "knowledge", shelf)
            _move(fresh / FILE, memory)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnusableState(f"{state} cannot be written ({reason})") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return moved


def _move(path: Path, to: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.rename(to)


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Say of whatever goes wrong with the archive itself what it is."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnusableArchive(f"{file} does not exist") from error
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.strerror:  # gzip's own have none
            if error.filename != str(file):
                raise  # what is unpacked cannot be written
            raise UnusableArchive(f"{file} cannot be read ({error.strerror})") from error
        # What Python says of it is a guess at every format that it knows, one after the other.
        raise UnusableArchive(
            f"{file} is no archive of wenju export, or not a whole one; export it again"
        ) from error
    except (ValueError, KeyError, TypeError, ShelfError, sqlite3.Error) as error:
        raise UnusableArchive(f"{file} cannot be imported: {error}") from error


def _unpack(file: Path, fresh: Path) -> Moved:
    """Everything of the archive, checked, in the folder ``fresh``."""
    notes: dict[int, dict[str, object]] = {}
    objects: dict[str, Path] = {}
    about: dict[str, object] = {}
    with tarfile.open(file, "r:*") as archive:
        for member in archive:
            name = member.name
            known = name in (_ABOUT, FILE) or _OBJECT.fullmatch(name) or _REVISION.fullmatch(name)
            if not (known and member.isreg() and member.size <= _LARGEST):
                raise ValueError(f"{name!r} is nothing that wenju export writes")
            data = _content(archive, member)
            if name == _ABOUT:
                about = json.loads(data)
            elif name == FILE:
                (fresh / FILE).write_bytes(data)
            elif found := _OBJECT.fullmatch(name):
                if hashlib.sha256(data).hexdigest() != found[2]:
                    raise ValueError(f"{name} is damaged")
                objects[found[2]] = fresh / found[2]
                objects[found[2]].write_bytes(data)
            elif found := _REVISION.fullmatch(name):
                notes[int(found[1])] = json.loads(data)
    if about.get("format") != _FORMAT:
        raise ValueError("it is of another version of wenju, or no export at all")
    if about.get("revisions") != len(notes):
        raise ValueError("revisions are missing")
    Revisions(fresh / "knowledge").restore(notes, objects)
    for path in objects.values():
        path.unlink()
    if (fresh / FILE).exists():
        _check_memory(fresh / FILE)
    return Moved(len(notes), len(objects), (fresh / FILE).exists())


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{member.name!r} has no content")
    return stream.read()


def _check_memory(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as memory:
        (state,) = memory.execute("PRAGMA integrity_check").fetchone()
        (version,) = memory.execute("PRAGMA user_version").fetchone()
    if state != "ok":
        raise ValueError(f"{FILE} is damaged")
    if version > VERSION:
        raise ValueError(f"{FILE} was written by a newer version of this program")
