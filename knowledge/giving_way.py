"""How does long work leave the interpreter to those who answer meanwhile?

Python lets one thread compute at a time, and knows no priorities: of two that compute each gets
half. Where half is not enough for all who ask, they queue up, for as long as the work lasts. So it
is done in slices. After a slice in which somebody else wanted to compute, the thread rests; as long
as nobody does, it goes on and loses nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_SLICE = 0.002  # seconds by the clock after which it looks whether others compute
_SHARED = 0.0002  # seconds of a slice that others had, from which on they are taken to be at work
# Seconds until it looks again. Most answers are finished by then that have the interpreter alone;
# twice as long as the slice lasted, should it have been a long one.
_REST, _LONGEST_REST = 0.01, 0.05

_own = threading.local()


class _Turn:
    """What a thread has computed since it last rested, or found itself alone."""

    def __init__(
        self,
        clock: Callable[[], float],
        worked: Callable[[], float],
        rest: Callable[[float], object],
    ) -> None:
        self._clock = clock
        self._worked = worked
        self._rest = rest
        self._begin()

    def _begin(self) -> None:
        self._began = self._clock()
        self._had = self._worked()

    def pause(self) -> None:
        lasted = self._clock() - self._began
        if lasted < _SLICE:
            return
        if lasted - (self._worked() - self._had) >= _SHARED:
            self._rest(min(max(_REST, 2 * lasted), _LONGEST_REST))
        self._begin()


@contextmanager
def giving_way(
    clock: Callable[[], float] = time.perf_counter,
    worked: Callable[[], float] = time.thread_time,
    rest: Callable[[float], object] = time.sleep,
) -> Iterator[None]:
    """What this thread does in the block can wait: where it calls ``give_way``, it may rest.

    ``clock`` and ``worked`` give seconds, by the clock and of the processor for this thread. It
    decorates a function, too.
    """
    before: _Turn | None = getattr(_own, "turn", None)
    _own.turn = before or _Turn(clock, worked, rest)
    try:
        yield
    finally:
        _own.turn = before


def give_way() -> None:
    """Rest a moment where others compute, in work that can wait; elsewhere nothing happens."""
    turn: _Turn | None = getattr(_own, "turn", None)
    if turn is not None:
        turn.pause()


def in_slices(items: Iterable[T]) -> Iterator[T]:
    """The same ``items``; a walk through them gives way at each."""
    for item in items:
        yield item
        give_way()
