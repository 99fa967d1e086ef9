"""Can an operator change what a running bot knows, and nobody else?"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation
from tests.telegram.server import BOT, Server, running
from tests.telegram.world import World

TOPIC = """\
- command: place
  words: [镇子]
  title: {zh: 镇子, en: Towns}
  description: {zh: 报告里的镇子, en: Towns in the report}
  entries:
  - name: 潮格温都尔镇
    role: 潮格温都尔镇派出所教导员
"""


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@asynccontextmanager
async def administered(
    start: Start, knowledge: Path
) -> AsyncIterator[tuple[Running, Conversation]]:
    """A bot with its own knowledge, and its administrator's private chat."""
    world = World(BOT)
    admin = world.new_person("管理员")
    async with (
        running(Server(world)) as server,
        start(server, WENJU_KNOWLEDGE=str(knowledge), WENJU_ADMINS=str(admin.id)) as one,
    ):
        yield one, Conversation(server, world.private(admin), admin)


async def last_word(chat: Conversation, command: str) -> str:
    """What the bot says in the end, be it in a new message or by editing its first."""
    mark = chat.server.mark
    first = await chat.ask(command)

    def settled() -> str | None:
        text = chat.now(first).text
        return None if text.endswith("……") else text

    return await chat.server.until(settled, f"the end of {command}", since=mark)


async def test_a_reload_brings_a_new_topic_into_the_menu_and_to_life(
    start: Start, knowledge: Path
) -> None:
    async with administered(start, knowledge) as (one, admin):
        catalog = knowledge / "catalog.yaml"
        text = catalog.read_text(encoding="utf-8")
        catalog.write_text(text.replace("topics:\n", f"topics:\n{TOPIC}"), encoding="utf-8")
        mark = one.server.mark
        assert "5 个话题命令" in await last_word(admin, "/reload")
        await one.server.call("setMyCommands", since=mark)
        reader = one.conversation()
        assert (await reader.ask("/place 潮格")).citations == ["热血忠诚 5"]
        assert (await reader.ask("/镇子 潮格温都尔镇")).citations == ["热血忠诚 5"]
        await one.stop()
        for menu in one.server.methods.menus.values():
            assert "place" in {entry["command"] for entry in menu}


async def test_a_failed_reload_says_where_and_changes_nothing(
    start: Start, knowledge: Path
) -> None:
    async with administered(start, knowledge) as (one, admin):
        catalog = knowledge / "catalog.yaml"
        text = catalog.read_text(encoding="utf-8")
        catalog.write_text(text.replace("- name: 刘安\n", "- name: 刘不在\n"), encoding="utf-8")
        said = await last_word(admin, "/reload")
        assert "catalog.yaml:" in said
        assert "刘不在" in said
        assert str(knowledge.parent) not in said
        assert (await one.conversation().ask("/hero 刘安")).citations[0] == "热血忠诚 6"


async def test_a_changed_report_is_quoted_as_it_is_now(start: Start, knowledge: Path) -> None:
    async with administered(start, knowledge) as (one, admin):
        report = knowledge / "reports" / "huhang-benteng.md"
        text = report.read_text(encoding="utf-8")
        old, new = "与山岭相伴", "与高山相伴"
        report.write_text(text.replace(old, new), encoding="utf-8")
        assert (await last_word(admin, "/reload")).startswith("已换上")
        answer = await one.conversation().ask("刘安是谁")
        assert any(new in quote for quote in answer.quotes)


@pytest.mark.parametrize("where", ["private", "group"])
async def test_nobody_else_can_reload(start: Start, knowledge: Path, where: str) -> None:
    async with administered(start, knowledge) as (one, _):
        stranger = one.conversation() if where == "private" else one.in_group()
        mark = one.server.mark
        stranger.say("/reload")
        await one.conversation().ask("/help")
        await one.stop()
        said = [message.text for message in stranger.written(mark)]
        assert said in ([], ["这个命令只有机器人的管理员能用。"])
