"""How are a large part of a library and a small one searched as the one index that they stand for?

Each part finds its own best documents, by the statistics of the whole library: so their scores are,
to the last bit, those of the index built of both, and the best of all are among the best of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from retrieval.indexing.counts import Counts
from retrieval.indexing.holdings import Holdings, Ids, offsets
from retrieval.indexing.index import Index
from retrieval.indexing.segments import Segmented
from retrieval.query.synonyms import Alternative
from retrieval.search.bm25 import PostingsBM25, Rest
from retrieval.search.evidence import Evidence, QueryTerms, gather, interleaved, weigh
from retrieval.text.analysis import Terms

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

REMEMBERED = 4_096
"""Terms whose document frequencies are kept at hand: a question asks for each ten times over."""


class Together:
    """Searches a ``Segmented`` index. Safe to use from several threads."""

    def __init__(self, index: Segmented) -> None:
        self.revision = index.revision
        self._parts_of = index.parts_of
        holdings = (index.base, index.fresh)
        documents = np.zeros(len(index.parts_of), np.int64)
        sentences = np.zeros(len(index.parts_of), np.int64)
        for number, part in enumerate(holdings):
            own = index.reports_of[index.parts_of == number]
            begins, ends = part.first_document[own], part.first_document[own + 1]
            documents[index.parts_of == number] = ends - begins
            first = part.first_sentence
            sentences[index.parts_of == number] = first[ends] - first[begins]
        self._first_document = offsets(documents)
        first_sentence = offsets(sentences)
        self._base, self._fresh = self._parts = tuple(
            _Part(
                part,
                index.reports_of[index.parts_of == number],
                np.flatnonzero(index.parts_of == number),
                self._first_document,
                first_sentence,
            )
            for number, part in enumerate(holdings)
        )
        tokens = self._base.tokens + self._fresh.tokens
        searched = _of_the_rest(
            index,
            index.base.postings.doc_freqs,
            index.fresh.postings.doc_freqs,
            index.gone.searched,
        )
        said = _of_the_rest(
            index,
            index.base.doc_freqs.__getitem__,
            index.fresh.doc_freqs.__getitem__,
            index.gone.said,
        )
        for one, its_searched, its_said in zip(self._parts, searched, said, strict=True):
            one.complete(len(self), tokens, its_searched, its_said)
        self._counted = lru_cache(REMEMBERED)(partial(_doc_freq, self._parts))

    def __len__(self) -> int:
        """The number of documents."""
        return int(self._first_document[-1])

    def search(self, terms: Sequence[str], k: int, among: Mask | None) -> tuple[Ids, Floats]:
        """The ``k`` best documents and their scores; ties in library order."""
        found = [part.top_k(terms, k, among) for part in self._parts]
        documents = np.concatenate([its for its, _ in found])
        scores = np.concatenate([its for _, its in found])
        best = np.lexsort((documents, -scores))[: max(k, 0)]
        return documents[best], scores[best]

    def upper_bound(self, terms: Sequence[str]) -> float:
        """What no score for ``terms`` can exceed."""
        known = (_with(self._parts, term) for term in terms)
        return sum(one[0].bm25.upper_bound([one[1]]) for one in known if one is not None)

    def evidence(
        self, terms: Terms, documents: npt.ArrayLike, alternatives: Sequence[Alternative]
    ) -> Evidence:
        """What the sentences of ``documents`` hold of an analysed question."""
        query = weigh(self, terms, alternatives)
        chosen = np.asarray(documents, np.int64)
        reports = self._first_document.searchsorted(chosen, side="right") - 1
        pieces = []
        for number, part in enumerate(self._parts):
            places = np.flatnonzero(self._parts_of[reports] == number)
            if len(places):
                its = part.evidence(query, chosen[places], reports[places], len(self))
                pieces.append((places, its))
        return interleaved(query, chosen, pieces)

    def doc_freq(self, term: str) -> int:
        """The number of documents whose text holds ``term``."""
        return self._counted(term)

    def knows(self, term: str) -> bool:
        """Whether a text or a heading holds ``term``."""
        if self.doc_freq(term):
            return True
        return any(
            part.is_above(number)
            for part in self._parts
            if (number := part.holdings.vocabulary.get(term)) is not None
        )


def _with(parts: Sequence[_Part], term: str) -> tuple[_Part, int] | None:
    """A part that has ``term``, and the term's number there: each knows of the other."""
    for part in parts:
        number = part.holdings.vocabulary.get(term)
        if number is not None:
            return part, number
    return None


def _doc_freq(parts: Sequence[_Part], term: str) -> int:
    found = _with(parts, term)
    return 0 if found is None else int(found[0].doc_freqs(np.array([found[1]]))[0])


