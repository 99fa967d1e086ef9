from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.model import Kind
from knowledge.questions import GoldPlace
from retrieval.documents import documents
from retrieval.errors import InvalidQuestions
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import Question, evaluate, measures
from tests.retrieval.conftest import Answering

CORPUS = [
    {"_id": "p 1/桥", "title": "江城大桥", "text": "江城大桥全长1670米。\n\n建成于1957年。"},
    {"_id": "p2", "text": "南岸斜拉桥有拉索136根。", "metadata": {}},
    {"_id": 3, "title": None, "text": "渡船停航。"},
]
QUERIES = [
    {"_id": "q1", "text": "大桥全长?", "metadata": {"answers": ["1670米"], "answerable": True}},
    {"_id": "q2", "text": "拉索几根?"},
    {"_id": "q3", "text": "渡船呢?", "metadata": {"answers": ["停航"]}},
    {"_id": "u1", "text": "谁写了《红楼梦》?", "metadata": {"answerable": False}},
    {"_id": "u2", "text": "火鸡怎么烤?", "metadata": {"answers": [], "answerable": False}},
    {"_id": "other", "text": "属于别的部分?", "metadata": {"answers": []}},
]
HEADER = "query-id\tcorpus-id\tscore\n"


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "桥"
    (folder / "qrels").mkdir(parents=True)
    for name, rows in {"corpus": CORPUS, "queries": QUERIES}.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(f"{HEADER}q1\tp 1/桥\t1\nq1\tp2\t0\nq2\tp2\t1\n")
    (folder / "qrels" / "train.tsv").write_text(f"{HEADER}q3\t3\t1\nq3\tp2\t2.0\nu2\tp2\t1\n")
    return folder


def test_a_folder_is_read_whole(beir: Path) -> None:
    told: list[tuple[int, int]] = []
    dataset = load_beir(beir, progress=lambda *done: told.append(done))
    size = (beir / "corpus.jsonl").stat().st_size
    assert [total for _, total in told] == [size] * 3
    assert told[-1] == (size, size)
    assert dataset.name == "桥"
    assert [(r.id, r.title, r.text) for r in dataset.library.reports] == [
        ("p 1/桥", "江城大桥", "江城大桥全长1670米。\n\n建成于1957年。"),
        ("p2", "", "南岸斜拉桥有拉索136根。"),
        ("3", "", "渡船停航。"),
    ]
    kinds = {p.paragraph.kind for p in dataset.library.passages}
    assert (len(documents(dataset.library)), kinds) == (3, {Kind.BODY})
    first = frozenset({GoldPlace("p 1/桥", (), 1)})
    second = frozenset({GoldPlace("p2", (), 1)})
    assert dataset.questions == (
        Question("q1", "大桥全长?", (first,), ("1670米",), share=True),
        Question("q2", "拉索几根?", (second,), (), share=True),
        Question("u1", "谁写了《红楼梦》?", (), (), share=True),
    )


def test_each_split_has_its_own_questions(beir: Path) -> None:
    train = load_beir(beir, "train")
    assert [(q.id, len(q.parts)) for q in train.questions] == [("q3", 2), ("u1", 0), ("u2", 1)]


def test_a_folder_is_measured(beir: Path, answering: Answering) -> None:
    dataset = load_beir(beir)
    results = list(evaluate(answering(dataset.library), dataset.questions, absent=True))
    found = measures(dataset.name, 3, results, index_s=0, absent=True)
    assert (found["questions"], found["answerable"]) == (3, 2)
    assert (found["recall@1"], found["mrr@10"], found["sentence@1"]) == (1.0, 1.0, 1.0)
    assert (found["refusal_auroc"], found["absent_auroc"]) == (1.0, 1.0)
    assert "refused_when_not:off_topic" not in found


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("corpus.jsonl", '{"_id": "a"}\n', "corpus.jsonl:1: `text` must be a string, not None"),
        ("corpus.jsonl", '\n{"text": "a"}\n', "corpus.jsonl:2: `_id` must be a string, not None"),
        ("corpus.jsonl", "[]\n", "corpus.jsonl:1: must be an object with `_id` and `text`"),
        ("corpus.jsonl", "{\n", "corpus.jsonl:1: is no JSON: Expecting property name"),
        (
            "corpus.jsonl",
            '{"_id": "a", "text": "文", "title": 7}',
            "`title` must be a string, not 7",
        ),
        ("queries.jsonl", '{"_id": "q1", "text": ""}\n' * 2, ":2: the id 'q1' is taken already"),
        (
            "queries.jsonl",
            '{"_id": "q1", "text": "", "metadata": 1}',
            "`metadata` must be an object",
        ),
        (
            "queries.jsonl",
            '{"_id": "q1", "text": "", "metadata": {"answers": "x"}}',
            "`metadata.answers` must be a list of strings",
        ),
        ("queries.jsonl", '{"_id": "q1", "text": ""}\n', "queries.jsonl has no query 'q2'"),
        (
            "qrels/test.tsv",
            "q1\tp2\n",
            "test.tsv:1: needs query-id, corpus-id and score between tabs",
        ),
        ("qrels/test.tsv", f"{HEADER}q1\tp2\tx\n", "test.tsv:2: the score 'x' is no number"),
        ("qrels/test.tsv", "q1\tp9\t1\n", "test.tsv:1: corpus.jsonl has no passage 'p9'"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(
    beir: Path, file: str, content: str, said: str
) -> None:
    (beir / file).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidQuestions) as caught:
        load_beir(beir)
    assert said in str(caught.value)


def test_a_passage_id_twice_is_a_fault(beir: Path) -> None:
    with (beir / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write('{"_id": "p2", "text": "又来。"}\n')
    with pytest.raises(InvalidQuestions, match=r"corpus\.jsonl:4: the id 'p2' is taken already"):
        load_beir(beir)


def test_a_missing_split_is_told_with_those_that_are_there(beir: Path) -> None:
    with pytest.raises(InvalidQuestions, match=r"dev\.tsv is missing \(splits there: test, train"):
        load_beir(beir, "dev")


@pytest.mark.parametrize("file", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(beir: Path, file: str) -> None:
    (beir / file).unlink()
    with pytest.raises(InvalidQuestions, match=f"{file} cannot be read: No such file"):
        load_beir(beir)
