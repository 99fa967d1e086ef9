"""How is each engine built, opened and asked? All get the same words and give numbers of documents.

The settings are the fastest for this use that each engine's documentation offers: one question at
a time, one thread, the best ``k`` with their scores, nothing else stored or counted. Where an
engine lets us choose, the ranking function is ours (see ``function``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from benchmarks.corpus import Corpus, dictionary

if TYPE_CHECKING:
    import tantivy

    from retrieval.search.bm25 import PostingsBM25

K1, B = 0.9, 0.6

Words: TypeAlias = list[Any]  # numbers of words, or the words themselves: see ``Engine.strings``
Found: TypeAlias = tuple[list[int], list[float]]
Ask: TypeAlias = Callable[[Words, int], Found]

OURS_FUNCTION = "BM25+ (k1=0.9, b=0.6, delta=0)"


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine under measurement.

    ``prepare`` puts the documents in the form that the engine takes; it is not timed. With
    ``strings`` it is asked for words, otherwise for their numbers in the dictionary. ``build``
    indexes them and saves the index in a folder; ``open`` makes it ready to be asked. An engine
    that cannot save (``saves``) is built again to be opened. ``largest`` is the most documents that
    it is measured with, and ``asked`` how many of the questions: an engine that takes a second for
    each would hold up all others.
    """

    name: str
    package: str | None
    settings: str
    function: str
    prepare: Callable[[Corpus], Any]
    build: Callable[[Any, Path], None]
    open: Callable[[Path, Callable[[], Corpus]], Ask]
    strings: bool = False
    saves: bool = True
    largest: int = 1_000_000
    asked: int = 300

    @property
    def same_function(self) -> bool:
        """Whether its scores must be ours."""
        return self.function.startswith(OURS_FUNCTION)

    @property
    def installed(self) -> bool:
        """Whether the package is there."""
        return self.package is None or find_spec(self.package) is not None


def _lists(corpus: Corpus) -> list[Words]:
    dictionary()  # read it now: its size is wanted when building
    return [corpus.document(number) for number in range(len(corpus))]


def _texts(corpus: Corpus) -> list[str]:
    words, _ = dictionary()
    return [" ".join([words[w] for w in corpus.document(d)]) for d in range(len(corpus))]


# --- ours ----------------------------------------------------------------------------------------


def _build_ours(documents: list[Words], folder: Path) -> None:
    from retrieval.indexing.impacts import Impacts
    from retrieval.indexing.postings import Postings

    postings = Postings.of(documents, len(dictionary()[0]))
    impacts = Impacts.of(postings, k1=K1, b=B)
    for name in ("offsets", "documents", "counts", "lengths"):
        np.save(folder / f"{name}.npy", getattr(postings, name))
    for name in ("steps", "highest"):
        np.save(folder / f"{name}.npy", getattr(impacts, name))


def opened(folder: Path) -> PostingsBM25:
    """Our engine with the index in ``folder``."""
    from retrieval.indexing.impacts import Impacts
    from retrieval.indexing.postings import Postings
    from retrieval.search.bm25 import PostingsBM25

    mapped = {file.stem: np.load(file, mmap_mode="r") for file in folder.glob("*.npy")}
    impacts = Impacts(mapped.pop("steps"), mapped.pop("highest"), K1, B)
    return PostingsBM25(Postings(**mapped), k1=K1, b=B, impacts=impacts)


def _open_ours(folder: Path, _corpus: Callable[[], Corpus]) -> Ask:
    bm25 = opened(folder)

    def ask(words: Words, k: int) -> Found:
        documents, scores = bm25.top_k(words, k)
        return documents.tolist(), scores.tolist()

    return ask


# --- rank-bm25 -----------------------------------------------------------------------------------


def _open_rank_bm25(_folder: Path, corpus: Callable[[], Corpus]) -> Ask:
    from rank_bm25 import BM25Plus

    documents = _lists(corpus())
    bm25 = BM25Plus(documents, k1=K1, b=B, delta=0)

    def ask(words: Words, k: int) -> Found:
        scores = bm25.get_scores(words)
        best = np.argsort(-scores, kind="stable")[:k]
        return best.tolist(), scores[best].tolist()

    return ask


