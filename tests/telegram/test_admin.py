"""Can an operator change what a running bot knows, and nobody else?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.telegram.administration import administered, shown_in_the_end
from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import Start

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


async def test_a_reload_brings_a_new_topic_into_the_menu_and_to_life(
    start: Start, knowledge: Path
) -> None:
    async with administered(start, knowledge) as (one, admin):
        catalog = knowledge / "catalog.yaml"
        text = catalog.read_text(encoding="utf-8")
        catalog.write_text(text.replace("topics:\n", f"topics:\n{TOPIC}"), encoding="utf-8")
        mark = one.server.mark
        preview = await shown_in_the_end(admin, "/reload")
        assert preview.text == (
            "重新读取知识文件夹\n\n话题、名称、同义词或问题清单有改动\n\n"
            "还没有人问过问题，没有答案可比。\n\n按“确认”换上；不按就什么都不变。"
        )
        reader = one.conversation()
        assert (await reader.ask("/place")).text.startswith("没有 /place 这个命令")
        await admin.press(preview, "确认")
        assert "5 个话题命令" in admin.now(preview).text
        await one.server.call("setMyCommands", since=mark)
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
        said = (await shown_in_the_end(admin, "/reload")).text
        assert said.startswith("没有换上，原来的内容照常服务。请先改好：\n• catalog.yaml:")
        assert "刘不在" in said
        assert str(knowledge.parent) not in said
        assert (await one.conversation().ask("/hero 刘安")).citations[0] == "热血忠诚 6"


async def test_a_changed_report_is_quoted_as_it_is_now(start: Start, knowledge: Path) -> None:
    async with administered(start, knowledge) as (one, admin):
        assert (await shown_in_the_end(admin, "/reload")).text == "内容没有变化。"
        report = knowledge / "reports" / "huhang-benteng.md"
        text = report.read_text(encoding="utf-8")
        old, new = "与山岭相伴", "与高山相伴"
        reader = one.conversation()
        await reader.ask("刘安是谁")
        report.write_text(text.replace(old, new), encoding="utf-8")
        preview = await shown_in_the_end(admin, "/reload")
        assert "新增 0 段，改动 1 段，删去 0 段" in preview.text
        assert "最近问过的 1 个问题里，1 个答案会变：\n• 刘安是谁：" in preview.text
        assert any(old in quote for quote in (await reader.ask("刘安是谁")).quotes)
        await admin.press(preview, "确认")
        assert admin.now(preview).text.startswith("已换上第 2 版：重新读取知识文件夹。")
        assert any(new in quote for quote in (await reader.ask("刘安是谁")).quotes)


async def test_nobody_else_can_change_anything(start: Start, knowledge: Path) -> None:
    commands = ("/reload", "/add", "/remove", "/revisions", "/rollback")
    async with administered(start, knowledge) as (one, _):
        alone, among_others = one.conversation(), one.in_group()
        for command in commands:
            alone.say(command)
            among_others.say(command)
        await one.conversation().ask("/help")
        await one.stop()
        said = [message.text for message in alone.written()]
        assert said == ["这个命令只有机器人的管理员能用。"] * len(commands)
        assert among_others.written() == []
