"""Is what changed told by content, whatever moved?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog import read_report
from knowledge.description import Description
from knowledge.difference import Difference, ReportChange, Said, compare, difference
from knowledge.library import Library
from knowledge.model import Kind, Report
from tests.knowledge.conftest import Folder

BEFORE = """\
# 年报

## 上半年

全局接报警情3200起，比去年少一成。

民警王强获评先进个人，同事都为他高兴。

## 下半年

新建社区警务室12个。
"""


def report(source: str, own_id: str = "annual", title: str = "") -> Report:
    return read_report("a.md", source.encode(), Description(own_id, title))


def body(path: str, text: str) -> Said:
    return Said(Kind.BODY, (path,), text)


def test_the_same_report_has_not_changed() -> None:
    assert not difference(
        Library.from_reports([report(BEFORE)]), Library.from_reports([report(BEFORE)])
    )


def test_a_paragraph_that_moved_is_unchanged() -> None:
    moved = BEFORE.replace("民警王强获评先进个人，同事都为他高兴。\n\n", "")
    moved += "\n民警王强获评先进个人，同事都为他高兴。\n"
    before, after = report(BEFORE), report(moved)
    assert compare(before, after) == ReportChange(before, after)
    assert bool(difference(Library.from_reports([before]), Library.from_reports([after])))


def test_changed_added_and_removed_paragraphs_are_told_apart() -> None:
    before = report(BEFORE)
    after = report(
        BEFORE.replace("3200起", "3100起").replace(
            "民警王强获评先进个人，同事都为他高兴。", "食堂重新装修，五月开放。"
        )
        + "\n破获电信诈骗案86起。\n"
    )
    assert compare(before, after) == ReportChange(
        before,
        after,
        added=(body("上半年", "食堂重新装修，五月开放。"), body("下半年", "破获电信诈骗案86起。")),
        changed=(
            (
                body("上半年", "全局接报警情3200起，比去年少一成。"),
                body("上半年", "全局接报警情3100起，比去年少一成。"),
            ),
        ),
        removed=(body("上半年", "民警王强获评先进个人，同事都为他高兴。"),),
    )


def test_a_paragraph_that_stands_twice_and_then_once_is_removed_once() -> None:
    twice = report(BEFORE + "\n全局接报警情3200起，比去年少一成。\n")
    change = compare(twice, report(BEFORE))
    assert change.removed == (body("下半年", "全局接报警情3200起，比去年少一成。"),)
    assert (change.added, change.changed) == ((), ())


def test_new_reports_lost_reports_and_new_words_about_a_report() -> None:
    old = Library.from_reports([report(BEFORE), report("# 信\n\n你好。", "letter")])
    new = Library.from_reports([report(BEFORE, title="年度报告"), report("# 诗\n\n月亮。", "poem")])
    told = difference(old, new)
    assert [
        (change.report.id, change.before is None, change.after is None) for change in told.reports
    ] == [
        ("annual", False, False),
        ("poem", True, False),
        ("letter", False, True),
    ]
    assert told.reports[0] == ReportChange(old.report("annual"), new.report("annual"))
    assert [one.text for one in told.reports[1].added] == ["诗", "月亮。"]
    assert [one.text for one in told.reports[2].removed] == ["信", "你好。"]


def test_other_synonyms_are_a_change_though_no_report_has_changed() -> None:
    plain = Library.from_reports([report(BEFORE)])
    richer = Library.from_reports([report(BEFORE)], synonyms=(("民警", "警察"),))
    assert difference(plain, richer) == Difference((), declared=True)


def test_a_topic_whose_line_only_moved_is_unchanged(folder: Folder) -> None:
    before = folder.load()
    folder.replace("reports/caoyuan.md", "初心是行动的力量。", "初心是行动的力量源泉。")
    after = folder.load()
    assert before.topics != after.topics
    assert not difference(before, after).declared
    folder.replace("catalog.yaml", "words: [英雄]", "words: [英模]")
    assert difference(after, folder.load()) == Difference((), declared=True)


paragraphs = st.lists(st.sampled_from("甲乙丙丁戊己"), max_size=8)


@given(paragraphs, paragraphs)
def test_the_old_and_the_change_give_the_new(old: list[str], new: list[str]) -> None:
    def of(texts: list[str]) -> Report:
        return report(
            "# 题\n\n" + "\n\n".join(f"第{text}段的内容是{text * 9}。" for text in ["零", *texts])
        )

    change = compare(of(old), of(new))
    gone = [one.text for one in (*change.removed, *(before for before, _ in change.changed))]
    come = [one.text for one in (*change.added, *(after for _, after in change.changed))]
    kept = sorted(text for text in texts_of(of(old)))
    for text in gone:
        kept.remove(text)
    assert sorted(kept + come) == sorted(texts_of(of(new)))


def texts_of(one: Report) -> list[str]:
    return [paragraph.span.of(one.text) for paragraph in one.paragraphs]
