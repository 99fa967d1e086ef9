"""What was worked out of files before, and need not be read again?

The archive is a folder::

    packs/4f0c…/          reports that were read together, see ``kept``
    libraries/ab12….json  which of them make a library, with all that its catalog says

A library is found by the digests of its files, a report by the digest of its file and what its
catalog says of it. Both are written aside and renamed. What is damaged, or was made by another
version, counts as not there; the files themselves are what counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import logging
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePath
from weakref import WeakValueDictionary

import numpy as np
from pydantic import TypeAdapter

from knowledge import sealed
from knowledge.errors import DamagedArchive
from knowledge.figures import Figures
from knowledge.joined import Each
from knowledge.kept import TABLE, KeptReport, KeptVolume, Pack, Packing, can_be_kept
from knowledge.library import Declared, Library
from knowledge.model import Report
from knowledge.readers.extras import reads_scans
from knowledge.sealed import NEW
from knowledge.unkept import unkept
from knowledge.volume import read_volume

_log = logging.getLogger(__name__)

LIBRARIES = 4
"""How many libraries are kept: what is in use, what came before it, what is being looked at."""

MOST_PACKS = 16
"""How many packs a library may be spread over before they are put together."""

_ABANDONED = 3600  # seconds after which what another process was writing is taken for left behind
_READERS = ("lxml", "markdown-it-py", "pydantic", "pypdfium2", "python-docx", "PyYAML")

# By their folders. All libraries of a process share what they have of a pack.
_OPEN: WeakValueDictionary[Path, Pack] = WeakValueDictionary()


@cache
def _declared() -> TypeAdapter[Declared]:
    return TypeAdapter(Declared)


@cache
def rules() -> str:
    """A fingerprint of all that decides, besides the files, what is worked out of them."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {reads_scans()}".encode())
    for package in _READERS:
        digest.update(importlib.metadata.version(package).encode())
    here = Path(__file__).parent
    for file in sorted(here.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def key_of(*folders: Mapping[str, str]) -> str:
    """What a library is found by that is made of these files: their SHA-256 by their names.

    Those of an overlay that lies in another folder are a mapping of their own.
    """
    digest = hashlib.sha256(rules().encode())
    for files in folders:
        told = "\0".join(itertools.chain.from_iterable(sorted(files.items())))
        digest.update(f"\0{len(files)}\0{told}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _same(name: str, digest: str, told: object) -> str:
    """What a report is found by; see ``Intake``."""
    about = repr((PurePath(name).suffix.lower(), digest, told))
    return hashlib.sha256(about.encode("utf-8", "backslashreplace")).hexdigest()[:32]


class Archive:
    """The archive in a folder, which is made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        """Open the archive in ``folder``. Nothing is read yet."""
        self.folder = folder
        self._packs = folder / "packs"
        self._libraries = folder / "libraries"

    def has(self, key: str) -> bool:
        """Whether a library is found by ``key``, be it damaged or not."""
        return (self._libraries / f"{key}.json").exists()

    def library(self, key: str) -> Library | None:
        """The library that is found by ``key``."""
        file = self._libraries / f"{key}.json"
        try:
            kept = json.loads(sealed.read(file))
            packs = [self._pack(name) for name in kept["packs"]]
            library = _of_packs(packs, kept["of_packs"], kept["numbers"], kept["declared"])
        except FileNotFoundError:
            return None
        except (DamagedArchive, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            what = error if isinstance(error, DamagedArchive) else f"{file} cannot be read: {error}"
            _log.warning("%s; its files are read again", what)
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            file.touch()  # those that were not in use for the longest time are forgotten first
        return library

    @contextmanager
    def intake(self) -> Iterator[Intake]:
        """What takes in reports as they are read; they are kept whatever becomes of the others."""
        taking = Intake(self, self._packs / f"{NEW}{secrets.token_hex(8)}")
        try:
            yield taking
        finally:
            taking.finish(self._packs / secrets.token_hex(8))

    def keep(self, key: str, library: Library) -> None:
        """Have ``library`` found by ``key`` from now on, if all of its reports are kept."""
        reports = [one for one in library.reports if isinstance(one, KeptReport)]
        packs = {pack for pack, _ in (one.place for one in reports)}
        there = all((self._packs / pack.name / TABLE).is_file() for pack in packs)
        if len(reports) < len(library.reports) or not there:
            return
        try:
            self._write(key, library, self._together(reports))
            self._forget()
        except OSError as error:
            unkept(_log, "what was read", self.folder, error)
        except DamagedArchive as error:
            _log.warning("what was read could not be kept: %s", error)

    def packs(self) -> list[Pack]:
        """All packs that are whole and made by the same rules."""
        found = []
        for folder in sorted(self._packs.glob("[!.]*")):
            try:
                found.append(self._pack(folder.name))
            except DamagedArchive as error:
                _log.warning("%s; what it had is read again", error)
                shutil.rmtree(folder, ignore_errors=True)
        return found

    # Parts of it ---------------------------------------------------------------------------------

    def _pack(self, name: str) -> Pack:
        folder = self._packs / name
        pack = _OPEN.get(folder)
        if pack is None or pack.damaged:
            _OPEN.pop(folder, None)
            pack = _OPEN.setdefault(folder, Pack.opened(folder, rules()))
        return pack

    def _together(self, reports: list[KeptReport]) -> list[KeptReport]:
        """The same reports, copied into one pack where they are spread over too many."""
        packs = {pack for pack, _ in (one.place for one in reports)}
        kept = sum(len(pack.heads) for pack in packs)
        if len(packs) <= MOST_PACKS and kept <= 2 * len(reports):
            return reports
        with self.intake() as taking:
            return [taking.copy(one) for one in reports]

    def _write(self, key: str, library: Library, reports: list[KeptReport]) -> None:
        places = [one.place for one in reports]
        names = list(dict.fromkeys(pack.name for pack, _ in places))
        number = {name: place for place, name in enumerate(names)}
        kept = {
            "packs": names,
            "of_packs": [number[pack.name] for pack, _ in places],
            "numbers": [place for _, place in places],
            "declared": _declared().dump_python(library.declared, mode="json"),
        }
        self._libraries.mkdir(parents=True, exist_ok=True)
        sealed.write(self._libraries / f"{key}.json", json.dumps(kept).encode())

    def _forget(self) -> None:
        """Delete what no library needs any more that was in use lately."""
        before = time.time() - _ABANDONED
        files = sorted(self._libraries.glob("*.json"), key=lambda file: -file.stat().st_mtime)
        needed: set[str] = set()
        for number, file in enumerate(files):
            if number >= LIBRARIES:
                file.unlink(missing_ok=True)
                continue
            with contextlib.suppress(DamagedArchive, OSError, ValueError, KeyError):
                needed |= set(json.loads(sealed.read(file))["packs"])
        for folder in self._packs.iterdir():
            if folder.name not in needed and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
        for file in self._libraries.glob(f"{NEW}*"):
            if file.stat().st_mtime < before:
                file.unlink(missing_ok=True)


def _of_packs(
    packs: Sequence[Pack], of_packs: Sequence[int], numbers: Sequence[int], declared: object
) -> Library:
    """The library whose report ``n`` is number ``numbers[n]`` of pack ``of_packs[n]``."""
    places = [(packs[pack], number) for pack, number in zip(of_packs, numbers, strict=True)]

    def report(number: int) -> KeptReport:
        pack, own = places[number]
        return pack.report(own)

    def every() -> Iterator[KeptReport]:
        reports = {pack: pack.reports() for pack in packs}
        return (reports[pack][own] for pack, own in places)

    def volume(number: int) -> KeptVolume:
        return KeptVolume(report(number))

    written = [(number, pack.table.authors.get(own)) for number, (pack, own) in enumerate(places)]
    return Library.of(
        Each(len(places), report, every),
        Each(len(places), volume, lambda: map(KeptVolume, every())),
        [pack.table.ids[own] for pack, own in places],
        {number: authors for number, authors in written if authors},
        Figures.gathered(
            [pack.table.figures for pack in packs],
            np.array(of_packs, np.int64),
            np.array(numbers, np.int64),
        ),
        _declared().validate_python(declared),
    )


class Intake:
    """Keeps reports as they are read, and knows those that were kept before.

    Where the disk is full or nothing can be written, they stay in memory.
    """

    def __init__(self, archive: Archive, folder: Path) -> None:
        """Write into ``folder``, which is made with the first report that is new."""
        self._folder = folder
        self._packing: Packing | None = None
        self._kept: dict[str, tuple[Pack, int]] = {
            same: (pack, number)
            for pack in archive.packs()
            for number, same in enumerate(pack.table.same)
        }
        self._usable = True

    def known(self, name: str, digest: str, told: object) -> Report | None:
        """The report of a file that was kept before, by its ending, SHA-256 and what is told."""
        place = self._kept.get(_same(name, digest, told))
        return None if place is None else place[0].report(place[1])

    def report(self, name: str, content: bytes, told: object, make: Callable[[], Report]) -> Report:
        """What ``make`` gives, or gave before for the same; see ``made_before``."""
        digest = hashlib.sha256(content).hexdigest()
        found = self.known(name, digest, told)
        if found is not None:
            return found
        report = make()
        about = read_volume(report)
        if not can_be_kept(about):
            return report
        same = _same(name, digest, told)
        return self._put(lambda packing: packing.add(same, about)) or report

    def copy(self, report: KeptReport) -> KeptReport:
        """The same report, in the pack that is being written."""
        pack, _ = report.place
        body = pack.body(report.head)
        return self._put(lambda packing: packing.copy(report.head, body)) or report

    def finish(self, folder: Path) -> None:
        """Have everything that was taken in found from now on, in ``folder``."""
        try:
            if self._packing is not None and self._usable:
                pack = self._packing.finish()
                self._folder.rename(folder)
                pack.moved(folder)
                _OPEN[folder] = pack
                return
        except OSError as error:
            unkept(_log, "what was read", folder.parent, error)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, how: Callable[[Packing], KeptReport]) -> KeptReport | None:
        if not self._usable:
            return None
        try:
            if self._packing is None:
                self._folder.mkdir(parents=True)
                self._packing = Packing(self._folder, rules())
            made = how(self._packing)
            self._kept[made.head.same] = made.place
        except OSError as error:
            unkept(_log, "what was read", self._folder.parent, error)
            self._usable = False
            return None
        return made
