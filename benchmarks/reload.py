"""How long does a change of one report take, in a large library that answers questions meanwhile?

Run ``python -m benchmarks.reload``. Reports are written to disk and indexed; then one after the
other is changed, added or taken out, and the folder is read again as ``/reload`` does, while
questions come at the rate that Telegram allows a bot. Every question must be answered by the
library that was in use when it came, and what did not change must be cited as before.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.corpus import SEED, corpus, dictionary, questions
from benchmarks.reports import PARAGRAPHS, SECTIONS, text_of_report, write_reports
from knowledge.catalog import load_library
from retrieval.answering import Answerer
from retrieval.building import build_answerer, make_analyzer
from retrieval.indexing.index import build
from retrieval.indexing.saving import open_any
from retrieval.search.local import LocalEngine

RATE = 30  # questions a second: what Telegram lets one bot send
RELOADS = 12


@dataclass(slots=True)
class Asking:
    """Questions that come at a steady rate, whether the one before was answered or not."""

    answerer: Answerer
    asked: list[str]
    latencies: list[float] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until stopped; a latency counts from when the question was due."""
        begun, number = time.perf_counter(), 0
        while not self._stop.is_set():
            due = begun + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            serving = self.answerer  # one snapshot for one question
            try:
                serving.prove(serving.answer(self.asked[number % len(self.asked)]))
            except Exception as error:  # to be counted, whatever it is
                self.failed.append(error)
            self.latencies.append(time.perf_counter() - due)
            number += 1

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()


def changed(reports: Path, number: int) -> str:
    """Change the folder a little and say how: a new quoted term, a new report, one report less."""
    kind = ("changed", "added", "removed")[number % 3]
    file = reports / f"r{number * 7:05}.md"
    match kind:
        case "changed":
            added = f"\n\n按照“检修{number}号办法”办理。\n"
            file.write_text(file.read_text("utf-8") + added, "utf-8")
        case "added":
            known, _ = dictionary()
            made = corpus(SECTIONS * PARAGRAPHS, SEED + number)
            words = [[known[t] for t in made.document(d)] for d in range(len(made))]
            (reports / f"new{number}.md").write_text(text_of_report(number, words), "utf-8")
        case _:
            file.unlink()
    return kind


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description=__doc__)
    parser.add_argument("--reports", type=int, default=1000, help="how many (default 1000)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wenju-reload-"))
    try:
        return measure(folder, arguments.reports)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, count: int) -> int:
    """Measure in ``folder``; 1 where a question was dropped or a citation changed."""
    paragraphs = write_reports(folder / "knowledge", count, catalog=False)
    state = folder / "state"
    state.mkdir()

    def opened() -> Answerer:
        return build_answerer(load_library(folder / "knowledge"), state)

    began = time.perf_counter()
    answerer = opened()
    print(
        f"{count} reports, {paragraphs} paragraphs: indexed in {time.perf_counter() - began:.1f} s"
    )
    known, _ = dictionary()
    asked = ["".join(known[t] for t in terms) for terms in questions(corpus(paragraphs), 500)]
    asking = Asking(answerer, asked)
    thread = threading.Thread(target=asking.run)
    thread.start()
    took: dict[str, list[tuple[float, float]]] = {}
    wrong = 0
    try:
        for number in range(RELOADS):
            time.sleep(1)
            kind = changed(folder / "knowledge" / "reports", number)
            wall, cpu = time.perf_counter(), time.thread_time()
            fresh = opened()
            took.setdefault(kind, []).append((time.perf_counter() - wall, time.thread_time() - cpu))
            wrong += recited(asking.answerer, fresh)
            asking.answerer = fresh
    finally:
        asking.stop()
        thread.join()
    print(f"{'one report':12} {'seconds':>8} {'of processor time':>18}   (medians)")
    for kind, times in took.items():
        wall, cpu = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{kind:12} {wall:8.2f} {cpu:18.2f}")
    latencies = np.array(asking.latencies) * 1000
    p50, p99 = np.percentile(latencies, [50, 99])
    print(
        f"{len(latencies)} questions meanwhile, {RATE} a second: {len(asking.failed)} failed;"
        f" p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {latencies.max():.0f} ms"
    )
    print(f"citations that changed without reason: {wrong}")
    library = asking.answerer.library
    analyzer = make_analyzer(library, state / "cache")
    anew = build(library, analyzer)
    kept = open_any(state / "index")
    merged = build(library, analyzer, previous=kept).arrays()
    same = all(np.array_equal(array, merged[name]) for name, array in anew.arrays().items())
    first, second = LocalEngine(anew), LocalEngine(kept)
    for question in asked:
        terms = analyzer.terms(question)
        hits, others = (e.search([*terms.words, *terms.bigrams], 40) for e in (first, second))
        same &= np.array_equal(hits.documents, others.documents)
        same &= np.array_equal(hits.scores, others.scores)
    print(f"the index is the one that is built from scratch: {'yes' if same else 'NO'}")
    return 0 if same and not wrong and not asking.failed else 1


def recited(before: Answerer, after: Answerer) -> int:
    """How many paragraphs of reports that did not change are cited otherwise than before."""
    wrong = 0
    revisions = {volume.report.id: volume.revision for volume in after.library.volumes}
    for volume in before.library.volumes:
        report = volume.report
        if revisions.get(report.id) == volume.revision:
            first = volume.body[0][0].paragraph
            place = (report.id, first.section, first.number)
            wrong += before.quote_at(*place) != after.quote_at(*place)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
