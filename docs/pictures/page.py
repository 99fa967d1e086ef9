"""How does Telegram show a conversation? Recorded messages in, a small HTML page out."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from aiogram.types import MessageEntity
from aiogram.utils.text_decorations import HtmlDecoration

from tests.telegram.refusal import Json

FOUND = {"bot_command", "mention", "url", "hashtag"}
COLOURS = ("#d45246", "#6c61df", "#0f8071", "#ce671b", "#2f7cc4", "#c0508f")
# A quotation of three lines or fewer has nothing to unfold, and Telegram shows no arrow.
UNFOLDED = """<script>
for (const quote of document.querySelectorAll("blockquote[expandable]"))
  if (quote.scrollHeight <= quote.clientHeight) quote.removeAttribute("expandable");
</script>"""
STYLE = Path(__file__).with_name("chat.css")

PAGE = Template(
    """<!doctype html>
<html lang="zh"><meta charset="utf-8"><style>$style</style>
<body style="width: ${width}px"><header><i class="face">$initial</i><div><b>$title</b>
<small>$subtitle</small></div></header><main>$body</main>$below$script</body></html>
"""
)


class _Decoration(HtmlDecoration):
    """aiogram's renderer, and what Telegram finds by itself looks like a link, too."""

    def apply_entity(self, entity: MessageEntity, text: str) -> str:
        shown = super().apply_entity(entity, text)
        return f"<a>{shown}</a>" if entity.type in FOUND else shown


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows: messages as the server recorded them, seen by ``viewer``.

    ``below`` is a piece of HTML under the messages: a command menu or a list of inline results.
    ``shift`` is taken from every message's time, in seconds; ``photos`` has what was sent, by id.
    """

    title: str
    subtitle: str
    viewer: int
    messages: Sequence[Json]
    unfolded: bool = False
    width: int = 640
    below: str = ""
    shift: int = 0
    photos: Mapping[str, bytes] = field(default_factory=dict)


def page(scene: Scene) -> str:
    """The whole page."""
    return PAGE.substitute(
        style=STYLE.read_text(encoding="utf-8"),
        width=scene.width,
        initial=html.escape(scene.title[0]),
        title=html.escape(scene.title),
        subtitle=html.escape(scene.subtitle),
        body="\n".join(bubble(message, scene) for message in scene.messages),
        below=scene.below,
        script=UNFOLDED,
    )


def bubble(message: Json, scene: Scene) -> str:
    """One message with its buttons."""
    if "forum_topic_created" in message:
        name = html.escape(message["forum_topic_created"]["name"])
        return f'<p class="service">话题“{name}”</p>'
    author = message.get("from") or message["sender_chat"]
    own = author["id"] == scene.viewer
    private = message["chat"]["type"] == "private"
    name = "" if own or private else _name(author)
    clock = datetime.fromtimestamp(message["date"] - scene.shift, UTC).strftime("%H:%M")
    note = "已编辑 " if "edit_date" in message else ""
    seen = " ✓✓" if own else ""
    return (
        f'<article class="{"own" if own else "other"}"><div class="bubble">{name}'
        f"{_replied(message, scene)}{_photo(message, scene)}"
        f"<div>{body(message, unfolded=scene.unfolded)}"
        f"<time>{note}{clock}{seen}</time></div></div>{_keyboard(message)}</article>"
    )


def body(message: Json, *, unfolded: bool = False) -> str:
    """The text with its marks; what else there is, in words."""
    if "sticker" in message:
        return f'<span class="sticker">{message["sticker"]["emoji"]}</span>'
    given = message.get("entities") or message.get("caption_entities") or []
    entities = [MessageEntity.model_validate(entity) for entity in given]
    text = message.get("text") or message.get("caption") or ""
    marked = _Decoration().unparse(text, entities)
    # A quotation is a block: the line break after it is the block's own.
    marked = re.sub(r"(</blockquote>)\n?", r"\1", marked)
    if unfolded:
        marked = marked.replace("<blockquote expandable>", "<blockquote>")
    if "document" in message:
        name = html.escape(message["document"]["file_name"])
        marked = f'<span class="file">📄 {name}</span>{marked}'
    return marked


def _photo(message: Json, scene: Scene) -> str:
    if "photo" not in message:
        return ""
    content = base64.b64encode(scene.photos[message["photo"][-1]["file_id"]]).decode()
    return f'<img class="photo" src="data:image/png;base64,{content}">'


def _name(author: Json) -> str:
    shown = html.escape(author.get("first_name") or author["title"])
    colour = COLOURS[author["id"] % len(COLOURS)]
    return f'<b class="name" style="color: {colour}">{shown}</b>'


def _replied(message: Json, scene: Scene) -> str:
    replied = message.get("reply_to_message")
    if replied is None or "forum_topic_created" in replied:
        return ""
    for other in scene.messages:  # which may have been edited since
        if other["message_id"] == replied["message_id"]:
            replied = other
    author = replied.get("from") or replied["sender_chat"]
    name = html.escape(author.get("first_name") or author["title"])
    said = message.get("quote", {}).get("text") or replied.get("text") or replied.get("caption")
    line = html.escape((said or "…").replace("\n", " "))
    return f'<div class="reply"><b>{name}</b><span>{line}</span></div>'


def _keyboard(message: Json) -> str:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    lines = []
    for row in rows:
        cells = "".join(f"<i>{html.escape(button['text'])}{_corner(button)}</i>" for button in row)
        lines.append(f"<div>{cells}</div>")
    return f'<div class="keyboard">{"".join(lines)}</div>' if lines else ""


def _corner(button: Json) -> str:
    if "url" in button:
        return "<sup>↗</sup>"
    if "copy_text" in button:
        return '<sup class="copies"></sup>'
    return ""


def menu(commands: Sequence[Json]) -> str:
    """The command menu that opens when a reader types ``/``."""
    rows = "".join(
        f"<div><b>/{html.escape(entry['command'])}</b>"
        f"<span>{html.escape(entry['description'])}</span></div>"
        for entry in commands
    )
    return f'<footer class="menu">{rows}<p class="input">/</p></footer>'


def inline_results(query: str, results: Sequence[Json]) -> str:
    """The list that opens above what a reader is typing in any chat."""
    rows = "".join(
        f'<div><i class="face">{html.escape(result["title"][0])}</i><div>'
        f"<b>{html.escape(result['title'])}</b>"
        f"<span>{html.escape(result.get('description', ''))}</span></div></div>"
        for result in results
    )
    return f'<footer class="results">{rows}<p class="input">{html.escape(query)}</p></footer>'
