"""What has changed between two libraries, by what they say and not by where it stands?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from knowledge.library import Library
from knowledge.model import Kind, Report

_ALIKE = 50  # rapidfuzz ratio, 0 to 100, from which two paragraphs are one that was changed
_MOST = 4_000_000  # pairs that are compared; beyond, what differs is told as added and removed


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph as it is compared: what it is, the headings above it, and its words."""

    kind: Kind
    path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ReportChange:
    """What has changed in one report.

    ``before`` is ``None`` where it is new, ``after`` where it is gone. A paragraph that only moved
    is unchanged. Where all three lists are empty, what the catalog says of the report has changed,
    or the order of its paragraphs.
    """

    before: Report | None
    after: Report | None
    added: tuple[Said, ...] = ()
    changed: tuple[tuple[Said, Said], ...] = ()
    removed: tuple[Said, ...] = ()

    @property
    def report(self) -> Report:
        """The report as it is now, or as it was last."""
        report = self.after or self.before
        if report is None:
            raise ValueError("a change of no report")
        return report


@dataclass(frozen=True, slots=True)
class Difference:
    """What has changed: reports in the order of the new library, those that are gone at the end.

    ``declared`` is whether the catalog's topics, names or synonyms have changed, or the questions.
    """

    reports: tuple[ReportChange, ...]
    declared: bool

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self.reports) or self.declared


def difference(old: Library, new: Library) -> Difference:
    """How ``new`` differs from ``old``."""
    changes = []
    was = old.revisions()
    for own_id, revision in new.revisions().items():
        if was.get(own_id) != revision:
            before = old.report(own_id) if own_id in was else None
            changes.append(compare(before, new.report(own_id)))
    gone = [compare(old.report(own_id), None) for own_id in was if own_id not in new]
    return Difference((*changes, *gone), _declared(old) != _declared(new))


def compare(before: Report | None, after: Report | None) -> ReportChange:
    """What has changed from ``before`` to ``after``, each in the order of its own report."""
    old, new = _said(before), _said(after)
    kept = Counter(map(_key, old)) & Counter(map(_key, new))
    removed, added = _without(old, kept), _without(new, kept)
    pairs = _alike([one.text for one in removed], [one.text for one in added])
    changed = tuple((removed[i], added[j]) for i, j in sorted(pairs, key=lambda pair: pair[1]))
    was, is_now = {i for i, _ in pairs}, {j for _, j in pairs}
    return ReportChange(
        before,
        after,
        tuple(one for number, one in enumerate(added) if number not in is_now),
        changed,
        tuple(one for number, one in enumerate(removed) if number not in was),
    )


def _said(report: Report | None) -> list[Said]:
    if report is None:
        return []
    return [Said(one.kind, report.path(one), one.span.of(report.text)) for one in report.paragraphs]


def _key(one: Said) -> tuple[Kind, str]:
    return one.kind, one.text


def _without(said: Sequence[Said], kept: Counter[tuple[Kind, str]]) -> list[Said]:
    """``said`` without as many of each as are ``kept``, the first ones."""
    left, rest = Counter(kept), []
    for one in said:
        if left[_key(one)]:
            left[_key(one)] -= 1
        else:
            rest.append(one)
    return rest


def _alike(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of an old and a new text that are one text changed, the most alike first."""
    if not old or not new or len(old) * len(new) > _MOST:
        return []
    scores = process.cdist(old, new, scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=np.float32)
    rows, columns = np.nonzero(scores)
    order = np.lexsort((columns, rows, -scores[rows, columns]))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return list(pairs.items())


def _declared(library: Library) -> tuple[object, ...]:
    """What is declared beside the reports, without where in the reports it stands."""
    return (
        [
            (
                (topic.command, topic.words, topic.title, topic.description),
                [(one.name, one.aliases, one.role, one.only_named) for one in topic.entries],
            )
            for topic in library.topics
        ],
        library.lexicon,
        library.synonyms,
        {one.question for one in library.questions}
        | {one.question for one in library.curated}
        | {one.question for one in library.broken},
    )
