"""How does one engine do, alone in its process? Started by ``measure``; speaks JSON, a line each.

``build NAME CORPUS FOLDER`` prepares the documents, indexes them and prints what it took.
``serve NAME CORPUS FOLDER`` opens the index and answers each line of questions with their times.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.corpus import Corpus
from benchmarks.engines import BY_NAME, Engine


def resident(field: str = "VmHWM") -> int:
    """The bytes of memory that this process has now (``VmRSS``) or had at most (``VmHWM``)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}: the benchmarks need Linux")


def build(engine: Engine, corpus: Path, folder: Path) -> None:
    """Index and save."""
    documents = engine.prepare(Corpus.load(corpus))
    before = resident("VmRSS")
    begun, waited = time.process_time(), time.perf_counter()
    engine.build(documents, folder)
    taken = {
        "seconds": time.process_time() - begun,
        "waited": time.perf_counter() - waited,
        "memory": max(0, resident() - before),
    }
    print(json.dumps(taken), flush=True)


def serve(engine: Engine, corpus: Path, folder: Path) -> None:
    """Answer until there are no more lines."""
    ask = engine.open(folder, lambda: Corpus.load(corpus))
    for line in sys.stdin:
        wanted = json.loads(line)
        times, waited, found = [], [], []
        for question in wanted["questions"]:
            clock, begun = time.perf_counter_ns(), time.thread_time_ns()
            answer = ask(question, wanted["k"])
            times.append(time.thread_time_ns() - begun)
            waited.append(time.perf_counter_ns() - clock)
            found.append(answer)
        answered = {
            "times": times,
            "waited": waited,
            "found": found,
            "memory": resident(),
            "since_start": time.process_time(),
        }
        print(json.dumps(answered), flush=True)


if __name__ == "__main__":
    command, name, *paths = sys.argv[1:]
    {"build": build, "serve": serve}[command](BY_NAME[name], *map(Path, paths))
