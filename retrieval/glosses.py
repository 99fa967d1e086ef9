"""Which other words does a general dictionary explain by the same English words?

``parameters/glosses.txt`` has a word and its others, the most alike first, on every line. It is
worked out of CC-CEDICT by ``python -m benchmarks.glosses`` and, as that, under CC BY-SA 4.0.
"""

from __future__ import annotations

from functools import cache

from retrieval.analysis import PARAMETERS


@cache
def _lines() -> bytes:
    """The file as it is: a table would take ten times the memory, and a search takes no time."""
    return b"\n".join([b"", *(PARAMETERS / "glosses.txt").read_bytes().splitlines(), b""])


def explained_alike(word: str) -> tuple[str, ...]:
    """Other words for a normalised word, the most alike first.

    >>> explained_alike("离职")[:1], explained_alike("郑光照")
    (('辞职',), ())
    """
    if not word or not word.isalnum():
        return ()
    lines = _lines()
    begin = lines.find(f"\n{word} ".encode())
    if begin < 0:
        return ()
    line = lines[begin + 1 : lines.index(b"\n", begin + 1)].decode()
    return tuple(line.split(" ")[1:])