def _build_rank_bm25(documents: list[Words], _folder: Path) -> None:
    from rank_bm25 import BM25Plus

    BM25Plus(documents, k1=K1, b=B, delta=0)


# --- bm25s ---------------------------------------------------------------------------------------


def _build_bm25s(backend: str) -> Callable[[list[Words], Path], None]:
    def build(documents: list[Words], folder: Path) -> None:
        import bm25s

        # Term frequencies as ATIRE's and idf as BM25+'s make rank-bm25's function with delta 0.
        retriever = bm25s.BM25(k1=K1, b=B, method="atire", idf_method="bm25+", backend=backend)
        vocabulary = {number: number for number in range(len(dictionary()[0]))}
        retriever.index((documents, vocabulary), create_empty_token=False, show_progress=False)
        retriever.save(folder, show_progress=False)

    return build


def _open_bm25s(backend: str) -> Callable[[Path, Callable[[], Corpus]], Ask]:
    def opened(folder: Path, _corpus: Callable[[], Corpus]) -> Ask:
        import bm25s

        retriever = bm25s.BM25.load(folder, load_vocab=False, show_progress=False)
        retriever.backend = backend
        known = set(np.flatnonzero(np.diff(retriever.scores["indptr"])).tolist())
        retriever.unique_token_ids_set = known
        retriever.vocab_dict = {}

        def ask(words: Words, k: int) -> Found:
            found = retriever.retrieve([words], k=k, show_progress=False, n_threads=0)
            return found.documents[0].tolist(), found.scores[0].tolist()

        return ask

    return opened


# --- tantivy -------------------------------------------------------------------------------------


def _tantivy_schema() -> tantivy.Schema:
    import tantivy

    # Frequencies without positions; nothing stored.
    fields = tantivy.SchemaBuilder()
    fields.add_text_field("text", stored=False, tokenizer_name="spaces", index_option="freq")
    return fields.build()


def _tantivy_index(folder: Path) -> tantivy.Index:
    import tantivy

    index = tantivy.Index(_tantivy_schema(), path=str(folder))
    spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("spaces", spaces)
    return index


def _build_tantivy(texts: list[str], folder: Path) -> None:
    import tantivy

    index = _tantivy_index(folder)
    # One thread with room for all makes one segment, which is searched fastest.
    writer = index.writer(heap_size=3_000_000_000, num_threads=1)
    for text in texts:
        writer.add_document(tantivy.Document(text=text))
    writer.commit()
    writer.wait_merging_threads()


def _open_tantivy(folder: Path, _corpus: Callable[[], Corpus]) -> Ask:
    import tantivy

    index = _tantivy_index(folder)
    index.reload()
    searcher = index.searcher()
    if searcher.num_segments != 1:
        raise RuntimeError(f"tantivy made {searcher.num_segments} segments; wanted one")
    schema = index.schema
    either = tantivy.Occur.Should

    def ask(words: Words, k: int) -> Found:
        terms = [(either, tantivy.Query.term_query(schema, "text", w, "freq")) for w in words]
        # Without a count of all hits, blocks that cannot have one of the best are skipped.
        hits = searcher.search(tantivy.Query.boolean_query(terms), limit=k, count=False).hits
        return [address.doc for _, address in hits], [score for score, _ in hits]

    return ask


# --- SQLite FTS5 ---------------------------------------------------------------------------------


def _build_fts5(texts: list[str], folder: Path) -> None:
    database = sqlite3.connect(folder / "fts5.sqlite")
    database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    # Contentless: the index alone. The ascii tokenizer takes all that is not ASCII as letters.
    database.execute("CREATE VIRTUAL TABLE f USING fts5(text, content='', tokenize='ascii')")
    rows = ((number, text) for number, text in enumerate(texts))
    database.executemany("INSERT INTO f(rowid, text) VALUES (?, ?)", rows)
    database.execute("INSERT INTO f(f) VALUES ('optimize')")
    database.commit()
    database.execute("VACUUM")
    database.close()


