"""What does an archive hold after a process was killed at its n-th step on the disk, for every n?

Run as ``python -m tests.knowledge.dying_archive SHELF ARCHIVE``. Each time a child loads the newest
revision of the shelf and kills itself when it is about to change the archive for the n-th time;
then the revision is loaded again, by nobody who dies, and must be what it is without any archive.
It prints how many children died.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from knowledge.archive import Archive
from knowledge.newest import load_revision
from knowledge.revisions import Revisions
from tests.knowledge.dying import STEPS, WRITING


def main(shelf: Path, place: Path) -> None:
    """Die at every step, look each time."""
    revision = Revisions(shelf).newest()
    assert revision is not None
    expected = load_revision(revision, None)
    step = 1
    while True:
        shutil.rmtree(place, ignore_errors=True)
        child = os.fork()
        if not child:
            _die(place, step)
            load_revision(revision, Archive(place))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), status
        for _ in range(2):  # once from what was left, once from what that made of it
            assert load_revision(revision, Archive(place)) == expected, step
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
