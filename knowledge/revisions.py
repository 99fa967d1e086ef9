"""Which versions of the knowledge have there been, and which one counts?

The shelf is a folder::

    objects/ab/ab12…      every file that was ever part of a revision, named by its SHA-256
    revisions/000007/     a complete knowledge folder whose files are links to objects
    drafts/4f0c…/         the same, not confirmed yet

The revision with the highest number counts; there is no other pointer. Confirming a draft is one
rename of its folder, so whenever a process dies, the old revision or the new one is there, whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from knowledge.errors import (
    DamagedRevision,
    OutdatedDraft,
    UnknownDraft,
    UnknownRevision,
    UnusableShelf,
)
from knowledge.giving_way import in_slices

NOTE = "revision.json"
"""The file of a revision or draft that tells what it is."""

MARK = ".wenju-shelf"
"""An empty file in a shelf: whoever looks for reports leaves that folder out."""

DAY = 86_400.0
DRAFTS_KEPT = 7 * DAY  # seconds after which a draft that nobody confirmed is forgotten
_NEW = ".new-"  # how what is being written, or being deleted, is named
_NUMBER = re.compile(r"\d{6,}")
_ID = re.compile(r"[a-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that the shelf is to have by its SHA-256; where it has lost it, ``file`` is copied."""

    digest: str
    file: Path


Content = bytes | Path | str | Kept
"""A file of a draft: its bytes, a file to copy, or the SHA-256 of one that the shelf has."""


