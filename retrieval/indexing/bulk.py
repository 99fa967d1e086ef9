"""How are many reports analysed by all cores, and not again where that was interrupted?

Reports are divided into blocks. Each is analysed by itself, by several processes where there are
several cores, and written to disk at once: memory holds no more than the blocks in work, and who
begins anew finds what was finished.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import hashlib
import json
import logging
import os
import pickle
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from knowledge.volume import Volume
from retrieval.cores import cores
from retrieval.indexing.holdings import Holdings, Source, analyse, key, source
from retrieval.indexing.room import Files, damaged, mapped
from retrieval.text.analysis import Analyzer

_log = logging.getLogger(__name__)

BLOCK = 4_000
"""Documents of a block: some five seconds of work, of which an interruption loses the last."""

_HEADER = "header.json"
_NICE = 10  # whoever answers questions meanwhile comes first


@dataclass(frozen=True, slots=True)
class Bulk:
    """Analyses many reports; blocks are kept in ``folder`` until ``clear`` is called.

    ``processes`` are as many as there are cores, unless told otherwise.
    """

    folder: Path
    processes: int | None = None

    def __call__(
        self,
        volumes: Sequence[Volume],
        analyzer: Analyzer,
        rules: str,
        progress: Callable[[int, int], None],
    ) -> list[Holdings]:
        """The volumes in order, in as many parts as there are blocks."""
        blocks = list(_blocks(volumes))
        names = [_name(block, analyzer, rules) for block in blocks]
        sizes = [sum(len(volume.body) for volume in block) for block in blocks]
        self._forget_all_but(names)
        found = {name: made for name in names if (made := _opened(self.folder / name)) is not None}
        done = sum(size for name, size in zip(names, sizes, strict=True) if name in found)
        total = sum(sizes)
        missing = [number for number, name in enumerate(names) if name not in found]

        def told(more: int) -> None:
            progress(done + more, total)

        if missing:
            told(0)
        for number, more in self._made(missing, blocks, names, analyzer, told):
            found[names[number]] = more
            done += sizes[number]
            told(0)
        return [found[name] for name in names]

    def clear(self) -> None:
        """Forget the blocks: an index was made of them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _forget_all_but(self, names: Sequence[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for other in self.folder.iterdir():
            if other.name not in names:
                shutil.rmtree(other, ignore_errors=True)

    def _made(
        self,
        missing: Sequence[int],
        blocks: Sequence[Sequence[Volume]],
        names: Sequence[str],
        analyzer: Analyzer,
        told: Callable[[int], None],
    ) -> Iterator[tuple[int, Holdings]]:
        """The missing blocks, as they are finished."""
        left = list(missing)
        processes = min(self.processes or cores(), len(left))
        if processes > 1:
            try:
                for number in self._by_processes(tuple(left), blocks, names, analyzer, processes):
                    left.remove(number)
                    yield number, _certain(self.folder / names[number])
            except _NotWritten:
                raise
            except OSError as error:
                _log.warning("indexing goes on in one process: %s", error)
        for number in left:
            made = analyse([source(volume) for volume in blocks[number]], analyzer, told)
            _write(made, self.folder / names[number])
            yield number, _certain(self.folder / names[number])

    def _by_processes(
        self,
        missing: Sequence[int],
        blocks: Sequence[Sequence[Volume]],
        names: Sequence[str],
        analyzer: Analyzer,
        processes: int,
    ) -> Iterator[int]:
        """The numbers of the missing blocks as they are written, by as many processes."""
        ready: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        started: list[_Process] = []
        threads = ThreadPoolExecutor(processes)

        def make(number: int) -> int:
            process = ready.get()
            try:
                sources = [source(volume) for volume in blocks[number]]
                process.make(sources, self.folder / names[number])
            finally:
                ready.put(process)
            return number

        try:
            for _ in range(processes):
                started.append(_Process(analyzer))
                ready.put(started[-1])
            for finished in as_completed([threads.submit(make, number) for number in missing]):
                yield finished.result()
        finally:
            # What has begun is finished, and kept.
            threads.shutdown(wait=True, cancel_futures=True)
            for process in started:
                process.close()


def _blocks(volumes: Sequence[Volume]) -> Iterator[list[Volume]]:
    block: list[Volume] = []
    size = 0
    for volume in volumes:
        block.append(volume)
        size += len(volume.body)
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _name(block: Sequence[Volume], analyzer: Analyzer, rules: str) -> str:
    digest = hashlib.sha256(f"{rules} {analyzer.fingerprint}".encode())
    for volume in block:
        digest.update(key(volume))
    return digest.hexdigest()[:32]


# --- one block -----------------------------------------------------------------------------------

_ROOT = Path(__file__).resolve().parents[2]  # where `retrieval` is imported from
_RUN = "from retrieval.indexing.bulk import serve; serve()"
_DONE = b"\0"


class _NotWritten(OSError):
    """A block that cannot be written: no other process could."""


class _Process:
    """Another process, which makes blocks."""

    def __init__(self, analyzer: Analyzer) -> None:
        # Not the pool of the standard library: its processes run the main module again, which may
        # be anybody's script. Nothing of our environment goes along: it may hold the bot's token.
        # An interruption reaches this process alone, which lets the others finish.
        self._process = subprocess.Popen(  # noqa: S603 - our own code alone
            [sys.executable, "-P", "-c", _RUN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        self._first: Analyzer | None = analyzer

    def make(self, sources: Sequence[Source], folder: Path) -> None:
        """Have a block made. Raises ``OSError``."""
        if self._first is not None:
            self._send(self._first)
            self._first = None
        self._send((sources, folder))
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        answer = self._process.stdout.read(len(_DONE))
        if not answer:
            raise BrokenPipeError("a process that analyses has ended")
        if answer != _DONE:
            raise _NotWritten(answer[0], os.strerror(answer[0]))

    def _send(self, what: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        pickle.dump(what, self._process.stdin)
        self._process.stdin.flush()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101
            with contextlib.suppress(OSError):  # what was written to a process that has ended
                pipe.close()
        self._process.wait()


def serve() -> None:
    """Make blocks for the process that began this one, for as long as it lives."""
    os.nice(_NICE)
    gc.disable()  # nothing that is made here refers to itself; looking for it takes a twentieth
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    received: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, received), daemon=True).start()
    analyzer: Analyzer = received.get()
    while True:
        sources, folder = received.get()
        answer = _DONE
        try:
            _write(analyse(sources, analyzer), folder)
        except OSError as error:
            answer = bytes([error.errno or errno.EIO])
        with contextlib.suppress(OSError):  # nobody is there any more: see `_receive`
            answers.write(answer)
            answers.flush()


def _receive(requests: IO[bytes], received: queue.SimpleQueue[Any]) -> None:
    """Take in requests; when whoever sent them is gone, end this process, whatever it is at.

    By a signal or killed, in the middle of a request too: what it wanted nobody wants any more.
    """
    try:
        while True:
            received.put(pickle.load(requests))  # noqa: S301 - only our own process writes there
    finally:
        os._exit(0)


def _write(made: Holdings, folder: Path) -> None:
    """Write a block whole or not at all."""
    aside = Path(tempfile.mkdtemp(prefix="block.", dir=folder.parent))
    room = Files(aside)
    try:
        for name, array in made.arrays().items():
            room.fill(name, array.dtype, [array])
        (aside / _HEADER).write_text(json.dumps(room.written), encoding="utf-8")
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    try:
        aside.rename(folder)
    except OSError:  # another process has made the same
        shutil.rmtree(aside, ignore_errors=True)


def _opened(folder: Path) -> Holdings | None:
    """A block that was written before, if it is what was written."""
    try:
        return _certain(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _certain(folder: Path) -> Holdings:
    written = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
    for name, one in written.items():
        if damaged(folder, name, one):
            raise ValueError(f"{folder / name} is not what was written")
    arrays = {name: mapped(folder, name, one) for name, one in written.items()}
    return Holdings(**Holdings.parts_of(arrays))
