"""Does every engine keep what the protocol promises? One suite that each inherits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from rank_bm25 import BM25Plus

from knowledge.catalog import read_report
from knowledge.description import Description
from knowledge.library import Library
from retrieval.documents import documents
from retrieval.indexing.index import build, revision
from retrieval.indexing.saving import load, save
from retrieval.indexing.segments import Limits, exchange
from retrieval.query.synonyms import Alternative
from retrieval.search.engine import Engine
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer, normalise

FERRY = """\
# 渡口纪事

## 摆渡

老船工何水生在清风渡口摆渡三十年,送走学生六百多名。清风渡口没有出过一次事故。

雾大的日子,何水生就用铜锣引路。

雾大的日子,何水生就用铜锣引路。

## 新桥

2021年新桥通车,清风渡口停航。何水生把铜锣捐给了学校。
"""

SCHOOL = """\
# 学校记录

## 学生

学校现有学生128名,大多住在渡口对岸。

铜锣挂在学校门厅,每年开学敲响一次。
"""

QUESTIONS = (
    "清风渡口在哪里摆渡",
    "铜锣",
    "何水生的铜锣捐给了谁",
    "铜锣铜锣铜锣",
    "雾大的日子用什么引路",
    "学校有多少学生",
    "火星上有没有渡口",
)

MakeEngine: TypeAlias = Callable[[Library, Analyzer], Engine]


def library(*texts: str) -> Library:
    return Library.from_reports(
        read_report(f"{number}.md", text.encode(), Description(f"r{number}"))
        for number, text in enumerate(texts)
    )


@dataclass(frozen=True, slots=True)
class Reference:
    """What the library holds, worked out the long way."""

    library: Library
    analyzer: Analyzer

    def sentences(self) -> list[list[str]]:
        """The normalised sentences of every document."""
        return [
            [
                normalise(sentence.of(self.library.report(passage.report_id).text)).text
                for passage in passages
                for sentence in passage.sentences
            ]
            for passages in documents(self.library)
        ]

    def headings(self) -> list[str]:
        """The normalised title and headings of every document."""
        reports = [self.library.report(p[0].report_id) for p in documents(self.library)]
        return [
            normalise("\n".join((report.title, *report.path(passages[0].paragraph)))).text
            for report, passages in zip(reports, documents(self.library), strict=True)
        ]

    def searched(self, text: str) -> list[str]:
        """The terms of the first stage."""
        terms = self.analyzer.terms(text)
        return [*terms.words, *terms.bigrams]

    def rank_bm25(self) -> BM25Plus:
        texts = zip(self.headings(), self.sentences(), strict=True)
        corpus = [[t for text in (h, *s) for t in self.searched(text)] for h, s in texts]
        return BM25Plus(corpus, k1=0.9, b=0.6, delta=0)


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Analyzer:
    return Analyzer(["清风渡口", "何水生"], cache=tmp_path_factory.mktemp("jieba"))


class EngineContract:
    """Inherit it and give ``make``."""

    @pytest.fixture
    def make(self, tmp_path: Path) -> MakeEngine:
        raise NotImplementedError("a subclass says how its engine is made")

    @pytest.fixture
    def reference(self, analyzer: Analyzer) -> Reference:
        return Reference(library(FERRY, SCHOOL), analyzer)

    @pytest.fixture
    def engine(self, make: MakeEngine, reference: Reference) -> Iterator[Engine]:
        engine = make(reference.library, reference.analyzer)
        yield engine
        engine.close()

    @pytest.mark.parametrize("question", QUESTIONS)
    @pytest.mark.parametrize("k", [1, 3, 100])
    def test_hits_are_rank_bm25s_with_ties_in_library_order(
        self, engine: Engine, reference: Reference, question: str, k: int
    ) -> None:
        terms = reference.searched(normalise(question).text)
        scores = reference.rank_bm25().get_scores(terms)
        best = [d for d in np.argsort(-scores, kind="stable").tolist() if scores[d] > 0][:k]
        hits = engine.search(terms, k)
        assert hits.documents.tolist() == best
        assert hits.scores.tolist() == pytest.approx(scores[best].tolist(), rel=1e-9)
        assert (hits.scores <= hits.upper_bound).all()

    def test_two_equal_paragraphs_tie_and_the_first_comes_first(
        self, engine: Engine, reference: Reference
    ) -> None:
        hits = engine.search(reference.searched("雾大的日子用铜锣引路"), 2)
        assert hits.documents.tolist() == [1, 2]
        assert hits.scores[0] == hits.scores[1]

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_only_marked_documents_are_found_and_score_the_same(
        self, engine: Engine, reference: Reference, question: str
    ) -> None:
        terms = reference.searched(normalise(question).text)
        every = engine.search(terms, 100)
        for marked in ([], [0], [1, 2], [2, 4, 5], list(range(6))):
            among = np.isin(np.arange(len(documents(reference.library))), marked)
            hits = engine.search(terms, 100, among)
            expected = [
                (d, s)
                for d, s in zip(every.documents.tolist(), every.scores.tolist(), strict=True)
                if d in marked
            ]
            assert list(zip(hits.documents.tolist(), hits.scores.tolist(), strict=True)) == expected

    def test_terms_that_the_library_does_not_know_find_nothing(self, engine: Engine) -> None:
        for terms in ([], ["火星"], [""]):
            hits = engine.search(terms, 5)
            assert (hits.documents.tolist(), hits.scores.tolist()) == ([], [])
            assert hits.upper_bound == 0

    def test_a_document_frequency_counts_texts_and_not_headings(
        self, engine: Engine, reference: Reference
    ) -> None:
        for term in ("清风渡口", "铜锣", "学生", "雾大", "摆渡", "新桥", "学校", "火星"):
            holding = sum(
                any(term in reference.searched(sentence) for sentence in sentences)
                for sentences in reference.sentences()
            )
            assert (term, engine.doc_freq(term)) == (term, holding)

    @pytest.mark.parametrize("question", QUESTIONS)
    @pytest.mark.parametrize("chosen", [[0], [3, 0], [5, 4, 3, 2, 1, 0]])
    def test_evidence_says_which_sentence_holds_which_term(
        self, engine: Engine, reference: Reference, question: str, chosen: list[int]
    ) -> None:
        terms = reference.analyzer.terms(normalise(question).text)
        evidence = engine.evidence(terms, np.array(chosen, np.int32))

        def holding(text: str) -> list[float]:
            held = reference.analyzer.terms(text)
            known = {*held.words, *held.bigrams, *held.unigrams}
            return [float(term in known) for term in evidence.query.terms]

        sentences = [reference.sentences()[document] for document in chosen]
        assert set(evidence.query.terms) == {*terms.words, *terms.bigrams, *terms.unigrams}
        assert evidence.documents.tolist() == chosen
        assert np.diff(evidence.starts).tolist() == [len(each) for each in sentences]
        assert evidence.holds.tolist() == [holding(one) for each in sentences for one in each]
        assert evidence.headings.tolist() == [holding(reference.headings()[d]) for d in chosen]

    def test_what_is_said_in_other_words_counts_as_said(
        self, engine: Engine, reference: Reference
    ) -> None:
        terms = reference.analyzer.terms("船夫")
        other = reference.analyzer.terms("老船工").words
        instead = Alternative((*terms.words, *terms.bigrams), tuple(other))
        plain = engine.evidence(terms, np.array([0], np.int32))
        aware = engine.evidence(terms, np.array([0], np.int32), [instead])
        column = aware.query.terms.index("船夫")
        assert plain.holds[:, column].tolist() == [0.0, 0.0]
        assert aware.holds[:, column].tolist() == [1.0, 0.0]

    def test_the_revision_tells_libraries_and_analyzers_apart(
        self, make: MakeEngine, analyzer: Analyzer
    ) -> None:
        made = [
            make(library(FERRY), analyzer).revision,
            make(library(FERRY), analyzer).revision,
            make(library(FERRY, SCHOOL), analyzer).revision,
            make(library(FERRY), Analyzer(["铜锣引路"])).revision,
        ]
        assert made[0] == made[1]
        assert len(set(made)) == 3

    def test_threads_get_what_one_alone_gets(self, engine: Engine, reference: Reference) -> None:
        asked = [reference.searched(normalise(question).text) for question in QUESTIONS] * 20

        def ask(terms: list[str]) -> list[int]:
            found: list[int] = engine.search(terms, 5).documents.tolist()
            return found

        alone = [ask(terms) for terms in asked]
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(ask, asked)) == alone

    @pytest.mark.parametrize("texts", [(), ("# 一句\n\n铜锣。\n",)], ids=["nothing", "a word"])
    def test_a_library_of_hardly_anything_can_be_searched(
        self, make: MakeEngine, analyzer: Analyzer, texts: tuple[str, ...]
    ) -> None:
        tiny = library(*texts)
        hits = make(tiny, analyzer).search(["铜锣"], 5)
        assert hits.documents.tolist() == list(range(len(documents(tiny))))
        assert (hits.scores > 0).all()


class TestLocalEngineInMemory(EngineContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> MakeEngine:
        return lambda library, analyzer: LocalEngine(build(library, analyzer))


class TestLocalEngineFromDisk(EngineContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> MakeEngine:
        def saved(library: Library, analyzer: Analyzer) -> Engine:
            save(build(library, analyzer), tmp_path / "index")
            return LocalEngine(load(tmp_path / "index", revision(library, analyzer)))

        return saved


class TestLocalEngineWithReportsExchanged(EngineContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> MakeEngine:
        def exchanged(wanted: Library, analyzer: Analyzer) -> Engine:
            # The first report comes, another goes, the others stay.
            other = read_report("o.md", (SCHOOL + FERRY).encode(), Description("other"))
            base = build(Library.from_reports([*wanted.reports[1:], other]), analyzer)
            index = exchange(wanted, analyzer, base, limits=Limits(least=0, share=0))
            assert index is not None
            return LocalEngine(index)

        return exchanged
