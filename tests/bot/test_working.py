"""Does long work end in one message that says what came of it, whatever happens to it?"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from telegram import Update

from bot.chats import working as module
from bot.chats.desk import Caller
from bot.chats.working import show, tell_interrupted, working
from bot.handlers import changes
from bot.pages.markup import text
from bot.pages.rendering import Page, View
from bot.records.store import Preferences
from bot.settings import Settings
from bot.texts import texts
from knowledge.revisions import What
from tests.bot.in_process import InProcess, in_process
from tests.telegram import people

say = texts("zh").say


def shown(bot: InProcess) -> list[str]:
    """What stands in the chat now, of the bot's own."""
    own = bot.server.world.bot.id
    return [one["text"] for one in bot.chat.history.values() if one["from"]["id"] == own]


def asking(bot: InProcess) -> tuple[Update, Caller]:
    """Somebody asks for something long."""
    content = people.message(bot.chat, bot.person, people.text("/reload"))
    update = Update.de_json({"update_id": 7, **content}, bot.app.bot)
    view = View(texts("zh"))
    caller = Caller(bot.chat.id, bot.person.id, False, Preferences(), view, own=texts("zh"))
    return update, caller


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"state": tmp_path / "state"})


async def test_progress_edits_one_message(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    async with in_process(own, tmp_path) as bot:
        update, caller = asking(bot)
        context = bot.app.context_types.context.from_update(update, bot.app)
        async with working(update, context, caller, "开始……") as work:
            work.tell("一半……")
            await bot.server.call("editMessageText", text="一半……")
            assert shown(bot) == ["一半……"]
            await work.end(Page(text("好了")))
        assert shown(bot) == ["好了"]
        assert list((own.state / "working").iterdir()) == []


async def breaks() -> None:
    raise RuntimeError("a bug")


def broken(*_: object) -> None:
    raise RuntimeError("a bug")


async def test_work_that_breaks_says_so_once_and_logs_why(
    own: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with in_process(own, tmp_path) as bot:
        update, caller = asking(bot)
        context = bot.app.context_types.context.from_update(update, bot.app)
        with caplog.at_level(logging.ERROR):
            async with working(update, context, caller, "开始……"):
                await breaks()
        assert shown(bot) == [say("admin.trouble")]
        assert "RuntimeError: a bug" in caplog.text
        assert list((own.state / "working").iterdir()) == []


async def test_a_message_that_is_gone_is_sent_anew(own: Settings, tmp_path: Path) -> None:
    async with in_process(own, tmp_path) as bot:
        await show(bot.app.bot, bot.chat.id, 999, Page(text("好了")))
        assert shown(bot) == ["好了"]
        (number,) = (n for n, one in bot.chat.history.items() if one["text"] == "好了")
        await show(bot.app.bot, bot.chat.id, number, Page(text("好了")))  # as it is already
        assert shown(bot) == ["好了"]


async def test_who_waited_when_the_bot_died_hears_what_became_of_it(
    own: Settings, tmp_path: Path
) -> None:
    async with in_process(own, tmp_path) as bot:
        shelf, what = bot.desk.shelf, What("upload", {})
        files = dict(bot.desk.shelf.revision(1).files)
        for draft in ("done", "waits"):
            shelf.propose(draft, files, by="7", what=what, seen="s")
            if draft == "done":
                shelf.confirm(draft, by="7")
        for draft in ("", "done", "waits", "lost"):
            update, caller = asking(bot)
            context = bot.app.context_types.context.from_update(update, bot.app)
            running = working(update, context, caller, "开始……", draft=draft)
            await running.__aenter__()  # and never the end: the bot has died
        for task in asyncio.all_tasks():
            if task.get_name() == "progress":
                task.cancel()
        (own.state / "working" / "no-chat.json").write_text("{")
        await tell_interrupted(bot.app.bot, own, shelf)
        assert shown(bot) == [
            say("admin.interrupted"),
            say("revisions.already", number=2),
            say("admin.not_yet"),
            say("revisions.gone"),
        ]
        last = [one for one in bot.chat.history.values() if "reply_markup" in one]
        (row,) = last[0]["reply_markup"]["inline_keyboard"]
        assert [button["callback_data"] for button in row] == ["1ywaits", "1nwaits"]
        assert list((own.state / "working").iterdir()) == []


async def test_a_change_that_breaks_the_program_leaves_no_draft(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "lu.md").write_text("# 路\n\n桥有五座。\n", "utf-8")
    async with in_process(own.model_copy(update={"knowledge": folder}), tmp_path) as bot:
        admins = {"admins": frozenset({bot.person.id})}
        bot.desk.settings = bot.desk.settings.model_copy(update=admins)
        (folder / "lu.md").write_text("# 路\n\n桥有六座。\n", "utf-8")
        monkeypatch.setattr(changes, "preview", broken)
        await bot.take(people.message(bot.chat, bot.person, people.text("/reload")))
        assert shown(bot) == [say("admin.trouble")]
        assert list((own.state / "knowledge" / "drafts").iterdir()) == []
        assert bot.desk.shelf.numbers() == (1,)
