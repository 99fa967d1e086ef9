"""Is what is kept of reports what reading them anew gives, whatever became of the files?"""

from __future__ import annotations

import itertools
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import copy
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from bot.settings import shipped_knowledge
from knowledge import archive as archive_module
from knowledge import joined, kept
from knowledge.archive import LIBRARIES, MOST_PACKS, Archive, key_of
from knowledge.catalog import load_library
from knowledge.changes import FOLDER, from_folder
from knowledge.errors import DamagedArchive, InvalidCatalog
from knowledge.figures import Figures
from knowledge.joined import Each, Joined
from knowledge.kept import KeptReport
from knowledge.library import Library
from knowledge.model import Report
from knowledge.newest import load_revision
from knowledge.outline import one_paragraph
from knowledge.revisions import Revision, Revisions
from knowledge.volume import Volume
from tests.knowledge import making
from tests.retrieval import bridges

OF_A_VOLUME = [name for name in vars(Volume) if isinstance(getattr(Volume, name), property)]


def revision_of(folder: Path, shelf: Revisions) -> Revision:
    """The folder as it is now, as the next revision."""
    change = from_folder(folder, shelf.newest())
    shelf.propose("d", change.files, by=FOLDER, what=change.what, seen=change.seen)
    return shelf.confirm("d", by=FOLDER)


def every_format(folder: Path) -> Path:
    """Reports in all formats, without a catalog; one paragraph is divided into clauses."""
    long = "；".join(f"第{n}组负责第{n}座大桥的日常巡查与养护工作，全年没有差错" for n in range(20))
    plain = f"# 桥\n\n副题在此\n\n## 一、队伍\n\n{long}。\n\n“三零”𠮷林。\n\n(林知秋)\n"
    for name, content in {
        "a.md": plain.encode(),
        "b.txt": "渡口\n\n渡船停航三天。\n".encode("gb18030"),
        "c.docx": making.word(lambda file: making.line(file, making.PROSE)),
        "d.pdf": making.pdf(lambda press: press.line(60, 700, "渡船今天停航，明天复航。")),
        "e.epub": making.book({"第一章": "<h1>第一章</h1><p>渡船今天停航。</p>"}, "书"),
        "f.html": "<h1>网</h1><p>渡船今天停航。</p><p>明天复航。</p>".encode(),
    }.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Revisions:
    return Revisions(tmp_path / "shelf")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    return bridges.write(tmp_path / "knowledge")


@pytest.fixture
def revision(knowledge: Path, shelf: Revisions) -> Revision:
    return revision_of(knowledge, shelf)


@pytest.fixture(autouse=True)
def opened_by_nobody_else() -> Iterator[None]:
    """Each test opens packs anew, as a process does that starts."""
    archive_module._OPEN.clear()
    yield
    archive_module._OPEN.clear()


def reopened(place: Path, revision: Revision) -> Library | None:
    """The library as a process finds it that starts now."""
    archive_module._OPEN.clear()
    return Archive(place).library(key_of(revision.files))


def told(library: Library) -> list[object]:
    """Everything that can be asked of a library, as plain tuples."""
    found: list[object] = [
        getattr(library, one.name)
        for one in fields(Library)
        if one.compare and one.name != "reports"
    ]
    found += [
        tuple(getattr(report, one.name) for one in fields(Report)) for report in library.reports
    ]
    for volume in library.volumes:
        about = {name: getattr(volume, name) for name in OF_A_VOLUME if name != "report"}
        about["paths"] = [tuple(path) for path in about["paths"]]
        found.append({
            name: tuple(value) if not isinstance(value, int | str) else value
            for name, value in about.items()
        })  # fmt: skip
    return [*found, tuple(library.passages), len(library.passages)]


# What is kept is what is read ---------------------------------------------------------------------


