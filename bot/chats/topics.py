"""Which topic does a word name, and does it list people?"""

from __future__ import annotations

from knowledge.library import Library
from knowledge.topics import Topic


def find_topic(library: Library, word: str) -> Topic | None:
    """The topic whose command, or one of whose Chinese words, is ``word`` in any case."""
    lower = word.lower()
    for topic in library.topics:
        if lower == topic.command.lower() or lower in map(str.lower, topic.words):
            return topic
    return None


def lists_people(library: Library, topic: Topic) -> bool:
    """Whether everything that ``topic`` lists is a person, as the catalog's lexicon has it."""
    people = {person.name for person in library.lexicon.people}
    return bool(topic.entries) and all(entry.name in people for entry in topic.entries)
