"""What does a process leave behind that is killed at its n-th step on the disk?

Run as ``python -m tests.knowledge.dying SHELF N``. It proposes a revision twice, discards one,
confirms the other and sweeps, and kills itself when it is about to change the shelf for the n-th
time (reading changes nothing). It exits with 0 where it comes to the end alive.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from knowledge.revisions import Revisions, What

STEPS = (
    "open",
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.utime",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NEW = {"catalog.yaml": b"reports: new\n", "reports/b.md": b"# b\n\nnew\n"}


def main(shelf: Path, step: int) -> None:
    """Change the shelf until the time has come."""
    left = step

    def die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        if event in STEPS and any(str(shelf) in str(argument) for argument in arguments):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    revisions = Revisions(shelf)
    kept = dict(revisions.revision(1).files)
    sys.addaudithook(die)
    what = What("upload", {})
    revisions.propose("dropped", {**kept, "c.md": b"# c\n\ngone\n"}, by="7", what=what, seen="s")
    revisions.discard("dropped")
    revisions.propose("wanted", {**kept, **NEW}, by="7", what=what, seen="s")
    revisions.propose("wanted", {**kept, **NEW}, by="7", what=what, seen="s")  # delivered again
    revisions.confirm("wanted", by="7")
    revisions.sweep()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
