"""Which reports does a large library have? Any number of them as files, the same each time.

Each has a title, sections, paragraphs of sentences, and its own quoted terms; their words are those
of the corpus. With ``catalog`` the folder gets a catalog that lists them all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.corpus import SEED, corpus, dictionary

SECTIONS = 5  # of a report
PARAGRAPHS = 6  # of a section
_SENTENCE = (6, 20)  # words, at least and at most
_CLAUSE = 7  # words between two commas, at most


def sentences(words: list[str], rng: np.random.Generator) -> str:
    """Words with the marks of sentences between them; some stand in quotation marks."""
    out: list[str] = []
    left, run = int(rng.integers(*_SENTENCE)), 0
    for number, word in enumerate(words):
        out.append(word)
        left, run = left - 1, run + 1
        if left <= 0 or number == len(words) - 1:
            out.append("。")
            left, run = int(rng.integers(*_SENTENCE)), 0
        elif run >= _CLAUSE:
            out.append("，")
            run = 0
    return "".join(out)


def text_of_report(number: int, words: list[list[str]], seed: int = SEED) -> str:
    """One report in Markdown, of as many paragraphs as there are lists of ``words``."""
    rng = np.random.default_rng([seed, number])
    first = words[0]
    lines = [f"# 第{number + 1}篇 {''.join(first[:3])}报告", ""]
    for place, paragraph in enumerate(words):
        if place % PARAGRAPHS == 0:
            lines += [f"## {''.join(paragraph[:2])}", ""]
        text = sentences(paragraph, rng)
        if place % PARAGRAPHS == 1:
            text = f"落实“{''.join(paragraph[-3:])[:8]}”要求，" + text
        lines += [text, ""]
    return "\n".join(lines)


def write_reports(folder: Path, count: int, *, catalog: bool = True, seed: int = SEED) -> int:
    """Write ``count`` reports into ``folder`` and give the number of paragraphs."""
    each = SECTIONS * PARAGRAPHS
    known, _ = dictionary()
    made = corpus(count * each, seed)
    reports = folder / "reports"
    reports.mkdir(parents=True)
    listed = ["reports:"]
    for number in range(count):
        paragraphs = [
            [known[term] for term in made.document(number * each + place)] for place in range(each)
        ]
        name = f"r{number:05}"
        (reports / f"{name}.md").write_text(text_of_report(number, paragraphs, seed), "utf-8")
        listed += [f"  - id: {name}", f"    file: reports/{name}.md", f"    region: {number % 12}"]
    if catalog:
        (folder / "catalog.yaml").write_text("\n".join(listed) + "\n", "utf-8")
    return count * each
