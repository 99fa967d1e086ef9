"""Starts, as a process does, five times: ``python -m tests.knowledge.starting FOLDER ARCHIVE``."""

from __future__ import annotations

import sys
from pathlib import Path

from knowledge import archive as archive_module
from knowledge import snapshot
from knowledge.archive import Archive
from knowledge.newest import load_newest


def main(folder: Path, place: Path) -> None:
    """Print the revision of what is found each time."""
    kept = place.with_name("folder.npz")
    for _ in range(5):
        archive_module._OPEN.clear()
        snapshot._KNOWN.clear()
        snapshot.recall(folder, kept)
        print(load_newest(folder, None, Archive(place)).revision)  # noqa: T201 - that is its result
        snapshot.remember(folder, kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
