"""How well does a document match the terms of a question? rank-bm25's function over postings.

``PostingsBM25`` *is a* ``rank_bm25.BM25Plus``: its parameters, its idf, its scores. What differs is
the evaluation: rank-bm25 looks every term of the question up in every document; here only the
postings of those terms are read, and for the best ``k`` only a part of them. ``delta`` is 0, which
leaves rank-bm25's ranking as it is (its ``delta`` is added to every document alike, with the term
or without) and lets documents without any of the terms score 0. BM25Plus's idf, log((N+1)/df),
is positive even when the library has one or two documents, where Okapi's is zero or negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Plus

from retrieval.indexing.counts import Counts
from retrieval.indexing.impacts import K1, B, Impacts
from retrieval.indexing.postings import Ids, Places, Postings
from retrieval.search.pruning import Costs, Pruning

Floats = npt.NDArray[np.float64]

_FEW = 256  # so few scores are sorted sooner than selected from
_WIDTH = 256  # so many scores, each the highest of a group, bound what the best have
_MANY = 1 << 15  # scores from which groups are small, so that only few need a second look
_SIZE = 64  # scores of such a group
_AT_ONCE = 1 << 14  # documents or postings scored at once: bounds the memory that this takes


@dataclass(frozen=True, slots=True)
class Rest:
    """What a collection has besides the documents of some postings.

    So many ``documents``, with so many ``tokens``, of which ``doc_freqs`` hold the terms of these
    postings. Numbers are below 0 where documents of the postings do not belong to the collection.
    """

    documents: int
    tokens: int
    doc_freqs: Counts


class _Idf(Mapping[int, float]):
    """rank-bm25's idf by term, worked out when it is asked for: a vocabulary can have millions."""

    def __init__(self, offsets: Places, corpus_size: int, rest: Counts | None) -> None:
        self._offsets = offsets
        self._rest = rest
        self._formula = BM25Plus.__new__(BM25Plus)
        self._formula.corpus_size = corpus_size
        self._formula.idf = {}  # by document frequency, of which there are few different ones

    def __getitem__(self, term: int) -> float:
        if idf := self.of(term):
            return idf
        raise KeyError(term)

    def of(self, term: int) -> float:
        """The idf of a term in the whole collection, 0 for one that no document holds."""
        if not 0 <= term < len(self._offsets) - 1:
            return 0.0
        doc_freq = self._offsets.item(term + 1) - self._offsets.item(term)
        if self._rest is not None:
            doc_freq += self._rest.of(term)
        if not doc_freq:
            return 0.0
        known: dict[int, float] = self._formula.idf
        if doc_freq not in known:
            self._formula._calc_idf({doc_freq: doc_freq})  # noqa: SLF001  # the formula's one home
        return known[doc_freq]

    def here(self, term: int) -> float:
        """The same, but 0 as well where none of the documents searched here holds the term."""
        idf = self.of(term)
        if idf and self._rest is not None:
            return idf if self._offsets.item(term + 1) > self._offsets.item(term) else 0.0
        return idf

    def of_all(self) -> Floats:
        """The idf of every term, 0 for one that no document holds."""
        doc_freqs, places = np.unique(self._doc_freqs(), return_inverse=True)
        self._formula._calc_idf({n: n for n in doc_freqs.tolist() if n})  # noqa: SLF001
        known: dict[int, float] = self._formula.idf
        return np.array([known.get(n, 0.0) for n in doc_freqs.tolist()])[places]

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self._doc_freqs()).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self._doc_freqs()))

    def _doc_freqs(self) -> Places:
        doc_freqs: Places = np.diff(self._offsets)
        if self._rest is not None:
            doc_freqs[self._rest.terms] += self._rest.numbers
        return doc_freqs


