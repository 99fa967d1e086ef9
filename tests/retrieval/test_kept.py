"""Are reports that were kept on disk answered from as those that were just read?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import shipped_knowledge
from knowledge import archive as archive_module
from knowledge.archive import Archive, key_of
from knowledge.catalog import load_library
from knowledge.changes import FOLDER, from_folder
from knowledge.kept import KeptReport
from knowledge.newest import load_revision
from knowledge.revisions import Revisions
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.model import Answer, Context

COUNTY = Path(__file__).parent / "reports" / "written" / "county"


def everything(answerer: Answerer) -> list[object]:
    """What is said to every gold question, alone and as a follow-up, but not how long it took."""

    def timeless(answer: Answer) -> Answer:
        return replace(answer, took_ms=0.0)

    found: list[object] = []
    before: Context | None = None
    for gold in answerer.library.questions:
        answer, ranked = answerer.ranked(gold.question)
        followed = answerer.answer(gold.question, limit=5, context=before)
        ids = tuple(quote.citation.id for quote in answer.quotes)
        found += [timeless(answer), ranked, timeless(followed), [*map(answerer.resolve, ids)]]
        for quote in answer.quotes[:1]:
            found.append(timeless(answerer.answer(gold.question, section=quote.citation.section)))
        answerer.prove(answer)
        before = Context(gold.question, ids)
    for topic in answerer.library.topics:
        for entry in topic.entries:
            about = answerer.topic(topic, entry.name).answer
            found.append(about and timeless(about))
    return found


@pytest.mark.parametrize("folder", [shipped_knowledge(), COUNTY], ids=["shipped", "county"])
def test_reports_that_are_kept_are_answered_from_as_those_that_were_read(
    tmp_path: Path, folder: Path
) -> None:
    shelf = Revisions(tmp_path / "shelf")
    change = from_folder(folder, None)
    shelf.propose("d", change.files, by=FOLDER, what=change.what, seen=change.seen)
    revision = shelf.confirm("d", by=FOLDER)
    load_revision(revision, Archive(tmp_path / "archive"))
    archive_module._OPEN.clear()  # as in a process that starts
    kept = Archive(tmp_path / "archive").library(key_of(revision.files))
    assert kept is not None
    assert all(isinstance(report, KeptReport) for report in kept.reports)
    read = load_library(folder)
    assert not any(isinstance(report, KeptReport) for report in read.reports)
    expected = everything(build_answerer(read))
    assert len(expected) > 4 * len(read.questions) > 100
    assert everything(build_answerer(kept)) == expected
