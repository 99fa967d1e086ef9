"""Which commands does an operator have, and what do they print?"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import BotError, UnknownCitation, UnusableState
from bot.process.logs import Redacting, hearing_what_is_unkept, start_logging
from bot.texts import DEFAULT, texts
from knowledge.errors import InvalidCatalog, KnowledgeError
from retrieval.errors import RetrievalError

# What takes long to import (settings, the terminal's colours, the segmenter, Telegram) is imported
# where it is needed: `wenju --help` must be quick, and `wenju run` soon listen to signals.
if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.terminal.printing import Terminal
    from knowledge.library import Library
    from retrieval.answering import Answerer
    from retrieval.model import Answer

OK, FAULT, INTERRUPTED = 0, 1, 130  # argparse exits with 2 where the usage is wrong
PASSAGES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 a fault (one line each on stderr), 2 usage.

    Whatever goes wrong, no traceback is shown; WENJU_LOG_LEVEL=DEBUG writes it to the log.
    """
    _open_what_is_closed()
    _speak_utf8()
    secrets: list[str] = []
    try:
        parsed = _parser().parse_args(arguments)
        if parsed.command is _run:
            _end_on_signal()
        from bot.settings import doubts, read_environment, read_settings

        environment = read_environment(os.environ)
        secrets += filter(
            None, (environment.get(k) for k in ("WENJU_TOKEN", "WENJU_WEBHOOK_SECRET"))
        )
        settings = read_settings(environment)
        quiet = parsed.command is not _run and "log_level" not in settings.model_fields_set
        start_logging("WARNING" if quiet else settings.log_level, settings.log_format, secrets)
        for doubt in doubts(environment, settings):
            logging.getLogger(__name__).warning("%s", doubt)
        with hearing_what_is_unkept(saying=1) if quiet else nullcontext():
            code = parsed.command(parsed, settings, environment)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, SystemExit) as error:
        lost = _lost_output(error)
        if isinstance(lost or error, BrokenPipeError):
            return OK  # whoever read our output has enough
        if lost is not None:
            return _fail(secrets, f"standard output cannot be written ({_reason(lost)})")
        if isinstance(error, SystemExit):  # usage was asked for, or is wrong; or a signal came
            raise
        return _unexpected(secrets, error)
    except InvalidCatalog as error:
        return _fail(secrets, *map(str, error.faults))
    except (BotError, KnowledgeError, RetrievalError) as error:
        return _fail(secrets, str(error))
    except Exception as error:  # the last place where a traceback can be kept away
        return _unexpected(secrets, error)
    return int(code)


def _lost_output(raised: BaseException) -> OSError | None:
    """Why the output cannot be written, if that is what was ``raised``; nobody tries again then."""
    try:
        sys.stdout.flush()
        if isinstance(raised, OSError) and raised.filename is None:
            # What was to be written is gone where Python does not buffer it (PYTHONUNBUFFERED).
            os.write(sys.stdout.fileno(), b"\n")
    except OSError as error:
        # Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error
    return None


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _unexpected(secrets: Sequence[str], error: Exception) -> int:
    logging.getLogger(__name__).debug("unexpected fault", exc_info=error)
    what = f"unexpected fault: {type(error).__name__}: {error}"
    return _fail(secrets, f"{what} (WENJU_LOG_LEVEL=DEBUG shows where)")


def _fail(secrets: Sequence[str], *faults: str) -> int:
    redacting = Redacting(secrets)
    for fault in faults:
        print(f"wenju: {redacting.redact(' '.join(fault.split()))}", file=sys.stderr)  # noqa: T201
    return FAULT