@dataclass(frozen=True, slots=True)
class What:
    """What somebody did: a kind such as ``upload``, and the details that it takes to say so."""

    kind: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of the knowledge, in use once or only proposed.

    ``by`` is an admin's user id, or ``folder`` where the operator's folder had changed. ``at`` is
    in seconds since 1970. ``seen`` stands for the state of the operator's folder that the revision
    takes account of. ``files`` gives each file's SHA-256 by its path in ``folder``.
    """

    number: int
    draft: str
    by: str
    at: float
    what: What
    seen: str
    files: Mapping[str, str]
    folder: Path

    def read(self, name: str) -> bytes:
        """The bytes of one of its files; raises ``KeyError`` where it has none of that name."""
        if name not in self.files:
            raise KeyError(name)
        return (self.folder / name).read_bytes()


class Revisions:
    """The shelf in a folder, which is made when something is put on it.

    Safe to use from threads. Raises ``UnusableShelf`` where the folder cannot be read or written.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open the shelf in ``folder``; ``clock`` gives the time in seconds since 1970."""
        self._folder = folder
        self._clock = clock
        self._lock = threading.RLock()
        self._objects = folder / "objects"
        self._revisions = folder / "revisions"
        self._drafts = folder / "drafts"

    # Looking -------------------------------------------------------------------------------------

    def numbers(self) -> tuple[int, ...]:
        """The numbers of all revisions, the newest first."""
        with self._usable():
            if not self._revisions.is_dir():
                return ()
            names = [path.name for path in self._revisions.iterdir()]
        return tuple(sorted((int(n) for n in names if _NUMBER.fullmatch(n)), reverse=True))

    def newest(self) -> Revision | None:
        """The revision that counts; ``None`` where nothing was ever confirmed."""
        numbers = self.numbers()
        return self.revision(numbers[0]) if numbers else None

    def revision(self, number: int) -> Revision:
        """The revision with this number; raises ``UnknownRevision`` and ``DamagedRevision``."""
        folder = self._revisions / f"{number:06}"
        if not folder.is_dir():
            raise UnknownRevision(f"there is no revision {number}")
        return read_revision(folder)

    def draft(self, id: str) -> Revision:  # noqa: A002 - a draft's id is its id
        """The draft that waits under this id; raises ``UnknownDraft``.

        Its number is the one that it gets when it is confirmed now.
        """
        folder = self._drafts / id
        if not _ID.fullmatch(id) or not folder.is_dir():
            raise UnknownDraft(f"there is no draft {id}")
        return read_revision(folder)

    def confirmed(self, draft: str) -> Revision | None:
        """The revision that ``draft`` became, if it is among the last hundred."""
        for number in self.numbers()[:100]:
            if self._may_tell_of(number, draft):
                revision = self.revision(number)
                if revision.draft == draft:
                    return revision
        return None

    def _may_tell_of(self, number: int, draft: str) -> bool:
        """Whether the note of a revision has the word ``draft``: most of it are names of files."""
        try:
            note = (self._revisions / f"{number:06}" / NOTE).read_bytes()
        except OSError:
            return True  # reading it says what is wrong
        return f'"{draft}"'.encode("utf-8", "backslashreplace") in note

    # Changing ------------------------------------------------------------------------------------

    def propose(
        self,
        id: str,  # noqa: A002 - a draft's id is its id
        files: Mapping[str, Content],
        *,
        by: str,
        what: What,
        seen: str,
    ) -> Revision:
        """Make the draft ``id`` (of ``a-z0-9``) of these files, in the place of one of that id.

        It follows the revision that is the newest now. Nothing is changed by it. Raises
        ``ValueError`` for a path that leaves the folder.
        """
        if not _ID.fullmatch(id):
            raise ValueError(f"{id!r} cannot be the id of a draft")
        with self._lock, self._usable():
            numbers = self.numbers()
            self._drafts.mkdir(parents=True, exist_ok=True)
            (self._folder / MARK).touch()
            ordered = in_slices(sorted(files.items()))
            digests = {name: self._keep(content) for name, content in ordered}
            made = self._drafts / f"{_NEW}{secrets.token_hex(8)}"
            revision = Revision(
                numbers[0] + 1 if numbers else 1,
                id,
                by,
                self._clock(),
                what,
                seen,
                MappingProxyType(digests),
                made,
            )
            try:
                made.mkdir()
                self._place(digests, made)
                _write_note(revision)
                self._remove(self._drafts / id)
                made.rename(self._drafts / id)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
            _sync(self._drafts)
            return self.draft(id)

    def confirm(self, id: str, *, by: str) -> Revision:  # noqa: A002 - as above
        """Make the draft ``id`` the newest revision, in one step.

        Raises ``UnknownDraft``, and ``OutdatedDraft`` where another revision came in between.
        """
        with self._lock, self._usable():
            draft = self.draft(id)
            place = self._revisions / f"{draft.number:06}"
            numbers = self.numbers()
            if draft.number != (numbers[0] if numbers else 0) + 1:
                raise OutdatedDraft(f"revision {numbers[0] if numbers else 0} came in between")
            self._revisions.mkdir(exist_ok=True)
            _write_note(
                Revision(
                    draft.number,
                    id,
                    by,
                    self._clock(),
                    draft.what,
                    draft.seen,
                    draft.files,
                    draft.folder,
                )
            )
            try:
                draft.folder.rename(place)
            except FileNotFoundError as error:
                raise UnknownDraft(f"there is no draft {id}") from error
            except OSError as error:  # another process was first: its folder is not empty
                if place.exists():
                    raise OutdatedDraft(f"revision {draft.number} came in between") from error
                raise
            _sync(self._revisions)
            _sync(self._drafts)
            return read_revision(place)

    def discard(self, id: str) -> bool:  # noqa: A002 - as above
        """Forget the draft ``id``; whether there was one."""
        with self._lock, self._usable():
            return bool(_ID.fullmatch(id)) and self._remove(self._drafts / id)

    def sweep(self) -> None:
        """Delete what a process that died left half done, old drafts, and files of neither.

        For the start of the one process that changes the shelf: what another one is writing just
        then would be deleted as well.
        """
        with self._lock, self._usable():
            if not self._folder.is_dir():
                return
            for path in (*self._objects.glob(f"{_NEW}*"), *self._drafts.glob(f"{_NEW}*")):
                _delete(path)
            for path in self._drafts.glob(f"*/{_NEW}*"):
                _delete(path)
            for path in self._drafts.glob("*"):
                try:
                    kept = read_revision(path).at > self._clock() - DRAFTS_KEPT
                except DamagedRevision:
                    kept = False
                if not kept:
                    self._remove(path)
            # What a revision has is linked from it, where the file system has links.
            loose = [path for path in self._objects.glob("??/*") if path.stat().st_nlink == 1]
            used = self._used() if loose else frozenset()
            for path in loose:
                if used is not None and path.name not in used:
                    path.unlink()

    def restore(
        self, notes: Mapping[int, Mapping[str, object]], objects: Mapping[str, Path]
    ) -> None:
        """Put revisions of another shelf on this empty one.

        ``notes`` are what their note files say, by number; ``objects`` the files by their SHA-256.
        Raises ``ValueError`` where these do not fit together.
        """
        with self._lock, self._usable():
            self._revisions.mkdir(parents=True)
            (self._folder / MARK).touch()
            for number, note in sorted(notes.items()):
                folder = self._revisions / f"{number:06}"
                folder.mkdir()
                (folder / NOTE).write_text(
                    json.dumps(note, ensure_ascii=False, indent=1), encoding="utf-8"
                )
                revision = read_revision(folder)
                missing = set(revision.files.values()) - objects.keys()
                if missing or revision.number != number:
                    raise ValueError(f"revision {number} is not whole")
                for digest in revision.files.values():
                    self._keep(objects[digest])
                self._place(revision.files, folder)

    # Parts of it ---------------------------------------------------------------------------------

    def _used(self) -> frozenset[str] | None:
        """The SHA-256 of every file in use; ``None`` where a damaged revision does not tell."""
        folders = [self._revisions / f"{number:06}" for number in self.numbers()]
        try:
            notes = [read_revision(folder) for folder in (*folders, *self._drafts.glob("*"))]
        except DamagedRevision:
            return None
        return frozenset(digest for note in notes for digest in note.files.values())

    def _keep(self, content: Content) -> str:
        """The SHA-256 of ``content``, of which the shelf has an object afterwards."""
        if isinstance(content, Kept):
            if self._object(content.digest).is_file():
                return content.digest
            content = content.file
        if isinstance(content, str):
            if not self._object(content).is_file():
                raise UnusableShelf(f"{self._object(content)} is missing; restore it from a backup")
            return content
        data = content.read_bytes() if isinstance(content, Path) else content
        digest = hashlib.sha256(data).hexdigest()
        place = self._object(digest)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            written = self._objects / f"{_NEW}{secrets.token_hex(8)}"
            try:
                _write(written, data)
                # Every revision that has this file shares it: nobody is to change it by accident.
                written.chmod(0o444)
                written.rename(place)
            except OSError:  # a full disk, say
                written.unlink(missing_ok=True)
                raise
        return digest

    def _object(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest

    def _place(self, digests: Mapping[str, str], folder: Path) -> None:
        """Have the objects of these ``digests`` in ``folder``, by the names that they are under."""
        made: set[Path] = set()
        for name, digest in in_slices(digests.items()):
            place, thing = _within(folder, name), self._object(digest)
            if place.parent not in made:
                place.parent.mkdir(parents=True, exist_ok=True)
                made.add(place.parent)
            try:
                place.hardlink_to(thing)
            except OSError:  # a file system without links, or too many of one file
                shutil.copyfile(thing, place)

    def _remove(self, folder: Path) -> bool:
        """Delete ``folder``: it is gone at once, even should we die while its files go."""
        dying = self._drafts / f"{_NEW}{secrets.token_hex(8)}"
        try:
            folder.rename(dying)
        except FileNotFoundError:
            return False
        _delete(dying)
        return True

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnusableShelf(f"the folder {self._folder} cannot be used ({reason})") from error


def _within(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or name == NOTE:
        raise ValueError(f"{name!r} cannot be a file of a revision")
    return folder / path


def read_revision(folder: Path) -> Revision:
    """The revision or draft in ``folder``. Raises ``DamagedRevision``."""
    file = folder / NOTE
    try:
        note = json.loads(file.read_bytes())
        return Revision(
            int(note["number"]),
            str(note["draft"]),
            str(note["by"]),
            float(note["at"]),
            What(str(note["what"]["kind"]), MappingProxyType(dict(note["what"]["details"]))),
            str(note["seen"]),
            MappingProxyType(dict(note["files"])),
            folder,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedRevision(
            f"{file} cannot be read ({type(error).__name__}); restore it from a backup,"
            " or move its folder away to go back to what was before"
        ) from error


def _write_note(revision: Revision) -> None:
    note = {
        "number": revision.number,
        "draft": revision.draft,
        "by": revision.by,
        "at": revision.at,
        "what": {"kind": revision.what.kind, "details": dict(revision.what.details)},
        "seen": revision.seen,
        "files": dict(revision.files),
    }
    written = revision.folder / f"{_NEW}{NOTE}"
    _write(written, json.dumps(note, ensure_ascii=False, indent=1).encode())
    written.replace(revision.folder / NOTE)
    _sync(revision.folder)


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Have the names in ``folder`` written to the disk, where the system can be asked to."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
