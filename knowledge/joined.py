"""How are the parts of many reports numbered through, without having them all?"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class Joined(Sequence[T], Generic[T]):
    """Sequences one behind the other. Of each only the length is asked before it is needed.

    ``starts`` are the numbers that their first items have, and at the end how many there are.
    """

    def __init__(self, parts: Sequence[Sequence[T]]) -> None:
        self.parts = parts
        self.starts: tuple[int, ...] = tuple(itertools.accumulate(map(len, parts), initial=0))

    def __len__(self) -> int:
        return self.starts[-1]

    def part_of(self, number: int) -> int:
        """Which part the item of this number, from 0, is in."""
        return bisect_right(self.starts, number) - 1

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[T]: ...
    def __getitem__(self, number: int | slice) -> T | Sequence[T]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(number)
        part = self.part_of(number)
        return self.parts[part][number - self.starts[part]]

    def __iter__(self) -> Iterator[T]:
        return itertools.chain.from_iterable(self.parts)
