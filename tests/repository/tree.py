"""Which files make up the repository, and how does a test get a copy of them?"""

import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> tuple[PurePosixPath, ...]:
    """Every file that git tracks and that is there, relative to the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git is found as for everyone, on the PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    names = (PurePosixPath(name) for name in listing.split("\0") if name)
    return tuple(name for name in names if (ROOT / name).is_file())


def copy_tracked(to: Path) -> Path:
    """A copy of the tracked files as they are in the work tree; gives back its folder."""
    for name in tracked():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return to


def text_of(name: str | PurePosixPath) -> str:
    """The text of one file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def pyproject() -> Mapping[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads(text_of("pyproject.toml"))
