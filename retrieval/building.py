"""How does a library become an answerer: analyzer, index, embeddings, each kept where it can be?"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import cache, partial
from pathlib import Path
from weakref import WeakKeyDictionary, WeakValueDictionary

from knowledge import quoted
from knowledge.giving_way import giving_way, in_slices
from knowledge.lexicon import Name
from knowledge.library import Library
from knowledge.unkept import unkept
from knowledge.volume import Volume
from retrieval.answering import Answerer
from retrieval.errors import IndexOutOfDate
from retrieval.indexing.bulk import BLOCK, Bulk
from retrieval.indexing.holdings import Holdings, keys
from retrieval.indexing.index import Analysing, Index, Progress, analysed_here, build, revision
from retrieval.indexing.room import Memory, Room
from retrieval.indexing.saving import any_saved, discard, open_any, saving, told_by, verify
from retrieval.indexing.segments import LIMITS, Limits, Segmented, exchange
from retrieval.relevance import semantic
from retrieval.relevance.ranking import Weights
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer, ascending
from retrieval.text.segmenting import fast_is_installed

_log = logging.getLogger(__name__)
_LONGEST_TERM = 8  # characters of a term that is kept whole; longer ones are sentences


LARGE = 2_000_000
"""Characters from which a library is cut by jieba-rs, where the extra ``fast`` is installed.

