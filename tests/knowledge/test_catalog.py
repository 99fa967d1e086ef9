from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import knowledge
from knowledge import catalog, listed, overlay, questions
from knowledge.catalog import load_library, report_id
from knowledge.errors import Fault, InvalidCatalog
from knowledge.lexicon import Lexicon, Name
from knowledge.library import Library
from knowledge.model import Kind, Report, Span
from knowledge.outline import one_paragraph
from knowledge.readers import SUFFIXES
from knowledge.topics import Entry, Place, Topic
from tests.knowledge.conftest import CATALOG, QUESTIONS, Folder

SHIPPED = Path(knowledge.__file__).parent


def test_a_folder_becomes_a_library(folder: Folder) -> None:
    folder.write(
        "catalog.yaml",
        CATALOG + "lexicon:\n  people: [{name: 刘安, aliases: [老刘]}]\nsynonyms: [[妻子, 爱人]]\n",
    )
    library = folder.load()
    report = library.report("caoyuan")
    assert (report.title, report.date, report.text) == (
        "草原警事",
        "2024",
        "草原警事\n初心是行动的力量。\n一线\n边境\n刘安,守边23年。索连红申请沿用丈夫的警号。\n"
        "阿拉善盟建设警务室18个。\n(魏汉中)",
    )
    assert library.topics == (
        Topic(
            command="hero",
            words=("英雄",),
            title={"zh": "英模", "en": "Heroes"},
            description={"zh": "报告里的英模"},
            entries=(Entry("刘安", (), "守边23年", Place("caoyuan", Span(24, 29))),),
        ),
    )
    assert Span(24, 29).of(report.text) == "守边23年"
    assert library.lexicon == Lexicon(people=(Name("刘安", ("老刘",)),))
    assert list(library.lexicon) == [Name("刘安", ("老刘",))]
    assert library.synonyms == (("妻子", "爱人"),)
    assert [question.id for question in library.questions] == ["q1", "u1"]
    assert [passage.span.of(report.text) for passage in library.passages] == [
        one.span.of(report.text) for one in report.paragraphs
    ]


def test_the_shipped_folder_loads() -> None:
    library = load_library(SHIPPED)
    assert [(topic.command, len(topic.entries)) for topic in library.topics] == [
        ("hero", 8),
        ("region", 8),
        ("data", 7),
        ("term", 31),
    ]
    for topic in library.topics:
        for entry in topic.entries:
            report = library.report(entry.place.report_id)
            assert entry.place.span.of(report.text) == entry.role
            assert any(
                one.span.covers(entry.place.span) and one.kind is Kind.BODY
                for one in report.paragraphs
            )
    assert len(library.questions) == 136


def test_a_library_knows_which_reports_it_has(folder: Folder) -> None:
    library = folder.load()
    assert "caoyuan" in library
    assert "nirgends" not in library
    with pytest.raises(KeyError):
        library.report("nirgends")


def test_the_revision_changes_with_anything_that_matters(folder: Folder) -> None:
    revisions = [folder.load().revision]
    assert folder.load().revision == revisions[0]
    for name, old, new in (
        ("reports/caoyuan.md", "18个", "19个"),
        ("reports/caoyuan.md", "### 边境", "#### 边境\n\n### 边境"),
        ("catalog.yaml", "date: '2024'", "date: '2023'"),
        ("catalog.yaml", "words: [英雄]", "words: [英模]"),
        ("catalog.yaml", "questions: q", "synonyms: [[妻子, 爱人]]\nquestions: q"),
        ("catalog.yaml", "questions: q", "lexicon: {people: [{name: 刘安}]}\nquestions: q"),
        ("catalog.yaml", "lexicon: {people:", "lexicon: {places:"),
        ("questions.yaml", "刘安守了几年?", "守了几年?"),
    ):
        folder.replace(name, old, new)
        revisions.append(folder.load().revision)
    assert len(set(revisions)) == len(revisions)


def test_a_line_between_paragraphs_does_not_change_the_revision(folder: Folder) -> None:
    before = folder.load().revision
    folder.replace("reports/caoyuan.md", "## 一线\n", "\n\n## 一线\n\n")
    folder.replace("catalog.yaml", "reports:\n", "# 注释\nreports:\n")
    assert folder.load().revision == before


