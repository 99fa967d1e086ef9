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


def parsed_files() -> list[tuple[str, ast.Module]]:
    return [
        (file.name, ast.parse(file.read_text("utf-8"))) for file in sorted(PACKAGE.rglob("*.py"))
    ]


def patterns(node: ast.AST) -> list[re.Pattern[str]]:
    """The keys that an expression can be: a string, one with values in it, or one of two."""
    match node:
        case ast.Constant(value=str(key)):
            return [re.compile(re.escape(key))]
        case ast.JoinedStr(values=pieces):
            made = (
                re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else ".+"
                for piece in pieces
            )
            return [re.compile("".join(made))]
        case ast.IfExp(body=one, orelse=other):
            return patterns(one) + patterns(other)
    return []


def test_every_sentence_that_the_code_says_exists_and_gets_its_values() -> None:
    catalogue = texts("zh").sentences
    calls = 0
    exact = {
        node.value
        for _, tree in parsed_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for file, tree in parsed_files():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            function = node.func.id if isinstance(node.func, ast.Name) else function
            if function not in {"say", "sentence"}:
                continue
            given = {word.arg for word in node.keywords}
            for pattern in patterns(node.args[0]):
                keys = [key for key in catalogue if pattern.fullmatch(key)]
                assert keys, f"{file}:{node.lineno} says {pattern.pattern}"
                if len(keys) > 1:  # made from a value; the values that are named have own calls
                    keys = [key for key in keys if key not in exact]
                for key in keys:
                    assert placeholders(catalogue[key]) <= given, f"{file}:{node.lineno}: {key}"
                calls += 1
    assert calls > 60


def test_every_sentence_is_said_somewhere() -> None:
    written = [
        pattern
        for _, tree in parsed_files()
        for node in ast.walk(tree)
        for pattern in patterns(node)
        if isinstance(node, ast.Constant | ast.JoinedStr) and re.search(r"\w", pattern.pattern)
    ]
    catalogue = texts("zh")
    never = [
        key
        for key in (*catalogue.sentences, *catalogue.word_lists)
        if not any(pattern.fullmatch(key) for pattern in written)
    ]
    assert never == []


def test_no_sentence_for_readers_stands_in_the_code() -> None:
    chinese = re.compile("[一-鿿]{2,}")
    for file, tree in parsed_files():
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
                assert not chinese.search(node.value), f"{file}:{node.lineno}"
