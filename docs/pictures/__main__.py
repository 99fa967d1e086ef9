"""What is in the pictures? Starts the real bot, talks to it, and photographs what was said.

`make pictures` draws all of them; `make pictures ARGS=conversation` draws one. Nothing is drawn by
hand: the messages are those that the bot's process sent to the Bot API server of the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from bot.records.store import DAY, Answered, Asking, Store
from docs.pictures.camera import NoBrowser, browser, photograph
from docs.pictures.page import Scene, inline_results, menu, page
from tests.telegram.bot_process import Setup, serving
from tests.telegram.conversation import Conversation, Message
from tests.telegram.server import BOT, Server, running
from tests.telegram.world import World

FOLDER = Path(__file__).parent
MORNING = 1_795_426_200  # 2026-11-23 09:30 UTC, so that drawing again changes nothing
SECONDS_BETWEEN_MESSAGES = 20
# Answered, only mentioned and not found: yesterday, the day before, ...
WEEK = ((15, 1, 1), (31, 3, 4), (0, 0, 0), (7, 2, 5), (20, 0, 2), (12, 1, 3), (24, 2, 4))


class Clock:
    """Goes on by the message, from now on: to what is old the bot would reply.

    The pictures show the time of a morning long ago instead; ``shift`` is between the two.
    """

    def __init__(self) -> None:
        begun = int(time.time())
        self.shift = begun - MORNING
        self._ticks = itertools.count(begun, SECONDS_BETWEEN_MESSAGES)

    def __call__(self) -> int:
        """The next time."""
        return next(self._ticks)


CLOCK = Clock()


def log_a_week(state: Path) -> None:
    """Put questions of the last days into the log, for the picture of the week."""
    cited = "huhang-benteng_{}_1_000000000000"
    for back, (answered, mentioned, not_found) in enumerate(WEEK, 1):
        then = time.time() - back * DAY
        with closing(Store(state, clock=lambda: then)) as store:  # noqa: B023 - used at once
            outcomes = (
                ["answered"] * answered + ["mentioned"] * mentioned + ["not_found"] * not_found
            )
            for number, outcome in enumerate(outcomes):
                citations = (cited.format(1 + number % 4),) if outcome != "not_found" else ()
                asked = Answered(number, 0, Asking("三零是什么"), citations, outcome)
                store.log(back, number, asked)


@asynccontextmanager
async def bot() -> AsyncIterator[tuple[Server, Conversation]]:
    """A bot that serves, in a world whose clock goes on by the message; and its admin's chat."""
    world = World(BOT, clock=CLOCK)
    admin = world.new_person("小周")
    home = world.private(admin)
    with tempfile.TemporaryDirectory(prefix="wenju-pictures-") as folder:
        settings = {"WENJU_ADMINS": str(admin.id)}
        log_a_week(Path(folder) / "state")
        async with (
            running(Server(world)) as server,
            serving(Setup(server, Path(folder), settings)),
        ):
            yield server, Conversation(server, home, admin)


def private(server: Server, name: str = "小明", language: str = "zh-hans") -> Conversation:
    """A new reader's private chat."""
    person = server.world.new_person(name, language=language)
    return Conversation(server, server.world.private(person), person)


def scene(chat: Conversation, *, unfolded: bool = False, below: str = "") -> Scene:
    """The whole chat as it stands now."""
    history = list(chat.chat.history.values())
    if chat.chat.type == "private":
        title, subtitle = BOT.name, "bot"
    else:
        title, subtitle = chat.chat.title, "群"
    return Scene(
        title,
        subtitle,
        chat.person.id,
        history,
        unfolded=unfolded,
        below=below,
        shift=CLOCK.shift,
        photos={name: file.content for name, file in chat.server.methods.files.items()},
    )


async def edited(chat: Conversation, message: Message, words: str) -> Message:
    """Press a button and wait until it has changed the message."""
    mark = chat.server.mark
    await chat.press(message, words)
    await chat.server.call("editMessageText", since=mark)
    return chat.now(message)


async def conversation(server: Server) -> Scene:
    """A question with its cited answer, and one that the report does not answer."""
    chat = private(server)
    await chat.ask("包头的“三零”是什么？")
    await chat.ask("红烧肉怎么做？")
    return scene(chat)


async def start(server: Server) -> Scene:
    """The first minute."""
    chat = private(server)
    await chat.ask("/start")
    await chat.ask("/help")
    return scene(chat)


async def commands(server: Server) -> Scene:
    """The command menu, and a topic with all its entries."""
    chat = private(server)
    await chat.ask("/hero")
    menus = server.methods.menus
    shown = menus.get(("all_private_chats", "zh")) or menus["all_private_chats", ""]
    return scene(chat, below=menu(shown))


async def topics(server: Server) -> Scene:
    """One entry of a topic; a name with a wrong character; one that is only named."""
    chat = private(server)
    await chat.ask("/hero 刘安")
    await chat.ask("/hero 包木仁")
    await chat.ask("/hero 马春雨")
    return scene(chat)


async def unknown(server: Server) -> Scene:
    """A name that is several people's, and one that is nobody's."""
    chat = private(server)
    await chat.ask("/hero 宝")
    await chat.ask("/hero 刘强")
    return scene(chat)


