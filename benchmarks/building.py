"""How long is a large library indexed, opened, and exchanged in part? Runs with any number of
documents: ``python -m benchmarks.building --documents 100000``; a million need 4 GiB and some time.

Documents are paragraphs of 60 words on average, 30 in a report. What is measured is the index:
reading the reports' files, which depends on their formats, is not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.corpus import corpus, dictionary, questions
from benchmarks.measure import ROOT
from benchmarks.reports import PARAGRAPHS, SECTIONS, sentences
from knowledge.library import Library
from knowledge.model import Kind, Paragraph, Report, Section, Span
from retrieval.building import index_of, make_analyzer
from retrieval.indexing.index import Index
from retrieval.indexing.saving import open_any, size, verify
from retrieval.indexing.segments import LIMITS, Limits
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer
from retrieval.text.segmenting import fast_is_installed

Made = TypeVar("Made")

EACH = SECTIONS * PARAGRAPHS
ASKED = 200


def library(documents: int) -> Library:
    """Reports of ``EACH`` paragraphs, made without a detour through files."""
    known, _ = dictionary()
    made = corpus(documents)
    reports = []
    for number, begin in enumerate(range(0, documents, EACH)):
        rng = np.random.default_rng([number])
        end = min(begin + EACH, documents)
        texts = [sentences([known[t] for t in made.document(d)], rng) for d in range(begin, end)]
        reports.append(_report(number, texts))
    return Library.from_reports(reports)


def _report(number: int, texts: list[str]) -> Report:
    places: list[Paragraph] = []
    at = 0
    for place, text in enumerate(texts):
        span = Span(at, at + len(text))
        places.append(Paragraph(0, place + 1, Kind.BODY, span, place + 1))
        at = span.end + 1
    return Report(f"r{number}", f"第{number}篇", "\n".join(texts), (Section(()),), tuple(places))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.building", description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--opened", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.opened:
        _first_answer(arguments.opened)
        return 0
    state = Path(tempfile.mkdtemp(prefix="wenju-building-"))
    try:
        _measure(arguments.documents, state)
    finally:
        shutil.rmtree(state)
    return 0


def _measure(documents: int, state: Path) -> None:
    began = time.perf_counter()
    made = library(documents)
    print(f"{documents} documents made in {time.perf_counter() - began:.0f} s", flush=True)
    (state / "cache").mkdir()
    analyzer = make_analyzer(made, state / "cache")
    print(f"jieba-rs: {'yes' if fast_is_installed() else 'no'}; cores: {os.cpu_count()}")
    shown = _Shown()
    index = _timed("built", lambda: index_of(made, analyzer, state / "index", progress=shown))
    assert isinstance(index, Index)  # noqa: S101 - nothing was there before
    postings, terms = len(index.postings.documents), len(index.vocabulary)
    print(f"{size(state / 'index') / 1e6:.0f} MB, {postings} postings, {terms} terms", flush=True)
    del index
    asked = [[dictionary()[0][t] for t in terms] for terms in questions(corpus(documents), ASKED)]
    (state / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    _ask(state, "as it was built")
    reports = list(made.reports)
    for place, what, limits in (
        (len(reports) // 2, "one report exchanged", LIMITS),
        (len(reports) // 3, "another one exchanged", LIMITS),
        (len(reports) // 4, "a third, and all merged", Limits(least=documents + 1)),
    ):
        changed = ["检修已经完成。", *reports[place].text.split("\n")[1:]]
        reports[place] = _report(place, changed)
        after = Library.from_reports(reports)
        exchange = partial(index_of, after, analyzer, state / "index", limits=limits)
        _timed(what, exchange)
        if limits is LIMITS:
            _ask(state, "with what has changed beside it")
    _timed("compared with the checksums", lambda: verify(state / "index"))
    _forget(state / "index")
    _ask(state, "from disk")
    _ask(state, "from the system's cache")


def _ask(state: Path, how: str) -> None:
    """Have the index opened and searched by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.building", "--opened", str(state)]
    print(f"{how}:", flush=True)
    subprocess.run(command, check=True, cwd=ROOT)


class _Shown:
    """Prints progress at every tenth."""

    def __init__(self) -> None:
        self._tenth = 0

    def __call__(self, done: int, total: int) -> None:
        if done * 10 // max(total, 1) > self._tenth:
            self._tenth = done * 10 // total
            print(f"  {done}", end="", flush=True)
            if self._tenth == 10:
                print()


def _timed(what: str, work: Callable[[], Made]) -> Made:
    wall, cpu = time.perf_counter(), _processor_time()
    made = work()
    wall, cpu = time.perf_counter() - wall, _processor_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what}: {wall:.1f} s, {cpu:.1f} s of processor time; peak {peak:.1f} GB", flush=True)
    return made


def _processor_time() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _forget(folder: Path) -> None:
    """Have the system forget what it keeps of files, so that they come from the disk."""
    for file in folder.rglob("*"):
        if file.is_file() and hasattr(os, "posix_fadvise"):
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _first_answer(state: Path) -> None:
    """In a process of its own: open the index and search it."""
    asked: list[list[str]] = json.loads((state / "asked.json").read_text("utf-8"))
    analyzer = Analyzer(cache=state / "cache", fast=fast_is_installed())
    began = time.perf_counter()
    engine = LocalEngine(open_any(state / "index"))
    opened = time.perf_counter()
    times = []
    for words in asked:
        begun = time.perf_counter()
        terms = analyzer.terms("".join(words))
        hits = engine.search([*terms.words, *terms.bigrams], 40)
        engine.evidence(terms, hits.documents)
        times.append(time.perf_counter() - begun)
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    memory = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if "kB" in line}
    print(
        f"  opened in {(opened - began) * 1000:.0f} ms, first question {times[0] * 1000:.0f} ms;"
        f" then p50 {np.median(times[1:]) * 1000:.1f} ms,"
        f" p99 {np.percentile(times[1:], 99) * 1000:.1f} ms;"
        f" resident {memory['VmRSS']:.0f} MB, of it the index's pages {memory['RssFile']:.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
