"""Is what is kept of the operator's folder what reading it anew gives, whatever happened to it?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import archive as archive_module
from knowledge import catalog, snapshot
from knowledge.archive import Archive
from knowledge.catalog import load_library
from knowledge.changes import FOLDER, from_folder, with_report
from knowledge.errors import KnowledgeError
from knowledge.kept import BODIES, HEADS, TABLE
from knowledge.listed import ListedReport
from knowledge.newest import load_newest
from knowledge.revisions import Revisions, What
from tests.knowledge import making
from tests.knowledge.test_archive import files_of, told
from tests.retrieval import bridges


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    restart()
    yield
    restart()


def restart() -> None:
    """Be a process that has just started."""
    archive_module._OPEN.clear()
    snapshot._KNOWN.clear()
    snapshot._WRITTEN.clear()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which folders were read."""
    folders: list[Path] = []
    real = catalog.load_library

    def load(folder: Path, **named: object) -> object:
        folders.append(folder)
        return real(folder, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(catalog, "load_library", load)
    return folders


def outcome(load: Callable[[], object]) -> object:
    """What a library tells, or what is wrong with it."""
    try:
        return told(load())  # type: ignore[arg-type]
    except KnowledgeError as error:
        return type(error), str(error)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bridges.write(tmp_path / "knowledge")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def opened(folder: Path, archive: Archive, *, shelf: Revisions | None = None) -> object:
    """What a process finds that starts now."""
    kept = archive.folder.with_name("folder.npz")
    restart()
    snapshot.recall(folder, kept)
    try:
        return outcome(lambda: load_newest(folder, shelf, archive))
    finally:
        snapshot.remember(folder, kept)


def test_a_folder_that_nobody_has_touched_is_not_read_again(
    folder: Path, archive: Archive, reading: list[Path]
) -> None:
    expected = outcome(lambda: load_library(folder))
    reading.clear()
    assert [opened(folder, archive) for _ in range(3)] == [expected] * 3
    assert reading == [folder]


Change = Callable[[Path], object]
CHANGES: dict[str, Change] = {
    "a report of the same length": lambda f: edit(f / "reports/bridges.md", "128", "129"),
    "a report without what a topic says": lambda f: edit(f / "reports/bridges.md", "桥", "路"),
    "another title": lambda f: edit(f / "catalog.yaml", "'2022'", "'2021'"),
    "a report that is gone": lambda f: (f / "reports/tunnels.md").unlink(),
    "a report that is empty": lambda f: (f / "reports/tunnels.md").write_text("", "utf-8"),
    "a report that is not listed": lambda f: (f / "reports/new.md").write_text("新。", "utf-8"),
    "a question without its passage": lambda f: edit(f / "questions.yaml", "超载", "超速"),
    "questions that are gone": lambda f: (f / "questions.yaml").unlink(),
    "a catalog that is no YAML": lambda f: (f / "catalog.yaml").write_text("reports: [", "utf-8"),
    "a link out of the folder": lambda f: link_out(f, "reports/tunnels.md"),
    "a folder that is elsewhere": lambda f: link_out(f, "reports"),
    "an overlay": lambda f: (f / "overlay.yaml").write_text("removed: [tunnels]\n", "utf-8"),
    "an overlay with faults": lambda f: (f / "overlay.yaml").write_text("wrong: 1\n", "utf-8"),
    "no catalog": lambda f: (f / "catalog.yaml").unlink(),
    "no folder": shutil.rmtree,
}


def edit(file: Path, old: str, new: str) -> None:
    """Write in place, with the times that it had."""
    before, content = file.stat(), file.read_text("utf-8")
    assert old in content
    with file.open("r+", encoding="utf-8") as opened_:
        opened_.write(content.replace(old, new))
        opened_.truncate()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def link_out(folder: Path, name: str) -> None:
    """Have the same content lie outside of the folder."""
    (folder / name).rename(folder.with_name("outside"))
    (folder / name).symlink_to(folder.with_name("outside"))


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_is_told_as_if_all_were_read_and_so_is_changing_it_back(
    folder: Path, archive: Archive, what: str, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "before")
    before = opened(folder, archive)
    CHANGES[what](folder)
    expected = outcome(lambda: load_library(folder))
    assert expected != before
    assert [opened(folder, archive) for _ in range(2)] == [expected] * 2
    if folder.is_dir():
        shutil.rmtree(folder)
    (tmp_path / "before").rename(folder)
    assert opened(folder, archive) == before


FILES = ["reports/bridges.md", "reports/tunnels.md", "reports/new.md", "questions.yaml"]
STEPS = st.lists(
    st.tuples(st.sampled_from(FILES), st.sampled_from(["", "桥。", "路。", "# 新\n\n桥。", None])),
    max_size=5,
)


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_after_any_changes_it_is_what_reading_all_anew_gives(
    steps: list[tuple[str, str | None]],
) -> None:
    with making.folder() as place:
        folder, archive = bridges.write(place / "knowledge"), Archive(place / "archive")
        for name, content in steps:
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_text(content, encoding="utf-8")
            assert opened(folder, archive) == outcome(lambda: load_library(folder))


def test_what_telegram_added_is_laid_over_a_folder_that_has_changed(
    folder: Path, archive: Archive, tmp_path: Path, reading: list[Path]
) -> None:
    shelf = Revisions(tmp_path / "shelf")
    first = from_folder(folder, None)
    shelf.propose("d", first.files, by=FOLDER, what=first.what, seen=first.seen)
    row = ListedReport(id="letter", file="uploads/letter.md")
    newest = shelf.confirm("d", by=FOLDER)
    added = with_report(newest, row, "# 信\n\n再加把劲。\n".encode(), What("upload", {}))
    shelf.propose("d", added.files, by="7", what=added.what, seen=added.seen)
    newest = shelf.confirm("d", by="7")
    edit(folder / "reports/bridges.md", "128", "129")
    expected = outcome(lambda: load_library(folder, overlay=newest.folder, strict=False))
    reading.clear()
    assert [opened(folder, archive, shelf=shelf) for _ in range(3)] == [expected] * 3
    assert reading == [folder]
    (folder / "uploads").mkdir()
    (folder / "uploads/letter.md").write_text("# 别的\n\n不是那封。\n", encoding="utf-8")
    assert opened(folder, archive, shelf=shelf) == expected


def test_what_changes_while_it_is_read_is_not_taken_for_what_was_looked_at(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = outcome(lambda: load_library(folder))
    real, report = catalog.load_library, folder / "reports/bridges.md"
    content = report.read_bytes()

    def load(folder: Path, **named: object) -> object:
        edit(report, "128", "129")
        library = real(folder, **named)  # type: ignore[arg-type]
        report.write_bytes(content)
        return library

    with monkeypatch.context() as patch:
        patch.setattr(catalog, "load_library", load)
        opened(folder, archive)
    assert opened(folder, archive) == before


@pytest.mark.parametrize("name", [TABLE, HEADS, BODIES, "libraries", "folder.npz"])
@pytest.mark.parametrize("how", ["gone", "empty", "cut short", "longer", "a bit", "older"])
def test_of_what_is_damaged_nothing_is_believed(
    folder: Path, archive: Archive, name: str, how: str
) -> None:
    expected = opened(folder, archive)
    assert opened(folder, archive) == expected
    (file,) = [one for one in files_of(archive.folder.parent) if name in one.parts[-2:]]
    content = file.read_bytes()
    middle = len(content) // 2
    damaged = {
        "empty": b"",
        "cut short": content[:-9],
        "longer": content + b"\n",
        "a bit": content[:middle] + bytes([content[middle] ^ 8]) + content[middle + 1 :],
        "older": b'{"rules": "older"}\n[]',
    }
    file.unlink()
    if how in damaged:
        file.write_bytes(damaged[how])
    assert [opened(folder, archive) for _ in range(2)] == [expected] * 2


def test_a_process_that_is_killed_at_any_moment_leaves_nothing_wrong(
    folder: Path, archive: Archive
) -> None:
    command = [sys.executable, "-m", "tests.knowledge.dying_archive", str(folder)]
    done = subprocess.run(
        [*command, str(archive.folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10


def test_processes_that_start_at_the_same_time_find_the_same(
    folder: Path, archive: Archive
) -> None:
    expected = load_library(folder).revision
    command = [sys.executable, "-m", "tests.knowledge.starting", str(folder), str(archive.folder)]
    for _ in range(2):
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        for one in running:
            said, wrong = one.communicate()
            assert (said.split(), wrong) == ([expected] * 5, "")
