"""How is a report kept on disk, so that it is there at once and its text when it is looked at?

A *pack* is a folder of three files that are written once. ``table.npz`` has the numbers of all its
reports, and where the rest of each is: in ``heads.json`` what it is called, its headings and its
own terms, a line each; in ``bodies.bin`` text and paragraphs. Both are read as answers need them,
and forgotten again.
"""

from __future__ import annotations

import io
import json
import os
import threading
import weakref
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, overload
from weakref import WeakValueDictionary

import numpy as np

from knowledge import sealed
from knowledge.errors import DamagedArchive
from knowledge.figures import Figures, Ints
from knowledge.giving_way import give_way, in_slices
from knowledge.model import Kind, Paragraph, Passage, Report, Section, Span
from knowledge.passages import passages, passages_of
from knowledge.volume import ReadVolume, Volume, read_volume

TABLE, HEADS, BODIES = "table.npz", "heads.json", "bodies.bin"
REMEMBERED = 1 << 23
"""Characters of reports that were looked at and stay in memory: 25 MB with all around them."""

VERIFIED_AT_ONCE = 1 << 26
"""Bytes up to which the bodies of a pack are compared with their checksums when it is opened."""

_HEADS_REMEMBERED = 1 << 10  # heads of a pack that were looked at and stay in memory: 3 MB
_TOGETHER = 1 << 8  # heads that are read in one go: 2 ms, in which nobody else computes

_KINDS = tuple(Kind)
_BODY = _KINDS.index(Kind.BODY)
_COLUMNS = 6  # of a paragraph: section, number, kind, start, end, line


class Head(NamedTuple):
    """What a pack tells of a report besides its text and paragraphs.

    ``same`` is what it is found by: equal files, told the same of, have the same. Its body has
    ``size`` bytes from ``at`` on, with the checksum ``crc``. ``front`` are rows of ``_row`` with
    the words behind. The rest is as in ``Report`` and ``Volume``.
    """

    same: str
    at: int
    size: int
    crc: int
    characters: int
    passages: int
    documents: int
    sentences: int
    revision: str
    id: str
    authors: list[str]
    title: str
    subtitle: str
    date: str
    region: str
    language: str
    source: str
    paths: list[list[str]]
    front: list[tuple[list[int], str]]
    quoted: list[str]


_SPOKEN = Head._fields.index("title")  # from here on a head stands in its line of ``HEADS``


