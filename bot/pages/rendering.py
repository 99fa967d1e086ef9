"""What does an answer look like as a Telegram message? Pure: values in, markup and buttons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.pages.buttons import MAX_COPY, Button, Keyboard, Press, Verb, fingerprint, press
from bot.pages.excerpt import clipped, excerpt, merged
from bot.pages.markup import (
    MAX_ENTITIES,
    MAX_LENGTH,
    Markup,
    blockquote,
    bold,
    italic,
    joined,
    link,
    text,
)
from bot.pages.markup import utf16 as units
from bot.texts import Texts
from knowledge.model import Kind, Report, Span
from knowledge.topics import Entry, Topic
from retrieval.judging.nearness import is_near
from retrieval.model import Absence, Answer, Citation, Notice, NoticeKind, Outcome, Quote

FOLDED = 60  # code points that a folded quotation shows for certain, on the narrowest phone
MAX_LEAD = 400  # UTF-16 units of an answering sentence that is said before the quotation
MAX_HIGHLIGHTS = 15  # in one passage: five passages and all else stay under 100 entities
MAX_HEADING = 120  # UTF-16 units of one heading in a citation
ROOM = MAX_LENGTH - 200  # leaves room for the suggestions' line and the blank lines
MAX_WORD = 60  # UTF-16 units of a reader's own word that is said back
MAX_WORDS = 8
MAX_NOTICES = 4
MAX_SUGGESTIONS = 3
MAX_LABEL = 100  # UTF-16 units of a question on a button
ENTRIES_PER_PAGE = 30
ROLES_UP_TO = 12  # entries of a topic whose lines are shown; more would not fit a screen
MAX_ROLE = 60  # UTF-16 units


@dataclass(frozen=True, slots=True)
class View:
    """How somebody sees answers: language, passages a page, whole or short, the bot's name.

    ``username`` is the bot's, for deep links; "" where there is none to link to.
    """

    texts: Texts
    username: str = ""
    per_page: int = 3
    short: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One message: what it says, its buttons, and the quotes that it shows."""

    body: Markup
    keyboard: Keyboard = ()
    quotes: tuple[Quote, ...] = field(default=())


# Answers -----------------------------------------------------------------------------------------


def answer_page(answer: Answer, view: View, page: int = 0, *, asked: bool = False) -> Page:
    """Page ``page`` (from 0, the last where there are fewer) of ``answer`` as one message.

    Pages break between passages only. A passage that no message can hold is cut at a sentence,
    with … outside the quotation. With ``asked`` the question is said first.
    """
    say = view.texts.say
    head = _head(answer, view, asked=asked)
    pages = _paginate(answer, view, head)
    page = min(page, len(pages) - 1)
    quotes = pages[page]
    opening = head if page == 0 else bold(say("answer.page", page=page + 1))
    blocks = [
        passage(
            quote,
            view,
            ROOM - opening.length if len(quotes) == 1 else ROOM,
            number=number if len(quotes) > 1 else 0,
            lead=_leads(answer, quote),
        )
        for number, quote in enumerate(quotes, 1)
    ]
    closing = answer.suggestions and answer.outcome is not Outcome.ANSWERED and page == 0
    suggestions = [text(say("answer.suggestions"))] if closing else []
    return Page(
        joined([opening, *blocks, *suggestions], "\n\n"),
        _answer_keyboard(answer, quotes, view, page, len(pages)),
        quotes,
    )


def _paginate(answer: Answer, view: View, head: Markup) -> list[tuple[Quote, ...]]:
    """The quotes page by page: ``view.per_page`` at most, fewer where a message is full.

    The first page has only what comes near the best: the rest is for those who ask for more.
    """
    pages: list[tuple[Quote, ...]] = []
    quotes: list[Quote] = []
    used = head
    for quote in answer.quotes:
        piece = passage(quote, view, ROOM, number=1, lead=_leads(answer, quote))
        full = len(quotes) == view.per_page or not (used + piece).fits(ROOM, MAX_ENTITIES - 2)
        if quotes and (full or (not pages and not is_near(answer, quote))):
            pages.append(tuple(quotes))
            quotes, used = [], Markup()
        quotes.append(quote)
        used = used + piece
    return [*pages, tuple(quotes)]


def _leads(answer: Answer, quote: Quote) -> bool:
    """Whether ``quote`` is the first to answer its part, so that its sentence may be said first."""
    if answer.outcome is Outcome.NOT_FOUND:
        return False
    return next(other for other in answer.quotes if other.part == quote.part) is quote


