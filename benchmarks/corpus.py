"""What is searched, and what is asked? A corpus of any size from jieba's own dictionary, seeded.

Words are drawn with the frequencies that the dictionary gives them, so that document frequencies
follow Zipf's law as they do in Chinese text. A part of every document is drawn from the words of
its topic: that gives the repeats and the company of words that independent draws would lack, and
questions whose terms occur together. The same seed and size give the same corpus on every machine.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]

SEED = 20261123
TERMS = 60  # of a document, on average; a paragraph of a report has about as many words
TOPICAL = 0.4  # the share of them that come from the document's topic
TOPIC_WORDS = 256
DOCUMENTS_A_TOPIC = 200
TERMS_ASKED = (5, 13)  # terms of a question: 9 on average, as in the evaluation sets

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@cache
def dictionary() -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """The Chinese words of jieba's dictionary, most frequent first, and their shares."""
    counted: dict[str, int] = {}
    package = importlib.util.find_spec("jieba")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the corpus is made from jieba's dictionary: install jieba")
    path = Path(package.origin).with_name("dict.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        word, count, *_ = line.split(" ")
        if _CHINESE.fullmatch(word):
            counted[word] = int(count)
    words = sorted(counted, key=lambda word: (-counted[word], word))
    counts = np.array([counted[word] for word in words], np.float64)
    return tuple(words), counts / counts.sum()


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents as numbers of words: document ``d`` is ``terms[offsets[d]:offsets[d+1]]``."""

    terms: Numbers
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def document(self, number: int) -> list[int]:
        """The words of one document."""
        words: list[int] = self.terms[self.offsets[number] : self.offsets[number + 1]].tolist()
        return words

    def save(self, path: Path) -> None:
        """Write both arrays to one file."""
        np.savez(path, terms=self.terms, offsets=self.offsets)

    @classmethod
    def load(cls, path: Path) -> Corpus:
        """What ``save`` wrote."""
        with np.load(path) as saved:
            return cls(saved["terms"], saved["offsets"])


def corpus(size: int, seed: int = SEED) -> Corpus:
    """``size`` documents."""
    rng = np.random.default_rng([seed, size])
    words, shares = dictionary()
    # Gamma-distributed lengths: many short paragraphs, a few long ones, none empty.
    lengths = 1 + rng.gamma(3.0, (TERMS - 1) / 3.0, size).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    total = int(offsets[-1])
    # Shuffling a multinomial draw is the same as drawing one by one, and ten times as fast.
    terms = np.repeat(np.arange(len(words), dtype=np.int32), rng.multinomial(total, shares))
    rng.shuffle(terms)
    flattened = shares**0.75
    topics = max(1, size // DOCUMENTS_A_TOPIC)
    topic_words = rng.choice(
        len(words), (topics, TOPIC_WORDS), p=flattened / flattened.sum()
    ).astype(np.int32)
    topical = np.flatnonzero(rng.random(total, np.float32) < TOPICAL)
    owners = np.repeat(rng.integers(topics, size=size), lengths)[topical]
    # Within a topic, rank r comes with probability about 1 / r.
    ranks = (TOPIC_WORDS ** rng.random(len(topical)) - 1).astype(np.int64)
    terms[topical] = topic_words[owners, ranks]
    return Corpus(terms, offsets)


def questions(searched: Corpus, count: int, seed: int = SEED) -> list[list[int]]:
    """``count`` questions: words of one document each, rare ones rather than frequent ones."""
    rng = np.random.default_rng([seed, len(searched), count])
    _, shares = dictionary()
    rarity = -np.log(shares)
    asked: list[list[int]] = []
    for number in rng.integers(len(searched), size=count):
        words = searched.document(int(number))
        wanted = min(int(rng.integers(TERMS_ASKED[0], TERMS_ASKED[1] + 1)), len(words))
        weights = rarity[words]
        chosen = rng.choice(len(words), wanted, replace=False, p=weights / weights.sum())
        asked.append([words[place] for place in chosen])
    return asked


def frequent(count: int, terms: int, seed: int = SEED) -> list[list[int]]:
    """``count`` questions of ``terms`` words each, all from the hundred most frequent ones."""
    rng = np.random.default_rng([seed, terms, count])
    return [rng.choice(100, terms, replace=False).tolist() for _ in range(count)]


def long(searched: Corpus, count: int, terms: int, seed: int = SEED) -> list[list[int]]:
    """``count`` questions of ``terms`` words each, run together from neighbouring documents."""
    rng = np.random.default_rng([seed, len(searched), terms, count])
    begins = rng.integers(max(1, len(searched.terms) - terms), size=count)
    return [searched.terms[begin : begin + terms].tolist() for begin in begins]
