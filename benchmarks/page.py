"""What do the measurements say? The page and the pictures, ratios first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import served
from benchmarks.corpus import TERMS_ASKED
from benchmarks.engines import BY_NAME, K1, B
from benchmarks.measure import LARGE_ROUNDS, REFERENCE, ROOT, ROUNDS, K, Measured, Run
from benchmarks.served import Throughput
from retrieval.search.pruning import Costs

RESULTS = ROOT / "benchmarks" / "results.json"
LATENCY = "benchmark-latency.svg"
DISTRIBUTION = "benchmark-distribution.svg"

COLOURS = {
    "wenju": "#c0392b",
    "bm25s numba": "#2c6fbb",
    "bm25s numpy": "#7fb0e0",
    "tantivy": "#e08e1b",
    "SQLite FTS5": "#5a5f66",
    "Xapian": "#3d9970",
    "rank-bm25": "#8e5ea2",
}


def _times(ratio: float) -> str:
    """A ratio with two significant digits: 0.13, 3.5, 47, 1,200."""
    if ratio >= 100:
        return f"{float(f'{ratio:.2g}'):,.0f}"
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _megabytes(size: int) -> str:
    return _digits(size / 1e6) if size else "–"


def _milliseconds(value: float) -> str:
    return f"{value:.3f}" if value < 10 else _digits(value)


def _answering(ours: Measured, one: Measured) -> list[str]:
    return [
        one.engine,
        f"**{_times(one.median / ours.median)}**",
        _times(one.slowest / ours.slowest),
        _milliseconds(one.median),
        _milliseconds(one.slowest),
        _milliseconds(one.median_waited),
        _digits(one.cold_start),
        _megabytes(one.memory),
        f"{one.overlap:.3f}",
    ]


def _building(ours: Measured, one: Measured) -> list[str]:
    return [
        one.engine,
        f"**{_times(one.build / ours.build)}**",
        _digits(one.build),
        _digits(one.build_waited),
        _megabytes(one.build_memory),
        _megabytes(one.index_size),
    ]


ANSWERING = (
    "", "p50 ×", "p99 ×", "p50 ms", "p99 ms", "p50 by the clock", "cold start s", "MB",
    "same best ten",
)  # fmt: skip
BUILDING = ("", "×", "s", "s by the clock", "MB", "index MB")


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def table(run: Run) -> str:
    """One size: ours first, then the others, fastest first."""
    ours = next((m for m in run.measured if m.engine == REFERENCE), run.measured[0])
    others = sorted((m for m in run.measured if m is not ours), key=lambda m: m.median)
    each = (ours, *others)
    return "\n\n".join(
        [
            f"### {run.documents:,} documents",
            "Answering:",
            _markdown(ANSWERING, (_answering(ours, one) for one in each)),
            "Building:",
            _markdown(BUILDING, (_building(ours, one) for one in each)),
        ]
    )


def _hard_table(run: Run) -> str:
    ours = run.of(REFERENCE)
    kinds = list(ours.hard)
    lines = [
        f"| {run.documents:,} documents: median, most | {' | '.join(kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for one in sorted(run.measured, key=lambda m: m.hard[kinds[0]][0]):
        cells = [f"{_digits(one.hard[k][0])}, {_digits(one.hard[k][1])} ms" for k in kinds]
        lines.append(f"| {one.engine} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _touched_table(runs: Sequence[Run]) -> str:
    header = (
        "", "postings", "read", "share", "columns", "looked up", "scored", "KB",
    )  # fmt: skip
    rows = [
        [
            f"{run.documents:,}: {kind}",
            *(f"{number:,.0f}" for number in (one.held, one.read)),
            f"{one.read / one.held:.0%}",
            f"{one.columns:.1f}",
            *(f"{number:,.0f}" for number in (one.looked_up, one.scored, one.taken / 1e3)),
        ]
        for run in reversed(runs)
        for kind, one in run.touched.items()
    ]
    return _markdown(header, rows)


def _verdicts(runs: Sequence[Run]) -> str:
    """The aims, and what was reached."""
    largest = runs[-1]
    ours = largest.of(REFERENCE)
    lines = [
        f"What was aimed at, over {largest.documents:,} documents, and what came out:",
        "",
        "| aim | measured | |",
        "|---|---|---|",
    ]

    def line(aim: str, ratio: float, least: float) -> None:
        mark = "reached" if ratio >= least else "**missed**"
        lines.append(f"| {aim} | {_times(ratio)} × | {mark} |")

    present = {m.engine: m for m in largest.measured}
    if numba := present.get("bm25s numba"):
        line("p50 at least 2 × as fast as bm25s numba", numba.median / ours.median, 2)
        line("p99 no slower than bm25s numba", numba.slowest / ours.slowest, 1)
        line("build no slower than bm25s numba", numba.build / ours.build, 1)
    for name in ("tantivy", "SQLite FTS5"):
        if other := present.get(name):
            line(f"p50 at least 5 × as fast as {name}", other.median / ours.median, 5)
    for run in reversed(runs):
        if other := next((m for m in run.measured if m.engine == "rank-bm25"), None):
            ratio = other.median / run.of(REFERENCE).median
            line(
                f"p50 at least 500 × as fast as rank-bm25 ({run.documents:,} documents)", ratio, 500
            )
            break
    hardest = max(median for median, _ in ours.hard.values()) / ours.median
    kept = "reached" if hardest <= 10 else "**missed**"
    lines.append(f"| hard questions within 10 × the median | {_times(hardest)} × | {kept} |")
    return "\n".join(lines)


def _about(runs: Sequence[Run]) -> str:
    lines = ["| documents | date | machine | load average before, after |", "|---|---|---|---|"]
    lines += [
        f"| {run.documents:,} | {run.date} | {run.machine} | {run.load[0]:.1f}, {run.load[1]:.1f} |"
        for run in runs
    ]
    packages = ", ".join(f"{name} {number}" for name, number in runs[-1].versions.items())
    return "\n".join([*lines, "", f"Versions: {packages}."])


def _settings(runs: Sequence[Run]) -> str:
    names = {m.engine for run in runs for m in run.measured}
    lines = ["| engine | settings | ranking function | questions |", "|---|---|---|---|"]
    lines += [
        f"| {engine.name} | {engine.settings} | {engine.function} | {engine.asked} |"
        for name, engine in BY_NAME.items()
        if name in names
    ]
    return "\n".join(lines)


def _greatest_difference(runs: Sequence[Run]) -> str:
    differences = [
        (m.score_difference, m.engine)
        for run in runs
        for m in run.measured
        if m.score_difference is not None and m.engine != REFERENCE
    ]
    exact = max((d for d, name in differences if name == "rank-bm25"), default=None)
    single = max((d for d, name in differences if name != "rank-bm25"), default=None)
    said = []
    if exact is not None:
        said.append(
            f"from rank-bm25's by at most {exact:.0e}" if exact else "from rank-bm25's not at all"
        )
    if single is not None:
        said.append(f"from bm25s's (single precision) by at most {single:.0e}")
    return " and ".join(said)


def text(runs: Sequence[Run], throughput: Throughput | None = None) -> str:
    """The whole page."""
    sections = "\n\n".join(table(run) for run in reversed(runs))
    hard = "\n\n".join(_hard_table(run) for run in reversed(runs))
    least, most = TERMS_ASKED
    return f"""\
