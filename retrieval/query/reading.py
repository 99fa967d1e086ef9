"""What does a question mean, read with the library's names and with what was said before?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from knowledge.library import Library
from retrieval.model import Notice, NoticeKind
from retrieval.query.asking import follow_up, topic
from retrieval.query.names import NameFinder
from retrieval.query.parting import parts, pronouns, replace_pronoun
from retrieval.query.spelling import Speller
from retrieval.text.analysis import Analyzer, normalise

_LATIN_WORD = re.compile("[a-z]{4,}")  # liu an is written so, and so are many other short words
_MOST_NAMES = 50_000  # names that misspellings are looked for of; more would cost minutes at start


@dataclass(frozen=True, slots=True)
class Named:
    """One form of a name that the lexicon knows, normalised, with all forms of the same name."""

    form: str
    forms: tuple[str, ...]
    person: bool


class Reader:
    """Reads questions about one library.

    ``occurs`` tells whether a text stands in it somewhere, ``doc_freq`` in how many paragraphs a
    term does.
    """

    def __init__(
        self,
        library: Library,
        analyzer: Analyzer,
        occurs: Callable[[str], bool],
        doc_freq: Callable[[str], int],
    ) -> None:
        self._library = library
        self._analyzer = analyzer
        self._occurs = occurs
        self._speller = Speller(doc_freq, analyzer.knows, analyzer.may_be_person)
        self.names = tuple(
            Named(form, forms, person)
            for person, names in ((True, library.lexicon.people), (False, library.lexicon.places))
            for name in names
            for forms in [tuple(normalise(f).text for f in (name.name, *name.aliases))]
            for form in forms
        )

    @cached_property
    def _finder(self) -> NameFinder:
        """Made at the first question that finds too little."""
        names: dict[str, None] = {}
        for name in _correctable(self._library):
            names[name] = None
            if len(names) == _MOST_NAMES:
                break
        return NameFinder(names, self._occurs, self._analyzer.knows)

    def warm(self) -> None:
        """Learn now the names that the first question that finds too little would wait for."""
        _ = self._finder
        self._speller.warm()

    def correct(self, text: str) -> tuple[str, tuple[Notice, ...]]:
        """The text with what seems to be misspelled names put right, and what to say of it."""
        return _put_right(text, ((m.given, m.name) for m in self._finder.corrections(text)))

    def respell(self, text: str) -> tuple[str, tuple[Notice, ...]]:
        """The same for other words: those that the library does not use, by what sounds alike."""
        return _put_right(text, self._speller.corrections(text, self._analyzer.words(topic(text))))

    def parts(self, text: str) -> list[tuple[str, str]]:
        """The parts of a normalised question: each as written, and able to be searched alone."""
        read: list[tuple[str, str]] = []
        for piece in parts(text):
            whole = piece
            if read and self._depends(piece):
                # It names nothing of its own: it is about what the part before it is about.
                whole = f"{self._subject(read[-1][1])} {piece}"
            read.append((piece, whole))
        return read

    def follow(self, text: str, before: str, quoted: str) -> tuple[str, tuple[Notice, ...]]:
        """Read a question together with the one before it, where it needs that.

        ``before`` is the question before and ``quoted`` what answered it; all are normalised.
        """
        if used := pronouns(text):
            subject = self._person(before) or self._person(quoted)
            if subject is None and not self._depends(text.replace(used[0], " ")):
                return text, ()
            whole = replace_pronoun(text, subject) if subject else f"{self._subject(before)} {text}"
            return whole, (Notice(NoticeKind.FOLLOW_UP, given=used[0], meant=subject or before),)
        new, leads = follow_up(text)
        if new is None or not (leads or self._depends(text)):
            return text, ()
        own = [name.person for name in self.names if name.form in new]
        if not own and any(known := self._analyzer.names([new])):
            own = [known[0]]  # a name of the dictionary: 那赤峰呢?
        same = [n for n in self.names if own and n.form in before and n.form not in new]
        if same and own[0] == same[0].person:
            longest = max((n.form for n in same if n.forms == same[0].forms), key=len)
            whole = before.replace(longest, new)
        else:
            about = topic(before).strip(" ?？。,，")
            whole = " ".join(f"{new} {about}".split()) if own else f"{about} {new}"
        return whole, (Notice(NoticeKind.FOLLOW_UP, given=text, meant=whole),)

    def refers_back(self, text: str) -> bool:
        """Whether a normalised question has a pronoun and names nobody for whom it can stand."""
        return bool(pronouns(text)) and self._person(text) is None

    def has_foreign(self, text: str) -> bool:
        """Whether a normalised question has Latin letters that the library does not have.

        A name in pinyin may be among them, though the rest is answered without it.
        """
        return any(not self._occurs(word) for word in _LATIN_WORD.findall(text))

    def _depends(self, text: str) -> bool:
        """Whether a text says too little to be searched on its own."""
        if pronouns(text):
            return True
        words = self._analyzer.words(topic(text))
        return not any(self._occurs(word) for word in words if len(word) > 1)

    def _subject(self, text: str) -> str:
        """What a question is about: the names in it, else all of it but the words that ask."""
        found = [name.form for name in self.names if name.form in text]
        longest = [n for n in found if not any(n != other and n in other for other in found)]
        return " ".join(dict.fromkeys(longest)) or topic(text).strip()

    def _person(self, text: str) -> str | None:
        """The person whom a text names first: one that the lexicon knows, if it names any."""
        found = [(text.find(n.form), n.forms[0]) for n in self.names if n.person and n.form in text]
        if found:
            return min(found)[1]
        return next(filter(self._analyzer.may_be_person, self._analyzer.words(text)), None)


def _put_right(text: str, meant: Iterable[tuple[str, str]]) -> tuple[str, tuple[Notice, ...]]:
    notices: list[Notice] = []
    for given, name in meant:
        text = text.replace(given, normalise(name).text)
        notices.append(Notice(NoticeKind.CORRECTED, given=given, meant=name))
    return text, tuple(notices)


def _correctable(library: Library) -> Iterable[str]:
    """Everything that a reader may want to name: lexicon, topics, and the reports' own terms."""
    for name in library.lexicon:
        yield name.name
        yield from name.aliases
    for one in library.topics:
        for entry in one.entries:
            yield entry.name
            yield from entry.aliases
    for volume in library.volumes:
        for term in volume.quoted:
            yield term
            yield from (piece for piece in re.split("[·、,，+]", term) if len(piece) > 3)
