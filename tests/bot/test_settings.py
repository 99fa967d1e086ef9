from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import BadSetting
from bot.settings import (
    TELEGRAM,
    Settings,
    doubts,
    read_environment,
    read_settings,
    shipped_knowledge,
    unknown_variables,
    variables,
)

README = Path(__file__).parents[2] / "README.md"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings == Settings.model_validate({})
    assert (settings.token, settings.api_url, settings.admins) == (None, TELEGRAM, frozenset())
    assert settings.knowledge == shipped_knowledge()
    assert (settings.knowledge / "catalog.yaml").is_file()
    assert (settings.state, settings.listen) == (Path("state"), ("127.0.0.1", 8080))
    assert (settings.log_level, settings.log_format) == ("INFO", "text")


def test_an_empty_value_is_as_good_as_none() -> None:
    assert read_settings(dict.fromkeys(variables(), "  ")) == read_settings({})


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "WENJU_TOKEN": "123456:ABC-def_9",
            "WENJU_API_URL": "http://127.0.0.1:8081/",
            "WENJU_ADMINS": "11, 22,11",
            "WENJU_KNOWLEDGE": "/srv/knowledge",
            "WENJU_STATE": "/srv/state",
            "WENJU_WEBHOOK_URL": "https://bot.example.org/hook",
            "WENJU_WEBHOOK_SECRET": "s3-cret",
            "WENJU_LISTEN": "[::1]:8443",
            "WENJU_LOG_LEVEL": "debug",
            "WENJU_LOG_FORMAT": "JSON",
            "WENJU_PERSON_RATE": "5",
            "WENJU_CHAT_RATE": "0",
            "WENJU_SEND_RATE": "60",
            "WENJU_SEMANTIC": "off",
            "WENJU_RETENTION_DAYS": "7",
            "WENJU_QUESTION_LOG": "off",
            "WENJU_EPHEMERAL": "on",
            "WENJU_WATCH": "1",
            "PATH": "/bin",
        }
    )
    assert settings.token is not None
    assert settings.webhook_secret is not None
    assert settings.model_dump(exclude={"token", "webhook_secret"}) == {
        "api_url": "http://127.0.0.1:8081",
        "admins": frozenset({11, 22}),
        "knowledge": Path("/srv/knowledge"),
        "state": Path("/srv/state"),
        "webhook_url": "https://bot.example.org/hook",
        "listen": ("::1", 8443),
        "log_level": "DEBUG",
        "log_format": "json",
        "person_rate": 5,
        "chat_rate": 0,
        "send_rate": 60,
        "semantic": False,
        "retention_days": 7,
        "question_log": False,
        "ephemeral": True,
        "watch": True,
    }
    assert settings.token.get_secret_value() == "123456:ABC-def_9"
    assert settings.webhook_secret.get_secret_value() == "s3-cret"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("WENJU_API_URL", "api.telegram.org", "'api.telegram.org' must be an address such as"),
        ("WENJU_API_URL", "ftp://x", "'ftp://x' must be an address such as"),
        ("WENJU_API_URL", "http://x:99999", "'http://x:99999' must be an address such as"),
        ("WENJU_WEBHOOK_URL", "hook", "'hook' must be an address such as"),
        ("WENJU_ADMINS", "@me", "'@me' must be user ids such as 1234567,7654321"),
        ("WENJU_ADMINS", "-100", "'-100' must be user ids"),
        ("WENJU_ADMINS", "１２", "'１２' must be user ids"),
        ("WENJU_LISTEN", "8080", "'8080' must be host:port"),
        ("WENJU_LISTEN", "0.0.0.0:70000", "'0.0.0.0:70000' must be host:port"),
        ("WENJU_LOG_LEVEL", "LOUD", "'LOUD' must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("WENJU_LOG_FORMAT", "xml", "'xml' must be 'text' or 'json'"),
        ("WENJU_PERSON_RATE", "many", "'many' must be a whole number"),
        ("WENJU_CHAT_RATE", "-1", "'-1' must be greater than or equal to 0"),
        ("WENJU_SEND_RATE", "0", "'0' must be greater than or equal to 1"),
        ("WENJU_SEMANTIC", "maybe", "'maybe' must be on or off"),
        ("WENJU_RETENTION_DAYS", "0", "'0' must be greater than or equal to 1"),
        ("WENJU_STATE", "a\0b", r"'a\x00b' must be the path of a folder"),
        ("WENJU_KNOWLEDGE", "a\0b", r"'a\x00b' must be the path of a folder"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(key: str, value: str, said: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({key: value})
    assert str(caught.value).startswith(f"{key}: {said}")


@pytest.mark.parametrize("key", ["WENJU_TOKEN", "WENJU_WEBHOOK_SECRET"])
def test_a_bad_secret_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({key: "sesame öffne dich"})
    assert str(caught.value).startswith(f"{key}: its value (not shown here) must ")
    assert "sesame" not in repr(caught.value.__cause__) + repr(caught.value.__context__)
    assert "sesame" not in str(caught.value)


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({"WENJU_LISTEN": "x", "WENJU_LOG_FORMAT": "y"})
    assert [fault.split(":")[0] for fault in str(caught.value).split("; ")] == [
        "WENJU_LISTEN",
        "WENJU_LOG_FORMAT",
    ]


def test_secrets_never_show() -> None:
    settings = read_settings({"WENJU_TOKEN": "123456:sesame", "WENJU_WEBHOOK_SECRET": "open"})
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "sesame" not in shown
        assert "open" not in shown


def test_settings_cannot_be_changed() -> None:
    settings = read_settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "DEBUG"


def test_a_slip_in_a_name_is_found() -> None:
    assert unknown_variables({"WENJU_TOKEM": "1:x", "WENJU_STATE": "s", "HOME": "/"}) == (
        "WENJU_TOKEM",
    )


def test_a_dotenv_file_adds_and_the_environment_wins(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text('WENJU_TOKEN=1:a$b\nWENJU_STATE="一 二"\nEMPTY\n', "utf-8")
    environment = {"WENJU_TOKEN": "2:c", "HOME": "/root"}
    assert read_environment(environment, dotenv) == {
        "WENJU_TOKEN": "2:c",
        "WENJU_STATE": "一 二",
        "HOME": "/root",
    }
    assert read_environment(environment, tmp_path / "none") == environment


def test_a_line_of_a_dotenv_file_that_sets_nothing_is_told_by_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("WENJU_STATE=s\n\n'1:secret\nWENJU_LISTEN=a:1\n", "utf-8")
    assert read_environment({}, dotenv) == {"WENJU_STATE": "s", "WENJU_LISTEN": "a:1"}
    assert caplog.messages == [
        f"{dotenv}:3: is not NAME=value and does not count; mend it or take it out"
    ]


@pytest.mark.parametrize(
    ("api", "address", "doubted"),
    [
        (TELEGRAM, "http://bot.example.org/telegram", True),
        (TELEGRAM, "https://bot.example.org/telegram", False),
        ("http://api.example.org", "http://bot.example.org/telegram", False),
    ],
)
def test_telegram_is_known_to_call_https_only(api: str, address: str, *, doubted: bool) -> None:
    environment = {"WENJU_API_URL": api, "WENJU_WEBHOOK_URL": address}
    told = f"WENJU_WEBHOOK_URL: {address} is not called by Telegram, which takes https:// only"
    assert list(doubts(environment, read_settings(environment))) == ([told] if doubted else [])


def test_a_dotenv_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"WENJU_STATE=\xff\xfe")
    with pytest.raises(BadSetting, match=r"\.env: cannot be read as UTF-8 text"):
        read_environment({}, dotenv)


def test_the_readme_has_a_row_for_every_variable_and_no_other() -> None:
    rows = [
        line.split("|")[1]
        for line in README.read_text("utf-8").splitlines()
        if line.startswith("| `WENJU_")
    ]
    named = [cell.strip().strip("`") for row in rows for cell in row.split(",")]
    assert sorted(named) == sorted(variables())
