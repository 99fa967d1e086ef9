"""Does an answer in a group stay with its asker where the operator wants that?"""

from __future__ import annotations

import pytest

from tests.telegram import people
from tests.telegram.conftest import Start
from tests.telegram.conversation import Conversation, Message
from tests.telegram.refusal import Json, Refusal
from tests.telegram.server import BOT, Call
from tests.telegram.world import Standing

REFUSED = "Bad Request: MESSAGE_NOT_COMMAND"


async def command(chat: Conversation, words: str) -> Message:
    """Send an ephemeral command; the first message that comes back."""
    mark = chat.server.mark
    update = people.ephemeral_command(chat.chat, chat.person, people.text(words), BOT)
    assert chat.server.deliver(update)
    return await chat.answer(since=mark)


async def press(chat: Conversation, message: Json, words: str) -> Call:
    """Press a button of an ephemeral message; the answer to the press."""
    mark = chat.server.mark
    query_id = chat.server.methods.open_callback_query()
    data = Message(message).button(words)["callback_data"]
    assert chat.server.deliver(people.press(chat.person, query_id, message, data))
    return await chat.server.call("answerCallbackQuery", since=mark, callback_query_id=query_id)


def only_for(message: Message, chat: Conversation) -> bool:
    """Whether nobody but the asker sees it."""
    receiver: Json = message.json.get("receiver_user", {})
    return message.id == 0 and receiver.get("id") == chat.person.id


async def test_an_answer_in_a_group_is_for_its_asker_alone(start: Start) -> None:
    async with start(WENJU_EPHEMERAL="on") as one:
        chat = one.in_group()
        answer = await command(chat, "/hero 刘安")
        assert (answer.citations, only_for(answer, chat)) == (["热血忠诚 6"], True)

        # Its buttons work as those of any other message, for each reader their own.
        other = Conversation(one.server, chat.chat, one.server.world.new_person("小李"))
        await command(other, "/hero 索连红")
        number = answer.json["ephemeral_message_id"]
        reason = await press(chat, answer.json, "为何命中")
        assert "刘安" in reason.parameters["text"]
        await press(chat, answer.json, "上下文")
        context = chat.chat.whispers[number]
        assert len(Message(context).quotes) == 3
        await press(chat, context, "返回")
        assert Message(chat.chat.whispers[number]).text == answer.text
        await press(chat, answer.json, "👍")

        # What a button asks is answered to whoever pressed it.
        refused = await command(chat, "/ask 红烧肉怎么做")
        mark = one.server.mark
        await press(chat, refused.json, refused.buttons[0]["text"])
        assert only_for(await chat.answer(since=mark), chat)

        menus = one.server.methods.menus
        hidden = {entry["command"] for entry in menus["all_group_chats", "zh"]}
        assert all(entry["is_ephemeral"] for entry in menus["all_group_chats", "zh"])
        assert {"ask", "hero"} <= hidden
        assert not any("is_ephemeral" in entry for entry in menus["all_private_chats", "zh"])
        assert not any("text" in said for said in chat.chat.history.values())


async def test_what_all_could_read_is_answered_to_all_where_telegram_wants_that(
    start: Start,
) -> None:
    async with start(WENJU_EPHEMERAL="on") as one:
        one.server.expected_refusals.add(REFUSED)
        chat = one.in_group()
        mark = one.server.mark
        asked = chat.say(f"@{BOT.username} 刘安是谁")
        answer = await chat.answer(since=mark)
        assert (answer.citations, answer.replies_to) == (["热血忠诚 6"], asked.id)
        chat.chat.standing = Standing.ADMINISTRATOR
        assert only_for(await chat.ask(f"@{BOT.username} 索连红是谁"), chat)
        # Whoever writes in the group's name is nobody whom Telegram could show anything alone.
        mark = one.server.mark
        assert one.server.deliver(people.anonymous_admin(chat.chat, people.text("/hero 刘安")))
        assert (await chat.answer(since=mark)).id != 0
        assert "receiver_user" not in (await one.conversation().ask("刘安是谁")).json


async def test_a_groups_own_administrators_choose_who_sees_its_answers(start: Start) -> None:
    async with start(WENJU_EPHEMERAL="on") as one:
        world, server = one.server.world, one.server
        owner, guest = world.new_person("群主"), world.new_person("客人")
        group = world.supergroup(administrators=(owner,))
        group.standing = Standing.ADMINISTRATOR
        chat = Conversation(server, group, owner)
        page = await command(chat, "/settings")
        assert "答案给谁看：只给提问的人" in page.text
        await press(chat, page.json, "给全群")
        number = page.json["ephemeral_message_id"]
        chosen = group.whispers[number]
        assert "答案给谁看：给全群" in Message(chosen).text
        await server.call("setMyCommands", language_code="zh")
        asking = Conversation(server, group, guest)
        answer = await asking.ask(f"@{BOT.username} 刘安是谁")
        assert (answer.citations, answer.id > 0) == (["热血忠诚 6"], True)
        assert "receiver_user" not in answer.json

        # Its own menu asks nobody for a hidden command; other groups have theirs as before.
        refused = await chat.press_data(answer, "1galone.on", by=guest)
        assert "管理员" in refused.parameters["text"]
        scopes = [f"chat:{group.id}", f"chat_administrators:{group.id}"]
        for scope in scopes:
            assert not any("is_ephemeral" in entry for entry in server.methods.menus[scope, "zh"])
        other = one.in_group()
        other.chat.standing = Standing.ADMINISTRATOR
        assert only_for(await other.ask(f"@{BOT.username} 刘安是谁"), other)

        await press(chat, chosen, "只给提问的人")
        assert only_for(await asking.ask(f"@{BOT.username} 索连红是谁"), asking)
        assert not any((scope, "zh") in server.methods.menus for scope in scopes)


async def test_what_nobody_else_could_read_is_never_answered_to_all(start: Start) -> None:
    async with start() as one:  # the operator did not ask for it, the reader did
        chat = one.in_group()
        assert only_for(await command(chat, "/hero 刘安"), chat)
        update = people.ephemeral_command(chat.chat, chat.person, people.text("/hero 刘安"), BOT)
        one.server.fail("sendMessage", Refusal(400, REFUSED))  # it had come too late, say
        mark = one.server.mark
        assert one.server.deliver(update)
        await one.server.call("sendMessage", since=mark)
        await one.conversation().ask("/help")
        assert [call.status for call in one.server.made("sendMessage", since=mark)] == [400, 200]
        assert not any("text" in said for said in chat.chat.history.values())


async def test_a_server_that_knows_nothing_of_it_answers_as_ever(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(WENJU_EPHEMERAL="on") as one:
        perform = one.server._perform

        async def of_old(call: Call) -> object:
            call.parameters.pop("ephemeral_message_parameters", None)
            return await perform(call)

        monkeypatch.setattr(one.server, "_perform", of_old)
        chat = one.in_group()
        answer = await chat.ask("/hero 刘安")
        assert (answer.citations, answer.id > 0) == (["热血忠诚 6"], True)
        reason = await chat.press(answer, "为何命中")
        assert "刘安" in reason.parameters["text"]
