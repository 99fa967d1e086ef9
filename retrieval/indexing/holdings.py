"""What do the documents of some reports hold? Analyses their texts into arrays.

This is the work that building an index consists of. It needs nothing but the texts and an analyzer,
so that parts of a library can be analysed by several processes, and kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from knowledge.volume import Volume
from retrieval.indexing.postings import Postings
from retrieval.query.asking import held
from retrieval.text.analysis import Analyzer, characters, normalise_all
from retrieval.text.vocabulary import Bytes, Places, Vocabulary, decoded, encoded, spelled

Ids = npt.NDArray[np.int32]

KEY_SIZE = 16  # bytes of a report's key
_TOLD = 512  # sentences that are cut together, between two reports of progress
_BREAK = "\n"  # stands behind each text that was cut into pieces


@dataclass(frozen=True, slots=True)
class Source:
    """What is analysed of one report.

    ``key`` stands for all of it: equal keys, equal sources. ``headings`` are distinct; a document
    is the number of the heading that it stands under, and its sentences as the report has them.
    """

    key: bytes
    headings: tuple[str, ...]
    documents: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Reports analysed. Everything is numbered through all of them, in their order.

    ``vocabulary`` maps a term to its id. The distinct terms of sentence ``s``, ascending, are
    ``sentence_terms[sentence_offsets[s]:sentence_offsets[s+1]]``; ``held[s]`` are bits of
    ``asking.Sought``. ``first_sentence[d]`` is the first sentence of document ``d``, which stands
    under heading number ``heading_of[d]``; ``first_document[r]`` and ``first_heading[r]`` are
    those of report ``r``. Each has one more entry, which closes the last. ``doc_freqs[t]`` is the
    number of documents whose text (not heading) holds term ``t``. ``keys[r]`` is the key of the
    report's source and ``texts[text_starts[r]:text_starts[r+1]]`` its normalised headings and
    sentences, one a line, in UTF-8.
    """

    vocabulary: Vocabulary
    postings: Postings
    first_sentence: Places
    sentence_offsets: Places
    sentence_terms: Ids
    sentence_lengths: Ids
    held: npt.NDArray[np.uint8]
    heading_of: Ids
    heading_offsets: Places
    heading_terms: Ids
    doc_freqs: Ids
    first_document: Places
    first_heading: Places
    keys: Bytes
    texts: Bytes
    text_starts: Places

    def __len__(self) -> int:
        """The number of documents."""
        return len(self.first_sentence) - 1

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, to be kept; ``parts_of`` reads it."""
        found = {
            field.name: getattr(self, field.name)
            for field in fields(Holdings)
            if field.name not in ("vocabulary", "postings")
        }
        found["vocabulary_text"] = self.vocabulary.text
        found["vocabulary_starts"] = self.vocabulary.starts
        for field in fields(Postings):
            found[f"postings_{field.name}"] = getattr(self.postings, field.name)
        return found

    @classmethod
    def parts_of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
        """What ``arrays`` gave, by field. Raises ``KeyError`` where one is missing."""
        found: dict[str, Any] = {
            field.name: arrays[field.name]
            for field in fields(Holdings)
            if field.name not in ("vocabulary", "postings")
        }
        found["vocabulary"] = Vocabulary(arrays["vocabulary_text"], arrays["vocabulary_starts"])
        found["postings"] = Postings(
            **{field.name: arrays[f"postings_{field.name}"] for field in fields(Postings)}
        )
        return found

    def ids(self, terms: Iterable[str]) -> list[int]:
        """The ids of those terms that the library knows, in order, repeats included."""
        get = self.vocabulary.get
        return [number for term in terms if (number := get(term)) is not None]


def source(volume: Volume) -> Source:
    """What is analysed of a report."""
    report = volume.report
    # A report without a title is called by its id, which is no word of it.
    title = () if report.title == report.id else (report.title,)
    headings: dict[str, int] = {}
    found = []
    for passages in volume.body:
        above = "\n".join((*title, *report.path(passages[0].paragraph)))
        number = headings.setdefault(above, len(headings))
        sentences = (span.of(report.text) for passage in passages for span in passage.sentences)
        found.append((number, tuple(sentences)))
    return Source(key(volume), tuple(headings), tuple(found))


def key(volume: Volume) -> bytes:
    """The key of a report's source."""
    return bytes.fromhex(volume.revision)[:KEY_SIZE]


def keys(library: Library) -> bytes:
    """The keys of all reports of a library, one behind the other."""
    return library.figures.revisions[:, :KEY_SIZE].tobytes()


