"""Does an admin get from an unanswered question to its passage, and back, in a few taps?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.telegram.bot_process import ROOT, kept_environment
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation, Message
from tests.telegram.server import BOT, Server, running
from tests.telegram.world import World

MONEY = "三零的钱从哪里来"
STEW = "红烧肉怎么做"
BOSS = "公安怎么帮摊主"


@asynccontextmanager
async def administered(
    start: Start, world: World, **settings: str
) -> AsyncIterator[tuple[Running, Conversation]]:
    """A bot with an administrator, and their private chat."""
    admin = world.new_person("管理员")
    chat = world.private(admin)
    settings |= {"WENJU_ADMINS": str(admin.id), "WENJU_SEMANTIC": "off"}
    async with running(Server(world)) as server, start(server, **settings) as one:
        yield one, Conversation(server, chat, admin)


async def pressed(chat: Conversation, message: Message, words: str) -> Message:
    """Press a button, and what the message says in the end."""
    await chat.press(message, words)
    return chat.now(message)


async def in_the_end(chat: Conversation, message: Message) -> Message:
    """What ``message`` says when the work that it tells of is done."""

    def settled() -> Message | None:
        now = chat.now(message)
        return None if now.text.endswith("…") else now

    return await chat.server.until(settled, "the end of the work")


async def wenju(state: Path, *arguments: str) -> str:
    """What a command prints about the knowledge that the bot keeps in ``state``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=ROOT,
        env={**kept_environment(), "WENJU_STATE": str(state), "WENJU_SEMANTIC": "off"},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return said.decode()


async def test_an_unanswered_question_is_bound_to_a_passage_in_two_taps_and_back(
    start: Start, tmp_path: Path
) -> None:
    world = World(BOT)
    chat = world.private(world.new_person("管理员"))
    assert chat.person is not None
    settings = {"WENJU_ADMINS": str(chat.person.id), "WENJU_SEMANTIC": "off"}
    async with running(Server(world)) as server:
        admin = Conversation(server, chat, chat.person)
        async with start(server, **settings) as one:
            found = await one_round(one, admin, tmp_path / "state")
        async with start(server, **settings) as one:
            # After a restart all of it still holds.
            bound = await pressed(admin, admin.now(found), "用 [1]")
            assert bound.text.startswith("✓ 以后这样问：")
            assert (await one.conversation().ask(STEW)).citations == found.citations[:1]
    state = tmp_path / "state"
    assert "nothing to mend" in await wenju(state, "check")
    assert f"bound by an admin to its passage: {STEW}" in await wenju(state, "explain", STEW)


async def one_round(one: Running, admin: Conversation, state: Path) -> Message:
    """Bind, undo, look for other words, dismiss; the message with the other words' passages."""
    assert "空的" in (await admin.ask("/inbox")).text
    readers = [one.conversation() for _ in range(3)]
    for reader, asked in zip(readers, (MONEY, f"{MONEY}？", "三零的钱是从哪里来"), strict=True):
        assert "没有找到" in (await reader.ask(asked)).text
    await readers[0].ask(STEW)
    liked, disliked = await readers[1].ask("索连红是谁"), await readers[2].ask("刘安是谁")
    await readers[1].press(liked, "👍")
    await readers[2].press(disliked, "👎")

    # What most people asked stands first; what was answered well does not stand there.
    inbox = await admin.ask("/inbox")
    lines = inbox.text.splitlines()
    assert "3 个" in lines[0]
    assert lines[1:3] == [f"1. {MONEY}", "3 次，3 人"]
    assert {lines[3], lines[5]} == {"2. 刘安是谁", f"3. {STEW}"}
    assert "👎 1" in inbox.text
    assert "索连红" not in inbox.text

    # Two taps.
    item = await pressed(admin, inbox, MONEY)
    assert all(words in item.text for words in (MONEY, "· 三零的钱是从哪里来"))
    done = await pressed(admin, item, "用 [1]")
    assert done.text.startswith("✓ 以后这样问：")
    assert "第 2 版" in done.text
    again = await readers[0].ask(f"{MONEY}?!")
    assert (again.citations, again.quotes != []) == (item.citations[:1], True)
    assert "管理员选定" in again.text
    why = await readers[0].press(again, "为何命中")
    assert "管理员" in why.parameters["text"]
    assert MONEY not in (await admin.ask("/inbox")).text
    overlay = (state / "knowledge/revisions/000002/overlay.yaml").read_text("utf-8")
    assert overlay.count("question:") == 2
    assert "三零" in overlay

    # And back.
    undone = await pressed(admin, done, "撤销")
    assert "第 3 版" in undone.text
    assert "没有找到" in (await readers[0].ask(MONEY)).text
    assert not (state / "knowledge/revisions/000003/overlay.yaml").exists()
    inbox = await pressed(admin, undone, "收件箱")
    assert inbox.text.splitlines()[1:3] == [f"1. {MONEY}", "4 次，3 人"]

    # Other words, in a reply; and then to say that it needs no answer.
    item = await pressed(admin, inbox, STEW)
    found = await admin.ask("刘安", reply_to=item)
    assert "按“刘安”找" in found.text
    assert "热血忠诚 6" in found.citations
    gone = await pressed(admin, item, "不用回答")
    assert STEW not in gone.text
    await readers[1].ask(f"{STEW}？")
    assert STEW not in (await admin.ask("/inbox")).text

    # A button of a question that somebody else has dealt with meanwhile does no harm.
    refused = await admin.press(inbox, STEW)
    assert refused.parameters["text"] == "这个问题已经不在收件箱里了。"
    return found


