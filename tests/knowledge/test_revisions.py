"""Is there always one whole version of the knowledge, and can one go back to any?"""

from __future__ import annotations

import errno
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

import pytest

from knowledge.catalog import load_library
from knowledge.changes import (
    Change,
    back_to,
    from_folder,
    overlay_of,
    same_files,
    with_overlay,
)
from knowledge.errors import (
    DamagedRevision,
    InvalidCatalog,
    OutdatedDraft,
    UnknownDraft,
    UnknownRevision,
    UnusableShelf,
)
from knowledge.listed import ListedReport
from knowledge.overlay import Overlay
from knowledge.revisions import DRAFTS_KEPT, MARK, NOTE, Content, Revision, Revisions, What
from knowledge.snapshot import snapshot
from tests.knowledge import dying
from tests.knowledge.conftest import Folder

ROOT = Path(__file__).parents[2]
FILES: Mapping[str, Content] = {"catalog.yaml": b"reports: []\n", "reports/a.md": b"# a\n\nold\n"}
WHAT = What("upload", {"report": "a"})


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(tmp_path: Path, clock: Clock) -> Revisions:
    return Revisions(tmp_path / "shelf", clock=clock)


def put(shelf: Revisions, files: Mapping[str, Content] = FILES, by: str = "7") -> Revision:
    shelf.propose("d", files, by=by, what=WHAT, seen="s")
    return shelf.confirm("d", by=by)


def put_change(shelf: Revisions, change: Change) -> Revision:
    shelf.propose("d", change.files, by="7", what=change.what, seen=change.seen)
    return shelf.confirm("d", by="7")


def read(revision: Revision) -> dict[str, bytes]:
    """The files that really lie in a revision's folder."""
    return {
        path.relative_to(revision.folder).as_posix(): path.read_bytes()
        for path in revision.folder.rglob("*")
        if path.is_file() and path.name != NOTE
    }


def left_over(folder: Path) -> list[str]:
    """What lies on the shelf and belongs to nothing."""
    shelf = Revisions(folder)
    notes = [shelf.revision(number) for number in shelf.numbers()]
    notes += [shelf.draft(path.name) for path in (folder / "drafts").iterdir()]
    used = {digest for note in notes for digest in note.files.values()}
    known = {folder / "objects" / digest[:2] / digest for digest in used}
    known |= {note.folder / name for note in notes for name in (*note.files, NOTE)}
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARK and path not in known
    )


def assert_whole(revision: Revision) -> None:
    files = read(revision)
    assert {n: hashlib.sha256(data).hexdigest() for n, data in files.items()} == revision.files


# A shelf -----------------------------------------------------------------------------------------


def test_an_untouched_shelf_has_nothing_and_makes_nothing(shelf: Revisions, tmp_path: Path) -> None:
    assert (shelf.numbers(), shelf.newest()) == ((), None)
    assert not shelf.discard("d")
    shelf.sweep()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnknownRevision, match="there is no revision 3"):
        shelf.revision(3)
    with pytest.raises(UnknownDraft):
        shelf.draft("../revisions/000001")


def test_a_confirmed_draft_is_a_whole_folder_with_who_when_and_what(
    shelf: Revisions, clock: Clock
) -> None:
    draft = shelf.propose("d", FILES, by="7", what=WHAT, seen="s")
    assert shelf.newest() is None
    clock.now += 60
    revision = shelf.confirm("d", by="8")
    assert read(revision) == FILES
    assert (revision.number, revision.by, revision.at, revision.seen) == (1, "8", clock.now, "s")
    assert (revision.what, revision.files, revision.draft) == (WHAT, draft.files, "d")
    assert shelf.newest() == revision == shelf.confirmed("d")
    assert revision.read("reports/a.md") == b"# a\n\nold\n"
    assert shelf.numbers() == (1,)


def test_a_file_is_kept_once_however_many_revisions_have_it(shelf: Revisions) -> None:
    first, second = put(shelf), put(shelf, {**FILES, "reports/b.md": b"b"})
    one, other = first.folder / "reports/a.md", second.folder / "reports/a.md"
    assert one.stat().st_ino == other.stat().st_ino
    assert not one.stat().st_mode & 0o222
    objects = shelf.revision(1).folder.parents[1] / "objects"
    assert len([path for path in objects.rglob("*") if path.is_file()]) == 3


