"""Is a zip archive, which Word files and electronic books are, fit to be opened?"""

from __future__ import annotations

import io
import zipfile
import zlib

from knowledge.errors import UnreadableReport

MOST_ENTRIES = 10_000
MOST_UNPACKED = 200 * 1024 * 1024  # bytes of all entries together
_MOST_FOLD = 500  # one entry against its packed size; deflate's limit is 1,032
_SMALL = 1024 * 1024  # bytes; below that no entry is a bomb


def opened(content: bytes) -> zipfile.ZipFile:
    """The archive, once its directory has been looked at.

    Raises ``UnreadableReport`` where it is damaged, encrypted or unpacks to more than it should.
    What an entry says of its size binds: ``zipfile`` reads no byte beyond it.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadableReport("is damaged: its end is missing or it is no archive") from error
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise UnreadableReport(
            f"holds {len(entries):,} parts; {MOST_ENTRIES:,} at most are unpacked"
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED:
        raise UnreadableReport(
            f"unpacks to {unpacked // 1024**2:,} MB; "
            f"{MOST_UNPACKED // 1024**2:,} MB at most are read"
        )
    for entry in entries:
        if entry.flag_bits & 1:
            raise UnreadableReport("is encrypted; save it without a password")
        if entry.file_size > _SMALL and entry.file_size > _MOST_FOLD * max(entry.compress_size, 1):
            raise UnreadableReport(
                f"is packed {entry.file_size // max(entry.compress_size, 1):,} times smaller than "
                "it is, as no document is; it is not unpacked"
            )
    return archive


def part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one part. Raises ``UnreadableReport`` where it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise UnreadableReport(f"has no part {name}; save it anew") from error
    except (
        zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError,
        ValueError,
    ) as error:  # fmt: skip
        raise UnreadableReport(f"is damaged in its part {name}; save it anew") from error
