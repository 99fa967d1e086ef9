"""What is searched in a library? Its documents: paragraphs of body text, in order."""

from __future__ import annotations

from knowledge.joined import Each, Joined
from knowledge.library import Library
from knowledge.model import Passage

Documents = Joined[tuple[Passage, ...]]
"""What is searched: the passages of one body paragraph together, the parts being reports."""


def documents(library: Library) -> Documents:
    """The documents of a library, in its order."""
    volumes = library.volumes
    bodies = Each(len(volumes), lambda number: volumes[number].body)
    return Documents(bodies, library.figures.documents.tolist())
