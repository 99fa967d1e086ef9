"""How do reports that were analysed apart become one index, and how is one exchanged in it?

Reports are taken from several ``Holdings`` in any order. What is known of one report stays as it
is; only numbers of terms, documents and sentences change. Terms are numbered in their own order, so
that the result depends on nothing but the reports: an index in which one was exchanged is, array
for array, the index that is built from them all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.indexing.holdings import KEY_SIZE, Holdings, distinct, offsets
from retrieval.indexing.postings import Postings
from retrieval.indexing.room import Array, Memory, Room
from retrieval.text.vocabulary import Numbers, Places, Vocabulary, union

Ints = npt.NDArray[np.int64]

_CHUNK = 1 << 22  # postings or terms worked on at once: bounds the memory that merging takes


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring reports of one part that stay neighbours."""

    part: int
    begin: int
    end: int


def _runs(parts_of: Ints, reports_of: Ints) -> list[_Run]:
    if not len(parts_of):
        return []
    broken = (np.diff(parts_of) != 0) | (np.diff(reports_of) != 1)
    cuts = [0, *(np.flatnonzero(broken) + 1).tolist(), len(parts_of)]
    return [
        _Run(int(parts_of[a]), int(reports_of[a]), int(reports_of[b - 1]) + 1)
        for a, b in itertools.pairwise(cuts)
    ]


def merge(
    parts: Sequence[Holdings], parts_of: Ints, reports_of: Ints, room: Room | None = None
) -> Holdings:
    """The reports ``reports_of[r]`` of ``parts[parts_of[r]]``, each at most once, in that order."""
    return _Merging(parts, _runs(parts_of, reports_of), room or Memory()).merged()


