"""How is a file read that may be made to do harm? In a process of its own, with limits."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from knowledge.errors import UnreadableReport
from knowledge.readers import formats, wire, worker
from knowledge.readers.document import Document
from knowledge.readers.extras import reads_scans

_START = 30  # seconds, at most, until a new process reads
_MOST_ANSWER = 512 * 1024**2  # bytes; `formats.MOST_TEXT` characters, each block with its place
_ROOT = Path(__file__).resolve().parents[2]  # where `knowledge` is imported from
_RUN = f"from {worker.__name__} import main; main({{memory}})"
# Text is as harmless as it is short: at this length the worst Markdown that is known takes some
# three seconds, and a folder of ordinary reports needs no second process.
_SHORT = 64 * 1024  # bytes


class Workshop:
    """Reads files in a second process, which starts with the first one that needs it.

    One process reads file after file; it is replaced when it breaks off. Give it back with
    ``close`` or ``with``. Threads may share a workshop; they wait for each other.
    """

    def __init__(self, seconds: int = 60, memory: int = 2 * 1024**3) -> None:
        """A file that takes longer than ``seconds`` or more bytes of ``memory`` is refused.

        The memory counts as the system sees it, with the program itself, some 100 MB. Where scans
        can be read, a PDF has ten times as long, and the memory is twice as much.
        """
        self._seconds = seconds
        self._memory = memory * (2 if reads_scans() else 1)
        self._process: subprocess.Popen[bytes] | None = None
        self._in_use = threading.Lock()
        self._changing = threading.Lock()
        self._closed = False

    def __enter__(self) -> Workshop:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, in the middle of a file too: whoever waits gets ``UnreadableReport``."""
        with self._changing:
            self._closed = True
            self._end()

    def read(self, name: str, content: bytes) -> Document:
        """The document in a file's bytes; ``name`` is only looked at for its ending.

        Raises ``UnreadableReport``, whose message goes on after the file's name.
        """
        suffix = formats.suffix_of(name)
        if len(content) > formats.MOST_BYTES or (
            suffix in formats.PLAIN and len(content) <= _SHORT
        ):
            return formats.parse(name, content)
        with self._in_use:
            seconds = self._seconds * (10 if suffix == ".pdf" and reads_scans() else 1)
            return self._read(f"file{suffix}".encode(), content, seconds)

    def _read(self, name: bytes, content: bytes, seconds: int) -> Document:
        before = self._process
        process = self._running()
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        # What the start of the process takes on a busy machine is not the file's fault.
        clock = threading.Timer(seconds + (0 if process is before else _START), stop)
        clock.daemon = True
        clock.start()
        try:
            outcome = _asked(process, name, content, seconds)
        except (OSError, ValueError, EOFError) as error:
            self._replace(process)
            if self._closed:
                raise UnreadableReport("was not read: the reading was stopped") from error
            if late.is_set() or process.returncode == -_CPU_LIMIT:
                raise UnreadableReport(
                    f"takes longer than {seconds} seconds to read; divide it"
                ) from error
            raise UnreadableReport(
                "cannot be read: its reader broke off; open the file in its own program and "
                "save it anew"
            ) from error
        finally:
            clock.cancel()
        if isinstance(outcome, str):
            raise UnreadableReport(outcome)
        return outcome

    def _running(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._closed:
                raise UnreadableReport("was not read: the reading was stopped")
            if self._process is not None and self._process.poll() is not None:
                self._end()  # somebody ended it between two files
            if self._process is None:
                # Nothing of our environment goes along: it may hold the bot's token.
                self._process = subprocess.Popen(  # noqa: S603 - our own code alone
                    [sys.executable, "-P", "-c", _RUN.format(memory=self._memory)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=_ROOT,
                    env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                )
            return self._process

    def _replace(self, process: subprocess.Popen[bytes]) -> None:
        with self._changing:
            if self._process is process:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            # What is left in the buffer has no reader any more.
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


_CPU_LIMIT = 24  # SIGXCPU, on Linux and macOS


def _asked(
    process: subprocess.Popen[bytes], name: bytes, content: bytes, seconds: int
) -> Document | str:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process has no pipes")
    process.stdin.write(worker.REQUEST.pack(len(name), len(content), seconds) + name)
    process.stdin.write(content)
    process.stdin.flush()
    header = process.stdout.read(worker.ANSWER.size)
    if len(header) < worker.ANSWER.size:
        raise EOFError
    (length,) = worker.ANSWER.unpack(header)
    if length > _MOST_ANSWER:
        raise ValueError("the answer is too long")
    message = process.stdout.read(length)
    if len(message) < length:
        raise EOFError
    return wire.unpacked(message)