def test_scalars_are_the_text_that_stands_in_the_file(folder: Folder) -> None:
    folder.replace("catalog.yaml", "date: '2024'", "date: 2024-08\n  source: no\n  language: no")
    report = folder.load().reports[0]
    assert (report.date, report.source, report.language) == ("2024-08", "no", "no")


def test_a_key_without_a_value_counts_as_left_out(folder: Folder) -> None:
    folder.replace("catalog.yaml", "  date: '2024'\n", "  date:\n  subtitle: ~\n  bylines: null\n")
    report = folder.load().reports[0]
    assert (report.date, report.subtitle) == ("", "")
    assert report.paragraphs[-1].kind is Kind.BYLINE  # recognised, since nobody has looked


def test_a_role_is_placed_where_the_entry_is_named(folder: Folder) -> None:
    folder.replace("reports/caoyuan.md", "初心是行动的力量。", "守边23年的人很多。")
    report = folder.load().reports[0]
    place = folder.load().topics[0].entries[0].place
    assert report.text[: place.span.start].endswith("刘安,")


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-8-sig"])
def test_a_report_in_another_encoding_is_read(folder: Folder, encoding: str) -> None:
    plain = folder.load()
    text = (folder.path / "reports/caoyuan.md").read_text(encoding="utf-8")
    folder.write("reports/caoyuan.md", text.encode(encoding))
    assert folder.load() == plain


def test_a_report_in_big5_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("# 草原警事\n\n索連紅,警徽熠熠,護衛平安。\n".encode("big5"))
    assert load_library(tmp_path).reports[0].text == "草原警事\n索連紅,警徽熠熠,護衛平安。"


# --- faults --------------------------------------------------------------------------------------

