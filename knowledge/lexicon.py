"""Which names and terms does the catalog know, and what else are they called?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A name or term and the other ways to write it."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What must not be cut in pieces, by what it names."""

    people: tuple[Name, ...] = ()
    places: tuple[Name, ...] = ()
    organisations: tuple[Name, ...] = ()
    terms: tuple[Name, ...] = ()

    def __iter__(self) -> Iterator[Name]:
        yield from self.people
        yield from self.places
        yield from self.organisations
        yield from self.terms
