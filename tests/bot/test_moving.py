"""Does what the bot was taught arrive whole on another machine, and nothing else with it?"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import UnusableArchive, UnusableState
from bot.process.alone import alone
from bot.process.heartbeat import beat
from bot.records.moving import Moved, export_state, import_state
from bot.records.store import FILE, Answered, Asking, Store
from knowledge.newest import shelf_in
from knowledge.revisions import What

PLACE = "knowledge/revisions/000001/revision.json"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with two revisions, a draft, a question and a cache."""
    folder = tmp_path / "old"
    shelf = shelf_in(folder)
    for words in ("旧", "新"):
        files = {"a.md": f"# 报告\n\n{words}的话。\n".encode(), "b/c.md": b"# c\n\nc\n"}
        shelf.propose("d", files, by="7", what=What("upload", {"title": words}), seen="s")
        shelf.confirm("d", by="7")
    shelf.propose("waiting", {"x.md": b"not confirmed"}, by="7", what=What("upload", {}), seen="s")
    with closing(Store(folder)) as store:
        answered = Answered(2, 1, Asking("谁?"), outcome="answered")
        store.remember(5, 5, answered, {})
        store.log(5, 5, answered)
    (folder / "cache").mkdir()
    (folder / "cache" / "big.npz").write_bytes(b"made again")
    return folder


