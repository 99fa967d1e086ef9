"""Does a change of the knowledge folder arrive by itself, and only if it is sound?"""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.newest import shelf_in
from tests.telegram.administration import administered, shown_in_the_end
from tests.telegram.conftest import Start
from tests.telegram.conversation import Conversation, Message

CATALOG = """\
reports:
- {id: nianbao, file: reports/nianbao.md}
questions: questions.yaml
"""
REPORT = "# 年报\n\n## 城里\n\n全局去年破获电信诈骗案86起。\n\n新建社区警务室18个。\n"
QUESTIONS = (
    "- {id: q1, question: 新建警务室多少个？, answer: 18个, section: [城里], paragraph: 2}\n"
)


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    (folder / "reports").mkdir(parents=True)
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (folder / "reports" / "nianbao.md").write_text(REPORT, encoding="utf-8")
    (folder / "questions.yaml").write_text(QUESTIONS, encoding="utf-8")
    return folder


async def test_a_change_is_taken_over_and_a_bad_one_is_told_once(
    start: Start, knowledge: Path
) -> None:
    report, catalog = knowledge / "reports" / "nianbao.md", knowledge / "catalog.yaml"
    async with administered(start, knowledge, WENJU_WATCH="1") as (one, admin):
        reader, server = one.conversation(), one.server
        shelf = shelf_in(one.bot.folder / "state")

        async def heard(since: int) -> str:
            return (await admin.answer(since=since)).text

        # A sound change, and what editors leave beside it.
        mark = server.mark
        (knowledge / "reports" / ".nianbao.md.swp").write_bytes(b"\0")
        (knowledge / "reports" / "~$nianbao.md").write_bytes(b"\0")
        report.write_text(REPORT.replace("86起", "97起"), encoding="utf-8")
        await server.call("setMyCommands", since=mark)
        said = await reader.ask("破获电信诈骗案多少起？")
        assert said.quotes == ["全局去年破获电信诈骗案97起。"]
        assert shelf.numbers() == (2, 1)

        # A fault: the old goes on serving, the admins hear of it with file and line.
        mark = server.mark
        catalog.write_text(f"{CATALOG}colour: green\n", encoding="utf-8")
        assert await heard(mark) == (
            "知识文件夹有改动，但没有换上，原来的内容照常服务。请先改好：\n"
            "• catalog.yaml:4: unknown key `colour`; known here are reports, lexicon, synonyms,"
            " topics, questions"
        )
        # The same trouble is not told again; another one is.
        mark = server.mark
        report.write_text(REPORT.replace("86起", "98起"), encoding="utf-8")
        catalog.write_text(f"{CATALOG}colour: green\n# still\n", encoding="utf-8")
        catalog.write_text(CATALOG.replace("nianbao.md", "nothing.md"), encoding="utf-8")
        assert "nothing.md" in await heard(mark)
        said = await reader.ask("破获电信诈骗案多少起？")
        assert said.quotes == ["全局去年破获电信诈骗案97起。"]

        # A lost gold question needs somebody who has seen it.
        mark = server.mark
        report.write_text(REPORT.replace("18个", "十八个"), encoding="utf-8")
        catalog.write_text(CATALOG, encoding="utf-8")
        assert await heard(mark) == (
            "知识文件夹有改动，但换上以后，标准问题里有 1 个会答得和标准不一样，所以没有换上：\n"
            "• 新建警务室多少个？\n看过之后仍要换上，请发 /reload。"
        )
        assert shelf.numbers() == (2, 1)
        preview = await shown_in_the_end(admin, "/reload")
        assert "标准问题里有 1 个会答得和标准不一样：\n• 新建警务室多少个？" in preview.text
        await admin.press(preview, "确认")
        assert admin.now(preview).text.startswith("已换上第 3 版：")
        assert len(written_unasked(admin, 0)) == 3
        assert list((one.bot.folder / "state/knowledge/drafts").iterdir()) == []


def written_unasked(admin: Conversation, since: int) -> list[Message]:
    """What the bot said without being asked."""
    return [message for message in admin.written(since) if message.replies_to is None]
