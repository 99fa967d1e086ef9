"""Is one trouble told once, however often somebody saves a file?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import watching
from bot.settings import Settings
from bot.watching import Watch
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
