from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.process.logs import JsonLines, Redacting, start_logging

TOKEN = "123456:AAE-sesame_open_wide"


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger that writes JSON lines without the token."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Redacting([TOKEN]))
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("tests.bot.logs")
    logger.propagate = False
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG)
    yield logger, out
    logger.handlers.clear()


@pytest.mark.parametrize(
    "leak",
    [
        f"POST https://api.telegram.org/bot{TOKEN}/getMe",
        "bot123456%3AAAE-sesame_open_wide",
        "AAE-sesame_open_wide",
    ],
)
def test_the_token_is_left_out_of_messages_arguments_and_tracebacks(
    written: tuple[logging.Logger, io.StringIO], leak: str
) -> None:
    logger, out = written
    logger.info(leak)
    logger.info("called %s with %r", leak, {"url": leak})
    logger.info("%d", leak)
    try:
        try:
            raise OSError(leak)
        except OSError as error:
            raise ValueError(f"because of {leak}") from error
    except ValueError:
        logger.exception("it failed", stack_info=True)
    assert "sesame" not in out.getvalue()
    assert out.getvalue().count("[secret]") >= 6


def test_what_somebody_wrote_is_not_logged_where_the_client_cannot_read_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        start_logging("INFO", "text", [])
        try:
            raise KeyError("date")
        except KeyError:
            logging.getLogger("telegram.ext.Updater").critical(
                "Received data was: %r", {"message": {"text": "秘密"}}, exc_info=True
            )
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    said = capsys.readouterr().err
    assert said.endswith(
        "ERROR telegram.ext.Updater: what was received is not as the Bot API has it:"
        " KeyError('date'); it is refused\n"
    )
    assert len(said.splitlines()) == 1


def test_a_line_of_json_is_one_line_and_has_the_traceback(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = written
    try:
        raise ValueError("第一行\n第二行")
    except ValueError:
        logger.exception("坏了 %d 次", 2)
    (line,) = out.getvalue().splitlines()
    entry = json.loads(line)
    assert {name: entry[name] for name in ("level", "logger", "message")} == {
        "level": "ERROR",
        "logger": "tests.bot.logs",
        "message": "坏了 2 次",
    }
    assert entry["traceback"].endswith("ValueError: 第一行\n第二行")


def test_a_fault_of_the_network_needs_no_traceback(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    from telegram.error import NetworkError

    logger, out = written
    try:
        raise NetworkError(f"no way to bot{TOKEN}")
    except NetworkError:
        logger.exception("not sent")
    entry = json.loads(out.getvalue())
    assert entry["message"] == "not sent (no way to bot[secret])"
    assert "traceback" not in entry


def test_the_http_client_is_kept_quiet_whatever_the_level(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        start_logging("DEBUG", "text", [TOKEN])
        logging.getLogger("httpx").info("HTTP Request: POST https://x/bot%s/getMe", TOKEN)
        logging.getLogger("httpcore.connection").debug("connect_tcp.started")
        logging.getLogger("bot").info("ready")
    finally:
        root.handlers[:], root.level = before, level
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO bot: ready")