@pytest.fixture
def archive(state: Path, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar.gz"
    assert export_state(state, file) == Moved(2, 3, memory=True)
    return file


def read(folder: Path) -> dict[str, bytes]:
    """What revisions there are, in files."""
    place = folder / "knowledge" / "revisions"
    files = (path for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def test_what_is_exported_arrives_whole(state: Path, archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "new"
    assert import_state(archive, other) == Moved(2, 3, memory=True)
    assert read(other) == read(state)
    assert sorted(path.name for path in other.iterdir()) == ["knowledge", FILE]
    shelf = shelf_in(other)
    assert shelf.newest() is not None
    shelf.propose("d", {"a.md": b"# goes on"}, by="7", what=What("upload", {}), seen="s")
    assert shelf.confirm("d", by="7").number == 3
    with closing(Store(other)) as store:
        assert store.recent_questions(5) == ("谁?",)
        assert store.answered(5, 2) is not None


def test_a_running_bot_can_be_exported_and_not_overwritten(
    state: Path, archive: Path, tmp_path: Path
) -> None:
    with closing(Store(state)) as store:
        store.log(5, 5, Answered(4, 3, Asking("还有谁?"), outcome="answered"))
        export_state(state, tmp_path / "live.tar.gz")
    other = tmp_path / "live"
    import_state(tmp_path / "live.tar.gz", other)
    with closing(Store(other)) as store:
        assert set(store.recent_questions(5)) == {"谁?", "还有谁?"}
    with alone(other), pytest.raises(UnusableState, match="stop it first"):
        import_state(archive, other, replace=True)
    beat(other, time.time(), time.time())  # of a machine whose locks do not reach this one
    with pytest.raises(UnusableState, match="stop it first"):
        import_state(archive, other, replace=True)


def test_what_is_there_is_replaced_only_where_that_is_asked_for(
    state: Path, archive: Path, tmp_path: Path
) -> None:
    other = tmp_path / "new"
    shelf = shelf_in(other)
    shelf.propose("d", {"z.md": b"mine"}, by="8", what=What("upload", {}), seen="s")
    shelf.confirm("d", by="8")
    with pytest.raises(UnusableState, match="add --replace"):
        import_state(archive, other)
    assert list(read(other)) == ["000001/revision.json", "000001/z.md"]
    import_state(archive, other, replace=True)
    assert read(other) == read(state)
    assert sorted(path.name for path in other.iterdir()) == ["knowledge", FILE]


def test_an_empty_state_and_a_file_that_exists_are_refused(state: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusableState, match="holds nothing to export"):
        export_state(tmp_path / "nothing", tmp_path / "a.tar.gz")
    (tmp_path / "a.tar.gz").write_bytes(b"somebody's")
    with pytest.raises(UnusableArchive, match="exists already"):
        export_state(state, tmp_path / "a.tar.gz")
    with pytest.raises(UnusableArchive, match="cannot be written"):
        export_state(state, tmp_path / "no" / "such" / "folder.tar.gz")
    assert not (tmp_path / "nothing").exists()


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other content."""
    with tarfile.open(archive) as old:
        files = {
            member.name: stream.read()
            for member in old
            if (stream := old.extractfile(member)) is not None
        }
    change(files)
    made = archive.with_name("changed.tar.gz")
    with tarfile.open(made, "w:gz") as new:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return made


def with_note(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[PLACE] = json.dumps(json.loads(files[PLACE]) | changes).encode()

    return change


def damaged(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("knowledge/objects/"))
    files[name] += b"!"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files.update({"../evil.md": b"x"}), "nothing that wenju export writes"),
        (lambda files: files.update({"/etc/evil": b"x"}), "nothing that wenju export writes"),
        (lambda files: files.update({"knowledge/objects/ab/..": b"x"}), "nothing that wenju"),
        (with_note(files={"../../evil.md": "0" * 64}), "is not whole"),
        (with_note(number=9), "revision 1 is not whole"),
        (damaged, "is damaged"),
        (lambda files: files.pop(PLACE), "revisions are missing"),
        (lambda files: files.pop("wenju-export.json"), "or no export at all"),
        (lambda files: files.update({FILE: b"no database"}), "not a database"),
    ],
)
def test_an_archive_that_is_not_ours_or_not_whole_changes_nothing(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], why: str
) -> None:
    other = tmp_path / "new"
    with pytest.raises(UnusableArchive, match=why):
        import_state(rewritten(archive, change), other)
    assert list(other.iterdir()) == []
    assert not list(tmp_path.rglob("*evil*"))


def test_a_note_cannot_lead_out_of_its_revision(archive: Path, tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        note = json.loads(files[PLACE])
        (digest, *_) = note["files"].values()
        files[PLACE] = json.dumps(note | {"files": {"../../../../evil.md": digest}}).encode()

    with pytest.raises(UnusableArchive, match="cannot be a file of a revision"):
        import_state(rewritten(archive, change), tmp_path / "new")
    assert not list(tmp_path.rglob("*evil*"))


def test_links_and_cut_archives_are_refused(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "link.tar", "w") as made:
        link = tarfile.TarInfo(FILE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    (tmp_path / "cut.tar.gz").write_bytes(archive.read_bytes()[:-200])
    (tmp_path / "text.tar.gz").write_bytes(b"not an archive at all")
    (tmp_path / "folder").mkdir()
    ours = "is no archive of wenju export, or not a whole one; export it again"
    for name, why in {
        "link.tar": "cannot be imported: 'wenju.sqlite3' is nothing that wenju export writes",
        "cut.tar.gz": ours,
        "text.tar.gz": ours,
        "absent.tar.gz": "does not exist",
        "folder": "cannot be read (Is a directory)",
    }.items():
        with pytest.raises(UnusableArchive) as caught:
            import_state(tmp_path / name, tmp_path / "new")
        assert str(caught.value).startswith(f"{tmp_path / name} {why}")
    assert list((tmp_path / "new").iterdir()) == []


def test_the_commands_say_what_they_moved(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WENJU_STATE", str(state))
    assert main(["export", "b.tar.gz"]) == 0
    monkeypatch.setenv("WENJU_STATE", "new")
    assert main(["import", "b.tar.gz"]) == 0
    assert main(["import", "b.tar.gz"]) == 1
    said = capsys.readouterr()
    assert said.out == (
        "b.tar.gz: revisions: 2, files: 3, with questions and choices\n"
        "new: revisions: 2, files: 3, with questions and choices\n"
    )
    assert said.err.startswith("wenju: new holds revisions or questions already; set WENJU_STATE")