def _head(answer: Answer, view: View, *, asked: bool) -> Markup:
    """What is said before the passages: outcome, notices, proof of absence."""
    say = view.texts.say
    lines: list[Markup] = []
    if asked:
        lines.append(bold(say("answer.asked", question=clipped(answer.question, 300))))
    if answer.outcome is Outcome.NOT_FOUND:
        lines.append(text(say("answer.not_found")))
    kinds = {notice.kind for notice in answer.notices}
    if answer.outcome is Outcome.MENTIONED and NoticeKind.ONLY_NAMED not in kinds:
        lines.append(text(say("answer.mentioned")))
    lines += [text(notice_sentence(notice, view.texts)) for notice in answer.notices[:MAX_NOTICES]]
    if answer.absence is not None:
        said = " ".join(notice.given for notice in answer.notices)
        lines += map(text, absence_sentences(answer.absence, view.texts, said=said))
    if answer.outcome is Outcome.NOT_FOUND and answer.quotes:
        lines.append(text(say("answer.nearest")))
    return joined(lines)


def notice_sentence(notice: Notice, texts: Texts) -> str:
    """What ``notice`` says, as one plain sentence."""
    return texts.say(
        f"notice.{notice.kind}",
        given=clipped(notice.given, MAX_WORD),
        meant=clipped(notice.meant, 2 * MAX_WORD),
    )


def absence_sentences(absence: Absence, texts: Texts, *, said: str = "") -> list[str]:
    """The proof of absence, one plain sentence for each half of it that there is.

    What is missing and has been ``said`` to be so already is not said again.
    """
    separator = texts.say("absence.separator")
    result = []
    missing = [word for word in absence.missing if word not in said]
    if missing:
        words = [
            texts.say("absence.word", word=clipped(word, MAX_WORD)) for word in missing[:MAX_WORDS]
        ]
        result.append(texts.say("absence.missing", words=separator.join(words)))
    if absence.counted:
        words = [
            texts.say("absence.word_counted", word=clipped(word, MAX_WORD), count=count)
            for word, count in absence.counted[:MAX_WORDS]
        ]
        result.append(texts.say("absence.counted", words=separator.join(words)))
    return result


def passage(quote: Quote, view: View, length: int, *, number: int = 0, lead: bool = True) -> Markup:
    """``quote`` as a folded quotation with its citation, in ``length`` UTF-16 units.

    With ``lead`` the answering sentence is said first where the fold would hide it; ``number``
    (0 for none) is what the buttons call this passage.
    """
    citation = citation_line(quote.citation, view, number=number)
    highlights = merged(quote.text, quote.highlights, MAX_HIGHLIGHTS)
    lines: list[Markup] = []
    if lead and not view.short and highlights and highlights[0].start >= FOLDED:
        sentence = highlights[0].of(quote.text)
        if units(sentence) <= MAX_LEAD:
            lines.append(bold(sentence))
    room = length - sum(line.length + 1 for line in lines) - citation.length - 6
    lines += _quotation(quote.text, highlights, max(room, 1), short=view.short)
    return joined([*lines, citation])


def _quotation(
    quoted: str,
    highlights: Sequence[Span],
    length: int,
    *,
    short: bool = False,
    expandable: bool = True,
) -> list[Markup]:
    """``quoted`` (or what there is room for) as a quotation; … stands outside where it was cut."""
    focus = Span(highlights[0].start, highlights[-1].end) if highlights else Span(0, 0)
    span = excerpt(quoted, focus, length)
    if short and highlights and span.covers(focus):
        span = focus
    result = [blockquote(_marked(quoted, span, highlights), expandable=expandable)]
    if span.start > 0:
        result.insert(0, text("…"))
    if span.end < len(quoted):
        result.append(text("…"))
    return result


def _marked(quoted: str, span: Span, highlights: Sequence[Span]) -> Markup:
    """The characters of ``span`` with the ``highlights`` in bold."""
    result, at = Markup(), span.start
    for highlight in highlights:
        start, end = max(highlight.start, at), min(highlight.end, span.end)
        if start < end:
            result = result + text(quoted[at:start]) + bold(quoted[start:end])
            at = end
    return result + text(quoted[at : span.end])


# Citations ---------------------------------------------------------------------------------------


def citation_text(citation: Citation, texts: Texts) -> str:
    """Report title › headings · 第 n 段, plain."""
    path = [citation.report_title, *citation.section]
    if not citation.section and citation.kind is Kind.BODY:
        path.append(texts.say("citation.opening"))
    place = (
        texts.say("citation.paragraph", number=citation.paragraph)
        if citation.kind is Kind.BODY
        else texts.say(f"citation.{citation.kind}")
    )
    headings = [clipped(heading, MAX_HEADING) for heading in path[:7]]
    return f"{texts.say('citation.separator').join(headings)} · {place}"


