"""How does an admin add a report by sending its file?"""

from __future__ import annotations

import logging

from telegram import Document, Update
from telegram.error import BadRequest, TelegramError

from bot.chats.addressing import command_of, spoken
from bot.chats.desk import Context, Desk, desk_of
from bot.chats.replying import say
from bot.chats.working import working
from bot.handlers.changes import Wish, admitted, name_of, offer_in
from bot.pages.excerpt import clipped
from bot.pages.markup import text
from bot.pages.previews import file_name
from bot.pages.remarks import remark_sentences
from bot.pages.rendering import Page
from bot.texts import Texts
from knowledge import readers
from knowledge.changes import with_report
from knowledge.errors import UnreadableReport, UnusableShelf
from knowledge.readers import Workshop
from knowledge.revisions import What
from knowledge.uploads import understand, wanted

_log = logging.getLogger(__name__)
LARGEST = 20 * 1024 * 1024  # bytes that Telegram lets a bot download


async def document(update: Update, context: Context) -> None:
    """A file from an admin: what would change if it were one of the reports?"""
    message = update.effective_message
    if message is not None and message.document is not None:
        await _add(update, context, message.document, spoken(message))


async def add(update: Update, context: Context) -> None:
    """``/add`` with a file, or in reply to one; what follows the command is a title or an id."""
    message = update.effective_message
    command = command_of(message) if message else None
    if message is None or command is None:
        return
    replied = message.reply_to_message
    file = message.document or (replied.document if replied else None)
    words = command.argument
    if replied is not None and not words and message.document is None:
        words = spoken(replied)
    if file is not None:
        await _add(update, context, file, words)
        return
    caller = await admitted(update, context)
    if caller is not None:
        formats = " ".join(sorted(readers.SUFFIXES))
        await say(update, context, caller, caller.texts.say("upload.usage", formats=formats))


async def _add(update: Update, context: Context, file: Document, words: str) -> None:
    caller = await admitted(update, context)
    if caller is None:
        return
    said, name = caller.texts.say, file_name(file.file_name)
    if (file.file_size or 0) > LARGEST:
        size = f"{(file.file_size or 0) / 1024**2:.1f}"
        await say(update, context, caller, said("upload.too_large", size=size))
        return
    shown = clipped(name, 60)
    async with working(update, context, caller, said("admin.downloading", name=shown)) as work:
        try:
            content = bytes(await (await context.bot.get_file(file)).download_as_bytearray())
        except BadRequest as error:
            if "too big" in error.message.lower():
                await work.end(Page(text(said("upload.too_large", size="> 20"))))
                return
            await work.end(Page(text(said("upload.not_downloaded", reason=error.message))))
            return
        except TelegramError as error:
            # In full only in the log, which keeps addresses with the token out.
            _log.warning("%s was not downloaded: %s", name, error)
            reason = type(error).__name__
            await work.end(Page(text(said("upload.not_downloaded", reason=reason))))
            return
        work.tell(said("admin.reading"))
        desk, who = desk_of(context), name_of(update)
        # Whatever ends this handler ends the reading, which a thread alone would go on with.
        with Workshop() as workshop:
            await offer_in(
                work,
                update,
                context,
                caller,
                lambda: _wish(desk, name, content, words, who, caller.texts, workshop),
            )


def _wish(
    desk: Desk,
    name: str,
    content: bytes,
    words: str,
    who: str,
    texts: Texts,
    workshop: Workshop,
) -> Wish | Page:
    """What the file would change, or why it cannot."""
    library = desk.answerer.library
    try:
        upload = understand(name, content, wanted(words, library), library, workshop)
    except UnreadableReport as error:
        _log.warning("%s was not added: it %s", name, error)
        shown = clipped(name, 60)
        return Page(text(texts.say("upload.unreadable", name=shown, reason=error)))
    if upload.same is not None:
        same = upload.same
        return Page(text(texts.say("upload.in_use", title=clipped(same.title, 120), id=same.id)))
    newest = desk.shelf.newest()
    if newest is None:
        raise UnusableShelf("nothing can be kept in WENJU_STATE; the log says why")
    details = {
        "report": upload.row.id,
        "title": upload.reading.report.title,
        "file": name,
        "name": who,
    }
    if upload.row.id not in library:
        details["new"] = "yes"
    change = with_report(newest, upload.row, content, What("upload", details))
    return Wish(change, remark_sentences(upload.reading, texts))
