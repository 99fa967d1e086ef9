"""How far is a long piece of work? Bars on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from types import TracebackType

from rich import progress as bars
from rich.console import Console
from rich.text import Text


class Task:
    """One kind of work; call it with how much is done and how much there is.

    ``used`` is whether it was ever called: whether there was anything to do.
    """

    def __init__(self, shown: bars.Progress, what: str) -> None:
        self._shown = shown
        self._what = what
        self._number: bars.TaskID | None = None

    @property
    def used(self) -> bool:
        """Whether there was anything to do."""
        return self._number is not None

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` is done."""
        if self._number is None:
            self._number = self._shown.add_task(self._what)
        self._shown.update(self._number, completed=done, total=total)


class _Rate(bars.ProgressColumn):
    """How many are done in a second."""

    def render(self, task: bars.Task) -> Text:
        """The rate of the last half minute, once there is one."""
        rate = task.finished_speed or task.speed
        return Text("" if rate is None else f"{rate:,.0f}/s", style="progress.data.speed")


class Progress:
    """Shows one bar for every task that does anything, while the ``with`` block lasts."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        self._shown = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.MofNCompleteColumn(),
            _Rate(),
            bars.TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._shown.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shown.stop()

    def task(self, what: str) -> Task:
        """A task by what it works through."""
        return Task(self._shown, what)
