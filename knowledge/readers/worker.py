"""What does the process do that reads files for another? One file after another, within limits."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from typing import BinaryIO

from knowledge.errors import UnreadableReport
from knowledge.readers import formats, wire
from knowledge.readers.document import Document

REQUEST = struct.Struct(">III")
"""Before each file: bytes of its name, bytes of its content, seconds it may take."""

ANSWER = struct.Struct(">I")
"""Before each answer: its bytes."""


def main(memory: int) -> None:
    """Answer requests on standard input until it ends, with at most ``memory`` bytes."""
    # A library that prints must not write into the answers, nor one that reads into the requests.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    _limit_process(memory)
    while header := _exactly(requests, REQUEST.size):
        name_length, length, seconds = REQUEST.unpack(header)
        name = _exactly(requests, name_length).decode("utf-8", "surrogateescape")
        message = _answer(name, _exactly(requests, length), seconds)
        answers.write(ANSWER.pack(len(message)) + message)
        answers.flush()


def _answer(name: str, content: bytes, seconds: int) -> bytes:
    _limit_file(seconds)
    outcome: Document | str
    try:
        outcome = formats.parse(name, content)
    except UnreadableReport as error:
        outcome = str(error)
    except MemoryError:
        outcome = "needs more memory than a document should; divide it"
    except Exception:  # whatever a library raises, the file is at fault
        outcome = "cannot be read: it is damaged; open it in its own program and save it anew"
    return wire.packed(outcome)


def _limit_process(memory: int) -> None:
    try:
        import resource
    except ImportError:  # a system without such limits; the one who waits has a clock
        return
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows the names and refuses some.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def _limit_file(seconds: int) -> None:
    """Let the process be ended once it has computed for ``seconds`` more."""
    try:
        import resource
    except ImportError:
        return
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + seconds + 1, hard))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    """That many bytes; ends the process quietly where there are fewer, as nobody waits then."""
    content = stream.read(length)
    if len(content) < length:
        sys.exit(0)
    return content
