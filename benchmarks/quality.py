"""How good are the answers, and what does each step of the pipeline add?

    python -m benchmarks.quality [--semantic] [BEIR_FOLDER ...]

prints Markdown tables for docs/quality.md: every measure of every set, and recall@1, recall@3 and
sentence@1 with steps switched off one at a time. The weights are not learned anew for each row:
a row shows what the step adds to the shipped program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bot.settings import shipped_knowledge
from knowledge.catalog import load_library
from retrieval.building import build_answerer
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import Dataset, evaluate, gold_dataset, measures
from retrieval.relevance import ranking
from retrieval.relevance.semantic import Encoder, installed_encoder

SHOWN = (
    "recall@1", "recall@3", "recall@10", "mrr@10", "sentence@1", "answered_when_answerable",
    "refused_when_not", "refused_when_not:off_topic", "refused_when_not:near_miss",
    "refusal_auroc", "absent_auroc", "ms_p50", "ms_p99",
)  # fmt: skip

# Features that a step brings, by what their names begin with.
STEPS = {
    "without evidence by sentence": ("sentence_", "window_", "opening_"),
    "without characters": ("passage_characters", "sentence_characters", "window_characters",
                           "with_heading_characters", "sought_characters"),
    "without title and headings": ("heading_", "with_heading_"),
    "without the kind of answer": ("sought_",),
    "without semantic evidence": ("semantic",),
}  # fmt: skip


def _without(beginnings: tuple[str, ...]) -> ranking.Weights:
    learned = zip(ranking.FEATURES, ranking.load_weights(with_semantic=False).values, strict=True)
    return ranking.Weights(tuple(0.0 if f.startswith(beginnings) else w for f, w in learned))


def _untitled(dataset: Dataset) -> Dataset:
    """The same set with every title taken away."""
    library = dataset.library
    plain = library.from_reports(replace(report, title=report.id) for report in library.reports)
    return replace(dataset, name=f"{dataset.name}, no titles", library=plain)


def _measured(
    dataset: Dataset, encoder: Encoder | None, weights: ranking.Weights | None, *, absent: bool
) -> dict[str, object]:
    answerer = build_answerer(dataset.library, encoder=encoder, weights=weights)
    results = tuple(evaluate(answerer, dataset.questions, absent=absent))
    return dict(
        measures(dataset.name, len(dataset.library.passages), results, index_s=0.0, absent=absent)
    )


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "–"


def tables(datasets: list[Dataset], encoder: Encoder | None) -> Iterator[str]:
    """The lines of both tables."""
    whole = [_measured(d, encoder, None, absent=d.name != "gold") for d in datasets]
    yield "| | " + " | ".join(d.name for d in datasets) + " |"
    yield "|---" * (len(datasets) + 1) + "|"
    yield "| questions | " + " | ".join(str(len(d.questions)) for d in datasets) + " |"
    for key in SHOWN:
        yield f"| {key} | " + " | ".join(_cell(m.get(key)) for m in whole) + " |"
    yield ""
    yield "| recall@1 / recall@3 / sentence@1 | " + " | ".join(d.name for d in datasets) + " |"
    yield "|---" * (len(datasets) + 1) + "|"
    variants: dict[str, ranking.Weights | None] = {
        "everything": None,
        "first stage alone (BM25)": ranking.Weights.of({"bm25_share": 1.0}),
    }
    steps = {
        n: b for n, b in STEPS.items() if encoder is not None or n != "without semantic evidence"
    }
    variants |= {name: _without(beginnings) for name, beginnings in steps.items()}
    for name, weights in variants.items():
        cells = []
        for dataset, full in zip(datasets, whole, strict=True):
            row = full if weights is None else _measured(dataset, encoder, weights, absent=False)
            cells.append(" / ".join(_cell(row[k]) for k in ("recall@1", "recall@3", "sentence@1")))
            print(".", end="", file=sys.stderr, flush=True)
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the quality of answers")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--semantic", action="store_true", help="with semantic evidence")
    parsed = parser.parse_args()
    encoder = installed_encoder() if parsed.semantic else None
    library = load_library(shipped_knowledge())
    datasets = [gold_dataset("gold", library, library.questions)]
    for folder in parsed.folders:
        loaded = load_beir(folder)
        datasets += [loaded, _untitled(loaded)]
    for line in tables(datasets, encoder):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
