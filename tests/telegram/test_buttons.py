"""Does everything that the bot has ever sent go on working? Buttons, links, inline results."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.telegram import people
from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation, Message
from tests.telegram.server import BOT, Server, running

talking = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def chat(wenju: Running) -> Conversation:
    return wenju.conversation()


def start_of(message: Message, number: int = 0) -> str:
    """What the link of a citation starts the bot with."""
    url = list(message.links.values())[number]
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"https://t.me/{BOT.username}"
    return parse_qs(parts.query)["start"][0]


async def edited_by(chat: Conversation, message: Message, words: str) -> Message:
    """Press a button and wait until the message has changed."""
    mark = chat.server.mark
    await chat.press(message, words)
    await chat.server.call("editMessageText", since=mark, message_id=message.id)
    return chat.now(message)


# Under an answer


@talking
async def test_more_passages_come_in_the_same_message_and_back(chat: Conversation) -> None:
    answer = await chat.ask("全区公安机关做了什么")
    more = await edited_by(chat, answer, "更多段落")
    assert more.citations
    assert not set(more.citations) & set(answer.citations)
    back = await edited_by(chat, more, "上一页")
    assert (back.text, back.buttons) == (answer.text, answer.buttons)
    assert len(chat.written()) == 1


@talking
async def test_the_pages_of_an_answer_never_show_a_passage_twice(chat: Conversation) -> None:
    page = await chat.ask("全区公安机关做了什么")
    seen = list(page.citations)
    label = "更多段落"
    while any(label in button["text"] for button in page.buttons):
        page = await edited_by(chat, page, label)
        seen += page.citations
        label = "下一页"
    assert len(seen) == len(set(seen))
    assert len(seen) > 3


@talking
async def test_an_answer_with_one_good_passage_offers_no_more(chat: Conversation) -> None:
    answer = await chat.ask("索连红的丈夫是谁")
    assert answer.citations == ["热血忠诚 7"]
    assert not any("更多" in button["text"] for button in answer.buttons)
    offered = await chat.inline("索连红的丈夫是谁")
    assert (len(offered["results"]), offered.get("next_offset", "")) == (1, "")


@talking
async def test_the_context_shows_the_neighbours_and_walks_on(chat: Conversation) -> None:
    answer = await chat.ask("刘安是谁")
    label = next(b["text"] for b in answer.buttons if b["text"].startswith("上下文"))
    context = await edited_by(chat, answer, label)
    assert context.citations == ["热血忠诚 6"]
    assert len(context.quotes) == 3
    assert "宝音德力格尔" in context.quotes[0]
    assert "刘安" in context.quotes[1]
    assert "索连红" in context.quotes[2]
    onward = await edited_by(chat, context, "下一段")
    assert onward.citations == ["热血忠诚 7"]
    back = await edited_by(chat, onward, "返回")
    assert back.text == answer.text


@talking
async def test_the_reason_names_the_words_that_matched(chat: Conversation) -> None:
    answer = await chat.ask("刘安是谁")
    reason = await chat.press(answer, "为何命中")
    assert "刘安" in reason.parameters["text"]
    assert reason.parameters.get("show_alert") is True


@talking
async def test_the_reason_names_the_synonym_that_matched(chat: Conversation) -> None:
    answer = await chat.ask("宝力格的老婆是谁")
    reason = await chat.press(answer, "为何命中")
    assert reason.parameters["text"] == "命中的词：宝力格、老婆→妻子（同义）\n名次：第 1 名"


@talking
async def test_the_reason_is_told_of_every_passage_of_the_page(chat: Conversation) -> None:
    answer = await chat.ask("三个规定是什么？六项规定又是什么？")
    reason = (await chat.press(answer, "为何命中")).parameters["text"].splitlines()
    assert len(reason) == len(answer.citations) > 1
    assert [line[:3] for line in reason] == [f"[{n}]" for n in range(1, len(reason) + 1)]
    assert "三个规定" in reason[0]
    assert "六项规定" in reason[1]


@talking
async def test_the_reason_of_a_follow_up_knows_what_it_followed(chat: Conversation) -> None:
    first = await chat.ask("刘安是谁")
    answer = await chat.ask("他守了多少年?", reply_to=first)
    assert "刘安" in (await chat.press(answer, "为何命中")).parameters["text"]


@talking
async def test_what_was_asked_for_by_name_says_so(chat: Conversation) -> None:
    answer = await chat.ask("报告的标题是什么")
    assert "标题" in (await chat.press(answer, "为何命中")).parameters["text"]


@talking
async def test_a_shared_message_keeps_its_language_whoever_presses(wenju: Running) -> None:
    group = wenju.in_group()
    guest = wenju.server.world.new_person("Ann", language="en")
    answer = await group.ask("/ask 全区公安机关做了什么")
    mark = wenju.server.mark
    await group.press(answer, "更多段落", by=guest)
    await wenju.server.call("editMessageText", since=mark)
    more = group.now(answer)
    assert more.text.startswith("更多段落")
    thanks = await group.press(more, "👍", by=guest)
    assert thanks.parameters["text"].startswith("Thank you")


@talking
async def test_the_citation_can_be_copied_with_its_link(chat: Conversation) -> None:
    answer = await chat.ask("刘安是谁")
    copied = answer.button("复制出处")["copy_text"]["text"]
    assert "护航奔腾时代 忠诚使命担当 › 热血忠诚" in copied
    assert "第 6 段" in copied
    assert copied.endswith(f"https://t.me/{BOT.username}?start={start_of(answer)}")


@talking
@pytest.mark.parametrize("vote", ["👍", "👎"])
async def test_a_vote_is_taken_and_may_be_given_twice(chat: Conversation, vote: str) -> None:
    answer = await chat.ask("刘安是谁")
    for _ in range(2):
        thanks = await chat.press(answer, vote)
        assert "谢谢" in thanks.parameters["text"]
    assert chat.now(answer).text == answer.text


@talking
@pytest.mark.parametrize("data", ["", "x", "0m1", "1z", "1m", "1m999999", "1c0.nothing", "9" * 64])
async def test_a_button_of_another_time_says_so(chat: Conversation, data: str) -> None:
    answer = await chat.ask("刘安是谁")
    if data:
        reply = await chat.press_data(answer, data)
        assert reply.status == 200


@talking
async def test_presses_of_several_people_in_a_group_are_all_answered(wenju: Running) -> None:
    group = wenju.in_group()
    answer = await group.ask("/ask 全区公安机关做了什么")
    for _ in range(3):
        guest = wenju.server.world.new_person("路人")
        assert (await group.press(answer, "为何命中", by=guest)).status == 200


# Browsing


@talking
async def test_a_library_is_browsed_down_to_a_paragraph(chat: Conversation) -> None:
    reports = await chat.ask("/reports")
    assert "共 1 份报告" in reports.text
    outline = await edited_by(chat, reports, "护航奔腾时代")
    section = await edited_by(chat, outline, "热血忠诚")
    paragraph = await edited_by(chat, section, "6. ")
    assert paragraph.citations == ["热血忠诚 6"]


# Links


@talking
async def test_a_citation_opens_its_paragraph_in_a_private_chat(wenju: Running) -> None:
    answer = await wenju.in_group().ask("/ask 刘安是谁")
    link = start_of(answer)
    opened = await wenju.conversation("别人").ask(f"/start {link}")
    assert opened.citations == ["热血忠诚 6"]
    assert any("刘安" in quote for quote in opened.quotes)


@talking
@pytest.mark.parametrize(
    "start", ["nonsense", "huhang-benteng-0-0", "t_hero_00000000", "三零", "a" * 64]
)
async def test_a_link_that_leads_nowhere_says_so(chat: Conversation, start: str) -> None:
    answer = await chat.ask(f"/start {start}")
    assert not answer.quotes


# Inline mode


@talking
async def test_typing_a_word_in_any_chat_offers_quotes(chat: Conversation) -> None:
    offered = await chat.inline("三零")
    first = offered["results"][0]
    assert "三零" in first["title"] + first["description"]
    posted = first["input_message_content"]["message_text"]
    assert "三零" in posted
    assert "放眼全局" in posted


@talking
async def test_typing_nothing_offers_the_topics(chat: Conversation) -> None:
    titles = " ".join(result["title"] for result in (await chat.inline(""))["results"])
    assert all(title in titles for title in ("公安英模", "各地做法", "数字与含义", "提法与口号"))


@talking
@pytest.mark.parametrize("query", ["红烧肉怎么做", "<b>&", "👍", "刘安" * 128])
async def test_an_inline_query_is_always_answered(chat: Conversation, query: str) -> None:
    assert len((await chat.inline(query))["results"]) <= 50


@talking
async def test_inline_pages_go_on_where_the_last_one_ended(chat: Conversation) -> None:
    first = await chat.inline("全区公安机关")
    seen = [result["id"] for result in first["results"]]
    offset = first.get("next_offset", "")
    while offset:
        page = await chat.inline("全区公安机关", offset)
        seen += [result["id"] for result in page["results"]]
        offset = page.get("next_offset", "")
    assert len(seen) == len(set(seen))


# After a restart, and after the report has changed


async def test_buttons_and_follow_ups_work_after_a_restart(start: Start) -> None:
    async with running(Server()) as server:
        async with start(server) as one:
            chat = one.conversation()
            answer = await chat.ask("全区公安机关做了什么")
            heroes = await chat.ask("/hero")
            about = await chat.ask("刘安是谁")
        async with start(server):
            more = await edited_by(chat, answer, "更多段落")
            assert not set(more.citations) & set(answer.citations)
            mark = server.mark
            await chat.press(heroes, "刘安")
            shown = await chat.next_call(("sendMessage", "editMessageText"), since=mark)
            assert Message(shown.result).citations == ["热血忠诚 6"]
            follow_up = await chat.ask("他守了多少年?", reply_to=about)
            assert follow_up.citations[0] == "热血忠诚 6"


async def test_an_old_link_shows_what_the_paragraph_said_and_says_now(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge", folder)
    report = folder / "reports" / "huhang-benteng.md"
    settings = {"WENJU_KNOWLEDGE": str(folder)}
    async with running(Server()) as server:
        async with start(server, **settings) as one:
            chat = one.conversation()
            answer = await chat.ask("刘安是谁")
        text = report.read_text(encoding="utf-8")
        report.write_text(text.replace("与山岭相伴", "与高山相伴"), encoding="utf-8")
        async with start(server, **settings):
            opened = await chat.ask(f"/start {start_of(answer)}")
            assert any("与山岭相伴" in quote for quote in opened.quotes)
            assert any("与高山相伴" in quote for quote in opened.quotes)
            assert "改过" in opened.text
            context = await edited_by(chat, answer, "上下文")
            assert "改过" in context.text


async def test_a_command_menu_names_every_topic_in_both_languages(start: Start) -> None:
    async with start() as one:
        await one.conversation().ask("/help")
        menus = one.server.methods.menus
        topics = {"hero", "region", "data", "term"}
        for menu in menus.values():
            assert topics <= {entry["command"] for entry in menu}
        assert {language for _, language in menus} >= {"", "zh"}
        assert any(scope.startswith("all_private_chats") for scope, _ in menus)
        assert any(scope.startswith("all_group_chats") for scope, _ in menus)


async def test_a_button_pressed_long_after_its_message_is_still_answered(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        answer = await chat.ask("刘安是谁")
        update = people.press(
            chat.person,
            one.server.methods.open_callback_query(),
            {"message_id": answer.id, "date": 0, "chat": chat.chat.json()},
            answer.button("为何命中")["callback_data"],
        )
        mark = one.server.mark
        assert one.server.deliver(update)
        await one.server.call("answerCallbackQuery", since=mark)
