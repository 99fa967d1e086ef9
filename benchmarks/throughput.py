"""Does the bot keep up with Telegram's own limit, on one core, while its knowledge is replaced?

``python -m benchmarks.throughput`` starts the real bot on one processor core, with the Bot API
server of the tests on the others, and asks it 30 questions a second: as many as Telegram lets a
bot answer. In the middle an admin changes a report and puts it into use. A question's time is what
lies between its delivery and the request that answers it: all work of the bot, waiting for its
turn and loopback HTTP included. It may send twice as fast, so that its own work is measured: at
the limit, what has once queued up waits for good, because as much comes in as may go out. The
numbers and the picture go into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import tests.telegram.server as telegram
from benchmarks import corpus, page, served
from benchmarks.alone import Alone
from benchmarks.alone import memory as of_process
from benchmarks.measure import ROOT, machine
from benchmarks.reports import PARAGRAPHS, SECTIONS, write_reports
from benchmarks.served import Throughput
from tests.telegram import people
from tests.telegram.administration import settled
from tests.telegram.bot_process import Setup, kept_environment, serving
from tests.telegram.conversation import Conversation
from tests.telegram.world import World

RATE = 30
SECONDS = 600
REPORTS = 3_334  # of 30 paragraphs each
READERS = 1_000  # each asks every half minute
ALONE = 300  # questions that are asked one at a time, after as many that warm up
WARMING = 2.0  # seconds of questions that are not counted


class Watch:
    """Notes when each chat was answered."""

    def __init__(self, server: telegram.Server) -> None:
        self._server = server
        self._seen = server.mark
        self.waiting: dict[int, tuple[float, int]] = {}
        self.times: dict[int, tuple[float, float]] = {}

    def asked(self, chat: int, number: int) -> None:
        """Question ``number`` is being delivered to ``chat``."""
        self.waiting[chat] = (time.perf_counter(), number)

    def look(self) -> bool | None:
        """Note what came in; gives nothing, so that it is called after every change."""
        now = time.perf_counter()
        for call in self._server.calls[self._seen :]:
            if call.method == "sendMessage":
                begun = self.waiting.pop(int(call.parameters["chat_id"]), None)
                if begun is not None:
                    self.times[begun[1]] = (begun[0], now)
        self._seen = self._server.mark
        return None


def questions(count: int, paragraphs: int) -> Iterator[str]:
    """Questions about the reports: some words of one paragraph each."""
    known, _ = corpus.dictionary()
    asked = corpus.questions(corpus.corpus(paragraphs), count)
    return ("".join(known[word] for word in words) + "是什么？" for words in asked)


def prepare(folder: Path, reports: int) -> None:
    """Write the reports and build the index, unless both are there already."""
    knowledge = folder / "knowledge"
    if not knowledge.exists():
        print(f"writing {reports:,} reports", file=sys.stderr, flush=True)
        write_reports(knowledge, reports)
    # What is remembered of an earlier run, whose server gave the same numbers to its messages.
    for file in (folder / "state").glob("*.sqlite3*"):
        file.unlink()
    for left in ("knowledge", "working"):
        shutil.rmtree(folder / "state" / left, ignore_errors=True)
    print("building the index", file=sys.stderr, flush=True)
    environment = {**kept_environment(), **_settings(folder)}
    index = [sys.executable, "-m", "bot", "index"]
    subprocess.run(index, cwd=ROOT, env=environment, check=True)


def _settings(folder: Path) -> dict[str, str]:
    return {
        "WENJU_KNOWLEDGE": str(folder / "knowledge"),
        "WENJU_STATE": str(folder / "state"),
        "WENJU_SEMANTIC": "off",
        "WENJU_PERSON_RATE": "0",
        "WENJU_SEND_RATE": str(2 * RATE),
    }


async def measure(folder: Path, reports: int, rate: float, seconds: float) -> Throughput:
    """Run the bot for so many seconds, with a reload a third of the way."""
    load = os.getloadavg()[0]
    paragraphs = reports * SECTIONS * PARAGRAPHS
    count = int(rate * seconds)
    asked = list(questions(count, paragraphs))
    world = World(telegram.BOT)
    admin = world.new_person("管理员")
    private = world.private(admin)
    settings = {**_settings(folder), "WENJU_ADMINS": str(admin.id)}
    cores = sorted(os.sched_getaffinity(0))
    async with telegram.running(telegram.Server(world)) as server:
        server.patience = seconds + 600  # a large library takes its time to open
        setup = Setup(server, folder, settings)
        # What the bot starts inherits its core; this process, which plays Telegram, takes the rest.
        os.sched_setaffinity(0, cores[:1])
        alone = await asyncio.to_thread(_alone, folder, list(questions(2 * ALONE, paragraphs)))
        starting = serving(setup)
        async with serving(setup) as one:  # keeps the folder as its first revision
            await one.stop()
        due = time.perf_counter()
        bot = await starting.__aenter__()
        started = time.perf_counter() - due
        try:
            os.sched_setaffinity(0, cores[1:] or cores)
            readers = [
                (person, world.private(person))
                for person in (world.new_person(f"读者{n}") for n in range(READERS))
            ]
            chat = Conversation(server, private, admin)
            watch = Watch(server)
            watching = asyncio.create_task(server.until(watch.look, "nothing"))
            before = _processor_time(bot.process.pid)
            begun = time.perf_counter()
            reloading = asyncio.create_task(_reload(chat, folder, begun, seconds / 3))
            for number, question in enumerate(asked):
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                person, own = readers[number % READERS]
                update = people.message(own, person, people.text(question))
                watch.asked(own.id, number)
                server.deliver(update)
            reload = await reloading
            for _ in range(300):
                if not watch.waiting:
                    break
                await asyncio.sleep(0.1)
            lasted = time.perf_counter() - begun
            busy = (_processor_time(bot.process.pid) - before) / lasted
            memory = of_process(bot.process.pid)
            watching.cancel()
            if await bot.stop():
                raise RuntimeError(f"the bot failed:\n{bot.output}")
        finally:
            os.sched_setaffinity(0, cores)
            await starting.__aexit__(None, None, None)
        if refused := server.refusals():
            raise RuntimeError(f"Telegram would have refused: {refused[0]}")
    answered = sorted(watch.times.items())
    counted = [(start, end) for _, (start, end) in answered if start - begun >= WARMING]
    return Throughput(
        paragraphs=paragraphs,
        rate=rate,
        seconds=round(lasted, 1),
        questions=count,
        unanswered=count - len(answered),
        times=tuple(round((end - start) * 1000, 2) for start, end in counted),
        delivered=tuple(round(start - begun, 3) for start, _ in counted),
        reload=reload,
        busy=round(busy, 3),
        memory=memory["VmHWM"],
        own=memory["RssAnon"],
        mapped=memory["RssFile"],
        started=round(started, 1),
        alone=alone,
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        load=(round(load, 2), round(os.getloadavg()[0], 2)),
    )


async def _reload(
    admin: Conversation, folder: Path, begun: float, after: float
) -> tuple[float, float, float]:
    """Change a report, ask for the preview, confirm it; when each was done."""
    await asyncio.sleep(after)
    report = folder / "knowledge" / "reports" / "r00000.md"
    with report.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}又添了一段。\n\n")
    moments = [time.perf_counter() - begun]
    preview = await settled(admin, await admin.ask("/reload"))
    moments.append(time.perf_counter() - begun)
    await admin.press(preview, "确认")

    def begins_to_change() -> bool | None:
        return admin.now(preview).text != preview.text or None

    await admin.server.until(begins_to_change, "change of the preview")
    done = await settled(admin, preview)
    moments.append(time.perf_counter() - begun)
    if not done.text.startswith("已换上"):
        raise RuntimeError(f"the reload failed: {done.text}")
    first, second, third = (round(moment, 2) for moment in moments)
    return first, second, third


def _processor_time(process: int) -> float:
    """The seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _alone(folder: Path, asked: list[str]) -> Alone:
    """What questions take that are asked one at a time of a process of their own."""
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.alone", str(folder)],
        cwd=ROOT,
        env=kept_environment(),
        input="\n".join(asked).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Alone(**json.loads(found.stdout))


def main() -> int:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="questions a second")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to ask")
    parser.add_argument("--reports", type=int, default=REPORTS, help="of 30 paragraphs each")
    parser.add_argument(
        "--folder", type=Path, help="keeps the reports and their index between runs"
    )
    parser.add_argument("--dry", action="store_true", help="print what came out, write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wenju-throughput-") as aside:
        folder = (arguments.folder or Path(aside)).resolve()
        prepare(folder, arguments.reports)
        found = asyncio.run(measure(folder, arguments.reports, arguments.rate, arguments.seconds))
    print(served.section(found))
    if not arguments.dry:
        found.save()
        page.write_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
