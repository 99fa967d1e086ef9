"""What do the questions of a week look like as a picture?

Matplotlib needs more memory than the whole bot, so it runs in a process of its own, which ends
with the picture: ``python -m bot.chart`` reads the numbers and writes a PNG. No font with Chinese
can be counted on, so the picture has digits, dates and colours, and the caption has the words.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.records.stats import Week

_log = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds; the first picture on a machine waits for the fonts to be looked over
MISSING = 3  # exit code: matplotlib is not installed
ANSWERED, MENTIONED, NOT_FOUND, TOPIC = "#4caf6d", "#f2b84b", "#d9604c", "#4a90c2"


async def picture(week: Week, cache: Path) -> bytes | None:
    """``week`` as a PNG; None where nothing can be drawn. ``cache`` is a folder for the fonts."""
    numbers = {
        "days": [[f"{d.date:%m-%d}", d.answered, d.mentioned, d.not_found] for d in week.days],
        "topics": [count for _, count in week.topics],
    }
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("WENJU_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.pages.chart",
        env={**surroundings, "MPLBACKEND": "Agg", "MPLCONFIGDIR": str(cache)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            drawn, complaint = await process.communicate(json.dumps(numbers).encode())
    except TimeoutError:
        _log.warning("no picture within %.0f s", PATIENCE)
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
    if process.returncode == 0:
        return drawn
    if process.returncode != MISSING:
        _log.warning("no picture: %s", complaint.decode(errors="replace").strip()[-500:])
    return None


def draw(numbers: dict[str, Any]) -> bytes:
    """A PNG of ``numbers``: stacked bars a day, the answered share above, a bar for each topic."""
    from matplotlib.figure import Figure  # only here: the bot itself must not load it
    from matplotlib.ticker import MaxNLocator

    days, topics = numbers["days"], numbers["topics"]
    figure = Figure(figsize=(8, 4.5 + 0.35 * len(topics)), dpi=120, layout="constrained")
    heights = [4.5, 0.35 * len(topics) + 0.4] if topics else [1.0]
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    _bars(axes[0], days)
    axes[0].yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    if topics:
        _topics(axes[1], topics)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _bars(axis: Any, days: list[list[Any]]) -> None:  # noqa: ANN401 - matplotlib's Axes
    positions = range(len(days))
    below = [0] * len(days)
    for column, colour in ((1, ANSWERED), (2, MENTIONED), (3, NOT_FOUND)):
        heights = [day[column] for day in days]
        axis.bar(positions, heights, bottom=below, color=colour, width=0.62)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    most = max([*below, 1])
    for position, (day, total) in enumerate(zip(days, below, strict=True)):
        if total:
            axis.text(position, total + 0.08 * most, str(total), ha="center", fontsize=13)
            share = f"{100 * day[1] / total:.0f}%"
            axis.text(
                position, total + 0.02 * most, share, ha="center", fontsize=9, color="#2f7d48"
            )
    axis.set_xticks(positions, [day[0] for day in days], fontsize=11)
    axis.set_ylim(0, 1.22 * most)
    axis.grid(axis="y", color="#e3e3e3")
    axis.set_axisbelow(True)


def _topics(axis: Any, counts: list[int]) -> None:  # noqa: ANN401 - as above
    positions = range(len(counts), 0, -1)
    axis.barh(positions, counts, color=TOPIC, height=0.62)
    for position, count in zip(positions, counts, strict=True):
        axis.text(count + 0.01 * max(counts), position, f" {count}", va="center", fontsize=11)
    numbers = [f"{number}." for number in range(1, len(counts) + 1)]
    axis.set_yticks(positions, numbers, fontsize=12)
    axis.set_xlim(0, 1.08 * max(counts))
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)


def main() -> int:
    """Read numbers as JSON from standard input, write a PNG to standard output."""
    try:
        drawn = draw(json.loads(sys.stdin.buffer.read()))
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        return MISSING
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
