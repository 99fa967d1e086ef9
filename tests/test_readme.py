"""Do the documents show commands as they are, with the output that they really have?

A block marked ``console`` is run from top to bottom in an empty folder, ``$`` before each command;
one marked ``pycon`` is a session of Python. In either, ``...`` stands for whatever is there.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings, variables
from retrieval.judging import highlight, refusal
from retrieval.model import NoticeKind, Outcome
from retrieval.parameters import PARAMETERS
from retrieval.relevance import ranking

ROOT = Path(__file__).parents[1]
# Each with the language that its readers' terminals speak.
READMES = {"README.md": "en_US.UTF-8", "README.zh-CN.md": "zh_CN.UTF-8"}
DOCUMENTS = READMES | {"docs/how-it-works.md": "en_US.UTF-8", "docs/answers.md": "en_US.UTF-8"}

LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MARK = "\x1e"  # between the outputs of two commands; no command prints it


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of ``text`` that are marked as ``language``."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def session(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a ``console`` block, each with the output that is shown."""
    before, *steps = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not before, f"output without a command: {before}"
    for step in steps:
        command, _, output = step.partition("\n")
        yield command, output


def outputs(commands: list[str], folder: Path, language: str, state: Path) -> list[str]:
    """What the commands print, errors included, run by one shell in an empty folder."""
    tools = folder / "tools"
    tools.mkdir()
    wenju = tools / "wenju"
    python = shlex.quote(sys.executable)
    wenju.write_text(f'#!/bin/sh\nexec {python} -m bot "$@"\n', encoding="utf-8")
    wenju.chmod(0o755)
    place = folder / "empty"
    place.mkdir()
    done = subprocess.run(
        ["/bin/sh"],
        input="\n".join(f"{command}\nprintf '{MARK}'" for command in commands),
        cwd=place,
        env={
            "PATH": f"{tools}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "LANG": language,
            "PYTHONPATH": str(ROOT),
            "WENJU_STATE": str(state),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.stdout.split(MARK)[:-1]


def differences(wanted: str, got: str) -> str:
    """How ``got`` differs from what a document shows, "" where it does not."""
    checker = doctest.OutputChecker()
    if checker.check_output(wanted, got, LENIENT):
        return ""
    return checker.output_difference(doctest.Example("", wanted), got, LENIENT)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for all, as a reader has: what is indexed once is not indexed again."""
    return tmp_path_factory.mktemp("state")


# Sessions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_prints_what_the_document_shows(
    document: str, tmp_path: Path, state: Path
) -> None:
    for number, block in enumerate(blocks(text_of(document), "console")):
        folder = tmp_path / str(number)
        folder.mkdir()
        shown = list(session(block))
        commands = [command for command, _ in shown]
        printed = outputs(commands, folder, DOCUMENTS[document], state)
        assert len(printed) == len(shown)
        for (command, wanted), got in zip(shown, printed, strict=True):
            if wrong := differences(wanted, got):
                pytest.fail(f"$ {command}\n{wrong}", pytrace=False)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_python_session_goes_as_the_document_shows(document: str) -> None:
    wrong: list[str] = []
    source = "\n".join(blocks(text_of(document), "pycon"))
    test = doctest.DocTestParser().get_doctest(source, {}, document, document, 0)
    doctest.DocTestRunner(optionflags=LENIENT).run(test, out=wrong.append)
    if wrong:
        pytest.fail("".join(wrong), pytrace=False)


def test_the_readmes_show_commands() -> None:
    shown = {document: blocks(text_of(document), "console") for document in READMES}
    commands = {
        document: [command for block in found for command, _ in session(block)]
        for document, found in shown.items()
    }
    assert all(any(c.startswith("wenju ask") for c in found) for found in commands.values())
    assert len({len(found) for found in commands.values()}) == 1


@pytest.mark.parametrize("document", READMES)
def test_the_first_screen_shows_a_picture_and_the_one_command(document: str) -> None:
    first = text_of(document).partition("\n## ")[0]
    (picture,) = re.findall(r'<img src="([^"]+)"', first)
    assert (ROOT / picture).is_file()
    assert blocks(first, "sh") == ["make run\n"]


def test_other_output_than_a_document_shows_is_seen(tmp_path: Path, state: Path) -> None:
    block = "$ cd /\n$ printf '一\\n二\\n'\n一\n...\n$ echo 三 >&2\n四\n"
    (_, one), (_, two), (_, three) = session(block)
    commands = [command for command, _ in session(block)]
    printed = outputs(commands, tmp_path, "C.UTF-8", state)
    assert printed == ["", "一\n二\n", "三\n"]
    assert [bool(differences(w, g)) for w, g in zip((one, two, three), printed, strict=True)] == [
        False,
        False,
        True,
    ]


# Settings and commands ---------------------------------------------------------------------------


def table(document: str) -> list[tuple[str, str, str]]:
    """The rows of the settings table: variable, meaning, default."""
    rows = re.findall(
        r"^\| `(WENJU_\w+)` \| (.+?) \|(?: (.+?))? \|$", text_of(document), re.MULTILINE
    )
    return [(variable, meaning, default) for variable, meaning, default in rows]


def written(default: Any) -> str:  # noqa: ANN401 - settings are of many types
    """A setting's default as an operator would write it."""
    match default:
        case None:
            return ""
        case bool():
            return "`on`" if default else "`off`"
        case frozenset():
            return ",".join(f"`{one}`" for one in sorted(default))
        case (host, port):
            return f"`{host}:{port}`"
    return f"`{default}`"


def defaults() -> Mapping[str, str]:
    """The default of every setting, by variable; the shipped folder is described in words."""
    return {
        str(field.alias): written(field.default)
        for field in Settings.model_fields.values()
        if field.default_factory is None
    }


def test_the_readme_describes_every_setting_as_the_program_does() -> None:
    meanings = [field.description for field in Settings.model_fields.values()]
    assert [(variable, meaning) for variable, meaning, _ in table("README.md")] == list(
        zip(variables(), meanings, strict=True)
    )


@pytest.mark.parametrize("document", READMES)
def test_every_setting_stands_in_the_table_with_its_default(document: str) -> None:
    shown = {variable: default for variable, _, default in table(document)}
    assert tuple(shown) == variables()
    assert {name: shown[name] for name in defaults()} == defaults()
    in_words = {name: shown[name] for name in shown if name not in defaults()}
    assert all(in_words.values())


@pytest.mark.parametrize("document", READMES)
def test_every_command_of_the_program_stands_in_the_table(document: str) -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "bot", "--help"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    commands = re.findall(r"^    ([a-z]+) +\S", helped, re.MULTILINE)
    rows = re.findall(r"^\| `wenju ([a-z]+)[^`]*` \|", text_of(document), re.MULTILINE)
    assert commands
    assert rows == commands


@pytest.mark.parametrize("document", READMES)
def test_every_variable_that_a_readme_names_is_read(document: str) -> None:
    assert set(re.findall(r"\bWENJU_[A-Z_]+", text_of(document))) == set(variables())


def test_every_feature_signal_outcome_and_data_file_is_explained() -> None:
    explained = set(re.findall(r"`([\w.]+)`", text_of("docs/answers.md")))
    there = {
        *ranking.FEATURES,
        *highlight.FEATURES,
        *refusal.SIGNALS,
        *(kind.value for kind in NoticeKind),
        *(outcome.value for outcome in Outcome),
        *(file.name for file in PARAMETERS.iterdir() if file.suffix not in ("", ".py")),
    }
    assert there - explained == set()
