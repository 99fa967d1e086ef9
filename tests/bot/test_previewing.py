"""Is what was made for a preview what answers once it is put into use?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.library.opening import open_answerer, open_to_serve
from bot.library.previewing import Preview, Ready, preview, propose, put_into_use
from bot.settings import Settings
from knowledge.changes import FOLDER, from_folder
from knowledge.newest import shelf_in
from knowledge.revisions import Revision, Revisions
from retrieval.answering import Answerer

ASKED = "全局接报多少起警情？"


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


@pytest.fixture
def before(settings: Settings, shelf: Revisions) -> Answerer:
    return open_to_serve(settings, shelf)


def proposed(settings: Settings, shelf: Revisions, words: str) -> Revision:
    (settings.knowledge / "a.md").write_text(f"# 年报\n\n{words}\n", encoding="utf-8")
    return propose(shelf, "d", from_folder(settings.knowledge, shelf.newest()), by=FOLDER)


def seen(settings: Settings, draft: Revision, before: Answerer) -> Preview:
    return preview(settings, draft, before, [ASKED], lambda _done, _total: None)


def told(answerer: Answerer) -> list[str]:
    return [quote.text for quote in answerer.answer(ASKED).quotes]


def test_what_was_previewed_is_put_into_use_as_it_is(
    settings: Settings, shelf: Revisions, before: Answerer
) -> None:
    ready = seen(settings, proposed(settings, shelf, "全局接报警情3300起。"), before).ready
    assert ready is not None
    revision, answerer = put_into_use(settings, shelf, "d", by=FOLDER, ready=ready)
    assert answerer is ready.answerer
    assert revision == shelf.newest()
    assert told(answerer) == ["全局接报警情3300起。"]


def test_the_index_of_what_was_previewed_is_kept_when_it_is_put_into_use(
    settings: Settings, shelf: Revisions, before: Answerer, caplog: pytest.LogCaptureFixture
) -> None:
    ready = seen(settings, proposed(settings, shelf, "全局接报警情3300起。"), before).ready
    _, answerer = put_into_use(settings, shelf, "d", by=FOLDER, ready=ready)
    indexed: list[int] = []
    again = open_answerer(settings, settings.state, lambda done, _total: indexed.append(done))
    assert (told(again), indexed) == (told(answerer), [])
    assert again.engine.revision == answerer.engine.revision
    assert caplog.messages == []


def test_a_draft_that_was_made_anew_since_its_preview_is_read_again(
    settings: Settings, shelf: Revisions, before: Answerer
) -> None:
    ready = seen(settings, proposed(settings, shelf, "全局接报警情3300起。"), before).ready
    proposed(settings, shelf, "全局接报警情3400起。")
    _, answerer = put_into_use(settings, shelf, "d", by=FOLDER, ready=ready)
    assert told(answerer) == ["全局接报警情3400起。"]


def test_a_file_that_could_not_be_read_for_the_preview_is_tried_again(
    settings: Settings, shelf: Revisions, before: Answerer
) -> None:
    (settings.knowledge / "b.docx").write_bytes(b"no document")
    draft = proposed(settings, shelf, "全局接报警情3300起。")
    ready = seen(settings, draft, before).ready
    assert ready is not None
    assert ready.answerer.library.unread
    assert ready.to_answer_from(draft) is None


def test_nothing_is_ready_where_nothing_would_change(
    settings: Settings, shelf: Revisions, before: Answerer
) -> None:
    draft = proposed(settings, shelf, "全局接报警情3200起。")
    assert seen(settings, draft, before).ready is None
    assert Ready(draft, before).to_answer_from(draft) is before
