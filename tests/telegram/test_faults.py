"""Does the bot survive what networks, Telegram and operators do to it?"""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.records.store import FILE
from tests.telegram import faults, people
from tests.telegram.bot_process import Setup, free_port, serving, started
from tests.telegram.conftest import Start, by_webhook
from tests.telegram.faults import Break, Fault, Page
from tests.telegram.refusal import Json
from tests.telegram.server import BOT, SECRET, TOKEN, Server, running
from tests.telegram.world import Standing

# Telegram


async def test_a_flood_limit_is_waited_out_and_the_answer_sent_once(start: Start) -> None:
    async with start() as one:
        one.server.fail("sendMessage", faults.too_many_requests(1))
        chat = one.conversation()
        assert (await chat.ask("刘安是谁")).citations[0] == "热血忠诚 6"
        await one.stop()
        assert len(chat.written()) == 1


async def test_a_group_in_which_too_much_is_said_holds_up_nobody_else(start: Start) -> None:
    async with start() as one:
        one.server.fail("sendMessage", faults.too_many_requests(3))
        group, chat = one.in_group(), one.conversation()
        group.say("/ask 刘安是谁")
        await one.server.call("sendMessage", chat_id=group.chat.id)
        await chat.ask("刘安是谁")
        answered = one.server.mark
        await group.answer(since=0)
        assert one.server.made("sendMessage", since=answered, chat_id=group.chat.id)


@pytest.mark.parametrize("fault", [faults.internal_error(), faults.bad_gateway()])
async def test_a_broken_telegram_costs_no_later_question(start: Start, fault: Fault) -> None:
    async with start() as one:
        one.server.fail("sendMessage", fault)
        chat = one.conversation()
        chat.say("刘安是谁")
        await one.server.call("sendMessage")
        assert (await chat.ask("索连红是谁")).citations[0].startswith("热血忠诚")


async def test_a_message_whose_answer_was_lost_on_the_way_is_not_sent_twice(
    start: Start,
) -> None:
    async with start() as one:
        one.server.fail("sendMessage", Break.AFTER)
        chat = one.conversation()
        chat.say("刘安是谁")
        await one.server.call("sendMessage")
        await one.conversation().ask("/help")
        await one.stop()
        assert len(one.server.made("sendMessage", chat_id=chat.chat.id)) == 1


@pytest.mark.parametrize("fault", [Break.BEFORE, faults.internal_error(), faults.bad_gateway()])
async def test_polling_goes_on_after_a_fault(start: Start, fault: Fault) -> None:
    async with start() as one:
        one.server.fail("getUpdates", fault, times=2)
        assert (await one.conversation().ask("刘安是谁")).citations[0] == "热血忠诚 6"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.internal_error(), "answers with a fault of its own (Internal Server Error)"),
        (faults.bad_gateway(), "answers with a fault of its own (Bad Gateway (502))"),
        (Page(200, "<html>Sign in to this network</html>"), "is no Bot API server"),
        (Break.BEFORE, "cannot be reached"),
    ],
)
async def test_a_trouble_with_polling_is_told_once_and_truly(
    start: Start, fault: Fault, told: str
) -> None:
    async with start() as one:
        one.server.fail("getUpdates", fault, times=3)
        await one.conversation().ask("刘安是谁")
        said = [line for line in one.bot.output.splitlines() if re.search(r"WARNING|ERROR", line)]
        assert len(said) == 1, said
        assert told in said[0]
        assert "<html>" not in one.bot.output


