"""Does the bot do what the evaluation data's dialogues expect of it, turn by turn?"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from knowledge.catalog import load_library
from tests.telegram import people
from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import SHIPPED, Running
from tests.telegram.conversation import Conversation, Message
from tests.telegram.refusal import Json
from tests.telegram.server import BOT

FILE = ROOT.parent / "shared" / "eval" / "dialogues-dev.yaml"
PLACE = re.compile(r"S(?P<section>\d+)¶(?P<paragraph>\d+)")
UNQUOTED = re.compile(
    r"no passage|no search|no invented|same refusal|empty|^list|answers only", re.IGNORECASE
)
WRONG_HERO = "no wrong hero"
SAME_PAGE = "same as no argument"
DIALOGUES: list[dict[str, Any]] = (
    yaml.safe_load(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
)

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the evaluation data is not there")


def content(turn: dict[str, Any]) -> Json:
    """What the person of the dialogue sends."""
    words = str(turn["user"]).replace("@bot", f"@{BOT.username}")
    kinds: dict[str, Callable[[], Json]] = {
        "sticker": people.sticker,
        "voice": people.voice,
        "photo_caption": lambda: people.photo(words),
    }
    return kinds[turn["type"]]() if "type" in turn else {**people.text(words), "text": words}


def places(expected: str) -> list[str]:
    """The paragraphs that a turn names, as messages cite them."""
    (report,) = load_library(SHIPPED).reports
    headings = list(dict.fromkeys(s.path[0] for s in report.sections if s.path))
    return [
        f"{headings[int(found['section']) - 1]} {found['paragraph']}"
        for found in PLACE.finditer(expected)
    ]


def hold(message: Message, before: Message | None, expected: str) -> None:
    """Hold an answer against all that its turn says in a form that can be read."""
    named = places(expected)
    assert set(named) <= set(message.citations), expected
    assert not named or message.citations[0] in named, expected
    if "one citation" in expected:
        assert len(message.citations) == 1, expected
    if "two citations" in expected.lower():
        assert len(message.citations) == 2, expected
    for figure in re.findall(r"\d+\.\d+%", expected):
        assert figure in "".join(message.quotes), expected
    for year in re.findall(r"saying that (\d{4}) is not", expected):
        assert year in message.text.partition(message.quotes[0])[0], expected
    if WRONG_HERO in expected:
        assert message.citations in (["热血忠诚 5"], []), expected
    if "do not invent" in expected and before is not None:
        assert set(message.citations) <= set(before.citations), expected
    if "only names" in expected:
        assert "只提到" in message.text, expected
    if SAME_PAGE in expected and before is not None:
        assert (message.text, message.buttons) == (before.text, before.buttons), expected
    if not named and UNQUOTED.search(expected):
        assert not message.quotes, expected
    for lines in ("one-line hint", "one screen"):
        if lines in expected:
            assert len(message.text.splitlines()) <= (1 if "hint" in lines else 20), expected


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[one["id"] for one in DIALOGUES])
async def test_a_dialogue_goes_as_it_is_expected_to(
    wenju: Running, dialogue: dict[str, Any]
) -> None:
    chat: Conversation = wenju.in_group() if dialogue["chat"] == "group" else wenju.conversation()
    last: Message | None = None
    for turn in dialogue["turns"]:
        reply_to = last if turn.get("reply_to") == "bot" else None
        for _ in range(turn.get("repeat", 1)):
            mark = chat.server.mark
            chat.say(content(turn), reply_to=reply_to)
            if "silent" in turn["expect"]:
                # Updates of one chat are handled in order: what is asked next is answered next.
                after = await chat.ask("/help")
                assert [message.id for message in chat.written(mark)] == [after.id]
                continue
            answer = await chat.answer(since=mark)
            hold(answer, last, turn["expect"])
            last = answer
        assert chat.server.made("getFile", since=mark) == []
