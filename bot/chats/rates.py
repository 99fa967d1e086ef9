"""Who is asking faster than a bot should answer?"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum

MINUTE = 60.0
KEYS = 10_000  # people and chats remembered at most; whoever is forgotten starts afresh


class Admission(Enum):
    """What to do with a question."""

    WELCOME = "answer it"
    WARN = "say once that it was too fast"
    SILENT = "say nothing: it was said already"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    warned: bool = False


class Rates:
    """A bucket of tokens for each person and each chat; a question takes one from both.

    ``person`` and ``chat`` are questions a minute, 0 for no limit: that many may come at once,
    and they come back evenly. ``clock`` gives seconds.
    """

    def __init__(self, person: int, chat: int, clock: Callable[[], float]) -> None:
        self._limits = {"person": person, "chat": chat}
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, Hashable], _Bucket] = OrderedDict()

    def admit(self, person: Hashable, chat: Hashable | None) -> Admission:
        """Whether to answer ``person``, in the group ``chat`` (None in private)."""
        asked = [("person", person)] + ([("chat", chat)] if chat is not None else [])
        buckets = [self._bucket(kind, key) for kind, key in asked if self._limits[kind]]
        empty = [bucket for bucket in buckets if bucket.tokens < 1]
        if not empty:
            for bucket in buckets:
                bucket.tokens -= 1
                bucket.warned = False
            return Admission.WELCOME
        warned = any(bucket.warned for bucket in empty)
        for bucket in empty:
            bucket.warned = True
        return Admission.SILENT if warned else Admission.WARN

    def _bucket(self, kind: str, key: Hashable) -> _Bucket:
        now, limit = self._clock(), self._limits[kind]
        bucket = self._buckets.pop((kind, key), None) or _Bucket(limit, now)
        bucket.tokens = min(limit, bucket.tokens + (now - bucket.at) * limit / MINUTE)
        bucket.at = now
        self._buckets[kind, key] = bucket
        if len(self._buckets) > KEYS:
            self._buckets.popitem(last=False)
        return bucket
