"""Is a revision the same, whether another process reads it, fails at it, or dies of it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge import archive as archive_module
from knowledge import aside, catalog
from knowledge.archive import Archive, key_of
from knowledge.aside import load_aside
from knowledge.changes import FOLDER, from_folder
from knowledge.errors import InvalidCatalog
from knowledge.library import Library
from knowledge.newest import load_revision
from knowledge.revisions import Revision, Revisions
from tests.retrieval import bridges


@pytest.fixture(autouse=True)
def every_revision_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(aside, "MANY", 1)
    archive_module._OPEN.clear()  # each test opens packs anew
    yield
    archive_module._OPEN.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bridges.write(tmp_path / "knowledge")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def revision_of(folder: Path) -> Revision:
    shelf = Revisions(folder.parent / "shelf")
    change = from_folder(folder, shelf.newest())
    shelf.propose("d", change.files, by=FOLDER, what=change.what, seen=change.seen)
    return shelf.confirm("d", by=FOLDER)


def instead(place: Path, script: str) -> str:
    """A program that does something else than read."""
    place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    place.chmod(0o755)
    return str(place)


def test_what_another_process_has_read_is_not_read_here(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = revision_of(folder)
    expected = load_revision(revision, None)

    def reading(*_: object, **__: object) -> Library:
        raise AssertionError("it was read here")

    monkeypatch.setattr(catalog, "load_library", reading)
    assert load_aside(revision, archive) == expected
    # What is there already is not read by anybody.
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert load_aside(revision, archive) == expected


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "echo broken"])
def test_a_process_that_fails_or_is_killed_changes_nothing(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    revision = revision_of(folder)
    monkeypatch.setattr(sys, "executable", instead(tmp_path / "program", script))
    assert load_aside(revision, archive) == load_revision(revision, None)
    assert archive.has(key_of(revision.files))


def test_what_it_left_damaged_is_read_here(folder: Path, archive: Archive, tmp_path: Path) -> None:
    revision = revision_of(folder)
    load_aside(revision, archive)
    expected = load_revision(revision, None)
    for name in ("heads.json", "bodies.bin"):
        (file,) = archive.folder.glob(f"packs/*/{name}")
        file.write_bytes(file.read_bytes()[:-1])
        archive_module._OPEN.clear()
        assert load_aside(revision, archive) == expected


def test_faults_are_told_as_if_nobody_else_had_read(folder: Path, archive: Archive) -> None:
    with (folder / "catalog.yaml").open("a", encoding="utf-8") as file:
        file.write("unknown: 1\n")
    revision = revision_of(folder)
    with pytest.raises(InvalidCatalog) as here:
        load_revision(revision, None)
    with pytest.raises(InvalidCatalog) as there:
        load_aside(revision, archive)
    assert there.value.faults == here.value.faults


def test_it_learns_no_secret(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    monkeypatch.setenv("WENJU_TOKEN", "1:secret")
    monkeypatch.setattr(sys, "executable", instead(tmp_path / "program", f"env > '{seen}'"))
    load_aside(revision_of(folder), archive)
    assert "PYTHONPATH=" in seen.read_text(encoding="utf-8")
    assert "secret" not in seen.read_text(encoding="utf-8")
