"""Is the digest of a file that of its bytes, however often it changes and whoever asked before?"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from knowledge import digests


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files were read."""
    names: list[str] = []
    real = hashlib.file_digest

    def reading(file: object, kind: str) -> object:
        names.append(Path(file.name).name)  # type: ignore[attr-defined]
        return real(file, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", reading)
    monkeypatch.setattr(digests, "_SETTLED", -60.0)  # what was written just now counts as old
    return names


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> object:
    """Be another process, which knows nothing yet."""

    def forget() -> None:
        monkeypatch.setattr(digests, "_KNOWN", {})
        monkeypatch.setattr(digests, "_TOLD", {})

    forget()
    return forget


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_is_read_once_until_it_changes(
    tmp_path: Path, again: object, read: list[str]
) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"one")
    assert [digests.digest_of(file) for _ in range(3)] == [sha256(b"one")] * 3
    assert read == ["a.md"]
    file.write_bytes(b"two")  # as many bytes
    assert digests.digest_of(file) == sha256(b"two")
    (tmp_path / "b.md").write_bytes(b"one")
    (tmp_path / "b.md").replace(file)
    assert digests.digest_of(file) == sha256(b"one")
    assert read == ["a.md"] * 3
    file.unlink()
    with pytest.raises(FileNotFoundError):
        digests.digest_of(file)


def test_a_file_that_was_written_just_now_is_read_again(
    tmp_path: Path, again: object, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_SETTLED", 60.0)
    file = tmp_path / "a.md"
    file.write_bytes(b"one")
    assert [digests.digest_of(file) for _ in range(2)] == [sha256(b"one")] * 2
    assert read == ["a.md"] * 2


@pytest.mark.parametrize("damage", [lambda c: b"", lambda c: c[:-9], lambda c: c + b" ", None])
def test_another_process_reads_what_has_changed_and_nothing_else(
    tmp_path: Path, again: object, read: list[str], damage: object
) -> None:
    same, changed, kept = tmp_path / "a.md", tmp_path / "字.md", tmp_path / "digests.json"
    same.write_bytes(b"one")
    changed.write_bytes(b"one")
    for file in (same, changed):
        digests.digest_of(file)
    digests.remember(kept)
    changed.write_bytes(b"two")
    if callable(damage):
        kept.write_bytes(damage(kept.read_bytes()))
    read.clear()
    assert callable(again)
    again()
    digests.recall(kept)
    digests.recall(tmp_path / "missing")
    assert [digests.digest_of(file) for file in (same, changed)] == [sha256(b"one"), sha256(b"two")]
    assert read == (["a.md", "字.md"] if damage else ["字.md"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "digests.json", "字.md"]
