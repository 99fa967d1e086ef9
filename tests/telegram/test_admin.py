"""Can an operator change what a running bot knows, and nobody else?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.telegram.administration import administered, shown_in_the_end
from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import Start
from tests.telegram.test_buttons import edited_by, start_of

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


LIGHTS = """\
# 海岸的灯塔

## 一、北岸

北岸灯塔建于1902年，塔高三十二米，守塔人姓何。

南岸灯塔建于1931年，塔高二十米，守塔人姓孟。

东岸灯塔建于1950年，塔高十八米，没有人看守。

西岸灯塔建于1977年，塔高四十米，灯光射程二十海里。

## 二、盐田

盐田一年晒盐两季，收成由会计老周记账。

## 三、渡口

渡口的船每天开六班，船工老秦撑了三十年船。
"""


async def test_a_button_says_so_when_its_paragraph_has_changed_or_gone(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "lights"
    folder.mkdir()
    report = folder / "lights.md"
    report.write_text(LIGHTS, encoding="utf-8")
    async with administered(start, folder) as (one, admin):
        chat = one.conversation()
        kept = await chat.ask("盐田的收成由谁记账")
        gone = await chat.ask("渡口的船每天开几班")
        several = await chat.ask("灯塔建于哪年，塔高多少米")
        links = [start_of(kept), start_of(gone)]
        copied = [message.button("复制出处")["copy_text"]["text"] for message in (kept, gone)]
        assert [text.rpartition("start=")[2] for text in copied] == links

        changed, _, _ = LIGHTS.partition("## 三、渡口")
        report.write_text(
            changed.replace("会计老周", "出纳小吴").replace("1902", "1903").replace("1931", "1932"),
            encoding="utf-8",
        )
        await admin.press(await shown_in_the_end(admin, "/reload"), "确认")

        said = {}
        for name, message in (("changed", kept), ("gone", gone)):
            why = await chat.press(message, "为何命中")
            context = await edited_by(chat, message, "上下文")
            opened = await chat.ask(f"/start {start_of(message)}")
            said[name] = [why.parameters["text"].splitlines()[0], context.text, opened.text]
        assert said["changed"][0] == "这一段后来改过。"
        for text in said["changed"][1:]:
            assert text.startswith("这一段后来改过。\n当时：")
            assert text.index("会计老周") < text.index("现在：") < text.index("出纳小吴")
        assert said["gone"][0] == "报告改过，这一段已经不在了。"
        for text in said["gone"][1:]:
            assert text.startswith("报告改过，这一段已经不在了。当时是这样写的：")
            assert "船工老秦" in text

        more = await chat.press(several, "更多段落")
        assert more.parameters["text"] == "报告改过，这里有的段落已经不是当时的样子。"
        assert chat.now(several).quotes
        report.write_text(LIGHTS, encoding="utf-8")  # what was quoted at first stood there


async def test_what_a_reload_leaves_out_is_shown_before_and_never_silently_lost(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "lu.md").write_text("# 路\n\n桥有五座。\n", encoding="utf-8")
    (folder / "表.xlsx").write_bytes(b"PK")
    left_out = (
        "读不了，没有收进来：表.xlsx:1: has a format that is not read (.xlsx); save it as .html"
    )
    async with administered(start, folder) as (one, admin):
        assert (await one.conversation().ask("桥有几座？")).quotes == ["桥有五座。"]
        assert "left out: 表.xlsx:1: has a format" in one.bot.output
        (folder / "notes.md").write_bytes(b"")
        assert (await shown_in_the_end(admin, "/reload")).text == (
            f"内容没有变化。\n读不了，没有收进来：notes.md:1: is empty\n{left_out}"
        )
        (folder / "notes.md").unlink()
        (folder / "lu.md").write_bytes(b"")
        (folder / "shan.md").write_text("# 山\n\n山很高。\n", encoding="utf-8")
        preview = await shown_in_the_end(admin, "/reload")
        assert "撤下《路》：1 段" in preview.text
        assert f"读不了，没有收进来：lu.md:1: is empty\n{left_out}" in preview.text
        (folder / "lu.md").write_text("# 路\n\n桥有五座。\n", encoding="utf-8")
