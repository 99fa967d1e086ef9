"""How are the weights of ranking, highlight and confidence learned?

    python -m benchmarks.train ../shared/eval/cmrc ../shared/eval/drcd

reads the ``train`` splits of BEIR folders whose queries carry their answers, and writes
``ranking.json``, ``highlight.json`` and ``confidence.json`` to ``retrieval/parameters``. Questions
are asked of libraries of several sizes, drawn from each folder, because idf, lead and coverage look
different in a library of twenty paragraphs and of thousands; and of each library also questions
that it cannot answer: its own with their paragraphs taken out, and those of other paragraphs.

Where the encoder is installed, a second set of weights is fitted for questions with semantic
evidence, on few and small libraries: embedding is what takes the time. The questions of these
folders are written from their paragraphs, in their words, and would teach that meaning is hardly
needed. So each is asked a second time with some of its words replaced by words that the library
does not have: meaning then stands in for them, as it must where a reader has words of their own.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from knowledge.library import Library
from knowledge.outline import one_paragraph
from retrieval.documents import documents
from retrieval.indexing.index import build
from retrieval.judging import highlight, refusal
from retrieval.parameters import PARAMETERS
from retrieval.query.asking import topic
from retrieval.query.synonyms import Thesaurus
from retrieval.relevance import ranking, semantic
from retrieval.relevance.finding import Asked, Found, ask, find
from retrieval.relevance.likeness import Compare, VectorIndex
from retrieval.search.local import LocalEngine
from retrieval.text.analysis import Analyzer, Terms, normalise

Matrix = npt.NDArray[np.float64]

SIZES = ((25, 60), (100, 15), (400, 4), (1500, 1))  # paragraphs of a library, libraries a folder
SEMANTIC_SIZES = ((25, 8), (60, 2), (200, 1))
REWORDED = (0.3, 0.5, 0.7, 0.9)  # shares of a question's words that are replaced
QUESTIONS = 400  # of one library at most
KEYWORDS = 0.25  # share of questions that are asked a second time as a few key words
SEED = 20261123
# See highlight.Weights. Of cmrc .2 marks .853 with 1.18 sentences a question, .1 .865 with 1.25,
# .05 .869 with 1.34; readers of a short paragraph would soon find all of it marked.
SECOND = 0.1
# The questions of reports say less in a paragraph's words than those learned from. Of 1,100 (the
# shipped ones, written, blind, chat and alike in `tests/retrieval/reports`), those with a
# confidence of .10 to .14 had the right paragraph first 13 times of 21 with semantic evidence and
# 11 of 12 without; those of .05 to .10, 10 times of 31 and 13 of 22. One shipped off-topic question
# has more, and asks for advice, which needs more.
THRESHOLD = 0.1

# What more of a feature can only mean. A weight of the wrong sign would fit the noise.
RANKING_SIGNS = dict.fromkeys(ranking.FEATURES, 1) | {
    "absent_word": -1, "absent_bigram": -1, "sought_lacking": -1,
    "length": 0, "keywords_bm25": 0, "keywords_length": 0,
}  # fmt: skip
SIGNAL_SIGNS = dict.fromkeys(refusal.SIGNALS, 1) | {
    "absent_word": -1, "absent_bigram": -1, "sought_lacking": -1, "terms": 0,
    "unknown_words": -1, "unknown_bigrams": -1, "unknown_characters": -1,
}  # fmt: skip


class _Remembering(Analyzer):
    """The same paragraphs come in many libraries; each sentence is cut once."""

    def __init__(self) -> None:
        super().__init__()
        self._remembered = lru_cache(maxsize=None)(super().terms)

    def terms(self, text: str) -> Terms:
        return self._remembered(text)


@dataclass(frozen=True)
class Folder:
    """A BEIR folder: paragraphs, and the train split's questions with gold and answers."""

    name: str
    paragraphs: dict[str, tuple[str, str]]  # id -> title, text
    questions: list[tuple[str, set[str], list[str]]]

    @classmethod
    def read(cls, path: Path) -> Folder:
        def rows(name: str) -> Iterator[dict[str, Any]]:
            with (path / name).open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)

        gold: dict[str, set[str]] = {}
        for line in (path / "qrels/train.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query, paragraph, score = line.split("\t")
            if int(score) > 0:
                gold.setdefault(query, set()).add(paragraph)
        return cls(
            path.name,
            {row["_id"]: (row.get("title", ""), row["text"]) for row in rows("corpus.jsonl")},
            [
                (row["text"], gold[row["_id"]], row.get("metadata", {}).get("answers", []))
                for row in rows("queries.jsonl")
                if row["_id"] in gold
            ],
        )


@dataclass
class Drawn:
    """A library drawn from a folder, with questions that it answers and questions of others."""

    library: Library
    engine: LocalEngine
    analyzer: Analyzer
    own: list[tuple[str, set[int], list[str]]]
    others: list[str]
    near: dict[int, list[int]]
    words: Sequence[str]  # of other questions of the folder
    vector_index: VectorIndex | None = None
    vectors: dict[str, semantic.Vectors] = field(default_factory=dict)  # of questions

    def compare(self, text: str, encoder: semantic.Encoder | None) -> Compare | None:
        if encoder is None:
            return None
        if self.vector_index is None:
            embedded = semantic.embed(self.library, encoder)
            self.vector_index = VectorIndex(embedded, large=len(embedded.vectors))
        text = normalise(text).text
        if text not in self.vectors:
            self.vectors[text] = encoder.question(text)
        return partial(self.vector_index.compare, self.vectors[text])

    def ask(self, text: str, keywords: random.Random | None = None) -> Asked:
        text = normalise(text).text
        if keywords is not None:
            words = dict.fromkeys(self.analyzer.terms(topic(text)).words)
            rare = sorted(words, key=lambda w: self.engine.doc_freq(w) or 10**9)
            kept = set(rare[: keywords.choice((1, 2, 2, 3, 3, 4))])
            text = " ".join(word for word in words if word in kept) or text
        return ask(text, self.analyzer, Thesaurus([], self.analyzer))

    def reworded(self, text: str, chance: random.Random) -> str:
        """The question with some of its words replaced by others that the library lacks."""
        text, share = normalise(text).text, chance.choice(REWORDED)
        for word in dict.fromkeys(self.analyzer.terms(topic(text)).words):
            if len(word) > 1 and chance.random() < share:
                other = next(
                    (w for w in chance.sample(self.words, 20) if not self.engine.doc_freq(w)), ""
                )
                text = text.replace(word, other)
        return text


def _shingles(text: str) -> set[str]:
    bare = "".join(text.split())
    return {bare[i : i + 5] for i in range(max(len(bare) - 4, 1))}


def draw(
    folder: Folder, size: int, titled: bool, chance: random.Random, analyzer: Analyzer
) -> Drawn:
    ids = chance.sample(sorted(folder.paragraphs), min(size, len(folder.paragraphs)))
    library = Library.from_reports(
        one_paragraph(i, folder.paragraphs[i][0] if titled else "", folder.paragraphs[i][1])
        for i in ids
    )
    place = {d[0].report_id: n for n, d in enumerate(documents(library))}
    own, others = [], []
    for text, gold, answers in folder.questions:
        if here := {place[g] for g in gold if g in place}:
            own.append((text, here, answers))
        elif chance.random() < 0.05:
            others.append(text)
    chance.shuffle(own)
    own = own[:QUESTIONS]
    chance.shuffle(others)
    shingles = [
        _shingles(d[0].paragraph.span.of(library.report(d[0].report_id).text))
        for d in documents(library)
    ]
    near = {
        g: [
            n
            for n, s in enumerate(shingles)
            if len(s & shingles[g]) >= 0.5 * min(len(s), len(shingles[g]))
        ]
        for _, gold, _ in own
        for g in gold
    }
    engine = LocalEngine(build(library, analyzer))
    words = [
        word
        for text, _, _ in chance.sample(folder.questions, min(1000, len(folder.questions)))
        for word in analyzer.terms(topic(normalise(text).text)).words
        if len(word) > 1
    ]
    return Drawn(library, engine, analyzer, own, others[: len(own)], near, words)


def _bounds(signs: Sequence[int]) -> list[tuple[float | None, float | None]]:
    return [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs]


def _scale(matrices: Sequence[Matrix]) -> tuple[Matrix, Matrix]:
    every = np.concatenate(matrices)
    deviation = every.std(axis=0)
    return every.mean(axis=0), np.where(deviation > 1e-9, deviation, 1e9)


def fit_choice(
    rows: Sequence[tuple[Matrix, Matrix]], signs: Sequence[int], l2: float = 1e-3
) -> Matrix:
    """Weights with which the softmax over a question's rows gives its right ones most.

    Each entry is a feature matrix and the rows' shares of being right, which sum to 1.
    """
    centre, deviation = _scale([x for x, _ in rows])
    most = max(len(x) for x, _ in rows)
    features = np.zeros((len(rows), most, len(centre)), np.float32)
    right = np.zeros((len(rows), most))
    absent = np.full((len(rows), most), -1e9)
    for n, (x, y) in enumerate(rows):
        features[n, : len(x)], right[n, : len(x)], absent[n, : len(x)] = (
            (x - centre) / deviation,
            y,
            0,
        )

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = features @ weights + absent
        scores -= scores.max(axis=1, keepdims=True)
        chance = np.exp(scores)
        chance /= chance.sum(axis=1, keepdims=True)
        gradient = np.einsum("nrf,nr->f", features, chance - right) / len(rows)
        value = -(right * np.log(chance + 1e-12)).sum(axis=1).mean()
        return value + l2 * weights @ weights, gradient + 2 * l2 * weights

    start = np.zeros(len(centre))
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_bounds(signs)).x
    return np.asarray(fitted / deviation, np.float64)


