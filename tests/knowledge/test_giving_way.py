"""When does long work rest, and when does it go on?"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import pytest

from knowledge.giving_way import give_way, giving_way, in_slices


@dataclass
class Machine:
    """A processor on which a thread computes, alone or beside others, and its clocks in seconds."""

    now: float = 0.0
    had: float = 0.0
    rests: list[float] = field(default_factory=list)

    def works(self, seconds: float, *, others: float = 0.0) -> None:
        """The thread computes so long; others that have the processor meanwhile make it longer."""
        self.now += seconds + others
        self.had += seconds

    def rest(self, seconds: float) -> None:
        """The thread does nothing."""
        self.rests.append(seconds)
        self.now += seconds

    def giving_way(self) -> contextlib.AbstractContextManager[None]:
        """A block of work that can wait."""
        return giving_way(lambda: self.now, lambda: self.had, self.rest)


def test_work_that_has_the_processor_alone_never_rests() -> None:
    machine = Machine()
    with machine.giving_way():
        for _ in range(100):
            machine.works(0.005)
            give_way()
    assert machine.rests == []


def test_work_rests_after_a_slice_in_which_others_worked() -> None:
    machine = Machine()
    with machine.giving_way():
        for _ in range(8):  # four to a slice
            machine.works(0.00025, others=0.00025)
            give_way()
        machine.works(0.003)  # they are done
        give_way()
    assert machine.rests == [0.01, 0.01]


@pytest.mark.parametrize(
    ("lasted", "rest"), [(0.001, None), (0.003, 0.01), (0.02, 0.04), (9, 0.05)]
)
def test_a_rest_is_as_long_as_what_kept_the_others_waiting_asks_for(
    lasted: float, rest: float | None
) -> None:
    machine = Machine()
    with machine.giving_way():
        machine.works(lasted / 2, others=lasted / 2)
        give_way()
    assert machine.rests == ([] if rest is None else [rest])


def test_elsewhere_nobody_rests() -> None:
    machine = Machine()
    with machine.giving_way():
        pass
    machine.works(1, others=1)
    give_way()
    assert machine.rests == []


def test_a_block_within_a_block_is_one_piece_of_work() -> None:
    machine, other = Machine(), Machine()
    with machine.giving_way():
        with other.giving_way():
            machine.works(0.004, others=0.004)
        give_way()
    assert (machine.rests, other.rests) == ([0.016], [])


def test_a_walk_in_slices_gives_way_at_every_item_and_leaves_none_out() -> None:
    machine = Machine()
    seen = []
    with machine.giving_way():
        for item in in_slices("年报"):
            machine.works(0.002, others=0.002)
            seen.append(item)
    assert (seen, machine.rests) == (["年", "报"], [0.01, 0.01])