def _open_what_is_closed() -> None:
    """Have the three standard streams open, whoever started this with some of them closed.

    Else the next file that is opened takes the place of one, and what is written there goes into
    it. Nothing is read, complaints go nowhere, and output cannot be written: that is told.
    """
    for number, (name, access, mode) in enumerate(
        (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))
    ):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, access)
            os.dup2(opened, number)
            if opened != number:
                os.close(opened)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _speak_utf8() -> None:
    """Questions and quotes are Chinese: never let a terminal's old encoding stop them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


# Commands ----------------------------------------------------------------------------------------


def _run(_: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    if settings.token is None:
        _end_on_signal(listening=False)
        terminal = _terminal(environment)
        terminal.line(terminal.texts.say("chat.no_token"), "yellow")
        return _converse(settings, terminal)
    from bot.process.serving import serve

    serve(settings)
    return OK


def _end_on_signal(*, listening: bool = True) -> None:
    """Have a signal end the bot in good order until it listens itself, which takes seconds.

    Without ``listening`` signals do what they do to any other command.
    """

    def end(*_: object) -> None:
        logging.getLogger(__name__).info("stopped before it had started")
        raise SystemExit(OK)

    signal.signal(signal.SIGTERM, end if listening else signal.SIG_DFL)
    signal.signal(signal.SIGINT, end if listening else signal.default_int_handler)


def _chat(_: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    return _converse(settings, _terminal(environment))


def _converse(settings: Settings, terminal: Terminal) -> int:
    from bot.terminal.chat import Chat, typed_lines

    state = _state(settings)
    chat = Chat(_answerer(settings, state), terminal)
    chat.greet()
    for line in typed_lines(terminal.texts.say("chat.prompt"), state):
        if not chat.take(line):
            break
        sys.stdout.flush()
    terminal.line(terminal.texts.say("chat.goodbye"), "dim")
    return OK


def _ask(parsed: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    answerer = _answerer(settings, _state(settings))
    terminal = None if parsed.json else _terminal(environment)
    for number, question in enumerate(_questions(parsed.question)):
        answer = answerer.answer(question, limit=parsed.limit or PASSAGES)
        answerer.prove(answer)
        if terminal is None:
            _print(json.dumps(as_json(answer), ensure_ascii=False))
            continue
        if number:
            terminal.line()
        if parsed.question == ["-"]:  # nobody sees which of many it answers
            terminal.line(f"{terminal.texts.say('chat.prompt')}{question}", "bold")
        terminal.answer(answer, everything=parsed.limit is not None)
    return OK


def _questions(words: Sequence[str]) -> Iterator[str]:
    """The question of the command line, or with ``-`` one a line from standard input."""
    if list(words) != ["-"]:
        yield _typed(words)
        return
    for number, raw in enumerate(sys.stdin.buffer):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        yield line if number else line.removeprefix("\ufeff")


def _typed(words: Sequence[str]) -> str:
    """A question of the command line; bytes in it that are no text are read as from a file."""
    return " ".join(words).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def as_json(answer: Answer) -> dict[str, Any]:
    """What ``wenju ask --json`` prints of an answer; keep it stable."""
    return {
        "question": answer.question,
        "outcome": answer.outcome.value,
        "quotes": [
            {
                "text": quote.text,
                "highlights": [[span.start, span.end] for span in quote.highlights],
                "report_id": quote.citation.report_id,
                "report_title": quote.citation.report_title,
                "section": list(quote.citation.section),
                "paragraph": quote.citation.paragraph,
                "citation_id": quote.citation.id,
                "score": quote.score,
            }
            for quote in answer.quotes
        ],
        "notices": [
            {"kind": notice.kind.value, "given": notice.given, "meant": notice.meant}
            for notice in answer.notices
        ],
        "absence": answer.absence
        and {"missing": list(answer.absence.missing), "counted": dict(answer.absence.counted)},
        "suggestions": list(answer.suggestions),
        "took_ms": answer.took_ms,
    }


def _explain(parsed: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    answerer = _answerer(settings, _state(settings))
    wanted = None if parsed.paragraph is None else _cited(answerer, parsed.paragraph)
    explanation = answerer.explain(_typed(parsed.question), paragraph=wanted)
    terminal = _terminal(environment)
    for line in explanation.lines(terminal.texts.language):
        terminal.line(line)
    ranked = {one.citation.id for part in explanation.parts for one in part.ranked}
    if wanted is not None and wanted not in ranked:
        terminal.line(f"\nnot among the paragraphs that were ranked: [{wanted}]")
    return OK


def _cited(answerer: Answerer, citation_id: str) -> str:
    """The id by which the paragraph is cited now. Raises ``UnknownCitation``."""
    found = answerer.resolve(citation_id)
    if found is None:
        raise UnknownCitation(
            f"{citation_id!r} is no citation id; wenju explain shows them in brackets,"
            " wenju ask --json as citation_id"
        )
    if found.quote is None:
        raise UnknownCitation(f"no paragraph is cited as {citation_id} (any more)")
    now = found.quote.citation.id
    if found.changed:
        raise UnknownCitation(f"the paragraph cited as {citation_id} has changed; now it is {now}")
    return now


def _check(_: argparse.Namespace, settings: Settings, __: Mapping[str, str]) -> int:
    from knowledge.newest import load_newest, shelf_in

    try:
        library = load_newest(settings.knowledge, shelf_in(settings.state), strict=True)
        faults = library.faults
    except InvalidCatalog as error:
        faults = error.faults
    # What is found is this command's result, so it goes to standard output, a fault a line.
    for fault in faults:
        _print(" ".join(str(fault).split()))
    if faults:
        return FAULT
    _print(
        f"{settings.knowledge}: nothing to mend (reports: {len(library.reports)},"
        f" paragraphs: {_paragraphs(library)}, topics: {len(library.topics)},"
        f" gold questions: {len(library.questions)})"
    )
    return OK


def _index(_: argparse.Namespace, settings: Settings, __: Mapping[str, str]) -> int:
    from bot.library.opening import open_answerer
    from bot.terminal.progress import Progress

    state = _state(settings)
    if state is None:
        raise UnusableState(f"the state folder {settings.state} cannot be written; set WENJU_STATE")
    began = time.monotonic()
    with hearing_what_is_unkept(saying=0) as unkept, Progress() as progress:
        indexing = progress.task("indexing")
        library = open_answerer(settings, state, indexing).library
    if unkept:  # which is all that this command is for
        return _fail((), unkept[-1])
    what = "indexed in" if indexing.used else "up to date after"
    reports, took = len(library.reports), time.monotonic() - began
    _print(f"reports: {reports}, paragraphs: {_paragraphs(library)}, {what} {took:.1f} s")
    return OK


def _evaluate(parsed: argparse.Namespace, settings: Settings, _: Mapping[str, str]) -> int:
    from bot.terminal.measuring import measure

    # A switch on the command line counts for more than one in the environment.
    semantic = parsed.semantic if settings.semantic or parsed.semantic else False
    for line in measure(
        parsed.questions,
        settings.knowledge,
        lambda: _state(settings),
        kept=settings.state,
        split=parsed.split,
        limit=parsed.limit,
        absent=parsed.absent,
        semantic=semantic,
        run=parsed.run,
        show_failures=parsed.failures,
        as_json=parsed.json,
    ):
        _print(line)
    return OK


def _health(_: argparse.Namespace, settings: Settings, __: Mapping[str, str]) -> int:
    from bot.process.heartbeat import diagnose

    trouble = diagnose(settings.state, time.time())
    if trouble:
        return _fail((), trouble)
    _print("the bot is alive")
    return OK


def _export(parsed: argparse.Namespace, settings: Settings, _: Mapping[str, str]) -> int:
    from bot.records.moving import export_state

    _print(f"{parsed.file}: {export_state(settings.state, parsed.file)}")
    return OK


def _import(parsed: argparse.Namespace, settings: Settings, _: Mapping[str, str]) -> int:
    from bot.records.moving import import_state

    moved = import_state(parsed.file, settings.state, replace=parsed.replace)
    _print(f"{settings.state}: {moved}")
    return OK


# What commands share -----------------------------------------------------------------------------


def _print(line: str) -> None:
    """One line of output, at once: somebody may be reading line by line."""
    print(line, flush=True)  # noqa: T201


def _paragraphs(library: Library) -> int:
    """How many can be cited: those of body text, however many passages one gives."""
    return int(library.figures.documents.sum())


def _terminal(environment: Mapping[str, str]) -> Terminal:
    from bot.terminal.printing import Terminal, make_console, terminal_texts

    return Terminal(make_console(), terminal_texts(environment))


def _state(settings: Settings) -> Path | None:
    """The state folder; None where nobody asked for one and none can be made here.

    Raises UnusableState where WENJU_STATE names one that cannot be used.
    """
    folder = settings.state
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
        reason = "it cannot be written"
    except OSError as error:
        usable, reason = False, _reason(error)
    if usable:
        return folder
    if "state" not in settings.model_fields_set:
        return None
    raise UnusableState(
        f"the state folder {folder} cannot be used ({reason});"
        " set WENJU_STATE to a folder that can be written"
    )


def _answerer(settings: Settings, state: Path | None) -> Answerer:
    from bot.library.opening import open_answerer

    return open_answerer(settings, state)


# The parser --------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wenju",
        description="Ask a set of reports and get the evidence: passages word for word.",
        epilog="Settings come from WENJU_… environment variables or a .env file; see the README.",
    )
    parser.add_argument("--version", action="version", version=f"wenju {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    question = texts(DEFAULT).say("cli.example")
    add = _Adding(commands)
    add("run", _run, "start the bot; without WENJU_TOKEN, the terminal chat", "wenju run")
    add("chat", _chat, "talk to the reports in this terminal", "wenju chat")

    ask = add("ask", _ask, "answer one question", f'wenju ask "{question}"')
    ask.add_argument("question", nargs="+", help="the question; - reads one a line from stdin")
    ask.add_argument("--json", action="store_true", help="print one JSON object a question")
    ask.add_argument("--limit", type=_positive, help="passages at most (default 3)")

    explain = add("explain", _explain, "why this passage?", f'wenju explain "{question}"')
    explain.add_argument("question", nargs="+", help="the question")
    explain.add_argument("--paragraph", help="explain this one too: a citation id")

    add("check", _check, "find every fault in the knowledge folder", "wenju check")
    add("index", _index, "build the index ahead of time", "WENJU_KNOWLEDGE=reports wenju index")

    evaluate = add(
        "evaluate",
        _evaluate,
        "measure the answers to questions with known answers",
        "wenju evaluate\nwenju evaluate questions.yaml --json\nwenju evaluate beir-folder --absent",
    )
    evaluate.add_argument(
        "questions",
        nargs="?",
        type=Path,
        help="gold questions on the knowledge folder (YAML; default: the folder's own),"
        " or a folder in BEIR format",
    )
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.add_argument("--split", default="test", help="qrels of a BEIR folder (default test)")
    evaluate.add_argument("--limit", type=_positive, help="ask only so many, spread evenly")
    evaluate.add_argument(
        "--absent", action="store_true", help="ask again with the gold passages taken out"
    )
    evaluate.add_argument(
        "--semantic",
        action=argparse.BooleanOptionalAction,
        help="use semantic evidence whatever it costs, or not at all"
        " (default: where the library is small)",
    )
    evaluate.add_argument("--run", type=Path, metavar="FILE", help="write the run in TREC format")
    evaluate.add_argument(
        "--failures", action="store_true", help="show what failed, with what came instead"
    )

    export = add(
        "export",
        _export,
        "write revisions, uploaded reports and questions into one file",
        "wenju export wenju-backup.tar.gz",
    )
    export.add_argument("file", type=Path, help="the new file, a .tar.gz archive")
    bring = add(
        "import",
        _import,
        "bring in what export has written",
        "WENJU_STATE=state wenju import wenju-backup.tar.gz",
    )
    bring.add_argument("file", type=Path, help="a file that wenju export has written")
    bring.add_argument(
        "--replace", action="store_true", help="do away with what the state folder holds now"
    )

    add("health", _health, "is the running bot alive? (exit 0 or 1)", "wenju health")
    return parser


class _Adding:
    """Adds a command with its example to ``commands``."""

    def __init__(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        self._commands = commands

    def __call__(
        self, name: str, command: object, what: str, example: str
    ) -> argparse.ArgumentParser:
        parser = self._commands.add_parser(
            name,
            help=what,
            description=what[0].upper() + what[1:] + ("" if what[-1] in "?)" else "."),
            epilog=f"example:\n{textwrap.indent(example, '  ')}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(command=command)
        return parser


def _positive(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 1 up")
    return number


def _version() -> str:
    try:
        return version("wenju")
    except PackageNotFoundError:
        return "(not installed)"