class _Merging:
    def __init__(self, parts: Sequence[Holdings], runs: Sequence[_Run], room: Room) -> None:
        self._parts = parts
        self._runs = runs
        self._room = room
        self._numbers: list[Numbers] = []  # of each part's documents; -1 is not taken
        self._whole: list[bool] = []

    def merged(self) -> Holdings:
        """Everything, one array after the other."""
        self._number_documents()
        doc_freqs, used = self._doc_freqs()
        vocabulary, ways = self._vocabulary(used)
        frequencies = np.zeros(len(vocabulary), np.int32)
        for way, mask, own in zip(ways, used, doc_freqs, strict=True):
            frequencies[way[mask]] += own[mask]
        return Holdings(
            vocabulary=vocabulary,
            postings=self._postings(ways, len(vocabulary)),
            first_sentence=self._firsts("first_sentence", self._documents()),
            sentence_offsets=self._firsts("sentence_offsets", self._sentences()),
            sentence_terms=self._terms("sentence_terms", "sentence_offsets", ways),
            sentence_lengths=self._copied("sentence_lengths", np.int32, self._sentences()),
            held=self._copied("held", np.uint8, self._sentences()),
            heading_of=self._heading_of(),
            heading_offsets=self._firsts("heading_offsets", self._headings()),
            heading_terms=self._terms("heading_terms", "heading_offsets", ways),
            doc_freqs=self._room.fill("doc_freqs", np.int32, [frequencies]),
            first_document=self._firsts("first_document", self._reports()),
            first_heading=self._firsts("first_heading", self._reports()),
            keys=self._copied("keys", np.uint8, self._bytes_of_keys()),
            texts=self._copied("texts", np.uint8, self._bytes_of_texts()),
            text_starts=self._firsts("text_starts", self._reports()),
        )

    # --- which stretch of each part is taken, in order ---------------------------------------

    def _reports(self) -> Iterator[tuple[Holdings, int, int]]:
        return ((self._parts[run.part], run.begin, run.end) for run in self._runs)

    def _documents(self) -> Iterator[tuple[Holdings, int, int]]:
        for part, begin, end in self._reports():
            yield part, int(part.first_document[begin]), int(part.first_document[end])

    def _sentences(self) -> Iterator[tuple[Holdings, int, int]]:
        for part, begin, end in self._documents():
            yield part, int(part.first_sentence[begin]), int(part.first_sentence[end])

    def _headings(self) -> Iterator[tuple[Holdings, int, int]]:
        for part, begin, end in self._reports():
            yield part, int(part.first_heading[begin]), int(part.first_heading[end])

    def _bytes_of_keys(self) -> Iterator[tuple[Holdings, int, int]]:
        for part, begin, end in self._reports():
            yield part, begin * KEY_SIZE, end * KEY_SIZE

    def _bytes_of_texts(self) -> Iterator[tuple[Holdings, int, int]]:
        for part, begin, end in self._reports():
            yield part, int(part.text_starts[begin]), int(part.text_starts[end])

    # --- arrays that are copied ---------------------------------------------------------------

    def _copied(
        self, name: str, dtype: npt.DTypeLike, taken: Iterator[tuple[Holdings, int, int]]
    ) -> Array:
        stretches = (getattr(part, name)[begin:end] for part, begin, end in taken)
        return self._room.fill(name, dtype, (piece for s in stretches for piece in _chunks(s)))

    def _firsts(self, name: str, taken: Iterator[tuple[Holdings, int, int]]) -> Places:
        """Beginnings of stretches, moved to where they are now."""

        def moved() -> Iterator[Ints]:
            at = 0
            for part, begin, end in taken:
                own: Ints = getattr(part, name)
                yield own[begin:end] + (at - int(own[begin]))
                at += int(own[end]) - int(own[begin])
            yield np.array([at], np.int64)

        return self._room.fill(name, np.int64, moved())

    def _terms(self, name: str, places: str, ways: Sequence[Numbers]) -> Array:
        """Terms by their new numbers."""

        def renumbered() -> Iterator[Array]:
            taken = self._sentences() if name == "sentence_terms" else self._headings()
            for run, (part, begin, end) in zip(self._runs, taken, strict=True):
                starts: Ints = getattr(part, places)
                for piece in _chunks(getattr(part, name)[int(starts[begin]) : int(starts[end])]):
                    yield ways[run.part][piece]

        return self._room.fill(name, np.int32, renumbered())

    def _heading_of(self) -> Array:
        def moved() -> Iterator[Array]:
            at = 0
            headings = self._headings()
            for part, begin, end in self._documents():
                _, first, last = next(headings)
                yield part.heading_of[begin:end] + np.int32(at - first)
                at += last - first

        return self._room.fill("heading_of", np.int32, moved())

    # --- documents and terms ------------------------------------------------------------------

    def _number_documents(self) -> None:
        self._numbers = [np.full(len(part), -1, np.int32) for part in self._parts]
        done = 0
        for run, (_, begin, end) in zip(self._runs, self._documents(), strict=True):
            count = end - begin
            self._numbers[run.part][begin:end] = np.arange(done, done + count, dtype=np.int32)
            done += count
        self._whole = [bool((numbers >= 0).all()) for numbers in self._numbers]
        self._count = done

    def _doc_freqs(self) -> tuple[list[Numbers], list[npt.NDArray[np.bool_]]]:
        """Of every part's terms: in how many of the documents taken they are, and whether used."""
        frequencies: list[Numbers] = []
        used: list[npt.NDArray[np.bool_]] = []
        for number, part in enumerate(self._parts):
            own = part.doc_freqs
            if not self._whole[number]:
                own = own - self._left_out(part, self._numbers[number] < 0)
            frequencies.append(own)
            used.append(own > 0)
        for run, (part, begin, end) in zip(self._runs, self._headings(), strict=True):
            starts = part.heading_offsets
            used[run.part][part.heading_terms[int(starts[begin]) : int(starts[end])]] = True
        return frequencies, used

    @staticmethod
    def _left_out(part: Holdings, without: npt.NDArray[np.bool_]) -> Numbers:
        """In how many of the documents ``without`` every term is."""
        found = np.zeros(len(part.vocabulary), np.int32)
        edges = np.flatnonzero(np.diff(without, prepend=False, append=False))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            first, last = part.first_sentence[begin], part.first_sentence[end]
            spread = part.sentence_offsets[first : last + 1]
            terms = part.sentence_terms[spread[0] : spread[-1]].astype(np.int64)
            per_document = np.diff(spread[part.first_sentence[begin : end + 1] - first])
            owners = np.repeat(np.arange(end - begin), per_document)
            pairs = distinct(terms * (end - begin) + owners)
            found += np.bincount(pairs // (end - begin), minlength=len(found)).astype(np.int32)
        return found

    def _vocabulary(
        self, used: Sequence[npt.NDArray[np.bool_]]
    ) -> tuple[Vocabulary, Sequence[Numbers]]:
        made, ways = union([part.vocabulary for part in self._parts], used)
        text = self._room.fill("vocabulary_text", np.uint8, [made.text])
        starts = self._room.fill("vocabulary_starts", np.int64, [made.starts])
        return Vocabulary(text, starts), ways

    # --- postings -----------------------------------------------------------------------------

    def _postings(self, ways: Sequence[Numbers], size: int) -> Postings:
        """The postings of all parts, term by term, with the documents' new numbers.

        Of a few terms at a time each posting is packed into one integer (term, document, count),
        and these are sorted: parts that follow on each other need hardly any sorting at all.
        """
        kinds = [part.postings.counts.dtype for part in self._parts]
        widest = max([np.dtype(np.uint8), *kinds], key=lambda kind: kind.itemsize)
        if widest.itemsize > 1:
            widest = np.min_scalar_type(self._highest_count())
        document_bits = max(self._count - 1, 1).bit_length()
        count_bits = widest.itemsize * 8
        chunks = list(self._chunks_of_terms(ways, size, 1 << (63 - document_bits - count_bits)))
        sizes = np.zeros(size, np.int64)
        counts: list[Array] = []

        def found() -> Iterator[Array]:
            for begin, end in chunks:
                packed = self._packed(ways, begin, end, document_bits, count_bits)
                terms = packed >> (document_bits + count_bits)
                sizes[begin:end] = np.bincount(terms, minlength=end - begin)
                counts.append((packed & ((1 << count_bits) - 1)).astype(widest))
                packed >>= count_bits
                packed &= (1 << document_bits) - 1
                yield packed

        room = self._room
        listed = room.fill("postings_documents", np.int32, found())
        lengths = (part.postings.lengths[b:e] for part, b, e in self._documents())
        return Postings(
            documents=listed,
            counts=room.fill("postings_counts", widest, counts),
            offsets=room.fill("postings_offsets", np.int64, [offsets(sizes)]),
            lengths=room.fill("postings_lengths", np.int32, lengths),
        )

    def _chunks_of_terms(
        self, ways: Sequence[Numbers], size: int, most_terms: int
    ) -> Iterator[tuple[int, int]]:
        """Stretches of terms that have about ``_CHUNK`` postings together."""
        sizes = np.zeros(size + 1, np.int64)
        for part, way in zip(self._parts, ways, strict=True):
            np.add.at(sizes, way, np.diff(part.postings.offsets))
        before = offsets(sizes)
        begin = 0
        while begin < size:
            end = int(np.searchsorted(before, before[begin] + _CHUNK, side="right")) - 1
            end = min(max(end, begin + 1), begin + most_terms, size)
            yield begin, end
            begin = end

    def _packed(
        self, ways: Sequence[Numbers], begin: int, end: int, document_bits: int, count_bits: int
    ) -> Ints:
        """The postings of the terms from ``begin`` to ``end``, packed, in order."""
        packed: list[Ints] = []
        for number, (part, way) in enumerate(zip(self._parts, ways, strict=True)):
            first, last = (int(np.searchsorted(way, edge)) for edge in (begin, end))
            places = part.postings.offsets[first : last + 1]
            if first == last or places[0] == places[-1]:
                continue
            taken = slice(int(places[0]), int(places[-1]))
            terms = np.repeat(way[first:last].astype(np.int64) - begin, np.diff(places))
            terms <<= document_bits
            documents = self._numbers[number][part.postings.documents[taken]]
            terms |= documents
            terms <<= count_bits
            terms |= part.postings.counts[taken]
            packed.append(terms if self._whole[number] else terms[documents >= 0])
        if not packed:
            return np.zeros(0, np.int64)
        together = np.concatenate(packed)
        # Few parts are few ascending runs, which a stable sort only has to merge.
        together.sort(kind="stable" if len(packed) <= 2 else "quicksort")
        return together

    def _highest_count(self) -> int:
        """How often a document that is taken has a term, at most."""
        highest = 0
        for numbers, part in zip(self._numbers, self._parts, strict=True):
            pairs = zip(
                _chunks(part.postings.documents), _chunks(part.postings.counts), strict=True
            )
            for documents, counts in pairs:
                highest = max(highest, int(counts[numbers[documents] >= 0].max(initial=0)))
        return highest


def _chunks(array: Array) -> Iterator[Array]:
    return (array[begin : begin + _CHUNK] for begin in range(0, len(array), _CHUNK))