async def test_two_words_become_the_same_and_different_again(start: Start) -> None:
    async with administered(start, World(BOT)) as (one, admin):
        reader = one.conversation()
        assert "没有找到" in (await reader.ask(BOSS)).text
        item = await pressed(admin, await admin.ask("/inbox"), BOSS)
        hint = await admin.ask("摊主=摊主", reply_to=item)
        assert "两个不同的词" in hint.text
        unknown = await admin.ask("摊主=掌柜的", reply_to=item)
        assert "都没有" in unknown.text
        done = await in_the_end(admin, await admin.ask("摊主 ＝ 企业", reply_to=item))
        assert done.text.startswith("✓ 同义：摊主 = 企业")
        assert (await reader.ask(BOSS)).citations[0].startswith("放眼全局")
        assert "空的" in (await admin.ask("/inbox")).text
        await pressed(admin, done, "撤销")
        assert "没有找到" in (await reader.ask(BOSS)).text


async def test_a_passage_that_spoils_a_gold_question_is_bound_only_after_a_warning(
    start: Start, tmp_path: Path
) -> None:
    async with administered(start, World(BOT)) as (one, admin):
        reader = one.conversation()
        question = "郑光照的职务是什么?"
        answer = await reader.ask(question)
        await reader.press(answer, "👎")
        item = await pressed(admin, await admin.ask("/inbox"), "郑光照")
        found = await admin.ask("三零", reply_to=item)
        warned = await pressed(admin, found, "用 [1]")
        assert "答错" in warned.text
        assert question in warned.text
        assert (await reader.ask(question)).citations == answer.citations
        listed = await pressed(admin, warned, "算了")
        assert "没答好的问题" in listed.text
        assert list((tmp_path / "state/knowledge/drafts").iterdir()) == []
        warned = await pressed(admin, await admin.ask("三零", reply_to=item), "用 [1]")
        done = await pressed(admin, warned, "仍然这样改")
        assert done.text.startswith("✓ 以后这样问：")
        assert (await reader.ask(question)).citations == ["放眼全局 3"]


async def test_the_inbox_and_the_week_are_for_admins_in_private(start: Start) -> None:
    async with administered(start, World(BOT)) as (one, admin):
        reader, group = one.conversation(), one.in_group()
        for command in ("/inbox", "/stats"):
            assert "管理员" in (await reader.ask(command)).text
            group.say(command)
            Conversation(one.server, group.chat, admin.person).say(command)
        page = await admin.ask("/inbox")
        other = await reader.ask("刘安是谁")
        refused = await reader.press_data(other, "1ilist.0")
        assert "管理员" in refused.parameters["text"]
        await reader.ask(STEW)
        item = await pressed(admin, await admin.ask("/inbox"), STEW)
        quiet = await reader.ask("/help")
        assert "/inbox" not in quiet.text
        assert "/inbox" in (await admin.ask("/help")).text
        assert [said.text for said in group.written()] == ["请在私聊里用这个命令。"] * 2
        assert page.id != item.id


async def test_the_week_comes_as_a_picture_with_its_numbers(start: Start) -> None:
    async with administered(start, World(BOT)) as (one, admin):
        reader = one.conversation()
        answer = await reader.ask("刘安是谁")
        await reader.press(answer, "👍")
        await reader.ask("/hero 马春雨")
        await one.conversation().ask(STEW)
        shown = await admin.ask("/stats")
        assert "问题 3 个，来自 2 人；前一周 0 个。" in shown.text
        assert "答出 33%：答出 1，只是提到 1，没有找到 1。" in shown.text
        assert "👍 1　👎 0" in shown.text
        assert "1. 热血忠诚：2" in shown.text
        (call,) = one.server.made("sendPhoto")
        (picture,) = call.uploads.values()
        assert picture.content.startswith(b"\x89PNG\r\n")


async def test_without_a_log_there_is_nothing_to_show(start: Start, tmp_path: Path) -> None:
    async with administered(start, World(BOT), WENJU_QUESTION_LOG="off") as (one, admin):
        first = await one.conversation().ask(STEW)
        assert "空的" in (await admin.ask("/inbox")).text
        assert "问题 0 个" in (await admin.ask("/stats")).text
        assert "没有找到" in first.text
