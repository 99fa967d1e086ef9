"""Is one trouble told once, however often somebody saves a file?"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.library import watching
from bot.library.watching import Watch
from bot.settings import Settings
from tests.bot.in_process import in_process


async def test_the_same_trouble_is_told_once_and_again_after_it_was_gone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLED", 0.0)
    folder = tmp_path / "knowledge"
    folder.mkdir()
    report, catalog = folder / "lu.md", folder / "catalog.yaml"
    report.write_text("# 路\n\n桥有五座。\n", "utf-8")
    own = settings.model_copy(update={"knowledge": folder, "state": tmp_path / "state"})
    async with in_process(own, tmp_path / "state") as bot:
        bot.desk.settings = own.model_copy(update={"admins": frozenset({bot.person.id})})
        watch = Watch(bot.app.bot, bot.desk)
        await watch.look()
        assert bot.sent() == []
        for comment in ("", "# saved again\n"):
            catalog.write_text(f"colour: green\n{comment}", "utf-8")
            await watch.look()
        (first,) = bot.sent()
        assert "catalog.yaml:1: unknown key `colour`" in first
        catalog.unlink()
        await watch.look()
        catalog.write_text("colour: green\n", "utf-8")
        await watch.look()
        assert bot.sent() == [first, first]
        catalog.unlink()
        report.write_text("# 路\n\n桥有六座。\n", "utf-8")
        await watch.look()
        assert "桥有六座。" in bot.desk.answerer.library.reports[0].text
        assert bot.desk.shelf.numbers() == (2, 1)


async def test_what_cannot_be_read_is_told_and_the_rest_is_taken_over(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLED", 0.0)
    folder = tmp_path / "knowledge"
    folder.mkdir()
    report = folder / "lu.md"
    report.write_text("# 路\n\n桥有五座。\n", "utf-8")
    own = settings.model_copy(update={"knowledge": folder, "state": tmp_path / "state"})
    async with in_process(own, tmp_path / "state") as bot:
        bot.desk.settings = own.model_copy(update={"admins": frozenset({bot.person.id})})
        watch = Watch(bot.app.bot, bot.desk)
        (folder / "表.xlsx").write_bytes(b"PK")
        report.write_text("# 路\n\n桥有六座。\n", "utf-8")
        (folder / "qiao.md").write_text("# 桥\n\n桥很长。\n", "utf-8")
        await watch.look()
        (first,) = bot.sent()
        assert first.startswith(
            "知识文件夹的改动已经换上，只是这些文件读不了，没有收进来：\n• 表.xlsx:1"
        )
        report.write_text("# 路\n\n桥有七座。\n", "utf-8")
        await watch.look()
        assert bot.sent() == [first]
        assert "桥有七座。" in bot.desk.answerer.library.reports[0].text
        report.write_bytes(b"\0")
        await watch.look()
        assert bot.sent()[1:] == [
            "知识文件夹有改动，但没有换上，原来的内容照常服务。请先改好：\n"
            "• lu.md:1: is not a text file: control character U+0000 on line 1"
        ]
        assert "桥有七座。" in bot.desk.answerer.library.reports[0].text


async def test_a_folder_that_is_gone_is_told_and_the_old_knowledge_serves(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLED", 0.0)
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "lu.md").write_text("# 路\n\n桥有五座。\n", "utf-8")
    own = settings.model_copy(update={"knowledge": folder, "state": tmp_path / "state"})
    async with in_process(own, tmp_path / "state") as bot:
        bot.desk.settings = own.model_copy(update={"admins": frozenset({bot.person.id})})
        before = bot.desk.answerer
        folder.rename(tmp_path / "away")
        await Watch(bot.app.bot, bot.desk).look()
        (said,) = bot.sent()
        assert "does not exist; set WENJU_KNOWLEDGE" in said
        assert bot.desk.answerer is before


async def test_a_folder_that_is_empty_is_told_though_something_was_uploaded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLED", 0.0)
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "lu.md").write_text("# 路\n\n桥有五座。\n", "utf-8")
    (folder / "overlay.yaml").write_text("reports:\n- {id: xin, file: xin.md}\n", "utf-8")
    (folder / "xin.md").write_text("# 信\n\n再加把劲。\n", "utf-8")
    own = settings.model_copy(update={"knowledge": folder, "state": tmp_path / "state"})
    async with in_process(own, tmp_path / "state") as bot:
        bot.desk.settings = own.model_copy(update={"admins": frozenset({bot.person.id})})
        for file in folder.iterdir():  # as where a share is not mounted
            file.unlink()
        await Watch(bot.app.bot, bot.desk).look()
        (said,) = bot.sent()
        assert f"{folder} has neither a catalog.yaml nor a report" in said
        assert len(bot.desk.answerer.library.reports) == 2


async def looked_at(
    watch: Watch, folder: Path, monkeypatch: pytest.MonkeyPatch, *, saves: list[str]
) -> int:
    """How often ``folder`` was looked at until somebody had looked after the last of ``saves``.

    The first text is saved during the first look, the second during the second, and so on.
    """
    looks, enough = 0, asyncio.Event()

    async def look(_: Watch) -> None:
        nonlocal looks
        looks += 1
        if looks > len(saves):
            enough.set()
        elif saves[looks - 1]:
            (folder / "lu.md").write_text(saves[looks - 1], "utf-8")

    monkeypatch.setattr(watching, "QUIET", 50)
    monkeypatch.setattr(Watch, "look", look)
    task = asyncio.create_task(watch.go_on())
    async with asyncio.timeout(60):
        await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return looks


async def test_what_is_saved_while_the_watch_begins_is_heard(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with in_process(settings, tmp_path / "state") as bot:
        folder = tmp_path / "knowledge"
        folder.mkdir()
        bot.desk.settings = settings.model_copy(update={"knowledge": folder})
        watch = Watch(bot.app.bot, bot.desk)
        saves = ["桥有五座。", "桥有六座。"]
        assert await looked_at(watch, folder, monkeypatch, saves=saves) == 3


async def test_a_folder_that_announces_nothing_is_looked_at_now_and_then(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "UNHEARD", 0.0)
    async with in_process(settings, tmp_path / "state") as bot:
        folder = tmp_path / "knowledge"
        folder.mkdir()
        bot.desk.settings = settings.model_copy(update={"knowledge": folder})
        watch = Watch(bot.app.bot, bot.desk)
        assert await looked_at(watch, folder, monkeypatch, saves=["", ""]) == 3
