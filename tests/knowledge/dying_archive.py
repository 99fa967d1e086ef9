"""What does an archive hold after a process was killed at its n-th step on the disk, for every n?

Run as ``python -m tests.knowledge.dying_archive SHELF ARCHIVE``, or with a knowledge folder in the
place of the shelf. Each time a child loads the newest revision of the shelf, or the folder, and
kills itself when it is about to change what is kept for the n-th time; then that is loaded again,
by nobody who dies, and must be what it is without any archive. It prints how many children died.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from knowledge import archive as archive_module
from knowledge import snapshot
from knowledge.archive import Archive
from knowledge.catalog import load_library
from knowledge.library import Library
from knowledge.newest import load_newest, load_revision
from knowledge.revisions import Revisions
from tests.knowledge.dying import STEPS, WRITING


def main(source: Path, place: Path) -> None:
    """Die at every step, look each time."""
    kept = place / "folder.npz"
    revision = Revisions(source).newest()
    expected = load_library(source) if revision is None else load_revision(revision, None)

    def load() -> Library:
        archive_module._OPEN.clear()
        snapshot._KNOWN.clear()
        if revision is not None:
            return load_revision(revision, Archive(place))
        snapshot.recall(source, kept)
        library = load_newest(source, None, Archive(place))
        kept.parent.mkdir(exist_ok=True)
        snapshot.remember(source, kept)
        return library

    step = 1
    while True:
        shutil.rmtree(place, ignore_errors=True)
        child = os.fork()
        if not child:
            _die(place, step)
            load()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), status
        for _ in range(2):  # once from what was left, once from what that made of it
            assert load() == expected, step
        if not status:
            print(step - 1)  # noqa: T201 - that is its result
            return
        step += 1


def _die(place: Path, step: int) -> None:
    left = step

    def die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        if event in STEPS and any(str(place) in str(argument) for argument in arguments):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
