"""Which other words of the reports mean what the question says?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from retrieval.analysis import Analyzer, Terms, normalise
from retrieval.evidence import Alternative


def _indexed(terms: Terms) -> tuple[str, ...]:
    """The terms that a sentence with this text is sure to hold."""
    return tuple(dict.fromkeys(terms.bigrams or terms.unigrams))


def _everything(terms: Terms) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*terms.words, *terms.bigrams, *terms.unigrams]))


class Thesaurus:
    """Groups of words that mean the same.

    ``told`` maps names that the reports do not use (四个警) to the words that they do use.
    """

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        analyzer: Analyzer,
        told: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
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
        self._longest_first = sorted(self._others, key=len, reverse=True)

    def alternatives(self, topic: str) -> tuple[Alternative, ...]:
        """Other ways to say what a normalised question says; inside a longer word none is sought.

        >>> thesaurus = Thesaurus([["妻子", "老婆"]], Analyzer())
        >>> thesaurus.alternatives("他老婆是警察")[0].instead
        ('妻子',)
        """
        found: list[Alternative] = []
        rest = topic
        for text in self._longest_first:
            if text in rest:
                found += self._others[text]
                rest = rest.replace(text, "\n")
        return tuple(found)