jieba takes ten seconds for so many. The two cut some texts otherwise, so that questions are cut by
the one that the library was cut by, and an index of the other is not taken."""


def make_analyzer(
    library: Library, cache: Path | None = None, folder: Path | None = None
) -> Analyzer:
    """The analyzer of a library, with its names, quoted terms and headings in the dictionary.

    To learn those of a million paragraphs takes seconds. As long as somebody uses one, whoever is
    told the same words shares it; and an index of the same library, saved in ``folder``, has what
    it was made with.
    """
    fast = fast_is_installed() and library.figures.characters.sum() >= LARGE
    whose = _digest_of(library)
    analyzer = _ANALYZERS.get((whose, cache, fast))
    if analyzer is None and folder is not None:
        analyzer = _taught_by(folder, library, cache, fast)
    if analyzer is None:
        words = _Words.of(library)
        which = words.digest()
        analyzer = _ANALYZERS.get((which, cache, fast))
        if analyzer is None:
            analyzer = Analyzer(
                words.terms, people=words.people, places=words.places, cache=cache, fast=fast
            )
            _know(analyzer, which, cache, fast)
    _ANALYZERS[whose, cache, fast] = analyzer
    return analyzer


# By a digest of the words that each was told, and of the libraries that have these words.
_ANALYZERS: WeakValueDictionary[tuple[str, Path | None, bool], Analyzer] = WeakValueDictionary()
_DIGESTS: WeakKeyDictionary[Analyzer, str] = WeakKeyDictionary()


def _know(analyzer: Analyzer, which: str, cache: Path | None, fast: bool) -> None:
    _ANALYZERS[which, cache, fast] = analyzer
    _DIGESTS[analyzer] = which


@dataclass(frozen=True, slots=True)
class _Words:
    """What an analyzer is told."""

    terms: frozenset[str]
    people: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, library: Library) -> _Words:
        lexicon = library.lexicon
        own: set[str] = set()
        for volume in library.volumes:  # once: what is made to be looked at takes its time
            own.update(volume.quoted, *volume.paths)
        terms = {
            term
            for term in in_slices(own)
            if len(term) <= _LONGEST_TERM and not re.search(r"[\s、,，。+·]", term)
        }
        return cls(
            frozenset(terms.union(_forms([*lexicon.organisations, *lexicon.terms]))),
            frozenset(_forms(lexicon.people)),
            frozenset(_forms(lexicon.places)),
        )

    def digest(self) -> str:
        digest = hashlib.sha256()
        for words in (self.terms, self.people, self.places):
            for word in in_slices(ascending(words)):
                digest.update(f"{len(word)} {word}".encode("utf-8", "surrogatepass"))
            digest.update(b"|")
        return digest.hexdigest()[:32]


def _forms(names: Iterable[Name]) -> Iterable[str]:
    return (form for name in names for form in (name.name, *name.aliases))


def _digest_of(library: Library) -> str:
    """A fingerprint of all that decides which words an analyzer is told, and how it learns them."""
    digest = hashlib.sha256(_rules())
    digest.update(repr(astuple(library.lexicon)).encode("utf-8", "backslashreplace"))
    digest.update(keys(library))
    return digest.hexdigest()[:32]


@cache
def _rules() -> bytes:
    digest = hashlib.sha256()
    for file in (Path(__file__), Path(quoted.__file__)):
        digest.update(file.read_bytes())
    return digest.digest()


def _taught_by(folder: Path, library: Library, cache: Path | None, fast: bool) -> Analyzer | None:
    """The analyzer that the index in ``folder`` was made with, if it was told the same."""
    try:
        told, taught, made_for = told_by(folder)
        if told is None or told[0] != _digest_of(library):
            return None
        analyzer = Analyzer.knowing(taught, cache=cache, fast=fast)
        if made_for != revision(library, analyzer):
            return None
    except (IndexOutOfDate, ValueError):
        return None
    _know(analyzer, told[1], cache, fast)
    return analyzer


def build_answerer(
    library: Library,
    state: Path | None = None,
    *,
    encoder: semantic.Encoder | None = None,
    vectors: Path | None = None,
    weights: Weights | None = None,
    keep: bool = True,
    progress: Progress = lambda _done, _total: None,
    embedding: Progress = lambda _done, _total: None,
) -> Answerer:
    """An answerer for ``library``, from the index saved in ``state`` where that is up to date.

    With an ``encoder``, sentences that were never embedded are embedded now. The file ``vectors``
    keeps what was embedded, by default one in ``state``. Without ``keep`` the index saved in
    ``state`` stays as it is, as for a library that is only looked at. ``progress`` is told about
    documents, ``embedding`` about sentences, and neither where there is nothing to do.

    Where something cannot be written, as on a full disk, a warning says so, and it is in memory.
    """
    if state is not None:
        with contextlib.suppress(OSError):  # whoever writes into it says what is wrong
            (state / "cache").mkdir(parents=True, exist_ok=True)
    folder = None if state is None else state / "index"
    analyzer = make_analyzer(library, None if state is None else state / "cache", folder)
    index = index_of(library, analyzer, folder, keep=keep, progress=progress)
    engine = LocalEngine(index)
    if folder is not None and not index.verified:
        _begin_to_verify(engine, library, analyzer, folder)
    embeddings = None
    if encoder is not None and len(index):
        if vectors is None and state is not None:
            vectors = state / "cache" / f"{encoder.name}.npz"
        embeddings = semantic.embed(library, encoder, vectors, embedding)
    return Answerer(
        library,
        engine,
        analyzer,
        encoder=encoder,
        embeddings=embeddings,
        weights=weights,
    )


def keep_index(answerer: Answerer, state: Path) -> None:
    """Have the index of ``answerer``, which was made without ``keep``, saved in ``state``.

    From there it is searched from now on, if the engine is one that can.
    """
    engine, library, analyzer = answerer.engine, answerer.library, answerer.analyzer
    if isinstance(engine, LocalEngine):
        folder = state / "index"
        index = index_of(library, analyzer, folder)
        engine.use(index)
        if not index.verified:
            _begin_to_verify(engine, library, analyzer, folder)


def index_of(
    library: Library,
    analyzer: Analyzer,
    folder: Path | None,
    *,
    keep: bool = True,
    progress: Progress = lambda _done, _total: None,
    limits: Limits = LIMITS,
) -> Index | Segmented:
    """The index saved in ``folder``, or one that takes over from it what has not changed.

    In a large one a small change is put beside what is saved; ``limits`` say which that is.
    """
    if folder is None:
        return build(library, analyzer, progress=progress)
    previous = None
    try:
        previous = open_any(folder)
    except IndexOutOfDate as error:
        if any_saved(folder):
            _log.warning("%s; it is built anew", error)
    if previous is not None and previous.revision == revision(library, analyzer):
        return previous
    made = partial(_made, library, analyzer, previous, folder, limits=limits, progress=progress)
    if not keep:
        return made(Memory(), analysed_here)
    bulk = Bulk(folder.with_name("cache") / "blocks")

    def analysing(
        volumes: Sequence[Volume], analyzer: Analyzer, rules: str, progress: Progress
    ) -> Sequence[Holdings]:
        few = sum(len(volume.body) for volume in volumes) <= BLOCK
        return (analysed_here if few else bulk)(volumes, analyzer, rules, progress)

    try:
        with saving(folder) as (room, publish):
            index = made(room, analysing)
            which = _DIGESTS.get(analyzer)
            publish(index, None if which is None else (_digest_of(library), which))
    except OSError as error:
        unkept(_log, "the index", folder, error)
        return made(Memory(), analysed_here)
    bulk.clear()
    return index


def _made(
    library: Library,
    analyzer: Analyzer,
    previous: Index | Segmented | None,
    folder: Path,
    room: Room,
    analysing: Analysing,
    *,
    limits: Limits,
    progress: Progress,
) -> Index | Segmented:
    """The index of ``library``, of which ``folder`` has the ``previous`` one."""
    if previous is not None:
        try:
            exchanged = exchange(
                library,
                analyzer,
                previous,
                room=room,
                analysing=analysing,
                progress=progress,
                limits=limits,
            )
        except (IndexError, ValueError, MemoryError) as error:
            if previous.verified:
                raise
            _log.warning("%s looks damaged: %s", folder, error)
        else:
            if exchanged is not None:
                return exchanged
        if not previous.verified:
            try:
                verify(folder)  # what is taken over from it would be damaged, and not look so
            except IndexOutOfDate as error:
                _log.warning("%s; it is built anew", error)
                previous = None
    return build(
        library, analyzer, previous=previous, room=room, analysing=analysing, progress=progress
    )


VERIFYING = "verifying"
"""The name of the thread that reads a large index while it is searched already."""


def _begin_to_verify(
    engine: LocalEngine, library: Library, analyzer: Analyzer, folder: Path
) -> None:
    work = partial(_verify_behind, engine, library, analyzer, folder)
    threading.Thread(target=work, name=VERIFYING, daemon=True).start()


@giving_way()
def _verify_behind(engine: LocalEngine, library: Library, analyzer: Analyzer, folder: Path) -> None:
    """Compare an index in use with its checksums, and put a sound one in its place if need be."""
    try:
        verify(folder, engine.revision)
    except IndexOutOfDate as error:
        _log.error("%s; it is built anew", error)
        try:
            discard(folder)
            engine.use(index_of(library, analyzer, folder))
        except OSError as fault:
            _log.error("the index in %s could not be built anew: %s", folder, fault)
        else:
            if any_saved(folder):
                _log.warning("the index in %s is sound again", folder)
