"""Does what Telegram added lie over the catalog, and does its file say exactly that?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from knowledge.catalog import load_library
from knowledge.curated import Curated
from knowledge.errors import InvalidCatalog
from knowledge.listed import ListedReport
from knowledge.model import Span
from knowledge.overlay import CuratedQuestion, Overlay, parse_overlay
from knowledge.topics import Place
from tests.knowledge.conftest import REPORT, Folder

LETTER = "# 一封信\n\n高彩霞说：再加把劲。\n"
LISTED = ListedReport(id="letter", file="uploads/letter.md", title="信")
BOUND = CuratedQuestion(
    question="警务室有几个?",
    report="caoyuan",
    section=("一线", "边境"),
    paragraph=2,
    quote="警务室18个",
)


def titles(folder: Folder) -> list[tuple[str, str]]:
    return [(report.id, report.title) for report in folder.load().reports]


def write(folder: Folder, overlay: Overlay) -> None:
    folder.write("overlay.yaml", overlay.dump())


def test_a_report_of_the_overlay_is_added(folder: Folder) -> None:
    folder.write("uploads/letter.md", LETTER)
    write(folder, Overlay().with_report(LISTED))
    assert titles(folder) == [("caoyuan", "草原警事"), ("letter", "信")]


def test_a_report_of_the_overlay_takes_the_place_of_the_catalogs(folder: Folder) -> None:
    folder.write("uploads/caoyuan.md", REPORT.replace("18个", "19个"))
    folder.write("reports/caoyuan.md", b"\xff\xff\xff")  # nobody reads it any more
    write(folder, Overlay().with_report(ListedReport(id="caoyuan", file="uploads/caoyuan.md")))
    (report,) = folder.load().reports
    assert "警务室19个" in report.text


def test_a_removed_report_is_left_out_with_or_without_catalog(folder: Folder) -> None:
    folder.write("uploads/letter.md", LETTER)
    write(folder, Overlay().with_report(LISTED).without_report("caoyuan"))
    (folder.path / "questions.yaml").write_text("- {id: u, question: 天气, answer: null}\n")
    folder.replace(
        "catalog.yaml", "  - name: 刘安\n    role: 守边23年", "  - {name: 高彩霞, role: 高彩霞}"
    )
    assert titles(folder) == [("letter", "信")]
    (folder.path / "catalog.yaml").unlink()
    assert titles(folder) == [("letter", "信")]


def test_an_uploaded_file_is_no_second_report_without_a_catalog(folder: Folder) -> None:
    (folder.path / "catalog.yaml").unlink()
    folder.write("uploads/letter.md", LETTER)
    write(folder, Overlay().with_report(LISTED))
    assert titles(folder) == [("caoyuan", "草原警事"), ("letter", "信")]


def test_the_overlay_may_lie_in_another_folder(folder: Folder) -> None:
    other = Folder(folder.path / ".state")
    other.write("uploads/letter.md", LETTER)
    write(other, Overlay().with_report(LISTED))
    library = load_library(folder.path, overlay=other.path)
    assert [report.id for report in library.reports] == ["caoyuan", "letter"]


def test_taking_every_report_away_is_a_fault(folder: Folder) -> None:
    write(folder, Overlay().without_report("caoyuan"))
    assert folder.faults() == ["overlay.yaml:1: takes away every report; keep one"]


def test_synonyms_are_added_to_the_catalogs(folder: Folder) -> None:
    folder.write(
        "catalog.yaml", (folder.path / "catalog.yaml").read_text() + "synonyms: [[妻子, 爱人]]\n"
    )
    write(folder, Overlay().with_synonyms(["警号", "编号"]))
    assert folder.load().synonyms == (("妻子", "爱人"), ("警号", "编号"))


def test_a_curated_question_is_bound_to_its_quote(folder: Folder) -> None:
    write(folder, Overlay().with_question(BOUND))
    library = folder.load()
    (found,) = library.curated
    place = found.place
    assert found == Curated(
        "警务室有几个?", Place("caoyuan", Span(place.span.start, place.span.end))
    )
    assert place.span.of(library.report("caoyuan").text) == "警务室18个"


def test_a_curated_question_follows_its_quote_to_another_paragraph(folder: Folder) -> None:
    write(folder, Overlay().with_question(BOUND))
    folder.replace("reports/caoyuan.md", "### 边境\n", "### 边境\n\n新的一段话放在前面。\n")
    folder.write("questions.yaml", "- {id: u, question: 天气, answer: null}\n")
    (found,) = folder.load().curated
    assert found.place.span.of(folder.load().report("caoyuan").text) == "警务室18个"


def test_a_question_whose_quote_is_gone_is_broken_and_not_asked(folder: Folder) -> None:
    write(folder, Overlay().with_question(BOUND))
    folder.replace("reports/caoyuan.md", "警务室18个", "警务室19个")
    folder.replace("reports/caoyuan.md", "守边23年。", "守边23年多。")
    folder.replace("questions.yaml", "answer: 23年", "answer: 23年。")
    assert folder.faults() == [
        "overlay.yaml:8: no paragraph of the report caoyuan has “警务室18个” any more",
        "questions.yaml:3: the answer “23年。” is not, word for word, in its paragraph, "
        "which begins “刘安,守边23年多。索连红申请沿用丈夫的”",
    ]
    library = load_library(folder.path, strict=False)
    assert [one.question for one in library.broken] == ["刘安守了几年?", "警务室有几个?"]
    assert [one.id for one in library.questions] == ["u1"]
    assert library.curated == ()


def test_every_fault_of_an_overlay_has_its_line(folder: Folder) -> None:
    folder.write(
        "overlay.yaml",
        "reports:\n- {id: A, file: x.md}\n- {id: b, file: ../y.md}\nremove: [c]\n"
        "synonyms:\n- [警号]\nquestions:\n- question: 谁?\n",
    )
    assert folder.faults() == [
        "overlay.yaml:2: `id` must be 1 to 32 of a-z, 0-9 and -, not “A”,"
        " since it is part of links",
        "overlay.yaml:4: unknown key `remove`; did you mean `removed`?",
        "overlay.yaml:6: `synonyms` 1 must hold two words or more that mean the same",
        "overlay.yaml:8: `quote` is missing; add it",
        "overlay.yaml:8: `report` is missing; add it",
    ]


def test_an_uploaded_file_that_is_not_there_or_outside_is_a_fault(folder: Folder) -> None:
    write(
        folder,
        Overlay().with_report(LISTED).with_report(ListedReport(id="secret", file="../secret.md")),
    )
    assert folder.faults() == [
        "overlay.yaml:3: the report uploads/letter.md does not exist",
        "overlay.yaml:6: ../secret.md is outside the knowledge folder; move the file into it",
    ]


def test_each_change_can_be_taken_back() -> None:
    before = Overlay()
    assert before.with_synonyms(["甲", "乙"]).without_synonyms(["甲", "乙"]) == before
    assert before.with_question(BOUND).without_question(BOUND.question) == before
    after = before.with_report(LISTED).without_report("letter")
    assert after == Overlay(removed=("letter",))
    assert after.with_report(LISTED) == Overlay(reports=(LISTED,))


def test_a_question_is_bound_once_and_a_report_listed_once() -> None:
    again = BOUND.model_copy(update={"paragraph": 3})
    renamed = LISTED.model_copy(update={"title": "又一封"})
    overlay = Overlay().with_question(BOUND).with_question(again)
    overlay = overlay.with_report(LISTED).with_report(renamed)
    assert overlay == Overlay(reports=(renamed,), questions=(again,))


def test_a_change_to_something_impossible_is_refused() -> None:
    with pytest.raises(ValidationError, match="two words or more"):
        Overlay().with_synonyms(["警号"])


lines = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() and "\n" not in text)
lists = st.lists(lines, min_size=2, max_size=4, unique=True).map(tuple)
curated = st.builds(
    CuratedQuestion,
    question=lines,
    report=lines,
    section=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    paragraph=st.integers(0, 999),
    quote=st.text(min_size=1).filter(str.strip),
)


@given(
    st.lists(st.text(max_size=9), max_size=3),
    st.lists(lists, max_size=3),
    st.lists(curated, max_size=3, unique_by=lambda one: one.question),
    st.lists(lines, max_size=2),
)
def test_what_is_written_is_read_back(
    removed: list[str],
    synonyms: list[tuple[str, ...]],
    questions: list[CuratedQuestion],
    named: list[str],
) -> None:
    overlay = Overlay(
        reports=tuple(
            ListedReport(id=f"r{number}", file=f"uploads/{number}.md", title=title, region="")
            for number, title in enumerate(named)
        ),
        removed=tuple(removed),
        synonyms=tuple(synonyms),
        questions=tuple(questions),
    )
    assert parse_overlay(overlay.dump()).overlay == overlay


@pytest.mark.parametrize("content", [b"[]", b"reports: 3\n", b"removed: [[a]]\n", b"a: [\n"])
def test_a_file_that_is_no_overlay_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidCatalog):
        parse_overlay(content)
