"""What came out when the bot was asked as fast as Telegram allows? Numbers and their picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alone import Alone

RESULTS = Path(__file__).with_name("throughput.json")
PICTURE = "benchmark-throughput.png"
AIM = 50.0  # milliseconds at the 99th percentile


@dataclass(frozen=True, slots=True)
class Throughput:
    """What came out. Times of questions are in milliseconds, in the order of their delivery.

    ``started`` is the seconds from the start of the process until it fetched questions, where the
    folder was known; ``alone`` what questions take that are asked one at a time of another process.
    ``reload`` says when (seconds from the first question) the admin asked for the preview, when it
    was there and confirmed, and when the new knowledge was in use. ``busy`` is the share of one
    core that the bot took, ``memory`` the most bytes that it had, ``own`` and ``mapped`` what it
    had in the end: its own, and pages of files.
    """

    paragraphs: int
    rate: float
    seconds: float
    questions: int
    unanswered: int
    times: tuple[float, ...]
    delivered: tuple[float, ...]
    reload: tuple[float, float, float]
    busy: float
    memory: int
    own: int
    mapped: int
    started: float
    alone: Alone
    date: str
    machine: str
    load: tuple[float, float]

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Throughput:
        lists = ("times", "delivered", "reload", "load")
        whole = {name: tuple(saved[name]) for name in lists}
        return cls(**{**saved, **whole, "alone": Alone(**saved["alone"])})

    def save(self) -> None:
        """Keep it for the page."""
        RESULTS.write_text(json.dumps(asdict(self), ensure_ascii=False) + "\n", encoding="utf-8")

    def while_reloading(self) -> list[bool]:
        """Of each question, whether it was delivered while the knowledge was being replaced."""
        begun, _, ended = self.reload
        return [begun <= moment <= ended for moment in self.delivered]


def saved() -> Throughput | None:
    """The last run that was kept, None where none was."""
    if not RESULTS.exists():
        return None
    return Throughput.from_json(json.loads(RESULTS.read_text(encoding="utf-8")))


def _row(name: str, times: Sequence[float]) -> str:
    if not times:
        return f"| {name} | 0 | – | – | – | – |"
    cells = (f"{value:,.1f}" for value in np.percentile(times, [50, 95, 99, 100]))
    return f"| {name} | {len(times):,} | {' | '.join(cells)} |"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def section(found: Throughput) -> str:
    """The part of the page about it."""
    reloading = found.while_reloading()
    during = [t for t, during in zip(found.times, reloading, strict=True) if during]
    apart = [t for t, during in zip(found.times, reloading, strict=True) if not during]
    slowest = float(np.percentile(found.times, 99))
    begun, shown, ended = found.reload
    alone = found.alone
    lost = "none" if not found.unanswered else f"**{found.unanswered:,}**"
    mark = "reached" if slowest <= AIM and not found.unanswered else "**missed**"
    return f"""\
`python -m benchmarks.throughput` starts the real bot on one core, with the strict Bot API server of
the tests on the others, and asks {found.rate:.0f} questions a second, as many as Telegram lets a
bot answer, for {found.seconds:,.0f} seconds. A question's time goes from its delivery to the
request that answers it: fetching it, waiting for its turn, the answer, rendering, SQLite and
loopback HTTP. It is allowed to send twice as fast, so that its own work is measured: at the limit
itself, what has once queued up never gets shorter. In the middle an admin changes one of the
reports, which have {found.paragraphs:,} paragraphs, reads the preview (the last 200 questions asked
are put to both versions) and puts it into use, in the same process.

| {found.questions:,} questions, milliseconds | counted | p50 | p95 | p99 | most |
|---|---|---|---|---|---|
{_row("all", found.times)}
{_row("while the knowledge is served", apart)}
{_row("while it is replaced", during)}

Aim: p99 within {AIM:.0f} ms: {mark}. (It is meant for ten minutes over a million paragraphs.)
Unanswered: {lost}. The preview took {shown - begun:,.0f} s, the change {ended - shown:,.0f} s more.
The process took {found.busy:.0%} of its core. In the end it had {_mb(found.own)} of its own and
{_mb(found.mapped)} of pages of files, which the system takes back where it needs them; at most
{_mb(found.memory)} in all. From its start until it fetched questions {found.started:.1f} s passed.

Asked one at a time (`benchmarks.alone`), questions that nobody had asked before take
{alone.p50:.1f} ms of the processor (p50), {alone.p99:.1f} ms at p99; by the clock \
{alone.p50_clock:.1f} and {alone.p99_clock:.1f} ms.
The first answer of such a process is there {alone.first:.1f} s after its start; it has \
{_mb(alone.own)} of its own and
{_mb(alone.mapped)} of pages.

{found.date}, {found.machine}; load average before and after: {found.load[0]:.1f},
{found.load[1]:.1f}."""


def draw(found: Throughput, folder: Path) -> None:
    """Every question's time, over the time of its delivery."""
    import matplotlib as mpl

    mpl.use("agg")  # as vectors, so many points take megabytes
    from matplotlib import pyplot as plt

    begun, confirmed, ended = found.reload
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    axes.axvspan(begun, confirmed, color="#e08e1b", alpha=0.25, linewidth=0, label="preview")
    axes.axvspan(confirmed, ended, color="#c0392b", alpha=0.25, linewidth=0, label="replacing")
    axes.plot(found.delivered, found.times, ".", markersize=2, color="#2c6fbb", alpha=0.6)
    axes.axhline(50, color="#5a5f66", linewidth=0.8, linestyle="--")
    axes.set(
        yscale="log",
        xlabel="seconds",
        ylabel="milliseconds to the answer",
        title=f"{found.rate:.0f} questions a second, {found.paragraphs:,} paragraphs, one core",
    )
    axes.legend(loc="upper right", frameon=False)
    figure.savefig(folder / PICTURE, metadata={"Software": None}, dpi=120)
    plt.close(figure)
