"""What does ``wenju evaluate`` run and print?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.terminal.progress import Progress, Task
from knowledge.catalog import load_questions
from knowledge.newest import load_newest, shelf_in
from retrieval.building import build_answerer
from retrieval.documents import documents
from retrieval.errors import InvalidQuestions, RetrievalError
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import (
    Dataset,
    Measures,
    Result,
    bound_questions,
    evaluate,
    failures,
    gold_dataset,
    measures,
    trec_run,
)
from retrieval.model import Citation, Outcome
from retrieval.relevance import semantic as meaning


def measure(
    questions: Path | None,
    knowledge: Path,
    state: Callable[[], Path | None],
    *,
    kept: Path | None = None,
    split: str,
    limit: int | None,
    absent: bool,
    semantic: bool | None,
    run: Path | None,
    show_failures: bool,
    as_json: bool,
) -> Iterator[str]:
    """Ask the questions and give the lines to print; see ``wenju evaluate --help``.

    What Telegram added to the folder is in the state folder ``kept``. The index is built anew, so
    that its time can be told; only embeddings are kept, in the folder that ``state`` gives.
    Raises ``InvalidQuestions``, ``InvalidCatalog``.
    """
    with Progress() as progress:
        dataset = _dataset(questions, knowledge, kept, split, progress.task("reading"))
        if limit is not None:
            dataset = dataset.sample(limit)
        encoder = meaning.encoder_for(dataset.library, semantic)
        vectors = None
        if encoder is not None and (folder := state()) is not None:
            vectors = folder / "cache" / f"{encoder.name}-{dataset.name}.npz"
        begun = time.perf_counter()
        answerer = build_answerer(
            dataset.library,
            encoder=encoder,
            vectors=vectors,
            progress=progress.task("indexing"),
            embedding=progress.task("embedding"),
        )
        index_s = time.perf_counter() - begun
        answerer.warm()  # as the bot does: a question's time is not that of reading dictionaries
        results = tuple(
            evaluate(
                answerer,
                dataset.questions,
                absent=absent,
                progress=progress.task("questions"),
                comparing=progress.task("near duplicates"),
            )
        )
    found = measures(
        dataset.name,
        len(documents(dataset.library)),
        results,
        index_s=index_s,
        absent=absent,
    )
    if run is not None:
        _write(run, trec_run(results, _passage_id(questions)))
    failed = tuple(failures(results)) if show_failures else ()
    if as_json:
        extra = {"failures": failed} if show_failures else {}
        yield json.dumps({**found, **extra}, ensure_ascii=False)
        return
    yield from (*_table(found), *_by_kind(results), *_listed(failed))


def _dataset(
    questions: Path | None, knowledge: Path, kept: Path | None, split: str, reading: Task
) -> Dataset:
    if questions is not None and questions.is_dir():
        return load_beir(questions, split, reading)
    library = load_newest(knowledge, None if kept is None else shelf_in(kept))
    if questions is not None:
        return gold_dataset(questions.stem, library, load_questions(questions, library))
    if not library.questions and not library.curated:
        raise InvalidQuestions(f"{knowledge} declares no gold questions; name a file or a folder")
    gold = gold_dataset("questions", library, library.questions)
    return replace(gold, questions=(*gold.questions, *bound_questions(library)))


def _passage_id(questions: Path | None) -> Callable[[Citation], str]:
    if questions is not None and questions.is_dir():
        return lambda citation: citation.report_id
    return lambda citation: citation.id


def _write(file: Path, lines: Iterable[str]) -> None:
    try:
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise RetrievalError(f"the run cannot be written to {file}: {error.strerror}") from error


def _table(found: Measures) -> Iterator[str]:
    width = max(map(len, found))
    for key, value in found.items():
        shown = "-" if value is None else f"{value:.4f}" if isinstance(value, float) else value
        yield f"{key:<{width}}  {shown}"


def _by_kind(results: Sequence[Result]) -> Iterator[str]:
    """The same by the kind of question, where questions have one."""
    kinds: dict[str, list[Result]] = {}
    for one in results:
        if one.question.answerable and one.question.kind:
            kinds.setdefault(one.question.kind, []).append(one)
    if not kinds:
        return
    width = max(map(len, kinds))
    yield ""
    yield f"{'kind':<{width}}  questions  recall@1  recall@3  sentence@1  answered"
    for kind, group in sorted(kinds.items()):
        share = [
            sum(values) / len(group)
            for values in (
                [one.recall(1) for one in group],
                [one.recall(3) for one in group],
                [one.sentence for one in group],
                [one.outcome is Outcome.ANSWERED for one in group],
            )
        ]
        yield "{:<{}}  {:>9}  {:>8.3f}  {:>8.3f}  {:>10.3f}  {:>8.3f}".format(
            kind, width, len(group), *share
        )


def _listed(failed: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for one in failed:
        yield ""
        yield f"{one['id']}: {one['question']}"
        for key, value in one.items():
            if key in {"id", "question"} or value in (None, []):
                continue
            shown = " | ".join(map(str, value)) if isinstance(value, list) else value
            yield f"  {key}: {shown}"