async def test_what_is_not_as_the_bot_api_has_it_costs_nobody_else_an_answer(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        said: Json = people.message(chat.chat, chat.person, people.text("刘安是谁"))["message"]
        malformed: list[Json] = [
            {"message": {}},
            {"message": "text"},
            {"message": [1]},
            {"message": {**said, "date": "yesterday"}},
            {"message": {**said, "chat": {}}},
            {"message": {**said, "from": {}}},
            {"callback_query": {"id": "1"}},
        ]
        for update in malformed:
            one.server.deliver_malformed(update)
        # What is only new, or out of place, is no reason to leave it out.
        one.server.deliver_malformed({"brand_new": {"x": 1}})
        one.server.deliver_malformed({})
        entities = [{"type": "brand_new", "offset": -3, "length": 999}]
        one.server.deliver_malformed({"message": {**said, "entities": entities, "brand_new": 1}})
        assert (await chat.answer(since=0)).citations[0] == "热血忠诚 6"
        left_out = [line for line in one.bot.output.splitlines() if "it is left out" in line]
        assert len(left_out) == len(malformed)
        assert "刘安" not in one.bot.output
        for result in ("true", "[{}]"):
            one.server.fail("getUpdates", Page(200, f'{{"ok":true,"result":{result}}}'))
        assert (await one.conversation().ask("刘安是谁")).citations[0] == "热血忠诚 6"


async def test_a_reader_who_blocked_the_bot_stops_nobody_else(start: Start) -> None:
    async with start() as one:
        gone = one.conversation()
        gone.chat.standing = Standing.KICKED
        one.server.expected_refusals.add("Forbidden: bot was blocked by the user")
        one.server.deliver(people.membership(gone.chat, gone.person, BOT, "member", "kicked"))
        gone.say("刘安是谁")
        assert (await one.conversation().ask("刘安是谁")).citations[0] == "热血忠诚 6"


async def test_a_second_bot_with_the_same_token_is_named_once_and_clearly(start: Start) -> None:
    async with start() as one:
        one.server.fail("getUpdates", faults.conflict(), times=3)
        chat = one.conversation()
        assert (await chat.ask("刘安是谁")).citations[0] == "热血忠诚 6"
        said = [line for line in one.bot.output.splitlines() if "409" in line or "同" in line]
        told = [line for line in one.bot.output.splitlines() if re.search(r"WARNING|ERROR", line)]
        assert len(told) == 1, said


async def test_an_update_that_arrives_twice_is_answered_once(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        await chat.ask("刘安是谁")
        one.server.deliver_again(one.server.last_update_id)
        await one.conversation().ask("/help")
        await one.stop()
        assert len(chat.written()) == 1


async def test_an_update_that_arrives_again_after_a_crash_is_answered_once(start: Start) -> None:
    async with running(Server()) as server:
        async with start(server) as one:
            chat = one.conversation()
            await chat.ask("刘安是谁")
            await one.bot.crash()
        server.deliver_again(server.last_update_id)
        async with start(server) as one:
            await one.conversation().ask("/help")
            await one.stop()
        assert len(chat.written()) == 1


# The state folder


async def test_a_file_that_another_program_holds_costs_memory_and_no_answer(start: Start) -> None:
    async with start() as one:
        chat = one.conversation()
        answer = await chat.ask("刘安是谁")
        file = one.bot.folder / "state" / FILE
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for asking in (chat, one.conversation(), one.conversation()):
                assert (await asking.ask("索连红是谁")).citations[0].startswith("热血忠诚")
            pressed = await chat.press(answer, "👍")
            assert pressed.parameters["text"] == "没能记下来。请稍后再试。"
            other.execute("ROLLBACK")
        pressed = await chat.press(answer, "👍")
        assert pressed.parameters["text"] == "谢谢，记下了。"
        await one.stop()  # whose output is then whole
        said = [line for line in one.bot.output.splitlines() if "bot.records.memory" in line]
        assert len(said) == 2, said
        assert "another program is writing into" in said[0]
        assert "can be kept again" in said[1]


async def test_a_second_bot_with_the_same_state_folder_does_not_start(start: Start) -> None:
    async with start() as one, running(Server()) as another:
        settings = Setup(another, one.bot.folder).environment
        assert await fails_with_one_line(one.bot.folder / "second", settings) == (
            f"wenju: a bot is running with the state folder {one.bot.folder / 'state'}: stop it"
            " first, or set WENJU_STATE to another folder"
        )
        await one.bot.crash()
        async with serving(Setup(another, one.bot.folder)):
            pass  # nothing of a dead one is in the way


async def test_a_damaged_file_is_put_aside_when_the_bot_starts(start: Start, state: Path) -> None:
    (state / FILE).write_bytes(b"not a database" * 100)
    async with start() as one:
        assert (await one.conversation().ask("刘安是谁")).citations[0] == "热血忠诚 6"
        assert f"{FILE} is damaged and is kept as {FILE}.damaged" in one.bot.output


# Stopping


@pytest.mark.parametrize("webhook", [False, True])
async def test_what_was_fetched_is_answered_before_it_stops(start: Start, *, webhook: bool) -> None:
    async with running(Server()) as server:
        settings = by_webhook(server) if webhook else {}
        async with start(server, **settings) as one:
            chats = [one.conversation() for _ in range(20)]
            for chat in chats:
                chat.say("刘安是谁")
            await server.until(lambda: not server.pending or None, "confirmation of all updates")
            assert await one.bot.stop() == 0
            assert [len(chat.written()) for chat in chats] == [1] * 20


async def test_what_was_asked_while_it_was_stopped_is_answered_afterwards(start: Start) -> None:
    async with running(Server()) as server:
        async with start(server) as one:
            chat = one.conversation()
            await chat.ask("/help")
        mark = server.mark
        chat.say("刘安是谁")
        async with start(server):
            assert (await chat.answer(since=mark)).citations[0] == "热血忠诚 6"


# Starting


@pytest.fixture
def state(tmp_path: Path, indexed: Path) -> Path:
    """A state folder with the index in it."""
    return shutil.copytree(indexed, tmp_path / "state")


async def fails_with_one_line(folder: Path, settings: dict[str, str]) -> str:
    """What a bot says that cannot start: one clear line on standard error, exit code 1."""
    async with started(folder, settings) as bot:
        code = await bot.ended()
        assert code == 1, bot.output
        assert "Traceback" not in bot.output, bot.output
        assert SECRET not in bot.output
        lines = [line for line in bot.stderr.splitlines() if line.strip()]
        assert len(lines) == 1, bot.output
        return lines[0]


@pytest.mark.usefixtures("state")
async def test_a_wrong_token_is_one_clear_line(tmp_path: Path) -> None:
    async with running(Server(token=f"{BOT.id}:{'x' * len(SECRET)}")) as server:
        settings = {**Setup(server, tmp_path).environment, "WENJU_TOKEN": TOKEN}
        assert "WENJU_TOKEN" in await fails_with_one_line(tmp_path, settings)


async def test_a_malformed_token_is_one_clear_line_that_does_not_show_it(tmp_path: Path) -> None:
    settings = {"WENJU_TOKEN": f"token {SECRET}", "WENJU_STATE": str(tmp_path / "state")}
    assert "WENJU_TOKEN" in await fails_with_one_line(tmp_path, settings)


async def test_an_unreachable_server_is_one_clear_line(tmp_path: Path, state: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    settings = {
        "WENJU_TOKEN": TOKEN,
        "WENJU_API_URL": address,
        "WENJU_STATE": str(state),
    }
    assert address in await fails_with_one_line(tmp_path, settings)


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            faults.internal_error(),
            "the Bot API server at {} answers with a fault of its own (Internal Server Error);"
            " try again later",
        ),
        (
            faults.bad_gateway(),
            "the Bot API server at {} answers with a fault of its own (Bad Gateway (502));"
            " try again later",
        ),
        (
            Page(200, '{"ok":true,"result":null}'),
            "what answers at {} is no Bot API server; check WENJU_API_URL",
        ),
        *(
            (Page(200, body), "what answers at {} is no Bot API server; check WENJU_API_URL")
            for body in ("[]", '{"ok":true,"result":{}}', '{"ok":true,"result":[]}', '{"ok":false}')
        ),
    ],
)
async def test_a_server_that_answers_wrongly_is_one_true_line(
    tmp_path: Path, fault: Fault, told: str
) -> None:
    async with running(Server()) as server:
        server.fail("getMe", fault)
        said = await fails_with_one_line(tmp_path, Setup(server, tmp_path).environment)
        assert said == f"wenju: {told.format(server.address)}"