# Benchmarks

How fast does the search find the {K} best documents, beside other engines? `make bench` measures
1,000, 10,000 and 100,000 documents in some minutes; `make bench-large` a million. Both write this
page and its pictures anew from `benchmarks/results.json`.

{_verdicts(runs)}

![Median and 99th percentile by the number of documents](pictures/{LATENCY})

![Distribution of the times at the largest size](pictures/{DISTRIBUTION})

## All sizes

× is how many times as long as wenju took in the same run: above 1, wenju was faster.

{sections}

- Times are the processor's: what the work costs, without the waiting for others on the same
  machine. *By the clock* is with it.
- *p50, p99*: of the times of the questions, each the median of {ROUNDS} rounds ({LARGE_ROUNDS}
  over a million documents), asked one at a time from Python.
- *cold start*: from the start of a process, Python's own included, to its first answer, with the
  files in the system's cache. rank-bm25 saves no index: it builds, from the documents.
- *MB*: answering, the most that the process had, pages of mapped files included; building, what it
  added to a process that already held the documents.
- *same best ten*: the share of wenju's best ten that the engine's best ten have. Where the ranking
  function is the same, scores differ {_greatest_difference(runs)};
  documents that tie can then change places.

## Hard questions

{hard}

## What is read

Counts, on average for a question, which no other work on the machine can change. *Read*: of the
postings that the question's terms have, those that were gone through. *Columns*: frequent terms
added for every document at once, a byte each. *Looked up*: how often a document was looked for in
a list or a column. *Scored*: documents whose exact score was worked out. *KB*: the most memory that
the question held at once. What the engines beside wenju read cannot be seen from outside; bm25s
reads all postings of a question's terms and keeps a score for every document.

