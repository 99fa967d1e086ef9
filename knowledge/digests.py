"""What is the SHA-256 of a file? Of one that has not changed it is known."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

_SETTLED = 2.0  # seconds after a change; before, another one could leave the same times and size

# By path: what the file looked like, and its digest. A process asks for some thousands at most.
_KNOWN: dict[str, tuple[tuple[int, ...], str]] = {}


def digest_of(path: Path) -> str:
    """The SHA-256 of the file at ``path``, in hexadecimal digits. Raises ``OSError``.

    A file that has not been touched since it was last asked for is not read again.
    """
    name, now = os.fspath(path), time.time()
    known = _KNOWN.get(name)
    if known is not None and known[0] == _looks(path.stat()):
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
