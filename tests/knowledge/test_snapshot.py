"""Is what is known of the operator's folder what is in it, however it changes and whoever asked?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import snapshot as module
from knowledge.errors import UnusableShelf
from knowledge.snapshot import Snapshot, recall, remember, snapshot
from tests.knowledge import making

CATALOG = "reports:\n- {id: a, file: reports/a.md}\n- {id: b, file: b.md}\nquestions: q.yaml\n"


def forget() -> None:
    """Be another process, which knows nothing yet."""
    module._KNOWN.clear()
    module._WRITTEN.clear()


@pytest.fixture(autouse=True)
def another_process() -> None:
    forget()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files were read."""
    names: list[str] = []
    real = hashlib.file_digest

    def reading(file: object, kind: str) -> object:
        names.append(Path(file.name).name)  # type: ignore[attr-defined]
        return real(file, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", reading)
    monkeypatch.setattr(module, "_SETTLED", -60.0)  # what was written just now counts as old
    return names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "knowledge"
    made.mkdir()
    return made


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def anew(folder: Path) -> Snapshot:
    """The same by who knows nothing."""
    known = dict(module._KNOWN)
    module._KNOWN.clear()
    try:
        return snapshot(folder)
    finally:
        module._KNOWN.clear()
        module._KNOWN.update(known)


def test_a_file_is_read_once_until_it_changes(folder: Path, read: list[str]) -> None:
    file = folder / "a.md"
    file.write_bytes(b"one")
    assert [snapshot(folder).digests for _ in range(3)] == [{"a.md": sha256(b"one")}] * 3
    assert read == ["a.md"]
    before = snapshot(folder)
    file.write_bytes(b"two")  # as many bytes
    assert snapshot(folder).digests == {"a.md": sha256(b"two")}
    (folder / "new").write_bytes(b"one")
    (folder / "new").replace(file)
    after = snapshot(folder)
    assert after.digests == before.digests
    assert after != before  # somebody has been at it
    assert after == snapshot(folder)
    assert read == ["a.md"] * 3
    file.unlink()
    assert snapshot(folder).digests == {}


def test_times_that_are_set_back_hide_no_change(folder: Path, read: list[str]) -> None:
    file = folder / "a.md"
    file.write_bytes(b"one")
    before = file.stat()
    snapshot(folder)
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert snapshot(folder).digests == {"a.md": sha256(b"two")}


def test_a_file_that_was_written_just_now_is_read_again(
    folder: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTLED", 60.0)
    (folder / "a.md").write_bytes(b"one")
    assert [snapshot(folder).digests for _ in range(2)] == [{"a.md": sha256(b"one")}] * 2
    assert read == ["a.md"] * 2


def cut(content: bytes) -> bytes:
    return content[:-9]


def longer(content: bytes) -> bytes:
    return content + b" "


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [empty, cut, longer, None])
def test_another_process_reads_what_has_changed_and_nothing_else(
    folder: Path, tmp_path: Path, read: list[str], damage: Callable[[bytes], bytes] | None
) -> None:
    same, changed, kept = folder / "a.md", folder / "字.md", tmp_path / "kept"
    same.write_bytes(b"one")
    changed.write_bytes(b"one")
    snapshot(folder)
    remember(folder, kept)
    changed.write_bytes(b"two")
    if damage:
        kept.write_bytes(damage(kept.read_bytes()))
    read.clear()
    forget()
    recall(folder, kept)
    recall(folder, tmp_path / "missing")
    assert snapshot(folder).digests == {"a.md": sha256(b"one"), "字.md": sha256(b"two")}
    assert read == (["a.md", "字.md"] if damage else ["字.md"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "knowledge"]


def test_whatever_byte_of_what_was_kept_changes_nothing_wrong_is_known(
    folder: Path, tmp_path: Path, read: list[str]
) -> None:
    (folder / "a.md").write_bytes(b"one")
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    kept = tmp_path / "kept"
    expected = snapshot(folder)
    remember(folder, kept)
    content = kept.read_bytes()
    for at in range(0, len(content), 7):
        kept.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        forget()
        recall(folder, kept)
        assert not module._KNOWN
        assert snapshot(folder) == expected


def test_what_another_version_of_the_program_wrote_is_not_known(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "b.md").write_bytes(b"one")
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    kept = tmp_path / "kept"
    with monkeypatch.context() as before:  # it knew less of what a catalog names
        before.setattr(module, "rules", lambda: "before")
        before.setattr(module, "_named", lambda _: ())
        assert list(snapshot(folder).digests) == ["catalog.yaml"]
        remember(folder, kept)
    forget()
    recall(folder, kept)
    assert list(snapshot(folder).digests) == ["b.md", "catalog.yaml"]


def test_what_is_known_already_is_not_written_again(
    folder: Path, tmp_path: Path, read: list[str]
) -> None:
    (folder / "a.md").write_bytes(b"one")
    kept = tmp_path / "kept"
    snapshot(folder)
    remember(folder, kept)
    forget()
    recall(folder, kept)
    written = kept.stat().st_ino
    snapshot(folder)
    remember(folder, kept)
    assert kept.stat().st_ino == written
    (folder / "b.md").write_bytes(b"one")
    snapshot(folder)
    remember(folder, kept)
    assert kept.stat().st_ino != written


def test_what_a_catalog_names_is_part_of_it_though_the_catalog_is_not_read_again(
    folder: Path, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "reports").mkdir()
    for name in ("reports/a.md", "b.md", "q.yaml", "c.md"):
        (folder / name).write_text(name, encoding="utf-8")
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    every = ["b.md", "catalog.yaml", "q.yaml", "reports/a.md"]
    assert list(snapshot(folder).digests) == every
    remember(folder, tmp_path / "kept")
    forget()
    recall(folder, tmp_path / "kept")
    with monkeypatch.context() as patch:
        patch.setattr(module, "parse", None)
        (folder / "b.md").unlink()
        assert list(snapshot(folder).digests) == [name for name in every if name != "b.md"]
        (folder / "b.md").write_text("again", encoding="utf-8")
        assert list(snapshot(folder).digests) == every
    (folder / "catalog.yaml").write_text(CATALOG.replace("b.md", "c.md"), encoding="utf-8")
    assert list(snapshot(folder).digests) == ["c.md", "catalog.yaml", "q.yaml", "reports/a.md"]


def test_what_links_lead_out_of_the_folder_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "reports").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/o.md").write_text("外", encoding="utf-8")
    (folder / "reports/a.md").write_text("内", encoding="utf-8")
    (folder / "reports/b.md").symlink_to("a.md")
    (folder / "reports/c.md").symlink_to(tmp_path / "outside/o.md")
    (folder / "catalog.yaml").write_text("reports: []\n", encoding="utf-8")
    found = snapshot(folder)
    assert found.outside == {"reports/c.md"}
    assert list(found.inside) == ["catalog.yaml", "reports/a.md", "reports/b.md"]
    (folder / "reports/b.md").unlink()
    (folder / "reports/b.md").symlink_to(tmp_path / "outside/o.md")
    assert snapshot(folder).outside == {"reports/b.md", "reports/c.md"}
    (folder / "reports").rename(tmp_path / "moved")
    (folder / "reports").symlink_to(tmp_path / "moved")
    assert snapshot(folder).inside == {"catalog.yaml": sha256(b"reports: []\n")}


def test_a_folder_of_which_a_file_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "a.md").symlink_to("a.md")
    (folder / "catalog.yaml").mkdir()
    assert snapshot(folder).digests == {}
    (folder / "b.md").write_text("字", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", _refusing)
        with pytest.raises(UnusableShelf, match="not now"):
            snapshot(folder)


def _refusing(*_: object, **__: object) -> os.stat_result:
    raise OSError(1, "not now")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a.md", "reports/a.md", "reports/b.md", "q.yaml", "catalog.yaml"]),
        st.sampled_from([b"one", b"two", CATALOG.encode(), b"reports: []\n", None]),
        st.booleans(),
    ),
    max_size=8,
)


@given(STEPS)
def test_whatever_happens_to_a_folder_it_is_known_as_if_it_were_looked_at_for_the_first_time(
    steps: list[tuple[str, bytes | None, bool]],
) -> None:
    with making.folder() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SETTLED", -60.0)
        folder, kept = place / "knowledge", place / "kept"
        (folder / "reports").mkdir(parents=True)
        forget()
        for name, content, restart in steps:
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
            assert snapshot(folder) == anew(folder)
            if restart:
                remember(folder, kept)
                forget()
                recall(folder, kept)
