"""Which settings does the environment make?"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

import knowledge
from bot.errors import BadSetting

_log = logging.getLogger(__name__)
TELEGRAM = "https://api.telegram.org"
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+):(?P<port>\d{1,5})")
_HIDDEN = {"WENJU_TOKEN", "WENJU_WEBHOOK_SECRET"}


def shipped_knowledge() -> Path:
    """The knowledge folder that comes with the package."""
    return Path(next(iter(knowledge.__path__)))


class Settings(BaseModel):
    """Everything that an operator can set, read once.

    Every field is one environment variable; its description stands in the README's table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr | None = Field(
        None,
        alias="WENJU_TOKEN",
        description="the bot's token; without it `wenju run` says so and opens the terminal chat",
    )
    api_url: str = Field(
        TELEGRAM,
        alias="WENJU_API_URL",
        description="root of the Bot API server: Telegram's, a self-hosted one, a test server",
    )
    admins: frozenset[int] = Field(
        frozenset(),
        alias="WENJU_ADMINS",
        description="Telegram user ids of those who may change what the bot knows, comma separated",
    )
    knowledge: Path = Field(
        default_factory=shipped_knowledge,
        alias="WENJU_KNOWLEDGE",
        description="folder with `catalog.yaml` and the reports",
    )
    state: Path = Field(
        Path("state"),
        alias="WENJU_STATE",
        description="folder for uploaded reports, revisions, the SQLite file and caches",
    )
    webhook_url: str | None = Field(
        None,
        alias="WENJU_WEBHOOK_URL",
        description="public address that Telegram calls; without it the bot polls",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        alias="WENJU_WEBHOOK_SECRET",
        description="secret that Telegram sends along; without it a new one at each start",
    )
    listen: tuple[str, int] = Field(
        ("127.0.0.1", 8080),
        alias="WENJU_LISTEN",
        description="`host:port` that the webhook server binds",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="WENJU_LOG_LEVEL", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`"
    )
    log_format: Literal["text", "json"] = Field(
        "text", alias="WENJU_LOG_FORMAT", description="`text` or `json`"
    )
    person_rate: int = Field(
        20,
        ge=0,
        le=10_000,
        alias="WENJU_PERSON_RATE",
        description="questions a minute from one person; 0 for no limit",
    )
    chat_rate: int = Field(
        20,
        ge=0,
        le=10_000,
        alias="WENJU_CHAT_RATE",
        description="questions a minute in one group; 0 for no limit",
    )
    send_rate: int = Field(
        30,
        ge=1,
        le=1_000,
        alias="WENJU_SEND_RATE",
        description="messages a second; Telegram takes 30, or up to 1000 from bots that pay for it",
    )
    semantic: bool = Field(
        True,
        alias="WENJU_SEMANTIC",
        description="`off` leaves out the evidence by meaning that the extra `semantic` adds",
    )
    retention_days: int = Field(
        90,
        ge=1,
        le=3650,
        alias="WENJU_RETENTION_DAYS",
        description="days that questions and votes are kept",
    )
    question_log: bool = Field(
        True,
        alias="WENJU_QUESTION_LOG",
        description="`off` keeps no log of questions, and `/inbox` and `/stats` stay empty",
    )
    ephemeral: bool = Field(
        False,
        alias="WENJU_EPHEMERAL",
        description="`on` shows an answer in a group to its asker alone, where Telegram allows it",
    )

    watch: bool = Field(
        False,
        alias="WENJU_WATCH",
        description="`on` takes changes of the knowledge folder over by itself",
    )

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("must look like 123456:ABC-DEF, as BotFather gave it")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 1 to 256 characters of A-Z a-z 0-9 _ and -")
        return value

    @field_validator("api_url", "webhook_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("must be an address such as https://bot.example.org/telegram")
        return value.rstrip("/")

    @field_validator("admins", mode="before")
    @classmethod
    def _admins(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever was given
        if not isinstance(value, str):
            return value
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if not all(re.fullmatch(r"[1-9]\d{0,18}", part, re.ASCII) for part in ids):
            raise ValueError("must be user ids such as 1234567,7654321 (names do not work)")
        return frozenset(map(int, ids))

    @field_validator("listen", mode="before")
    @classmethod
    def _listen(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        if not isinstance(value, str):
            return value
        match = _LISTEN.fullmatch(value)
        if not match or not 0 < int(match["port"]) < 65536:
            raise ValueError("must be host:port, such as 0.0.0.0:8080, with a port up to 65535")
        return match["host"].strip("[]"), int(match["port"])

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        return value.lower() if isinstance(value, str) else value

    @field_validator("knowledge", "state", mode="before")
    @classmethod
    def _folder(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must be the path of a folder")
        return Path(value).expanduser() if isinstance(value, str) else value


def variables() -> tuple[str, ...]:
    """The names of all environment variables that are read, in the order of the README's table."""
    return tuple(str(field.alias) for field in Settings.model_fields.values())


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names in ``environment`` that begin like ours and mean nothing: most often a slip."""
    known = set(variables())
    return tuple(sorted(k for k in environment if k.startswith("WENJU_") and k not in known))


def doubts(environment: Mapping[str, str], settings: Settings) -> Iterator[str]:
    """What is most likely a slip in the environment that made ``settings``, a line each."""
    for name in unknown_variables(environment):
        yield f"{name} is set and means nothing here: a slip?"
    address = settings.webhook_url or ""
    # A server of one's own may well call addresses in a network of one's own.
    if address.startswith("http:") and settings.api_url == TELEGRAM:
        yield f"WENJU_WEBHOOK_URL: {address} is not called by Telegram, which takes https:// only"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that ``environment`` makes; an empty value is as good as none.

    Raises BadSetting that names every bad variable, its value (unless it is secret) and what is
    allowed.
    """
    given = {
        key: environment[key].strip() for key in variables() if environment.get(key, "").strip()
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise BadSetting("; ".join(_fault(fault, given) for fault in error.errors())) from None


_ALLOWED = {"bool_parsing": "must be on or off", "int_parsing": "must be a whole number"}


def _fault(fault: Mapping[str, Any], given: Mapping[str, str]) -> str:
    key = str(fault["loc"][0])
    told = str(fault["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    allowed = _ALLOWED.get(fault["type"], told)
    shown = "its value (not shown here)" if key in _HIDDEN else repr(given[key])
    return f"{key}: {shown} {allowed}"


def read_environment(environment: Mapping[str, str], dotenv: Path = Path(".env")) -> dict[str, str]:
    """``environment`` with what the file ``dotenv`` adds, where there is one; the former wins.

    A line that sets nothing is told and passed over. Raises BadSetting where the file cannot be
    read.
    """
    if not dotenv.is_file():
        return dict(environment)
    try:
        text = dotenv.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{dotenv}: cannot be read as UTF-8 text ({error})") from None
    added: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:  # what stands there may be a secret
            place, what = binding.original, "is not NAME=value and does not count"
            empty = len(place.string) - len(place.string.lstrip())  # lines before it
            line = place.line + place.string.count("\n", 0, empty)
            _log.warning("%s:%d: %s; mend it or take it out", dotenv, line, what)
        elif binding.key is not None and binding.value is not None:
            added[binding.key] = binding.value
    return added | dict(environment)