@pytest.mark.parametrize("which", ["shipped", "bridges", "every format"])
def test_a_library_that_is_kept_is_the_one_that_is_read(
    tmp_path: Path, place: Path, shelf: Revisions, which: str
) -> None:
    folder = tmp_path / "knowledge"
    if which == "shipped":
        folder = shipped_knowledge()
    elif which == "bridges":
        bridges.write(folder)
    else:
        folder.mkdir()
        every_format(folder)
    revision = revision_of(folder, shelf)
    read = load_library(revision.folder)
    taken_in = load_revision(revision, Archive(place))
    opened = reopened(place, revision)
    assert opened is not None
    assert all(isinstance(report, KeptReport) for report in opened.reports)
    assert told(opened) == told(taken_in) == told(read)
    assert opened == read
    assert read == opened
    one_by_one = [opened.reports[number] for number in range(len(opened.reports))]
    assert one_by_one == list(opened.reports) == [opened.report(one.id) for one in read.reports]
    assert opened.reports[-1:] == read.reports[-1:]
    assert [one.revision for one in opened.volumes] == [
        opened.volumes[number].revision for number in range(len(opened.volumes))
    ]
    assert {n: tuple(names) for n, names in opened.authors.items()} == read.authors
    assert opened.revisions() == read.revisions()
    for one in fields(Figures):
        expected = getattr(read.figures, one.name)
        assert np.array_equal(getattr(opened.figures, one.name), expected), one.name
        assert np.array_equal(getattr(Figures.of(opened.volumes), one.name), expected), one.name


TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("。；！？“”\n一二三"), min_size=1)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_whatever_reports_say_is_kept(texts: list[str]) -> None:
    reports = [one_paragraph(f"r{number}", "题", text) for number, text in enumerate(texts)]
    read = Library.from_reports(reports)
    with pytest.MonkeyPatch.context() as patch, making.folder() as place:
        patch.setattr(kept, "REMEMBERED", 8)  # characters: nothing stays for long
        archive = Archive(place)
        with archive.intake() as intake:
            again = [
                intake.report(
                    "a.md", f"{report.id}{report.text}".encode(), (), partial(copy, report)
                )
                for report in reports
            ]
        assert told(Library.from_reports(again)) == told(read)


def test_a_changed_copy_of_a_kept_report_is_an_ordinary_one(
    place: Path, revision: Revision
) -> None:
    report = load_revision(revision, Archive(place)).report("bridges")
    copy = replace(report, title="另一个")
    assert (type(report), type(copy)) == (KeptReport, Report)
    assert copy == replace(load_library(revision.folder).report("bridges"), title="另一个")
    assert copy != report
    assert replace(copy, title=report.title) == report


# Only what has changed is read --------------------------------------------------------------------


def test_of_a_new_revision_only_what_has_changed_is_read(
    place: Path, knowledge: Path, shelf: Revisions, revision: Revision
) -> None:
    first = load_revision(revision, Archive(place))
    (knowledge / "reports/tunnels.md").write_text("# 隧道\n\n隧道停运。\n\n(许安歌)\n", "utf-8")
    second = revision_of(knowledge, shelf)
    bridge = second.folder / "reports/bridges.md"
    bridge.unlink()
    bridge.write_text("这里没有人看。", encoding="utf-8")
    library = load_revision(second, Archive(place))
    assert library.report("bridges") is first.report("bridges")
    assert library.report("tunnels").text == "隧道\n隧道停运。\n(许安歌)"
    assert {pack.name for pack, _ in places(library)} == packs_in(place)


def packs_in(place: Path) -> set[str]:
    return {folder.name for folder in (place / "packs").iterdir()}


def places(library: Library) -> list[tuple[kept.Pack, int]]:
    return [report.place for report in library.reports if isinstance(report, KeptReport)]


def test_a_report_of_which_the_catalog_says_something_else_is_read_again(
    place: Path, knowledge: Path, shelf: Revisions, revision: Revision
) -> None:
    load_revision(revision, Archive(place))
    catalog = (knowledge / "catalog.yaml").read_text(encoding="utf-8")
    (knowledge / "catalog.yaml").write_text(catalog.replace("'2022'", "'2023'"), encoding="utf-8")
    library = load_revision(revision_of(knowledge, shelf), Archive(place))
    assert [report.date for report in library.reports] == ["2024", "2023"]


def test_a_fault_is_found_again_though_the_reports_are_kept(
    place: Path, knowledge: Path, shelf: Revisions
) -> None:
    catalog = (knowledge / "catalog.yaml").read_text(encoding="utf-8")
    wrong = catalog.replace("bylines: [(许安歌)]", "bylines: [(无此人)]")
    (knowledge / "catalog.yaml").write_text(wrong, encoding="utf-8")
    revision = revision_of(knowledge, shelf)
    found = []
    for _ in range(2):
        with pytest.raises(InvalidCatalog, match="无此人") as caught:
            load_revision(revision, Archive(place))
        found.append(caught.value.faults)
    assert found[0] == found[1]
    assert packs_in(place)


