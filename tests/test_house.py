"""Does the house stand as docs say: who may import whom, and which packages only one file may?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each room with the rooms that it may import besides itself.
MAY_IMPORT = {
    "knowledge": set[str](),
    "retrieval": {"knowledge"},
    "bot": {"knowledge", "retrieval"},
}
OURS = {*MAY_IMPORT, "tests", "benchmarks"}

# The rooms and files of retrieval: each may import those that stand before it.
ORDER = (
    *("parameters", "cores", "documents", "errors", "model", "text", "query", "indexing", "search"),
    *("relevance", "judging", "quoting", "lookup", "explain", "answering", "building"),
    "evaluation",
)

# Packages with habits that are kept in one place: the files or folders that may import them.
KEPT_IN = {
    "telegram": "bot/",
    "jieba": "retrieval/text/segmenting.py",
    "rank_bm25": "retrieval/search/bm25.py",
    "markdown_it": "knowledge/readers/",
    "docx": "knowledge/readers/",
    "lxml": "knowledge/readers/",
    "pypdfium2": "knowledge/readers/",
}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(source: Path) -> Iterator[tuple[int, str]]:
    """Line and whole name of each import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            # A relative one stays in its package, since Python refuses to leave the outermost.
            for name in node.names:
                yield node.lineno, f"{'.' * node.level}{node.module or ''}.{name.name}"
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("import_module", "importlib.import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def package_of(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_from_the_face_to_the_knowledge(room: str) -> None:
    found = sources(room)
    assert found
    allowed = {room, *MAY_IMPORT[room]}
    assert [
        f"{source.relative_to(ROOT).as_posix()}:{line} imports {name}"
        for source in found
        for line, name in imported(source)
        if package_of(name) in OURS and package_of(name) not in allowed
    ] == []


def test_in_retrieval_each_room_imports_only_those_before_it() -> None:
    found = [
        (source.relative_to(ROOT), line, name)
        for source in sources("retrieval")
        for line, name in imported(source)
        if package_of(name) in ("retrieval", "")
    ]
    assert found
    assert [
        f"{source.as_posix()}:{line} imports {name}"
        for source, line, name in found
        if name.split(".")[1] not in ORDER[: ORDER.index(source.parts[1].removesuffix(".py")) + 1]
    ] == []


@pytest.mark.parametrize("package", KEPT_IN)
def test_a_package_with_habits_is_imported_in_its_place_only(package: str) -> None:
    places = {
        source.relative_to(ROOT).as_posix()
        for room in MAY_IMPORT
        for source in sources(room)
        for _, name in imported(source)
        if package_of(name) == package
    }
    assert places, f"nothing imports {package} any more; take it out of the list"
    assert [place for place in places if not place.startswith(KEPT_IN[package])] == []


def test_the_reader_of_imports_sees_every_kind(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text(
        "import bot.app, os\nfrom retrieval.model import Hit\nfrom . import near\n"
        "def f():\n    import telegram\n    import importlib\n"
        "    importlib.import_module('jieba.posseg')\n",
        encoding="utf-8",
    )
    assert list(imported(source)) == [
        (1, "bot.app"),
        (1, "os"),
        (2, "retrieval.model.Hit"),
        (3, "..near"),
        (5, "telegram"),
        (6, "importlib"),
        (7, "jieba.posseg"),
    ]
