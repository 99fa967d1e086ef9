"""Can an admin change the reports from a phone, with no way to break the bot?"""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from docx.document import Document as WordFile

from knowledge.newest import load_newest, shelf_in
from knowledge.revisions import MARK
from tests.knowledge import making
from tests.telegram import faults, people
from tests.telegram.administration import administered, file, settled, shown_in_the_end
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation, Message
from tests.telegram.refusal import bad_request
from tests.telegram.server import BOT, Server, running
from tests.telegram.world import World

REPORT = """\
# 草原年报

## 边境

刘安在边境守了23年，从没有离开过草原。

## 城里

阿拉善盟去年新建社区警务室18个，居民都说方便。
"""
CANTEEN = """\
# 食堂通讯

## 上半年

食堂重新装修，五月开放，同事都说好吃。

食堂的菜谱是土豆烧牛肉，每周三供应。

## 下半年

食堂新添了包子，每天早上供应三百个。
"""
CATALOG = """\
reports:
- {id: caoyuan, file: reports/caoyuan.md, date: '2024', authors: [魏汉中]}
topics:
- command: hero
  title: {zh: 英模}
  description: {zh: 报告里的英模}
  entries: [{name: 刘安, role: 守了23年}]
questions: questions.yaml
"""
QUESTIONS = """\
- {id: q1, question: 新建警务室多少个？, answer: 18个, section: [城里], paragraph: 1}
- {id: u1, question: 食堂的菜谱是什么？, answer: null}
"""


# Four files are kept; the draft is made; it is noted who confirms; it becomes a revision; never.
RENAMES = (1, 2, 3, 4, 5, 6, 7, 0)


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    (folder / "reports").mkdir(parents=True)
    (folder / "reports" / "caoyuan.md").write_text(REPORT, encoding="utf-8")
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (folder / "questions.yaml").write_text(QUESTIONS, encoding="utf-8")
    return folder


def assert_whole(one: Running, numbers: tuple[int, ...], drafts: int = 0) -> None:
    """The shelf has these revisions and so many drafts, and nothing that belongs to neither."""
    place = one.bot.folder / "state" / "knowledge"
    shelf = shelf_in(one.bot.folder / "state")
    assert shelf.numbers() == numbers
    assert len(list((place / "drafts").iterdir())) == drafts
    notes = [shelf.revision(number) for number in numbers]
    notes += [shelf.draft(path.name) for path in (place / "drafts").iterdir()]
    there = {path for path in place.glob("objects/*/*") if path.is_file()}
    used = {digest for note in notes for digest in note.files.values()}
    assert {path.name for path in there} >= used
    assert not list(place.rglob(".new-*"))
    assert (place / MARK).is_file()


