"""Does every kind of button do something when it is pressed under a real message?"""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.pages.buttons import Verb
from bot.texts import texts
from tests.telegram.administration import administered, settled
from tests.telegram.bot_process import ROOT
from tests.telegram.conftest import Start

SHOWN_BY = {
    Verb.MORE: "全区公安机关做了什么",
    Verb.AROUND: "刘安是谁",
    Verb.WHY: "刘安是谁",
    Verb.GOOD: "刘安是谁",
    Verb.BAD: "刘安是谁",
    Verb.ASK: "红烧肉怎么做",
    Verb.TOPIC: "/hero 刘安",
    Verb.ENTRY: "/hero",
    Verb.REPORTS: "/outline",
    Verb.OUTLINE: "/reports",
    Verb.SECTION: "/outline",
    Verb.INBOX: "/inbox",
    Verb.SETTING: "/settings",
    Verb.CANCEL: "/reload",
    Verb.CONFIRM: "/reload",
    Verb.REVISIONS: "/remove",
    Verb.ROLLBACK: "/revisions",
    Verb.REMOVALS: "/revisions",
    Verb.REMOVE: "/remove",
}
"""What an admin says to get a message with such a button."""
TURNING = {Verb.REVISIONS, Verb.REMOVALS}
"""Buttons that only long lists have: they are pressed under the other list, to show theirs."""


async def test_every_kind_of_button_does_what_it_says(start: Start, tmp_path: Path) -> None:
    assert set(SHOWN_BY) == set(Verb)
    knowledge = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge", knowledge, ignore=shutil.ignore_patterns("__pycache__"))
    say = texts("zh").say
    failures = {say("browse.outdated"), say("ask.fault"), say("answer.forgotten")}
    async with administered(start, knowledge) as (one, admin):
        report = knowledge / "reports" / "huhang-benteng.md"
        for verb, words in SHOWN_BY.items():
            if words == "/reload":
                text, byline = report.read_text("utf-8").rsplit("\n\n", 1)
                report.write_text(f"{text}\n\n为{verb.name}加的一段。\n\n{byline}", "utf-8")
            message = await settled(admin, await admin.ask(words))
            carried = [button.get("callback_data", "") for button in message.buttons]
            data = [one for one in carried if one.startswith(f"1{verb}")]
            if verb in TURNING:
                data = [f"1{verb}0"]
            assert data, f"no button of {verb.name} under the answer to {words}: {message.text}"
            mark = one.server.mark
            answered = await admin.press_data(message, data[0])
            said = answered.parameters.get("text", "")
            assert said not in failures, verb.name
            changes = [call for call in one.server.calls[mark:] if call.method != "getUpdates"]
            assert said or changes[:-1], f"{verb.name} did nothing"
