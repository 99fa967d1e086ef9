"""Which other words does a general dictionary explain by the same English words?

``parameters/glosses.txt`` has a word and its others, the most alike first, on every line. It is
worked out of CC-CEDICT by ``python -m benchmarks.glosses`` and, as that, under CC BY-SA 4.0.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from retrieval.parameters import PARAMETERS


@cache
def _lines() -> bytes:
    """The file without its comments: a table would take several times the memory."""
    lines = (PARAMETERS / "glosses.txt").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"#"))


def explained_alike(word: str) -> tuple[str, ...]:
    """Other words for a normalised word, the most alike first.

    >>> explained_alike("离职")[:1], explained_alike("郑光照")
    (('辞职',), ())
    """
    if not word or not word.isalnum():
        return ()
    lines, own = _lines(), f"{word} ".encode()

    def around(place: int) -> bytes:
        begin = lines.rfind(b"\n", 0, place) + 1
        return lines[begin : lines.index(b"\n", begin)]

    # The lines are in order.
    place = bisect_left(range(len(lines)), own, key=around)
    if place == len(lines) or not (line := around(place)).startswith(own):
        return ()
    return tuple(line.decode().split(" ")[1:])
