"""Is a preview true, short enough for one message, and plain about what would happen?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.library.previewing import Preview
from bot.pages.markup import MAX_ENTITIES, MAX_LENGTH
from bot.pages.previews import (
    broken_page,
    faults_page,
    file_name,
    preview_page,
    removal_page,
    revisions_page,
)
from bot.pages.remarks import remark_sentences
from bot.pages.rendering import View
from bot.texts import LANGUAGES, texts
from knowledge.catalog import read_report
from knowledge.description import Description
from knowledge.difference import Difference, compare
from knowledge.library import Library
from knowledge.model import Report
from knowledge.outline import Reading
from knowledge.readers import Remark, RemarkKind, Unit
from knowledge.revisions import Revision, What
from retrieval.evaluation.gate import ChangedAnswer, Consequences
from retrieval.model import Answer, Outcome

ZH, EN = View(texts("zh")), View(texts("en"))


def report(source: str, own_id: str = "a") -> Report:
    return read_report("a.md", source.encode(), Description(own_id))


def revision(number: int, kind: str = "folder", **details: str) -> Revision:
    files: Mapping[str, str] = {}
    return Revision(number, "d", "7", 0.0, What(kind, details), "s", files, Path())


def seen(
    draft: Revision,
    *pairs: tuple[Report | None, Report | None],
    declared: bool = False,
    consequences: Consequences = Consequences((), 0, ()),  # noqa: B008 - frozen
) -> Preview:
    changes = tuple(compare(before, after) for before, after in pairs)
    return Preview(draft, Library.from_reports([]), Difference(changes, declared), consequences)


def answer(question: str, outcome: Outcome) -> Answer:
    return Answer(question, outcome, (), (), 0.5, None, (), 1.0)


def test_a_changed_paragraph_is_shown_around_what_differs() -> None:
    start = "一路走来，民警们从不叫苦，也从不言累，" * 3
    old, new = (
        report(f"# 题\n\n{start}共走访群众320户。\n"),
        report(f"# 题\n\n{start}共走访群众321户。\n"),
    )
    page = preview_page(
        seen(revision(2, "upload", title="题", report="a", file="a.md"), (old, new)), ZH
    )
    assert "− …" in page.body.plain
    assert "群众320户。\n+ …" in page.body.plain
    assert "群众321户。" in page.body.plain
    assert [[button.label for button in row] for row in page.keyboard] == [["✅ 确认", "取消"]]


def test_a_folder_with_several_changes_lists_each_report() -> None:
    one, two = report("# 甲\n\n第一段。\n", "a"), report("# 乙\n\n第二段。\n", "b")
    more = report("# 甲\n\n第一段。\n\n新的一段。\n", "a")
    assert preview_page(
        seen(revision(2), (one, more), (None, two), (two, None)), EN
    ).body.plain == (
        "Read the knowledge folder again\n\n"
        "“甲”: Paragraphs added: 1, changed: 0, removed: 0\n"
        "New report “乙” (paragraphs: 1)\n"
        "Without “乙” (paragraphs: 1)\n\n"
        "Nobody has asked anything yet, so there are no answers to compare.\n\n"
        "Press “Confirm” to put it into use; otherwise nothing changes."
    )


def test_what_readers_would_notice_is_told_in_words() -> None:
    changed = ChangedAnswer(
        "谁?", answer("谁?", Outcome.MENTIONED), answer("谁?", Outcome.NOT_FOUND)
    )
    found = Consequences(("几年?",), 7, (changed,))
    page = preview_page(
        seen(revision(2, "rollback", to="1"), declared=True, consequences=found), ZH
    )
    assert page.body.plain == (
        "回到第 1 版\n\n话题、名称、同义词或问题清单有改动\n\n"
        "标准问题里有 1 个会答得和标准不一样：\n• 几年?\n\n"
        "最近问过的 7 个问题里，1 个答案会变：\n• 谁?：只是提到 → 没有找到\n\n"
        "按“确认”换上；不按就什么都不变。"
    )


long_texts = st.text(alphabet="刘安<&>👮🏽 守边。；\n", min_size=1, max_size=400)


@given(st.lists(long_texts, min_size=1, max_size=30), st.sampled_from(LANGUAGES), st.booleans())
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_changes_fits_one_message(words: list[str], language: str, upload: bool) -> None:
    source = "# 题\n\n" + "\n\n".join(f"## 节{n}\n\n段{n}{one}。" for n, one in enumerate(words))
    after, before = report(source), report("# 题\n\n旧的一段。\n")
    kind = "upload" if upload else "folder"
    draft = revision(2, kind, title=words[0], report="a", file=words[-1], new="yes")
    changed = [
        ChangedAnswer(one, answer(one, Outcome.ANSWERED), answer(one, Outcome.NOT_FOUND))
        for one in words
    ]
    found = Consequences(tuple(words), 200, tuple(changed))
    page = preview_page(
        seen(draft, (before, after), consequences=found), View(texts(language)), remarks=words
    )
    assert page.body.fits(MAX_LENGTH, MAX_ENTITIES)
    assert page.body.plain.endswith(texts(language).say("preview.confirm_hint"))
    for one in (
        faults_page(words, texts(language), head="x"),
        broken_page(words, texts(language)),
        removal_page([after, before], View(texts(language)), remark=words[0]),
    ):
        assert one.body.fits(MAX_LENGTH, MAX_ENTITIES)


def test_revisions_are_listed_a_page_at_a_time_with_buttons_to_go_back() -> None:
    numbers = tuple(range(14, 0, -1))
    pages = [revisions_page(numbers, revision, ZH, page) for page in (0, 1, 2, 9)]
    labels = [[button.label for row in page.keyboard for button in row] for page in pages]
    assert labels[0] == [*(f"↩ 第 {n} 版" for n in range(13, 8, -1)), "下一页 ▸"]
    assert labels[1] == [*(f"↩ 第 {n} 版" for n in range(8, 2, -1)), "◂ 上一页", "下一页 ▸"]
    assert labels[2] == labels[3] == ["↩ 第 2 版", "↩ 第 1 版", "◂ 上一页"]
    assert pages[0].body.plain.count("正在用") == 1
    assert revisions_page((), revision, EN).body.plain == "There is no revision yet."


def test_reports_to_remove_are_offered_a_page_at_a_time() -> None:
    reports = [report(f"# 报告{n}\n\n文。\n", f"r{n}") for n in range(19)]
    pages = [removal_page(reports, EN, page) for page in (0, 2)]
    assert [len(page.keyboard) for page in pages] == [9, 4]
    pressed = [button.press for row in pages[1].keyboard for button in row]
    assert [str(one) for one in pressed] == ["1xr16", "1xr17", "1xr18", "1z1"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_remark_has_its_sentence(language: str) -> None:
    one = report("# 题\n\n文。\n")
    for unit in Unit:
        remarks = tuple(Remark(kind, 3, "页眉") for kind in RemarkKind)
        sentences = remark_sentences(Reading(one, (*remarks, *remarks), unit), texts(language))
        assert len(sentences) == len(set(sentences)) == len(RemarkKind)
        assert all("2" in sentence and "3" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../a.md", "a.md"),
        ("C:\\报告\\年报.docx", "年报.docx"),
        (None, "file"),
        ("..", ".."),
        ("\u202edm.a\nb\u200b.md ", "dm.a b.md"),
        ("\u200b", "file"),
        ("a\0\x1b[1m\x7fb\tc.md", "a[1mb c.md"),
    ],
)
def test_a_file_name_leads_nowhere(given_name: str | None, shown: str) -> None:
    assert file_name(given_name) == shown
