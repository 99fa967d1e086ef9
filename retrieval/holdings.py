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

from knowledge.library import Library, Volume
from knowledge.model import Passage
from retrieval.analysis import Analyzer, characters, normalise_all
from retrieval.asking import held
from retrieval.postings import Postings
from retrieval.vocabulary import Bytes, Places, Vocabulary, encoded

Ids = npt.NDArray[np.int32]

KEY_SIZE = 16  # bytes of a report's key
_TOLD = 512  # sentences between two reports of progress


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


def documents(library: Library) -> tuple[tuple[Passage, ...], ...]:
    """What is searched: the passages of one body paragraph together, in library order."""
    return tuple(itertools.chain.from_iterable(volume.body for volume in library.volumes))


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


class _Numbers(dict[str, int]):
    """Numbers terms as they come."""

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        return number


class _Units(dict[str | None, int]):
    """Numbers characters as they come; a break is one too."""

    def __missing__(self, unit: str | None) -> int:
        number = self[unit] = len(self)
        return number


def offsets(lengths: npt.ArrayLike) -> Places:
    """Where stretches of these lengths begin when they stand one behind the other, and the end."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


class _Texts:
    """Texts with their terms, flat: the words, bigrams and characters of each behind each other.

    They are those of ``Analyzer.terms``. Bigrams are made of numbers of characters: there are far
    fewer different ones than there are in all.
    """

    def __init__(
        self,
        texts: Sequence[str],
        analyzer: Analyzer,
        numbers: _Numbers,
        progress: Callable[[int], None] = lambda _texts: None,
    ) -> None:
        words: list[int] = []
        run: list[int] = []
        ends: list[tuple[int, int]] = [(0, 0)]
        units: dict[str | None, int] = _Units({None: 0})
        number, unit = numbers.__getitem__, units.__getitem__
        for done, text in enumerate(texts):
            if not done % _TOLD:
                progress(done)
            words.extend(map(number, analyzer.words(text)))
            run.extend(map(unit, characters(text)))
            ends.append((len(words), len(run)))
        flat = np.array(ends, np.int64)
        each = np.arange(len(texts))
        word_counts, unit_counts = (flat[1:] - flat[:-1]).T
        self.words = np.array(words, np.int64)
        self.word_owners = np.repeat(each, word_counts)
        there, owners = np.array(run, np.int64), np.repeat(each, unit_counts)
        del words, run

        spelled = list(units)
        stop = np.array([one is None or analyzer.is_stop_word(one) for one in spelled], np.bool_)
        pairs = (there[:-1] > 0) & (there[1:] > 0) & (owners[:-1] == owners[1:])
        keys = there[:-1][pairs] * len(spelled) + there[1:][pairs]
        different = distinct(keys.copy())
        firsts, seconds = np.divmod(different, len(spelled))
        bigrams = np.fromiter(
            (
                numbers[f"{spelled[first]}{spelled[second]}"]
                for first, second in zip(firsts.tolist(), seconds.tolist(), strict=True)
            ),
            np.int64,
            len(different),
        )
        kept = ~stop[there]
        used = np.zeros(len(spelled), np.bool_)
        used[there[kept]] = True
        own = np.array([numbers[str(s)] if u else -1 for s, u in zip(spelled, used, strict=True)])
        self.searched = np.concatenate([self.words, bigrams[different.searchsorted(keys)]])
        self.searched_owners = np.concatenate([self.word_owners, owners[:-1][pairs]])
        self.all = np.concatenate([self.searched, own[there[kept]]])
        self.all_owners = np.concatenate([self.searched_owners, owners[kept]])
        self.lengths = np.bincount(owners[kept], minlength=len(texts)).astype(np.int32)

    def renumber(self, ranks: Ids) -> None:
        """Give every term the number that it has in ``ranks``."""
        self.words = ranks[self.words].astype(np.int64)
        self.searched = ranks[self.searched].astype(np.int64)
        self.all = ranks[self.all].astype(np.int64)

    def distinct(self, size: int) -> tuple[Places, Ids]:
        """The distinct terms of each text, ascending, and where those of each begin."""
        pairs = distinct(self.all_owners * size + self.all)
        counts = np.bincount(pairs // size, minlength=len(self.lengths))
        return offsets(counts), (pairs % size).astype(np.int32)


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

    numbers = _Numbers()
    above = _Texts(headings, analyzer, numbers)
    said = _Texts(
        sentences,
        analyzer,
        numbers,
        lambda done: progress(int(np.searchsorted(first_sentence, done))),
    )
    order = sorted(numbers)
    vocabulary = Vocabulary.joined([encoded(term) for term in order])
    size = max(len(order), 1)
    ranks = np.empty(len(numbers), np.int32)
    ranks[[numbers[term] for term in order]] = np.arange(len(order), dtype=np.int32)
    above.renumber(ranks)
    said.renumber(ranks)

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
        held=_held(sentences, said, order, analyzer),
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
    sentences: Sequence[str], said: _Texts, terms: Sequence[str], analyzer: Analyzer
) -> npt.NDArray[np.uint8]:
    """What kinds of answer each sentence holds."""
    kinds = np.zeros((len(terms), 2), np.bool_)
    for number in np.flatnonzero(np.bincount(said.words)).tolist():
        kinds[number] = analyzer.names([terms[number]])
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