def test_a_file_system_without_links_gets_copies(shelf: Revisions, tmp_path: Path) -> None:
    refusal = OSError(errno.EPERM, "no links here")
    with mock.patch.object(Path, "hardlink_to", side_effect=refusal):
        revision = put(shelf)
    shelf.sweep()  # nothing is linked, and all is in use
    assert_whole(revision)
    assert put(shelf, dict(revision.files)).files == revision.files
    assert left_over(tmp_path / "shelf") == []


def test_a_draft_that_another_revision_overtook_is_refused_and_stays(shelf: Revisions) -> None:
    shelf.propose("slow", FILES, by="7", what=WHAT, seen="s")
    put(shelf)
    with pytest.raises(OutdatedDraft, match="revision 1 came in between"):
        shelf.confirm("slow", by="7")
    assert shelf.draft("slow").files == shelf.revision(1).files
    assert shelf.numbers() == (1,)


def test_of_two_processes_that_confirm_at_once_one_wins(shelf: Revisions, tmp_path: Path) -> None:
    shelf.propose("a", FILES, by="7", what=WHAT, seen="s")
    shelf.propose("b", {**FILES, "x.md": b"x"}, by="8", what=WHAT, seen="s")
    other = Revisions(tmp_path / "shelf")
    with mock.patch.object(other, "numbers", return_value=()):  # it looked before we confirmed
        shelf.confirm("a", by="7")
        with pytest.raises(OutdatedDraft):
            other.confirm("b", by="8")
    assert read(shelf.revision(1)) == FILES


def test_confirming_or_discarding_twice_changes_nothing(shelf: Revisions) -> None:
    put(shelf)
    with pytest.raises(UnknownDraft):
        shelf.confirm("d", by="7")
    shelf.propose("e", FILES, by="7", what=WHAT, seen="s")
    assert [shelf.discard("e"), shelf.discard("e")] == [True, False]
    assert shelf.numbers() == (1,)


