"""What is indexed, and what does a sentence of it hold? Arrays that can live in memory or on disk.

What is searched is a *document*: one paragraph of body text, with all the passages that it is
divided into. (A clause searched on its own loses what the paragraph says before it: measured on
cmrc, -0.4 points of recall@1.) Two views of the same terms:

- *postings*: for every word and bigram, the documents that hold it. The first stage searches them,
  with the help of their *impacts*. A document's headings and its report's title are indexed with
  it, once.
- *evidence*: for every sentence of every document, its distinct words, bigrams and characters, and
  what kinds of answer it holds. The second stage reads only the candidates' part of it.

An index also knows from which reports and with which words of a lexicon it was made, so that the
next one takes over what has not changed.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge import passages, volume
from knowledge.library import Library
from knowledge.volume import Volume
from retrieval.indexing import holdings
from retrieval.indexing.holdings import KEY_SIZE, Holdings, distinct, keys, offsets, source
from retrieval.indexing.impacts import K1, B, Impacts
from retrieval.indexing.merging import merge
from retrieval.indexing.room import Memory, Room
from retrieval.parameters import PARAMETERS
from retrieval.query import asking
from retrieval.text import analysis
from retrieval.text.analysis import Analyzer, certain_bigrams
from retrieval.text.taught import Taught
from retrieval.text.vocabulary import encoded

Ints = npt.NDArray[np.int64]

Progress = Callable[[int, int], None]
"""Called with how many documents are done and how many there are."""

Analysing = Callable[[Sequence[Volume], Analyzer, str, Progress], Sequence[Holdings]]
"""Analyses reports, all in order, in as many parts as it likes; the text is their ``rules``."""

_LOOKED_AT = 1 << 26  # bytes that are looked through at once, where no report has more


@dataclass(frozen=True, slots=True)
class Index(Holdings):
    """A library analysed and made ready for the search.

    ``revision`` is what it is known by; ``rules`` is a fingerprint of how it was made. ``lexicon``
    are the words that its analyzer knew besides those of its dictionary. ``verified`` is
    whether all of it is certain to be what was once written.
    """

    revision: str
    rules: str
    lexicon: Taught
    impacts: Impacts
    verified: bool = True

    def known(self) -> Sequence[tuple[Holdings, Taught]]:
        """What the next index can take over from, and the lexicon that it was made with."""
        return ((self, self.lexicon),)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that is an array, to be kept; ``Index.of`` reads it."""
        own = self.lexicon.named_arrays()
        own |= {f"impacts_{name}": getattr(self.impacts, name) for name in ("steps", "highest")}
        return Holdings.arrays(self) | own

    @classmethod
    def of(
        cls,
        revision: str,
        rules: str,
        arrays: Mapping[str, npt.NDArray[Any]],
        *,
        verified: bool = True,
    ) -> Index:
        """What ``arrays`` gave. Raises ``KeyError`` where one is missing."""
        return cls(
            revision=revision,
            rules=rules,
            lexicon=Taught.of_arrays(arrays),
            impacts=Impacts(arrays["impacts_steps"], arrays["impacts_highest"], k1=K1, b=B),
            verified=verified,
            **Holdings.parts_of(arrays),
        )


@cache
def _own_rules() -> bytes:
    """A fingerprint of what decides, besides the analyzer, what is held of a report."""
    files = [Path(str(m.__file__)) for m in (passages, volume, holdings, asking, analysis)]
    digest = hashlib.sha256()
    for file in (*files, PARAMETERS / "asking.yaml"):
        digest.update(file.read_bytes())
    return digest.digest()


def rules(analyzer: Analyzer) -> str:
    """What was made by equal rules is the same, but for texts that hold words of the lexicon."""
    return hashlib.sha256(analyzer.rules.encode() + _own_rules()).hexdigest()[:16]


def revision(library: Library, analyzer: Analyzer) -> str:
    """What an index of this library by this analyzer is known by."""
    digest = hashlib.sha256(f"{K1} {B} {rules(analyzer)} {analyzer.fingerprint}".encode())
    digest.update(keys(library))
    return digest.hexdigest()[:16]


def analysed_here(
    volumes: Sequence[Volume], analyzer: Analyzer, _rules: str, progress: Progress
) -> Sequence[Holdings]:
    """Analyse in this process, all at once."""
    total = sum(len(one.body) for one in volumes)
    sources = [source(one) for one in volumes]
    made = holdings.analyse(sources, analyzer, lambda done: progress(done, total))
    progress(total, total)
    return [made]


class Previous(Protocol):
    """An index that the next one can take reports over from."""

    @property
    def rules(self) -> str:
        """How it was made."""

    def known(self) -> Sequence[tuple[Holdings, Taught]]:
        """Its parts, and the lexicon that each was made with."""


def build(
    library: Library,
    analyzer: Analyzer,
    *,
    previous: Previous | None = None,
    room: Room | None = None,
    analysing: Analysing = analysed_here,
    progress: Progress = lambda _done, _total: None,
) -> Index:
    """The index of ``library``, in ``room`` (memory, where there is none).

    Of ``previous`` is taken over what has not changed; the result is the same without it.
    """
    room = room or Memory()
    volumes = library.volumes
    parts_of, reports_of = taken_over(previous, library, analyzer)
    old = [] if previous is None else [part for part, _ in previous.known()]
    merged = merge(
        *made_and_kept(old, parts_of, reports_of, volumes, analyzer, analysing, progress), room
    )
    impacts = Impacts.of(merged.postings, k1=K1, b=B)
    arrays = merged.arrays() | {
        **lexicon_of(analyzer, room),
        "impacts_steps": room.fill("impacts_steps", np.uint16, [impacts.steps]),
        "impacts_highest": room.fill("impacts_highest", np.uint16, [impacts.highest]),
    }
    return Index.of(revision(library, analyzer), rules(analyzer), arrays)


