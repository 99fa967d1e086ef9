"""Which version of the knowledge does the bot serve when it starts?"""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library.opening import open_answerer, open_to_serve
from bot.settings import Settings
from knowledge.changes import FOLDER, overlay_of, with_overlay
from knowledge.errors import InvalidCatalog
from knowledge.listed import ListedReport
from knowledge.newest import load_newest, shelf_in
from knowledge.overlay import Overlay
from knowledge.revisions import Revisions, What

LETTER = ListedReport(id="letter", file="uploads/letter.md", title="信")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "a.md").write_text("# 年报\n\n全局接报警情3200起。\n", encoding="utf-8")
    return Settings.model_validate(
        {
            "WENJU_KNOWLEDGE": tmp_path,
            "WENJU_STATE": tmp_path / "state",
            "WENJU_SEMANTIC": False,
        }
    )


@pytest.fixture
def shelf(settings: Settings) -> Revisions:
    return shelf_in(settings.state)


def served(settings: Settings, shelf: Revisions) -> list[str]:
    return [report.text for report in open_to_serve(settings, shelf).library.reports]


def shown(settings: Settings) -> list[str]:
    return [report.text for report in open_answerer(settings, settings.state).library.reports]


def upload(shelf: Revisions) -> None:
    newest = shelf.newest()
    assert newest is not None
    content = "# 信\n\n再加把劲。\n".encode()
    overlay = overlay_of(newest).with_report(LETTER)
    change = with_overlay(newest, overlay, What("upload", {}), {LETTER.file: content})
    shelf.propose("d", change.files, by="7", what=change.what, seen=change.seen)
    shelf.confirm("d", by="7")


def write(settings: Settings, words: str) -> None:
    (settings.knowledge / "a.md").write_text(f"# 年报\n\n{words}\n", encoding="utf-8")


def test_the_first_start_keeps_the_folder_as_revision_1_and_the_next_changes_nothing(
    settings: Settings, shelf: Revisions
) -> None:
    assert served(settings, shelf) == ["年报\n全局接报警情3200起。"]
    assert served(settings, shelf) == ["年报\n全局接报警情3200起。"]
    revision = shelf.newest()
    assert revision is not None
    assert (shelf.numbers(), revision.by, revision.what) == ((1,), FOLDER, What("folder", {}))