FAULTS = {
    "unknown key": (
        "catalog.yaml",
        "  date: '2024'",
        "  dates: '2024'",
        "catalog.yaml:5: unknown key `dates`; did you mean `date`?",
    ),
    "unknown outer key": (
        "catalog.yaml",
        "questions: q",
        "zzz: 1\nquestions: q",
        "catalog.yaml:14: unknown key `zzz`; "
        "known here are reports, lexicon, synonyms, topics, questions",
    ),
    "unknown key in an entry": (
        "catalog.yaml",
        "    role: 守边23年",
        "    role: 守边23年\n    onlynamed: true",
        "catalog.yaml:14: unknown key `onlynamed`; did you mean `only_named`?",
    ),
    "missing key": (
        "catalog.yaml",
        "  file: reports/caoyuan.md\n",
        "",
        "catalog.yaml:2: `file` is missing; add it",
    ),
    "command of the bot": (
        "catalog.yaml",
        "command: hero",
        "command: help",
        "catalog.yaml:7: `command` must not be “help”: /help is a command of the bot itself",
    ),
    "command word of the bot": (
        "catalog.yaml",
        "words: [英雄]",
        "words: [英雄, Ask]",
        "catalog.yaml:8: `words` 2 must not be “Ask”: /ask is a command of the bot itself",
    ),
    "text where a list belongs": (
        "catalog.yaml",
        "words: [英雄]",
        "words: 英雄",
        "catalog.yaml:8: `words` must be a list, not “英雄”",
    ),
    "list where text belongs": (
        "catalog.yaml",
        "title: 草原警事",
        "title: [草原警事]",
        "catalog.yaml:4: `title` must be text, not a list",
    ),
    "nothing where text belongs": (
        "catalog.yaml",
        "words: [英雄]",
        "words: [英雄, ~]",
        "catalog.yaml:8: `words` 2 must be text, not nothing",
    ),
    "text where a mapping belongs": (
        "catalog.yaml",
        "title: {zh: 英模, en: Heroes}",
        "title: 英模",
        "catalog.yaml:9: `title` must be a mapping of keys to values, not “英模”",
    ),
    "no truth value": (
        "catalog.yaml",
        "role: 守边23年",
        "role: 守边23年\n    only_named: 是",
        "catalog.yaml:14: `only_named` must be true or false, not “是”",
    ),
    "blank text": (
        "catalog.yaml",
        "title: 草原警事",
        "title: ' '",
        "catalog.yaml:4: `title` must not be empty",
    ),
    "two lines where one belongs": (
        "catalog.yaml",
        "title: 草原警事",
        'title: "草原\\n警事"',
        "catalog.yaml:4: `title` must be a single line",
    ),
    "bad id": (
        "catalog.yaml",
        "id: caoyuan",
        "id: Cao_yuan",
        "catalog.yaml:2: `id` must be 1 to 32 of a-z, 0-9 and -, not “Cao_yuan”, "
        "since it is part of links",
    ),
    "bad date": (
        "catalog.yaml",
        "date: '2024'",
        "date: '2024-02-30'",
        "catalog.yaml:5: `date` must be a date such as 2024, 2024-08 or 2024-08-29, "
        "not “2024-02-30”",
    ),
    "bad language": (
        "catalog.yaml",
        "date: '2024'",
        "language: 中文",
        "catalog.yaml:5: `language` must be a language code such as zh or en, not “中文”",
    ),
    "bad command": (
        "catalog.yaml",
        "command: hero",
        "command: 英雄",
        "catalog.yaml:7: `command` must be 1 to 32 of a-z, 0-9 and _, not “英雄”: "
        "Telegram takes no other",
    ),
    "bad command word": (
        "catalog.yaml",
        "words: [英雄]",
        "words: [/英雄]",
        "catalog.yaml:8: `words` 1 must be one word without /, @ and spaces, not “/英雄”",
    ),
    "no Chinese text": (
        "catalog.yaml",
        "title: {zh: 英模, en: Heroes}",
        "title: {en: Heroes}",
        "catalog.yaml:9: `title` has no text for `zh`; add it",
    ),
    "too long a description": (
        "catalog.yaml",
        "description: {zh: 报告里的英模}",
        "description: {zh: " + "长" * 257 + "}",
        "catalog.yaml:10: `description` has 257 characters for `zh`; Telegram takes 256 at most",
    ),
    "no entries": (
        "catalog.yaml",
        "  entries:\n  - name: 刘安\n    role: 守边23年\n",
        "  entries: []\n",
        "catalog.yaml:11: `entries` is empty; list at least one",
    ),
    "missing report": (
        "catalog.yaml",
        "file: reports/caoyuan.md",
        "file: reports/caoyan.md",
        "catalog.yaml:1: reports/caoyuan.md is not listed; add it here or move it out of reports/\n"
        "catalog.yaml:3: the report reports/caoyan.md does not exist",
    ),
    "a folder for a report": (
        "catalog.yaml",
        "file: reports/caoyuan.md",
        "file: reports",
        "catalog.yaml:1: reports/caoyuan.md is not listed; add it here or move it out of reports/\n"
        "catalog.yaml:3: the report reports is a folder, not a file",
    ),
    "a report outside": (
        "catalog.yaml",
        "file: reports/caoyuan.md",
        "file: ../caoyuan.md",
        "catalog.yaml:1: reports/caoyuan.md is not listed; add it here or move it out of reports/\n"
        "catalog.yaml:3: ../caoyuan.md is outside the knowledge folder; move the file into it",
    ),
    "questions outside": (
        "catalog.yaml",
        "questions: questions.yaml",
        "questions: /etc/questions.yaml",
        "catalog.yaml:14: /etc/questions.yaml is outside the knowledge folder; "
        "move the file into it",
    ),
    "missing questions": (
        "catalog.yaml",
        "questions: questions.yaml",
        "questions: fragen.yaml",
        "catalog.yaml:14: the file fragen.yaml does not exist",
    ),
    "an absent caption": (
        "catalog.yaml",
        "date: '2024'",
        "captions: [一线, 图为现场。]",
        "catalog.yaml:5: no paragraph of reports/caoyuan.md is “一线”; "
        "write it as the report has it\n"
        "catalog.yaml:5: no paragraph of reports/caoyuan.md is “图为现场。”; "
        "write it as the report has it",
    ),
    "an absent byline": (
        "catalog.yaml",
        "date: '2024'",
        "bylines:\n  - (魏汉中)\n  - (魏汉)",
        "catalog.yaml:7: no paragraph of reports/caoyuan.md is “(魏汉)”; "
        "write it as the report has it",
    ),
    "an absent subtitle": (
        "catalog.yaml",
        "date: '2024'",
        "subtitle: 副题",
        "catalog.yaml:5: no paragraph of reports/caoyuan.md is “副题”; "
        "write it as the report has it",
    ),
    "a name in no report": (
        "catalog.yaml",
        "- name: 刘安",
        "- name: 刘强",
        "catalog.yaml:12: “刘强” occurs in no report; write it as a report has it or add an alias",
    ),
    "name and aliases in no report": (
        "catalog.yaml",
        "- name: 刘安",
        "- name: 刘强\n    aliases: [老刘]",
        "catalog.yaml:12: “刘强” and its aliases occur in no report; "
        "write it as a report has it or add an alias",
    ),
    "a role that is not verbatim": (
        "catalog.yaml",
        "role: 守边23年",
        "role: 守边二十三年",
        "catalog.yaml:13: “守边二十三年” is in no report, word for word; copy it from the report",
    ),
    "a role across two paragraphs": (
        "catalog.yaml",
        "role: 守边23年",
        'role: "警号。\\n阿拉善盟"',
        "catalog.yaml:13: “警号。\n阿拉善盟” is in no report, word for word; "
        "copy it from the report",
    ),
    "synonyms of one word": (
        "catalog.yaml",
        "questions: q",
        "synonyms:\n- [妻子, 爱人]\n- [丈夫]\nquestions: q",
        "catalog.yaml:16: `synonyms` 2 must hold two words or more that mean the same",
    ),
    "a synonym twice": (
        "catalog.yaml",
        "questions: q",
        "synonyms: [[妻子, 爱人, 妻子]]\nquestions: q",
        "catalog.yaml:14: `synonyms` 1 has “妻子” twice; keep one",
    ),
    "a name twice in the lexicon": (
        "catalog.yaml",
        "questions: q",
        "lexicon:\n  people:\n  - name: 刘安\n  - name: 刘安\nquestions: q",
        "catalog.yaml:17: the name 刘安 stands on line 16 already; keep one",
    ),
    "a key twice": (
        "catalog.yaml",
        "  title: 草原警事",
        "  title: 草原警事\n  title: 草原",
        "catalog.yaml:5: the key `title` stands on line 4 already; keep one",
    ),
    "no YAML": (
        "catalog.yaml",
        "words: [英雄]",
        "words: [英雄",
        "catalog.yaml:9: is not YAML: the bracket that opens on line 8 is not closed, or a comma is"
        " missing between what stands in it; what has a colon or a bracket itself belongs between"
        " quotation marks",
    ),
    "a tag": (
        "catalog.yaml",
        "title: 草原警事",
        "title: !!python/object:os.system 草原警事",
        "catalog.yaml:4: the tag !!python/object:os.system is not understood; remove it",
    ),
    "an alias in itself": (
        "catalog.yaml",
        "words: [英雄]",
        "words: &loop [*loop]",
        "catalog.yaml:8: an alias leads back to itself; write the value out",
    ),
    "a list as key": (
        "catalog.yaml",
        "title: 草原警事",
        "? [title]\n  : 草原警事",
        "catalog.yaml:4: a key must be a word, not a list or a mapping",
    ),
    "a control character": (
        "catalog.yaml",
        "title: 草原警事",
        "title: 草原\x07警事",
        "catalog.yaml:4: is not YAML: character U+0007 is not allowed; remove it",
    ),
    "a question with an answer that is not verbatim": (
        "questions.yaml",
        "answer: 23年",
        "answer: 二十三年",
        "questions.yaml:3: the answer “二十三年” is not, word for word, in its paragraph, "
        "which begins “刘安,守边23年。索连红申请沿用丈夫的警”",
    ),
    "a question on a section that is not there": (
        "questions.yaml",
        "section: [一线, 边境]",
        "section: [一线]",
        "questions.yaml:5: no report has the section 一线; "
        "write its headings as the report has them",
    ),
    "a question on a paragraph that is not there": (
        "questions.yaml",
        "paragraph: 1",
        "paragraph: 3",
        "questions.yaml:5: the section 一线 › 边境 has 2 paragraphs, no paragraph 3",
    ),
    "a question on no paragraph": (
        "questions.yaml",
        "  paragraph: 1\n",
        "",
        "questions.yaml:1: `paragraph` is missing; add its number, from 1 in its section",
    ),
    "a question on a report that is not there": (
        "questions.yaml",
        "  paragraph: 1\n",
        "  paragraph: 1\n  report: nirgends\n",
        "questions.yaml:6: no report has the id nirgends",
    ),
    "a question id twice": (
        "questions.yaml",
        "id: u1",
        "id: q1",
        "questions.yaml:6: the id q1 stands on line 1 already; use another",
    ),
    "an unknown key in a question": (
        "questions.yaml",
        "answer: 23年",
        "anwser: 23年",
        "questions.yaml:3: unknown key `anwser`; did you mean `answer`?",
    ),
    "an unknown expectation": (
        "questions.yaml",
        "answer: null",
        "answer: null\n  expect: silence",
        "questions.yaml:9: `expect` must be one of refuse, mention_only",
    ),
    "a place where there is no answer": (
        "questions.yaml",
        "answer: null",
        "answer: null\n  also: [{section: [一线, 边境], paragraph: 1}]",
        "questions.yaml:6: `answer` is missing, though the question has places; add it",
    ),
    "no number": (
        "questions.yaml",
        "paragraph: 1",
        "paragraph: 一",
        "questions.yaml:5: `paragraph` must be a whole number, not “一”",
    ),
    "a negative number": (
        "questions.yaml",
        "paragraph: 1",
        "paragraph: -1",
        "questions.yaml:5: `paragraph` must be at least 0, not “-1”",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_names_file_and_line_and_what_to_do(folder: Folder, kind: str) -> None:
    file, old, new, expected = FAULTS[kind]
    folder.replace(file, old, new)
    assert "\n".join(folder.faults()) == expected


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("catalog.yaml", b"", "catalog.yaml:1: is empty; list your reports under `reports`"),
        ("catalog.yaml", b"# 1\n", "catalog.yaml:1: is empty; list your reports under `reports`"),
        (
            "catalog.yaml",
            b"- a\n",
            "catalog.yaml:1: the file must be a mapping of keys to values, not a list",
        ),
        (
            "catalog.yaml",
            "reports:\n# 草原\n".encode("gbk"),
            "catalog.yaml:2: byte 0xb2 is not UTF-8; save the file as UTF-8",
        ),
        (
            "catalog.yaml",
            b"[" * 3000,
            "catalog.yaml:1: is nested too deeply; a few levels are enough",
        ),
        ("questions.yaml", b"a: 1\n", "questions.yaml:1: must be a list of questions"),
        ("questions.yaml", b"", "questions.yaml:1: must be a list of questions"),
        ("reports/caoyuan.md", b"", "reports/caoyuan.md:1: is empty"),
        ("reports/caoyuan.md", b"\n \n", "reports/caoyuan.md:1: is empty"),
        (
            "reports/caoyuan.md",
            b"# A\n\n## B\n",
            "reports/caoyuan.md:1: has no body text below its headings",
        ),
        (
            "reports/caoyuan.md",
            b"\0\xff",
            "reports/caoyuan.md:1: is not a text file: it has zero bytes",
        ),
        (
            "reports/neu.txt",
            "新。".encode(),
            "catalog.yaml:1: reports/neu.txt is not listed; add it here or move it out of reports/",
        ),
        (
            "reports/年报.doc",
            b"",
            "catalog.yaml:1: reports/年报.doc is not listed and has a format that is not read "
            "(.doc); save it as .docx or move it out of reports/",
        ),
        (
            "reports/2024/数据.CSV",
            b"",
            "catalog.yaml:1: reports/2024/数据.CSV is not listed and has a format that is not read "
            "(.csv); save it as .html or move it out of reports/",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault(
    folder: Folder, file: str, content: bytes, expected: str
) -> None:
    folder.write(file, content)
    assert folder.faults() == [expected]


def test_a_catalog_without_reports_is_a_fault(folder: Folder) -> None:
    (folder.path / "reports/caoyuan.md").unlink()
    folder.write("catalog.yaml", "synonyms: [[妻子, 爱人]]\n")
    assert folder.faults() == ["catalog.yaml:1: `reports` is empty; list at least one report"]


def test_reports_ids_files_and_commands_are_unique(folder: Folder) -> None:
    folder.write(
        "catalog.yaml",
        CATALOG.replace(
            "topics:\n", "- {id: caoyuan, file: reports/caoyuan.md}\ntopics:\n"
        ).replace(
            "questions:",
            "- {command: hero, words: [英雄], title: {zh: 甲}, description: {zh: 乙},\n"
            "   entries: [{name: 刘安, role: 刘安}, {name: 刘安, role: 刘安}]}\nquestions:",
        ),
    )
    assert folder.faults() == [
        "catalog.yaml:6: the file reports/caoyuan.md stands on line 3 already; keep one",
        "catalog.yaml:6: the id caoyuan stands on line 2 already; keep one",
        "catalog.yaml:15: the command hero stands on line 8 already; keep one",
        "catalog.yaml:15: the word 英雄 stands on line 9 already; keep one",
        "catalog.yaml:16: the name 刘安 stands on line 16 already; keep one",
    ]


def test_two_entries_may_share_an_alias(folder: Folder) -> None:
    folder.replace(
        "catalog.yaml",
        "    role: 守边23年\n",
        "    role: 守边23年\n    aliases: [英雄]\n"
        "  - {name: 索连红, aliases: [英雄], role: 申请沿用丈夫的警号}\n",
    )
    assert [entry.aliases for entry in folder.load().topics[0].entries] == [("英雄",)] * 2


def test_all_faults_are_told_at_once(folder: Folder) -> None:
    folder.replace("catalog.yaml", "  date: '2024'", "  dates: '2024'\n  language: 中文")
    folder.write("catalog.yaml", (folder.path / "catalog.yaml").read_text() + "zzz: 1\n")
    folder.replace("catalog.yaml", "role: 守边23年", "rolle: 守边23年")
    folder.write("questions.yaml", QUESTIONS)
    assert [fault.split(": ")[0] for fault in folder.faults()] == [
        "catalog.yaml:5",
        "catalog.yaml:6",
        "catalog.yaml:13",
        "catalog.yaml:14",
        "catalog.yaml:16",
    ]


def test_a_report_that_cannot_be_read_does_not_accuse_its_topics(folder: Folder) -> None:
    folder.write("reports/caoyuan.md", b"")
    assert folder.faults() == ["reports/caoyuan.md:1: is empty"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_that_leads_out_of_the_folder_is_a_fault(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.md"
    outside.write_text("外面。", encoding="utf-8")
    (folder.path / "reports/caoyuan.md").unlink()
    (folder.path / "reports/caoyuan.md").symlink_to(outside)
    assert folder.faults() == [
        "catalog.yaml:3: reports/caoyuan.md is outside the knowledge folder; move the file into it"
    ]


SNIPPETS = st.sampled_from(
    [
        *"[]{}:,-&*!|>'\"%@`#?~\n\t \x00\x07\ud800",
        "\n- ",
        ": ",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "null",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), name=st.sampled_from(["catalog.yaml", "questions.yaml"]))
def test_mangled_yaml_gives_faults_and_nothing_worse(
    folder: Folder, data: st.DataObject, name: str
) -> None:
    original = {"catalog.yaml": CATALOG, "questions.yaml": QUESTIONS}
    for file, text in original.items():
        folder.write(file, text)
    content = original[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 8))
        content = content[:start] + data.draw(SNIPPETS | st.text(max_size=3)) + content[end:]
    folder.write(name, content.encode("utf-8", "surrogatepass"))
    faults: tuple[Fault, ...] | None = None
    try:
        folder.load()
    except InvalidCatalog as error:
        faults = error.faults
    assert faults is None or all(fault.line > 0 and fault.message for fault in faults)
    assert faults != ()


# --- without a catalog ---------------------------------------------------------------------------


NO_DOCUMENTS = (
    "README",
    "sub/图1.png",
    "sub/Thumbs.db",
    "sub/~$notes.docx",  # the marks of Word and LibreOffice that somebody has the file open
    "sub/~$notes.doc",
    "sub/.~lock.notes.doc#",
    "sub/notes.docx~",
    "sub/~WRL0001.tmp",
    ".hidden/a.md",
    ".hidden/a.doc",
)


def test_a_folder_of_reports_needs_no_catalog(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("2024 Report.md", "# 甲\n\n一。\n")
    folder.write("sub/护航.txt", "没有标题,只有一段。\n")
    for name in NO_DOCUMENTS:
        folder.write(name, b"PK")
    library = load_library(tmp_path)
    assert [(report.id, report.title, report.text) for report in library.reports] == [
        ("2024-report", "甲", "甲\n一。"),
        (report_id("sub/护航.txt"), "护航", "没有标题,只有一段。"),
    ]


def test_files_of_one_name_get_different_ids(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("a/report.md", "一。")
    folder.write("b/report.md", "二。")
    folder.write("b/报告.md", "三。")
    folder.write("c/报告.md", "四。")
    ids = [report.id for report in load_library(tmp_path).reports]
    assert len(set(ids)) == 4
    assert [report.id for report in load_library(tmp_path).reports] == ids


@given(name=st.text(min_size=1, max_size=60))
def test_an_id_made_from_a_name_is_valid(name: str) -> None:
    made = report_id(name)
    assert 1 <= len(made) <= 32
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_folder_of_bad_reports_tells_each_fault(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("a.md", b"")
    folder.write("b.md", b"\0")
    assert folder.faults() == [
        "a.md:1: is empty",
        "b.md:1: is not a text file: control character U+0000 on line 1",
    ]


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_answered(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path)
    folder.write("2024.md", "一。")
    folder.write("2024.doc", b"")
    folder.write("a.docm", b"PK")
    folder.write("表/数据.csv", "盟市,警务室\n")
    folder.write("表/空.md", b"")
    library = load_library(tmp_path)
    assert [report.title for report in library.reports] == ["2024"]
    assert library.unread == library.faults
    assert list(map(str, library.unread)) == [
        "2024.doc:1: has a format that is not read (.doc); save it as .docx",
        "a.docm:1: has a format that is not read (.docm); save it as .docx",
        "表/数据.csv:1: has a format that is not read (.csv); save it as .html",
        "表/空.md:1: is empty",
    ]


def test_what_nobody_takes_for_a_report_may_lie_beside_the_reports(folder: Folder) -> None:
    for name in NO_DOCUMENTS:
        folder.write(f"reports/{name}", b"PK")
    assert len(folder.load().reports) == 1


def test_a_folder_without_reports_says_what_to_add(tmp_path: Path) -> None:
    assert Folder(tmp_path).faults() == [
        f"catalog.yaml:1: {tmp_path} has neither a catalog.yaml nor a report "
        f"({', '.join(sorted(SUFFIXES))}); add one"
    ]


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert Folder(tmp_path / "x").faults() == [
        f"catalog.yaml:1: the knowledge folder {tmp_path / 'x'} does not exist; "
        "set WENJU_KNOWLEDGE to one that does"
    ]


def test_a_library_is_made_in_memory() -> None:
    reports = [one_paragraph(str(number), "题", f"第{number}篇。") for number in range(3)]
    library = Library.from_reports(reports)
    assert library.reports == tuple(reports)
    assert [passage.report_id for passage in library.passages] == ["0", "1", "2"]
    assert library.revision != Library.from_reports(reports[:2]).revision


def test_a_library_refuses_two_reports_of_one_id() -> None:
    report: Report = one_paragraph("a", "题", "文。")
    with pytest.raises(ValueError, match="two reports have the same id"):
        Library.from_reports([report, report])


@pytest.mark.parametrize(
    "model",
    [
        catalog._Catalog,
        listed.ListedReport,
        catalog._Lexicon,
        catalog._Topic,
        catalog._Entry,
        questions._Question,
        overlay.Overlay,
        overlay.CuratedQuestion,
    ],
)
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    page = (SHIPPED.parent / "docs" / "knowledge.md").read_text(encoding="utf-8")
    assert [key for key in model.model_fields if f"`{key}`" not in page] == []
