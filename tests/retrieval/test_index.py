from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.library import Library
from knowledge.model import Kind
from knowledge.outline import one_paragraph
from retrieval.answering import Answerer
from retrieval.building import VERIFYING, build_answerer, make_analyzer
from retrieval.documents import documents
from retrieval.errors import IndexOutOfDate
from retrieval.indexing import saving
from retrieval.indexing.index import build, revision
from retrieval.indexing.saving import load, save
from retrieval.model import Answer
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer
from retrieval.text.taught import Taught
from retrieval.text.vocabulary import Vocabulary
from tests.retrieval.conftest import of_texts

WORDS = [
    "大桥",
    "封闭",
    "三天",
    "周远山",
    "6月18日",
    "拉索",
    "136根",
    "六项规定",
    "。",
    ",",
    "；",
    "的",
]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), max_size=6)


def same(one: object, other: object) -> bool:
    """Whether two indexes hold the same in every field."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other)
    if isinstance(one, Vocabulary):
        return isinstance(other, Vocabulary) and list(one) == list(other)
    if isinstance(one, Taught):
        return isinstance(other, Taught) and same(one.arrays, other.arrays)
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return one == other


def timeless(answer: Answer) -> Answer:
    return replace(answer, took_ms=0.0)


def test_a_document_is_a_body_paragraph_with_all_its_passages(library: Library) -> None:
    found = [
        (passages[0].report_id, library.report(passages[0].report_id).path(p), p.number)
        for passages in documents(library)
        for p in [passages[0].paragraph]
    ]
    expected = [
        (report.id, report.path(paragraph), paragraph.number)
        for report in library.reports
        for paragraph in report.paragraphs
        if paragraph.kind is Kind.BODY
    ]
    assert found == expected
    assert len(found) == 12


@given(texts=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_saved_index_is_opened_as_it_was_built(
    analyzer: Analyzer, tmp_path: Path, texts: list[str]
) -> None:
    library = of_texts(*texts)
    built = build(library, analyzer)
    save(built, tmp_path / "index")
    opened = load(tmp_path / "index", built.revision)
    assert same(opened, built)
    for question in ("大桥封闭了几天?", "六项规定", "周远三是谁?"):
        first, second = (
            Answerer(library, LocalEngine(index), analyzer) for index in (built, opened)
        )
        assert timeless(first.answer(question)) == timeless(second.answer(question))


def test_a_new_index_takes_the_place_of_the_old_one(analyzer: Analyzer, tmp_path: Path) -> None:
    first = build(of_texts("大桥封闭三天。"), analyzer)
    second = build(of_texts("拉索136根。"), analyzer)
    assert first.revision != second.revision
    save(first, tmp_path)
    save(second, tmp_path)
    assert same(load(tmp_path, second.revision), second)
    with pytest.raises(IndexOutOfDate, match="another library or by another analyzer"):
        load(tmp_path, first.revision)
    assert len(list(tmp_path.iterdir())) == 2  # one index, and the file that says so


def test_the_revision_tells_libraries_and_analyzers_apart(analyzer: Analyzer) -> None:
    one, other = of_texts("大桥。"), of_texts("大桥,")
    assert revision(one, analyzer) == revision(of_texts("大桥。"), Analyzer())
    assert revision(one, analyzer) != revision(other, analyzer)
    assert revision(one, analyzer) != revision(one, Analyzer(["大桥封闭"]))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def saved(analyzer: Analyzer, tmp_path: Path) -> Path:
    save(build(of_texts("大桥封闭三天。", "拉索136根。"), analyzer), tmp_path / "index")
    return tmp_path / "index"


def test_an_index_with_any_file_missing_cut_short_or_foreign_is_refused(
    analyzer: Analyzer, saved: Path
) -> None:
    expected = revision(of_texts("大桥封闭三天。", "拉索136根。"), analyzer)
    assert len(load(saved, expected)) == 2
    files = _files(saved)
    assert {"current", "header.json", "vocabulary_text.bin", "held.bin"} <= {f.name for f in files}
    for file in files:
        content = file.read_bytes()
        for damaged in (None, b"", content[: len(content) // 2], b"\xff" * len(content)):
            if damaged is None:
                file.unlink()
            elif damaged == content:
                continue
            else:
                file.write_bytes(damaged)
            with pytest.raises(IndexOutOfDate):
                load(saved, expected)
            file.write_bytes(content)
    assert len(load(saved, expected)) == 2


@pytest.mark.parametrize(
    "header", ["[]", "7", "{}", '{"format": 1, "sizes": 7}', '{"sizes": {"x": 1}, "format": 1}']
)
def test_a_header_of_another_shape_is_refused(analyzer: Analyzer, saved: Path, header: str) -> None:
    next(saved.rglob("header.json")).write_text(header)
    with pytest.raises(IndexOutOfDate):
        load(saved, revision(of_texts("大桥封闭三天。", "拉索136根。"), analyzer))


def test_an_index_of_another_format_is_refused(analyzer: Analyzer, saved: Path) -> None:
    file = next(saved.rglob("header.json"))
    header = json.loads(file.read_text())
    for more, version in ((1, "a newer version"), (-1, "an older version")):
        file.write_text(json.dumps({**header, "format": header["format"] + more}))
        with pytest.raises(IndexOutOfDate, match=version):
            load(saved, revision(of_texts("大桥封闭三天。", "拉索136根。"), analyzer))


def test_a_pointer_out_of_the_folder_is_refused(analyzer: Analyzer, saved: Path) -> None:
    inside = next(path for path in saved.iterdir() if path.is_dir())
    outside = inside.rename(saved.parent / inside.name)
    (saved / "current").write_text(f"../{outside.name}")
    with pytest.raises(IndexOutOfDate):
        load(saved, revision(of_texts("大桥封闭三天。", "拉索136根。"), analyzer))


def test_an_answerer_builds_anew_what_cannot_be_opened(tmp_path: Path) -> None:
    library = Library.from_reports([one_paragraph("r", "题", "大桥封闭三天。拉索136根。")])
    indexed: list[tuple[int, int]] = []

    def answer() -> Answer:
        made = build_answerer(library, tmp_path, progress=lambda *done: indexed.append(done))
        return timeless(made.answer("大桥封闭了几天?"))

    first = answer()
    assert indexed
    indexed.clear()
    assert answer() == first
    assert not indexed, "what is saved is opened, not built again"
    next(tmp_path.rglob("vocabulary_text.bin")).write_text("大桥")
    assert answer() == first
    assert indexed
    indexed.clear()
    assert answer() == first
    assert not indexed, "what was damaged is mended on disk too"


def test_what_words_there_are_is_learned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library.from_reports([one_paragraph("r", "题", "落实“三零”要求，大桥封闭三天。")])
    learned: list[int] = []
    learn = Analyzer.__init__

    def learning(self: Analyzer, *given: Any, **named: Any) -> None:  # noqa: ANN401
        learned.append(1)
        learn(self, *given, **named)

    monkeypatch.setattr(Analyzer, "__init__", learning)

    def answer(of: Library = library) -> tuple[Answer, int]:
        learned.clear()
        gc.collect()  # nobody shares an analyzer with an answerer that is gone
        return timeless(build_answerer(of, tmp_path).answer("什么是三零?")), len(learned)

    first, times = answer()
    assert times == 1
    assert answer() == (first, 0)
    file = next(tmp_path.rglob("lexicon_text.bin"))
    file.write_bytes(file.read_bytes().replace("三零".encode(), "大桥".encode()))
    assert answer() == (first, 1)
    assert answer() == (first, 0)
    other = Library.from_reports([one_paragraph("r", "题", "落实“两零”要求，大桥封闭三天。")])
    assert answer(other)[1] == 1


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == VERIFYING]


def test_a_damaged_byte_is_found_in_a_large_index_and_mended_while_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    library = Library.from_reports([one_paragraph("r", "题", "大桥封闭三天。拉索136根。")])
    sound = timeless(build_answerer(library, tmp_path).answer("拉索有多少根?"))
    monkeypatch.setattr(saving, "VERIFIED_AT_ONCE", 0)  # every index is a large one
    assert build_answerer(library, tmp_path)
    for thread in threads():
        thread.join()
    assert caplog.text == ""
    file = next(tmp_path.rglob("sentence_terms.bin"))
    file.write_bytes(b"\0" * file.stat().st_size)
    made = build_answerer(library, tmp_path)
    for thread in threads():
        thread.join()
    assert timeless(made.answer("拉索有多少根?")) == sound
    assert "sentence_terms is not what was written; it is built anew" in caplog.text
    assert saving.verify(tmp_path / "index")


def test_nothing_is_taken_over_from_a_damaged_large_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(saving, "VERIFIED_AT_ONCE", 0)
    first, second = of_texts("大桥封闭三天。"), of_texts("大桥封闭三天。", "拉索136根。")
    build_answerer(first, tmp_path)
    file = next(tmp_path.rglob("sentence_terms.bin"))
    file.write_bytes(b"\0" * file.stat().st_size)
    build_answerer(second, tmp_path)
    opened = saving.open_any(tmp_path / "index")
    anew = build(second, make_analyzer(second))
    assert all(np.array_equal(opened.arrays()[name], one) for name, one in anew.arrays().items())
    assert "is damaged" in caplog.text


KILLING = """
    import json, os, shutil, signal, sys, tempfile
    from pathlib import Path
    from retrieval.errors import IndexOutOfDate
    from retrieval.indexing.index import build
    from retrieval.indexing.saving import load, save
    from retrieval.indexing.segments import Limits, exchange
    from retrieval.text.analysis import Analyzer
    from tests.retrieval.conftest import of_texts

    analyzer = Analyzer()
    old = build(of_texts("大桥封闭三天。"), analyzer)
    new = build(of_texts("拉索136根。"), analyzer)
    beside = exchange(of_texts("隧道限高。"), analyzer, old, limits=Limits(0, 0))
    before, old, new = {"whole": ([], old, new), "beside": ([], old, beside),
                        "merged": ([old], beside, new)}[sys.argv[2]]
    left = 0

    def counted(step):
        def taken(*args, **kwargs):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)
        return taken

    def save_and_die(folder):
        shutil.rmtree = counted(shutil.rmtree)
        tempfile.mkdtemp = counted(tempfile.mkdtemp)
        for step in ("mkdir", "write_text", "write_bytes", "open", "replace", "iterdir", "unlink"):
            setattr(Path, step, counted(getattr(Path, step)))
        save(new, folder)
        os._exit(0)

    def opens(folder, index):
        try:
            return len(load(folder, index.revision)) == 1
        except IndexOutOfDate:
            return False

    found = []
    # Every step of saving in turn is the one that is not reached, until all are.
    for steps in range(1000):
        folder = Path(sys.argv[1]) / str(steps)
        for index in (*before, old):
            save(index, folder)
        child = os.fork()
        if not child:
            left = steps
            save_and_die(folder)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found.append((status, opens(folder, old), opens(folder, new)))
        if status != -signal.SIGKILL:
            break
    print(json.dumps(found))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize("new", ["whole", "beside", "merged"])
def test_a_process_killed_while_saving_leaves_the_old_index_or_the_new(
    tmp_path: Path, new: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLING), tmp_path, new],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    *killed, last = json.loads(done.stdout)
    assert last == [0, False, True]
    assert [status for status, _, _ in killed] == [-signal.SIGKILL] * len(killed)
    switched = [new for _, _, new in killed]
    assert all(old != new for _, old, new in killed), "always exactly one of them"
    assert switched == sorted(switched), "the old one until the switch, the new one from then on"
    assert switched.count(False) > 10
    assert switched.count(True) > 0


def test_what_a_killed_process_left_behind_is_cleared_away_in_time(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    index = build(of_texts("大桥封闭三天。"), analyzer)
    fresh, stale = tmp_path / "abc.fresh", tmp_path / "abc.stale"
    for folder in (fresh, stale):
        folder.mkdir()
    yesterday = time.time() - 86_400
    os.utime(stale, (yesterday, yesterday))
    save(index, tmp_path)
    assert fresh.exists(), "another process may be writing there"
    assert not stale.exists()
    assert same(load(tmp_path, index.revision), index)
