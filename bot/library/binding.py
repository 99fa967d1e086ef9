"""How does an admin's choice in the inbox become knowledge, and how is it undone?

Every step is a revision of its own, made of the overlay that Telegram writes: a question bound to
a passage, or words of one meaning. Before it counts, what readers would notice is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.library.opening import Progress, answerer_for
from bot.settings import Settings
from knowledge.aside import load_aside
from knowledge.changes import overlay_of, with_overlay
from knowledge.giving_way import giving_way
from knowledge.newest import archive_in
from knowledge.overlay import CuratedQuestion, Overlay
from knowledge.revisions import Revisions, What
from retrieval.answering import Answerer
from retrieval.evaluation.gate import Consequences, consequences
from retrieval.model import Quote

BIND, UNBIND, SYNONYMS, NO_SYNONYMS = "bind", "unbind", "synonyms", "no_synonyms"
ASKED = 200  # questions of readers that are asked again
LONGEST_QUOTE = 300  # code points; the mark of several sentences is cut to its first
_BETWEEN = "\n"  # wordings are single lines

Laying = Callable[[Overlay], Overlay]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do to the overlay, and what that is called."""

    lay: Laying
    what: What


def binding(questions: Sequence[str], quote: Quote) -> Wish:
    """What binds each of ``questions`` to the marked words of ``quote``."""
    lines = [" ".join(one.split()) for one in questions]

    def lay(overlay: Overlay) -> Overlay:
        for line in lines:
            overlay = overlay.with_question(
                CuratedQuestion(
                    question=line,
                    report=quote.citation.report_id,
                    section=quote.citation.section,
                    paragraph=quote.citation.paragraph,
                    quote=chosen_words(quote),
                )
            )
        return overlay

    details = {"questions": _BETWEEN.join(lines), "citation": quote.citation.id}
    return Wish(lay, What(BIND, details))


def synonyms(words: Sequence[str]) -> Wish:
    """What makes ``words`` mean the same."""
    what = What(SYNONYMS, {"words": _BETWEEN.join(words)})
    return Wish(lambda overlay: overlay.with_synonyms(words), what)


def undoing(what: What) -> Wish | None:
    """What takes back what a revision of the inbox did; None for one of another kind."""
    if what.kind == BIND:
        questions = what.details["questions"].split(_BETWEEN)

        def lay(overlay: Overlay) -> Overlay:
            for question in questions:
                overlay = overlay.without_question(question)
            return overlay

        return Wish(lay, What(UNBIND, what.details))
    if what.kind == SYNONYMS:
        words = what.details["words"].split(_BETWEEN)
        no_longer = What(NO_SYNONYMS, what.details)
        return Wish(lambda overlay: overlay.without_synonyms(words), no_longer)
    return None


def chosen_words(quote: Quote) -> str:
    """The stretch of ``quote`` that answers: what is marked, or all of it where nothing is."""
    marks = quote.highlights
    if not marks:
        return quote.text.strip()
    whole = quote.text[marks[0].start : marks[-1].end].strip()
    return whole if len(whole) <= LONGEST_QUOTE else marks[0].of(quote.text).strip()


@giving_way()
def propose(
    settings: Settings,
    shelf: Revisions,
    before: Answerer,
    wish: Wish,
    draft: str,
    *,
    by: int,
    name: str,
    asked: Sequence[str],
    progress: Progress,
) -> Consequences | None:
    """Make ``wish`` the draft of that id and find out what it does; None where it changes nothing.

    ``by`` is the admin's id and ``name`` what they are called. Takes as long as asking ``asked``
    twice: call it in a worker thread. Raises ``KnowledgeError``; then there is no draft.
    """
    newest = shelf.newest()
    if newest is None:
        return None
    old = overlay_of(newest)
    new = wish.lay(old)
    if new == old:
        return None
    what = What(wish.what.kind, {**wish.what.details, "name": name})
    made = with_overlay(newest, new, what)
    shelf.propose(draft, made.files, by=str(by), what=what, seen=made.seen)
    try:
        library = load_aside(shelf.draft(draft), archive_in(settings.state))
        after = answerer_for(library, settings, settings.state, keep=False)
        return consequences(before, after, asked, progress)
    except BaseException:
        shelf.discard(draft)
        raise
