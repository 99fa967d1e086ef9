from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import bot
from bot.errors import BadTexts
from bot.texts import LANGUAGES, check, language_of, load, placeholders, read, texts
from retrieval.model import NoticeKind

PACKAGE = Path(next(iter(bot.__path__)))


def test_the_shipped_catalogues_fit_together() -> None:
    assert tuple(load()) == LANGUAGES
    assert texts("zh").say("topic.people", title="公安英模", count=8) == "公安英模：共 8 人"
    assert texts("en").say("topic.people", title="Heroes", count=8) == "Heroes: 8 people"


@pytest.mark.parametrize(
    ("code", "language"),
    [("zh", "zh"), ("zh-hant", "zh"), ("ZH_TW", "zh"), ("en-GB", "en"), ("mn", "en"), ("", "zh")],
)
def test_the_language_follows_the_code(code: str, language: str) -> None:
    assert language_of(code) == language


def test_catalogues_that_do_not_fit_are_refused_with_every_fault() -> None:
    zh = read("zh", "a: {b: '共 {count} 人', d: [谢谢]}\nc: 好")
    en = read("en", "a: {b: '{number} people'}\nc: good\ne: more")
    with pytest.raises(BadTexts) as caught:
        check({"zh": zh, "en": en})
    assert str(caught.value).split("; ") == [
        "zh.yaml: e is missing",
        "en.yaml: a.d (a list) is missing",
        "en.yaml: a.b has other placeholders than zh.yaml",
    ]


@pytest.mark.parametrize("source", ["a: 1", "a: yes", "a: []", "a:", "- a", "a: {b: [1]}"])
def test_what_is_no_sentence_is_refused(source: str) -> None:
    with pytest.raises(BadTexts, match="not a sentence or word list"):
        read("zh", source)


def test_every_kind_of_notice_has_its_sentence() -> None:
    for language in LANGUAGES:
        for kind in NoticeKind:
            assert texts(language).say(f"notice.{kind}", given="甲", meant="乙")


def said() -> list[tuple[str, str, frozenset[str]]]:
    """Where the code says a sentence: the place, the key, and the values that it gives."""
    result: list[tuple[str, str, frozenset[str]]] = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                name = node.func.id if isinstance(node.func, ast.Name) else name
                if name != "say":
                    continue
                given = frozenset(word.arg for word in node.keywords if word.arg)
                result += [
                    (f"{file.name}:{node.lineno}", key.value, given)
                    for key in ast.walk(node.args[0])
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
    return result


def test_every_sentence_that_the_code_says_exists_and_gets_its_values() -> None:
    catalogue = texts("zh").sentences
    calls = said()
    assert len(calls) > 50
    for place, key, given in calls:
        if key.endswith("."):  # the beginning of a key that is made from a value
            assert any(known.startswith(key) for known in catalogue), place
        else:
            assert key in catalogue, f"{place} says {key}"
            assert placeholders(catalogue[key]) <= given, f"{place} says {key}"


def test_no_sentence_for_readers_stands_in_the_code() -> None:
    chinese = re.compile("[一-鿿]{2,}")
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docstrings
            ):
                assert not chinese.search(node.value), f"{file.name}:{node.lineno}"
