from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog import load_questions
from knowledge.description import Description
from knowledge.errors import InvalidCatalog
from knowledge.library import Library
from knowledge.model import Kind, Report
from knowledge.outline import outline
from knowledge.questions import GoldPart, GoldPlace, GoldQuestion, parse_questions
from knowledge.readers import read

BORDER = ("一线", "边境")


def report(name: str, years: int) -> Report:
    text = (
        "# 草原警事\n\n副题在这里\n\n初心是行动的力量。\n\n## 一线\n\n### 边境\n\n"
        f"刘安,守边{years}年。\n\n索连红沿用警号。\n\n(魏汉中)\n"
    )
    return outline(read("a.md", text.encode()), Description(name))


def parsed(text: str, *reports: Report, strict: bool = True) -> tuple[GoldQuestion, ...]:
    return parse_questions(
        text.encode(), "q.yaml", reports or (report("caoyuan", 23),), strict=strict
    )


def faults(text: str, *reports: Report, strict: bool = True) -> list[str]:
    with pytest.raises(InvalidCatalog) as caught:
        parsed(text, *reports, strict=strict)
    return str(caught.value).splitlines()


def test_every_key_of_a_question_is_kept() -> None:
    assert parsed("""\
- id: q1
  question: 刘安守了几年?
  kind: exact
  topic: person
  answer: 23年
  section: [一线, 边境]
  section_id: s1
  paragraph: 1
  difficulty: 2
  also:
  - {section: [一线, 边境], section_id: s1, paragraph: 2}
- id: u1
  question: 刘安多大?
  kind: unanswerable
  answer: null
  section: null
  paragraph: null
  nearest: {section: [一线, 边境], paragraph: 1}
  why: 只有守边23年
  expect: refuse
""") == (
        GoldQuestion(
            id="q1",
            question="刘安守了几年?",
            kind="exact",
            topic="person",
            difficulty=2,
            parts=(
                GoldPart(
                    "23年",
                    (GoldPlace("caoyuan", BORDER, 1), GoldPlace("caoyuan", BORDER, 2)),
                ),
            ),
        ),
        GoldQuestion(
            id="u1",
            question="刘安多大?",
            kind="unanswerable",
            topic="",
            difficulty=1,
            parts=(),
            nearest=GoldPlace("caoyuan", BORDER, 1),
            expect="refuse",
            why="只有守边23年",
        ),
    )


def test_a_question_of_several_parts_has_a_place_for_each() -> None:
    (question,) = parsed("""\
- id: m1
  question: 谁守边?谁沿用警号?
  answer: 刘安
  section: [一线, 边境]
  paragraph: 1
  parts:
  - {answer: 刘安, section: [一线, 边境], paragraph: 1}
  - {answer: 索连红, section: [一线, 边境], paragraph: 2}
""")
    assert question.parts == (
        GoldPart("刘安", (GoldPlace("caoyuan", BORDER, 1),)),
        GoldPart("索连红", (GoldPlace("caoyuan", BORDER, 2),)),
    )
    assert (question.answerable, question.answers) == (True, ("刘安", "索连红"))


@pytest.mark.parametrize(
    ("place", "answer", "expected"),
    [
        ("section_id: lead, paragraph: 1", "初心", GoldPlace("caoyuan", (), 1)),
        ("section: [], paragraph: 1", "初心", GoldPlace("caoyuan", (), 1)),
        ("section: [草原警事], paragraph: 1", "初心", GoldPlace("caoyuan", (), 1)),
        ("section: [草原警事, 副题在这里], paragraph: 1", "初心", GoldPlace("caoyuan", (), 1)),
        ("section_id: lead, paragraph: 0", "草原", GoldPlace("caoyuan", (), 0, Kind.TITLE)),
        ("section_id: lead, paragraph: 0", "副题", GoldPlace("caoyuan", (), 0, Kind.SUBTITLE)),
        (
            "section: [一线, 边境], paragraph: 0",
            "边境",
            GoldPlace("caoyuan", BORDER, 0, Kind.HEADING),
        ),
        (
            "section: [(署名), (魏汉中)], section_id: author, paragraph: 0",
            "魏汉中",
            GoldPlace("caoyuan", BORDER, 0, Kind.BYLINE),
        ),
    ],
)  # fmt: skip
def test_a_place_is_resolved(place: str, answer: str, expected: GoldPlace) -> None:
    (question,) = parsed(f"- {{id: q, question: 问, answer: {answer}, {place}}}\n")
    assert question.parts == (GoldPart(answer, (expected,)),)