async def test_a_report_is_added_replaced_removed_and_brought_back(
    start: Start, knowledge: Path
) -> None:
    async with administered(start, knowledge) as (one, admin):
        server, reader = one.server, one.conversation()
        assert (await reader.ask("食堂的菜谱是什么？")).quotes == []

        added = await shown_in_the_end(admin, file(server, "canteen.md", CANTEEN))
        assert added.text == (
            "新报告《食堂通讯》\n编号 canteen · 文件 canteen.md\n\n"
            "目录：2 节，3 段\n上半年 · 2 段\n下半年 · 1 段\n\n"
            "标准问题里有 1 个会答得和标准不一样：\n• 食堂的菜谱是什么？\n\n"
            "最近问过的 1 个问题里，1 个答案会变：\n"
            "• 食堂的菜谱是什么？：没有找到 → “食堂的菜谱是土豆烧牛肉，每周三供应。”\n\n"
            "按“确认”换上；不按就什么都不变。"
        )
        assert (await reader.ask("食堂的菜谱是什么？")).quotes == []
        await admin.press(added, "确认")
        assert admin.now(added).text == (
            "已换上第 2 版：新增《食堂通讯》。现在有 2 份报告，5 段，1 个话题命令。\n"
            "要撤回，发 /rollback 1，或者按下面的按钮。"
        )
        said = await reader.ask("食堂的菜谱是什么？")
        assert (said.quotes, said.citations) == (
            ["食堂的菜谱是土豆烧牛肉，每周三供应。"],
            ["上半年 2"],
        )

        again = await shown_in_the_end(admin, file(server, "copy.md", CANTEEN))
        assert again.text == "这份文件的内容正在使用，就是《食堂通讯》（编号 canteen），不用再加。"

        changed = file(server, "new.md", CANTEEN.replace("土豆烧牛肉", "羊肉面"), "canteen")
        await admin.press(await shown_in_the_end(admin, changed), "取消")
        replaced = await shown_in_the_end(admin, changed)
        assert (
            "更新《食堂通讯》\n编号 canteen · 文件 new.txt" not in replaced.text
        )  # # is no heading
        assert (
            "− 食堂的菜谱是土豆烧牛肉，每周三供应。\n+ 食堂的菜谱是羊肉面，每周三供应。"
            in replaced.text
        )
        await admin.press(replaced, "确认")
        assert (await reader.ask("食堂的菜谱是什么？")).quotes == [
            "食堂的菜谱是羊肉面，每周三供应。"
        ]

        chosen = (await admin.ask("/remove")).buttons
        assert [button["text"] for button in chosen] == ["草原年报", "食堂通讯"]
        removed = await shown_in_the_end(admin, "/remove canteen")
        assert removed.text.startswith("移除《食堂通讯》\n\n新增 0 段，改动 0 段，删去 3 段")
        await admin.press(removed, "确认")
        assert (await reader.ask("食堂的菜谱是什么？")).quotes == []

        back = await shown_in_the_end(admin, "/rollback 2")
        assert back.text.startswith("回到第 2 版\n\n新报告《食堂通讯》：3 段")
        await admin.press(back, "确认")
        said = await reader.ask("食堂的菜谱是什么？")
        assert said.quotes == ["食堂的菜谱是土豆烧牛肉，每周三供应。"]
        listed = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "T", (await admin.ask("/revisions")).text)
        who = f"管理员（{admin.person.id}）"
        assert listed.splitlines() == [
            "一共 5 版，最新的在前：",
            f"第 5 版 · T · {who}：回到第 2 版（正在用）",
            f"第 4 版 · T · {who}：移除《食堂通讯》",
            f"第 3 版 · T · {who}：更新《食堂通讯》",
            f"第 2 版 · T · {who}：新增《食堂通讯》",
            "第 1 版 · T · 知识文件夹：重新读取知识文件夹",
        ]
        assert_whole(one, (5, 4, 3, 2, 1))


def letter(file: WordFile) -> None:
    """A Word file as offices write them: no styles, a numbered heading, a table."""
    making.line(file, "警务室建设通报", 22, centred=True)
    making.line(file, "一、进展", bold=True)
    making.line(file, "全区新建警务室186个，配备民警412名，群众办事少跑了腿。")
    making.table(file, [["单位", "警务室"], ["东城分局", "31"], ["西城分局", "28"]])


def briefing(press: making.Press) -> None:
    """A page with a running head and a page number."""
    press.line(72, 800, "全区公安工作简报", 9)
    press.line(290, 30, "— 1 —", 9)
    press.line(180, 740, "夜间巡逻通报", 20)
    top, _ = press.paragraph("一、做法", 72, 700, 36)
    press.paragraph("巡逻队每晚十点出发，沿河岸走两个小时，遇到晚归的老人就送回家。", 72, top, 36)