def test_a_question_without_its_passage_is_a_fault_only_where_it_is_asked_for(
    place: Path, knowledge: Path, shelf: Revisions
) -> None:
    questions = (knowledge / "questions.yaml").read_text(encoding="utf-8")
    (knowledge / "questions.yaml").write_text(questions.replace("防止超载", "防止超速"), "utf-8")
    revision = revision_of(knowledge, shelf)
    assert [one.question for one in load_revision(revision, Archive(place)).broken] == [
        "三项规定、六项规定各管什么?"
    ]
    with pytest.raises(InvalidCatalog, match="防止超速"):
        load_revision(revision, Archive(place), strict=True)


# What is damaged ----------------------------------------------------------------------------------


def files_of(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def test_whatever_byte_of_it_changes_the_library_is_the_same(
    place: Path, revision: Revision
) -> None:
    read = told(load_revision(revision, Archive(place)))
    for number in range(len(files_of(place))):
        size = files_of(place)[number].stat().st_size
        for at in itertools.chain(range(0, size, 211), [size - 1]):
            file = files_of(place)[number]
            content = bytearray(file.read_bytes())
            content[at % len(content)] ^= 1 << at % 8
            file.write_bytes(content)
            archive_module._OPEN.clear()
            assert told(load_revision(revision, Archive(place))) == read, (file, at)


@pytest.mark.parametrize("how", ["gone", "empty", "cut short", "longer"])
def test_files_that_are_not_whole_are_told_and_written_anew(
    place: Path, revision: Revision, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    read = told(load_revision(revision, Archive(place)))
    names = [file.name for file in files_of(place)]
    for name in names:
        (file,) = [one for one in files_of(place) if one.name == name]
        content = file.read_bytes()
        caplog.clear()
        if how == "gone":
            file.unlink()
        else:
            changed = {"empty": b"", "cut short": content[:-9], "longer": content + b"\n"}
            file.write_bytes(changed[how])
        archive_module._OPEN.clear()
        with caplog.at_level(logging.WARNING):
            assert told(load_revision(revision, Archive(place))) == read
        told_of = "\n".join(caplog.messages)
        assert str(place) in told_of or (how == "gone" and name.endswith(".json")), name
        assert len(files_of(place)) == len(names)


def test_what_another_version_kept_is_read_again(
    place: Path, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = told(load_revision(revision, Archive(place)))
    before = packs_in(place)
    monkeypatch.setattr(archive_module, "rules", lambda: "newer")
    archive_module._OPEN.clear()
    assert told(load_revision(revision, Archive(place))) == read
    assert not before & packs_in(place)


def test_a_walk_through_a_library_meets_every_report_however_many_are_read_together(
    place: Path, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = told(load_revision(revision, Archive(place)))
    monkeypatch.setattr(joined, "_SOON", 0)
    for together in (1, 2, 1000):
        monkeypatch.setattr(kept, "_TOGETHER", together)
        archive_module._OPEN.clear()
        assert told(load_revision(revision, Archive(place))) == read


def test_damage_that_shows_when_a_report_is_looked_at_is_mended_by_the_next_start(
    place: Path, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "VERIFIED_AT_ONCE", 0)  # as for a large library
    read = told(load_revision(revision, Archive(place)))
    (bodies,) = place.rglob(kept.BODIES)
    content = bytearray(bodies.read_bytes())
    content[-1] ^= 1
    bodies.write_bytes(content)
    opened = reopened(place, revision)
    assert opened is not None
    assert opened.report("bridges").text == load_library(revision.folder).report("bridges").text
    with pytest.raises(DamagedArchive, match="where tunnels stands"):
        _ = opened.report("tunnels").text
    assert told(load_revision(revision, Archive(place))) == read


def test_a_process_that_is_killed_at_any_moment_leaves_nothing_wrong(
    place: Path, revision: Revision
) -> None:
    command = [sys.executable, "-m", "tests.knowledge.dying_archive"]
    shelf = revision.folder.parents[1]
    done = subprocess.run(
        [*command, str(shelf), str(place)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8


def test_where_nothing_can_be_kept_all_is_read_and_it_is_said_once(
    place: Path, revision: Revision, caplog: pytest.LogCaptureFixture
) -> None:
    place.write_text("in the way")
    library = load_revision(revision, Archive(place))
    assert told(library) == told(load_library(revision.folder))
    assert len([line for line in caplog.messages if "cannot be kept" in line]) == 1


# What is forgotten --------------------------------------------------------------------------------


def test_what_no_library_needs_any_more_is_deleted_but_not_what_somebody_may_be_writing(
    place: Path, knowledge: Path, shelf: Revisions
) -> None:
    archive = Archive(place)
    tunnels = knowledge / "reports/tunnels.md"
    for number in range(LIBRARIES + 2):
        tunnels.write_text(f"# 隧道\n\n隧道停运{number + 1}天。\n\n(许安歌)\n", encoding="utf-8")
        library = load_revision(revision_of(knowledge, shelf), archive)
        if number == 1:
            for folder in (place / "packs").iterdir():
                os.utime(folder, (0, 0))  # written long ago: only the second and third are
    assert len(list((place / "libraries").iterdir())) == LIBRARIES
    packs = {pack.name for pack, _ in places(library)}
    assert packs < packs_in(place)
    assert len(packs_in(place)) == LIBRARIES + 1
    assert library.report("tunnels").text == "隧道\n隧道停运6天。\n(许安歌)"


def test_a_library_of_many_packs_is_put_together_into_one(
    place: Path, tmp_path: Path, shelf: Revisions
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MOST_PACKS + 1):
        (folder / f"r{number:02}.md").write_text(f"# 第{number}\n\n渡船停航。\n", encoding="utf-8")
        revision = revision_of(folder, shelf)
        library = load_revision(revision, Archive(place))
    assert len({pack.name for pack, _ in places(library)}) == MOST_PACKS + 1
    opened = reopened(place, revision)
    assert opened is not None
    assert len({pack.name for pack, _ in places(opened)}) == 1
    assert told(opened) == told(load_library(revision.folder))


def test_reports_in_use_can_be_read_after_their_files_are_gone(
    place: Path, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_RECENT", kept._Recent())
    library = load_revision(revision, Archive(place))
    shutil.rmtree(place)
    assert told(library) == told(load_library(revision.folder))


# Numbering through --------------------------------------------------------------------------------


@given(st.lists(st.integers()), st.slices(9), st.booleans())
def test_what_is_made_as_it_is_looked_at_is_a_sequence(
    items: list[int], some: slice, walks: bool
) -> None:
    items += range(100) if len(items) % 2 else ()
    each = Each(len(items), items.__getitem__, (lambda: iter(items)) if walks else None)
    assert list(zip(each, range(3), strict=False)) == list(zip(items, range(3), strict=False))
    assert (len(each), list(each), list(each[some])) == (len(items), items, items[some])
    assert [each[n] for n in range(-len(items), len(items))] == items + items
    assert (each == tuple(items), each == [*items, 1], each == 1) == (True, False, False)
    assert hash(each) == hash(tuple(items))
    with pytest.raises(IndexError):
        _ = each[len(items)]


@given(st.lists(st.lists(st.integers())), st.slices(9))
def test_sequences_joined_are_one_sequence(parts: list[list[int]], some: slice) -> None:
    joined, whole = Joined(parts, list(map(len, parts))), [one for part in parts for one in part]
    assert (len(joined), list(joined)) == (len(whole), whole)
    assert [joined[n] for n in range(-len(whole), len(whole))] == whole + whole
    assert list(joined[some]) == whole[some]
    for number in (len(whole), -len(whole) - 1):
        with pytest.raises(IndexError):
            _ = joined[number]
    for number in range(len(whole)):
        part = joined.part_of(number)
        assert parts[part][number - joined.starts[part]] == whole[number]


def test_the_note_of_a_revision_says_what_its_library_is_found_by() -> None:
    one = key_of({"a.md": "1", "b.md": "2"})
    assert one == key_of(json.loads('{"b.md": "2", "a.md": "1"}'))
    assert len({one, key_of({"a.md": "1"}), key_of({"a.md": "2", "b.md": "1"})}) == 3
