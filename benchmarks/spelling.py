"""How well are questions answered that have a wrong character of the right sound?

``python -m benchmarks.spelling FOLDER...`` exchanges one character in a word of every question of
BEIR folders for another common one of the same sound, as who types by pinyin does, and measures
with and without reading unknown words by their sound.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import jieba

from benchmarks.corpus import dictionary
from retrieval.building import build_answerer
from retrieval.evaluation.beir import load_beir
from retrieval.evaluation.measures import Question, evaluate, measures
from retrieval.query.asking import topic
from retrieval.query.names import syllable
from retrieval.query.spelling import Speller
from retrieval.text.analysis import normalise

SAMPLE = 500  # questions of a folder
COMMON = 3_500  # characters that people may take for another
SHOWN = ("recall@1", "recall@3", "sentence@1", "answered_when_answerable", "ms_p50")


def homophones() -> dict[str, list[str]]:
    """The commonest characters by syllable."""
    frequency: dict[str, float] = defaultdict(float)
    for word, share in zip(*dictionary(), strict=True):
        for char in word:
            frequency[char] += share
    common = sorted(frequency, key=lambda char: -frequency[char])[:COMMON]
    found: dict[str, list[str]] = defaultdict(list)
    for char in common:
        found[syllable(char)].append(char)
    return found


def misspelled(question: Question, others: dict[str, list[str]], chance: random.Random) -> Question:
    """The question with one wrong character, or as it is where none of its words has one."""
    text = normalise(question.text).text
    words = [word for word in jieba.lcut(topic(text)) if len(word) > 1]
    chance.shuffle(words)
    for word in words:
        place = chance.randrange(len(word))
        alike = others.get(syllable(word[place]), [])
        wrong = [char for char in alike if char != word[place]]
        if wrong and word[place] in alike:  # and is no Latin letter
            written = word[:place] + chance.choice(wrong) + word[place + 1 :]
            return replace(question, text=text.replace(word, written))
    return question


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure questions with a wrong character")
    parser.add_argument("folders", nargs="+", type=Path)
    others = homophones()
    print("| | " + " | ".join(SHOWN) + " |")
    print("|---" * (len(SHOWN) + 1) + "|")
    for folder in parser.parse_args().folders:
        dataset = load_beir(folder).sample(SAMPLE)
        chance = random.Random(1)  # noqa: S311 - to choose characters
        wrong = [misspelled(question, others, chance) for question in dataset.questions]
        for name, questions, reads in (
            ("as they are", dataset.questions, True),
            ("a wrong character", wrong, True),
            ("the same, not read by its sound", wrong, False),
        ):
            answerer = build_answerer(dataset.library)
            with ExitStack() as unread:
                if not reads:
                    unread.enter_context(patch.object(Speller, "corrections", return_value=()))
                results = tuple(evaluate(answerer, questions))
            row = measures(folder.name, len(dataset.library.passages), results, index_s=0.0)
            cells = " | ".join(f"{row[key]:.3f}" for key in SHOWN)
            print(f"| {folder.name}, {name} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
