from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from telegram import Bot, Update

from bot.chats.turns import Line, Turns
from bot.records.memory import Memory
from bot.records.store import Store
from tests.telegram import people
from tests.telegram.refusal import Json
from tests.telegram.server import BOT, TOKEN
from tests.telegram.world import Chat, Person, World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as opened:
        yield opened


class Handling:
    """Handlers that take as long as they are told to; ``begun`` has those that got their turn."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.started = asyncio.Condition()

    def take(self, name: str, number: int, content: Json) -> asyncio.Task[None]:
        """Let an update arrive whose handler waits for its gate."""
        self.gates[name] = asyncio.Event()
        update = Update.de_json({"update_id": number, **content}, Bot(TOKEN))
        return asyncio.create_task(self.turns.process_update(update, self._handle(name)))

    async def _handle(self, name: str) -> None:
        async with self.started:
            self.begun.append(name)
            self.started.notify_all()
        await self.gates[name].wait()

    async def until(self, *names: str) -> None:
        """Wait until these have begun, in any order, and no others."""
        async with self.started:
            await self.started.wait_for(lambda: set(self.begun) >= set(names))
        assert sorted(self.begun) == sorted(names)

    def open(self, *names: str) -> None:
        """Let these finish."""
        for name in names:
            self.gates[name].set()


@pytest.fixture
def handling(store: Store) -> Handling:
    return Handling(Turns(Memory(store), at_once=3))


WORLD = World(BOT)


def asked(chat: Chat, person: Person) -> Json:
    return people.message(chat, person, people.text("刘安是谁"))


async def test_no_more_is_fetched_than_can_wait() -> None:
    line = Line(2)
    for number in (1, 2):
        await line.put(number)
    third = asyncio.create_task(line.put(3))
    assert await line.get() == 1
    await asyncio.sleep(0)  # taken out is not done yet
    assert (line.qsize(), third.done()) == (1, False)
    line.task_done()
    await third
    assert [await line.get(), await line.get()] == [2, 3]
    line.task_done()
    line.task_done()
    await line.join()


async def test_a_chat_is_answered_in_order_and_others_meanwhile(handling: Handling) -> None:
    person = WORLD.new_person()
    one, other = WORLD.supergroup(), WORLD.supergroup()
    tasks = [
        handling.take("first", 1, asked(one, person)),
        handling.take("second", 2, asked(one, person)),
        handling.take("elsewhere", 3, asked(other, person)),
    ]
    await handling.until("first", "elsewhere")
    handling.open("first")
    await handling.until("first", "elsewhere", "second")
    handling.open("second", "elsewhere")
    await asyncio.gather(*tasks)


def update_of(chat: Chat, person: Person, number: int) -> Update:
    """An update with this number in ``chat``."""
    return Update.de_json({"update_id": number, **asked(chat, person)}, Bot(TOKEN))


async def test_who_is_alone_in_a_chat_is_not_crowded(handling: Handling) -> None:
    person = WORLD.new_person()
    one, other = WORLD.supergroup(), WORLD.supergroup()
    where = {"alone": other, "first": one, "second": one, "after": one}
    updates = {name: Update(number, message=None) for number, name in enumerate(where, 1)}
    tasks = {
        name: handling.take(name, number, asked(where[name], person))
        for number, name in enumerate(list(where)[:3], 1)
    }
    await handling.until("alone", "first")
    crowded = {name for name, update in updates.items() if handling.turns.is_crowded(update)}
    assert crowded == {"first", "second"}
    handling.open("alone", "first", "second")
    await asyncio.gather(*tasks.values())
    after = handling.take("after", 4, asked(one, person))
    await handling.until("alone", "first", "second", "after")
    assert not any(handling.turns.is_crowded(update) for update in updates.values())
    # Once its answer is there, what is still to do for it makes no crowd.
    handling.turns.answered(update_of(one, person, 4))
    later = handling.take("later", 5, asked(one, person))
    handling.open("after")
    await handling.until("alone", "first", "second", "after", "later")
    assert not handling.turns.is_crowded(Update(5))
    handling.open("later")
    await asyncio.gather(after, later)


async def test_no_more_than_so_many_are_handled_at_once(handling: Handling) -> None:
    person = WORLD.new_person()
    names = ["一", "二", "三", "四"]
    tasks = [
        handling.take(name, number, asked(WORLD.supergroup(), person))
        for number, name in enumerate(names)
    ]
    await handling.until(*names[:3])
    handling.open("二")
    await handling.until(*names)
    handling.open(*names)
    await asyncio.gather(*tasks)


async def test_a_press_waits_for_its_message_only(handling: Handling) -> None:
    person, group = WORLD.new_person(), WORLD.supergroup()
    first, second = (group.add({"from": BOT.json(), "text": words}) for words in "甲乙")
    tasks = [
        handling.take("question", 1, asked(group, person)),
        handling.take("press", 2, people.press(person, "1", first, "1m1")),
        handling.take("again", 3, people.press(person, "2", first, "1m2")),
        handling.take("other", 4, people.press(person, "3", second, "1m1")),
    ]
    await handling.until("question", "press", "other")
    handling.open("question", "press", "other", "again")
    await asyncio.gather(*tasks)
    assert handling.begun[-1] == "again"


async def test_the_same_update_is_handled_once_also_after_a_restart(
    handling: Handling, store: Store
) -> None:
    content = asked(WORLD.supergroup(), WORLD.new_person())
    tasks = [handling.take("first", 7, content), handling.take("twice", 7, content)]
    handling.open("first")
    await asyncio.gather(*tasks)
    later = Handling(Turns(Memory(store)))
    await later.take("later", 7, content)
    assert handling.begun + later.begun == ["first"]


async def test_an_update_whose_handler_broke_is_not_noted_as_done(
    handling: Handling, store: Store
) -> None:
    async def broken() -> None:
        raise KeyError

    content = asked(WORLD.supergroup(), WORLD.new_person())
    update = Update.de_json({"update_id": 9, **content}, Bot(TOKEN))
    with pytest.raises(KeyError):
        await handling.turns.process_update(update, broken())
    assert not store.is_done(9)
    task = handling.take("again", 9, content)
    handling.open("again")
    await task
    assert store.is_done(9)