def fit_logistic(
    x: Matrix, y: Matrix, share: Matrix, signs: Sequence[int], l2: float = 1e-3
) -> tuple[Matrix, float]:
    """Weights and intercept of a logistic function; ``share`` weighs the rows."""
    centre, deviation = _scale([x])
    z = np.column_stack([(x - centre) / deviation, np.ones(len(x))])
    share = share / share.sum()

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        chance = 1 / (1 + np.exp(-z @ weights))
        value = -(share * (y * np.log(chance + 1e-12) + (1 - y) * np.log(1 - chance + 1e-12))).sum()
        penalty = np.append(weights[:-1], 0.0)
        return value + l2 * penalty @ penalty, z.T @ (share * (chance - y)) + 2 * l2 * penalty

    bounds = [*_bounds(signs), (None, None)]
    fitted = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = fitted[:-1] / deviation
    return weights, float(fitted[-1] - centre @ weights)


def variants(
    drawn: Drawn, text: str, chance: random.Random, encoder: semantic.Encoder | None
) -> Iterator[tuple[Asked, Compare | None, bool]]:
    """A question as it is, now and then as key words, and in other words where meaning can help.

    The last value is whether a library without the answer is asked the same.
    """
    asked = drawn.ask(text)
    compare = drawn.compare(text, encoder)
    yield asked, compare, True
    if chance.random() < KEYWORDS:
        keywords = drawn.ask(text, chance)
        yield keywords, drawn.compare(keywords.text, encoder), False
    if encoder is not None:
        yield drawn.ask(drawn.reworded(text, chance)), compare, True


