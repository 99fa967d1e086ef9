"""Libraries small enough to know by heart, and what answers from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.catalog import load_library
from knowledge.library import Library
from knowledge.outline import one_paragraph
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.indexing.index import build
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer
from tests.retrieval import bridges

Answering = Callable[[Library], Answerer]


@pytest.fixture(scope="session")
def knowledge_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two reports on bridges and tunnels with their catalog, on disk. Not to be written to."""
    return bridges.write(tmp_path_factory.mktemp("knowledge"))


@pytest.fixture(scope="session")
def library(knowledge_folder: Path) -> Library:
    return load_library(knowledge_folder)


@pytest.fixture(scope="session")
def answerer(library: Library) -> Answerer:
    return build_answerer(library)


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """An analyzer without names of its own; its dictionary takes half a second to read."""
    return Analyzer()


@pytest.fixture(scope="session")
def answering(analyzer: Analyzer) -> Answering:
    """Makes an answerer of a library quickly: all share one analyzer."""

    def answer(library: Library) -> Answerer:
        return Answerer(library, LocalEngine(build(library, analyzer)), analyzer)

    return answer


def of_texts(*texts: str) -> Library:
    """A library of reports that are one paragraph each: r0, r1, …"""
    return Library.from_reports(
        one_paragraph(f"r{number}", f"第{number}篇", text) for number, text in enumerate(texts)
    )
