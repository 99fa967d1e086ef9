"""What does the bot offer in any chat, when somebody types its name there?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode

from bot.chats.composing import find
from bot.chats.desk import Context, admission, caller_of, desk_of
from bot.chats.rates import Admission
from bot.chats.replying import markup_of
from bot.chats.topics import lists_people
from bot.pages.buttons import Button
from bot.pages.excerpt import clipped
from bot.pages.guide import describe
from bot.pages.markup import MAX_LENGTH
from bot.pages.rendering import (
    MAX_HEADING,
    Page,
    View,
    citation_text,
    deep_link,
    passage,
    topic_page,
)
from bot.records.store import Asking
from knowledge.library import Library
from retrieval.model import Outcome, Quote

if TYPE_CHECKING:
    from retrieval.answering import Answerer

PER_PAGE = 10
MOST = 50  # what Telegram shows for one query
CACHE = 300  # seconds; a reload shows after that at the latest
DESCRIBED = 200  # UTF-16 units of an answering sentence in the list of results
START = "inline"


async def results(update: Update, context: Context) -> None:
    """Offer passages for what is typed; before anything is, the topics."""
    query = update.inline_query
    if query is None:
        return
    caller = await caller_of(update, context)
    answerer, view = desk_of(context).answerer, caller.view
    offset = int(query.offset) if query.offset.isascii() and query.offset.isdigit() else 0
    asked = " ".join(query.query.split())
    if admission(context, caller) is not Admission.WELCOME:
        await query.answer([], cache_time=0, is_personal=True)
        return
    if asked:
        found, more = await asyncio.to_thread(_passages, answerer, asked, view, offset)
    else:
        found, more = await asyncio.to_thread(_topics, answerer.library, view), False
    label = view.texts.say("inline.open" if found or offset else "inline.none")
    await query.answer(
        found,
        cache_time=CACHE,
        is_personal=True,  # what is offered depends on the language
        next_offset=str(offset + PER_PAGE) if more else "",
        button=InlineQueryResultsButton(label, start_parameter=START),
    )


def _passages(
    answerer: Answerer, asked: str, view: View, offset: int
) -> tuple[list[InlineQueryResultArticle], bool]:
    """The passages from ``offset`` on, and whether there are more."""
    upto = min(offset + PER_PAGE, MOST)
    answer = find(answerer, Asking(asked), limit=min(upto + 1, MOST))
    if answer is None or answer.outcome is Outcome.NOT_FOUND:
        return [], False
    more = len(answer.quotes) > upto
    return [_article(quote, view) for quote in answer.quotes[offset:upto]], more


def _article(quote: Quote, view: View) -> InlineQueryResultArticle:
    """One passage: title and section, the answering sentence; choosing it posts the quote."""
    citation = quote.citation
    sentence = " ".join(span.of(quote.text) for span in quote.highlights) or quote.text
    url = deep_link(view.username, citation.id)
    button = Button(view.texts.say("buttons.open"), url=url)
    section = view.texts.say("citation.separator").join(citation.section[:1])
    title = " · ".join(filter(None, [citation.report_title, section]))
    return InlineQueryResultArticle(
        id=citation.id,
        title=clipped(title, MAX_HEADING) or citation_text(citation, view.texts),
        description=clipped(sentence, DESCRIBED),
        input_message_content=_content(Page(passage(quote, view, MAX_LENGTH))),
        reply_markup=markup_of(((button,),)) if url else None,
    )


def _topics(library: Library, view: View) -> list[InlineQueryResultArticle]:
    """The topics of the catalog; choosing one posts its list."""
    offered = []
    for topic in library.topics[:MOST]:
        people = lists_people(library, topic)
        page = topic_page(topic, topic.entries, view, people=people)
        title = topic.title.get(view.texts.language, topic.title["zh"])
        offered.append(
            InlineQueryResultArticle(
                id=f"t_{topic.command}",
                title=view.texts.say("inline.topic", title=title, count=len(topic.entries)),
                description=describe(topic, view.texts),
                input_message_content=_content(page),
            )
        )
    return offered


def _content(page: Page) -> InputTextMessageContent:
    return InputTextMessageContent(
        page.body.html,
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
