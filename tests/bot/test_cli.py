"""What does an operator see? Every command in a process of its own, as it is really run."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.process import heartbeat
from bot.settings import shipped_knowledge

ROOT = Path(__file__).parents[2]
QUESTION = "刘安是谁?"
ANSI = re.compile(r"\x1b\[")

REPORT = "# 山间的路\n\n## 修路\n\n路修了三年。村民说,路通了,<茶>也卖出去了。\n\n桥有五座。\n"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One index for all: what is tested here is what comes after."""
    return tmp_path_factory.mktemp("state")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    own = {"PYTHONPATH": str(ROOT), "LANG": "zh_CN.UTF-8", "WENJU_SEMANTIC": "off"}
    return kept | own | dict(settings)


def wenju(
    *arguments: str,
    state: Path | None = None,
    cwd: Path | None = None,
    given: bytes = b"",
    **settings: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run one command; ``given`` is its standard input."""
    if state is not None:
        settings["WENJU_STATE"] = str(state)
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd or ROOT,
        env=environment(settings),
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
    )


def objects(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def fault(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on standard error of a command that failed with exit code 1."""
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert "Traceback" not in said
    (line,) = said.splitlines()
    assert line.startswith("wenju: ")
    return line.removeprefix("wenju: ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge folder of one small report."""
    knowledge = tmp_path / "知识 库"
    (knowledge / "reports").mkdir(parents=True)
    (knowledge / "reports" / "lu.md").write_text(REPORT, "utf-8")
    (knowledge / "catalog.yaml").write_text(
        "reports:\n- id: lu\n  file: reports/lu.md\n  title: 山间的路\n", "utf-8"
    )
    return knowledge


# Help and usage


def test_help_names_every_command() -> None:
    done = wenju("--help")
    assert done.returncode == 0
    for command in ("run", "chat", "ask", "explain", "check", "index", "evaluate", "health"):
        assert re.search(rf"^    {command} ", done.stdout.decode(), re.MULTILINE), command


@pytest.mark.parametrize(
    "command", ["run", "chat", "ask", "explain", "check", "index", "evaluate", "health"]
)
def test_the_help_of_every_command_shows_an_example(command: str) -> None:
    done = wenju(command, "--help")
    assert done.returncode == 0
    said, _, example = done.stdout.decode().partition("example:\n")
    assert f"wenju {command}" in example
    assert not re.search(r"[?)]\.$", said, re.MULTILINE)


def test_the_example_of_the_help_is_answered(state: Path) -> None:
    example = wenju("ask", "--help").stdout.decode().partition("example:\n")[2]
    (answer,) = objects(wenju("ask", "--json", *shlex.split(example)[2:], state=state))
    assert answer["outcome"] == "answered"
    assert answer["quotes"][0]["text"] == "护航奔腾时代 忠诚使命担当"


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("ask",), ("ask", "--limit", "0", "x"), ("run", "--fast")]
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = wenju(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"usage: wenju" in done.stderr


# ask


def test_each_of_many_answers_says_what_it_answers(state: Path) -> None:
    questions = ["刘安是谁?", "火星上有什么?"]
    done = wenju("ask", "-", state=state, given="\n".join(questions).encode())
    first, second = done.stdout.decode().split("\n\n问 › ")
    assert first.startswith("问 › 刘安是谁?\n→ ")
    assert second.startswith("火星上有什么?\n报告里没有")
    assert "问 ›" not in wenju("ask", questions[0], state=state).stdout.decode()


def test_a_file_of_questions_that_is_not_there_has_no_line(state: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    assert fault(wenju("evaluate", str(missing), state=state)) == f"{missing}: does not exist"


def test_a_question_is_answered_word_for_word_with_its_place(state: Path) -> None:
    done = wenju("ask", QUESTION, state=state)
    said = done.stdout.decode()
    assert done.returncode == 0
    assert "恩和哈达派出所教导员刘安,23年驻守在中国最北端的森林公安派出所" in said
    assert (
        "— 护航奔腾时代 忠诚使命担当 › 热血忠诚 › 厚植公安队伍“铁一般”的使命担当 · 第 6 段"
        in said.splitlines()
    )
    assert not ANSI.search(said)


def test_the_words_of_a_question_need_no_quotes(state: Path) -> None:
    joined = wenju("ask", "刘安", "是谁?", state=state)
    assert joined.stdout == wenju("ask", "刘安 是谁?", state=state).stdout


@pytest.mark.parametrize("command", ["ask", "explain"])
def test_bytes_that_are_no_text_are_read_leniently(command: str, state: Path) -> None:
    done = wenju(command, os.fsdecode(b"\xff\xfe" + "刘安是谁?".encode()), state=state)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "刘安" in done.stdout.decode()


def test_a_json_answer_has_just_the_keys_that_are_promised(state: Path) -> None:
    (answer,) = objects(wenju("ask", "--json", QUESTION, state=state))
    assert list(answer) == [
        "question",
        "outcome",
        "quotes",
        "notices",
        "absence",
        "suggestions",
        "took_ms",
    ]
    assert (answer["question"], answer["outcome"]) == (QUESTION, "answered")
    assert (answer["notices"], answer["absence"]) == ([], None)
    assert answer["took_ms"] > 0
    first = answer["quotes"][0]
    assert list(first) == [
        "text",
        "highlights",
        "report_id",
        "report_title",
        "section",
        "paragraph",
        "citation_id",
        "score",
    ]
    assert (first["report_id"], first["paragraph"]) == ("huhang-benteng", 6)
    assert first["section"] == ["热血忠诚", "厚植公安队伍“铁一般”的使命担当"]
    (start, end), *_ = first["highlights"]
    assert "刘安" in first["text"][start:end]
    source = (shipped_knowledge() / "reports" / "huhang-benteng.md").read_text("utf-8")
    assert first["text"] in source
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", first["citation_id"])


def test_a_json_answer_gives_the_reasons_that_a_reader_is_told(state: Path) -> None:
    given = "刘安今年多大？\n火星上有什么？\n刘案是谁？\n".encode()
    ageless, absent, misspelled = objects(wenju("ask", "--json", "-", state=state, given=given))
    assert ageless["notices"] == [{"kind": "no_number", "given": "", "meant": ""}]
    assert absent["absence"] == {"missing": ["火星"], "counted": {}}
    assert absent["suggestions"]
    assert misspelled["notices"] == [{"kind": "corrected", "given": "刘案", "meant": "刘安"}]


def test_one_question_a_line_gets_one_object_a_line(state: Path) -> None:
    given = (
        b"\xef\xbb\xbf"
        + "刘安是谁?\r\n\n刘安守了多少年\n".encode()
        + b"\xff\xfe?\n"
        + "🐎".encode()
    )
    answers = objects(wenju("ask", "--json", "-", state=state, given=given))
    assert [answer["question"] for answer in answers] == [
        "刘安是谁?",
        "",
        "刘安守了多少年",
        "\ufffd\ufffd?",
        "🐎",
    ]
    assert [answer["outcome"] for answer in answers] == [
        "answered",
        "not_found",
        "answered",
        "not_found",
        "not_found",
    ]


def test_an_answer_comes_before_the_next_question_is_asked(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", "--json", "-"],
        cwd=ROOT,
        env=environment({"WENJU_STATE": str(state)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        for question in (QUESTION, "刘安守了多少年"):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        assert process.wait() == 0


def test_nothing_on_standard_input_is_nothing_to_answer(state: Path) -> None:
    done = wenju("ask", "--json", "-", state=state)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_who_has_enough_is_no_fault(options: tuple[str, ...], state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", *options, "-"],
        cwd=ROOT,
        env=environment({"WENJU_STATE": str(state)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(f"{QUESTION}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        with_pipe_gone = f"{QUESTION}\n".encode() * 50
        try:
            process.stdin.write(with_pipe_gone)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.wait() == 0
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to hand")
@pytest.mark.parametrize(
    ("arguments", "buffered"),
    [
        (("ask", QUESTION), True),
        (("ask", QUESTION), False),
        (("ask", "--json", QUESTION), False),
        (("check",), True),
        (("--help",), True),
    ],
)
def test_output_that_cannot_be_written_is_one_line(
    arguments: tuple[str, ...], buffered: bool, state: Path
) -> None:
    settings = {"WENJU_STATE": str(state)} | ({} if buffered else {"PYTHONUNBUFFERED": "1"})
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=ROOT,
            env=environment(settings),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert fault(done) == "standard output cannot be written (No space left on device)"


def with_closed(streams: str, *arguments: str, state: Path) -> subprocess.CompletedProcess[bytes]:
    """Run one command with some of its standard streams closed, as daemons and shells may do."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment({"WENJU_STATE": str(state)}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", [("ask", QUESTION), ("--help",), ("check",)])
def test_closed_standard_output_is_one_line(command: tuple[str, ...], state: Path) -> None:
    done = with_closed(">&-", *command, state=state)
    assert fault(done) == "standard output cannot be written (Bad file descriptor)"
    assert with_closed("<&- >&- 2>&-", *command, state=state).returncode == 1


def test_closed_standard_error_costs_nothing_but_complaints(state: Path, tmp_path: Path) -> None:
    done = with_closed("2>&-", "ask", "--json", QUESTION, state=state)
    assert objects(done)[0]["outcome"] == "answered"
    assert with_closed("2>&-", "nonsense", state=state).returncode == 2
    failed = with_closed("2>&-", "health", state=tmp_path)  # no word of it gets into the output
    assert (failed.returncode, failed.stdout) == (1, b"")


@pytest.mark.parametrize("command", [("ask", "-"), ("chat",)])
def test_closed_standard_input_asks_nothing(command: tuple[str, ...], state: Path) -> None:
    assert with_closed("<&-", *command, state=state).returncode == 0


def test_ctrl_c_ends_quietly(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", "--json", "-"],
        cwd=ROOT,
        env=environment({"WENJU_STATE": str(state)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell has what it starts in the background ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(f"{QUESTION}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == b""


def test_another_folder_of_knowledge_is_answered_from(folder: Path, tmp_path: Path) -> None:
    (answer,) = objects(
        wenju("ask", "--json", "桥有几座?", state=tmp_path / "s", WENJU_KNOWLEDGE=str(folder))
    )
    assert answer["quotes"][0]["text"] == "桥有五座。"
    assert answer["quotes"][0]["paragraph"] == 2


def test_without_a_state_folder_to_be_made_a_question_is_answered_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    (answer,) = objects(wenju("ask", "--json", QUESTION, cwd=tmp_path))
    assert answer["outcome"] == "answered"


def on_a_full_disk(
    *arguments: str, state: Path, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run one command that can write no file of more than a few hundred bytes."""
    settings = {"WENJU_STATE": str(state), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment(settings),
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", [("ask", QUESTION), ("chat",)])
def test_on_a_full_disk_a_question_is_answered_with_one_warning(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = on_a_full_disk(*command, state=tmp_path, given=QUESTION.encode())
    assert done.returncode == 0
    assert "热血忠诚" in done.stdout.decode()
    (warned,) = done.stderr.decode().splitlines()
    assert f" cannot be kept in {tmp_path}" in warned
    assert "make room there" in warned
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_an_index_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    assert fault(on_a_full_disk("index", state=tmp_path)) == (
        f"the index cannot be kept in {tmp_path / 'index'} (File too large):"
        " make room there, or set WENJU_STATE to another folder"
    )
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


# Faults


@pytest.mark.parametrize("command", [("ask", QUESTION), ("chat",), ("run",), ("index",)])
def test_a_state_folder_that_cannot_be_used_is_one_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    place = tmp_path / "file"
    place.write_text("")
    said = fault(wenju(*command, state=place, WENJU_TOKEN="1:x" if command == ("run",) else ""))
    assert said == (
        f"the state folder {place} cannot be used (File exists);"
        " set WENJU_STATE to a folder that can be written"
    )


def test_a_bad_setting_is_one_line(tmp_path: Path) -> None:
    said = fault(wenju("ask", "x", state=tmp_path, WENJU_LOG_FORMAT="xml"))
    assert said == "WENJU_LOG_FORMAT: 'xml' must be 'text' or 'json'"


def test_a_folder_without_knowledge_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    said = fault(wenju("ask", "x", state=tmp_path, WENJU_KNOWLEDGE=str(missing)))
    assert str(missing) in said
    assert "WENJU_KNOWLEDGE" in said


def test_a_dotenv_file_is_read(tmp_path: Path, state: Path) -> None:
    (tmp_path / ".env").write_text(f"WENJU_STATE={state}\nWENJU_LISTEN=nonsense\n", "utf-8")
    assert fault(wenju("ask", "x", cwd=tmp_path)).startswith("WENJU_LISTEN: 'nonsense' must be")


def test_a_slip_in_a_name_is_told_by_every_command(state: Path) -> None:
    done = wenju("ask", QUESTION, state=state, WENJU_TOKN="1:x")
    assert done.returncode == 0
    (warned,) = done.stderr.decode().splitlines()
    assert warned.endswith("WENJU_TOKN is set and means nothing here: a slip?")


@pytest.mark.parametrize("step", ["settings.read_settings", "serving.serve"])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_bot_that_is_ended_while_it_starts_ends_well(
    sent: signal.Signals, step: str, tmp_path: Path
) -> None:
    early = (
        "import os, signal, sys\n"
        "from bot import cli, settings\nfrom bot.process import serving\n"
        f"{step} = lambda _: os.kill(os.getpid(), {sent.value}) or signal.pause()\n"
        "sys.exit(cli.main(['run']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", early],
        cwd=tmp_path,
        env=environment({"WENJU_TOKEN": "1:x"}),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
    said = done.stderr.decode()
    # Before it has read how to log, it has nothing to say.
    assert said == "" if step.startswith("settings") else said.endswith("it had started\n")


# check, index, explain


def test_a_folder_with_nothing_to_mend_says_so(folder: Path, tmp_path: Path) -> None:
    done = wenju("check", cwd=tmp_path, WENJU_KNOWLEDGE=str(folder))
    assert done.returncode == 0
    assert done.stdout.decode() == (
        f"{folder}: nothing to mend (reports: 1, paragraphs: 2, topics: 0, gold questions: 0)\n"
    )


def test_every_fault_is_a_line_with_its_place(folder: Path, tmp_path: Path) -> None:
    catalog = folder / "catalog.yaml"
    catalog.write_text(
        catalog.read_text("utf-8") + "  colour: green\n- id: lu\n  file: reports/no.md\n", "utf-8"
    )
    done = wenju("check", cwd=tmp_path, WENJU_KNOWLEDGE=str(folder))
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert len(lines) >= 2
    assert all(re.match(r"catalog\.yaml:\d+: \S", line) for line in lines)
    assert any("colour" in line for line in lines)
    assert done.stderr == b""


def test_a_file_that_cannot_be_read_is_a_fault_and_the_others_are_answered_from(
    tmp_path: Path,
) -> None:
    (tmp_path / "lu.md").write_text(REPORT, "utf-8")
    (tmp_path / "表.xlsx").write_bytes(b"PK")
    named = "表.xlsx:1: has a format that is not read (.xlsx); save it as .html"
    checked = wenju("check", state=tmp_path / "state", WENJU_KNOWLEDGE=str(tmp_path))
    assert (checked.returncode, checked.stdout.decode(), checked.stderr) == (1, f"{named}\n", b"")
    for command in (("index",), ("ask", "桥有几座?")):
        done = wenju(*command, state=tmp_path / "state", WENJU_KNOWLEDGE=str(tmp_path))
        assert done.returncode == 0
        (warned,) = done.stderr.decode().splitlines()
        assert warned.endswith(f"left out: {named}")


def test_the_second_index_has_nothing_to_do(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "s"
    first, second = (
        wenju("index", state=place, WENJU_KNOWLEDGE=str(folder)).stdout.decode() for _ in range(2)
    )
    assert first.startswith("reports: 1, paragraphs: 2, indexed in ")
    assert second.startswith("reports: 1, paragraphs: 2, up to date after ")


def test_an_explanation_names_the_words_that_matched(state: Path) -> None:
    done = wenju("explain", QUESTION, state=state)
    assert done.returncode == 0
    assert "刘安" in done.stdout.decode()


# chat


PLACE = "huhang-benteng_3_3_b59547bffc04"


def test_a_paragraph_that_is_asked_for_is_explained_or_said_not_to_be_there(state: Path) -> None:
    for question, explained in (("包头的“三零”是什么?", True), ("刘安是谁?", False)):
        done = wenju("explain", question, "--paragraph", PLACE, state=state)
        assert done.returncode == 0
        said = done.stdout.decode().splitlines()
        assert any(f"#3 [{PLACE}]" in line for line in said) is explained
        assert (f"not among the paragraphs that were ranked: [{PLACE}]" in said) is not explained


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "nope",
            "'nope' is no citation id; wenju explain shows them in brackets,"
            " wenju ask --json as citation_id",
        ),
        ("nope_3_3_b59547bffc04", "no paragraph is cited as nope_3_3_b59547bffc04 (any more)"),
        (
            "huhang-benteng_3_3_000000000000",
            "the paragraph cited as huhang-benteng_3_3_000000000000 has changed; now it is "
            + PLACE,
        ),
    ],
)
def test_a_wrong_citation_id_is_said(wrong: str, told: str, state: Path) -> None:
    assert fault(wenju("explain", QUESTION, "--paragraph", wrong, state=state)) == told


def test_a_conversation_can_come_through_a_pipe(state: Path) -> None:
    said = wenju(
        "chat",
        state=state,
        given="\n".join(
            [
                "刘安是谁?",
                "",
                "他守了多少年?",
                "/hero",
                "/英雄 宝音",
                "/nonsense",
                "/help",
                "/exit",
                "没有了",
            ]
        ).encode(),
    )
    assert (said.returncode, said.stderr) == (0, b"")
    text = said.stdout.decode()
    assert text.startswith("问据：从《护航奔腾时代 忠诚使命担当》里找答案")
    for expected in (
        "23年驻守",
        "公安英模：共 8 人\n  1. 宝音德力格尔\n",
        "按“宝音德力格尔”查找",
        "没有 /nonsense 这个命令。",
        "/exit 离开",
        "再见。\n",
    ):
        assert expected in text
    assert "没有了" not in text
    assert not ANSI.search(text)


def test_courtesies_are_returned_and_searched_for_nowhere(state: Path) -> None:
    said = wenju("chat", state=state, given="你好\n谢谢！\n好的\n👍\n再见\n".encode())
    assert (said.returncode, said.stderr) == (0, b"")
    assert said.stdout.decode().splitlines()[-6:] == [
        "你好。想问报告里的什么，直接发给我；/help 看用法。",
        "不客气。还想问什么，直接发给我。",
        "好的。还想问什么，直接发给我。",
        "请用文字问我一个问题。",
        "再见。",
        "再见。",
    ]


def test_without_a_token_run_says_so_and_opens_the_chat(state: Path) -> None:
    done = wenju("run", state=state, given=f"{QUESTION}\n".encode())
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("没有设置 WENJU_TOKEN")
    assert "BotFather" in lines[0]
    assert any(line.endswith("第 6 段") for line in lines)


def test_the_language_is_that_of_the_locale(state: Path) -> None:
    done = wenju("chat", state=state, given=QUESTION.encode(), LANG="en_GB.UTF-8")
    assert "· paragraph 6" in done.stdout.decode()
    done = wenju("chat", state=state, given=QUESTION.encode(), LANG="C.UTF-8")
    assert "· 第 6 段" in done.stdout.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_in_a_terminal_the_answering_sentence_stands_out(
    state: Path, *, no_color: str, coloured: bool
) -> None:
    said = in_terminal(["chat"], [QUESTION, "/exit"], state, NO_COLOR=no_color)
    assert "23年驻守" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\s", "", said)
    assert bool(re.search(r"\x1b\[1;32m", said)) is coloured


def in_terminal(arguments: list[str], typed: list[str], state: Path, **settings: str) -> str:
    """What stands on a terminal after the ``typed`` lines, each typed when a prompt is there."""
    history = state / "chat_history"
    shutil.rmtree(history, ignore_errors=True)
    own, others = pty.openpty()
    terminal = {"WENJU_STATE": str(state), "TERM": "xterm-256color", "COLUMNS": "200"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment(terminal | settings),
        stdin=others,
        stdout=others,
        stderr=others,
        close_fds=True,
    ) as process:
        os.close(others)
        seen = b""
        for line in [*typed, None]:
            before = len(seen)
            while line is None or "问 ›".encode() not in seen[before:]:
                ready, _, _ = select.select([own], [], [], 60)
                assert ready, seen.decode("utf-8", "replace")
                try:
                    more = os.read(own, 65536)
                except OSError:
                    more = b""  # Linux says EIO when the other end is closed
                if not more:
                    break
                if b"\x1b[6n" in more:
                    os.write(own, b"\x1b[1;1R")  # where the cursor is, which prompt_toolkit asks
                seen += more
            if line is not None:
                os.write(own, f"{line}\r".encode())
        assert process.wait(60) == 0
        os.close(own)
    return seen.decode("utf-8", "replace")


# health


def test_a_bot_that_gave_a_sign_just_now_is_healthy(tmp_path: Path) -> None:
    heartbeat.beat(tmp_path, time.time(), time.time())
    done = wenju("health", state=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"the bot is alive\n")


def test_without_a_bot_there_is_no_health(tmp_path: Path) -> None:
    assert fault(wenju("health", state=tmp_path)) == (
        f"no bot is running with the state folder {tmp_path}"
    )
