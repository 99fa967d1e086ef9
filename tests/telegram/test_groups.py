"""Is the bot a good guest in groups? It speaks when spoken to, in the right place, else not."""

from __future__ import annotations

import pytest

from tests.telegram import people
from tests.telegram.conftest import Running, Start
from tests.telegram.conversation import Conversation
from tests.telegram.refusal import Json
from tests.telegram.server import BOT
from tests.telegram.world import Standing

talking = pytest.mark.asyncio(loop_scope="module")
AT = f"@{BOT.username}"


@pytest.fixture
def group(wenju: Running) -> Conversation:
    return wenju.in_group()


# Spoken to


@talking
@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("/ask 刘安是谁", "热血忠诚 6"),
        (f"/ask{AT} 刘安是谁", "热血忠诚 6"),
        (f"{AT} 刘安是谁", "热血忠诚 6"),
        (f"刘安是谁 {AT}", "热血忠诚 6"),
        (f"👍{AT}，刘安是谁？", "热血忠诚 6"),
        (f"@{str(BOT.username).upper()} 刘安是谁", "热血忠诚 6"),
        ("/hero 刘安", "热血忠诚 6"),
        (f"/hero{AT} 宝音", "热血忠诚 5"),
        ("/ask 包头、通辽、阿拉善三个地方的公安各做了什么", "放眼全局 3"),
    ],
)
async def test_a_question_to_the_bot_is_answered_in_a_reply(
    group: Conversation, words: str, place: str
) -> None:
    mark = group.server.mark
    asked = group.say(words)
    answer = await group.answer(since=mark)
    assert answer.citations[0] == place
    assert answer.replies_to == asked.id


@talking
async def test_two_things_in_one_question_get_two_places(group: Conversation) -> None:
    answer = await group.ask("/ask 三个规定 六项规定")
    assert {"创新驱动 4", "热血忠诚 2"} <= set(answer.citations)


@talking
async def test_a_reply_to_the_bot_is_a_question_to_it(group: Conversation) -> None:
    first = await group.ask("/hero 刘安")
    then = await group.ask("他守了多少年?", reply_to=first)
    assert then.citations[0] == "热血忠诚 6"


@talking
async def test_a_question_under_a_photo_that_mentions_the_bot_is_answered(
    group: Conversation,
) -> None:
    assert (await group.ask(people.photo(f"{AT} 刘安是谁"))).citations == ["热血忠诚 6"]


@talking
@pytest.mark.parametrize("words", ["/ask", f"/ask{AT}", AT])
async def test_an_empty_question_gets_one_line_on_how_to_ask(
    group: Conversation, words: str
) -> None:
    hint = await group.ask(words)
    assert len(hint.text.splitlines()) == 1
    assert not hint.quotes


@talking
async def test_somebody_only_named_is_said_so_and_nothing_is_invented_then(
    group: Conversation,
) -> None:
    first = await group.ask("/hero 马春雨")
    assert first.citations == ["热血忠诚 8"]
    assert "只提到" in first.text
    then = await group.ask("他立过什么功?", reply_to=first)
    assert set(then.citations) <= {"热血忠诚 8"}


@talking
async def test_an_answer_stays_in_the_topic_of_the_question(wenju: Running) -> None:
    world = wenju.server.world
    forum = world.supergroup("读报论坛", is_forum=True)
    person = world.new_person()
    topic = forum.add_topic("英雄", person)
    inside = Conversation(wenju.server, forum, person, topic)
    assert (await inside.ask("/hero 刘安")).json["message_thread_id"] == topic
    general = Conversation(wenju.server, forum, person)
    assert "message_thread_id" not in (await general.ask("/hero 刘安")).json
    first = await inside.ask("/hero 刘安")
    assert (await inside.ask("那索连红呢?", reply_to=first)).json["message_thread_id"] == topic


