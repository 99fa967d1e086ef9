"""What does the inbox of unanswered questions look like? Pure: values in, markup out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.pages.buttons import Button, Press, Verb, fingerprint, press
from bot.pages.excerpt import clipped
from bot.pages.markup import MAX_LENGTH, Markup, bold, italic, joined, text
from bot.pages.rendering import MAX_LABEL, Page, View, citation_text, passage
from bot.records.piles import Pile
from bot.records.store import Item
from retrieval.model import Quote

PER_PAGE = 6
WORDINGS = 5  # that are shown, and bound together
CANDIDATES = 3
MAX_QUESTION = 200  # UTF-16 units of a question that is said back
MAX_BROKEN = 5


def do(what: str, *arguments: str | int) -> Press:
    """A press of a button of the inbox."""
    return press(Verb.INBOX, what, *arguments)


def list_page(open_piles: Sequence[Pile], view: View, page: int = 0) -> Page:
    """The piles that wait, ``PER_PAGE`` at a time, a button each."""
    say = view.texts.say
    if not open_piles:
        return Page(text(say("inbox.empty")))
    pages = -(-len(open_piles) // PER_PAGE)
    page = min(page, pages - 1)
    first = page * PER_PAGE
    lines = [bold(say("inbox.title", count=len(open_piles)))]
    if pages > 1:
        lines.append(italic(say("topic.page", page=page + 1, pages=pages)))
    rows: list[tuple[Button, ...]] = []
    for number, pile in enumerate(open_piles[first : first + PER_PAGE], first + 1):
        lines.append(text(f"{number}. {clipped(pile.question, MAX_QUESTION)}"))
        lines.append(italic(counted(pile, view)))
        label = clipped(f"{number}. {pile.question}", MAX_LABEL // 2)
        rows.append((Button(label, do("open", fingerprint(pile.question), page)),))
    turning = [
        Button(say(label), do("list", to))
        for label, to in (("buttons.older", page - 1), ("buttons.newer", page + 1))
        if 0 <= to < pages
    ]
    lines.append(text(say("inbox.how")))
    return Page(joined(lines), (*rows, tuple(turning)) if turning else tuple(rows))


def counted(pile: Pile, view: View) -> str:
    """How often a pile was asked, by how many, and whether an answer was disliked."""
    say = view.texts.say
    told = say("inbox.counted", times=pile.times, people=pile.people)
    return f"{told} {say('inbox.disliked', count=pile.disliked)}" if pile.disliked else told


def item_page(
    item: Item, candidates: Sequence[Quote], view: View, pile: Pile | None = None
) -> Page:
    """One question, and the passages that it could be bound to."""
    say = view.texts.say
    lines = [bold(clipped(item.questions[0], MAX_QUESTION))]
    if pile is not None:
        last = f"{datetime.fromtimestamp(pile.last).astimezone():%m-%d %H:%M}"
        lines.append(italic(f"{counted(pile, view)} {say('inbox.last', when=last)}"))
    lines += [
        text(say("inbox.wording", question=clipped(one, MAX_QUESTION // 2)))
        for one in item.questions[1:]
    ]
    shown = candidates[:CANDIDATES]
    if item.words != item.questions[0]:
        lines.append(text(say("inbox.words", words=clipped(item.words, MAX_QUESTION))))
    lines.append(text(say("inbox.pick" if shown else "inbox.nothing")))
    head, foot = joined(lines), text(say("inbox.otherwise"))
    room = (MAX_LENGTH - head.length - foot.length - 100) // CANDIDATES
    blocks = [
        passage(quote, view, room, number=number, lead=False)
        for number, quote in enumerate(shown, 1)
    ]
    picks = tuple(
        Button(say("inbox.bind", number=number), do("bind", fingerprint(quote.citation.id)))
        for number, quote in enumerate(shown, 1)
    )
    last_row = (
        Button(say("inbox.dismiss"), do("dismiss")),
        Button(say("inbox.back"), do("list", 0)),
    )
    rows = (picks, last_row) if picks else (last_row,)
    return Page(joined([head, *blocks, foot], "\n\n"), rows, tuple(shown))


def bound_page(
    questions: Sequence[str], quote: Quote, number: int, changed: str, view: View
) -> Page:
    """What was done: these ``questions`` are answered by ``quote`` from revision ``number`` on."""
    say = view.texts.say
    place = clipped(citation_text(quote.citation, view.texts), MAX_QUESTION)
    lines = [bold(say("inbox.bound"))]
    lines += [text(say("inbox.wording", question=clipped(q, MAX_QUESTION))) for q in questions]
    lines += [text(say("inbox.bound_to", place=place)), text(changed)]
    return _done(lines, number, view)


def synonyms_page(words: Sequence[str], number: int, changed: str, view: View) -> Page:
    """What was done: ``words`` mean the same from revision ``number`` on."""
    say = view.texts.say
    lines = [bold(say("inbox.same_words", words=" = ".join(clipped(one, 60) for one in words)))]
    return _done([*lines, text(changed)], number, view)


def _done(lines: Sequence[Markup], number: int, view: View) -> Page:
    say = view.texts.say
    told = [*lines, italic(say("inbox.revision", number=number))]
    buttons = (
        Button(say("inbox.undo"), do("undo", number)),
        Button(say("inbox.back"), do("list", 0)),
    )
    return Page(joined(told), (buttons,))


def undone_page(number: int, view: View) -> Page:
    """That the step before was taken back by revision ``number``."""
    say = view.texts.say
    back = Button(say("inbox.back"), do("list", 0))
    return Page(text(say("inbox.undone", number=number)), ((back,),))


def broken_page(broken: Sequence[str], draft: str, view: View) -> Page:
    """What would go wrong, and whether to do it all the same."""
    say = view.texts.say
    lines = [bold(say("inbox.broken", count=len(broken)))]
    lines += [text(f"• {clipped(question, MAX_QUESTION)}") for question in broken[:MAX_BROKEN]]
    buttons = (
        Button(say("inbox.anyway"), do("confirm", draft)),
        Button(say("inbox.cancel"), do("cancel", draft)),
    )
    return Page(joined(lines), (buttons,))
