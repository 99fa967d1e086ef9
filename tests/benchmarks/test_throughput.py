"""Does the throughput benchmark ask the real bot, replace its knowledge, and say what came out?"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks import served, throughput
from benchmarks.alone import Alone
from benchmarks.served import Throughput


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Throughput:
    if not Path("/proc/self/status").exists():
        pytest.skip("processor time and memory are read from /proc")
    folder = tmp_path_factory.mktemp("throughput")
    throughput.prepare(folder, 2)
    cores = os.sched_getaffinity(0)
    measured = asyncio.run(throughput.measure(folder, 2, rate=10, seconds=4))
    assert os.sched_getaffinity(0) == cores
    return measured


@pytest.mark.slow
def test_every_question_is_answered_while_the_knowledge_is_replaced(found: Throughput) -> None:
    assert (found.paragraphs, found.questions, found.unanswered) == (60, 40, 0)
    assert len(found.times) == len(found.delivered) == 20  # the first two seconds warm up
    assert min(found.times) > 0
    begun, shown, ended = found.reload
    assert round(4 / 3, 2) <= begun < shown < ended
    assert min(found.busy, found.own, found.mapped, found.started, found.alone.first) > 0
    assert found.memory >= found.own


def made_up() -> Throughput:
    return Throughput(
        paragraphs=60,
        rate=10,
        seconds=4,
        questions=6,
        unanswered=0,
        times=(4.0, 5.0, 60.0, 70.0, 6.0, 7.0),
        delivered=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
        reload=(1.5, 2.5, 3.5),
        busy=0.25,
        memory=200_000_000,
        own=100_000_000,
        mapped=90_000_000,
        started=1.5,
        alone=Alone(1.25, 2.5, 5.0, 2.6, 5.1, 80_000_000, 70_000_000),
        date="2026-11-23",
        machine="a machine",
        load=(0.1, 0.2),
    )


def test_what_was_measured_can_be_kept() -> None:
    one = made_up()
    assert Throughput.from_json(json.loads(json.dumps(asdict(one)))) == one


def test_questions_asked_during_the_change_stand_apart() -> None:
    section = served.section(made_up())
    assert "| all | 6 | 6.5 | 67.5 | 69.5 | 70.0 |" in section
    assert "| while the knowledge is served | 4 | 5.5 | 6.8 | 7.0 | 7.0 |" in section
    assert "| while it is replaced | 2 | 65.0 | 69.5 | 69.9 | 70.0 |" in section
    assert "p99 within 50 ms: **missed**." in section
    assert "Unanswered: none." in section
    assert "The preview took 1 s, the change 1 s more." in section


def test_a_lost_question_misses_the_aim_however_fast_the_others_were() -> None:
    fast = replace(made_up(), times=(4.0,) * 6)
    assert "p99 within 50 ms: reached." in served.section(fast)
    lossy = served.section(replace(fast, unanswered=1))
    assert "p99 within 50 ms: **missed**." in lossy
    assert "Unanswered: **1**." in lossy