async def test_a_topic_that_is_gone_and_a_query_that_is_too_old_are_no_faults(
    start: Start,
) -> None:
    async with start() as one:
        server, group = one.server, one.in_group()
        server.expected_refusals |= {
            "Bad Request: message thread not found",
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        }
        said = people.message(group.chat, group.person, people.text("/ask 刘安是谁"))["message"]
        server.deliver_malformed(
            {"message": {**said, "message_thread_id": 999, "is_topic_message": True}}
        )
        await server.call("sendMessage", chat_id=group.chat.id)
        mark = server.mark
        assert server.deliver(people.inline_query(group.person, "1", "三零", ""))
        await server.call("answerInlineQuery", since=mark)
        await one.conversation().ask("/help")
        await one.stop()
        assert "ERROR" not in one.bot.output
        assert one.bot.output.count("Telegram does not let us answer") == 2


@talking
async def test_an_anonymous_administrator_is_answered(group: Conversation) -> None:
    mark = group.server.mark
    update = people.anonymous_admin(group.chat, people.text("/ask 刘安是谁"))
    assert group.server.deliver(update)
    assert (await group.answer(since=mark)).citations[0] == "热血忠诚 6"


@talking
async def test_equal_message_numbers_of_two_chats_are_not_mixed_up(wenju: Running) -> None:
    one, other = wenju.conversation(), wenju.conversation()
    first, second = await one.ask("刘安是谁"), await other.ask("索连红是谁")
    assert first.id == second.id
    again, more = await one.ask("那宝力格呢?", reply_to=first), await other.ask("她的儿子叫什么?")
    assert (again.citations[0], more.citations[0]) == ("热血忠诚 7", "热血忠诚 7")
    assert len(one.written()) == len(other.written()) == 2


# Not spoken to


async def test_the_bot_is_silent_where_nobody_speaks_to_it(start: Start) -> None:
    async with start() as one:
        server, world = one.server, one.server.world
        chat = one.in_group()
        friend = world.new_person("小李")
        other_bot = world.new_person("别的机器人", username="other_bot", is_bot=True)
        answer = await chat.ask("/hero 刘安")
        forum = world.supergroup(is_forum=True)
        topic = forum.add_topic("问据开的话题", BOT)
        mark = server.mark
        said = people.message(chat.chat, friend, people.text("今天吃什么？"))
        updates: list[Json] = [
            said,
            people.message(chat.chat, friend, people.text("那包头呢?")),
            people.message(chat.chat, friend, people.text("刘安是谁？")),
            people.message(chat.chat, friend, people.text("/hero@otherbot 宝音")),
            people.message(chat.chat, friend, people.text("/nosuchcommand")),
            people.message(chat.chat, friend, people.text("@otherbot 刘安是谁")),
            people.message(chat.chat, friend, people.text(f"{AT}x 刘安是谁")),
            people.message(chat.chat, friend, people.text(f"mail{AT}.example 刘安是谁")),
            people.message(chat.chat, friend, people.text("刘安呢？"), reply_to=said["message"]),
            people.message(chat.chat, friend, people.sticker()),
            people.message(chat.chat, friend, people.sticker(), reply_to=answer.json),
            people.message(chat.chat, friend, people.voice()),
            people.message(chat.chat, friend, people.photo("刘安是谁")),
            people.message(chat.chat, other_bot, people.text(f"{AT} 刘安是谁")),
            people.message(chat.chat, other_bot, people.text("/hero 刘安")),
            people.message(chat.chat, other_bot, people.text("刘安"), reply_to=answer.json),
            people.edited(chat.chat, said["message"], people.text("刘安是谁")),
            people.message(forum, friend, people.text("刘安是谁？"), topic=topic),
            people.new_members(chat.chat, friend, world.new_person("小赵")),
            people.channel_post(world.channel(), people.text("/hero 刘安")),
            people.linked_channel_post(chat.chat, world.channel(), people.text("/hero 刘安")),
        ]
        for update in updates:
            server.deliver(update)
        await one.conversation().ask("/help")
        await one.stop()
        sent = [
            str(call)
            for call in server.calls[mark:]
            if call.method not in {"getUpdates", "sendChatAction"}
            and call.parameters.get("chat_id") != max(world.chats)
        ]
        assert sent == []


