"""Which other words of the reports mean what the question says?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.query.glosses import explained_alike
from retrieval.text.analysis import Analyzer, Terms, normalise

_MOST = 3  # words of a general dictionary that stand for one of the question's


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to say a part of the question.

    A sentence that holds all of ``instead`` is taken to hold ``covered`` as well; both are terms.
    ``given`` and ``meant`` are the two as they are written, to be told to readers.
    """

    covered: tuple[str, ...]
    instead: tuple[str, ...]
    given: str = ""
    meant: str = ""


def _indexed(terms: Terms) -> tuple[str, ...]:
    """The terms that a sentence with this text is sure to hold."""
    return tuple(dict.fromkeys(terms.bigrams or terms.unigrams))


def _everything(terms: Terms) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*terms.words, *terms.bigrams, *terms.unigrams]))


def _nothing(_word: str) -> bool:
    """A library without a word."""
    return False


class Thesaurus:
    """Groups of words that mean the same.

    ``told`` maps names that the reports do not use (四个警) to the words that they do use.
    ``knows`` is whether the reports use a word. For one that they do not, words that a general
    dictionary explains alike are sought; where they do, its own sentences are the better ones.
    """

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        analyzer: Analyzer,
        told: Mapping[str, str] = MappingProxyType({}),
        knows: Callable[[str], bool] = _nothing,
    ) -> None:
        self._analyzer = analyzer
        self._knows = knows
        self._others: dict[str, list[Alternative]] = {}
        for group in groups:
            written = {normalise(member).text: member for member in reversed(group)}
            texts = list(dict.fromkeys(normalise(member).text for member in group))
            terms = {text: analyzer.terms(text) for text in texts}
            for text in texts:
                self._others.setdefault(text, []).extend(
                    Alternative(
                        covered=_everything(terms[text]),
                        instead=_indexed(terms[other]),
                        given=written[text],
                        meant=written[other],
                    )
                    for other in texts
                    if other != text
                )
        for name, words in told.items():
            text = normalise(name).text
            covered = _everything(analyzer.terms(text))
            instead = _indexed(analyzer.terms(normalise(words).text))
            self._others.setdefault(text, []).append(Alternative(covered, instead, name, words))
        self._beginning: dict[str, list[str]] = {}  # a catalog may know thousands of words
        for text in self._others:
            self._beginning.setdefault(text[:1], []).append(text)

    def alternatives(self, topic: str, words: Iterable[str] = ()) -> tuple[Alternative, ...]:
        """Other ways to say what a normalised question says; inside a longer word none is sought.

        ``words`` are those that the question consists of.

        >>> thesaurus = Thesaurus([["妻子", "老婆"]], Analyzer())
        >>> thesaurus.alternatives("他老婆是警察")[0].instead
        ('妻子',)
        """
        found: list[Alternative] = []
        rest = topic
        possible = [text for char in set(topic) for text in self._beginning.get(char, ())]
        for text in sorted(possible, key=lambda text: (-len(text), text)):
            if text in rest:
                found += self._others[text]
                rest = rest.replace(text, "\n")
        covered = {term for one in found for term in one.covered}
        for word in dict.fromkeys(words):
            if word not in covered and not self._knows(word):
                found += self._explained_alike(word)
        return tuple(found)

    def _explained_alike(self, word: str) -> list[Alternative]:
        known = [other for other in explained_alike(word) if self._knows(other)]
        own = _everything(self._analyzer.terms(word)) if known else ()
        return [
            Alternative(own, _indexed(self._analyzer.terms(other)), given=word, meant=other)
            for other in known[:_MOST]
        ]