def ranking_rows(
    drawn: Drawn, chance: random.Random, encoder: semantic.Encoder | None = None
) -> Iterator[tuple[Matrix, Matrix]]:
    nothing = ranking.Weights((0.0,) * len(ranking.FEATURES))
    for text, gold, _ in drawn.own:
        for asked, compare, _ in variants(drawn, text, chance, encoder):
            found = find(drawn.engine, asked, weights=nothing, compare=compare)
            right = np.array([float(d in gold) for d in found.hits.documents])
            if right.any() and len(right) > 1:
                yield found.features, right / right.sum()


def sentence_rows(
    drawn: Drawn, encoder: semantic.Encoder | None = None
) -> Iterator[tuple[Matrix, Matrix]]:
    searched = documents(drawn.library)
    for text, gold, answers in drawn.own:
        document = min(gold)
        asked = drawn.ask(text)
        evidence = drawn.engine.evidence(asked.terms, np.array([document], np.int32))
        body = drawn.library.report(searched[document][0].report_id).text
        texts = [normalise(s.of(body)).text for p in searched[document] for s in p.sentences]
        sentences = ["".join(sentence.split()) for sentence in texts]
        wanted = ["".join(normalise(answer).text.split()) for answer in answers]
        right = np.array([float(any(a and a in s for a in wanted)) for s in sentences])
        if not right.any():  # an answer of several sentences
            right = np.array([float(any(len(s) > 5 and s in a for a in wanted)) for s in sentences])
        if right.any() and len(right) > 1:
            compare = drawn.compare(text, encoder)
            likeness = compare and compare(np.array([document], np.int32))
            columns = highlight.features(
                evidence, 0, asked.sought, likeness, question=asked.text, texts=texts
            )
            yield columns, right / right.sum()


def signal_rows(
    drawn: Drawn,
    weights: ranking.Weights,
    chance: random.Random,
    encoder: semantic.Encoder | None = None,
) -> Iterator[tuple[Matrix, float, float]]:
    """Signals, whether the best paragraph answers, and the weight of the row."""

    def signals(found: Found) -> Matrix | None:
        if found.evidence is None:
            return None
        known = np.array(
            [drawn.engine.doc_freq(t) > 0 for t in found.evidence.query.terms], np.bool_
        )
        return refusal.signals(found, known)

    count = len(documents(drawn.library))
    for text, gold, _ in drawn.own:
        others = np.ones(count, np.bool_)
        others[[n for g in gold for n in drawn.near[g]]] = False
        for asked, compare, absent in variants(drawn, text, chance, encoder):
            found = find(drawn.engine, asked, weights=weights, compare=compare)
            if (
                found.documents()[:1]
                and found.documents()[0] in gold
                and (row := signals(found)) is not None
            ):
                yield row, 1.0, 1.0
            without = find(drawn.engine, asked, weights=weights, compare=compare, among=others)
            if absent and (row := signals(without)) is not None:
                yield row, 0.0, 0.5
    for text in drawn.others:
        compare = drawn.compare(text, encoder)
        found = find(drawn.engine, drawn.ask(text), weights=weights, compare=compare)
        if (row := signals(found)) is not None:
            yield row, 0.0, 0.5