async def test_files_of_every_format_arrive_and_are_quoted(start: Start, knowledge: Path) -> None:
    page = (
        "<body><nav>首页 | 要闻</nav><h1>牧区普法</h1>"
        "<p>普法车全年开了九十趟，走遍五个苏木。</p></body>"
    )
    book = making.book(
        {"a.xhtml": "<h1>第一章 马队</h1><p>骑警队有四十匹马，冬天也出勤。</p>"}, "骑警"
    )
    files = {
        "通报.docx": (making.word(letter), "东城分局有几个警务室？", "单位：东城分局 | 警务室：31"),
        "简报.pdf": (
            making.pdf(briefing),
            "巡逻队几点出发？",
            "巡逻队每晚十点出发，沿河岸走两个小时，遇到晚归的老人就送回家。",
        ),
        "普法.html": (
            page.encode(),
            "普法车全年开了多少趟？",
            "普法车全年开了九十趟，走遍五个苏木。",
        ),
        "骑警.epub": (book, "骑警队有多少匹马？", "骑警队有四十匹马，冬天也出勤。"),
        "旧.txt": (
            "消防站值班记录\n\n消防站昨夜出动三次，没有人员受伤。\n".encode("gb18030"),
            "消防站昨夜出动几次？",
            "消防站昨夜出动三次，没有人员受伤。",
        ),
    }
    async with administered(start, knowledge) as (one, admin):
        reader = one.conversation()
        previews = {}
        for name, (content, question, quote) in files.items():
            preview = await shown_in_the_end(admin, file(one.server, name, content))
            previews[name] = preview.text
            await admin.press(preview, "确认")
            assert admin.now(preview).text.startswith("已换上第"), name
            assert quote in (await reader.ask(question)).quotes, name
        assert "略去 1 个页码，如第 1 页的“— 1 —”" in previews["简报.pdf"]
        assert "按样子当作小标题，如第 1 段的“警务室建设通报”" in previews["通报.docx"]
        assert_whole(one, (6, 5, 4, 3, 2, 1))


async def test_what_cannot_be_a_report_is_refused_and_leaves_nothing(
    start: Start, knowledge: Path
) -> None:
    async with administered(start, knowledge) as (one, admin):
        server = one.server

        async def said_to(name: str, content: str | bytes, caption: str | None = None) -> str:
            return (await shown_in_the_end(admin, file(server, name, content, caption))).text

        assert (await said_to("a.xyz", CANTEEN)).startswith(
            "a.xyz 读不了：has a format that is not"
        )
        assert await said_to("../../a.md", "# 题\n") == (
            "a.md 读不了：has no body text below its headings"
        )
        assert (await said_to("a.txt", b"\x80\xff\xfe\x00\x81")).startswith("a.txt 读不了：")
        assert (await said_to("a.docx", CANTEEN)).startswith("a.docx 读不了：")
        assert (await said_to("a.md", REPORT.replace("刘安", "老刘"), "caoyuan")).startswith(
            "没有换上，原来的内容照常服务。请先改好：\n• catalog.yaml:7: “刘安” occurs in no report"
        )
        assert (await shown_in_the_end(admin, "/remove caoyuan")).text == (
            "只剩这一份报告了，不能移除。"
        )
        large = people.document(
            server.methods.keep_file("l.pdf", b"", 21 * 2**20), "l.pdf", 22020096
        )
        assert (await admin.ask(large)).text.startswith("文件有 21.0 MB。Telegram 只让机器人下载")
        assert server.made("getFile", file_id=large["document"]["file_id"]) == []
        server.fail("getFile", bad_request("file is too big"))
        assert (await said_to("b.md", CANTEEN)).startswith("文件有 > 20 MB。")
        server.fail("getFile", bad_request("wrong file_id or the file is temporarily unavailable"))
        assert (await said_to("b.md", CANTEEN)).startswith("文件没有下载下来（")
        assert (await admin.ask("/add")).text.startswith("把文件发给我（")
        assert (await admin.ask("/remove 没有的")).text.startswith("没有“没有的”这份报告。")
        for command, answer in (
            ("/rollback", "还没有更早的版本。"),
            ("/rollback 1", "现在用的就是第 1 版。"),
            ("/rollback 7", "没有第 7 版。/revisions 看有哪些。"),
            ("/rollback 上一版", "请写版本的号码，例如 /rollback 3。/revisions 看有哪些。"),
        ):
            assert (await shown_in_the_end(admin, command)).text == answer
        assert (await one.conversation().ask("新建警务室多少个？")).citations == ["城里 1"]
        assert_whole(one, (1,))


async def test_a_caption_a_reply_and_another_language(start: Start, knowledge: Path) -> None:
    async with administered(start, knowledge) as (one, admin):
        english = Conversation(one.server, admin.chat, admin.person)
        await english.press(await english.ask("/settings"), "English")
        lying = english.say(file(one.server, "报告.md", CANTEEN, "canteen-2024: Canteen news"))
        first = await settled(english, await english.answer(since=0, number=2))
        assert first.replies_to == lying.id
        assert first.text.startswith(
            "New report “Canteen news”\nid canteen-2024 · file 报告.md\n\nContents (sections: 2,"
        )
        second = await shown_in_the_end(english, "/add 食堂", reply_to=lying)
        assert second.text.startswith("New report “食堂”\nid ")
        await english.press(second, "Confirm")
        assert english.now(second).text.startswith(
            "Revision 2 is in use: “食堂” added. Reports: 2,"
        )
        # The first preview was made before: what it asks for is there by now.
        await english.press(first, "Confirm")
        assert english.now(first).text.startswith("Somebody has just put revision 2 into use.")


