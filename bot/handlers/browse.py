"""How does somebody find their way: /start, /help, the reports, the neighbours of a paragraph?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from telegram import Message, Update

from bot.chats.addressing import command_of, question_of
from bot.chats.composing import compose, find
from bot.chats.desk import Caller, Context, admission, caller_of, desk_of
from bot.chats.ephemeral import place_of
from bot.chats.menu import publish_for_admin
from bot.chats.rates import Admission
from bot.chats.replying import respond, say
from bot.chats.topics import find_topic
from bot.handlers import topics
from bot.pages.buttons import OutdatedButton, Press
from bot.pages.guide import help_page, outline_page, reports_page, section_page, start_page
from bot.pages.reasons import reasons
from bot.pages.rendering import Page, View, changed_remark, paragraph_page
from bot.records.store import Asking
from knowledge.model import Kind, Report
from retrieval.answering import Answerer
from retrieval.model import Quote
from retrieval.quoting import prove

LAST_PAGE = 15  # of an answer: what ranks below is no answer any more


async def start(update: Update, context: Context) -> None:
    """Say what can be asked; or open what a deep link leads to."""
    message = update.effective_message
    typed = command_of(message) if message else None
    caller = await caller_of(update, context)
    if typed is None or not await _admitted(update, context, caller):
        return
    answerer = desk_of(context).answerer
    if typed.argument and not caller.group:
        await _open(update, context, caller, answerer, typed.argument)
        return
    library, examples = answerer.library, answerer.examples
    page = start_page(library.reports, library.topics, examples, caller.view, group=caller.group)
    await respond(update, context, caller, page)
    if caller.person in desk_of(context).settings.admins and not caller.group:
        await publish_for_admin(context.bot, library.topics, caller.person)


async def help_(update: Update, context: Context) -> None:
    """List the commands and the ways to ask."""
    caller = await caller_of(update, context)
    if await _admitted(update, context, caller):
        desk = desk_of(context)
        admin = caller.person in desk.settings.admins
        page = help_page(desk.answerer.library.topics, caller.view, admin=admin)
        await respond(update, context, caller, page)


async def reports(update: Update, context: Context) -> None:
    """List the reports; the only one there is shows its outline at once."""
    caller = await caller_of(update, context)
    if not await _admitted(update, context, caller):
        return
    all_reports = desk_of(context).answerer.library.reports
    await respond(update, context, caller, reports_page(all_reports, caller.view))


async def outline(update: Update, context: Context) -> None:
    """Show the outline of the only report, or of the one that is named; else the list."""
    message = update.effective_message
    typed = command_of(message) if message else None
    caller = await caller_of(update, context)
    if typed is None or not await _admitted(update, context, caller):
        return
    all_reports = desk_of(context).answerer.library.reports
    named = [report for report in all_reports if typed.argument in report.title]
    if len(named) == 1:
        await respond(update, context, caller, outline_page(named[0], caller.view))
    else:
        await respond(update, context, caller, reports_page(named or all_reports, caller.view))


# Buttons -----------------------------------------------------------------------------------------


async def more(update: Update, context: Context, press: Press) -> str:
    """Show another page of the answer in the same message."""
    caller = await caller_of(update, context)
    asking = await _asked(update, context, caller)
    if asking is None:
        return caller.own.say("answer.forgotten")
    answerer = desk_of(context).answerer
    remark = _since(answerer, await _cited(update, context), caller)
    at = min(press.number(0), LAST_PAGE)
    composed = await asyncio.to_thread(compose, answerer, asking, caller.view, at)
    if composed is None:
        return caller.own.say("answer.forgotten")
    answer, page = composed
    await respond(update, context, caller, page, asking=asking, outcome=answer.outcome.value)
    return remark


async def around(update: Update, context: Context, press: Press) -> str:
    """Show a paragraph between its neighbours in the same message."""
    caller = await caller_of(update, context)
    answerer = desk_of(context).answerer
    page = None if press.word(0) == "-" else press.number(0)
    asking = await _asked(update, context, caller) if page is not None else None
    old = await desk_of(context).memory.words_of(press.word(1))
    shown = await asyncio.to_thread(
        _paragraph, answerer, press.word(1), old, caller.view, page, asking
    )
    if shown is None:
        return caller.own.say("browse.unknown_link")
    await respond(update, context, caller, shown, asking=asking)
    return ""


async def why(update: Update, context: Context, press: Press) -> str:
    """Say of every passage of the page which words matched and how it ranks."""
    caller = await caller_of(update, context)
    asking = await _asked(update, context, caller)
    if asking is None:
        return caller.own.say("answer.forgotten")
    answerer = desk_of(context).answerer
    cited = await _cited(update, context) or (press.word(1),)
    remark = _since(answerer, cited, caller)
    first = answerer.resolve(press.word(1))
    if first is None or first.quote is None:
        return remark or caller.own.say("browse.gone")
    said = await asyncio.to_thread(
        reasons,
        answerer,
        asking,
        caller.view,
        caller.own,
        min(press.number(0), LAST_PAGE),
        first.quote.citation.id,
    )
    return f"{remark}\n{said}" if remark else said


async def turn_reports(update: Update, context: Context, press: Press) -> str:
    """Show a page of the list of reports."""
    caller = await caller_of(update, context)
    all_reports = desk_of(context).answerer.library.reports
    page = reports_page(all_reports, caller.view, press.number(0))
    await respond(update, context, caller, page)
    return ""


async def open_outline(update: Update, context: Context, press: Press) -> str:
    """Show a page of a report's outline."""
    caller = await caller_of(update, context)
    report = _pressed_report(context, press)
    await respond(update, context, caller, outline_page(report, caller.view, press.number(1)))
    return ""


