"""What is indexed, and what does a sentence of it hold? Arrays that can live in memory or on disk.

What is searched is a *document*: one paragraph of body text, with all the passages that it is
divided into. (A clause searched on its own loses what the paragraph says before it: measured on
cmrc, -0.4 points of recall@1.) Two views of the same terms:

- *postings*: for every word and bigram, the documents that hold it. The first stage searches them,
  with the help of their *impacts*. A document's headings and its report's title are indexed with
  it, once.
- *evidence*: for every sentence of every document, its distinct words, bigrams and characters, and
  what kinds of answer it holds. The second stage reads only the candidates' part of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from knowledge.model import Kind, Passage
from retrieval.analysis import Analyzer, normalise
from retrieval.asking import held
from retrieval.bm25 import K1, B
from retrieval.errors import IndexOutOfDate
from retrieval.postings import Postings
from retrieval.pruning import Impacts

FORMAT = 3

Progress = Callable[[int, int], None]
"""Called with how many documents are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Index:
    """A library analysed. Sentences are numbered through the library, in document order.

    ``vocabulary`` maps a term to its id. The distinct terms of sentence ``s``, ascending, are
    ``sentence_terms[sentence_offsets[s]:sentence_offsets[s+1]]``. ``first_sentence[d]`` is the
    first sentence of document ``d``; one more entry closes the last. ``headings`` holds distinct
    title-and-path combinations; document ``d`` stands under number ``heading_of[d]``. ``held`` are
    bits of ``asking.Sought``. ``doc_freqs[t]`` is the number of documents whose text holds term
    ``t``.
    """

    revision: str
    vocabulary: dict[str, int]
    postings: Postings
    impacts: Impacts
    first_sentence: npt.NDArray[np.int64]
    sentence_offsets: npt.NDArray[np.int64]
    sentence_terms: npt.NDArray[np.int32]
    sentence_lengths: npt.NDArray[np.int32]
    held: npt.NDArray[np.uint8]
    heading_of: npt.NDArray[np.int32]
    heading_offsets: npt.NDArray[np.int64]
    heading_terms: npt.NDArray[np.int32]
    doc_freqs: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """The number of documents."""
        return len(self.first_sentence) - 1

    def ids(self, terms: Iterable[str]) -> list[int]:
        """The ids of those terms that the library knows, in order, repeats included."""
        vocabulary = self.vocabulary
        return [vocabulary[term] for term in terms if term in vocabulary]


def revision(library: Library, analyzer: Analyzer) -> str:
    """What an index of this library by this analyzer is known by."""
    return hashlib.sha256(
        f"{FORMAT} {K1} {B} {analyzer.fingerprint} {library.revision}".encode()
    ).hexdigest()[:16]


def documents(library: Library) -> tuple[tuple[Passage, ...], ...]:
    """What is searched: the passages of one body paragraph together, in library order."""
    body = (passage for passage in library.passages if passage.paragraph.kind is Kind.BODY)
    return tuple(
        tuple(passages)
        for _, passages in groupby(body, key=lambda p: (p.report_id, p.paragraph.span))
    )