class PostingsBM25(BM25Plus):  # type: ignore[misc]  # rank-bm25 has no type information
    """BM25 over ``Postings``; terms are integer ids. Safe to use from several threads.

    ``k1`` sets how soon repeats of a term stop counting, ``b`` how much length is held against a
    document. ``impacts``, where they were kept beside the postings, need not be worked out again;
    they must be for the same ``k1`` and ``b``. ``costs`` changes the time taken only.

    With a ``rest`` the scores are those that the documents have in the whole collection. Documents
    that do not belong to it are scored all the same: ``top_k`` is to be told ``among`` which.
    """

    def __init__(
        self,
        postings: Postings,
        *,
        k1: float = K1,
        b: float = B,
        impacts: Impacts | None = None,
        costs: Costs | None = None,
        rest: Rest | None = None,
    ) -> None:
        # rank-bm25's own constructor would count what the postings have counted.
        if impacts is not None and (impacts.k1, impacts.b) != (k1, b):
            raise ValueError(
                f"the impacts are for k1={impacts.k1}, b={impacts.b}, not for k1={k1}, b={b}"
            )
        self.k1 = k1
        self.b = b
        self.delta = 0.0
        own = len(postings.lengths)
        tokens = int(postings.lengths.sum(dtype=np.int64))
        self.corpus_size = own + (rest.documents if rest else 0)
        total = tokens + (rest.tokens if rest else 0)
        self.avgdl = total / self.corpus_size if total else 1.0
        self.doc_len = np.asarray(postings.lengths)
        self._offsets = np.asarray(postings.offsets)
        self._documents = np.asarray(postings.documents)
        self._counts = np.asarray(postings.counts)
        self._norms = np.asarray(k1 * (1 - b + b * self.doc_len / self.avgdl), np.float64)
        self.idf = _Idf(self._offsets, self.corpus_size, rest.doc_freqs if rest else None)
        costs = costs or Costs()
        self._most_terms = costs.terms
        self._parts: Floats | None = None
        self._pruning: Pruning | None = None
        if len(self._documents) < costs.whole:
            self._parts = self._parts_of_all()
            return
        # Impacts that were kept are for the average length of the documents that they are of.
        drift = self.avgdl / (tokens / own) if rest and impacts and tokens else 1.0
        impacts = impacts or Impacts.of(postings, k1=k1, b=b, average=self.avgdl)
        self._pruning = Pruning(postings, impacts, costs, drift)

    def get_scores(self, query: Iterable[int]) -> Floats:
        """The score of every document, as rank-bm25 computes it; unknown terms add nothing."""
        documents: list[Ids] = []
        parts: list[Floats] = []
        offset, terms = self._offsets.item, len(self._offsets) - 1
        for term in query:
            if 0 <= term < terms:
                held = slice(offset(term), offset(term + 1))
                if self._parts is not None:
                    parts.append(self._parts[held])
                elif idf := self.idf.here(term):
                    norms = self._norms.take(self._documents[held])
                    parts.append(self._part(idf, self._counts[held], norms))
                else:
                    continue
                documents.append(self._documents[held])
        if not documents:
            return np.zeros(len(self.doc_len))
        # It adds in the order of the question, as rank-bm25 does: the same to the last bit.
        rows = np.concatenate(documents, dtype=np.intp)
        summed = np.bincount(rows, np.concatenate(parts), len(self.doc_len))
        return np.asarray(summed, np.float64)

    def get_batch_scores(self, query: Iterable[int], doc_ids: npt.ArrayLike) -> list[float]:
        """The scores of some documents, in the order of ``doc_ids``."""
        query, ids = list(query), np.asarray(doc_ids, np.int32)
        parts = (ids[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE))
        return [score for part in parts for score in self._scores_of(query, part).tolist()]

    def top_k(
        self, query: Iterable[int], k: int, among: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Ids, Floats]:
        """The ``k`` documents with the highest positive scores, and these; ties in document order.

        ``among`` marks the documents that may be found. The result is that of ``get_scores`` and
        ``top``, to the last bit.
        """
        if k <= 0:
            return np.zeros(0, np.int32), np.zeros(0)
        query = list(query)
        weights: dict[int, float] = {}
        if self._pruning is not None:
            for term in query:
                if idf := self.idf.here(term):
                    weights[term] = weights.get(term, 0.0) + idf
            if not weights:
                return np.zeros(0, np.int32), np.zeros(0)
        if self._pruning is None or len(weights) > self._most_terms:
            scores = self.get_scores(query)
            if among is not None:
                scores *= among
            best = top(scores, k)
            return best, scores[best]
        documents = self._pruning.contenders(weights, k, among)
        scores = self._scores_of(query, documents)
        best = top(scores, k)
        return documents[best], scores[best]

    def upper_bound(self, query: Iterable[int]) -> float:
        """What no score for ``query`` can exceed: every term repeated without end."""
        return sum(self.idf.of(term) * (self.k1 + 1) for term in query)

    def _parts_of_all(self) -> Floats:
        """What every posting adds to a score."""
        idf = self.idf.of_all()
        parts = np.empty(len(self._documents))
        for begin in range(0, len(parts), _AT_ONCE):
            held = slice(begin, min(begin + _AT_ONCE, len(parts)))
            first = self._offsets.searchsorted(begin, side="right") - 1
            last = self._offsets.searchsorted(held.stop)
            sizes = np.diff(self._offsets[first : last + 1].clip(begin, held.stop))
            norms = self._norms.take(self._documents[held])
            parts[held] = self._part(idf[first:last].repeat(sizes), self._counts[held], norms)
        return parts

    def _part(self, idf: float | Floats, counts: npt.NDArray[np.generic], norms: Floats) -> Floats:
        """What a term adds to the scores of documents that hold it ``counts`` times."""
        # The order of operations is rank-bm25's, so that results are the same to the last bit.
        times = counts.astype(np.float64)
        return np.asarray(idf * ((times * (self.k1 + 1)) / (norms + times)), np.float64)

    def _scores_of(self, query: Sequence[int], documents: Ids) -> Floats:
        """The scores of some documents; terms are added in the order of the question."""
        idf = {term: value for term in query if (value := self.idf.here(term))}
        scores = np.zeros(len(documents))
        if not idf:
            return scores
        # One search for each term; all the rest for all terms in one go.
        begins = [self._offsets.item(term) for term in idf]
        ends = [self._offsets.item(term + 1) for term in idf]
        places = np.empty((len(idf), len(documents)), np.intp)
        for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            places[row] = self._documents[begin:end].searchsorted(documents)
        places += np.array(begins)[:, None]
        np.minimum(places, np.array(ends)[:, None] - 1, out=places)
        counts = self._counts.take(places)
        counts *= self._documents.take(places) == documents
        rarities = np.array(list(idf.values()))[:, None]
        parts = self._part(rarities, counts, self._norms.take(documents))
        rows = {term: row for row, term in enumerate(idf)}
        for term in query:
            if term in rows:
                scores += parts[rows[term]]
        return scores