async def open_section(update: Update, context: Context, press: Press) -> str:
    """Show the paragraphs of a section."""
    caller = await caller_of(update, context)
    report = _pressed_report(context, press)
    answerer = desk_of(context).answerer
    page = await asyncio.to_thread(
        section_page,
        report,
        press.number(1),
        press.word(2),
        answerer.quote_at,
        caller.view,
        press.number(3),
    )
    if page is None:
        return caller.own.say("browse.section_gone")
    await respond(update, context, caller, page)
    return ""


def _pressed_report(context: Context, press: Press) -> Report:
    library = desk_of(context).answerer.library
    if press.word(0) not in library:
        raise OutdatedButton(str(press))
    return library.report(press.word(0))


# What they share ---------------------------------------------------------------------------------


async def _admitted(update: Update, context: Context, caller: Caller) -> bool:
    verdict = admission(context, caller)
    if verdict is Admission.WARN:
        await say(update, context, caller, caller.texts.say("ask.too_fast"))
    return verdict is Admission.WELCOME


async def _asked(update: Update, context: Context, caller: Caller) -> Asking | None:
    """The question that the pressed button's message answers.

    The store knows it; where it has been forgotten, the message still replies to its question.
    """
    query = update.callback_query
    if query is None or query.message is None:
        return None
    memory = desk_of(context).memory
    known = await memory.answered(*place_of(query.message))
    if known is not None and known.asking is not None:
        return known.asking
    if not isinstance(query.message, Message) or query.message.reply_to_message is None:
        return None
    asked = query.message.reply_to_message
    command = command_of(asked)
    if command and find_topic(desk_of(context).answerer.library, command.word):
        return Asking(f"/{command.word} {command.argument}") if command.argument else None
    question = question_of(asked)
    return Asking(question) if question else None


async def _cited(update: Update, context: Context) -> tuple[str, ...]:
    """The citations that the pressed button's message shows, as far as they are remembered."""
    query = update.callback_query
    if query is None or query.message is None:
        return ()
    known = await desk_of(context).memory.answered(*place_of(query.message))
    return known.citations if known else ()


def _since(answerer: Answerer, cited: Sequence[str], caller: Caller) -> str:
    """What to say where a paragraph has changed or gone since it was ``cited``, else ""."""
    now = [answerer.resolve(citation) for citation in cited]
    if not any(one is None or one.changed for one in now):
        return ""
    if len(now) > 1:
        return caller.own.say("browse.stale")
    gone = now[0] is None or now[0].quote is None
    return caller.own.say("browse.gone" if gone else "browse.changed")


async def _open(
    update: Update, context: Context, caller: Caller, answerer: Answerer, parameter: str
) -> None:
    """Open what a deep link leads to: an entry of a topic, or a cited paragraph."""
    kind, _, rest = parameter.partition("_")
    word, _, mark = rest.rpartition("_")
    if kind == "t" and mark and (topic := find_topic(answerer.library, word)):
        name = topics.entry_name(topic, mark) or ""
        await topics.show(update, context, caller, answerer, topic, name)
        return
    old = await desk_of(context).memory.words_of(parameter)
    page = await asyncio.to_thread(_paragraph, answerer, parameter, old, caller.view)
    if page is None:
        await say(update, context, caller, caller.texts.say("browse.unknown_link"))
    else:
        await respond(update, context, caller, page)


def _paragraph(
    answerer: Answerer,
    citation_id: str,
    old: str | None,
    view: View,
    page: int | None = None,
    asking: Asking | None = None,
) -> Page | None:
    """The paragraph that ``citation_id`` leads to, as it stands now; None where it is not ours.

    ``old`` is what it said when it was cited; ``page`` is that of the answer to ``asking``
    which it was opened from.
    """
    resolved = answerer.resolve(citation_id)
    if resolved is None:
        return None
    if resolved.quote is None:
        return Page(changed_remark(old, view, gone=True))
    remark = None
    if resolved.changed:
        remark = changed_remark(old, view, gone=False)
    here = _with_highlights(answerer, resolved.quote, asking, view)
    before, after = neighbours(answerer, here)
    prove(answerer.library, tuple(quote for quote in (before, here, after) if quote))
    return paragraph_page(
        here, view, before=before, after=after, remark=remark, page=page, outline=page is None
    )


def _with_highlights(answerer: Answerer, quote: Quote, asking: Asking | None, view: View) -> Quote:
    """The paragraph ``quote``, with what answers ``asking`` marked in it."""
    answer = find(answerer, asking, limit=5 * view.per_page) if asking else None
    for other in answer.quotes if answer else ():
        same = other.citation.report_id == quote.citation.report_id
        if same and quote.span.covers(other.span):
            by = other.span.start - quote.span.start
            return replace(quote, highlights=tuple(s.shifted(by) for s in other.highlights))
    return quote


def neighbours(answerer: Answerer, quote: Quote) -> tuple[Quote | None, Quote | None]:
    """The body paragraphs right before and after ``quote``, over section borders too."""
    report = answerer.library.report(quote.citation.report_id)
    body = [one for one in report.paragraphs if one.kind is Kind.BODY]
    at = next((n for n, one in enumerate(body) if one.span.covers(quote.span)), None)
    if at is None:
        return None, None
    before, after = (
        answerer.quote_at(report.id, body[n].section, body[n].number)
        if 0 <= n < len(body)
        else None
        for n in (at - 1, at + 1)
    )
    return before, after