async def follow_up(server: Server) -> Scene:
    """A reply to an answer goes on from it."""
    chat = private(server)
    first = await chat.ask("/hero 刘安")
    await chat.ask("他守了多少年？", reply_to=first)
    return scene(chat)


async def edit(server: Server) -> Scene:
    """A question that was edited, and its answer that followed."""
    chat = private(server)
    mark = server.mark
    asked = chat.say("刘安是谁？")
    await chat.answer(since=mark)
    await chat.edit(asked, "索连红是谁？")
    return scene(chat)


async def several(server: Server) -> Scene:
    """Two questions in one message."""
    chat = private(server)
    await chat.ask("三个规定是什么？六项规定又是什么？")
    return scene(chat)


async def refusal(server: Server) -> Scene:
    """What the report does not say: the proof, the nearest passage, what can be asked."""
    chat = private(server)
    await chat.ask("2020年群众安全感是多少？")
    await chat.ask("鄂尔多斯公安做了什么？")
    return scene(chat)


async def context(server: Server) -> Scene:
    """A passage among its neighbours, in the message that had the answer."""
    chat = private(server)
    answer = await chat.ask("刘安是谁？")
    label = next(b["text"] for b in answer.buttons if b["text"].startswith("上下文"))
    await edited(chat, answer, label)
    return scene(chat, unfolded=True)


async def outline(server: Server) -> Scene:
    """A report by section and paragraph."""
    chat = private(server)
    reports = await chat.ask("/reports")
    contents = await edited(chat, reports, "护航奔腾时代")
    await edited(chat, contents, "热血忠诚")
    return scene(chat)


async def group(server: Server) -> Scene:
    """In a group: silence unless spoken to."""
    world = server.world
    asker, friend = world.new_person("小明"), world.new_person("小李")
    home = world.supergroup("读报小组")
    first = Conversation(server, home, asker)
    second = Conversation(server, home, friend)
    second.say("今天的报纸看了吗？")
    first.say("看了，包头那段挺有意思")
    answer = await second.ask(f"@{BOT.username} 三零是什么？")
    await first.ask("那通辽呢？", reply_to=answer)
    return scene(first)


async def inline(server: Server) -> Scene:
    """Inline mode: quotes offered in any chat."""
    chat = private(server)
    query = "三零"
    offered = await chat.inline(query)
    shown = inline_results(f"@{BOT.username} {query}", offered["results"][:4])
    return Scene("小李", "在线", chat.person.id, [], below=shown)


async def english(server: Server) -> Scene:
    """The same for a reader with an English client."""
    chat = private(server, "Ann", "en")
    await chat.ask("who is 索连红")
    return scene(chat)


async def inbox(server: Server, admin: Conversation) -> Scene:
    """Questions without a good answer, and how one is bound to a passage."""
    for asked in ("公安怎么帮老板？", "公安怎样帮老板", "公安怎么帮老板", "红烧肉怎么做？"):
        await private(server).ask(asked)
    reader = private(server)
    disliked = await reader.ask("刘安是谁？")
    await reader.press(disliked, "👎")
    await admin.ask("/inbox")
    opened = await admin.ask("/inbox")
    opened = await edited(admin, opened, "公安怎么帮老板")
    found = await admin.ask("企业 安全稳定发展", reply_to=opened)
    await admin.press(found, "[1]")
    return scene(admin)


async def stats(server: Server, admin: Conversation) -> Scene:
    """The week in numbers and as a picture."""
    for asked in ("三零是什么", "刘安是谁", "索连红是谁", "/hero 马春雨", "六项规定是什么"):
        await private(server).ask(asked)
    admin.chat.history.clear()
    await admin.ask("/stats")
    return scene(admin)


OF_ADMINS: dict[str, Callable[[Server, Conversation], Awaitable[Scene]]] = {
    "inbox": inbox,
    "stats": stats,
}
SCENES: dict[str, Callable[[Server], Awaitable[Scene]]] = {
    "conversation": conversation,
    "start": start,
    "commands": commands,
    "topics": topics,
    "unknown": unknown,
    "follow-up": follow_up,
    "edit": edit,
    "several": several,
    "refusal": refusal,
    "context": context,
    "outline": outline,
    "group": group,
    "inline": inline,
    "english": english,
}


async def draw(names: list[str]) -> None:
    """Draw the pictures called ``names``."""
    async with bot() as (server, admin):
        for name in names:
            of_admins = OF_ADMINS.get(name)
            drawn = await (of_admins(server, admin) if of_admins else SCENES[name](server))
            photograph(page(drawn), drawn.width, FOLDER / f"{name}.png")
            sys.stdout.write(f"docs/pictures/{name}.png\n")


def main() -> int:
    """Draw the pictures that the command line names, or all of them; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description=main.__doc__)
    known = [*SCENES, *OF_ADMINS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args().names or known
    if unknown_names := [name for name in names if name not in known]:
        parser.error(f"no picture {unknown_names[0]!r}; there are {', '.join(known)}")
    try:
        browser()
    except NoBrowser as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(draw(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