@pytest.mark.parametrize("name", ["../a.md", "/etc/passwd", "", ".", NOTE])
def test_no_file_of_a_draft_can_leave_its_folder(shelf: Revisions, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a file of a revision"):
        shelf.propose("d", {name: b"x"}, by="7", what=WHAT, seen="s")
    shelf.sweep()
    with pytest.raises(UnknownDraft):
        shelf.draft("d")


@pytest.mark.parametrize("name", ["", "../x", "a.b", "A"])
def test_an_id_that_would_lead_elsewhere_is_refused(shelf: Revisions, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the id of a draft"):
        shelf.propose(name, FILES, by="7", what=WHAT, seen="s")


def test_old_drafts_are_swept_with_what_only_they_had(
    shelf: Revisions, clock: Clock, tmp_path: Path
) -> None:
    put(shelf)
    shelf.propose("old", {"x.md": b"only the old draft"}, by="7", what=WHAT, seen="s")
    clock.now += DRAFTS_KEPT + 1
    shelf.propose("new", {"y.md": b"only the new draft"}, by="7", what=WHAT, seen="s")
    shelf.sweep()
    assert [path.name for path in (tmp_path / "shelf/drafts").iterdir()] == ["new"]
    assert_whole(shelf.draft("new"))
    assert_whole(shelf.revision(1))
    assert left_over(tmp_path / "shelf") == []


def test_a_damaged_revision_says_what_to_do_and_nothing_is_swept(
    shelf: Revisions, tmp_path: Path
) -> None:
    put(shelf)
    second = put(shelf, {"x.md": b"x"})
    (second.folder / NOTE).write_text("{")
    with pytest.raises(DamagedRevision, match="move its folder away to go back"):
        shelf.newest()
    shelf.propose("d", {"y.md": b"y"}, by="7", what=WHAT, seen="s")
    shelf.discard("d")
    shelf.sweep()
    assert_whole(shelf.revision(1))
    shutil.move(second.folder, tmp_path / "away")
    assert shelf.newest() == shelf.revision(1)


def test_a_shelf_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnusableShelf, match=r"cannot be used \(Not a directory\)"):
        put(Revisions(tmp_path / "file"))


def test_a_full_disk_is_told_and_leaves_nothing(shelf: Revisions, tmp_path: Path) -> None:
    put(shelf)
    full = OSError(errno.ENOSPC, "No space left on device")
    for step in ("os.fsync", "knowledge.revisions._write_note"):
        with (
            mock.patch(step, side_effect=full),
            pytest.raises(UnusableShelf, match="No space left on device"),
        ):
            shelf.propose("e", {"x.md": step.encode()}, by="7", what=WHAT, seen="s")
    assert list((tmp_path / "shelf" / "drafts").iterdir()) == []
    assert not list((tmp_path / "shelf").rglob(".new-*"))
    assert shelf.numbers() == (1,)


def test_a_lost_object_is_named(shelf: Revisions) -> None:
    with pytest.raises(UnusableShelf, match="is missing; restore it from a backup"):
        shelf.propose("d", {"a.md": "0" * 64}, by="7", what=WHAT, seen="s")


def deaths(folder: Path) -> Iterator[Path]:
    """A shelf with one revision after each death there is in ``dying``, and at last after none."""
    for step in range(1, 1000):
        shelf = folder / str(step)
        put(Revisions(shelf))
        command = [sys.executable, "-S", "-m", "tests.knowledge.dying", str(shelf), str(step)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        yield shelf
        if not ended.returncode:
            return
        assert ended.returncode == -9, ended.stderr.decode()
    raise AssertionError("a thousand steps and no end")


def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_and_nothing_half(
    tmp_path: Path,
) -> None:
    found = []
    for place in deaths(tmp_path):
        shelf = Revisions(place)
        shelf.sweep()
        numbers = shelf.numbers()
        assert read(shelf.revision(1)) == FILES
        assert left_over(place) == []
        if numbers == (1,):
            waiting = [path.name for path in (place / "drafts").iterdir()]
            for name in waiting:
                assert_whole(shelf.draft(name))
            again = shelf.confirm("wanted", by="7") if "wanted" in waiting else None
            found.append("draft" if again else "old")
            assert again is None or read(again) == {**FILES, **dying.NEW}
        else:
            assert read(shelf.revision(2)) == {**FILES, **dying.NEW}
            assert numbers == (2, 1)
            found.append("new")
    assert set(found) == {"old", "draft", "new"}
    assert len(found) > 40


# What the next revision is made of ---------------------------------------------------------------


LETTER = ListedReport(id="letter", file="uploads/letter.md", title="信")


def test_a_revision_of_a_folder_loads_as_the_folder_does(folder: Folder, shelf: Revisions) -> None:
    folder.write("notes.md", "# not in the catalog")
    change = from_folder(folder.path, None)
    assert sorted(change.files) == ["catalog.yaml", "questions.yaml", "reports/caoyuan.md"]
    revision = put_change(shelf, change)
    assert load_library(revision.folder) == folder.load()


def test_what_the_shelf_has_lost_is_taken_from_the_folder_that_still_has_it(
    folder: Folder, shelf: Revisions
) -> None:
    first = put_change(shelf, from_folder(folder.path, None))
    lost = first.files["reports/caoyuan.md"]
    (file,) = (first.folder.parents[1] / "objects").rglob(lost)
    content = file.read_bytes()
    file.unlink()
    folder.write("reports/other.md", "# 另一篇\n\n大桥封闭三天。\n")
    folder.replace("catalog.yaml", "reports:", "reports:\n- {id: other, file: reports/other.md}")
    second = put_change(shelf, from_folder(folder.path, first))
    assert second.files["reports/caoyuan.md"] == lost
    assert file.read_bytes() == content
    assert load_library(second.folder) == folder.load()


def test_a_folder_without_a_catalog_is_kept_without_the_shelf_in_it(folder: Folder) -> None:
    (folder.path / "catalog.yaml").unlink()
    shelf = Revisions(folder.path / "state" / "knowledge")
    before = folder.load()
    revision = put_change(shelf, from_folder(folder.path, None))
    assert load_library(revision.folder) == before == folder.load()
    assert from_folder(folder.path, revision).seen == revision.seen


def test_a_snapshot_changes_with_its_files_and_with_nothing_else(folder: Folder) -> None:
    before = snapshot(folder.path).digest
    folder.write("reports/.caoyuan.md.swp", b"editor")
    folder.write("somewhere.txt", b"x")
    folder.write("overlay.yaml", b"")
    assert snapshot(folder.path).digest == before
    folder.replace("reports/caoyuan.md", "18个", "19个")
    assert snapshot(folder.path).digest != before


def test_a_revision_has_the_faults_of_its_folder(folder: Folder, shelf: Revisions) -> None:
    folder.write("reports/年报.doc", b"")
    change = from_folder(folder.path, None)
    draft = shelf.propose("d", change.files, by="7", what=change.what, seen=change.seen)
    with pytest.raises(InvalidCatalog, match="not listed and has a format that is not read"):
        load_library(draft.folder)


def test_a_snapshot_takes_nothing_from_outside_the_folder(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-secret.md"
    outside.write_text("# secret")
    (folder.path / "reports" / "link.txt").symlink_to(outside)
    folder.replace("catalog.yaml", "questions: questions.yaml", f"questions: ../{outside.name}")
    assert "catalog.yaml" in snapshot(folder.path).digests
    assert f"../{outside.name}" not in snapshot(folder.path).digests
    with pytest.raises(ValueError, match="cannot be a file"):
        Revisions(tmp_path / "s").propose(
            "d", {f"../{outside.name}": b""}, by="7", what=WHAT, seen=""
        )


def test_a_folder_with_a_bad_catalog_can_still_be_looked_at(folder: Folder) -> None:
    folder.write("catalog.yaml", "reports: [\n")
    assert sorted(snapshot(folder.path).digests) == ["catalog.yaml", "reports/caoyuan.md"]
    folder.write("catalog.yaml", "reports: {a: b}\nquestions: [c]\n")
    assert sorted(snapshot(folder.path).digests) == ["catalog.yaml", "reports/caoyuan.md"]


def test_uploads_outlive_a_change_of_the_folder(folder: Folder, shelf: Revisions) -> None:
    first = put_change(shelf, from_folder(folder.path, None))
    overlay = overlay_of(first).with_report(LETTER)
    content = "# 一封信\n\n高彩霞说：再加把劲。\n".encode()
    uploaded = with_overlay(first, overlay, WHAT, {"uploads/letter.md": content})
    second = put_change(shelf, uploaded)
    assert (second.seen, second.what) == (first.seen, WHAT)
    folder.replace("reports/caoyuan.md", "18个", "19个")
    third = put_change(shelf, from_folder(folder.path, second))
    assert third.seen != second.seen
    library = load_library(third.folder)
    assert [report.id for report in library.reports] == ["caoyuan", "letter"]
    assert "19个" in library.report("caoyuan").text
    assert same_files(from_folder(folder.path, third), third)
    assert not same_files(from_folder(folder.path, third), second)


def test_a_report_that_is_removed_takes_its_file_along(folder: Folder, shelf: Revisions) -> None:
    first = put_change(shelf, from_folder(folder.path, None))
    added = with_overlay(
        first, Overlay(reports=(LETTER,)), WHAT, {"uploads/letter.md": b"# a\n\nb"}
    )
    second = put_change(shelf, added)
    third = put_change(shelf, with_overlay(second, Overlay(), WHAT))
    assert third.files == first.files
    assert read(third) == read(first)


def test_going_back_is_a_new_revision_that_knows_the_folder_as_it_is_now(
    folder: Folder, shelf: Revisions
) -> None:
    first = put_change(shelf, from_folder(folder.path, None))
    folder.replace("reports/caoyuan.md", "18个", "19个")
    second = put_change(shelf, from_folder(folder.path, first))
    third = put_change(shelf, back_to(first, folder.path))
    assert (third.number, third.files) == (3, first.files)
    assert third.seen == second.seen == snapshot(folder.path).digest
    assert third.what == What("rollback", {"to": "1"})


def test_an_overlay_in_the_folder_is_taken_over_once(folder: Folder, shelf: Revisions) -> None:
    folder.write("uploads/letter.md", "# 一封信\n\n高彩霞说：再加把劲。\n")
    folder.write("overlay.yaml", Overlay(reports=(LETTER,)).dump())
    first = put_change(shelf, from_folder(folder.path, None))
    assert load_library(first.folder) == folder.load()
    second = put_change(shelf, with_overlay(first, Overlay(), WHAT))
    third = put_change(shelf, from_folder(folder.path, second))
    assert [report.id for report in load_library(third.folder).reports] == ["caoyuan"]
