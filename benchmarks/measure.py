"""What do all engines take for the same documents and questions, on this machine, in one run?

Each engine builds in one process and answers in another, fresh one. All servers live at the same
time and are asked in turns, round after round in another order, so that whatever else the machine
does meets all of them; a question's time is its median over the rounds. The first round warms up
and is not counted, but for the first answer of the process: the cold start. Times are the
processor's: what the work costs, not how long others kept it waiting. On an idle machine both are
the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import corpus
from benchmarks.engines import ENGINES, Engine, index_size, versions
from benchmarks.touched import Touched, touched

ROOT = Path(__file__).parents[1]
ROUNDS = 5
LARGE_ROUNDS = 3  # from half a million documents on
QUESTIONS = 300
HARD = 10
K = 10
REFERENCE = "wenju"
ORDINARY = "a question"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one engine took.

    Processor times: in seconds for building and the cold start, in milliseconds for questions;
    memory and size in bytes. ``percentiles`` are the 0th to the 100th of the questions' times;
    ``build_waited`` and ``median_waited`` were measured by the clock. ``overlap`` is
    the share of our best ten that its best ten have, ``score_difference`` the greatest relative
    one among their scores, where the ranking function is the same. ``hard`` has median and most of
    the times of each kind of hard question.
    """

    engine: str
    build: float
    build_waited: float
    build_memory: int
    index_size: int
    cold_start: float
    memory: int
    percentiles: tuple[float, ...]
    median_waited: float
    overlap: float
    score_difference: float | None
    hard: Mapping[str, tuple[float, float]]

    @property
    def median(self) -> float:
        return self.percentiles[50]

    @property
    def slowest(self) -> float:
        """The 99th percentile."""
        return self.percentiles[99]


@dataclass(frozen=True, slots=True)
class Run:
    """All engines over one corpus. ``load`` is the machine's load average before and after.

    ``touched`` is what each kind of question reads and takes in our engine.
    """

    documents: int
    words: int
    questions: int
    date: str
    machine: str
    versions: Mapping[str, str]
    load: tuple[float, float]
    measured: tuple[Measured, ...]
    touched: Mapping[str, Touched]

    def of(self, engine: str) -> Measured:
        return next(m for m in self.measured if m.engine == engine)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Run:
        measured = tuple(
            Measured(
                **{
                    **one,
                    "percentiles": tuple(one["percentiles"]),
                    "hard": {kind: tuple(times) for kind, times in one["hard"].items()},
                }
            )
            for one in saved["measured"]
        )
        counted = {kind: Touched(**one) for kind, one in saved["touched"].items()}
        load = tuple(saved["load"])
        return cls(**{**saved, "load": load, "measured": measured, "touched": counted})


class Server:
    """An engine that answers in its own process."""

    def __init__(self, engine: Engine, corpus_file: Path, folder: Path) -> None:
        self.engine = engine
        self._process = subprocess.Popen(
            _worker("serve", engine, corpus_file, folder),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, questions: Sequence[Sequence[int]], k: int = K) -> dict[str, Any]:
        """Times in nanoseconds, results and memory of all these questions."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        if self.engine.strings:
            words, _ = corpus.dictionary()
            line = json.dumps({"questions": [[words[n] for n in q] for q in questions], "k": k})
        else:
            line = json.dumps({"questions": questions, "k": k})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.engine.name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let it end; it does when nothing more can come."""
        self._process.communicate()


def _worker(command: str, engine: Engine, corpus_file: Path, folder: Path) -> list[str]:
    worker = [sys.executable, "-W", "ignore", "-m", "benchmarks.worker"]
    return [*worker, command, engine.name, str(corpus_file), str(folder)]


