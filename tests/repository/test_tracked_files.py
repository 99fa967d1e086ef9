"""Does a tracked file tell something that belongs to one machine, or to nobody?"""

import re
from pathlib import PurePosixPath

import pytest

from tests.repository.tree import ROOT, tracked

# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a package registry's host": "|".join(
        name + re.escape(end)
        for name, end in (
            ("pypi", ".org"),
            ("pythonhos", "ted.org"),
            ("npmjs", ".org"),
            ("npmjs", ".com"),
            ("crates", ".io"),
            ("proxy", ".golang.org"),
            ("deb.deb", "ian.org"),
            ("docker", ".io"),
            ("ghcr", ".io"),
            ("quay", ".io"),
        )
    ),
    "a folder of one machine": r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|tmp/w)/",
    "a bot token": r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE " + "KEY",
    "a service's secret": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9]{32,})\b",
}


def finds(pattern: str, text: str) -> list[int]:
    """The lines, from 1, on which the pattern is found."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(pattern, line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what: str) -> None:
    found: dict[PurePosixPath, list[int]] = {}
    for name in tracked():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore")
        if lines := finds(FORBIDDEN[what], text):
            found[name] = lines
    assert found == {}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry's host", "--index-url https://" + "pypi" + ".org/simple"),
        ("a folder of one machine", "see /" + "root/notes"),
        ("a bot token", "WENJU_TOKEN=123456789:" + "A" * 35),
        ("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----"),
        ("a service's secret", "ghp" + "_" + "a" * 36),
    ],
)
def test_the_search_finds(what: str, line: str) -> None:
    assert finds(FORBIDDEN[what], f"first\n{line}\n") == [2]


def test_no_file_that_git_ignores_is_tracked() -> None:
    made = {".env", ".venv", "state", "build", "dist", "__pycache__", ".mypy_cache"}
    assert [name for name in tracked() if made & set(name.parts)] == []
