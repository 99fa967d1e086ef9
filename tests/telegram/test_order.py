"""Is everything that is asked answered once, in order, whatever happens to the messages?"""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.telegram import people
from tests.telegram.conftest import Running, Start, by_webhook
from tests.telegram.conversation import Conversation
from tests.telegram.server import Server, running

talking = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def chat(wenju: Running) -> Conversation:
    return wenju.conversation()


@talking
async def test_questions_in_one_chat_are_answered_in_their_order(chat: Conversation) -> None:
    mark = chat.server.mark
    names = ["刘安", "索连红", "宝音", "包牧仁", "马春雨"]
    asked = [chat.say(f"/hero {name}") for name in names]
    await chat.answer(since=mark, number=len(names))
    answers = chat.written(mark)
    places = ["热血忠诚 6", "热血忠诚 7", "热血忠诚 5", "热血忠诚 7", "热血忠诚 8"]
    assert [answer.citations for answer in answers] == [[place] for place in places]
    # Each that came while another was waiting says which question it answers.
    assert [answer.replies_to for answer in answers[1:]] == [one.id for one in asked[1:]]


@talking
async def test_a_private_answer_replies_only_where_somebody_might_wonder(
    chat: Conversation,
) -> None:
    mark = chat.server.mark
    asked = chat.say("/hero 刘安")
    alone = await chat.answer(since=mark)
    assert (alone.citations, alone.replies_to) == (["热血忠诚 6"], None)
    refused = await chat.ask("红烧肉怎么做")
    assert refused.replies_to is None
    mark = chat.server.mark
    await chat.press(refused, refused.buttons[0]["text"])
    assert (await chat.answer(since=mark)).replies_to is None  # it says the question itself
    del chat.chat.history[alone.id]
    chat.server.expected_refusals.add("Bad Request: message to edit not found")
    late = people.message(chat.chat, chat.person, people.text("/hero 宝力格"))
    late["message"]["date"] -= 120  # while the bot was away
    mark = chat.server.mark
    assert chat.server.deliver(late)
    assert (await chat.answer(since=mark)).replies_to == late["message"]["message_id"] != asked.id


@talking
async def test_fifty_people_at_once_all_get_their_own_answer(wenju: Running) -> None:
    chats = [wenju.conversation(f"读者{number}") for number in range(50)]
    answers = await asyncio.gather(*(one.ask("/hero 刘安") for one in chats))
    assert {tuple(answer.citations) for answer in answers} == {("热血忠诚 6",)}
    assert [len(one.written()) for one in chats] == [1] * 50


async def test_a_question_edited_at_once_gets_one_answer_to_what_it_says_now(
    start: Start,
) -> None:
    async with start() as one:
        chat = one.conversation()
        asked = chat.say("/hero 刘安")
        one.server.deliver(people.edited(chat.chat, asked.json, people.text("/hero 索连红")))
        await one.conversation().ask("/help")
        await one.stop()
        assert [chat.now(message).citations for message in chat.written()] == [["热血忠诚 7"]]


@talking
async def test_a_question_that_was_deleted_meanwhile_is_answered_without_a_reply(
    chat: Conversation,
) -> None:
    mark = chat.server.mark
    asked = chat.say("/hero 刘安")
    del chat.chat.history[asked.id]
    answer = await chat.answer(since=mark)
    assert (answer.citations, answer.replies_to) == (["热血忠诚 6"], None)


async def test_an_answer_that_was_deleted_does_not_stand_in_the_way(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        one.server.expected_refusals.add("Bad Request: message to edit not found")
        mark = one.server.mark
        asked = chat.say("/hero 刘安")
        answer = await chat.answer(since=mark)
        del chat.chat.history[answer.id]
        await chat.edit(asked, "/hero 索连红")
        assert (await chat.ask("/hero 宝力格")).citations == ["热血忠诚 7"]


async def test_a_press_on_a_message_that_is_gone_is_still_answered(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        one.server.expected_refusals.add("Bad Request: message to edit not found")
        page = await chat.ask("/reports")
        data = page.buttons[0]["callback_data"]
        query_id = one.server.methods.open_callback_query()
        del chat.chat.history[page.id]
        mark = one.server.mark
        assert one.server.deliver(people.press(chat.person, query_id, page.json, data))
        await one.server.call("answerCallbackQuery", since=mark, callback_query_id=query_id)
        assert (await chat.ask("/hero 刘安")).citations == ["热血忠诚 6"]


@talking
async def test_pressing_again_and_again_edits_only_what_changes(chat: Conversation) -> None:
    answer = await chat.ask("刘安是谁")
    label = next(b["text"] for b in answer.buttons if b["text"].startswith("上下文"))
    data = answer.button(label)["callback_data"]
    for _ in range(3):
        assert (await chat.press_data(answer, data)).status == 200
    assert (await chat.ask("/hero 刘安")).citations == ["热血忠诚 6"]


async def test_a_stranger_who_finds_the_webhook_is_not_heard(start: Start) -> None:
    async with running(Server()) as server:
        settings = by_webhook(server)
        async with start(server, **settings) as one:
            await one.conversation().ask("/help")  # it listens by now
            chat = one.conversation()
            update = {
                "update_id": 1,
                **people.message(chat.chat, chat.person, people.text("/hero 刘安")),
            }
            async with aiohttp.ClientSession() as stranger:
                for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guessed"}):
                    url = settings["WENJU_WEBHOOK_URL"]
                    async with stranger.post(url, json=update, headers=headers) as refused:
                        assert refused.status == 403
            await one.conversation().ask("/help")
            await one.stop()
            assert chat.written() == []
