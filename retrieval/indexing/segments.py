"""What is made where a few reports of a large index have changed? A small part beside it.

The index, the *base*, stays as it is. Beside it come the *fresh* reports, the order in which those
of both make the library, and in how many documents of reports that are *gone* each term of the base
is. With that, statistics are those of the whole library to the last document
(``retrieval/search/together.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from retrieval.indexing.counts import Counts
from retrieval.indexing.holdings import Holdings, Ids, distinct, ranges
from retrieval.indexing.index import (
    Analysing,
    Index,
    Progress,
    analysed_here,
    lexicon_of,
    made_and_kept,
    revision,
    rules,
    taken_over,
)
from retrieval.indexing.merging import merge
from retrieval.indexing.postings import Postings
from retrieval.indexing.room import Memory, Room
from retrieval.text.analysis import Analyzer
from retrieval.text.taught import Taught

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

BASE, FRESH = range(2)


@dataclass(frozen=True, slots=True)
class Gone:
    """In how many documents that are not part of the library any more each term of the base is.

    ``searched`` counts documents of the postings, ``said`` documents whose text holds a term.
    """

    searched: Counts
    said: Counts

    @classmethod
    def of(cls, base: Holdings, reports: Ints) -> Gone:
        """The terms of some reports; takes as long as they are."""
        documents = ranges(base.first_document[reports], base.first_document[reports + 1])
        count = max(len(documents), 1)
        each = np.arange(len(documents))
        first, last = base.first_sentence[documents], base.first_sentence[documents + 1]
        sentences = ranges(first, last)
        begins, ends = base.sentence_offsets[sentences], base.sentence_offsets[sentences + 1]
        owners = np.repeat(np.repeat(each, last - first), ends - begins)
        said = base.sentence_terms[ranges(begins, ends)] * np.int64(count) + owners
        said = distinct(said)
        above = base.heading_of[documents]
        begins, ends = base.heading_offsets[above], base.heading_offsets[above + 1]
        owners = np.repeat(each, ends - begins)
        headed = base.heading_terms[ranges(begins, ends)] * np.int64(count) + owners
        terms, owners = np.divmod(distinct(np.concatenate([said, headed])), count)
        listed = terms[_are_listed(base.postings, terms, documents[owners])]
        return cls(Counts.of_repeats(listed), Counts.of_repeats(said // count))

    def changed(self, more: Gone, fewer: Gone) -> Gone:
        """The same with reports that went as well, and without those that came back."""
        return Gone(
            Counts.summed([self.searched, more.searched, fewer.searched.negative()]),
            Counts.summed([self.said, more.said, fewer.said.negative()]),
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, to be kept; ``of_arrays`` reads it."""
        return {
            f"gone_{kind.name}_{field.name}": getattr(getattr(self, kind.name), field.name)
            for kind in fields(Gone)
            for field in fields(Counts)
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Gone:
        """What ``arrays`` gave. Raises ``KeyError`` where one is missing."""
        names = [field.name for field in fields(Counts)]
        return cls(
            *(
                Counts(**{name: arrays[f"gone_{kind.name}_{name}"] for name in names})
                for kind in fields(Gone)
            )
        )


def _are_listed(postings: Postings, terms: Ints, documents: Ints) -> Mask:
    """Whether the postings of each term have the document beside it."""
    low, end = postings.offsets[terms], postings.offsets[terms + 1]
    high = end.copy()
    searching = np.flatnonzero(low < high)
    while len(searching):  # one binary search for each, all of them at once
        middle = (low[searching] + high[searching]) // 2
        before = postings.documents[middle] < documents[searching]
        low[searching[before]] = middle[before] + 1
        high[searching[~before]] = middle[~before]
        searching = searching[low[searching] < high[searching]]
    found: Mask = low < end
    found[found] = postings.documents[low[found]] == documents[found]
    return found


@dataclass(frozen=True, slots=True)
class Segmented:
    """An index of which only the reports that have changed were made again.

    Report ``r`` of the library is number ``reports_of[r]`` of the base, or of ``fresh`` where
    ``parts_of[r]`` says so; both stand in the order of the library. ``terms_in_base`` are the
    numbers that the terms of ``fresh`` have in the base, -1 for those it has not. The rest is as in
    ``Index``; ``lexicon`` is what the fresh reports were analysed with, and all others would be.
    """

    revision: str
    rules: str
    lexicon: Taught
    base: Index
    fresh: Holdings
    parts_of: npt.NDArray[np.uint8]
    reports_of: Ids
    terms_in_base: Ids
    gone: Gone
    verified: bool = True

    def __len__(self) -> int:
        """The number of documents."""
        return sum(
            int((part.first_document[own + 1] - part.first_document[own]).sum())
            for number, (part, _) in enumerate(self.known())
            for own in [self.reports_of[self.parts_of == number]]
        )

    def known(self) -> Sequence[tuple[Holdings, Taught]]:
        """What the next index can take over from, and the lexicon that each was made with."""
        return (self.base, self.base.lexicon), (self.fresh, self.lexicon)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that is kept beside the base; ``Segmented.of`` reads it."""
        own = {name: getattr(self, name) for name in _OWN} | self.lexicon.named_arrays()
        return self.fresh.arrays() | own | self.gone.arrays()

    @classmethod
    def of(
        cls,
        revision: str,
        rules: str,
        arrays: Mapping[str, npt.NDArray[Any]],
        base: Index,
        *,
        verified: bool = True,
    ) -> Segmented:
        """What ``arrays`` gave. Raises ``KeyError`` where one is missing."""
        return cls(
            revision=revision,
            rules=rules,
            base=base,
            fresh=Holdings(**Holdings.parts_of(arrays)),
            lexicon=Taught.of_arrays(arrays),
            gone=Gone.of_arrays(arrays),
            verified=verified,
            **{name: arrays[name] for name in _OWN},
        )


_OWN = ("parts_of", "reports_of", "terms_in_base")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a change makes an index ``Segmented``: neither of these is part of what is found.

    Merging takes 13 s for a million documents. ``least`` of them are merged in a fraction of a
    second, and leave nothing beside the index; more than one changed in ``share`` is more than a
    few, and slows down searches and the next change.
    """

    least: int = 30_000
    share: int = 50


LIMITS = Limits()


def exchange(
    library: Library,
    analyzer: Analyzer,
    previous: Index | Segmented,
    *,
    room: Room | None = None,
    analysing: Analysing = analysed_here,
    progress: Progress = lambda _done, _total: None,
    limits: Limits = LIMITS,
) -> Segmented | None:
    """The index of ``library`` as the base of ``previous`` and what has changed since.

    None where too much has, or reports have changed places: then it should be built. Takes as long
    as what is in ``room`` (memory, where there is none) in the end, not as what is in the base.
    """
    room = room or Memory()
    before = previous if isinstance(previous, Segmented) else None
    base = previous.base if isinstance(previous, Segmented) else previous
    if len(base) < limits.least or previous.rules != rules(analyzer):
        return None
    volumes = library.volumes
    parts_of, reports_of = taken_over(previous, library, analyzer)
    of_base = parts_of == BASE
    kept = reports_of[of_base]
    if (np.diff(kept) <= 0).any():
        return None
    sizes = library.figures.documents
    stayed = int(sizes[of_base].sum())
    if (int(sizes.sum()) - stayed + len(base) - stayed) * limits.share > len(base):
        return None
    made, its_parts, its_reports = made_and_kept(
        [before.fresh] if before else [],
        parts_of[~of_base] - FRESH,
        reports_of[~of_base],
        [volumes[number] for number in np.flatnonzero(~of_base).tolist()],
        analyzer,
        analysing,
        progress,
    )
    fresh = merge(made, its_parts, its_reports, room)
    reports_of[~of_base] = np.arange(len(its_reports))
    arrays = fresh.arrays() | {
        **lexicon_of(analyzer, room),
        "parts_of": room.fill("parts_of", np.uint8, [np.where(of_base, BASE, FRESH)]),
        "reports_of": room.fill("reports_of", np.int32, [reports_of]),
        "terms_in_base": room.fill(
            "terms_in_base", np.int32, [base.vocabulary.numbers(fresh.vocabulary.encoded())]
        ),
    }
    for name, array in _gone(base, before, kept).arrays().items():
        arrays[name] = room.fill(name, np.int32, [array])
    return Segmented.of(
        revision(library, analyzer), rules(analyzer), arrays, base, verified=previous.verified
    )


def _gone(base: Index, before: Segmented | None, kept: Ints) -> Gone:
    """What is gone of the base, of whose reports these were kept."""
    every = np.arange(len(base.first_document) - 1)
    now = np.setdiff1d(every, kept, assume_unique=True)
    if before is None:
        return Gone.of(base, now)
    then = np.setdiff1d(every, before.reports_of[before.parts_of == BASE], assume_unique=True)
    return before.gone.changed(
        Gone.of(base, np.setdiff1d(now, then, assume_unique=True)),
        Gone.of(base, np.setdiff1d(then, now, assume_unique=True)),
    )