def _line(head: Head) -> bytes:
    return json.dumps(head[_SPOKEN:], ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


_BETWEEN = "\n"  # two lines; in JSON a line break is escaped


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of all reports of a pack, and what they are looked for by.

    The line of report ``n`` in ``HEADS`` is ``lines[n]:lines[n+1]``; ``at``, ``size`` and ``crc``
    are as in ``Head``. Of ``authors``, by the numbers of their reports, most have none.
    """

    same: Sequence[str]
    ids: Sequence[str]
    authors: Mapping[int, Sequence[str]]
    figures: Figures
    lines: Ints
    at: Ints
    size: Ints
    crc: Ints

    @classmethod
    def of(cls, heads: Sequence[Head], lines: Sequence[bytes]) -> Table:
        """The table of ``heads``, which stand in these lines."""
        numbers = (
            (head.characters, head.passages, head.documents, head.sentences) for head in heads
        )
        revisions = bytes.fromhex("".join(head.revision for head in heads))
        return cls(
            [head.same for head in heads],
            [head.id for head in heads],
            {number: head.authors for number, head in enumerate(heads) if head.authors},
            Figures.of_rows(numbers, revisions),
            np.cumsum([0, *map(len, lines)]),
            *np.array([(head.at, head.size, head.crc) for head in heads], np.int64).T,
        )

    def write(self, file: Path, about: dict[str, object]) -> None:
        """Write it into ``file`` with what there is to say ``about`` the pack."""
        names = {"same": self.same, "ids": self.ids, "authors": list(self.authors.items())}
        told = json.dumps({**about, **names}).encode()
        arrays = {name: getattr(self, name) for name in _COLUMNS_OF_ALL}
        figures = {one.name: getattr(self.figures, one.name) for one in fields(Figures)}
        content = io.BytesIO()
        np.savez(content, told=np.frombuffer(told, np.uint8), **arrays, **figures)
        sealed.write(file, content.getvalue())

    @classmethod
    def read(cls, file: Path, rules: str) -> tuple[Table, dict[str, object]]:
        """The table in ``file`` and what it says about the pack. Raises as ``Pack.opened``."""
        with np.load(io.BytesIO(sealed.read(file)), allow_pickle=False) as arrays:
            about = json.loads(arrays["told"].tobytes())
            if about["rules"] != rules:
                raise DamagedArchive(f"{file.parent} was made by another version")
            figures = Figures(*(arrays[one.name] for one in fields(Figures)))
            columns = (arrays[name] for name in _COLUMNS_OF_ALL)
            authors = dict(about.pop("authors"))
            return cls(about.pop("same"), about.pop("ids"), authors, figures, *columns), about


_COLUMNS_OF_ALL = ("lines", "at", "size", "crc")


def _row(one: Paragraph) -> list[int]:
    return [
        one.section, one.number, _KINDS.index(one.kind), one.span.start, one.span.end, one.line,
    ]  # fmt: skip


def _paragraph(row: Sequence[int]) -> Paragraph:
    section, number, kind, start, end, line = row
    return Paragraph(section, number, _KINDS[kind], Span(start, end), line)


def can_be_kept(about: ReadVolume) -> bool:
    """Whether a report is as every reader makes them: no paragraph of body text is empty."""
    bodies = sum(1 for one in about.report.paragraphs if one.kind is Kind.BODY)
    return len(about.body) == bodies


class Content:
    """The text of a report and what stands where in it.

    Of thirty paragraphs an answer looks at one or two, so that only those are made objects of.
    """

    __slots__ = ("_documents", "_places", "_rows", "text")

    def __init__(self, body: bytes) -> None:
        count = int.from_bytes(body[:4], "little")
        rows = np.frombuffer(body, "<i4", count * _COLUMNS, 4).reshape(count, _COLUMNS)
        self.text = body[4 + count * _COLUMNS * 4 :].decode("utf-8", "surrogatepass")
        self._rows = rows.copy()  # the rest of the bytes is not needed any more
        self._places = np.flatnonzero(rows[:, 2] == _BODY)
        self._documents: dict[int, tuple[Passage, ...]] = {}

    def paragraphs(self) -> tuple[Paragraph, ...]:
        """All of them."""
        return tuple(map(_paragraph, self._rows.tolist()))

    def document(self, report_id: str, number: int) -> tuple[Passage, ...]:
        """The passages of a paragraph of body text, which count from 0."""
        made = self._documents.get(number)
        if made is None:
            place = _paragraph(self._rows[self._places[number]].tolist())
            made = passages_of(report_id, self.text, place)
            self._documents[number] = made
        return made


def _body(report: Report) -> bytes:
    rows = np.array([_row(one) for one in report.paragraphs], "<i4")
    count = len(report.paragraphs).to_bytes(4, "little")
    return count + rows.tobytes() + report.text.encode("utf-8", "surrogatepass")


class _Recent:
    """The contents that were looked at last, as many as ``REMEMBERED`` characters allow."""

    def __init__(self) -> None:
        self._contents: OrderedDict[tuple[int, int], Content] = OrderedDict()
        self._characters = 0
        self._changing = threading.Lock()

    def get(self, key: tuple[int, int]) -> Content | None:
        with self._changing:
            found = self._contents.get(key)
            if found is not None:
                self._contents.move_to_end(key)
            return found

    def put(self, key: tuple[int, int], content: Content) -> None:
        with self._changing:
            if key not in self._contents:
                self._contents[key] = content
                self._characters += len(content.text)
            while self._characters > REMEMBERED and len(self._contents) > 1:
                _, oldest = self._contents.popitem(last=False)
                self._characters -= len(oldest.text)


_RECENT = _Recent()
_NUMBERS = iter(range(1 << 62))


class _Heads(Sequence[Head]):
    """The heads of a pack, which are read from their file as they are looked at."""

    def __init__(self, table: Table, path: Path) -> None:
        """Raises ``OSError``."""
        self._every = range(len(table.same))
        file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, file)
        # Not a method of this object: it could not be freed without a search for garbage.
        self._head = lru_cache(_HEADS_REMEMBERED)(partial(_head, table, path, file))
        self._all = partial(_heads, table, path, file)

    def __len__(self) -> int:
        return len(self._every)

    @overload
    def __getitem__(self, number: int) -> Head: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Head]: ...
    def __getitem__(self, number: int | slice) -> Head | Sequence[Head]:
        which = self._every[number]
        return self._head(which) if isinstance(which, int) else tuple(map(self._head, which))

    def __iter__(self) -> Iterator[Head]:
        """All of them, many read together: in a fourth of the time that one by one takes."""
        return self._all()


def _head(table: Table, path: Path, file: int, number: int) -> Head:
    """The head of a report, of which the rest is in ``file``. Raises ``DamagedArchive``."""
    begin, end = table.lines[number : number + 2].tolist()
    return _made(table, number, _spoken(path, file, begin, end)[0])


def _heads(table: Table, path: Path, file: int) -> Iterator[Head]:
    """The heads of all reports. Raises ``DamagedArchive``."""
    count = len(table.same)
    for begin in range(0, count, _TOGETHER):
        end = min(begin + _TOGETHER, count)
        first, last = table.lines[[begin, end]].tolist()
        for number, one in enumerate(_spoken(path, file, first, last), begin):
            yield _made(table, number, one)
        give_way()


def _spoken(path: Path, file: int, begin: int, end: int) -> list[list[Any]]:
    """What stands in the lines of ``file`` from ``begin`` to ``end``."""
    try:
        lines = os.pread(file, end - begin, begin).decode("utf-8", "surrogatepass")
        spoken: list[list[Any]] = json.loads(f"[{lines.rstrip().replace(_BETWEEN, ',')}]")
    except (OSError, ValueError) as error:
        raise DamagedArchive(f"{path} cannot be read: {error}") from error
    return spoken


def _made(table: Table, number: int, spoken: list[Any]) -> Head:
    figures = table.figures
    return Head(
        table.same[number],
        table.at.item(number),
        table.size.item(number),
        table.crc.item(number),
        figures.characters.item(number),
        figures.passages.item(number),
        figures.documents.item(number),
        figures.sentences.item(number),
        figures.revisions[number].tobytes().hex(),
        table.ids[number],
        list(table.authors.get(number, ())),
        *spoken,
    )


class Pack:
    """Reports kept in a folder. As long as one of them is in use, its files can be read."""

    def __init__(self, folder: Path, heads: Sequence[Head]) -> None:
        """Take the ``heads`` that the pack in ``folder`` has. Raises ``OSError``."""
        self.name = folder.name
        self.heads = heads
        self._path = folder / BODIES
        self._file = os.open(self._path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._number = next(_NUMBERS)
        self.damaged = False
        self._in_use: WeakValueDictionary[int, KeptReport] = WeakValueDictionary()

    @classmethod
    def opened(cls, folder: Path, rules: str) -> Pack:
        """The pack in ``folder``, made by these ``rules``.

        Raises ``DamagedArchive``, also for one that was made by others.
        """
        try:
            table, about = Table.read(folder / TABLE, rules)
            if about["heads"] != zlib.crc32((folder / HEADS).read_bytes()):
                raise DamagedArchive(f"{folder / HEADS} is not what was written")
            if about["size"] != (folder / BODIES).stat().st_size:
                raise DamagedArchive(f"{folder / BODIES} is not as long as it was written")
            pack = cls(folder, ())
            pack.finished(folder, table)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise DamagedArchive(f"{folder} cannot be read: {error}") from error
        if about["size"] <= VERIFIED_AT_ONCE:
            for head in pack.heads:
                pack.body(head)
        return pack

    def finished(self, folder: Path, table: Table) -> None:
        """All that is to be in it is there, with this ``table``. Raises ``OSError``."""
        self.table = table
        self.heads = _Heads(table, folder / HEADS)

    def moved(self, folder: Path) -> None:
        """Its folder is called so from now on."""
        self.name, self._path = folder.name, folder / BODIES

    def report(self, number: int) -> KeptReport:
        """The report of this number; the same object as long as one is in use."""
        found = self._in_use.get(number)
        if found is None:
            made = KeptReport.of(self, number, self.heads[number])
            found = self._in_use.setdefault(number, made)
        return found

    def reports(self) -> list[KeptReport]:
        """All of them, in a fraction of the time that one after the other takes."""
        found = [self._in_use.get(number) for number in range(len(self.heads))]
        if any(one is None for one in found):
            for number, head in enumerate(in_slices(self.heads)):
                if found[number] is None:
                    made = KeptReport.of(self, number, head)
                    found[number] = self._in_use.setdefault(number, made)
        return [one for one in found if one is not None]

    def content(self, number: int) -> Content:
        """Text and paragraphs of a report. Raises ``DamagedArchive``."""
        key = (self._number, number)
        content = _RECENT.get(key)
        if content is None:
            content = Content(self.body(self.heads[number]))
            _RECENT.put(key, content)
        return content

    def body(self, head: Head) -> bytes:
        """The bytes of the same, of which this is the head. Raises ``DamagedArchive``."""
        try:
            body = os.pread(self._file, head.size, head.at)
        except OSError as error:
            raise DamagedArchive(f"{self._path} cannot be read: {error.strerror}") from error
        if zlib.crc32(body) != head.crc:
            # Nobody is to open it again: at the next start its reports are read from their files.
            self.damaged = True
            self._path.with_name(TABLE).unlink(missing_ok=True)
            raise DamagedArchive(
                f"{self._path} is damaged where {head.id} stands; start again, and the reports"
                " are read anew"
            )
        return body


class KeptReport(Report):
    """A report whose text and paragraphs stay on disk until somebody looks at them.

    In everything else it is the report that was kept. A changed copy is an ordinary report.
    """

    __slots__ = ("_number", "_pack", "head")
    _pack: Pack
    _number: int
    head: Head
    """What is known of it without a look at its text."""

    def __new__(cls, *given: object, **named: object) -> Report:  # type: ignore[misc]
        """What ``dataclasses.replace`` asks for."""
        return Report(*given, **named)  # type: ignore[arg-type]

    @classmethod
    def of(cls, pack: Pack, number: int, head: Head) -> KeptReport:
        """The report of this number in ``pack``, which has this ``head``."""
        made: KeptReport = object.__new__(cls)
        put = object.__setattr__  # it is frozen from here on
        put(made, "_pack", pack)
        put(made, "_number", number)
        put(made, "head", head)
        for name in ("id", "title", "subtitle", "date", "region", "language", "source"):
            put(made, name, getattr(head, name))
        put(made, "authors", tuple(head.authors))
        return made

    @property
    def place(self) -> tuple[Pack, int]:
        """Where it is kept."""
        return self._pack, self._number

    @property
    def content(self) -> Content:
        """Its text and what stands where in it."""
        return self._pack.content(self._number)

    @property
    def text(self) -> str:
        """As in ``Report``."""
        return self.content.text

    @property
    def sections(self) -> tuple[Section, ...]:
        """As in ``Report``."""
        return tuple(Section(tuple(path)) for path in self.head.paths)

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """As in ``Report``."""
        return self.content.paragraphs()

    def path(self, paragraph: Paragraph) -> tuple[str, ...]:
        """As in ``Report``."""
        return tuple(self.head.paths[paragraph.section])

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Report):
            return self is other
        names = (one.name for one in fields(Report))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = Report.__hash__


class _Documents(Sequence[tuple[Passage, ...]]):
    """The paragraphs of body text of a report, each as its passages."""

    __slots__ = ("_report",)

    def __init__(self, report: KeptReport) -> None:
        self._report = report

    def __len__(self) -> int:
        return self._report.head.documents

    @overload
    def __getitem__(self, number: int) -> tuple[Passage, ...]: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[tuple[Passage, ...]]: ...
    def __getitem__(
        self, number: int | slice
    ) -> tuple[Passage, ...] | Sequence[tuple[Passage, ...]]:
        every = range(len(self))[number]
        if isinstance(every, int):
            return self._report.content.document(self._report.id, every)
        return tuple(self[one] for one in every)


class _Passages(Sequence[Passage]):
    """Everything that can be quoted of a report."""

    __slots__ = ("_report",)

    def __init__(self, report: KeptReport) -> None:
        self._report = report

    def __len__(self) -> int:
        return self._report.head.passages

    @overload
    def __getitem__(self, number: int) -> Passage: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Passage]: ...
    def __getitem__(self, number: int | slice) -> Passage | Sequence[Passage]:
        return passages(self._report)[number]

    def __iter__(self) -> Iterator[Passage]:
        return iter(passages(self._report))


class KeptVolume:
    """The ``Volume`` of a report that is kept."""

    __slots__ = ("report",)

    def __init__(self, report: KeptReport) -> None:
        self.report = report

    @property
    def passages(self) -> Sequence[Passage]:
        """As in ``Volume``."""
        return _Passages(self.report)

    @property
    def body(self) -> Sequence[tuple[Passage, ...]]:
        """As in ``Volume``."""
        return _Documents(self.report)

    @property
    def front(self) -> Sequence[tuple[Paragraph, str]]:
        """As in ``Volume``."""
        return tuple((_paragraph(row), words) for row, words in self.report.head.front)

    @property
    def paths(self) -> Sequence[Sequence[str]]:
        """As in ``Volume``."""
        return self.report.head.paths

    @property
    def quoted(self) -> Sequence[str]:
        """As in ``Volume``."""
        return self.report.head.quoted

    @property
    def characters(self) -> int:
        """As in ``Volume``."""
        return self.report.head.characters

    @property
    def sentences(self) -> int:
        """As in ``Volume``."""
        return self.report.head.sentences

    @property
    def revision(self) -> str:
        """As in ``Volume``."""
        return self.report.head.revision


def volume(report: Report) -> Volume:
    """What is worked out of ``report``, or was when it was kept."""
    return KeptVolume(report) if isinstance(report, KeptReport) else read_volume(report)


@dataclass(slots=True)
class Packing:
    """A pack that is being written into ``folder``, which is there and empty."""

    folder: Path
    rules: str
    heads: list[Head] = field(default_factory=list)
    _size: int = 0
    _pack: Pack | None = None

    def add(self, same: str, about: ReadVolume) -> KeptReport:
        """Keep a report, to be found as ``same``. Raises ``OSError``."""
        report = about.report
        head = Head(
            same=same,
            at=0,
            size=0,
            crc=0,
            characters=about.characters,
            passages=len(about.passages),
            documents=len(about.body),
            sentences=about.sentences,
            revision=about.revision,
            id=report.id,
            authors=list(report.authors),
            title=report.title,
            subtitle=report.subtitle,
            date=report.date,
            region=report.region,
            language=report.language,
            source=report.source,
            paths=[list(path) for path in about.paths],
            front=[(_row(paragraph), words) for paragraph, words in about.front],
            quoted=list(about.quoted),
        )
        return self.copy(head, _body(report))

    def copy(self, head: Head, body: bytes) -> KeptReport:
        """Keep a report of another pack. Raises ``OSError``."""
        with (self.folder / BODIES).open("ab") as file:
            file.write(body)
        self.heads.append(head._replace(at=self._size, size=len(body), crc=zlib.crc32(body)))
        self._size += len(body)
        if self._pack is None:
            self._pack = Pack(self.folder, self.heads)
        return self._pack.report(len(self.heads) - 1)

    def finish(self) -> Pack:
        """Write heads and table. Raises ``OSError``, and ``ValueError`` where there is nothing."""
        if self._pack is None:
            raise ValueError("a pack of no reports")
        lines = list(map(_line, self.heads))
        whole = b"".join(lines)
        (self.folder / HEADS).write_bytes(whole)
        table = Table.of(self.heads, lines)
        about = {"rules": self.rules, "heads": zlib.crc32(whole), "size": self._size}
        table.write(self.folder / TABLE, about)
        self._pack.finished(self.folder, table)
        return self._pack