@pytest.mark.usefixtures("state")
async def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with running(Server()) as server:
            settings = {
                **Setup(server, tmp_path).environment,
                "WENJU_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
                "WENJU_LISTEN": f"127.0.0.1:{port}",
            }
            assert str(port) in await fails_with_one_line(tmp_path, settings)


async def test_a_state_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file, not a folder", encoding="utf-8")
    async with running(Server()) as server:
        settings = Setup(server, tmp_path / "run", {"WENJU_STATE": str(state)}).environment
        assert str(state) in await fails_with_one_line(tmp_path / "run", settings)


@pytest.mark.skipif(sys.platform != "linux", reason="nobody, not even root, may write to /proc")
async def test_a_read_only_state_folder_is_one_clear_line(tmp_path: Path) -> None:
    state = "/proc/wenju/state"
    async with running(Server()) as server:
        settings = Setup(server, tmp_path, {"WENJU_STATE": state}).environment
        assert "/proc/wenju" in await fails_with_one_line(tmp_path, settings)


# The token


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_the_token_is_never_written_whatever_goes_wrong(
    tmp_path: Path, log_format: str
) -> None:
    async with running(Server()) as server:
        settings = {"WENJU_LOG_LEVEL": "DEBUG", "WENJU_LOG_FORMAT": log_format}
        async with serving(Setup(server, tmp_path, settings)) as bot:
            passing: list[Fault] = [faults.internal_error(), faults.bad_gateway(), Break.BEFORE]
            for fault in (*passing, faults.unauthorized(), faults.not_found()):
                server.fail("sendMessage", fault)
            for fault in passing:
                server.fail("getUpdates", fault)
            person = server.world.new_person()
            chat = server.world.private(person)
            for _ in range(6):
                mark = server.mark
                server.deliver(people.message(chat, person, people.text("刘安是谁")))
                await server.call("sendMessage", since=mark)
            bot.process.terminate()
            await bot.ended()
        assert files_with(SECRET, tmp_path) == []


def files_with(words: str, folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if words.encode() in path.read_bytes()]
