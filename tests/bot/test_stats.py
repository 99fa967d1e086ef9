from __future__ import annotations

import asyncio
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.pages.chart import picture
from bot.records.stats import Day, Week, in_words, week_of
from bot.records.store import Logged
from bot.texts import LANGUAGES, texts
from knowledge.model import Kind
from retrieval.model import Citation

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))


def citation(name: str) -> Citation | None:
    if name == "gone":
        return None
    section = (name, "之二") if name != "title" else ()
    return Citation(name, "r", "两地的路", section, 1, Kind.BODY)


def asked(days: float, outcome: str = "answered", cited: str = "山里", asker: str = "a") -> Logged:
    at = (NOW - timedelta(days=days)).timestamp()
    return Logged("问", outcome, (cited,) if cited else (), at, asker)


def test_a_week_is_counted_by_the_days_of_the_operators_clock() -> None:
    log = [
        asked(20),
        asked(8, "not_found"),
        asked(7.5),
        asked(6.9, asker="b"),
        asked(1, "mentioned", "title"),
        asked(0.3, "not_found", "海边"),
        asked(0.1, cited="gone"),
        asked(0, asker="b"),
        asked(0, cited=""),
    ]
    week = week_of(log, NOW.timestamp(), BEIJING, citation, (2, 1))
    # In Beijing it is the 24th already.
    assert week == Week(
        days=(
            Day(date(2026, 11, 18)),
            Day(date(2026, 11, 19)),
            Day(date(2026, 11, 20)),
            Day(date(2026, 11, 21)),
            Day(date(2026, 11, 22)),
            Day(date(2026, 11, 23), mentioned=1, not_found=1),
            Day(date(2026, 11, 24), answered=3),
        ),
        people=2,
        topics=(("两地的路", 1), ("山里", 1)),
        good=2,
        bad=1,
        before=3,
        answered_before=2,
    )


def test_the_words_of_a_week_say_every_number() -> None:
    week = week_of(
        [asked(0), asked(0, "not_found"), asked(9)], NOW.timestamp(), UTC, citation, (3, 0)
    )
    assert in_words(week, texts("zh")).splitlines() == [
        "最近七天（11-17 至 11-23）",
        "问题 2 个，来自 1 人；前一周 1 个。",
        "答出 50%：答出 1，只是提到 0，没有找到 1。",
        "前一周答出 100%。",
        "👍 3　👎 0",
        "问得最多的部分：",
        "1. 山里：1",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_always_fit_under_a_picture(language: str) -> None:
    log = [asked(0, cited=f"{number}很长的标题" * 40) for number in range(9)]
    week = week_of([*log, asked(9)], NOW.timestamp(), UTC, citation, (10**6, 10**6))
    say = texts(language)
    assert len(f"{in_words(week, say)}\n{say.say('stats.key')}".encode("utf-16-le")) // 2 <= 1024
    empty = week_of([], NOW.timestamp(), UTC, citation, (0, 0))
    assert in_words(empty, say)


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def test_a_week_is_drawn_in_another_process(tmp_path: Path) -> None:
    if find_spec("matplotlib") is None:
        pytest.skip("the extra charts is not installed")
    log = [asked(day, outcome) for day in range(7) for outcome in ("answered", "not_found")]
    week = week_of(log, NOW.timestamp(), UTC, citation, (0, 0))
    nothing = week_of([], NOW.timestamp(), UTC, citation, (0, 0))
    full, empty = await asyncio.gather(picture(week, tmp_path), picture(nothing, tmp_path))
    assert full is not None
    assert empty is not None
    assert size_of(full)[0] == size_of(empty)[0] == 960
    assert size_of(full)[1] > size_of(empty)[1]


async def test_without_matplotlib_there_is_no_picture_and_no_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # A folder of that name that is no package stands in its way, as where it is not installed.
    (tmp_path / "matplotlib.py").write_text(
        "raise ModuleNotFoundError('none', name='matplotlib')\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    week = week_of([], NOW.timestamp(), UTC, citation, (0, 0))
    assert await picture(week, tmp_path) is None
    assert caplog.records == []
