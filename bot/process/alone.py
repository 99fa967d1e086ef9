"""Is this the only bot with its state folder?"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import UnusableState
from bot.records.store import unusable


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the state ``folder`` to oneself while the block lasts; it is made if need be.

    Two bots would take each other's questions for answered and each other's revisions for their
    own. The lock is the system's and ends with the process, however that ends. Raises
    ``UnusableState``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        with contextlib.suppress(OSError):  # of a file system that knows no locks
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UnusableState(
                    f"a bot is running with the state folder {folder}: stop it first, or set"
                    " WENJU_STATE to another folder"
                ) from None
        yield
    finally:
        os.close(handle)
