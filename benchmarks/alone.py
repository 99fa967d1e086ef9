"""How soon does a process answer over a large library, and how long does one question take alone?

``python -m benchmarks.alone FOLDER`` opens what ``benchmarks.throughput`` keeps in a folder, as the
bot would, in this one process. It reads questions from standard input, one a line: the first half
warms up, of the other half each is timed on its own. What came out is printed in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bot.library.opening import open_answerer
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Alone:
    """What came out: ``first`` is the seconds from the start of the process to its first answer.

    Times are milliseconds, by the processor and by the clock; memory is in bytes: of the process's
    own, and pages of files, which the system can take back.
    """

    first: float
    p50: float
    p99: float
    p50_clock: float
    p99_clock: float
    own: int
    mapped: int


def memory(process: int | str = "self") -> dict[str, int]:
    """What the system says of a process's memory, in bytes, by the names that it has for it."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    rows = (line.split(":") for line in status.splitlines() if line.endswith(" kB"))
    return {name: int(value.split()[0]) * 1024 for name, value in rows}


def _since_start() -> float:
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, questions: list[str]) -> Alone:
    """Open, ask, and say how long it took."""
    settings = Settings.model_validate(
        {"WENJU_KNOWLEDGE": folder / "knowledge", "WENJU_SEMANTIC": False}
    )
    answerer = open_answerer(settings, folder / "state")
    answerer.prove(answerer.answer(questions[0]))
    first = _since_start()
    worked, waited = [], []
    for question in questions:
        begun, clock = time.thread_time(), time.perf_counter()
        answerer.answer(question)
        worked.append((time.thread_time() - begun) * 1000)
        waited.append((time.perf_counter() - clock) * 1000)
    half, held = len(questions) // 2, memory()
    p50, p99 = np.percentile(worked[half:], [50, 99]).round(2).tolist()
    p50_clock, p99_clock = np.percentile(waited[half:], [50, 99]).round(2).tolist()
    return Alone(round(first, 2), p50, p99, p50_clock, p99_clock, held["RssAnon"], held["RssFile"])


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), sys.stdin.read().splitlines()))))
