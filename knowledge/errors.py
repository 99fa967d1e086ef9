"""What can go wrong with the knowledge?

KnowledgeError
├── UnreadableReport    a file that no reader can make a report of
├── DamagedArchive      what is kept of reports that were read is not what was written
├── InvalidCatalog      catalog, reports and questions that do not fit together; holds every fault
└── ShelfError          what is kept of earlier and later versions cannot be had
    ├── UnusableShelf       its folder cannot be read or written
    ├── DamagedRevision     a revision whose files are not what they were
    ├── UnknownRevision     no revision has this number
    ├── UnknownDraft        no draft waits under this id
    └── OutdatedDraft       another revision came between the draft and its confirmation
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend: the file (relative to the knowledge folder), the line from 1, and what.

    The line is 0 where there is none, as of a file that does not exist.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class KnowledgeError(Exception):
    """The knowledge cannot be used as it is; the message says where and what to do."""


class UnreadableReport(KnowledgeError):
    """A report's bytes do not make a report."""


class DamagedArchive(KnowledgeError):
    """What was kept of reports cannot be had; they are to be read from their files again."""


class InvalidCatalog(KnowledgeError):
    """The knowledge folder has faults; the last valid library goes on serving."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class ShelfError(KnowledgeError):
    """The versions of the knowledge cannot be had."""


class UnusableShelf(ShelfError):
    """The folder of the versions cannot be read or written; the message says why."""


class DamagedRevision(ShelfError):
    """A revision's own files are damaged; the message says what to do."""


class UnknownRevision(ShelfError):
    """No revision has this number."""


class UnknownDraft(ShelfError):
    """No draft waits under this id: it was confirmed, discarded, or forgotten."""


class OutdatedDraft(ShelfError):
    """Another revision was confirmed since the draft was made."""
