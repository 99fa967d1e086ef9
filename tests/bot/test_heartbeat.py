from __future__ import annotations

from pathlib import Path

import pytest

from bot.process.heartbeat import FILE, OUT_OF_REACH, STOPPED, beat, diagnose, end


def test_a_fresh_beat_is_healthy_and_an_old_one_is_not(tmp_path: Path) -> None:
    beat(tmp_path, now=1000.0, heard=995.0)
    assert diagnose(tmp_path, 1000.0 + STOPPED) == ""
    assert diagnose(tmp_path, 1001.0 + STOPPED) == "the bot has given no sign for 61 s"


def test_a_sign_from_after_the_clock_was_set_back_is_none(tmp_path: Path) -> None:
    beat(tmp_path, 5000.0, 5000.0)
    assert diagnose(tmp_path, 5000.0 - STOPPED) == ""
    assert diagnose(tmp_path, 1000.0) == (
        "the clock was set back, and the bot has given no sign since"
    )


def test_a_bot_that_telegram_does_not_reach_is_not_healthy(tmp_path: Path) -> None:
    beat(tmp_path, now=1000.0, heard=1000.0 - OUT_OF_REACH)
    assert diagnose(tmp_path, 1000.0) == ""
    beat(tmp_path, now=1001.0, heard=1000.0 - OUT_OF_REACH)
    assert diagnose(tmp_path, 1001.0) == "the bot has not heard from Telegram for 301 s"


def test_a_bot_that_ended_is_not_running(tmp_path: Path) -> None:
    beat(tmp_path, 1000.0, 1000.0)
    end(tmp_path)
    end(tmp_path)
    assert diagnose(tmp_path, 1000.0) == f"no bot is running with the state folder {tmp_path}"


@pytest.mark.parametrize("content", ["", "[]", '{"at": 1}', '{"at": "x", "heard": 1}', "\x00"])
def test_a_file_that_is_no_heartbeat_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert diagnose(tmp_path, 1.0).startswith(f"{tmp_path / FILE} cannot be read (")