{_touched_table(runs)}

{_served(throughput)}## How it is measured

**Documents** are made up of the words of jieba's dictionary with the dictionary's frequencies; two
fifths of each come from the words of its topic, so that words keep company as they do in text. They
have 60 words on average, and are the same on every machine (seeded). **Questions** are {least} to
{most} words of one document, rare ones rather than frequent ones: {runs[-1].questions} of them,
fewer for engines that would hold up all others. All engines get the same words, already
segmented: segmentation is not measured here.

Each engine builds in a process of its own and answers in another. All answer in turns, so that
whatever else the machine does meets all of them.

{_settings(runs)}

wenju ranks by rank-bm25's BM25Plus with k1 = {K1}, b = {B} and delta = 0. It reads the postings of
a question's terms, rarest first. What {K} documents certainly have is found early: those that lead
after some thousand postings are looked up in all other terms. Of a list that is read after that,
only the documents stay that can still come in; and once the terms still unread can lift no other
document so high, they are looked up for those that are left (MaxScore). Where an index has fewer
than {Costs().whole:,} postings, what each adds to a score is worked out when it is opened (8 bytes
each), and all documents are scored: some thirty calls of numpy a question.

It is Python and numpy. Where only a part is read, a question takes more than a hundred calls of
numpy, however little it is, and each posting passes through several of them; engines that are
compiled do all of that in one loop.

bm25s's numpy selects the best with `numpy.argpartition`, which takes long where most scores are
equal: most are 0 for questions of rare words, fewer for those of frequent ones.

{_about(runs)}
"""


def _served(throughput: Throughput | None) -> str:
    if throughput is None:
        return ""
    picture = f"![Time to the answer of every question](pictures/{served.PICTURE})"
    return f"## The bot at Telegram's limit\n\n{served.section(throughput)}\n\n{picture}\n\n"


def saved() -> list[Run]:
    """The runs that were kept, fewest documents first."""
    if not RESULTS.exists():
        return []
    kept = map(Run.from_json, json.loads(RESULTS.read_text(encoding="utf-8")))
    return sorted(kept, key=lambda run: run.documents)


def write_all() -> None:
    """The page and its pictures into ``docs``, from what was kept."""
    folder, runs, throughput = ROOT / "docs", saved(), served.saved()
    _draw(runs, folder / "pictures")
    if throughput is not None:
        served.draw(throughput, folder / "pictures")
    (folder / "benchmarks.md").write_text(text(runs, throughput), encoding="utf-8")


def _draw(runs: Sequence[Run], folder: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    # The same results give the same files.
    mpl.rcParams.update({"svg.hashsalt": "wenju", "font.size": 10, "axes.spines.top": False})
    mpl.rcParams.update({"axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25})
    from matplotlib import pyplot as plt

    about = {"Date": None, "Creator": None}
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    names = [name for name in COLOURS if any(m.engine == name for r in runs for m in r.measured)]
    for name in names:
        points = [
            (run.documents, m.median, m.slowest)
            for run in runs
            for m in run.measured
            if m.engine == name
        ]
        sizes, medians, slowest = zip(*points, strict=True)
        width = 2.6 if name == REFERENCE else 1.5
        axes.plot(sizes, medians, "o-", color=COLOURS[name], linewidth=width, label=name)
        axes.plot(sizes, slowest, ":", color=COLOURS[name], linewidth=width / 1.5)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="documents",
        ylabel="processor milliseconds for a question",
        title="Median (solid) and 99th percentile (dotted)",
    )
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(folder / LATENCY, metadata=about)
    plt.close(figure)

    largest = runs[-1]
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    for name in names:
        for one in (m for m in largest.measured if m.engine == name):
            width = 2.6 if name == REFERENCE else 1.5
            axes.plot(one.percentiles, range(101), color=COLOURS[name], linewidth=width, label=name)
    axes.set(
        xscale="log",
        xlabel="processor milliseconds",
        ylabel="% of the questions answered",
        title=f"{largest.documents:,} documents: how many questions are answered in that time",
    )
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(folder / DISTRIBUTION, metadata=about)
    plt.close(figure)
