"""Why are these passages in the answer? What the little window of a button has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chats.composing import compose
from bot.pages.excerpt import clipped
from bot.pages.rendering import View, notice_sentence
from bot.records.store import Asking
from bot.texts import Texts
from retrieval.model import NoticeKind

if TYPE_CHECKING:
    from retrieval.answering import Answerer
    from retrieval.explain import Explanation

ROOM = 200  # UTF-16 units of what Telegram shows in answer to a press
_READ_AS = {NoticeKind.CORRECTED, NoticeKind.COMPLETED}


def reasons(
    answerer: Answerer, asking: Asking, view: View, texts: Texts, page: int, citation: str
) -> str:
    """Why each passage on ``page`` of the answer to ``asking`` is there: for ``ROOM`` units.

    ``view`` is that of the message, ``texts`` are those of whoever wants to know. ``citation`` was
    the first on the page when it was shown; where it is there no more, it is explained alone.
    """
    composed = compose(answerer, asking, view, page)
    shown = [quote.citation.id for quote in composed[1].quotes] if composed else []
    if citation not in shown:
        shown = [citation]
    name = asking.question.partition(" ")[2] if asking.question.startswith("/") else ""
    explained = [
        answerer.explain(
            name or asking.question,
            paragraph=one,
            context=asking.before,
            section=asking.section or None,
        )
        for one in shown
    ]
    notices = composed[0].notices if composed else ()
    lines = [notice_sentence(notice, texts) for notice in notices if notice.kind in _READ_AS][:1]
    if len(shown) == 1:
        return "\n".join([*lines, *_alone(explained[0], shown[0], texts)])
    lines = [clipped(line, ROOM // 4) for line in lines]
    room = (ROOM - sum(len(line) + 1 for line in lines)) // len(shown) - 1
    lines += [
        clipped(_numbered(number, one, id_, texts), room)
        for number, (one, id_) in enumerate(zip(explained, shown, strict=True), 1)
    ]
    return "\n".join(lines)


def _numbered(number: int, explanation: Explanation, citation: str, texts: Texts) -> str:
    """The reason of one passage of several, in a line."""
    terms = _terms(explanation, citation, texts)
    if explanation.about is None:
        return texts.say("why.one", number=number, terms=terms)
    return texts.say("why.one_ranked", number=number, rank=explanation.about.rank, terms=terms)


def _alone(explanation: Explanation, citation: str, texts: Texts) -> list[str]:
    """The reason of the only passage of a page, in two lines."""
    terms, about = _terms(explanation, citation, texts), explanation.about
    if about and (about.matched or about.synonyms) and not _is_direct(explanation, citation):
        terms = texts.say("why.terms", terms=terms)
    rank = [texts.say("why.rank", rank=about.rank)] if about else []
    return [clipped(terms, ROOM // 2), *rank]


def _terms(explanation: Explanation, citation: str, texts: Texts) -> str:
    """The words that matched, or what led there without any."""
    if _is_direct(explanation, citation):
        chosen = any(one.kind is NoticeKind.CURATED for one in explanation.corrections)
        return texts.say("why.curated" if chosen else "why.direct")
    about = explanation.about
    if about is None or not (about.matched or about.synonyms):
        return texts.say("why.no_terms")
    synonyms = [
        texts.say("why.synonym", given=given, meant=meant) for given, meant in about.synonyms
    ]
    return texts.say("why.separator").join([*about.matched, *synonyms])


def _is_direct(explanation: Explanation, citation: str) -> bool:
    return any(one.id == citation for one in explanation.direct)
