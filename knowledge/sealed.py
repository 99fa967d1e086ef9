"""Is a file that is read as a whole what was once written into it, down to the last bit?"""

from __future__ import annotations

import secrets
import zlib
from pathlib import Path

from knowledge.errors import DamagedArchive

NEW = ".new-"
"""How what is being written is named."""


def write(file: Path, content: bytes) -> None:
    """Write ``content``, with its checksum, whole or not at all. Raises ``OSError``."""
    aside = file.with_name(f"{NEW}{secrets.token_hex(8)}")
    try:
        aside.write_bytes(b"%d\n" % zlib.crc32(content) + content)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def read(file: Path) -> bytes:
    """What was written into ``file``. Raises ``DamagedArchive`` and ``OSError``."""
    checksum, _, content = file.read_bytes().partition(b"\n")
    if checksum != b"%d" % zlib.crc32(content):
        raise DamagedArchive(f"{file} is not what was written")
    return content
