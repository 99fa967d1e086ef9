"""What may a catalog, or an overlay, say about one report?"""

from __future__ import annotations

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator

from knowledge.description import Description
from knowledge.schema import Line, Strict, Text, fault

LONGEST_ID = 32  # characters, so that a citation's id fits a deep link of Telegram


def is_id(text: str) -> bool:
    """Whether ``text`` can be the id of a report.

    >>> is_id("huhang-benteng"), is_id("护航")
    (True, False)
    """
    return bool(re.fullmatch(f"[a-z0-9-]{{1,{LONGEST_ID}}}", text))


def _id(text: str) -> str:
    if not is_id(text):
        raise fault(
            f"must be 1 to {LONGEST_ID} of a-z, 0-9 and -, not “{text}”, since it is part of links"
        )
    return text


def _date(text: str) -> str:
    try:
        if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text, re.ASCII):
            raise ValueError
        datetime.date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        raise fault(f"must be a date such as 2024, 2024-08 or 2024-08-29, not “{text}”") from None
    return text


def _language(text: str) -> str:
    if not re.fullmatch("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise fault(f"must be a language code such as zh or en, not “{text}”")
    return text


class ListedReport(Strict):
    """A row of ``reports``: the file of a report, relative to its folder, and what is known of it.

    A key that is left out is ``None`` or empty; docs/knowledge.md says what follows.
    """

    id: Annotated[Line, AfterValidator(_id)]
    file: Line
    title: Line | None = None
    subtitle: str | None = None
    authors: tuple[Line, ...] = ()
    date: Annotated[str, AfterValidator(_date)] | None = None
    region: str | None = None
    language: Annotated[str, AfterValidator(_language)] = "zh"
    source: str | None = None
    captions: tuple[Text, ...] | None = None
    bylines: tuple[Text, ...] | None = None

    def description(self) -> Description:
        """The same, as the outline of a report takes it."""
        return Description(
            id=self.id,
            title=self.title or "",
            subtitle=self.subtitle,
            captions=self.captions,
            bylines=self.bylines,
            authors=self.authors,
            date=self.date or "",
            region=self.region or "",
            language=self.language,
            source=self.source or "",
        )