def top(scores: Floats, k: int) -> Ids:
    """The ids of the ``k`` highest positive scores, best first; ties in document order.

    >>> top(np.array([1.0, 3.0, 0.0, 3.0]), 3)
    array([1, 3, 0], dtype=int32)
    """
    if k <= 0:
        return np.zeros(0, np.int32)
    if len(scores) <= _FEW:
        order: Ids = (-scores).argsort(kind="stable")[:k].astype(np.int32)
        positive = len(order)
        while positive and scores[order[positive - 1]] <= 0:
            positive -= 1
        return order[:positive]
    candidates = _leading(scores, k)
    found = scores.take(candidates)
    if len(candidates) > max(k, _FEW):
        # Everything that ties with the k-th is kept until the stable sort has decided.
        kept = (found >= np.partition(found, len(found) - k)[-k]).nonzero()[0]
        candidates, found = candidates.take(kept), found.take(kept)
    ranks = (-found).argsort(kind="stable")[:k]
    return candidates.take(ranks).astype(np.int32)


def _leading(scores: Floats, k: int) -> npt.NDArray[np.intp]:
    """Those of many documents, ascending, that can be among the best ``k``: few, if that is told.

    The highest scores of disjoint groups are so many different scores, so that the ``k``-th of
    them is a bound.
    """
    many = len(scores) >= _MANY
    groups = max(len(scores) // _SIZE if many else _WIDTH, 4 * k)
    size = len(scores) // groups
    if size < 2:
        return (scores > 0).nonzero()[0]
    grid = scores[: size * groups].reshape(size, groups)
    highest = grid.max(axis=0)
    least = np.partition(highest, groups - k)[-k]
    if least <= 0 or not many:
        return (scores >= least if least > 0 else scores > 0).nonzero()[0]
    # Who reaches it is looked for in the groups that do: another look at all takes as long again.
    reach = (highest >= least).nonzero()[0]
    across, along = (grid.take(reach, axis=1) >= least).nonzero()
    found = across * groups + reach.take(along)
    found.sort()
    rest = (scores[grid.size :] >= least).nonzero()[0] + grid.size
    return np.concatenate([found, rest])