def _open_fts5(folder: Path, _corpus: Callable[[], Corpus]) -> Ask:
    file = folder / "fts5.sqlite"
    database = sqlite3.connect(file)
    database.execute(f"PRAGMA mmap_size = {file.stat().st_size}")
    database.execute("PRAGMA cache_size = -262144")
    search = "SELECT rowid, rank FROM f WHERE f MATCH ? ORDER BY rank LIMIT ?"

    def ask(words: Words, k: int) -> Found:
        either = " OR ".join(f'"{word}"' for word in words)
        rows = database.execute(search, (either, k)).fetchall()
        return [row[0] for row in rows], [-row[1] for row in rows]

    return ask


# --- Xapian --------------------------------------------------------------------------------------


def _build_xapian(texts: list[str], folder: Path) -> None:
    import xapian

    flags = xapian.DB_CREATE | xapian.DB_NO_TERMLIST | xapian.DB_DANGEROUS
    aside = folder / "aside"
    database = xapian.WritableDatabase(str(aside), flags)
    for text in texts:
        document = xapian.Document()
        for word in text.split(" "):
            document.add_term(word)
        database.add_document(document)
    database.commit()
    database.compact(str(folder / "index"))
    database.close()
    for file in aside.iterdir():
        file.unlink()
    aside.rmdir()


def _open_xapian(folder: Path, _corpus: Callable[[], Corpus]) -> Ask:
    import xapian

    database = xapian.Database(str(folder / "index"))
    enquire = xapian.Enquire(database)
    # k3 so large that a term repeated in the question counts as often; no floor for lengths.
    enquire.set_weighting_scheme(xapian.BM25Weight(K1, 0, 1e6, B, 0))
    enquire.set_docid_order(xapian.Enquire.ASCENDING)

    def ask(words: Words, k: int) -> Found:
        enquire.set_query(xapian.Query(xapian.Query.OP_OR, words))
        hits = list(enquire.get_mset(0, k))
        return [hit.docid - 1 for hit in hits], [hit.weight for hit in hits]

    return ask


ENGINES = (
    Engine(
        "wenju",
        None,
        "index mapped from disk, word numbers in",
        OURS_FUNCTION,
        _lists,
        _build_ours,
        _open_ours,
    ),
    Engine(
        "bm25s numba",
        "numba",
        "backend='numba', index in memory, word numbers in, one thread",
        f"{OURS_FUNCTION}, single precision",
        _lists,
        _build_bm25s("numba"),
        _open_bm25s("numba"),
    ),
    Engine(
        "bm25s numpy",
        "bm25s",
        "backend='numpy', index in memory, word numbers in",
        f"{OURS_FUNCTION}, single precision",
        _lists,
        _build_bm25s("numpy"),
        _open_bm25s("numpy"),
    ),
    Engine(
        "tantivy",
        "tantivy",
        "one segment, frequencies without positions, nothing stored, hits not counted",
        "Lucene's BM25 (k1=1.2, b=0.75), lengths in 256 steps",
        _texts,
        _build_tantivy,
        _open_tantivy,
        strings=True,
    ),
    Engine(
        "SQLite FTS5",
        None,
        "contentless, optimised into one segment, memory-mapped, ORDER BY rank",
        "Okapi (k1=1.2, b=0.75)",
        _texts,
        _build_fts5,
        _open_fts5,
        strings=True,
        asked=60,
    ),
    Engine(
        "Xapian",
        "xapian",
        "glass, no term lists, compacted",
        "BM25 (k1=0.9, b=0.6, k3=10⁶), Robertson's idf",
        _texts,
        _build_xapian,
        _open_xapian,
        strings=True,
        largest=100_000,  # a million would take most of the time that all others take together
    ),
    Engine(
        "rank-bm25",
        "rank_bm25",
        "BM25Plus",
        OURS_FUNCTION,
        _lists,
        _build_rank_bm25,
        _open_rank_bm25,
        saves=False,
        largest=100_000,
        asked=20,
    ),
)
BY_NAME = {engine.name: engine for engine in ENGINES}


def versions() -> dict[str, str]:
    """The version of each package that is measured, and of what they stand on."""
    found = {"SQLite": sqlite3.sqlite_version}
    for package in ("numpy", "numba", "bm25s", "tantivy", "xapian-bindings-binary", "rank-bm25"):
        try:
            found[package] = version(package)
        except ModuleNotFoundError:
            continue
    return found


def index_size(folder: Path) -> int:
    """The bytes on disk."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
