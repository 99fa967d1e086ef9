"""Which reports or section does a question want searched?"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from knowledge.library import Library
from retrieval.analysis import normalise
from retrieval.asking import report_asked_for
from retrieval.holdings import Documents
from retrieval.model import Notice, NoticeKind

Mask = npt.NDArray[np.bool_]

_SHORTEST_TITLE = 4  # characters; a shorter one can be any word
_FEW = 3  # titles that are told


class Scope:
    """Narrows the search to what a question names: a report by its title, year or author."""

    def __init__(self, library: Library, documents: Documents) -> None:
        self._library = library
        self._documents = documents

    @cached_property
    def _titles(self) -> dict[str, str]:
        titles = {report.id: normalise(report.title).text for report in self._library.reports}
        return {i: title for i, title in titles.items() if len(title) >= _SHORTEST_TITLE}

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
        given = ""
        wanted = []
        for report in reports:
            author = next((a for a in report.authors if normalise(a).text in text), None)
            if (title := self._titles.get(report.id)) and title in text:
                given = report.title
            elif year and report.date.startswith(year[:4]):
                given = year
            elif author:
                given = author
            else:
                continue
            wanted.append(report)
        if not wanted or len(wanted) == len(reports):
            return None, ()
        meant = "、".join(report.title for report in wanted[:_FEW])
        ids = {report.id for report in wanted}
        mask = np.repeat([report.id in ids for report in reports], np.diff(self._documents.starts))
        return mask, (Notice(NoticeKind.FILTERED, given=given, meant=meant),)
