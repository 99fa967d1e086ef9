from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import main
from knowledge.overlay import CuratedQuestion, Overlay
from retrieval.relevance import semantic
from tests.retrieval import bridges

KEYS = [
    "dataset", "passages", "questions", "answerable", "recall@1", "recall@3", "recall@10",
    "mrr@10", "sentence@1", "refusal_auroc", "answered_when_answerable", "refused_when_not",
    "refused_when_not:near_miss", "refused_when_not:off_topic", "ms_p50", "ms_p99", "index_s",
]  # fmt: skip
HELD_OUT = """\
- id: h1
  question: 拉索有多少根?
  kind: paraphrase
  answer: 一百三十六根   # not verbatim, as others may write it
  section: [二、工程, （二）南岸斜拉桥]
  paragraph: 1
  difficulty: 1
  notes: a key of theirs
- id: h2
  question: 谁写了《红楼梦》?
  topic: off_topic
  answer: null
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, on the reports about bridges."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WENJU_KNOWLEDGE", str(bridges.write(tmp_path / "knowledge")))
    monkeypatch.setenv("WENJU_SEMANTIC", "off")


def test_the_knowledge_folders_own_questions_are_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["evaluate", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert list(found) == KEYS
    assert (found["dataset"], found["passages"]) == ("questions", 12)
    assert (found["questions"], found["answerable"]) == (6, 4)
    assert 0 < found["ms_p50"] <= found["ms_p99"]
    assert found["index_s"] > 0
    assert err == ""
    assert not (tmp_path / "state").exists(), "measuring leaves nothing behind"


def test_bound_questions_are_measured_with_the_folders_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    overlay = Overlay().with_question(
        CuratedQuestion(question="钢绳一共几根?", report="bridges", quote="共有拉索136根")
    )
    (tmp_path / "knowledge" / "overlay.yaml").write_bytes(overlay.dump())
    assert main(["evaluate"]) == 0
    shown = capsys.readouterr().out.splitlines()
    (bound,) = (line.split() for line in shown if line.startswith("bound "))
    assert bound == ["bound", "1", "1.000", "1.000", "1.000", "1.000"]
    assert next(line.split() for line in shown if line.startswith("questions")) == [
        "questions",
        "7",
    ]


def test_questions_of_another_file_are_measured_on_the_knowledge_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "held-out.yaml").write_text(HELD_OUT, encoding="utf-8")
    assert main(["evaluate", "held-out.yaml", "--json", "--run", "run.txt", "--failures"]) == 0
    found = json.loads(capsys.readouterr().out)
    failed = found.pop("failures")
    assert list(found) == KEYS
    assert (found["dataset"], found["questions"], found["answerable"]) == ("held-out", 2, 1)
    assert (found["recall@1"], found["sentence@1"]) == (1.0, 0.0)
    assert (found["refused_when_not:off_topic"], found["refused_when_not:near_miss"]) == (1.0, None)
    assert [(one["id"], one["rank"], one["answers"]) for one in failed] == [
        ("h1", 1, ["一百三十六根"])
    ]
    query, q0, passage, rank, score, name = (
        (tmp_path / "run.txt").read_text().split("\n")[0].split()
    )
    assert (query, q0, rank, score, name) == ("h1", "Q0", "1", "10", "wenju")
    assert passage.startswith("bridges_3_1_")


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": f"p{n}", "text": f"第{n}座桥全长{n}00米。"} for n in range(1, 8)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = [{"_id": f"q{n}", "text": f"第{n}座桥全长多少米?"} for n in range(1, 8)]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (folder / "qrels" / "dev.tsv").write_text(
        "\n".join(["query-id\tcorpus-id\tscore", *(f"q{n}\tp{n}\t1" for n in range(1, 8))])
    )
    return folder


def test_a_beir_folder_is_measured(capsys: pytest.CaptureFixture[str], beir: Path) -> None:
    assert (
        main(["evaluate", str(beir), "--split", "dev", "--absent", "--limit", "5", "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        *(key for key in KEYS[:10]),
        "absent_auroc",
        "answered_when_answerable",
        "refused_when_not",
        *KEYS[-3:],
    ]
    assert (found["dataset"], found["passages"], found["questions"]) == ("beir", 7, 5)
    assert found["recall@1"] == 1.0
    assert found["sentence@1"] is None


def test_without_json_the_measures_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--failures"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(KEYS)]] == KEYS
    assert "recall@1                    1.0000" in lines
    assert lines[len(KEYS) + 1].split() == [
        "kind", "questions", "recall@1", "recall@3", "sentence@1", "answered",
    ]  # fmt: skip
    assert [line.split()[:2] for line in lines[len(KEYS) + 2 :][:2]] == [
        ["exact", "3"],
        ["multi", "1"],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.yaml"], "nowhere.yaml"),
        (["beir"], "qrels/test.tsv is missing (splits there: dev)"),
        (["--run", "no/such/folder"], "the run cannot be written to no/such/folder: No such file"),
    ],
)
def test_what_cannot_be_read_or_written_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], beir: Path, arguments: list[str], said: str
) -> None:
    assert beir.is_dir()
    assert main(["evaluate", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wenju: ")
    assert said in err
    assert err.count("\n") == 1


def test_semantic_evidence_that_is_asked_for_must_be_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "installed_encoder", lambda: None)
    assert main(["evaluate", "--semantic", "--json"]) == 1
    assert "install wenju[semantic]" in capsys.readouterr().err
    assert main(["evaluate", "--no-semantic", "--json"]) == 0
