"""Which files that a folder names lie in it, whatever links and ``..`` there are on the way?"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Within:
    """Tells it of many files: where a folder on the way really is, is looked up once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = folder.resolve()
        self._known: dict[str, bool] = {}

    def __call__(self, name: str, *, link: bool | None = None) -> bool:
        """Whether the file ``name`` lies in the folder, if it is there.

        ``name`` is a path in it: one that begins elsewhere, or leaves it and comes back, is none.
        ``link`` is whether it is a link itself, where that is known.
        """
        begin = name.rfind("/") + 1
        above, last = name[:begin], name[begin:]
        try:
            if name.startswith("/") or ".." in name:
                return self._is_path_of_what_lies_in_it(name)
            if last in ("", ".", "..") or (self._is_link(name) if link is None else link):
                return self._resolves(name)
            known = self._known.get(above)
            if known is None:
                known = self._known[above] = self._resolves(above)
        except (OSError, RuntimeError, ValueError):  # a loop of links, a zero byte
            return False
        return known

    def leads_in(self, name: str) -> bool:
        """Whether ``name`` leads to what lies in the folder, though it may leave it on the way."""
        try:
            return self._resolves(name)
        except (OSError, RuntimeError, ValueError):
            return False

    def _is_path_of_what_lies_in_it(self, name: str) -> bool:
        path = os.path.normpath(name)
        if path.startswith("/") or path.split("/", 1)[0] == "..":
            return False
        # Behind a link .. leads elsewhere, and a file must have one name only.
        same = (self._folder / name).resolve() == (self._folder / path).resolve()
        return same and self._resolves(path)

    def _is_link(self, name: str) -> bool:
        try:
            return stat.S_ISLNK(os.lstat(f"{self._folder}/{name}").st_mode)
        except OSError:  # it is not there, say
            return False

    def _resolves(self, name: str) -> bool:
        return (self._folder / name).resolve().is_relative_to(self._root)
