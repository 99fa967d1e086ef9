"""Which reports or section does a question want searched?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from retrieval.documents import Documents
from retrieval.model import Notice, NoticeKind
from retrieval.query.asking import report_asked_for
from retrieval.text.analysis import normalise, normalise_all

Mask = npt.NDArray[np.bool_]

_SHORTEST_TITLE = 4  # characters; a shorter one can be any word
_FEW = 3  # titles that are told


class Scope:
    """Narrows the search to what a question names: a report by its title, year or author."""

    def __init__(self, library: Library, documents: Documents) -> None:
        self._library = library
        self._documents = documents

    @cached_property
    def _titles(self) -> dict[str, list[int]]:
        """The numbers of the reports by their titles, normalised."""
        titles = normalise_all([report.title for report in self._library.reports])
        named = ((title, number) for number, title in enumerate(titles))
        return _listed(pair for pair in named if len(pair[0]) >= _SHORTEST_TITLE)

    @cached_property
    def _years(self) -> dict[str, list[int]]:
        """The same by the years that their dates begin with."""
        return _listed((report.date[:4], n) for n, report in enumerate(self._library.reports))

    @cached_property
    def _authors(self) -> dict[str, list[int]]:
        """The same by their authors, normalised."""
        return by_author(self._library)

    def warm(self) -> None:
        """Read now what the first question about a report would have to wait for."""
        _ = self._titles, self._years, self._authors

    def section(self, path: tuple[str, ...]) -> Mask | None:
        """The documents under these headings; ``None`` (everything) where there are none."""
        chosen = np.zeros(len(self._documents), np.bool_)
        for volume, first in zip(self._library.volumes, self._documents.starts, strict=False):
            if list(path) in map(list, volume.paths):
                under = [
                    volume.report.path(document[0].paragraph) == path for document in volume.body
                ]
                chosen[first : first + len(under)] = under
        return chosen if chosen.any() else None

    def reports(self, text: str) -> tuple[Mask | None, tuple[Notice, ...]]:
        """The documents of the reports that a normalised question speaks of, if of any."""
        reports = self._library.reports
        if len(reports) < 2:
            return None, ()
        speaks, year = report_asked_for(text)
        if not speaks:
            return None, ()
        titled = _named(self._titles, text)
        dated = set(self._years.get(year[:4], ())) if year else set()
        wanted = sorted(titled | dated | _named(self._authors, text))
        if not wanted or len(wanted) == len(reports):
            return None, ()
        last = reports[wanted[-1]]
        if wanted[-1] in titled:
            given = last.title
        elif wanted[-1] in dated:
            given = year
        else:
            given = next(author for author in last.authors if normalise(author).text in text)
        meant = "、".join(reports[number].title for number in wanted[:_FEW])
        mask, starts = np.zeros(len(self._documents), np.bool_), self._documents.starts
        for number in wanted:
            mask[starts[number] : starts[number + 1]] = True
        return mask, (Notice(NoticeKind.FILTERED, given=given, meant=meant),)


def by_author(library: Library) -> dict[str, list[int]]:
    """The numbers of the reports of every author, whose name is normalised."""
    names = list(dict.fromkeys(name for names in library.authors.values() for name in names))
    written = dict(zip(names, normalise_all(names), strict=True))
    return _listed(
        (author, number)
        for number, names in library.authors.items()
        for author in dict.fromkeys(written[name] for name in names)
    )


def _listed(named: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """What stands beside each name."""
    listed: dict[str, list[int]] = {}
    for name, number in named:
        listed.setdefault(name, []).append(number)
    return listed


def _named(listed: Mapping[str, list[int]], text: str) -> set[int]:
    """What is listed under the names that stand in ``text``."""
    return {number for name, numbers in listed.items() if name in text for number in numbers}