def _write(name: str, trained_on: Sequence[str], values: Mapping[str, object], note: str) -> None:
    about = {
        "command": f"python -m benchmarks.train {' '.join(trained_on)}",
        "trained_on": note,
        **values,
    }
    (PARAMETERS / name).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _named(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {n: round(float(w), 3) for n, w in zip(names, weights, strict=True) if abs(w) >= 5e-4}


def fit_last(rows: Sequence[tuple[Matrix, Matrix]], weights: Matrix) -> float:
    """The weight of the last feature, the others held."""
    held = [(np.column_stack([x[:, :-1] @ weights[:-1], x[:, -1]]), y) for x, y in rows]
    scale, last = fit_choice(held, [1, 1], l2=1e-4)
    return float(last / scale)


def main() -> int:
    parser = argparse.ArgumentParser(description="learn the weights from BEIR folders")
    parser.add_argument("folders", nargs="+", type=Path)
    parsed = parser.parse_args()
    chance = random.Random(SEED)  # noqa: S311 - a reproducible draw
    analyzer = _Remembering()
    folders = [Folder.read(path) for path in parsed.folders]

    def drawn(sizes: Sequence[tuple[int, int]]) -> list[Drawn]:
        libraries = random.Random(SEED)  # noqa: S311 - a reproducible draw
        return [
            draw(folder, size, titled=n % 2 == 0, chance=libraries, analyzer=analyzer)
            for folder in folders
            for size, many in sizes
            for n in range(many)
        ]

    libraries, small = drawn(SIZES), drawn(SEMANTIC_SIZES)
    encoder = semantic.installed_encoder()
    names = [str(folder) for folder in parsed.folders]
    note = f"{len(libraries)} libraries drawn from {', '.join(f.name for f in folders)} (train)"

    signs = [RANKING_SIGNS[f] for f in ranking.FEATURES]
    by_name: dict[str, dict[str, float]] = {}
    counted = []
    for name, used, by in (("lexical", libraries, None), ("with_semantic", small, encoder)):
        if name == "with_semantic" and encoder is None:
            # What was fitted where the encoder was installed stays.
            by_name[name] = json.loads((PARAMETERS / "ranking.json").read_text("utf-8"))[name]
            continue
        rows = [row for one in used for row in ranking_rows(one, chance, by)]
        by_name[name] = _named(ranking.FEATURES, fit_choice(rows, signs))
        counted.append(str(len(rows)))
        print("ranking", name, len(rows), by_name[name], file=sys.stderr)
    _write("ranking.json", names, by_name, f"{' and '.join(counted)} questions of {note}")

    sentences = [row for one in libraries for row in sentence_rows(one)]
    by_sentence = fit_choice(sentences, [0] * len(highlight.FEATURES))
    if encoder is not None:
        by_sentence[-1] = fit_last(
            [row for d in small for row in sentence_rows(d, encoder)], by_sentence
        )
    named = _named(highlight.FEATURES, by_sentence)
    values = {"weights": named, "second": SECOND}
    _write("highlight.json", names, values, f"{len(sentences)} questions of {note}")
    print("highlight", len(sentences), named, file=sys.stderr)

    fitted: dict[str, object] = {"threshold": THRESHOLD}
    for name, used, by in (("lexical", libraries, None), ("with_semantic", small, encoder)):
        if name == "with_semantic" and encoder is None:
            fitted[name] = json.loads((PARAMETERS / "confidence.json").read_text("utf-8"))[name]
            continue
        learned = ranking.Weights.of(by_name[name])
        signals = [row for one in used for row in signal_rows(one, learned, chance, by)]
        x, y, share = (np.array([row[i] for row in signals]) for i in range(3))
        by_signal, intercept = fit_logistic(x, y, share, [SIGNAL_SIGNS[s] for s in refusal.SIGNALS])
        named = _named(refusal.SIGNALS, by_signal)
        fitted[name] = {"weights": named, "intercept": round(intercept, 3)}
        print("confidence", name, len(signals), named, intercept, file=sys.stderr)
    _write("confidence.json", names, fitted, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