def citation_line(citation: Citation, view: View, *, number: int = 0) -> Markup:
    """The citation as it stands under a quotation, linked to the place where there is a link."""
    shown = citation_text(citation, view.texts)
    url = deep_link(view.username, citation.id)
    opening = text(f"[{number}] — " if number else "— ")
    return opening + (link(shown, url) if url else text(shown))


def deep_link(username: str, start: str) -> str:
    """The address that opens ``start`` in a private chat with the bot; "" without a username."""
    return f"https://t.me/{username}?start={start}" if username else ""


def copied_citation(quotes: Sequence[Quote], view: View) -> str:
    """What the copy button copies: a line for each citation, as many as Telegram takes."""
    lines: list[str] = []
    for quote in quotes:
        shown = citation_text(quote.citation, view.texts)
        url = deep_link(view.username, quote.citation.id)
        for line in (f"{shown} {url}".strip(), shown, clipped(shown, MAX_COPY)):
            if units("\n".join([*lines, line])) <= MAX_COPY:
                lines.append(line)
                break
        else:
            break
    return "\n".join(lines)


# Buttons -----------------------------------------------------------------------------------------


def _answer_keyboard(
    answer: Answer, quotes: Sequence[Quote], view: View, page: int, pages: int
) -> Keyboard:
    say = view.texts.say
    label = "buttons.around_numbered" if len(quotes) > 1 else "buttons.around"
    rows: list[tuple[Button, ...]] = []
    if quotes:
        around = [
            button
            for number, quote in enumerate(quotes, 1)
            for button in _fitting(
                say(label, number=number), press(Verb.AROUND, page, quote.citation.id)
            )
        ]
        tools = [
            *_fitting(say("buttons.why"), press(Verb.WHY, page, quotes[0].citation.id)),
            Button(say("buttons.copy"), copy=copied_citation(quotes, view)),
        ]
        votes = [
            Button(say("buttons.good"), press(Verb.GOOD)),
            Button(say("buttons.bad"), press(Verb.BAD)),
        ]
        back = [Button(say("buttons.older"), press(Verb.MORE, page - 1))] if page > 0 else []
        onward = say("buttons.newer" if page else "buttons.more")
        forth = [Button(onward, press(Verb.MORE, page + 1))] if page + 1 < pages else []
        if len(quotes) == 1:
            rows.append((*back, *around, *forth))
        else:
            rows += [*_in_rows(around, 3), (*back, *forth)]
        rows.append((*tools, *votes))
    if answer.outcome is not Outcome.ANSWERED and page == 0:
        # The message ends with "You could ask": what can be asked follows right under it.
        rows = [*question_rows(answer.suggestions), *rows]
    return tuple(row for row in rows if row)


def question_rows(questions: Sequence[str]) -> list[tuple[Button, ...]]:
    """A button for each of the first few questions; its label is what pressing it asks."""
    fitting = [question for question in questions if 0 < units(question) <= MAX_LABEL]
    return [
        (Button(question, press(Verb.ASK, number)),)
        for number, question in enumerate(fitting[:MAX_SUGGESTIONS])
    ]


def _fitting(label: str, pressed: Press) -> tuple[Button, ...]:
    """The button, or none where its data would not fit."""
    return (Button(label, pressed),) if pressed.fits() else ()


def _in_rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    return [tuple(buttons[at : at + width]) for at in range(0, len(buttons), width)]


# A paragraph among its neighbours ----------------------------------------------------------------


def paragraph_page(
    here: Quote,
    view: View,
    *,
    before: Quote | None = None,
    after: Quote | None = None,
    remark: Markup | None = None,
    page: int | None = None,
    outline: bool = False,
) -> Page:
    """``here`` between its neighbours, with buttons to walk on.

    ``remark`` is said first. ``page`` is the page of the answer to go back to, None where the
    paragraph was opened by a link or from the outline; ``outline`` adds the way to the contents.
    """
    say = view.texts.say
    place = citation_line(here.citation, view)
    room = (MAX_LENGTH - 400 - place.length - (remark.length if remark else 0)) // 4
    blocks: list[Markup] = [remark] if remark else []
    for quote, length in ((before, room), (here, 2 * room), (after, room)):
        if quote is None:
            continue
        number = quote.citation.paragraph
        label = say("browse.here" if quote is here else "browse.neighbour", number=number)
        heading = bold(label) if quote is here else italic(label)
        highlights = merged(quote.text, quote.highlights, MAX_HIGHLIGHTS)
        blocks.append(
            joined(
                [
                    *([heading] if before or after else []),
                    *_quotation(quote.text, highlights, length, expandable=quote is not here),
                    *([place] if quote is here else []),
                ]
            )
        )
    back = "-" if page is None else str(page)
    rows: list[tuple[Button, ...]] = []
    walking: list[Button] = []
    for quote, label in ((before, "buttons.before"), (after, "buttons.after")):
        if quote is not None:
            walking += _fitting(say(label), press(Verb.AROUND, back, quote.citation.id))
    rows.append(tuple(walking))
    last = [Button(say("buttons.copy"), copy=copied_citation([here], view))]
    if page is not None:
        last.insert(0, Button(say("buttons.back"), press(Verb.MORE, page)))
    if outline:
        last += _fitting(say("buttons.outline"), press(Verb.OUTLINE, here.citation.report_id, 0))
    rows.append(tuple(last))
    return Page(joined(blocks, "\n\n"), tuple(row for row in rows if row), (here,))


