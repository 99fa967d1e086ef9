"""Is a file that somebody sends taken for the report that they mean?"""

from __future__ import annotations

import pytest

from knowledge.catalog import read_report
from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.library import Library
from knowledge.listed import ListedReport
from knowledge.model import Kind
from knowledge.uploads import Upload, Wanted, understand, wanted

OLD = """\
# 草原警事

一年一报

初心是行动的力量，使命是奉献的目标。

草原上的警务室，去年的样子

刘安在边境守了23年，从没有离开过草原。

魏汉中写于呼和浩特
"""
DESCRIPTION = Description(
    "caoyuan",
    title="草原警事（2024）",
    subtitle="一年一报",
    captions=("草原上的警务室，去年的样子",),
    bylines=("魏汉中写于呼和浩特",),
    authors=("魏汉中",),
    date="2024",
    region="内蒙古",
    source="内蒙古日报",
)


@pytest.fixture
def library() -> Library:
    letter = read_report("b.md", "# 一封信\n\n再加把劲。\n".encode(), Description("letter"))
    return Library.from_reports([read_report("a.md", OLD.encode(), DESCRIPTION), letter])


def sent(library: Library, name: str, content: str, words: str = "") -> Upload:
    return understand(name, content.encode(), wanted(words, library), library)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", Wanted()),
        ("letter", Wanted("letter")),
        ("new-one", Wanted("new-one")),
        (" 一封信\n", Wanted("letter")),
        ("另一封信", Wanted(title="另一封信")),
        ("nb-2024: 年报（2024）", Wanted("nb-2024", "年报（2024）")),
        ("nb-2024：年报", Wanted("nb-2024", "年报")),
        ("Annual Report", Wanted(title="Annual Report")),
        ("附：说明", Wanted(title="附：说明")),
    ],
)
def test_a_caption_names_an_id_a_title_or_both(library: Library, words: str, meant: Wanted) -> None:
    assert wanted(words, library) == meant


def test_without_a_word_the_title_and_then_the_file_tells_which_report_it_is(
    library: Library,
) -> None:
    assert sent(library, "x.md", "# 一封信\n\n多加把劲。\n").row.id == "letter"
    assert sent(library, "annual-2024.md", "# 年报\n\n一年。\n").row == ListedReport(
        id="annual-2024", file="uploads/annual-2024.md"
    )
    named_by_file = sent(library, "工作 小结.txt", "我们做完了今年所有的工作，没有漏下一件。\n")
    assert named_by_file.reading.report.title == "工作 小结"
    assert named_by_file.row.file == f"uploads/{named_by_file.row.id}.txt"


def test_a_new_version_keeps_what_is_known_of_the_report(library: Library) -> None:
    new = OLD.replace("23年", "24年") + "\n新的一段话，写在最后。\n"
    upload = sent(library, "neu.md", new, "caoyuan")
    assert upload.row == ListedReport(
        id="caoyuan",
        file="uploads/caoyuan.md",
        title="草原警事（2024）",
        subtitle="一年一报",
        authors=("魏汉中",),
        date="2024",
        region="内蒙古",
        source="内蒙古日报",
        captions=("草原上的警务室，去年的样子",),
        bylines=("魏汉中写于呼和浩特",),
    )
    report = upload.reading.report
    body = [one.span.of(report.text) for one in report.paragraphs if one.kind is Kind.BODY]
    assert body == [
        "初心是行动的力量，使命是奉献的目标。",
        "刘安在边境守了24年，从没有离开过草原。",
        "新的一段话，写在最后。",
    ]


def test_what_a_new_version_no_longer_has_is_not_asked_of_it(library: Library) -> None:
    upload = sent(library, "neu.md", "# 新的草原\n\n只剩这一段正文，别的都没有了。\n", "caoyuan")
    row = upload.row
    assert (row.subtitle, row.captions, row.bylines) == (None, None, None)
    assert (row.title, row.authors) == ("草原警事（2024）", ("魏汉中",))
    retitled = sent(library, "neu.md", "# 新的草原\n\n只剩这一段正文。\n", "caoyuan: 草原（2025）")
    assert retitled.row.title == "草原（2025）"


def test_a_title_that_was_the_reports_own_follows_the_new_version(library: Library) -> None:
    upload = sent(library, "neu.md", "# 两封信\n\n再加把劲。\n", "letter")
    assert (upload.row.title, upload.reading.report.title) == (None, "两封信")


def test_the_same_words_are_recognised_under_any_name(library: Library) -> None:
    again = sent(library, "copy.md", "# 一封信\n\n再加把劲。\n")
    other = sent(library, "copy.md", "# 一封信\n\n再加把劲。\n", "second-letter")
    assert again.same == other.same == library.report("letter")
    renamed = sent(library, "copy.md", "# 一封信\n\n再加把劲。\n", "letter: 家书")
    assert (renamed.same, renamed.row.title) == (None, "家书")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.md", "", "is empty"),
        ("a.md", "# 只有题目\n", "has no body text below its headings"),
        ("a.xyz", "文", "has a format that is not read"),
    ],
)
def test_what_is_no_report_is_refused(library: Library, name: str, content: str, why: str) -> None:
    with pytest.raises(UnreadableReport, match=why):
        sent(library, name, content)