def _offsets(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def build(
    library: Library,
    analyzer: Analyzer,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Index:
    """Analyse every document of ``library``."""
    vocabulary: dict[str, int] = {}

    def number(terms: Iterable[str]) -> list[int]:
        return [vocabulary.setdefault(term, len(vocabulary)) for term in terms]

    indexed: list[npt.NDArray[np.int32]] = []
    sentences: list[npt.NDArray[np.int32]] = []
    lengths: list[int] = []
    bits: list[int] = []
    counts: list[int] = []
    heading_of: list[int] = []
    headings: dict[tuple[str, ...], int] = {}
    heading_terms: list[npt.NDArray[np.int32]] = []
    heading_indexed: list[list[int]] = []
    searched = documents(library)
    total = len(searched)
    for done, passages in enumerate(searched):
        report = library.report(passages[0].report_id)
        # A report without a title is called by its id, which is no word of it.
        title = () if report.title == report.id else (report.title,)
        above = (*title, *report.path(passages[0].paragraph))
        if above not in headings:
            headings[above] = len(headings)
            terms = analyzer.terms(normalise("\n".join(above)).text)
            heading_indexed.append(number(terms.words) + number(terms.bigrams))
            heading_terms.append(
                np.unique(np.array(heading_indexed[-1] + number(terms.unigrams), np.int32))
            )
        heading_of.append(headings[above])
        document = list(heading_indexed[heading_of[-1]])
        count = 0
        for sentence in (s for passage in passages for s in passage.sentences):
            text = normalise(sentence.of(report.text)).text
            terms = analyzer.terms(text)
            content = number(terms.words) + number(terms.bigrams)
            document += content
            sentences.append(np.unique(np.array(content + number(terms.unigrams), np.int32)))
            lengths.append(len(terms.unigrams))
            person, place = analyzer.names(terms.words)
            bits.append(held(text, person=person, place=place))
            count += 1
        indexed.append(np.array(document, np.int32))
        counts.append(count)
        if not done % 256:
            progress(done, total)
    progress(total, total)
    first_sentence = _offsets(counts)
    sentence_offsets = _offsets([len(s) for s in sentences])
    sentence_terms = np.concatenate([np.zeros(0, np.int32), *sentences]).astype(np.int32)
    owners = np.repeat(np.arange(total), np.diff(sentence_offsets[first_sentence]))
    pairs = np.unique(sentence_terms.astype(np.int64) * max(total, 1) + owners)
    postings = Postings.of(indexed, len(vocabulary))
    return Index(
        revision=revision(library, analyzer),
        vocabulary=vocabulary,
        postings=postings,
        impacts=Impacts.of(postings, k1=K1, b=B),
        first_sentence=first_sentence,
        sentence_offsets=sentence_offsets,
        sentence_terms=sentence_terms,
        sentence_lengths=np.array(lengths, np.int32),
        held=np.array(bits, np.uint8),
        heading_of=np.array(heading_of, np.int32),
        heading_offsets=_offsets([len(h) for h in heading_terms]),
        heading_terms=np.concatenate([np.zeros(0, np.int32), *heading_terms]).astype(np.int32),
        doc_freqs=np.bincount(pairs // max(total, 1), minlength=len(vocabulary)).astype(np.int32),
    )


_NUMBERED = (
    "first_sentence", "sentence_offsets", "sentence_terms", "sentence_lengths", "held",
    "heading_of", "heading_offsets", "heading_terms", "doc_freqs",
)  # fmt: skip
_POSTINGS = ("offsets", "documents", "counts", "lengths")
_IMPACTS = ("steps", "highest")


_CURRENT = "current"  # names the folder, beside it, of the index that counts
_ABANDONED = 3600  # seconds after which what another process was writing is taken for left behind


def save(index: Index, folder: Path) -> None:
    """Write ``index`` into ``folder`` whole or not at all.

    It is written beside the one that is there; then one file, which says which of them counts,
    is replaced. A process that is killed at any moment leaves the old index or the new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{index.revision}.", dir=folder))
    for name in _NUMBERED:
        np.save(aside / f"{name}.npy", getattr(index, name))
    for name in _POSTINGS:
        np.save(aside / f"postings_{name}.npy", getattr(index.postings, name))
    for name in _IMPACTS:
        np.save(aside / f"impacts_{name}.npy", getattr(index.impacts, name))
    (aside / "vocabulary.txt").write_text("\n".join(index.vocabulary), encoding="utf-8")
    sizes = {file.name: file.stat().st_size for file in sorted(aside.iterdir())}
    header = {"format": FORMAT, "revision": index.revision, "sizes": sizes}
    (aside / "header.json").write_text(json.dumps(header, indent=1), encoding="utf-8")
    before = _current(folder)
    pointer = aside / _CURRENT
    pointer.write_text(aside.name, encoding="utf-8")
    pointer.replace(folder / _CURRENT)
    for other in folder.iterdir():
        if other.is_dir() and other != aside:
            abandoned = time.time() - other.stat().st_mtime > _ABANDONED
            if other == before or abandoned:
                shutil.rmtree(other, ignore_errors=True)


def _current(folder: Path) -> Path | None:
    """The folder of the index that counts."""
    try:
        name = (folder / _CURRENT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return folder / name if name == Path(name).name else None


def load(folder: Path, expected: str) -> Index:
    """Open a saved index without reading it all.

    Raises ``IndexOutOfDate`` where there is none, where it was made for another library, by
    another analyzer or format, or where a file of it is cut short or missing.
    """
    saved = _current(folder)
    if saved is None:
        raise IndexOutOfDate(f"{folder} has no index")
    try:
        header = json.loads((saved / "header.json").read_text(encoding="utf-8"))
        sizes = {name: (saved / name).stat().st_size for name in header["sizes"]}
        if header["format"] != FORMAT or header["revision"] != expected:
            raise IndexOutOfDate(f"{saved} was made for another library, analyzer or format")
        if sizes != header["sizes"]:
            raise IndexOutOfDate(f"{saved} is damaged: a file has not the size it was written with")
        terms = (saved / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        arrays = {name: _mapped(saved / f"{name}.npy") for name in _NUMBERED}
        postings = {name: _mapped(saved / f"postings_{name}.npy") for name in _POSTINGS}
        impacts = {name: _mapped(saved / f"impacts_{name}.npy") for name in _IMPACTS}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise IndexOutOfDate(f"{saved} cannot be read: {error}") from error
    return Index(
        revision=expected,
        vocabulary={term: number for number, term in enumerate(terms) if term},
        postings=Postings(**postings),
        impacts=Impacts(**impacts, k1=K1, b=B),
        **arrays,
    )


def _mapped(file: Path) -> npt.NDArray[Any]:
    # A plain view: each slice of numpy's memmap takes microseconds to be made one itself.
    return np.asarray(np.load(file, mmap_mode="r"))
