"""How is a report kept on disk, so that it is there at once and its text when it is looked at?

A *pack* is a folder of two files that are written once. ``heads.json`` has of every report what is
asked of all of them: what it is called, its headings, its own terms, how much there is of it.
``bodies.bin`` has text and paragraphs, which are read, checked and forgotten again as answers need
them.
"""

from __future__ import annotations

import json
import os
import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple, overload
from weakref import WeakValueDictionary

import numpy as np

from knowledge.errors import DamagedArchive
from knowledge.model import Kind, Paragraph, Passage, Report, Section, Span
from knowledge.passages import passages, passages_of
from knowledge.volume import ReadVolume, Volume, read_volume

HEADS, BODIES = "heads.json", "bodies.bin"
REMEMBERED = 1 << 23
"""Characters of reports that were looked at and stay in memory: 25 MB with all around them."""

VERIFIED_AT_ONCE = 1 << 26
"""Bytes up to which a pack is read and compared with its checksums when it is opened: 50 ms."""

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
    title: str
    subtitle: str
    authors: list[str]
    date: str
    region: str
    language: str
    source: str
    paths: list[list[str]]
    front: list[tuple[list[int], str]]
    quoted: list[str]


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


class Pack:
    """Reports kept in a folder. As long as one of them is in use, its file can be read."""

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
            first, _, rest = (folder / HEADS).read_bytes().partition(b"\n")
            header = json.loads(first)
            if header["rules"] != rules:
                raise DamagedArchive(f"{folder} was made by another version")
            if header["crc"] != zlib.crc32(rest):
                raise DamagedArchive(f"{folder / HEADS} is not what was written")
            if header["size"] != (folder / BODIES).stat().st_size:
                raise DamagedArchive(f"{folder / BODIES} is not as long as it was written")
            text = rest.decode("utf-8", "surrogatepass")
            pack = cls(folder, [Head(*row) for row in json.loads(text)])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedArchive(f"{folder} cannot be read: {error}") from error
        if header["size"] <= VERIFIED_AT_ONCE:
            for number in range(len(pack.heads)):
                pack.body(number)
        return pack

    def moved(self, folder: Path) -> None:
        """Its folder is called so from now on."""
        self.name, self._path = folder.name, folder / BODIES

    def report(self, number: int) -> KeptReport:
        """The report of this number; the same object as long as one is in use."""
        found = self._in_use.get(number)
        if found is None:
            found = self._in_use.setdefault(number, KeptReport.of(self, number))
        return found

    def content(self, number: int) -> Content:
        """Text and paragraphs of a report. Raises ``DamagedArchive``."""
        key = (self._number, number)
        content = _RECENT.get(key)
        if content is None:
            content = Content(self.body(number))
            _RECENT.put(key, content)
        return content

    def body(self, number: int) -> bytes:
        """The bytes of the same. Raises ``DamagedArchive``."""
        head = self.heads[number]
        try:
            body = os.pread(self._file, head.size, head.at)
        except OSError as error:
            raise DamagedArchive(f"{self._path} cannot be read: {error.strerror}") from error
        if zlib.crc32(body) != head.crc:
            # Nobody is to open it again: at the next start its reports are read from their files.
            self.damaged = True
            self._path.with_name(HEADS).unlink(missing_ok=True)
            raise DamagedArchive(
                f"{self._path} is damaged where {head.id} stands; start again, and the reports"
                " are read anew"
            )
        return body


class KeptReport(Report):
    """A report whose text and paragraphs stay on disk until somebody looks at them.

    In everything else it is the report that was kept. A changed copy is an ordinary report.
    """

    __slots__ = ("_number", "_pack")
    _pack: Pack
    _number: int

    def __new__(cls, *given: object, **named: object) -> Report:  # type: ignore[misc]
        """What ``dataclasses.replace`` asks for."""
        return Report(*given, **named)  # type: ignore[arg-type]

    @classmethod
    def of(cls, pack: Pack, number: int) -> KeptReport:
        """The report of this number in ``pack``."""
        made: KeptReport = object.__new__(cls)
        head = pack.heads[number]
        put = object.__setattr__  # it is frozen from here on
        put(made, "_pack", pack)
        put(made, "_number", number)
        for name in ("id", "title", "subtitle", "date", "region", "language", "source"):
            put(made, name, getattr(head, name))
        put(made, "authors", tuple(head.authors))
        return made

    @property
    def head(self) -> Head:
        """What is known of it without a look at its text."""
        return self._pack.heads[self._number]

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
            title=report.title,
            subtitle=report.subtitle,
            authors=list(report.authors),
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
        """Write the heads of all. Raises ``OSError``, and ``ValueError`` where there is none."""
        if self._pack is None:
            raise ValueError("a pack of no reports")
        rest = b"[" + b",\n".join(map(_line, self.heads)) + b"]"
        header = {"rules": self.rules, "crc": zlib.crc32(rest), "size": self._size}
        (self.folder / HEADS).write_bytes(json.dumps(header).encode() + b"\n" + rest)
        return self._pack


def _line(head: Head) -> bytes:
    return json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass")