class _Numbers(dict[str, int]):
    """Numbers strings as they come."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class _Units(dict[str | None, int]):
    """Numbers characters as they come; a break is one too."""

    def __missing__(self, unit: str | None) -> int:
        number = self[unit] = len(self)
        return number


class _Spelling:
    """What texts consist of, numbered: pieces that they are cut into, and characters."""

    def __init__(self) -> None:
        self.pieces = _Numbers({_BREAK: 0})
        self.units = _Units({None: 0})


def offsets(lengths: npt.ArrayLike) -> Places:
    """Where stretches of these lengths begin when they stand one behind the other, and the end."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


class _Texts:
    """Texts with their terms, flat: the words, bigrams and characters of each behind each other.

    They are those of ``Analyzer.terms``: first by the numbers of a spelling, where a bigram is
    ``first * units + second``, and after ``renumber`` by those of a vocabulary.
    """

    def __init__(
        self,
        texts: Sequence[str],
        analyzer: Analyzer,
        spelling: _Spelling,
        progress: Callable[[int], None] = lambda _texts: None,
    ) -> None:
        cut: list[int] = []
        run: list[int] = []
        ends = [0]
        number, unit = spelling.pieces.__getitem__, spelling.units.__getitem__
        for begin in range(0, len(texts), _TOLD):
            progress(begin)
            some = texts[begin : begin + _TOLD]
            cut.extend(map(number, analyzer.pieces(some)))
            for text in some:
                run.extend(map(unit, characters(text)))
                ends.append(len(run))
        self.count = len(texts)
        flat = np.array(cut, np.int64)
        is_word = np.array([analyzer.is_word(piece) for piece in spelling.pieces], np.bool_)
        there = is_word[flat]
        self.words = flat[there]
        self.word_owners = np.cumsum(flat == 0)[there]
        del cut

        flat = np.array(run, np.int64)
        owners = np.repeat(np.arange(len(texts)), np.diff(ends))
        pairs = ((flat[:-1] > 0) & (flat[1:] > 0) & (owners[:-1] == owners[1:])).nonzero()[0]
        self.firsts, self.seconds = flat[pairs], flat[pairs + 1]
        self.bigram_owners = owners[pairs]
        kept = np.array(
            [unit is not None and not analyzer.is_stop_word(unit) for unit in spelling.units],
            np.bool_,
        )[flat]
        self.units, self.unit_owners = flat[kept], owners[kept]
        self.lengths = np.bincount(self.unit_owners, minlength=len(texts)).astype(np.int32)

    def renumber(self, words: Places, units: Places, bigrams: Places) -> None:
        """Give words and characters the numbers that they have here, and all bigrams theirs."""
        self.words = words[self.words]
        self.searched = np.concatenate([self.words, bigrams])
        self.searched_owners = np.concatenate([self.word_owners, self.bigram_owners])
        self.all = np.concatenate([self.searched, units[self.units]])
        self.all_owners = np.concatenate([self.searched_owners, self.unit_owners])

    def distinct(self, size: int) -> tuple[Places, Ids]:
        """The distinct terms of each text, ascending, and where those of each begin."""
        pairs = distinct(self.all_owners * size + self.all)
        counts = np.bincount(pairs // size, minlength=self.count)
        return offsets(counts), (pairs % size).astype(np.int32)


def _vocabulary(spelling: _Spelling, texts: Sequence[_Texts]) -> Vocabulary:
    """The vocabulary of all terms of ``texts``, which get the numbers that they have in it."""
    pieces, units = list(spelling.pieces), [encoded(unit or "") for unit in spelling.units]
    words = np.flatnonzero(np.bincount(np.concatenate([one.words for one in texts])))
    singles = np.flatnonzero(np.bincount(np.concatenate([one.units for one in texts])))
    pairs = [one.firsts * len(units) + one.seconds for one in texts]
    different = distinct(np.concatenate(pairs))
    terms = [encoded(pieces[word]) for word in words.tolist()]
    terms += [units[single] for single in singles.tolist()]
    vocabulary, of_terms, of_pairs = spelled(terms, units, *np.divmod(different, len(units)))
    of_words, of_units = np.zeros(len(pieces), np.int64), np.zeros(len(units), np.int64)
    of_words[words], of_units[singles] = of_terms[: len(words)], of_terms[len(words) :]
    for one, its in zip(texts, pairs, strict=True):
        one.renumber(of_words, of_units, of_pairs.astype(np.int64)[different.searchsorted(its)])
    return vocabulary


def analyse(
    sources: Sequence[Source],
    analyzer: Analyzer,
    progress: Callable[[int], None] = lambda _documents: None,
) -> Holdings:
    """Analyse reports. ``progress`` is told, now and then, how many documents are done."""
    headings = normalise_all([one for source in sources for one in source.headings])
    owners = [sentences for source in sources for _, sentences in source.documents]
    sentences = normalise_all([one for each in owners for one in each])
    first_document = offsets([len(source.documents) for source in sources])
    first_heading = offsets([len(source.headings) for source in sources])
    first_sentence = offsets([len(each) for each in owners])
    own = np.array([number for source in sources for number, _ in source.documents], np.int64)
    per_report = np.diff(first_document)
    heading_of = own + np.repeat(first_heading[:-1], per_report)

    spelling = _Spelling()
    above = _Texts(headings, analyzer, spelling)
    said = _Texts(
        sentences,
        analyzer,
        spelling,
        lambda done: progress(int(np.searchsorted(first_sentence, done))),
    )
    vocabulary = _vocabulary(spelling, (above, said))
    size = max(len(vocabulary), 1)
    sentence_offsets, sentence_terms = said.distinct(size)
    heading_offsets, heading_terms = above.distinct(size)
    count = max(len(owners), 1)
    document_of = np.repeat(np.arange(len(owners)), np.diff(first_sentence))
    # A document is searched by the terms of its heading, once, and of its sentences.
    under = np.argsort(above.searched_owners, kind="stable")
    begins = offsets(np.bincount(above.searched_owners, minlength=len(headings)))
    taken = ranges(begins[heading_of], begins[heading_of + 1])
    postings = Postings.of_pairs(
        np.concatenate([above.searched[under][taken], said.searched]),
        np.concatenate([
            np.repeat(np.arange(len(owners)), np.diff(begins)[heading_of]),
            document_of[said.searched_owners],
        ]),
        len(owners),
        len(vocabulary),
    )  # fmt: skip
    terms_of = np.repeat(document_of, np.diff(sentence_offsets))
    pairs = distinct(sentence_terms.astype(np.int64) * count + terms_of)
    texts = [
        encoded(
            "\n".join(
                itertools.chain(
                    headings[first_heading[r] : first_heading[r + 1]],
                    sentences[
                        first_sentence[first_document[r]] : first_sentence[first_document[r + 1]]
                    ],
                    ("",),
                )
            )
        )
        for r in range(len(sources))
    ]
    return Holdings(
        vocabulary=vocabulary,
        postings=postings,
        first_sentence=first_sentence,
        sentence_offsets=sentence_offsets,
        sentence_terms=sentence_terms,
        sentence_lengths=said.lengths,
        held=_held(sentences, said, vocabulary, analyzer),
        heading_of=heading_of.astype(np.int32),
        heading_offsets=heading_offsets,
        heading_terms=heading_terms,
        doc_freqs=np.bincount(pairs // count, minlength=len(vocabulary)).astype(np.int32),
        first_document=first_document,
        first_heading=first_heading,
        keys=np.frombuffer(b"".join(source.key for source in sources), np.uint8),
        texts=np.frombuffer(b"".join(texts), np.uint8),
        text_starts=offsets([len(text) for text in texts]),
    )


def _held(
    sentences: Sequence[str], said: _Texts, vocabulary: Vocabulary, analyzer: Analyzer
) -> npt.NDArray[np.uint8]:
    """What kinds of answer each sentence holds."""
    words = np.flatnonzero(np.bincount(said.words))
    kinds = np.zeros((len(vocabulary), 2), np.bool_)
    kinds[words] = np.array(
        [analyzer.names([decoded(word)]) for word in vocabulary.some(words)], np.bool_
    ).reshape(-1, 2)
    named = np.zeros((len(sentences), 2), np.bool_)
    for kind in (0, 1):
        named[said.word_owners[kinds[said.words, kind]], kind] = True
    return np.fromiter(
        (
            held(text, person=person, place=place)
            for text, (person, place) in zip(sentences, named.tolist(), strict=True)
        ),
        np.uint8,
        len(sentences),
    )


def distinct(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The different ones, ascending; ``numbers`` are sorted in place.

    As ``np.unique``, which hashes them since numpy 2.3: that takes four times as long here.
    """
    numbers.sort()
    first = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers[first]


def ranges(begins: Places, ends: Places) -> Places:
    """The concatenation of ``arange(begin, end)`` for every pair.

    >>> ranges(np.array([3, 7]), np.array([5, 8])).tolist()
    [3, 4, 7]
    """
    lengths = ends - begins
    starts = np.repeat(begins - offsets(lengths)[:-1], lengths)
    return starts + np.arange(len(starts))
