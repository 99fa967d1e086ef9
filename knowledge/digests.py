"""What is the SHA-256 of a file? Of one that has not changed it is known."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
import zlib
from pathlib import Path

_SETTLED = 2.0  # seconds after a change; before, another one could leave the same times and size

# By path: what the file looked like, and its digest. A process asks for some thousands at most.
_KNOWN: dict[str, tuple[tuple[int, ...], str]] = {}


# What an earlier process knew; it is only taken over as somebody asks for it.
_TOLD: dict[str, tuple[tuple[int, ...], str]] = {}


def recall(file: Path) -> None:
    """Know what ``remember`` wrote into ``file``; nothing where that is missing or damaged."""
    try:
        checksum, _, rest = file.read_bytes().partition(b"\n")
        if int(checksum) == zlib.crc32(rest):
            _TOLD.update((name, (tuple(looks), digest)) for name, looks, digest in json.loads(rest))
    except (OSError, ValueError):
        return


def remember(file: Path) -> None:
    """Write into ``file`` what this process was asked for. Raises ``OSError``."""
    rows = (json.dumps((name, *known)) for name, known in _KNOWN.copy().items())
    rest = f"[{','.join(rows)}]".encode()
    written = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        written.write_bytes(f"{zlib.crc32(rest)}\n".encode() + rest)
        written.replace(file)
    except OSError:
        written.unlink(missing_ok=True)
        raise


def digest_of(path: Path) -> str:
    """The SHA-256 of the file at ``path``, in hexadecimal digits. Raises ``OSError``.

    A file that has not been touched since it was last asked for is not read again: its times, which
    any change of it sets anew, its size and its place on the disk are the same.
    """
    name, now = os.fspath(path), time.time()
    known = _KNOWN.get(name) or _TOLD.get(name)
    if known is not None and known[0] == _looks(os.stat(name)):  # noqa: PTH116 - takes half the time
        _KNOWN[name] = known
        return known[1]
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if max(status.st_mtime, status.st_ctime) < now - _SETTLED:
        _KNOWN[name] = (_looks(status), digest)
    else:
        _KNOWN.pop(name, None)
    return digest


def _looks(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip
