"""Which documents lie in a knowledge folder?"""

from __future__ import annotations

import os
from pathlib import Path

from knowledge.readers.formats import DOCUMENTS
from knowledge.revisions import MARK

CATALOG = "catalog.yaml"
"""The name of the catalog in a knowledge folder."""

REPORTS = "reports"
"""The folder in which every report must be in the catalog."""


def document_files(folder: Path) -> list[Path]:
    """The documents in ``folder``, at any depth, whether their formats are read or not.

    Not what is hidden, nor the lock files of office programs, nor what the bot keeps itself,
    should it lie there; nor pictures and whatever else nobody takes for a report.
    """
    return [folder / name for name in document_names(folder)]


def document_names(folder: Path) -> list[str]:
    """The paths in ``folder`` of the same, with slashes."""
    return [name for name, _ in document_entries(folder)]


def document_entries(folder: Path) -> list[tuple[str, bool]]:
    """The same, each with whether it is a link."""
    found: list[tuple[str, bool]] = []
    below = [""]
    while below:
        place = below.pop()
        try:
            with os.scandir(folder / place) as listed:
                entries = list(listed)
        except OSError:  # what cannot be looked into has nothing to read
            continue
        if place and any(entry.name == MARK for entry in entries):
            continue
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(f"{place}{name}/")
            elif (
                not name.startswith("~$")  # Word marks so that a file is open
                and name[name.rfind(".") :].lower() in DOCUMENTS
                and _is_file(entry)
            ):
                found.append((f"{place}{name}", entry.is_symlink()))
    return sorted(found, key=lambda one: one[0].replace("/", "\0"))  # folder by folder


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False
