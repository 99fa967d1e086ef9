"""Which checks refuse questions whose paragraph was found, and answers it?

    python -m benchmarks.checks ../shared/eval/cmrc ../shared/eval/drcd

asks every question of the ``train`` and ``test`` splits of BEIR folders and prints, by words alone,
those whose first paragraph is the right one and that a check refuses all the same: by kind of
notice, and by what the notice names. Whoever adds to ``details.yaml`` or to the units of
``asking.yaml`` sees here what it costs.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from retrieval.building import build_answerer
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import Result, evaluate
from retrieval.model import NoticeKind, Outcome

SPLITS = ("train", "test")
# What is told besides, or says how unsure the answer is, and refuses none.
NO_CHECK = {NoticeKind.UNSURE, NoticeKind.CORRECTED, NoticeKind.COMPLETED, NoticeKind.FILTERED}


def found(folder: Path) -> Iterator[Result]:
    """The results of all questions of a folder whose right paragraph comes first."""
    for split in SPLITS:
        dataset = load_beir(folder, split)
        results = evaluate(build_answerer(dataset.library), dataset.questions)
        about = f"{folder.name}, {split}"
        for result in track(results, about, total=len(dataset.questions)):
            if result.recall(1):
                yield result


def main() -> int:
    """Ask and print."""
    parser = argparse.ArgumentParser(description="count the answers that checks refuse")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--kind", action="append", default=[], help="print the questions refused by this kind"
    )
    parsed = parser.parse_args()
    refused: dict[NoticeKind, list[tuple[str, str]]] = defaultdict(list)
    count = 0
    for folder in parsed.folders:
        for result in found(folder):
            count += 1
            if result.outcome is not Outcome.ANSWERED:
                for notice in result.notices:
                    if notice.kind not in NO_CHECK:
                        refused[notice.kind].append((notice.given, result.question.text))
    print(f"{count} questions whose paragraph comes first; refused by")
    for kind, given in sorted(refused.items(), key=lambda item: -len(item[1])):
        print(f"{len(given):5}  {kind.value}")
        if kind.value in parsed.kind:
            for named, question in given:
                print(f"       {named:<12} {question}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