def test_a_file_that_cannot_be_read_is_named_and_the_others_serve(
    settings: Settings, shelf: Revisions, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(7):
        (settings.knowledge / f"表{number}.xlsx").write_bytes(b"PK")
    opening: tuple[Callable[[], list[str]], ...] = (
        lambda: served(settings, shelf),
        lambda: shown(settings),
    )
    for opened in opening:
        assert opened() == ["年报\n全局接报警情3200起。"]
        assert len(caplog.messages) == 6
        assert caplog.messages[0].startswith("left out: 表0.xlsx:1: has a format that is not read")
        assert caplog.messages[5] == "2 more are left out; wenju check names them"
        caplog.clear()


def test_a_report_that_cannot_be_read_any_more_does_not_lose_what_it_said(
    settings: Settings, shelf: Revisions, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.knowledge / "b.md").write_text("# 信\n\n再加把劲。\n", encoding="utf-8")
    before = served(settings, shelf)
    (settings.knowledge / "b.md").write_bytes(b"")  # half written, say
    write(settings, "全局接报警情3300起。")
    assert served(settings, shelf) == before
    assert caplog.messages == [
        "b.md:1: is empty",
        "the knowledge was not read again: revision 1 serves on",
    ]
    (settings.knowledge / "b.md").write_text("# 信\n\n再加把劲！\n", encoding="utf-8")
    assert served(settings, shelf) == ["年报\n全局接报警情3300起。", "信\n再加把劲！"]
    assert shelf.numbers() == (2, 1)


def test_other_commands_see_the_same_and_keep_nothing(settings: Settings, shelf: Revisions) -> None:
    assert shown(settings) == ["年报\n全局接报警情3200起。"]
    assert shelf.numbers() == ()
    open_to_serve(settings, shelf)
    upload(shelf)
    write(settings, "全局接报警情3300起。")
    after = ["年报\n全局接报警情3300起。", "信\n再加把劲。"]
    assert shown(settings) == after
    assert shelf.numbers() == (2, 1)
    assert served(settings, shelf) == after
    assert shelf.numbers() == (3, 2, 1)


def test_a_folder_that_has_faults_now_leaves_the_newest_revision_serving(
    settings: Settings, shelf: Revisions, caplog: pytest.LogCaptureFixture
) -> None:
    open_to_serve(settings, shelf)
    write(settings, "")
    with caplog.at_level(logging.ERROR):
        assert served(settings, shelf) == ["年报\n全局接报警情3200起。"]
    assert caplog.messages == [
        "a.md:1: has no body text below its headings",
        "the knowledge was not read again: revision 1 serves on",
    ]
    assert list((settings.state / "knowledge/drafts").iterdir()) == []


def test_a_folder_that_is_gone_leaves_the_newest_revision_serving(
    settings: Settings, shelf: Revisions
) -> None:
    before = served(settings, shelf)
    moved = settings.model_copy(update={"knowledge": settings.knowledge / "gone"})
    assert served(moved, shelf) == before


def test_a_first_folder_with_faults_is_refused(settings: Settings, shelf: Revisions) -> None:
    write(settings, "")
    with pytest.raises(InvalidCatalog, match="no body text"):
        open_to_serve(settings, shelf)
    assert shelf.numbers() == ()


def test_a_state_folder_that_cannot_hold_revisions_does_not_silence_the_bot(
    settings: Settings, shelf: Revisions
) -> None:
    settings.state.mkdir()
    (settings.state / "knowledge").write_text("in the way")
    assert served(settings, shelf) == ["年报\n全局接报警情3200起。"]


CATALOG = "reports:\n- {id: a, file: a.md}\nquestions: q.yaml\n"
QUESTIONS = "- {id: q, question: 警情多少起, answer: 3200起, section: [], paragraph: 1}\n"


@pytest.mark.parametrize(
    "how", [lambda o: o.with_report(LETTER), lambda o: o.with_synonyms("甲乙")]
)
def test_a_lost_gold_question_stops_nothing_where_an_admin_changed_reports(
    settings: Settings, shelf: Revisions, how: Callable[[Overlay], Overlay]
) -> None:
    (settings.knowledge / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (settings.knowledge / "q.yaml").write_text(QUESTIONS, encoding="utf-8")
    open_to_serve(settings, shelf)
    first = shelf.newest()
    assert first is not None
    overlay = how(Overlay())
    uploads = {LETTER.file: "# 信\n\n再加把劲。\n".encode()} if overlay.reports else {}
    change = with_overlay(first, overlay, What("upload", {}), uploads)
    shelf.propose("d", change.files, by="7", what=change.what, seen=change.seen)
    shelf.confirm("d", by="7")
    write(settings, "全局接报警情3300起。")
    serves_it = "3300起" in served(settings, shelf)[0]
    assert serves_it is bool(overlay.reports)
    with pytest.raises(InvalidCatalog, match=r"q\.yaml:1: the answer “3200起” is not"):
        load_newest(settings.knowledge, shelf, strict=True)


def test_what_is_no_longer_in_use_is_freed_though_nobody_looks_for_garbage(
    settings: Settings,
) -> None:
    gc.unfreeze()  # reports are shared: what another test left must not hold ours
    gc.collect()
    answerer = open_answerer(settings, settings.state)
    assert gc.get_freeze_count() > 0
    for question in ("接报警情多少起?", "街报景情多少起?", "红烧肉怎么做?"):
        answerer.answer(question)
    used, report = weakref.ref(answerer), weakref.ref(answerer.library.reports[0])
    del answerer
    assert (used(), report()) == (None, None)
