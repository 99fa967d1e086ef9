from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.library import deepening as module
from bot.library.deepening import deepening
from bot.settings import Settings, read_settings
from retrieval.answering import Answerer
from retrieval.building import build_answerer
from retrieval.relevance import semantic
from tests.retrieval.conftest import of_texts
from tests.retrieval.test_semantic import TEXTS, Meanings


class Serving:
    """Has an answerer in use, and says when it gets another."""

    def __init__(self, settings: Settings, answerer: Answerer) -> None:
        self.settings = settings
        self.changed = asyncio.Event()
        self._answerer = answerer

    @property
    def answerer(self) -> Answerer:
        return self._answerer

    @answerer.setter
    def answerer(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self.changed.set()

    async def change(self) -> None:
        """Until it gets another."""
        self.changed.clear()
        await asyncio.wait_for(self.changed.wait(), 20)


def settings(state: Path, **more: str) -> Settings:
    return read_settings({"WENJU_STATE": str(state), **more})


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Meanings:
    """An encoder for which every library is a large one."""
    encoder = Meanings()
    monkeypatch.setattr(semantic, "installed_encoder", lambda: encoder)
    monkeypatch.setattr(semantic, "AFFORDABLE", 0)
    monkeypatch.setattr(module, "LOOKED", 0.0)
    return encoder


def found(answerer: Answerer, question: str) -> list[str]:
    return [quote.text for quote in answerer.candidates(question)[0]]


async def test_a_library_is_answered_by_words_first_and_then_by_meaning(
    encoder: Meanings, tmp_path: Path
) -> None:
    first, second = (build_answerer(of_texts(*texts)) for texts in (TEXTS, TEXTS[1:]))
    desk = Serving(settings(tmp_path), first)
    assert found(first, "钢缆") == []
    async with deepening(desk):
        await desk.change()
        assert "南岸斜拉桥共有拉索136根。" in found(desk.answerer, "钢缆")
        desk.answerer.prove(desk.answerer.answer("钢缆"))
        # A reload puts one into use that is answered by words again.
        encoder.embedded.clear()
        desk.answerer = second
        await desk.change()
        assert desk.answerer.library is second.library
    assert encoder.embedded == [], "what was embedded is known"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["meanings.npz"]


async def test_it_stops_with_the_bot_and_goes_on_with_the_next_one(
    encoder: Meanings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"第{number}座大桥封闭。" for number in range(200)]
    answerer = build_answerer(of_texts(*texts))
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    embed = Meanings.clauses

    def slowly(self: Meanings, some: Sequence[str]) -> semantic.Vectors:
        if self.embedded:  # the second part does not end before the bot does
            loop.call_soon_threadsafe(begun.set)
            assert ended.wait(20)
        return embed(self, some)

    ended = threading.Event()
    monkeypatch.setattr(Meanings, "clauses", slowly)
    desk = Serving(settings(tmp_path), answerer)
    async with deepening(desk):
        await asyncio.wait_for(begun.wait(), 20)
        loop.call_soon(lambda: loop.call_soon(ended.set))  # when the block has ended
    assert not desk.answerer.by_meaning
    known = len(encoder.embedded)
    assert 0 < known < 200
    monkeypatch.setattr(Meanings, "clauses", embed)
    encoder.embedded.clear()
    async with deepening(desk):
        await desk.change()
    assert len(encoder.embedded) == 200 - known


@pytest.mark.parametrize("reason", ["forbidden", "too many", "no encoder"])
async def test_without_leave_or_means_words_have_to_do(
    encoder: Meanings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    if reason == "too many":
        monkeypatch.setattr(semantic, "MOST", 3)
    if reason == "no encoder":
        monkeypatch.setattr(semantic, "installed_encoder", lambda: None)
    answerer = build_answerer(of_texts(*TEXTS))
    forbidden = {"WENJU_SEMANTIC": "false"} if reason == "forbidden" else {}
    desk = Serving(settings(tmp_path, **forbidden), answerer)
    loop, looked = asyncio.get_running_loop(), asyncio.Event()
    look = module._deepened

    def looking(of: Serving, one: Answerer, ending: threading.Event) -> Answerer | None:
        try:
            return look(of, one, ending)
        finally:
            loop.call_soon_threadsafe(looked.set)

    monkeypatch.setattr(module, "_deepened", looking)
    async with deepening(desk):
        if reason != "forbidden":
            await looked.wait()
    assert looked.is_set() == (reason != "forbidden")
    assert desk.answerer is answerer
    assert encoder.embedded == []


class Logged(logging.Handler):
    """Says when something is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.event = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.event.set()


async def test_a_failure_is_logged_and_words_go_on(
    encoder: Meanings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(_self: Meanings, _some: Sequence[str]) -> semantic.Vectors:
        raise OSError("no space left on the device")

    monkeypatch.setattr(Meanings, "clauses", failing)
    answerer = build_answerer(of_texts(*TEXTS))
    desk = Serving(settings(tmp_path), answerer)
    logged = Logged()
    monkeypatch.setattr(module._log, "handlers", [logged])
    async with deepening(desk):
        await asyncio.wait_for(logged.event.wait(), 20)
    assert desk.answerer is answerer
    assert caplog.text.count("evidence by meaning could not be prepared") == 1