PLACE = "section: [一线, 边境], paragraph: 1"


def test_without_a_report_every_report_that_says_so_answers() -> None:
    reports = (report("a", 5), report("b", 23), report("c", 23))
    (question,) = parsed(f"- {{id: q, question: 问, answer: 23年, {PLACE}}}\n", *reports)
    assert question.parts[0].places == (
        GoldPlace("b", BORDER, 1),
        GoldPlace("c", BORDER, 1),
    )


def test_a_question_can_name_its_report() -> None:
    reports = (report("b", 23), report("c", 23))
    (question,) = parsed(f"- {{id: q, question: 问, answer: 23年, report: c, {PLACE}}}\n", *reports)
    assert question.parts[0].places == (GoldPlace("c", BORDER, 1),)


def test_also_and_nearest_must_exist_too() -> None:
    assert faults("""\
- id: q1
  question: 问
  answer: 刘安
  section: [一线, 边境]
  paragraph: 1
  also:
  - section: [一线, 边境]
    paragraph: 9
- id: u1
  question: 问
  nearest:
    section: [二线]
    paragraph: 1
""") == [
        "q.yaml:8: the section 一线 › 边境 has 2 paragraphs, no paragraph 9",
        "q.yaml:13: no report has the section 二线; write its headings as the report has them",
    ]


def test_each_part_must_be_verbatim() -> None:
    assert faults(f"""\
- id: m1
  question: 问
  answer: 刘安
  {PLACE.replace(", p", chr(10) + "  p")}
  parts:
  - answer: 刘强
    section: [一线, 边境]
    paragraph: 1
""") == [
        "q.yaml:7: the answer “刘强” is not, word for word, in its paragraph, "
        "which begins “刘安,守边23年。”"
    ]


def test_a_report_without_byline_has_no_author_place() -> None:
    bare = outline(read("a.md", "# 题\n\n文。\n".encode()), Description("a"))
    assert faults(
        "- {id: q, question: 问, answer: 文, section_id: author, paragraph: 0}\n", bare
    ) == ["q.yaml:1: no report has a byline; list it under `bylines` in the catalog"]


def test_a_file_made_elsewhere_may_have_other_keys_and_looser_answers() -> None:
    text = (
        f"- {{id: q, question: 问, answer: 二十三年, note: 另一个键, expect: clarify, {PLACE}}}\n"
    )
    (question,) = parsed(text, strict=False)
    assert question.parts == (GoldPart("二十三年", (GoldPlace("caoyuan", BORDER, 1),)),)
    assert [fault.partition(":")[2].partition(" ")[0] for fault in faults(text)] == ["1:"] * 3


def test_questions_are_loaded_from_any_file(tmp_path: Path) -> None:
    library = Library.from_reports([report("caoyuan", 23)])
    file = tmp_path / "held-out.yaml"
    file.write_text(f"- {{id: q, question: 问, answer: 刘安, {PLACE}}}\n", encoding="utf-8")
    assert [question.id for question in load_questions(file, library)] == ["q"]
    with pytest.raises(InvalidCatalog) as caught:
        load_questions(tmp_path / "x.yaml", library)
    assert str(caught.value) == f"{tmp_path / 'x.yaml'}: does not exist"
