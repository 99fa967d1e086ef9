from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from knowledge.errors import UnreadableReport
from knowledge.readers import Workshop, formats, wire
from tests.knowledge.making import PROSE, book, line, pdf, with_parts, word

PAGE = f"<p>{PROSE}</p>".encode()
ENDLESS = b"<p>a" * 2_000_000  # half a minute of work


def pid(workshop: Workshop) -> int:
    assert workshop._process is not None
    return workshop._process.pid


def texts(workshop: Workshop, name: str, content: bytes) -> list[str]:
    return [block.text for block in workshop.read(name, content).blocks]


def test_one_process_reads_every_format_and_short_text_needs_none() -> None:
    with Workshop() as workshop:
        assert texts(workshop, "a.md", PROSE.encode()) == [PROSE]
        assert workshop._process is None
        assert texts(workshop, "a.html", PAGE) == [PROSE]
        first = pid(workshop)
        assert texts(workshop, "A.DOCX", word(lambda file: line(file, PROSE))) == [PROSE]
        assert texts(workshop, "a.epub", book({"a.xhtml": f"<p>{PROSE}</p>"})) == [PROSE]
        assert texts(workshop, "a.pdf", pdf(lambda press: press.line(72, 700, "字句"))) == ["字句"]
        assert texts(workshop, "a.md", (PROSE * 2000).encode()) == [PROSE * 2000]
        assert pid(workshop) == first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_the_process_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENJU_TOKEN", "secret")
    with Workshop() as workshop:
        workshop.read("a.html", PAGE)
        environment = Path(f"/proc/{pid(workshop)}/environ")
        if not environment.exists():
            pytest.skip("this system does not show the environment of a process")
        assert b"WENJU" not in environment.read_bytes()


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read() -> None:
    with Workshop(seconds=1) as workshop:
        for _ in range(2):  # a process that starts with it, and one that has read before
            with pytest.raises(UnreadableReport, match="takes longer than 1 seconds to read"):
                workshop.read("a.html", ENDLESS)
            workshop.read("a.html", PAGE)
        assert texts(workshop, "a.html", PAGE) == [PROSE]


def test_a_process_that_breaks_off_takes_one_file_with_it() -> None:
    with Workshop() as workshop:
        workshop.read("a.html", PAGE)
        first = pid(workshop)
        clock = threading.Timer(0.2, os.kill, (first, signal.SIGSEGV))
        clock.start()
        with pytest.raises(UnreadableReport, match="its reader broke off"):
            workshop.read("a.html", ENDLESS)
        assert texts(workshop, "a.html", PAGE) == [PROSE]
        assert workshop._process is not None
        workshop._process.kill()  # between two files it takes none
        os.waitid(os.P_PID, pid(workshop), os.WEXITED | os.WNOWAIT)
        assert texts(workshop, "a.html", PAGE) == [PROSE]


def test_closing_stops_the_reading_in_the_middle() -> None:
    workshop = Workshop()
    workshop.read("a.html", PAGE)
    threading.Timer(0.2, workshop.close).start()
    with pytest.raises(UnreadableReport, match="the reading was stopped"):
        workshop.read("a.html", ENDLESS)
    with pytest.raises(UnreadableReport, match="the reading was stopped"):
        workshop.read("a.html", PAGE)
    workshop.close()


def test_what_needs_too_much_memory_is_refused() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux limits the memory of a process")
    with Workshop(memory=256 * 1024**2) as workshop:
        with pytest.raises(UnreadableReport) as caught:
            workshop.read("a.html", b"<p>" * 8_000_000)
        assert str(caught.value) == "needs more memory than a document should; divide it"
        assert texts(workshop, "a.html", PAGE) == [PROSE]


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", OLD, "is an old Office file, as .doc is; save it as .docx"),
        (
            "a.docx",
            OLD + "EncryptedPackage".encode("utf-16-le"),
            "is encrypted; save it without a password",
        ),
        ("a.docx", b"", "is no Word file, though its name ends in .docx"),
        ("a.docx", EMPTY_ZIP, "is an empty zip archive, though its name ends in .docx"),
        ("a.docx", b"%PDF-1.7", "is a PDF, though its name ends in .docx; rename it"),
        ("a.pdf", b"PK\x03\x04", "is a zip archive, though its name ends in .pdf"),
        ("a.pdf", b"", "is damaged or no PDF; print it to a PDF anew"),
        ("a.html", b"\xff\xd8\xff\xe0", "is a picture, though its name ends in .html"),
        ("a.txt", b"{\\rtf1", "is a file in Rich Text Format, though its name ends in .txt"),
        ("a.epub", b"PK\x03\x04", "is damaged: its end is missing or it is no archive"),
        ("a.doc", OLD, "has a format that is not read (.doc); save it as .docx"),
        ("a.docm", b"PK", "has a format that is not read (.docm); save it as .docx"),
        (
            "a.md",
            bytes(formats.MOST_BYTES + 1),
            "has 64.0 MB; 64 MB at most are read",
        ),
        (
            "a.html",
            b"<p>" + b"a" * (formats.MOST_TEXT + 1),
            "has 10,000,001 characters of text; 10,000,000 at most are read: divide it",
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    name: str, content: bytes, message: str
) -> None:
    with Workshop() as workshop, pytest.raises(UnreadableReport) as caught:
        workshop.read(name, content)
    assert str(caught.value) == message


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"blocks": 1}', b'""', b"\xff", b"[]"])
def test_an_answer_that_is_no_document_is_not_believed(answer: bytes) -> None:
    with pytest.raises(ValueError, match="is no document"):
        wire.unpacked(answer)


def test_a_book_inside_a_word_file_is_no_word_file() -> None:
    inner = book({"a.xhtml": f"<p>{PROSE}</p>"})
    with Workshop() as workshop:
        with pytest.raises(UnreadableReport, match="has no part"):
            workshop.read("a.docx", inner)
        nested = with_parts(word(lambda file: line(file, PROSE)), {"word/inner.zip": inner})
        assert texts(workshop, "a.docx", nested) == [PROSE]
