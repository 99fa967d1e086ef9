"""What is known about a report besides its file?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Description:
    """What is known about a report besides its file.

    ``subtitle``, ``captions`` and ``bylines`` are texts of paragraphs, word for word. ``None``
    says that nobody has looked: they are then recognised, cautiously. An empty value says that
    there are none.
    """

    id: str
    title: str = ""
    subtitle: str | None = None
    captions: tuple[str, ...] | None = None
    bylines: tuple[str, ...] | None = None
    authors: tuple[str, ...] = ()
    date: str = ""
    region: str = ""
    language: str = "zh"
    source: str = ""
