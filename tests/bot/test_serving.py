"""Does the running bot tell how it is, and does it end as it should?"""

from __future__ import annotations

import socket
import time
from pathlib import Path

from bot.process.heartbeat import diagnose
from tests.telegram import faults
from tests.telegram.bot_process import Setup, serving, started
from tests.telegram.conversation import Conversation
from tests.telegram.server import Server, running

QUICK = {"WENJU_SEMANTIC": "off"}


async def test_a_running_bot_is_healthy_and_a_stopped_one_is_gone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with running(Server()) as server:
        async with serving(Setup(server, tmp_path, QUICK)) as bot:
            person = server.world.new_person()
            await Conversation(server, server.world.private(person), person).ask("/help")
            assert diagnose(state, time.time()) == ""
            assert await bot.stop() == 0
        assert diagnose(state, time.time()).startswith("no bot is running")


async def test_a_token_that_is_taken_back_ends_the_bot_with_one_clear_line(tmp_path: Path) -> None:
    async with running(Server()) as server:
        async with serving(Setup(server, tmp_path, QUICK)) as bot:
            server.fail("getUpdates", faults.unauthorized(), times=10)
            person = server.world.new_person()
            Conversation(server, server.world.private(person), person).say("/help")
            assert await bot.ended() == 1
        faults_said = [line for line in bot.stderr.splitlines() if " INFO " not in line]
        assert faults_said == [
            "wenju: Telegram refuses the token; check WENJU_TOKEN (BotFather shows it)"
            " and WENJU_API_URL"
        ]


async def test_a_bot_that_waits_for_telegram_can_be_stopped(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings = {
            **QUICK,
            "WENJU_TOKEN": "123456:nobody-answers",
            "WENJU_API_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}",
            "WENJU_STATE": str(tmp_path / "state"),
        }
        async with started(tmp_path, settings) as bot:
            deaf.settimeout(60)
            connection, _ = deaf.accept()
            with connection:
                assert await bot.stop() == 0
        assert "Traceback" not in bot.output
