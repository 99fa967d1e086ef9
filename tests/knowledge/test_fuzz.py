"""Does any file, however mangled, end in a document or in words that say what is wrong with it?"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docx.document import Document as WordFile

from knowledge.catalog import examine_report, load_library
from knowledge.description import Description
from knowledge.errors import UnreadableReport
from knowledge.readers import Workshop
from tests.knowledge.making import PROSE, Press, book, line, pdf, table, with_parts, word

_MARKDOWN = (
    f"# 题\n\n## 一、甲\n\n{PROSE}\n\n| 名 | 数 |\n|---|---|\n| 甲 | 1 |\n\n1. 项\n\n![图](a)\n"
)
_HTML = (
    f"<html><head><meta charset=utf-8><title>题</title></head><body><h1>题</h1><p>{PROSE}</p>"
    "<table><tr><th rowspan=2>名<th>数<tr><td>1<td>2</table><ol><li>甲<li>乙</ol></body></html>"
)

_ROWS = [["名", "数"], ["甲", "1"], ["乙", "2"]]


def _paper(file: WordFile) -> None:
    file.add_heading("题", 0)
    line(file, PROSE)
    table(file, _ROWS)


def _sheet(press: Press) -> None:
    press.paragraph(PROSE * 4, 72, 760, 36)
    press.grid(_ROWS, 72, 500)


GOOD: dict[str, bytes] = {
    "a.md": _MARKDOWN.encode(),
    "a.txt": f"题\n\n一、甲\n\n{PROSE}\n".encode("gb18030"),
    "a.html": _HTML.encode(),
    "b.htm": _HTML.replace("utf-8", "gbk").encode("gbk"),
    "a.docx": word(_paper),
    "a.epub": book({"a.xhtml": f"<h1>题</h1><p>{PROSE}</p>", "b.xhtml": "<p>乙</p>"}, "书"),
    "a.pdf": pdf(_sheet, lambda press: press.line(72, 700, PROSE[:20])),
}


def truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def beheaded(content: bytes, chance: random.Random) -> bytes:
    return content[chance.randrange(1, len(content)) :]


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 30, 300))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def swapped(content: bytes, chance: random.Random) -> bytes:
    first, second, third = sorted(chance.randrange(len(content)) for _ in range(3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def repeated(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return content[:second] + content[first:second] * chance.choice((1, 2, 20)) + content[second:]


def zeroed(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return content[:first] + bytes(second - first) + content[second:]


def inside(content: bytes, chance: random.Random) -> bytes:
    """Mangled in one part of an archive, or in one stream of a PDF, and packed again."""
    mangle = chance.choice((truncated, flipped, swapped, repeated, zeroed))
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name = chance.choice([one.filename for one in archive.infolist() if one.file_size])
            return with_parts(content, {name: mangle(archive.read(name), chance)})
    return mangle(content, chance)


def nested(content: bytes, chance: random.Random) -> bytes:
    """A document within archives, as deep as the dice say."""
    for depth in range(chance.randrange(1, 6)):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            name = chance.choice(("word/document.xml", "[Content_Types].xml", f"{depth}.zip"))
            archive.writestr(name, content)
        content = outer.getvalue()
    return content


def squeezed(content: bytes, chance: random.Random) -> bytes:
    return zlib.compress(content * chance.randrange(1, 4))


MANGLING: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    truncated, beheaded, flipped, swapped, repeated, zeroed, inside, inside, nested, squeezed,
)  # fmt: skip
SEEDS = 20  # for each format and way of mangling


def mangled() -> Iterator[tuple[str, bytes]]:
    """Every document of the corpus, with the name it comes under; the same ones each time."""
    names = list(GOOD)
    for name, content in GOOD.items():
        for number, mangle in enumerate(MANGLING):
            for seed in range(SEEDS):
                chance = random.Random(f"{name} {number} {seed}")  # noqa: S311 - no secret
                # One in eight has the ending of another format.
                shown = chance.choice(names) if chance.random() < 0.125 else name
                yield shown, mangle(content, chance)


def test_a_mangled_document_is_read_or_refused_in_words() -> None:
    outcomes: Counter[str] = Counter()
    with Workshop(seconds=20) as workshop:
        for name, content in GOOD.items():
            examine_report(name, content, Description("r"), workshop)
        assert workshop._process is not None
        first = workshop._process.pid
        for name, content in mangled():
            try:
                made = examine_report(name, content, Description("r"), workshop)
            except UnreadableReport as error:
                words = str(error)
                assert 5 < len(words) < 300, words
                assert words.splitlines() == [words]
                assert not any(sign in words for sign in ("Traceback", "Error", " object at "))
                outcomes["refused"] += 1
                continue
            report = made.report
            assert all(report.text[one.span.start : one.span.end] for one in report.paragraphs)
            outcomes["read"] += 1
        # Not one of them ended the process, so not one took long or much memory.
        assert workshop._process.pid == first
        for name, content in GOOD.items():
            examine_report(name, content, Description("r"), workshop)
    assert outcomes.total() == len(GOOD) * len(MANGLING) * SEEDS >= 500
    assert min(outcomes["read"], outcomes["refused"]) > 100, outcomes


@pytest.mark.parametrize("name", GOOD)
def test_one_mangled_report_is_named_and_all_others_are_read(name: str, tmp_path: Path) -> None:
    for number, (good, content) in enumerate(GOOD.items()):
        (tmp_path / f"{number}-{good}").write_bytes(content)
    assert len(load_library(tmp_path).reports) == len(GOOD)
    (tmp_path / name).write_bytes(b"\x01" + GOOD[name][: len(GOOD[name]) // 3] + b"\xff\x01")
    library = load_library(tmp_path)
    assert len(library.reports) == len(GOOD)
    assert [fault.file for fault in library.unread] == [name]