async def test_coming_and_going_of_the_bot_breaks_nothing(start: Start) -> None:
    async with start() as one:
        server, world = one.server, one.server.world
        chat = one.in_group()
        server.deliver(people.membership(chat.chat, chat.person, BOT, "left", "member"))
        server.deliver(people.new_members(chat.chat, chat.person, BOT))
        assert (await chat.ask("/hero 刘安")).citations[0] == "热血忠诚 6"

        chat.chat.standing = Standing.MUTED
        server.deliver(people.membership(chat.chat, chat.person, BOT, "member", "restricted"))
        server.expected_refusals.add(
            "Bad Request: not enough rights to send text messages to the chat"
        )
        mark = server.mark
        chat.say("/hero 刘安")
        await server.call("sendMessage", since=mark, chat_id=chat.chat.id)

        chat.chat.standing = Standing.KICKED
        server.deliver(people.membership(chat.chat, chat.person, BOT, "restricted", "kicked"))
        server.expected_refusals.add("Forbidden: bot was kicked from the supergroup chat")
        mark = server.mark
        chat.say("/hero 刘安")
        await server.call("sendMessage", since=mark, chat_id=chat.chat.id)

        chat.chat.standing = Standing.MEMBER
        server.deliver(people.membership(chat.chat, chat.person, BOT, "left", "administrator"))
        assert (await chat.ask("/hero 刘安")).citations[0] == "热血忠诚 6"

        group = world.group(administrators=(chat.person,))
        old = Conversation(server, group, chat.person)
        before = await old.ask("/hero 刘安")
        supergroup = world.supergroup()
        server.deliver(people.migration(group, chat.person, supergroup))
        server.deliver(
            {
                "message": supergroup.add(
                    {"from": chat.person.json(), "migrate_from_chat_id": group.id}
                )
            }
        )
        new = Conversation(server, supergroup, chat.person)
        assert (await new.ask("/hero 索连红")).citations[0] == "热血忠诚 7"
        assert before.citations == ["热血忠诚 6"]


async def test_a_question_asked_while_the_group_migrates_is_answered_in_the_supergroup(
    start: Start,
) -> None:
    async with start() as one:
        server, world = one.server, one.server.world
        person = world.new_person()
        group, supergroup = world.group(), world.supergroup()
        old = Conversation(server, group, person)
        server.expected_refusals.add("Bad Request: group chat was upgraded to a supergroup chat")
        mark = server.mark
        group.migrated_to = supergroup.id
        old.say("/hero 刘安")
        new = Conversation(server, supergroup, person)
        assert (await new.answer(since=mark)).citations[0] == "热血忠诚 6"
        assert (await new.ask("/hero 索连红")).citations[0] == "热血忠诚 7"


async def test_who_asks_too_fast_in_a_group_is_told_so_once(start: Start) -> None:
    async with start(WENJU_PERSON_RATE="3", WENJU_CHAT_RATE="0") as one:
        chat = one.in_group()
        for _ in range(8):
            chat.say("/hero 刘安")
        await one.conversation().ask("/help")
        await one.stop()
        written = chat.written()
        assert [bool(message.citations) for message in written] == [True, True, True, False]
        assert "快" in written[-1].text


# The group's own settings


@talking
async def test_only_a_groups_own_administrators_change_its_settings(wenju: Running) -> None:
    world = wenju.server.world
    owner, guest = world.new_person("群主"), world.new_person("客人")
    group = world.supergroup(administrators=(owner,))
    chat = Conversation(wenju.server, group, owner)
    page = await chat.ask("/settings")
    refused = await chat.press_data(page, page.buttons[-1]["callback_data"], by=guest)
    assert "管理员" in refused.parameters["text"]
    assert chat.now(page).text == page.text
    short = next(button for button in page.buttons if "只要答句" in button["text"])
    await chat.press_data(page, short["callback_data"])
    assert "✓ 只要答句" in [button["text"] for button in chat.now(page).buttons]
