from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.library import Library
from retrieval.indexing import bulk
from retrieval.indexing.bulk import Bulk
from retrieval.indexing.holdings import source
from retrieval.indexing.index import Index, build
from retrieval.text.analysis import Analyzer
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_index import same


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """Five blocks of two documents."""
    monkeypatch.setattr(bulk, "BLOCK", 2)
    return of_texts(*(f"大桥封闭{number}天。拉索{number * 7}根。" for number in range(10)))


class Interrupting:
    """Interrupts, as Ctrl-C does, when so many documents are done; keeps what it was told."""

    def __init__(self, at: int | None = None) -> None:
        self.told: list[tuple[int, int]] = []
        self._at = at

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if self._at is not None and done >= self._at:
            raise KeyboardInterrupt


def built(library: Library, analyzer: Analyzer, bulk: Bulk, progress: Interrupting) -> Index:
    return build(library, analyzer, analysing=bulk, progress=progress)


def test_several_processes_make_what_one_makes(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    progress, several = Interrupting(), Bulk(tmp_path / "blocks", processes=2)
    assert same(built(library, analyzer, several, progress), build(library, analyzer))
    assert sorted(progress.told) == [(0, 10), (2, 10), (4, 10), (6, 10), (8, 10), (10, 10)]
    several.clear()
    assert list(tmp_path.iterdir()) == []


def test_what_was_finished_before_an_interruption_is_not_made_again(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    one = Bulk(tmp_path / "blocks", processes=1)
    with pytest.raises(KeyboardInterrupt):
        built(library, analyzer, one, Interrupting(at=4))
    kept = {path.name for path in one.folder.iterdir()}
    assert len(kept) == 2
    damaged = one.folder / min(kept) / "held.bin"
    damaged.write_bytes(b"\xff" * damaged.stat().st_size)
    (one.folder / "block.abandoned").mkdir()
    progress = Interrupting()
    whole = built(library, analyzer, one, progress)
    assert progress.told[0] == (2, 10), "one block is sound, one is made again"
    assert same(whole, build(library, analyzer))
    again = Interrupting()
    assert same(built(library, analyzer, one, again), whole)
    assert again.told == []
    assert len(list(one.folder.iterdir())) == 5


def test_a_block_by_another_analyzer_is_not_taken(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    one, other = Bulk(tmp_path / "blocks", processes=1), Analyzer(["大桥封闭"])
    built(library, analyzer, one, Interrupting())
    assert same(built(library, other, one, Interrupting()), build(library, other))


def test_where_no_other_process_can_be_started_this_one_does_the_work(
    library: Library,
    analyzer: Analyzer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(bulk, "_RUN", "raise SystemExit")
    several = Bulk(tmp_path / "blocks", processes=2)
    assert same(built(library, analyzer, several, Interrupting()), build(library, analyzer))
    assert "indexing goes on in one process" in caplog.text


def test_a_block_that_cannot_be_written_is_told_and_leaves_nothing(
    library: Library, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); {bulk._RUN}"
    monkeypatch.setattr(bulk, "_RUN", limited)
    several = Bulk(tmp_path / "blocks", processes=2)
    with pytest.raises(OSError, match="File too large"):
        built(library, analyzer, several, Interrupting())
    assert list(several.folder.iterdir()) == []


@pytest.mark.parametrize("at", ["its start", "a request", "work"])
def test_who_analyses_ends_at_once_and_silently_with_who_wants_it(
    at: str, analyzer: Analyzer, tmp_path: Path
) -> None:
    sources = [source(volume) for volume in of_texts("大桥封闭三天。" * 200_000).volumes]
    process = subprocess.Popen(
        [sys.executable, "-c", bulk._RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    told = pickle.dumps(analyzer) + pickle.dumps((sources, tmp_path / "block"))
    cut = {"its start": 0, "a request": len(told) - 99, "work": len(told)}[at]
    process.stdin.write(told[:cut])
    process.stdin.flush()
    out, errors = process.communicate(timeout=20)  # which closes its input, as our end would
    assert (out, errors) == (b"", b"")
    assert list(tmp_path.iterdir()) == []