async def test_two_admins_at_once_are_each_told_and_nobody_else_can_press(
    start: Start, knowledge: Path
) -> None:
    world = World(BOT)
    people_ = [world.new_person(name) for name in ("甲", "乙", "丙")]
    chats = [world.private(person) for person in people_]
    ids = ",".join(str(person.id) for person in people_[:2])
    settings = {"WENJU_KNOWLEDGE": str(knowledge), "WENJU_ADMINS": ids, "WENJU_SEMANTIC": "off"}
    async with running(Server(world)) as server, start(server, **settings) as one:
        first, second, stranger = (
            Conversation(server, chat, person) for chat, person in zip(chats, people_, strict=True)
        )
        other = CANTEEN.replace("食堂通讯", "食堂旧闻").replace("土豆烧牛肉", "羊肉面")
        first.say(file(server, "a.md", CANTEEN))
        second.say(file(server, "b.md", other))
        one_preview = await settled(first, await first.answer(since=0))
        other_preview = await settled(second, await second.answer(since=0))
        assert one_preview.text.startswith("新报告《食堂通讯》")
        assert other_preview.text.startswith("新报告《食堂旧闻》")
        pressed = await stranger.press_data(
            Message(stranger.chat.add({"from": BOT.json(), "text": "x"})),
            one_preview.button("确认")["callback_data"],
        )
        assert pressed.parameters["text"] == "这个命令只有机器人的管理员能用。"
        await first.press(one_preview, "确认")
        await second.press(other_preview, "确认")
        over = second.now(other_preview)
        assert over.text.startswith(
            "刚才有人换上了第 2 版，这是在它上面重新比较的结果。\n\n新报告《食堂旧闻》"
        )
        await second.press(over, "确认")
        assert second.now(over).text.startswith("已换上第 3 版：新增《食堂旧闻》。现在有 3 份报告")
        # Twice is once, be it the button of the preview or an old copy of it.
        twice = await second.press_data(over, over.button("确认")["callback_data"])
        assert twice.parameters["text"] == "已经确认过了，就是第 3 版。"
        late = await first.press_data(one_preview, one_preview.button("取消")["callback_data"])
        assert late.parameters["text"] == "已经确认过了，就是第 2 版。"
        assert_whole(one, (3, 2, 1))


async def test_a_preview_outlives_a_restart_and_a_kill_is_told(
    start: Start, knowledge: Path
) -> None:
    world = World(BOT)
    person = world.new_person("管理员")
    chat = world.private(person)
    settings = {"WENJU_KNOWLEDGE": str(knowledge), "WENJU_ADMINS": str(person.id)}
    async with running(Server(world)) as server:
        admin = Conversation(server, chat, person)
        async with start(server, WENJU_SEMANTIC="off", **settings) as one:
            preview = await shown_in_the_end(admin, file(server, "canteen.md", CANTEEN))
            server.fail("getFile", faults.Break.HANG)
            mark = server.mark
            reading = await admin.ask(file(server, "more.md", CANTEEN.replace("食堂", "操场")))
            assert reading.text == "正在下载 more.md……"
            await server.until(
                lambda: server.made("getFile", since=mark) or None, "getFile", since=mark
            )
            await one.bot.crash()
        server.heal("getFile")
        async with start(server, WENJU_SEMANTIC="off", **settings) as one:
            assert (await settled(admin, reading)).text == (
                "机器人重启了，这件事没有做完，什么都没有变。请再来一次。"
            )
            server.fail("setMyCommands", faults.Break.HANG)  # after the swap, before its last word
            mark = server.mark
            data = preview.button("确认")["callback_data"]
            query = server.methods.open_callback_query()
            server.deliver(people.press(person, query, chat.history[preview.id], data))
            await server.until(
                lambda: server.made("setMyCommands", since=mark) or None, "menu", since=mark
            )
            await one.bot.crash()
        server.heal("setMyCommands")
        async with start(server, WENJU_SEMANTIC="off", **settings) as one:
            assert (await settled(admin, preview)).text == "已经确认过了，就是第 2 版。"
            said = await one.conversation().ask("食堂的菜谱是什么？")
            assert said.citations == ["上半年 2"]
            assert_whole(one, (2, 1))
            assert not list((one.bot.folder / "state" / "working").iterdir())


