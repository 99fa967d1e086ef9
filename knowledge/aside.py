"""How is a large library read while another one is answered from? By a process of its own.

It leaves what it read in the archive, where the process that answers finds it. Reading in that
process would take its turns away: two thousand reports are a second of work, and a catalog that
lists them all makes so many objects that Python stops to look for garbage among them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from knowledge.archive import Archive, key_of
from knowledge.errors import KnowledgeError
from knowledge.library import Library
from knowledge.newest import load_revision
from knowledge.revisions import Revision, read_revision

MANY = 500
"""Files from which a revision is read aside: a process starts in the time that a hundred take."""

_NICE = 15  # whoever answers questions meanwhile comes first
_ROOT = Path(__file__).resolve().parents[1]  # where `knowledge` is imported from


def load_aside(revision: Revision, archive: Archive) -> Library:
    """``load_revision`` for a process that answers questions meanwhile.

    Should the other process fail, whatever the reason, this one reads and says what is wrong.
    """
    if len(revision.files) >= MANY and not archive.has(key_of(revision.files)):
        # Nothing of our environment goes along: it may hold the bot's token.
        subprocess.run(  # noqa: S603 - our own code alone
            [sys.executable, "-m", __name__, str(revision.folder), str(archive.folder)],
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    return load_revision(revision, archive)


def main(folder: Path, archive: Path) -> int:
    """Read the revision in ``folder``; 1 where it has faults."""
    os.nice(_NICE)
    try:
        load_revision(read_revision(folder), Archive(archive))
    except KnowledgeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
