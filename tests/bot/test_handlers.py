"""What does the bot do in cases that only reaching into it brings about?"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.texts import texts
from tests.bot.in_process import in_process
from tests.telegram import people
from tests.telegram.refusal import Refusal

say = texts("zh").say


async def test_nobody_but_an_admin_reloads(settings: Settings, tmp_path: Path) -> None:
    async with in_process(settings, tmp_path) as bot:
        before = bot.desk.answerer
        await bot.take(people.message(bot.chat, bot.person, people.text("/reload")))
        group = bot.server.world.supergroup()
        await bot.take(people.message(group, bot.person, people.text("/reload")))
        assert bot.sent() == [say("admin.only_admins")]
        assert bot.desk.answerer is before


async def test_without_its_memory_the_bot_still_answers(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with in_process(settings, tmp_path) as bot:
        bot.store.close()
        with caplog.at_level(logging.ERROR):
            await bot.take(people.message(bot.chat, bot.person, people.text("桥有几座?")))
        (answer,) = bot.sent()
        assert "桥有五座" in answer
        assert {record.name for record in caplog.records} == {"bot.records.memory"}


async def test_what_telegram_cannot_parse_goes_out_as_plain_text(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Refusal(400, "Bad Request: can't parse entities: unexpected end of name token")
    async with in_process(settings, tmp_path) as bot:
        bot.server.fail("sendMessage", refusal)
        await bot.take(people.message(bot.chat, bot.person, people.text("桥有几座?")))
        marked, plain = bot.server.made("sendMessage")
        assert marked.parameters["parse_mode"] == "HTML"
        assert "parse_mode" not in plain.parameters
        assert "<" not in plain.parameters["text"]
        assert "桥有五座" in plain.parameters["text"]
        assert "cannot parse" in caplog.text


async def test_the_pictures_of_an_album_get_one_response(
    settings: Settings, tmp_path: Path
) -> None:
    async with in_process(settings, tmp_path) as bot:

        async def album(name: str, *captions: str | None) -> None:
            for caption in captions:
                content = {**people.photo(caption), "media_group_id": name}
                await bot.take(people.message(bot.chat, bot.person, content))

        await album("one", None, None, None)
        assert bot.sent() == [say("ask.not_text")]
        await album("two", "桥有几座?", None, None)
        assert len(bot.sent()) == 2
        assert "桥有五座" in bot.sent()[1]


async def test_an_edited_command_that_changes_something_is_not_run_again(
    settings: Settings, tmp_path: Path
) -> None:
    async with in_process(settings, tmp_path) as bot:
        for words in ("/start", "/settings"):
            asked = people.message(bot.chat, bot.person, people.text(words))
            await bot.take(asked)
            edited = people.edited(bot.chat, asked["message"], people.text(f"{words} x"))
            await bot.take(edited)
        assert len(bot.sent()) == 2
        assert bot.server.made("editMessageText") == []


async def test_an_old_question_that_is_edited_now_is_left_alone(
    settings: Settings, tmp_path: Path
) -> None:
    async with in_process(settings, tmp_path) as bot:
        asked = people.message(bot.chat, bot.person, people.text("路修了几年"))
        edited = people.edited(bot.chat, asked["message"], people.text("桥有几座?"))
        edited["edited_message"]["date"] -= 2 * 86_400
        await bot.take(edited)
        assert bot.sent() == []


async def test_a_quotation_of_an_answer_narrows_the_question_to_its_section(
    settings: Settings, tmp_path: Path
) -> None:
    async with in_process(settings, tmp_path) as bot:
        await bot.take(people.message(bot.chat, bot.person, people.text("路修了几年?")))
        (call,) = bot.server.made("sendMessage")
        assert call.result is not None
        reply = people.message(
            bot.chat, bot.person, people.text("路修了几年?"), reply_to=call.result
        )
        reply["message"]["quote"] = {"text": "海边的路是混凝土的", "position": 0}
        await bot.take(reply)
        assert "› 海边 · 第 1 段" in bot.sent()[1]
        assert "王小山" not in bot.sent()[1]