async def test_a_bot_killed_at_any_step_of_an_upload_has_the_old_or_the_new(
    start: Start, knowledge: Path, tmp_path: Path
) -> None:
    world = World(BOT)
    person = world.new_person("管理员")
    admin = (world.private(person), person)
    settings = {
        "WENJU_KNOWLEDGE": str(knowledge),
        "WENJU_ADMINS": str(person.id),
        "WENJU_SEMANTIC": "off",
        "PYTHONPATH": str(Path(__file__).parent / "dying_bot"),
    }
    kept, found = tmp_path / "kept", []
    async with running(Server(world)) as server:
        chat = Conversation(server, *admin)
        async with start(server, **settings) as one:
            state = one.bot.folder / "state"
        shutil.copytree(state, kept, symlinks=True)
        for step in RENAMES:
            shutil.rmtree(state)
            shutil.copytree(kept, state)
            async with start(server, DIE_AT_RENAME=str(step), **settings) as one:
                alive = await uploaded(one, chat)
            shelf = shelf_in(state)
            shelf.sweep()
            titles = [report.title for report in load_newest(knowledge, shelf).reports]
            assert titles in (["草原年报"], ["草原年报", "食堂通讯"])
            found.append((len(titles), len(list((state / "knowledge/drafts").iterdir()))))
            assert_whole(one, shelf.numbers(), drafts=found[-1][1])
            assert alive == (step == RENAMES[-1])
        assert found == [*[(1, 0)] * 5, (1, 1), (1, 1), (2, 0)]


async def uploaded(one: Running, admin: Conversation) -> bool:
    """Send a file and confirm it; whether the bot outlives that."""
    watching = asyncio.create_task(wake_at_end(one))
    dead = one.bot.process

    def ended(message: Message) -> Message | None:
        now = admin.now(message)
        return now if dead.returncode is not None or not now.text.endswith("……") else None

    async def last(message: Message) -> Message:
        return await admin.server.until(lambda: ended(message), "an end")

    preview = await last(await admin.ask(file(admin.server, "canteen.md", CANTEEN)))
    if dead.returncode is None:
        data = preview.button("确认")["callback_data"]
        query = admin.server.methods.open_callback_query()
        mark = admin.server.mark
        admin.server.deliver(
            people.press(admin.person, query, admin.chat.history[preview.id], data)
        )
        await admin.server.until(
            lambda: (
                dead.returncode is not None
                or admin.server.made("answerCallbackQuery", since=mark)
                or None
            ),
            "an answer or an end",
        )
    watching.cancel()
    return dead.returncode is None


async def wake_at_end(one: Running) -> None:
    """Let whoever waits look again when the bot has died."""
    await one.bot.process.wait()
    one.server.wake()


async def test_an_admin_whom_the_bot_has_never_met_gets_the_menu_on_writing(
    start: Start, knowledge: Path
) -> None:
    world = World(BOT)
    person = world.new_person("管理员")
    settings = {"WENJU_KNOWLEDGE": str(knowledge), "WENJU_ADMINS": str(person.id)}
    async with running(Server(world)) as server:
        server.expected_refusals.add("Bad Request: chat not found")
        async with start(server, WENJU_SEMANTIC="off", **settings) as one:
            scope = f"chat:{person.id}"
            assert (scope, "zh") not in server.methods.menus
            await Conversation(server, world.private(person), person).ask("/start")
            await one.stop()
            assert "WARNING" not in one.bot.output
            offered = {entry["command"] for entry in server.methods.menus[scope, "zh"]}
            assert {"hero", "add", "remove", "reload", "revisions", "rollback"} <= offered
            others = {entry["command"] for entry in server.methods.menus["all_private_chats", "zh"]}
            assert not {"add", "remove", "reload", "revisions", "rollback"} & others
