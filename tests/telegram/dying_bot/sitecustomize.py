"""Kills the process that loads it when it renames something on its shelf for the n-th time.

Python imports a module of this name at its start, if it finds one: a test puts this folder on the
path of a real bot and n into DIE_AT_RENAME.
"""

from __future__ import annotations

import os
import signal
import sys

_left = int(os.environ.get("DIE_AT_RENAME", "0"))


def _die(event: str, arguments: tuple[object, ...]) -> None:
    global _left
    if event == "os.rename" and any("/state/knowledge/" in str(one) for one in arguments):
        _left -= 1
        if not _left:
            os.kill(os.getpid(), signal.SIGKILL)


if _left:
    sys.addaudithook(_die)
