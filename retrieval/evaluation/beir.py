"""What does a folder in BEIR format ask, and of which passages?

``corpus.jsonl`` (``_id``, ``title``, ``text``) holds the passages, ``queries.jsonl`` (``_id``,
``text``, ``metadata.answers``, ``metadata.answerable``) the questions of all splits, and
``qrels/SPLIT.tsv`` (``query-id``, ``corpus-id``, ``score``) which passage answers which question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from knowledge.library import Library
from knowledge.model import Report
from knowledge.outline import one_paragraph
from knowledge.questions import GoldPlace
from retrieval.errors import InvalidQuestions
from retrieval.evaluation.measures import Dataset, Question

Read = Callable[[int, int], None]
"""Called with how many bytes of the corpus are read and how many there are."""

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"


def load_beir(
    folder: Path, split: str = "test", progress: Read = lambda _done, _total: None
) -> Dataset:
    """The passages of ``folder`` as a library, and the questions of ``split``.

    A question is answerable where the split's qrels name a passage with a score above 0, and
    unanswerable where it says ``answerable: false`` and no split has qrels for it; others belong
    to other splits and are left out. Raises ``InvalidQuestions``.
    """
    library = Library.from_reports(_reports(folder / CORPUS, progress))
    qrels = {file.stem: _qrels(file, library) for file in sorted((folder / QRELS).glob("*.tsv"))}
    if split not in qrels:
        known = ", ".join(qrels) or "none"
        raise InvalidQuestions(f"{folder / QRELS / split}.tsv is missing (splits there: {known})")
    questions = tuple(_questions(folder / QUERIES, split, qrels))
    if unknown := set(qrels[split]) - {question.id for question in questions}:
        first = min(unknown)
        raise InvalidQuestions(f"{folder / QRELS / split}.tsv: {QUERIES} has no query {first!r}")
    return Dataset(folder.resolve().name, library, questions)


def _reports(file: Path, progress: Read) -> Iterator[Report]:
    size = file.stat().st_size if file.is_file() else 0
    done = 0
    seen: set[str] = set()
    for where, length, row in _rows(file):
        done += length
        progress(done, size)
        title = _text(row, "title", where, needed=False)
        own_id = _text(row, "_id", where)
        if own_id in seen:
            raise InvalidQuestions(f"{where}: the id {own_id!r} is taken already")
        seen.add(own_id)
        report = one_paragraph(own_id, title, _text(row, "text", where))
        # Without a title of its own, a report's id would be searched and found as its title.
        yield replace(report, title=title)


def _questions(
    file: Path, split: str, qrels: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[Question]:
    judged = set().union(*qrels.values())
    seen: set[str] = set()
    for where, _, row in _rows(file):
        own_id = _text(row, "_id", where)
        if own_id in seen:
            raise InvalidQuestions(f"{where}: the id {own_id!r} is taken already")
        seen.add(own_id)
        metadata = row.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise InvalidQuestions(f"{where}: `metadata` must be an object")
        relevant = qrels[split].get(own_id, ())
        if not relevant and (own_id in judged or metadata.get("answerable") is not False):
            continue
        answers = metadata.get("answers") or []
        if not isinstance(answers, list) or not all(isinstance(one, str) for one in answers):
            raise InvalidQuestions(f"{where}: `metadata.answers` must be a list of strings")
        yield Question(
            id=own_id,
            text=_text(row, "text", where),
            parts=tuple(frozenset({GoldPlace(passage, (), 1)}) for passage in relevant),
            answers=tuple(answers) if relevant else (),
            share=True,
        )


def _qrels(file: Path, library: Library) -> dict[str, tuple[str, ...]]:
    """The relevant passages of every query, in the order of the file."""
    relevant: dict[str, dict[str, None]] = {}
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidQuestions(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        where = f"{file}:{number}"
        fields = line.rstrip("\r").split("\t")
        if not line.strip() or (number == 1 and fields[0] == "query-id"):
            continue
        if len(fields) != 3:
            raise InvalidQuestions(f"{where}: needs query-id, corpus-id and score between tabs")
        query, passage, written = fields
        try:
            score = float(written)
        except ValueError:
            raise InvalidQuestions(f"{where}: the score {written!r} is no number") from None
        if passage not in library:
            raise InvalidQuestions(f"{where}: {CORPUS} has no passage {passage!r}")
        if score > 0:
            relevant.setdefault(query, {})[passage] = None
    return {query: tuple(passages) for query, passages in relevant.items()}


def _rows(file: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Place (file and line), length in bytes and content of every row, read one by one."""
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                where = f"{file}:{number}"
                if not line.strip():
                    continue
                try:
                    row = json.loads(line.decode("utf-8-sig"))
                except ValueError as error:
                    raise InvalidQuestions(f"{where}: is no JSON: {error}") from None
                if not isinstance(row, dict):
                    raise InvalidQuestions(f"{where}: must be an object with `_id` and `text`")
                yield where, len(line), row
    except OSError as error:
        raise InvalidQuestions(f"{file} cannot be read: {error.strerror}") from error


def _text(row: Mapping[str, Any], key: str, where: str, *, needed: bool = True) -> str:
    value = row.get(key)
    if isinstance(value, int) and key == "_id":
        return str(value)
    if isinstance(value, str):
        return value
    if value is None and not needed:
        return ""
    raise InvalidQuestions(f"{where}: `{key}` must be a string, not {value!r}")