def machine() -> str:
    """The processor, its number of cores, the memory, the system and the Python."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}"
    )


@contextlib.contextmanager
def _servers(
    built: Sequence[Engine], corpus_file: Path, folder: Path, first: Sequence[int]
) -> Iterator[dict[Server, float]]:
    """All engines, ready, each with the seconds of its process until its first answer."""
    started: dict[Server, float] = {}
    try:
        for engine in built:
            server = Server(engine, corpus_file, folder / engine.name)
            started[server] = 0.0
            started[server] = server.ask([first])["since_start"]
        yield started
    finally:
        for server in started:
            server.close()


def _compare(
    ours: Sequence[Any], theirs: Sequence[Any], *, same_function: bool
) -> tuple[float, float | None]:
    pairs = list(zip(ours, theirs, strict=False))
    shared = sum(len(set(a[0]) & set(b[0])) for a, b in pairs)
    overlap = shared / max(1, sum(len(a[0]) for a, _ in pairs))
    if not same_function:
        return overlap, None
    return overlap, max(abs(x - y) / x for a, b in pairs for x, y in zip(a[1], b[1], strict=True))


def measure(documents: int, folder: Path, *, only: Sequence[str] = ()) -> Run:
    """Measure all installed engines with so many documents; says on stderr what is going on."""

    def say(sentence: str) -> None:
        print(f"{documents:>9,}  {sentence}", file=sys.stderr, flush=True)

    load_before = os.getloadavg()[0]
    say("making the corpus")
    made = corpus.corpus(documents)
    corpus_file = folder / "corpus.npz"
    made.save(corpus_file)
    questions = corpus.questions(made, QUESTIONS)
    hard = {
        "9 of the 100 most frequent words": (corpus.frequent(HARD, 9), K),
        "40 words": (corpus.long(made, HARD, 40), K),
        "40 words, best 100": (corpus.long(made, HARD, 40), 100),
    }
    words = len(made.terms)
    del made
    built: dict[str, dict[str, Any]] = {}
    engines = [
        engine
        for engine in ENGINES
        if engine.installed and documents <= engine.largest and (not only or engine.name in only)
    ]
    for engine in engines:
        say(f"{engine.name} builds")
        (folder / engine.name).mkdir()
        finished = subprocess.run(
            _worker("build", engine, corpus_file, folder / engine.name),
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        built[engine.name] = json.loads(finished.stdout)
    times: dict[str, list[list[int]]] = {engine.name: [] for engine in engines}
    waited: dict[str, list[list[int]]] = {engine.name: [] for engine in engines}
    rounds = LARGE_ROUNDS if documents >= 500_000 else ROUNDS
    hard_times: dict[str, dict[str, list[list[int]]]] = {
        engine.name: {kind: [] for kind in hard} for engine in engines
    }
    found: dict[str, list[Any]] = {}
    memory: dict[str, int] = {}
    say("all start")
    with _servers(engines, corpus_file, folder, questions[0]) as servers:
        for number in range(rounds + 1):
            say(f"round {number} of {rounds}" if number else "warming up")
            order = list(servers)
            for server in order[number % len(order) :] + order[: number % len(order)]:
                engine = server.engine
                answer = server.ask(questions[: engine.asked])
                found[engine.name] = answer["found"]
                asked = {
                    kind: server.ask(some[: max(2, engine.asked // 30)], k)["times"]
                    for kind, (some, k) in hard.items()
                }
                memory[engine.name] = answer["memory"]
                if number:
                    times[engine.name].append(answer["times"])
                    waited[engine.name].append(answer["waited"])
                    for kind, each in asked.items():
                        hard_times[engine.name][kind].append(each)
        cold = {server.engine.name: seconds for server, seconds in servers.items()}

    def milliseconds(rounds: Sequence[Sequence[int]]) -> list[float]:
        return [statistics.median(each) / 1e6 for each in zip(*rounds, strict=True)]

    measured = []
    for engine in engines:
        name = engine.name
        overlap, difference = _compare(
            found[REFERENCE] if REFERENCE in found else found[name],
            found[name],
            same_function=engine.same_function,
        )
        percentiles = np.percentile(milliseconds(times[name]), range(101))
        hard_found = {
            kind: (statistics.median(milliseconds(each)), max(milliseconds(each)))
            for kind, each in hard_times[name].items()
        }
        measured.append(
            Measured(
                engine=name,
                build=built[name]["seconds"],
                build_waited=built[name]["waited"],
                build_memory=built[name]["memory"],
                index_size=index_size(folder / name) if engine.saves else 0,
                cold_start=cold[name],
                memory=memory[name],
                percentiles=tuple(round(float(p), 5) for p in percentiles),
                median_waited=statistics.median(milliseconds(waited[name])),
                overlap=overlap,
                score_difference=difference,
                hard=hard_found,
            )
        )
    return Run(
        documents=documents,
        words=words,
        questions=QUESTIONS,
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        versions=versions(),
        load=(load_before, os.getloadavg()[0]),
        measured=tuple(measured),
        touched=touched(folder / REFERENCE, {ORDINARY: (questions, K), **hard})
        if REFERENCE in built
        else {},
    )
