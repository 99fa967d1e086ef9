"""What do the pages look like that lead around: /start, /help, the reports and their outlines?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bot.pages.buttons import Button, Press, Verb, fingerprint, press
from bot.pages.excerpt import clipped
from bot.pages.markup import bold, italic, joined, text
from bot.pages.rendering import MAX_HEADING, MAX_LABEL, Page, View, question_rows, reports_named
from bot.records.store import Preferences
from bot.texts import Texts
from knowledge.model import Kind, Paragraph, Report
from knowledge.topics import Topic
from retrieval.model import Quote

Item = TypeVar("Item")

COMMANDS = ("ask", "reports", "outline", "settings", "help")
# For the bot's admins, in private.
ADMIN = ("inbox", "stats", "add", "remove", "reload", "revisions", "rollback")
EXAMPLES = 2
# What /settings offers: by the name of the preference, the button's value and what it means.
CHOICES: Mapping[str, Mapping[str, str | int | bool]] = {
    "language": {"auto": "", "zh": "zh", "en": "en"},
    "passages": {"1": 1, "2": 2, "3": 3, "5": 5},
    "short": {"full": False, "short": True},
    "notices": {"on": True, "off": False},
    "alone": {"on": True, "off": False},
}
LINES_PER_PAGE = 10
BEGINNING = 18  # UTF-16 units of a paragraph's beginning on its button


def describe(topic: Topic, texts: Texts) -> str:
    """What the command of ``topic`` does, in the language of ``texts``."""
    return topic.description.get(texts.language, topic.description["zh"])


def start_page(
    reports: Sequence[Report],
    topics: Sequence[Topic],
    examples: Sequence[str],
    view: View,
    *,
    group: bool = False,
) -> Page:
    """In a few lines what can be asked, with questions to tap."""
    say = view.texts.say
    commands = " ".join(["/ask", *(f"/{topic.command}" for topic in topics), "/reports"])
    lines = [
        say("start.greeting", reports=reports_named(reports, view.texts)),
        say("start.group" if group else "start.how"),
        say("start.commands", commands=commands),
    ]
    if not group:
        lines.append(say("start.more"))
    return Page(joined(map(text, lines)), tuple(question_rows(examples)[:EXAMPLES]))


def help_page(topics: Sequence[Topic], view: View, *, admin: bool = False) -> Page:
    """Every command and every way to ask, one line each; an ``admin`` has more of them."""
    say = view.texts.say
    ways = [
        say("help.private"),
        say("help.reply"),
        say("help.group", bot=view.username),
        say("help.inline", bot=view.username),
    ]
    meanings = [(f"/{topic.command}", describe(topic, view.texts)) for topic in topics]
    commands = (*COMMANDS, *ADMIN) if admin else COMMANDS
    meanings += [(f"/{command}", say(f"commands.{command}")) for command in commands]
    rows = [say("help.row", command=command, meaning=meaning) for command, meaning in meanings]
    return Page(
        joined(
            [
                bold(say("help.title")),
                *(text(f"• {way}") for way in ways),
                text(""),
                joined(map(text, rows)),
            ]
        )
    )


def reports_page(reports: Sequence[Report], view: View, page: int = 0) -> Page:
    """The reports with what the catalog says about each, and a button each."""
    say = view.texts.say
    shown, page, turning = _page_of(reports, page, lambda to: press(Verb.REPORTS, to), view)
    lines = [bold(say("browse.reports", count=len(reports)))]
    rows: list[tuple[Button, ...]] = []
    for number, report in enumerate(shown, page * LINES_PER_PAGE + 1):
        title = clipped(report.title, MAX_HEADING)
        about = [
            report.subtitle,
            say("why.separator").join(report.authors),
            report.date,
            report.region,
        ]
        lines.append(text(f"{number}. {title}"))
        if any(about):
            lines.append(italic("   " + clipped(" · ".join(filter(None, about)), 150)))
        pressed = press(Verb.OUTLINE, report.id, 0)
        if pressed.fits():
            rows.append((Button(clipped(title, MAX_LABEL), pressed),))
    return Page(joined(lines), (*rows, *turning))


def outline_page(report: Report, view: View, page: int = 0) -> Page:
    """The sections of ``report`` that have text of their own, with a button each."""
    say = view.texts.say
    body = [one for one in report.paragraphs if one.kind is Kind.BODY]
    numbers = list(dict.fromkeys(one.section for one in body))
    shown, page, turning = _page_of(
        numbers, page, lambda to: press(Verb.OUTLINE, report.id, to), view
    )
    lines = [bold(clipped(report.title, MAX_HEADING))]
    if report.subtitle:
        lines.append(italic(clipped(report.subtitle, MAX_HEADING)))
    lines.append(text(say("browse.sections", sections=len(numbers), paragraphs=len(body))))
    lines.append(text(say("browse.choose_section")))
    rows = []
    for number in shown:
        path = report.sections[number].path
        pressed = press(Verb.SECTION, report.id, number, fingerprint("/".join(path)), 0)
        if pressed.fits():
            rows.append((Button(_section_label(path, view), pressed),))
    back = ((Button(say("buttons.reports"), press(Verb.REPORTS, 0)),),)
    return Page(joined(lines), (*rows, *turning, *back))


def section_page(
    report: Report,
    section: int,
    mark: str,
    quote_at: Callable[[str, int, int], Quote | None],
    view: View,
    page: int = 0,
) -> Page | None:
    """The paragraphs of a section with a button each; None where it is not what it was.

    ``mark`` is the fingerprint of its headings when the button was made.
    """
    say = view.texts.say
    if section >= len(report.sections):
        return None
    path = report.sections[section].path
    if fingerprint("/".join(path)) != mark:
        return None
    body = [p for p in report.paragraphs if p.section == section and p.kind is Kind.BODY]
    shown, page, turning = _page_of(
        body, page, lambda to: press(Verb.SECTION, report.id, section, mark, to), view
    )
    rows = [row for paragraph in shown for row in _paragraph_row(report, paragraph, quote_at, view)]
    lines = [
        bold(clipped(report.title, MAX_HEADING)),
        *(text(clipped(heading, MAX_HEADING)) for heading in path[:6]),
        text(say("browse.choose_paragraph")),
    ]
    back = ((Button(say("buttons.outline"), press(Verb.OUTLINE, report.id, 0)),),)
    return Page(joined(lines), (*rows, *turning, *back))


def _paragraph_row(
    report: Report,
    paragraph: Paragraph,
    quote_at: Callable[[str, int, int], Quote | None],
    view: View,
) -> list[tuple[Button, ...]]:
    quote = quote_at(report.id, paragraph.section, paragraph.number)
    if quote is None:
        return []
    pressed = press(Verb.AROUND, "-", quote.citation.id)
    beginning = clipped(quote.text, BEGINNING)
    label = view.texts.say("browse.paragraph_button", number=paragraph.number, beginning=beginning)
    return [(Button(label, pressed),)] if pressed.fits() else []


def _section_label(path: tuple[str, ...], view: View) -> str:
    say = view.texts.say
    whole = say("citation.separator").join(path) or say("browse.opening")
    return clipped(whole, MAX_LABEL)


def _page_of(
    items: Sequence[Item],
    page: int,
    pressing: Callable[[int], Press],
    view: View,
) -> tuple[Sequence[Item], int, tuple[tuple[Button, ...], ...]]:
    """The items of ``page`` (the last where there are fewer), its number, and how to turn it."""
    pages = max(1, -(-len(items) // LINES_PER_PAGE))
    page = min(page, pages - 1)
    shown = items[page * LINES_PER_PAGE : (page + 1) * LINES_PER_PAGE]
    turning = []
    for label, to in (("buttons.older", page - 1), ("buttons.newer", page + 1)):
        if 0 <= to < pages:
            turning.append(Button(view.texts.say(label), pressing(to)))
    return shown, page, ((tuple(turning),) if turning else ())


def choices_page(
    preferences: Preferences, view: View, *, group: bool, ephemeral: bool = False
) -> Page:
    """What is chosen, and a row of buttons for each thing that can be.

    ``ephemeral`` is whether the operator lets answers in groups be for their askers alone.
    """
    say = view.texts.say
    lines = [bold(say("settings.title_group" if group else "settings.title_private"))]
    rows = []
    for name, values in CHOICES.items():
        if (name == "notices" and not group) or (name == "alone" and not (group and ephemeral)):
            continue
        row = []
        for value, meaning in values.items():
            label = value if name == "passages" else say(f"settings.{name}_{value}")
            if getattr(preferences, name) == meaning:
                lines.append(text(say(f"settings.{name}", value=label)))
                label = say("settings.chosen", value=label)
            row.append(Button(label, press(Verb.SETTING, name, value)))
        rows.append(tuple(row))
    return Page(joined(lines), tuple(rows))