def changed_remark(old: str | None, view: View, *, gone: bool) -> Markup:
    """What is said where a cited paragraph has changed or is ``gone``; ``old`` is its text then."""
    say = view.texts.say
    if old is None:
        return text(say("browse.gone" if gone else "browse.changed"))
    quotation = _quotation(old, (), MAX_LENGTH // 3)
    if gone:
        return joined([text(say("browse.gone_text")), *quotation])
    return joined(
        [
            text(say("browse.changed")),
            bold(say("browse.before")),
            *quotation,
            bold(say("browse.now")),
        ]
    )


# Topics ------------------------------------------------------------------------------------------


def entry_start(topic: Topic, entry: Entry) -> str:
    """The deep link's start parameter that opens ``entry`` (no citation id has a ``_`` there)."""
    return f"t_{topic.command}_{fingerprint(entry.name)}"


def topic_page(
    topic: Topic,
    entries: Sequence[Entry],
    view: View,
    page: int = 0,
    *,
    people: bool = False,
    remark: str = "",
) -> Page:
    """The ``entries`` of ``topic`` as a list with a button each, ``ENTRIES_PER_PAGE`` at a time.

    ``people`` says that they are persons, to count them as such; ``remark`` is said first. Where
    ``entries`` are not all that there are, they are a choice to make, and not counted.
    """
    say = view.texts.say
    pages = max(1, -(-len(entries) // ENTRIES_PER_PAGE))
    page = min(page, pages - 1)
    start = page * ENTRIES_PER_PAGE
    shown = entries[start : start + ENTRIES_PER_PAGE]
    title = topic.title.get(view.texts.language, topic.title["zh"])
    counted = say("topic.people" if people else "topic.entries", title=title, count=len(entries))
    lines = [bold(counted)] if len(entries) == len(topic.entries) else []
    if pages > 1:
        lines.append(italic(say("topic.page", page=page + 1, pages=pages)))
    for number, entry in enumerate(shown, start + 1):
        name = clipped(entry.name, MAX_WORD)
        url = deep_link(view.username, entry_start(topic, entry))
        line = text(f"{number}. ") + (link(name, url) if url else text(name))
        if entry.only_named:
            line += text(say("topic.only_named"))
        elif len(topic.entries) <= ROLES_UP_TO:
            line += text(f" — {clipped(entry.role, MAX_ROLE)}")
        lines.append(line)
    if shown:
        lines.append(
            text(say("topic.how", command=f"/{topic.command}", name=clipped(shown[0].name, 30)))
        )
    buttons = [
        button
        for entry in shown
        for button in _fitting(
            clipped(entry.name, MAX_WORD),
            press(Verb.ENTRY, topic.command, fingerprint(entry.name)),
        )
    ]
    width = 3 if all(units(button.label) <= 8 for button in buttons) else 2
    rows = _in_rows(buttons, width)
    turning: list[Button] = []
    if page > 0:
        turning += _fitting(say("buttons.older"), press(Verb.TOPIC, topic.command, page - 1))
    if page + 1 < pages:
        turning += _fitting(say("buttons.newer"), press(Verb.TOPIC, topic.command, page + 1))
    remarks = [text(remark)] if remark else []
    return Page(
        joined([*remarks, joined(lines)], "\n\n"),
        tuple(row for row in (*rows, tuple(turning)) if row),
    )


def list_button(topic: Topic, view: View) -> tuple[Button, ...]:
    """The row that leads back to the list of ``topic``."""
    return _fitting(view.texts.say("buttons.list"), press(Verb.TOPIC, topic.command, 0))


# Reports -----------------------------------------------------------------------------------------


def reports_named(reports: Sequence[Report], texts: Texts) -> str:
    """What is answered from: the one report by its title, several by their number."""
    if len(reports) == 1:
        return texts.say("start.one_report", title=clipped(reports[0].title, MAX_HEADING))
    return texts.say("start.several_reports", count=len(reports))
