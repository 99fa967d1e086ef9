"""What does an admin see of a change before it is made, and of those made before? Pure pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from bot.chats.working import decision
from bot.library.previewing import Preview
from bot.pages.buttons import Button, Verb, press
from bot.pages.excerpt import clipped
from bot.pages.markup import MAX_LENGTH, Markup, bold, italic, joined, text
from bot.pages.rendering import MAX_HEADING, Page, View
from bot.texts import Texts
from knowledge.changes import FOLDER
from knowledge.difference import ReportChange, Said
from knowledge.library import Library
from knowledge.model import Kind, Report
from knowledge.revisions import Revision, What
from retrieval.evaluation.gate import ChangedAnswer, Consequences
from retrieval.model import Answer, Outcome

LINES = 8  # of each list; what is more is counted
PAIRS = 3  # changed paragraphs that are shown with both texts
AROUND = 24  # characters shown before the first difference of two texts
LONGEST = 90  # UTF-16 units of a paragraph or a question that is shown
FAULTS = 10
REVISIONS_PER_PAGE = 6
REPORTS_PER_PAGE = 8
_SPARE = 300  # UTF-16 units kept for what is said below the lists


# A preview ---------------------------------------------------------------------------------------


def preview_page(
    seen: Preview, view: View, *, remarks: Iterable[str] = (), remark: str = ""
) -> Page:
    """What would change, with the buttons to confirm or cancel it.

    ``remarks`` are what should be known of how a file was read; ``remark`` is said first.
    """
    say = view.texts.say
    changes = seen.difference.reports
    blocks = [text(remark)] if remark else []
    blocks.append(_heading(seen, view.texts))
    if seen.draft.what.kind in {"upload", "remove"} and len(changes) == 1:
        blocks += _one_report(changes[0], view.texts)
    else:
        blocks.append(_lines([_summary(one, view.texts) for one in changes], view.texts))
    if seen.difference.declared:
        blocks.append(text(say("preview.declared")))
    blocks.append(_lines([*remarks, *unread_rows(seen, view.texts)], view.texts))
    blocks += _noticed(seen.consequences, view.texts)
    kept: list[Markup] = []
    for block in blocks:
        if (joined([*kept, block], "\n\n")).length <= MAX_LENGTH - _SPARE:
            kept.append(block)
    kept.append(italic(say("preview.confirm_hint")))
    return Page(joined(kept, "\n\n"), decision(seen.draft.draft, view.texts))


def unread_rows(seen: Preview, texts: Texts) -> tuple[str, ...]:
    """What of the knowledge folder is left out, since it cannot be read."""
    if seen.draft.what.kind != FOLDER:
        return ()
    return tuple(
        texts.say("preview.left_out", fault=clipped(str(one), 300)) for one in seen.library.unread
    )


def _heading(seen: Preview, texts: Texts) -> Markup:
    say, what = texts.say, seen.draft.what
    title = clipped(what.details.get("title", ""), MAX_HEADING)
    match what.kind:
        case "upload":
            new = "new" in what.details
            heading = say("preview.added" if new else "preview.replaced", title=title)
        case "remove":
            heading = say("preview.removed", title=title)
        case "rollback":
            heading = say("preview.rollback", to=what.details["to"])
        case "folder":
            heading = say("preview.folder")
        case _:
            heading = say("preview.other")
    lines = [bold(heading)]
    if "file" in what.details:
        file = clipped(what.details["file"], LONGEST)
        lines.append(text(say("preview.identity", id=what.details["report"], file=file)))
    return joined(lines)


def _one_report(change: ReportChange, texts: Texts) -> list[Markup]:
    blocks = [] if change.after is None else [_outline(change.after, texts)]
    if change.before is not None:
        blocks.append(bold(_counted(change, texts)))
    if change.before is not None and change.after is not None:
        blocks.append(_pairs(change, texts))
    return blocks


def _outline(report: Report, texts: Texts) -> Markup:
    """The sections of ``report`` that have text of their own, with how many paragraphs."""
    counts: dict[int, int] = {}
    for paragraph in report.paragraphs:
        if paragraph.kind is Kind.BODY:
            counts[paragraph.section] = counts.get(paragraph.section, 0) + 1
    head = texts.say("preview.outline", sections=len(counts), paragraphs=sum(counts.values()))
    rows = []
    for number, count in counts.items():
        path = report.sections[number].path
        name = texts.say("citation.separator").join(path) or texts.say("browse.opening")
        rows.append(texts.say("preview.section", name=clipped(name, 60), count=count))
    return joined([bold(head), _lines(rows, texts, most=12)])


def _counted(change: ReportChange, texts: Texts) -> str:
    """How many paragraphs of text changed; headings and captions are not counted."""
    added, removed = _bodies(change.added), _bodies(change.removed)
    changed = sum(1 for _, after in change.changed if after.kind is Kind.BODY)
    if not (change.added or change.changed or change.removed):
        return texts.say("preview.only_description")
    return texts.say("preview.counts", added=added, changed=changed, removed=removed)


def _bodies(said: Sequence[Said]) -> int:
    return sum(1 for one in said if one.kind is Kind.BODY)


def _body_count(report: Report) -> int:
    return sum(1 for one in report.paragraphs if one.kind is Kind.BODY)


def _summary(change: ReportChange, texts: Texts) -> str:
    title = clipped(change.report.title, 60)
    count = _body_count(change.report)
    if change.before is None:
        return texts.say("preview.report_added", title=title, paragraphs=count)
    if change.after is None:
        return texts.say("preview.report_removed", title=title, paragraphs=count)
    return texts.say("preview.report_changed", title=title, counts=_counted(change, texts))


def _pairs(change: ReportChange, texts: Texts) -> Markup:
    """The first changes in words: both texts around where they part, what is gone, what is new."""
    pairs: list[tuple[str, str]] = [(old.text, new.text) for old, new in change.changed]
    pairs += [(old.text, "") for old in change.removed]
    pairs += [("", new.text) for new in change.added]
    rows = []
    for old, new in pairs[:PAIRS]:
        start = _parting(old, new) if old and new else 0
        shown = [
            texts.say(f"preview.{key}", words=_from(words, start))
            for key, words in (("before", old), ("after", new))
            if words
        ]
        rows.append("\n".join(shown))
    if len(pairs) > PAIRS:
        rows.append(texts.say("preview.more", count=len(pairs) - PAIRS))
    return text("\n".join(rows))


def _parting(old: str, new: str) -> int:
    """Where two texts begin to differ."""
    pairs = zip(old, new, strict=False)
    same = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
    return min(len(old), len(new)) if same is None else same


def _from(words: str, start: int) -> str:
    begin = max(0, start - AROUND)
    return clipped(("…" if begin else "") + words[begin:], LONGEST)


def _noticed(found: Consequences, texts: Texts) -> list[Markup]:
    """What readers would notice."""
    say = texts.say
    blocks = []
    if found.broken:
        rows = [say("preview.question", question=clipped(one, LONGEST)) for one in found.broken]
        head = bold(say("preview.broken", count=len(found.broken)))
        blocks.append(joined([head, _lines(rows, texts)]))
    if not found.asked:
        blocks.append(text(say("preview.never_asked")))
    elif not found.changed:
        blocks.append(text(say("preview.answers_same", asked=found.asked)))
    else:
        head = bold(say("preview.answers", asked=found.asked, count=len(found.changed)))
        rows = [_changed(one, texts) for one in found.changed]
        blocks.append(joined([head, _lines(rows, texts, most=5)]))
    return blocks


def _changed(one: ChangedAnswer, texts: Texts) -> str:
    start = 0
    if one.before.quotes and one.after.quotes:
        start = _parting(one.before.quotes[0].text, one.after.quotes[0].text)
    return texts.say(
        "preview.answer",
        question=clipped(one.question, 60),
        before=_told(one.before, texts, start),
        after=_told(one.after, texts, start),
    )


def _told(answer: Answer, texts: Texts, start: int) -> str:
    match answer.outcome:
        case Outcome.ANSWERED if answer.quotes:
            quote = clipped(_from(answer.quotes[0].text, start), 50)
            return texts.say("preview.answered", quote=quote)
        case Outcome.MENTIONED:
            return texts.say("preview.mentioned")
        case _:
            return texts.say("preview.not_found")


def _lines(rows: Sequence[str], texts: Texts, most: int = LINES) -> Markup:
    shown = [text(row) for row in rows[:most]]
    if len(rows) > most:
        shown.append(text(texts.say("preview.more", count=len(rows) - most)))
    return joined(shown)


def faults_page(faults: Sequence[str], texts: Texts, *, head: str) -> Page:
    """Why nothing was replaced, under the sentence ``head``."""
    shown = [texts.say("admin.fault", fault=clipped(fault, 300)) for fault in faults[:FAULTS]]
    if len(faults) > FAULTS:
        shown.append(texts.say("admin.more_faults", count=len(faults) - FAULTS))
    return Page(joined(map(text, [head, *shown])))


def broken_page(broken: Sequence[str], texts: Texts) -> Page:
    """Which gold questions kept a change of the folder from being put into use."""
    rows = [texts.say("preview.question", question=clipped(one, LONGEST)) for one in broken]
    head = text(texts.say("watching.broken", count=len(broken)))
    return Page(joined([head, _lines(rows, texts, most=FAULTS), text(texts.say("watching.hint"))]))


# Revisions ---------------------------------------------------------------------------------------


def done_page(revision: Revision, library: Library, view: View) -> Page:
    """That ``revision`` is in use, and how to undo it."""
    said = view.texts.say(
        "revisions.done",
        number=revision.number,
        what=what_sentence(revision.what, view.texts),
        reports=len(library.reports),
        passages=int(library.figures.documents.sum()),
        topics=len(library.topics),
    )
    before = revision.number - 1
    if not before:
        return Page(text(said))
    undo = view.texts.say("revisions.undo", number=before)
    return Page(joined([text(said), text(undo)]), ((_back(before, view.texts),),))


def _back(number: int, texts: Texts) -> Button:
    return Button(texts.say("buttons.roll_back", number=number), press(Verb.ROLLBACK, number))


def what_sentence(what: What, texts: Texts) -> str:
    """What somebody did, in a few words."""
    title = clipped(what.details.get("title", ""), 60)
    question = clipped(what.details.get("questions", ""), 60)
    words = clipped(" = ".join(what.details.get("words", "").splitlines()), 60)
    match what.kind:
        case "folder":
            return texts.say("revisions.what_folder")
        case "upload" if "new" in what.details:
            return texts.say("revisions.what_added", title=title)
        case "upload":
            return texts.say("revisions.what_replaced", title=title)
        case "remove":
            return texts.say("revisions.what_remove", title=title)
        case "rollback":
            return texts.say("revisions.what_rollback", to=what.details.get("to", "?"))
        case "bind":
            return texts.say("revisions.what_bind", question=question)
        case "unbind":
            return texts.say("revisions.what_unbind", question=question)
        case "synonyms":
            return texts.say("revisions.what_synonyms", words=words)
        case "no_synonyms":
            return texts.say("revisions.what_no_synonyms", words=words)
        case _:
            return texts.say("revisions.what_other")


def revisions_page(
    numbers: Sequence[int], revision: Callable[[int], Revision], view: View, page: int = 0
) -> Page:
    """All revisions, the newest first, a page at a time, each but the newest with its button.

    ``revision`` gives that of a number; it reads from disk.
    """
    say = view.texts.say
    if not numbers:
        return Page(text(say("revisions.none")))
    page = min(page, (len(numbers) - 1) // REVISIONS_PER_PAGE)
    shown = numbers[page * REVISIONS_PER_PAGE :][:REVISIONS_PER_PAGE]
    lines = [bold(say("revisions.title", count=len(numbers)))]
    for number in shown:
        line = _line(revision(number), view.texts)
        lines.append(text(say("revisions.current", line=line) if number == numbers[0] else line))
    buttons = [_back(number, view.texts) for number in shown if number != numbers[0]]
    rows = [tuple(buttons[at : at + 3]) for at in range(0, len(buttons), 3)]
    turning = []
    if page:
        turning.append(Button(say("buttons.older"), press(Verb.REVISIONS, page - 1)))
    if (page + 1) * REVISIONS_PER_PAGE < len(numbers):
        turning.append(Button(say("buttons.newer"), press(Verb.REVISIONS, page + 1)))
    return Page(joined(lines), tuple(row for row in (*rows, tuple(turning)) if row))


def _line(revision: Revision, texts: Texts) -> str:
    if revision.by == FOLDER:
        who = texts.say("revisions.by_folder")
    else:
        name = clipped(revision.what.details.get("name", ""), 30)
        who = texts.say("revisions.by", name=name, id=revision.by) if name else revision.by
    return texts.say(
        "revisions.line",
        number=revision.number,
        at=datetime.fromtimestamp(revision.at).astimezone().strftime("%Y-%m-%d %H:%M"),
        who=who,
        what=what_sentence(revision.what, texts),
    )


def removal_page(reports: Sequence[Report], view: View, page: int = 0, *, remark: str = "") -> Page:
    """Which report shall go? A button each, a page at a time."""
    page = min(page, max(0, len(reports) - 1) // REPORTS_PER_PAGE)
    shown = reports[page * REPORTS_PER_PAGE :][:REPORTS_PER_PAGE]
    say = view.texts.say
    rows: list[tuple[Button, ...]] = [
        (Button(clipped(report.title, 60), press(Verb.REMOVE, report.id)),) for report in shown
    ]
    turning = []
    if page:
        turning.append(Button(say("buttons.older"), press(Verb.REMOVALS, page - 1)))
    if (page + 1) * REPORTS_PER_PAGE < len(reports):
        turning.append(Button(say("buttons.newer"), press(Verb.REMOVALS, page + 1)))
    if turning:
        rows.append(tuple(turning))
    remarks = [text(remark)] if remark else []
    return Page(joined([*remarks, text(say("remove.choose"))]), tuple(rows))


def file_name(name: str | None) -> str:
    """A file's name as it may be shown and kept: no folders in it, and never empty.

    Nor with what cannot be seen and turns the words around it about, or ends a line.
    """
    unseen = ("Cc", "Cf")
    seen = "".join(c for c in name or "" if c.isspace() or unicodedata.category(c) not in unseen)
    return PurePosixPath(" ".join(seen.split()).replace("\\", "/")).name.strip() or "file"
