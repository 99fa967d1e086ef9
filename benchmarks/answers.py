"""How long does a question take to become an answer, over the shipped report, all steps included?

``python -m benchmarks.answers`` asks the gold questions one at a time and prints a table. In each
round they are put to a new Answerer, so that nothing is remembered of them; a question's time is
its median over the rounds. Times are the processor's, as in ``measure``; with an encoder, which
computes in threads of its own, that is the sum over the threads.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import knowledge
from benchmarks.measure import ROUNDS, machine
from benchmarks.worker import resident
from knowledge.catalog import load_library
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.relevance import semantic


def ask(answerer: Answerer, questions: list[str]) -> list[float]:
    """The milliseconds that each question took."""
    times = []
    for question in questions:
        begun = time.process_time()
        answerer.answer(question)
        times.append((time.process_time() - begun) * 1000)
    return times


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show where the time goes as well")
    arguments = parser.parse_args()
    library = load_library(Path(knowledge.__file__).parent)
    questions = [gold.question for gold in library.questions]
    print(f"{machine()}; {len(questions)} questions, {ROUNDS} rounds\n")
    print("| | p50 ms | p99 ms | most ms | building s | from the saved index s | resident MB |")
    print("|---|---|---|---|---|---|---|")
    encoders = {"without encoder": None, "with encoder": semantic.installed_encoder()}
    for name, encoder in encoders.items():
        if name == "with encoder" and encoder is None:
            print("The optional encoder is not installed.", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder)
            seconds = []
            rounds = []
            for _ in range(ROUNDS + 1):
                begun = time.process_time()
                answerer = build_answerer(library, state, encoder=encoder)
                seconds.append(time.process_time() - begun)
                answerer.answer(questions[0])
                rounds.append(ask(answerer, questions))
            times = [statistics.median(each) for each in zip(*rounds[1:], strict=True)]
            p50, p99, most = np.percentile(times, [50, 99, 100])
            print(
                f"| {name} | {p50:.2f} | {p99:.2f} | {most:.2f} | {seconds[0]:.2f} "
                f"| {statistics.median(seconds[1:]):.2f} | {resident() / 1e6:.0f} |",
                flush=True,
            )
            if arguments.profile:
                profile = cProfile.Profile()
                profile.runcall(ask, answerer, questions)
                pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(40)
    return 0


if __name__ == "__main__":
    sys.exit(main())