class _Part:
    """One part, and where its reports stand in the library.

    Its reports ``own``, ascending, are those at ``places`` in the library, whose documents and
    sentences begin at ``first_document`` and ``first_sentence``.
    """

    bm25: PostingsBM25

    def __init__(
        self,
        holdings: Holdings,
        own: Ids,
        places: Ints,
        first_document: Ints,
        first_sentence: Ints,
    ) -> None:
        self.holdings = holdings
        begins = holdings.first_document[own]
        # By how much a document's number in the library is above its own, for every report here.
        self._documents = np.zeros(len(holdings.first_document) - 1, np.int64)
        self._documents[own] = first_document[places] - begins
        self._sentences = np.zeros(len(self._documents), np.int64)
        self._sentences[own] = first_sentence[places] - holdings.first_sentence[begins]
        self._reports = np.zeros(len(places) and int(places[-1]) + 1, np.int64)
        self._reports[places] = own
        self._taken = np.zeros(len(self._documents), np.bool_)
        self._taken[own] = True
        # Stretches of documents that are neighbours here and in the library.
        moved = self._documents[own]
        cuts = np.flatnonzero((np.diff(moved) != 0) | (np.diff(own) != 1)) + 1
        firsts = np.concatenate([[0], cuts])[: len(own)].astype(np.int64)
        lasts = np.concatenate([cuts, [len(own)]])[: len(firsts)].astype(np.int64) - 1
        self._stretches = list(
            zip(
                begins[firsts].tolist(),
                holdings.first_document[own[lasts] + 1].tolist(),
                moved[firsts].tolist(),
                strict=True,
            )
        )
        self._all = self._marked(np.ones(int(first_document[-1]), np.bool_))
        lengths = holdings.postings.lengths
        self.tokens = int(lengths[self._all].sum(dtype=np.int64))

    def complete(self, documents: int, tokens: int, searched: Counts, said: Counts) -> None:
        """Learn of the rest: how large all is, and the documents that terms of this part have."""
        postings = self.holdings.postings
        impacts = self.holdings.impacts if isinstance(self.holdings, Index) else None
        rest = Rest(
            documents - len(self.holdings),
            tokens - int(postings.lengths.sum(dtype=np.int64)),
            searched,
        )
        self.bm25 = PostingsBM25(postings, impacts=impacts, rest=rest)
        self._said = said

    def _marked(self, among: Mask) -> Mask:
        """The documents of this part that are marked in the library."""
        marked = np.zeros(len(self.holdings), np.bool_)
        for begin, end, moved in self._stretches:
            marked[begin:end] = among[begin + moved : end + moved]
        return marked

    def top_k(self, terms: Sequence[str], k: int, among: Mask | None) -> tuple[Ids, Floats]:
        """Its best documents, by their numbers in the library, and their scores."""
        allowed = self._all if among is None else self._marked(among)
        found, scores = self.bm25.top_k(self.holdings.ids(terms), k, allowed)
        reports = self.holdings.first_document.searchsorted(found, side="right") - 1
        return (found + self._documents[reports]).astype(np.int32), scores

    def evidence(self, query: QueryTerms, documents: Ints, reports: Ints, count: int) -> Evidence:
        """The evidence of documents of the library that are in these of its reports."""
        own = self._reports[reports]
        found = gather(
            self.holdings,
            query,
            documents - self._documents[own],
            count=count,
            doc_freqs=self.doc_freqs,
        )
        moved = np.repeat(self._sentences[own], np.diff(found.starts))
        return replace(found, sentences=found.sentences + moved)

    def doc_freqs(self, terms: Ids) -> Ids:
        """How many documents of the library hold each term in their text."""
        found: Ids = self.holdings.doc_freqs[terms] + self._said.of_each(terms)
        return found

    def is_above(self, term: int) -> bool:
        """Whether a heading of a report that is in the library holds the term."""
        places = np.flatnonzero(self.holdings.heading_terms == term)
        headings = self.holdings.heading_offsets.searchsorted(places, side="right") - 1
        reports = self.holdings.first_heading.searchsorted(headings, side="right") - 1
        return bool(self._taken[reports].any())


def _of_the_rest(
    index: Segmented,
    in_base: Callable[[Ints], Ids | Ints],
    in_fresh: Callable[[Ints], Ids | Ints],
    gone: Counts,
) -> tuple[Counts, Counts]:
    """What each part must add to its own document frequencies to have those of the library."""
    both = np.flatnonzero(index.terms_in_base >= 0)
    there = index.terms_in_base[both].astype(np.int64)
    for_base = Counts.summed(
        [Counts(there.astype(np.int32), in_fresh(both).astype(np.int32)), gone.negative()]
    )
    still = in_base(there).astype(np.int32) - gone.of_each(there)
    return for_base, Counts(both.astype(np.int32), still)
