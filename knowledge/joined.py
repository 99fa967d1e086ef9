"""How are things of many reports looked at, one here and one there, without making all of them?"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from knowledge.giving_way import in_slices

T = TypeVar("T")

_SOON = 64  # items of a walk that are made one by one


class Each(Sequence[T], Generic[T]):
    """``make(n)`` for every ``n`` below ``count``, each time somebody looks at it.

    ``walk``, if there is one, makes all of them in less time; who walks gives way. It equals every
    sequence of the same items.
    """

    def __init__(
        self,
        count: int,
        make: Callable[[int], T],
        walk: Callable[[], Iterator[T]] | None = None,
    ) -> None:
        self._every = range(count)
        self._make = make
        self._walk = walk

    def __len__(self) -> int:
        return len(self._every)

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[T]: ...
    def __getitem__(self, number: int | slice) -> T | Sequence[T]:
        which = self._every[number]
        return self._make(which) if isinstance(which, int) else tuple(map(self._make, which))

    def __iter__(self) -> Iterator[T]:
        # Who looks for something may find it soon.
        yield from map(self._make, self._every[:_SOON])
        if len(self) > _SOON:
            rest = self._walk() if self._walk else map(self._make, self._every)
            yield from in_slices(itertools.islice(rest, _SOON, None))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == its for mine, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))


class Joined(Sequence[T], Generic[T]):
    """Sequences one behind the other, of which each is looked at when an item of it is.

    ``starts`` are the numbers that their first items have, and at the end how many there are.
    """

    def __init__(self, parts: Sequence[Sequence[T]], lengths: Sequence[int]) -> None:
        self.parts = parts
        self.starts: tuple[int, ...] = tuple(itertools.accumulate(lengths, initial=0))

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
