from __future__ import annotations

import pytest
from telegram import Bot, Message, Update, User

from bot.chats.addressing import (
    ADDRESSED,
    ANY_COMMAND,
    FOR_NOBODY,
    Command,
    command_of,
    commanded,
    question_of,
)
from tests.telegram import people
from tests.telegram.refusal import Json
from tests.telegram.server import BOT, TOKEN
from tests.telegram.world import World

AT = f"@{BOT.username}"


@pytest.fixture
def bot() -> Bot:
    """The bot as it is when Telegram has told it its name."""
    one = Bot(TOKEN)
    one._bot_user = User(BOT.id, BOT.name, is_bot=True, username=BOT.username)
    return one


@pytest.fixture
def world() -> World:
    return World(BOT)


def said(bot: Bot, world: World, words: str) -> Message:
    """``words`` as a message in a group."""
    return arrived(bot, people.message(world.supergroup(), world.new_person(), people.text(words)))


def arrived(bot: Bot, update: Json) -> Message:
    message = Update.de_json({"update_id": 1, **update}, bot).effective_message
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("/hero", Command("hero", "", other=False)),
        ("/HERO  刘安 ", Command("hero", "刘安", other=False)),
        ("/hero\n刘安\n和别人", Command("hero", "刘安\n和别人", other=False)),
        (f"/hero{AT} 刘安", Command("hero", "刘安", other=False)),
        (f"/hero{AT.upper()}", Command("hero", "", other=False)),
        ("/hero@otherbot 刘安", Command("hero", "刘安", other=True)),
        ("/英雄 刘安", Command("英雄", "刘安", other=False)),
        ("/hero/刘安", None),
        ("看 /hero", None),
        ("/", None),
        ("//", None),
        ("刘安", None),
    ],
)
def test_a_command_is_read_as_people_type_it(
    bot: Bot, world: World, words: str, command: Command | None
) -> None:
    message = said(bot, world, words)
    assert command_of(message) == command
    assert ANY_COMMAND.filter(message) is (command is not None)
    assert bool(commanded("hero").filter(message)) is (
        command is not None and command.word == "hero" and not command.other
    )


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (f"{AT} 刘安是谁", "刘安是谁"),
        (f"刘安是谁 {AT.upper()}", "刘安是谁"),
        (f"👍🏽{AT}，刘安是谁", "👍🏽 ，刘安是谁"),
        (f"/ask {AT} 刘安", "刘安"),
        ("/ask\n刘安", "刘安"),
        (AT, ""),
    ],
)
def test_the_question_is_what_is_left_without_the_address(
    bot: Bot, world: World, words: str, question: str
) -> None:
    message = said(bot, world, words)
    assert question_of(message) == question
    assert AT.lower() not in words.lower() or ADDRESSED.filter(message)


@pytest.mark.parametrize(
    "words", [f"{AT}x 刘安", f"mail{AT}", f"@{AT}", "@otherbot", BOT.name, f"/x{AT}y"]
)
def test_what_only_looks_like_a_mention_is_none(bot: Bot, world: World, words: str) -> None:
    assert not ADDRESSED.filter(said(bot, world, words))


def test_a_reply_to_the_bot_addresses_it_but_a_topic_that_it_opened_does_not(
    bot: Bot, world: World
) -> None:
    forum, person = world.supergroup(is_forum=True), world.new_person()
    topic = forum.add_topic("话题", BOT)
    plain = people.message(forum, person, people.text("今天吃什么"), topic=topic)
    assert arrived(bot, plain).reply_to_message is not None
    assert not ADDRESSED.filter(arrived(bot, plain))
    answer = forum.add({"from": BOT.json(), "text": "刘安……"})
    reply = people.message(forum, person, people.text("他呢"), reply_to=answer)
    assert ADDRESSED.filter(arrived(bot, reply))
    other = forum.add({"from": person.json(), "text": "刘安"})
    reply = people.message(forum, person, people.text("他呢"), reply_to=other)
    assert not ADDRESSED.filter(arrived(bot, reply))


def test_bots_and_channels_are_not_answered_but_anonymous_people_are(
    bot: Bot, world: World
) -> None:
    group, words = world.supergroup(), people.text("/ask 刘安")
    machine = world.new_person("机器", username="other_bot", is_bot=True)
    assert FOR_NOBODY.filter(arrived(bot, people.message(group, machine, words)))
    linked = people.linked_channel_post(group, world.channel(), words)
    assert FOR_NOBODY.filter(arrived(bot, linked))
    through_us = people.message(group, world.new_person(), {**words, "via_bot": BOT.json()})
    assert FOR_NOBODY.filter(arrived(bot, through_us))
    assert not FOR_NOBODY.filter(arrived(bot, people.anonymous_admin(group, words)))
    assert not FOR_NOBODY.filter(arrived(bot, people.message(group, world.new_person(), words)))
