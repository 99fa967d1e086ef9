"""Which of the question's terms does each sentence of the candidates hold, and what else?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from retrieval.indexing.holdings import Holdings
from retrieval.query.synonyms import Alternative
from retrieval.text.analysis import Terms

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

WORDS, BIGRAMS, CHARACTERS = range(3)
FAMILIES = ("words", "bigrams", "characters")


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The distinct terms of a question with their weights.

    ``weights[i, f]`` is the share of term ``i`` in the rarity (idf) of family ``f`` (words,
    bigrams, characters), so that each family that has any term sums to 1. Terms that the library
    does not know weigh as much as a term of no document.
    """

    terms: tuple[str, ...]
    rarity: Floats
    weights: Floats
    alternatives: tuple[Alternative, ...] = ()


class Collection(Protocol):
    """All that is searched, as far as weighing needs to know it."""

    def __len__(self) -> int:
        """The number of documents."""

    def doc_freq(self, term: str) -> int:
        """The number of documents whose text holds ``term``."""

    def knows(self, term: str) -> bool:
        """Whether a text or a heading holds ``term``."""


def weigh(
    collection: Collection, terms: Terms, alternatives: Sequence[Alternative] = ()
) -> QueryTerms:
    """The distinct terms of an analysed question, weighed by how rare they are in the library."""
    families = (terms.words, terms.bigrams, terms.unigrams)
    column = {
        term: i for i, term in enumerate(dict.fromkeys([*families[0], *families[1], *families[2]]))
    }
    count = len(collection) + 1
    instead = {term: one.instead for one in alternatives for term in one.covered}

    def doc_freq(term: str) -> int:
        if own := collection.doc_freq(term):
            return own
        # What the library says in other words is as rare as those words.
        known = [collection.doc_freq(t) for t in instead.get(term, ()) if collection.knows(t)]
        return max(min(known, default=1), 1)

    doc_freqs = np.array([doc_freq(term) for term in column], np.int64)
    rarities = np.log(count / doc_freqs).astype(np.float32)
    weights = np.zeros((len(column), len(FAMILIES)), np.float32)
    for family, members in enumerate(families):
        rows = [column[term] for term in members]
        weights[rows, family] = rarities[rows]
    totals = weights.sum(axis=0)
    weights /= np.where(totals > 0, totals, 1)
    return QueryTerms(tuple(column), rarities, weights, tuple(alternatives))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sentences of some documents hold of a question.

    Row ``r`` of ``holds`` is sentence ``sentences[r]``; column ``i`` is query term ``i``. The rows
    of document number ``d`` (in the order asked for) are ``starts[d]:starts[d+1]``. ``headings``
    has a row for every document: the terms that its title and headings hold; ``headings_asked`` is
    the share of their rarity that the question brings. ``held`` are bits of ``asking.Sought``.
    """

    query: QueryTerms
    documents: Ints
    sentences: Ints
    starts: Ints
    holds: Floats
    headings: Floats
    headings_asked: Floats
    held: npt.NDArray[np.uint8]
    lengths: Ints


_SIEVE = (1 << 16) - 1  # a table of so many bytes stays in the processor's nearest cache


class _Columns:
    """Finds the terms of a question among those of sentences. ``known`` are ids and columns."""

    def __init__(self, known: Mapping[int, int]) -> None:
        ascending = sorted(known)
        self._numbers = np.array(ascending, np.int32)
        self._columns = np.array([known[number] for number in ascending], np.int64)
        # Most terms of a sentence are none of the question's: nearly all of them are seen here.
        self._sieve = np.zeros(_SIEVE + 1, np.bool_)
        self._sieve[self._numbers & _SIEVE] = True

    def of(self, terms: npt.NDArray[np.int32]) -> tuple[Ints, Ints]:
        """The places of those ``terms`` that are known, and the column of each."""
        places = self._sieve.take(terms & _SIEVE).nonzero()[0]
        some = terms.take(places)
        found = self._numbers.searchsorted(some)
        here = (self._numbers.take(found, mode="clip") == some).nonzero()[0] if len(some) else found
        return places.take(here), self._columns.take(found.take(here))


def _ranges(begins: Ints, ends: Ints) -> Ints:
    """The concatenation of ``arange(b, e)`` for every pair."""
    lengths = ends - begins
    if not len(lengths) or not lengths.sum():
        return np.zeros(0, np.int64)
    starts = np.repeat(begins - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return starts + np.arange(lengths.sum())


def gather(
    index: Holdings,
    query: QueryTerms,
    documents: npt.ArrayLike,
    *,
    count: int,
    doc_freqs: Callable[[npt.NDArray[np.int32]], npt.NDArray[np.int32]],
) -> Evidence:
    """Read the evidence of ``documents`` (their numbers) for a weighed question.

    They are of a collection of ``count`` documents; ``doc_freqs`` tells in how many of their texts
    the terms of ``index`` are.
    """
    chosen = np.asarray(documents, np.int64)
    first, last = index.first_sentence[chosen], index.first_sentence[chosen + 1]
    sentences = _ranges(first, last)
    starts = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
    instead = [index.ids(one.instead) for one in query.alternatives]
    extra = sorted({number for numbers in instead for number in numbers})
    number_of = index.vocabulary.get
    known = {n: i for i, t in enumerate(query.terms) if (n := number_of(t)) is not None}
    for number in extra:
        known.setdefault(number, len(query.terms) + extra.index(number))
    width = len(query.terms) + len(extra)

    headings = np.zeros((len(chosen), width), np.float32)
    columns_of = _Columns(known).of
    begins, ends = index.sentence_offsets[sentences], index.sentence_offsets[sentences + 1]
    found, columns = columns_of(index.sentence_terms[_ranges(begins, ends)])
    rows = np.repeat(np.arange(len(sentences)), ends - begins)
    holds = np.zeros((len(sentences), width), np.float32)
    holds[rows[found], columns] = 1
    above = index.heading_of[chosen]
    begins, ends = index.heading_offsets[above], index.heading_offsets[above + 1]
    terms = index.heading_terms[_ranges(begins, ends)]
    found, columns = columns_of(terms)
    rows = np.repeat(np.arange(len(chosen)), ends - begins)
    headings[rows[found], columns] = 1
    rarity = np.log((count + 1) / np.maximum(doc_freqs(terms), 1))
    whole = np.bincount(rows, rarity, len(chosen))
    asked = np.bincount(rows[found], rarity[found], len(chosen))
    headings_asked = (asked / np.maximum(whole, 1e-9)).astype(np.float32)
    place = {term: i for i, term in enumerate(query.terms)}
    for one, needed in zip(query.alternatives, instead, strict=True):
        if len(needed) == len(one.instead):
            column = [known[number] for number in needed]
            covered = [place[term] for term in one.covered if term in place]
            for matrix in (holds, headings):
                said = matrix[:, column].min(axis=1, keepdims=True)
                matrix[:, covered] = np.maximum(matrix[:, covered], said)
    return Evidence(
        query=query,
        documents=chosen,
        sentences=sentences,
        starts=starts,
        holds=holds[:, : len(query.terms)],
        headings=headings[:, : len(query.terms)],
        headings_asked=headings_asked,
        held=index.held[sentences],
        lengths=index.sentence_lengths[sentences].astype(np.int64),
    )


def interleaved(
    query: QueryTerms, documents: npt.ArrayLike, pieces: Sequence[tuple[Ints, Evidence]]
) -> Evidence:
    """The evidence of ``documents``, of which each piece has those at some places."""
    chosen = np.asarray(documents, np.int64)
    sizes = np.zeros(len(chosen), np.int64)
    for places, piece in pieces:
        sizes[places] = np.diff(piece.starts)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows, width = int(starts[-1]), len(query.terms)
    whole = Evidence(
        query=query,
        documents=chosen,
        sentences=np.zeros(rows, np.int64),
        starts=starts,
        holds=np.zeros((rows, width), np.float32),
        headings=np.zeros((len(chosen), width), np.float32),
        headings_asked=np.zeros(len(chosen), np.float32),
        held=np.zeros(rows, np.uint8),
        lengths=np.zeros(rows, np.int64),
    )
    for places, piece in pieces:
        its_rows = _ranges(starts[places], starts[places + 1])
        whole.sentences[its_rows] = piece.sentences
        whole.holds[its_rows] = piece.holds
        whole.held[its_rows] = piece.held
        whole.lengths[its_rows] = piece.lengths
        whole.headings[places] = piece.headings
        whole.headings_asked[places] = piece.headings_asked
    return whole
