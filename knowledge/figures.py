"""How much is there of each report of a library? Numbers side by side, which nobody walks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from knowledge.volume import Volume

Ints = npt.NDArray[np.int64]

REVISION = 32
"""Bytes of a report's revision."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What ``Volume`` tells in numbers, of many reports in their order.

    ``documents`` are paragraphs of body text; a row of ``revisions`` has the bytes of one.
    """

    characters: Ints
    passages: Ints
    documents: Ints
    sentences: Ints
    revisions: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, volumes: Iterable[Volume]) -> Figures:
        """Those of ``volumes``, asked one by one."""
        asked = list(volumes)
        rows = ((one.characters, len(one.passages), len(one.body), one.sentences) for one in asked)
        return cls.of_rows(rows, bytes.fromhex("".join(one.revision for one in asked)))

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[int, int, int, int]], revisions: bytes) -> Figures:
        """Those in ``rows``, a number for each of the first four; ``revisions`` are joined."""
        numbers = np.array(list(rows), np.int64).reshape(-1, 4)
        joined = np.frombuffer(revisions, np.uint8).reshape(-1, REVISION)
        characters, passages, documents, sentences = numbers.T
        return cls(characters, passages, documents, sentences, joined)

    @classmethod
    def gathered(cls, parts: Sequence[Figures], of_parts: Ints, numbers: Ints) -> Figures:
        """Those of reports that are spread: each has a number in one of the ``parts``."""
        sizes = np.array([0, *(len(one.characters) for one in parts)])
        places = np.cumsum(sizes)[of_parts] + numbers
        if len(numbers) and ((numbers < 0) | (numbers >= sizes[1:][of_parts])).any():
            raise IndexError("a part has fewer reports")
        return cls(
            *(
                np.concatenate([getattr(one, field.name) for one in parts])[places]
                for field in fields(Figures)
            )
        )