def lexicon_of(analyzer: Analyzer, room: Room) -> dict[str, npt.NDArray[Any]]:
    """The words that an analyzer knows besides its dictionary's, in ``room``."""
    taught = analyzer.taught.named_arrays()
    return {name: room.fill(name, array.dtype, [array]) for name, array in taught.items()}


def taken_over(
    previous: Previous | None, library: Library, analyzer: Analyzer
) -> tuple[Ints, Ints]:
    """For each report the part of ``previous`` that has it, and its number in that part.

    Both are -1 where it must be analysed.
    """
    count = len(library.volumes)
    parts_of = np.full(count, -1, np.int64)
    reports_of = np.full(count, -1, np.int64)
    if previous is not None and previous.rules == rules(analyzer):
        wanted = _divided(keys(library))
        for number, (part, lexicon) in enumerate(previous.known()):
            found = _unchanged(part, lexicon, wanted, analyzer)
            found[parts_of >= 0] = -1
            parts_of[found >= 0] = number
            reports_of[found >= 0] = found[found >= 0]
    return parts_of, reports_of


def made_and_kept(
    old: Sequence[Holdings],
    parts_of: Ints,
    reports_of: Ints,
    volumes: Sequence[Volume],
    analyzer: Analyzer,
    analysing: Analysing,
    progress: Progress,
) -> tuple[list[Holdings], Ints, Ints]:
    """What ``merge`` takes: those of ``old`` that are needed, and what is analysed now."""
    parts: list[Holdings] = []
    new_parts_of, new_reports_of = parts_of.copy(), reports_of.copy()
    for number, part in enumerate(old):
        if (parts_of == number).any():
            new_parts_of[parts_of == number] = len(parts)
            parts.append(part)
    fresh = np.flatnonzero(parts_of < 0)
    if len(fresh) or not len(volumes):
        made = analysing([volumes[n] for n in fresh.tolist()], analyzer, rules(analyzer), progress)
        sizes = [len(part.first_document) - 1 for part in made]
        new_parts_of[fresh] = np.repeat(np.arange(len(parts), len(parts) + len(made)), sizes)
        new_reports_of[fresh] = np.arange(len(fresh)) - np.repeat(offsets(sizes)[:-1], sizes)
        parts += made
    return parts, new_parts_of, new_reports_of


def _divided(whole: bytes) -> list[bytes]:
    """The keys that stand one behind the other."""
    return [whole[begin : begin + KEY_SIZE] for begin in range(0, len(whole), KEY_SIZE)]


def _unchanged(
    part: Holdings, lexicon: Taught, wanted: Sequence[bytes], analyzer: Analyzer
) -> npt.NDArray[np.int64]:
    """For each report the number that it has in ``part``; -1 where it must be analysed."""
    places = {one: number for number, one in enumerate(_divided(part.keys.tobytes()))}
    found = np.array([places.get(one, -1) for one in wanted], np.int64)
    _, first = np.unique(found, return_index=True)
    again = np.ones(len(found), np.bool_)
    again[first] = False  # of two reports that are the same one is enough
    found[again] = -1
    if changed := lexicon.changed(analyzer.taught):
        reused = np.flatnonzero(found >= 0)
        found[reused[_holding(part, changed)[found[reused]]]] = -1
    return found


def _holding(index: Holdings, words: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Which reports' texts hold any of ``words``."""
    holding = np.zeros(len(index.text_starts) - 1, np.bool_)
    for word in words:
        for begin, end in _where_it_may_be(index, word):
            _look(index, encoded(word), begin, end, holding)
    return holding


def _where_it_may_be(index: Holdings, word: str) -> Iterable[tuple[int, int]]:
    """The stretches of reports outside of which no text holds ``word``."""
    documents: npt.NDArray[np.int32] | None = None
    offsets = index.postings.offsets
    for bigram in certain_bigrams(word):
        number = index.vocabulary.get(bigram)
        if number is None:
            return []
        listed = index.postings.documents[int(offsets[number]) : int(offsets[number + 1])]
        documents = listed if documents is None else np.intersect1d(documents, listed)
    if documents is None:
        return [(0, len(index.text_starts) - 1)]
    reports = np.searchsorted(index.first_document, documents, side="right") - 1
    return [(report, report + 1) for report in distinct(reports).tolist()]


def _look(
    index: Holdings, word: bytes, begin: int, end: int, holding: npt.NDArray[np.bool_]
) -> None:
    """Mark the reports from ``begin`` to ``end`` whose text holds ``word``, in UTF-8."""
    starts = index.text_starts
    while begin < end:
        last = int(np.searchsorted(starts, starts[begin] + _LOOKED_AT, side="right")) - 1
        last = min(max(last, begin + 1), end)
        text = index.texts[int(starts[begin]) : int(starts[last])].tobytes()
        ends = (starts[begin + 1 : last + 1] - starts[begin]).tolist()
        place = text.find(word)
        while place >= 0:
            report = bisect_right(ends, place)
            holding[begin + report] = True
            place = text.find(word, ends[report])
        begin = last
