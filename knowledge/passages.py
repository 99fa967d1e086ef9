"""Which stretches of a report are indexed and quoted, and which sentences do they hold?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from knowledge.model import Kind, Paragraph, Passage, Report, Span

# A paragraph longer than this is divided if it is, by more than half, a list of clauses: an answer
# about one of six actors is then not 400 characters about all of them.
_LONG = 300  # characters
_FEWEST_CLAUSES = 3
_SHORTEST_CLAUSE = 20  # characters; a shorter one stays with the clause before it

_UPRIGHT = "\"'"  # quotes that open and close alike
_CLOSERS = "”’」』）)》〉】\\]\"'"
_STOP = re.compile(f"[。！？!?；;…\n.]+[{_CLOSERS}]*")
_FULL_STOP = re.compile(f"(?:[。！？\n]|[!?](?![A-Za-z0-9=&/]))+[{_CLOSERS}]*")
_SEMICOLON = re.compile(f"[；;]+[{_CLOSERS}]*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|cf|al|Fig|Eq|Vol|[A-Z])|\b[a-z]\.[a-z]|^\s*\d{1,3})$"
)
_LONGEST_ABBREVIATION = 8  # characters to look back


def passages(report: Report) -> tuple[Passage, ...]:
    """What can be quoted of a report, in its order. Captions of pictures cannot."""
    text = report.text
    return tuple(
        passage
        for paragraph in report.paragraphs
        if paragraph.kind is not Kind.CAPTION
        for passage in passages_of(report.id, text, paragraph)
    )


def passages_of(report_id: str, text: str, paragraph: Paragraph) -> tuple[Passage, ...]:
    """What can be quoted of one paragraph of the report with this ``text``, in order."""
    return tuple(
        Passage(report_id, paragraph, span, sentences(text, span))
        for span in _stretches(text, paragraph)
    )


def sentences(text: str, span: Span) -> tuple[Span, ...]:
    """The sentences within ``span`` of ``text``, as spans of ``text``.

    They are in order, do not overlap, and leave out nothing but white space. A sentence ends with
    its mark and the closing quotes and brackets behind it; semicolons end sentences too.
    """
    found: list[Span] = []
    start = span.start
    for mark in _STOP.finditer(text, span.start, span.end):
        if _ends_a_sentence(text, mark, start, span.end):
            end = mark.end()
            if text[end - 1] in _UPRIGHT and text.count(text[end - 1], start, end) % 2:
                end -= 1  # it opens the next quotation
            _append_trimmed(found, text, start, end)
            start = end
    _append_trimmed(found, text, start, span.end)
    return tuple(found)


def _append_trimmed(found: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Span(start, end))


def _ends_a_sentence(text: str, mark: re.Match[str], start: int, end: int) -> bool:
    run = mark[0]
    first = run[0]
    if first in "。！？；\n" or "。" in run or "\n" in run:
        return True
    after = mark.end()
    if after >= end:
        return True
    if first == "…":
        # 马春雨、斯日古楞……一个个 goes on; ……” and ……。 do not.
        return run[-1] != "…"
    following = text[after]
    if first in "!?;":
        # Neither in an address (?q=1) nor between the parts of a formula (a;b).
        before = text[mark.start() - 1] if mark.start() > start else " "
        return not (_is_ascii_word(following) or following in "=&/") or not _is_ascii_word(before)
    # A full stop of English: white space behind it, no abbreviation or list number before it.
    if run.startswith(".."):
        return False
    before = text[max(start, mark.start() - _LONGEST_ABBREVIATION) : mark.start()]
    return following.isspace() and not _ABBREVIATION.search(before)


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _stretches(text: str, paragraph: Paragraph) -> list[Span]:
    """The paragraph whole, or the clauses of what it lists and the prose around them."""
    whole = paragraph.span
    if paragraph.kind is not Kind.BODY or len(whole) <= _LONG:
        return [whole]
    semicolons = sum(text.count(mark, whole.start, whole.end) for mark in "；;")
    if semicolons < _FEWEST_CLAUSES - 1:
        return [whole]
    cuts = {whole.start, whole.end}
    listed = 0  # characters
    for start, end in _pieces(text, whole, _FULL_STOP):
        clauses = list(_clauses(text, Span(start, end)))
        if len(clauses) >= _FEWEST_CLAUSES:
            cuts.update(clauses, (end,))
            listed += end - start
    if listed * 2 < len(whole):
        return [whole]
    spans: list[Span] = []
    for start, end in itertools.pairwise(sorted(cuts)):
        _append_trimmed(spans, text, start, end)
    return spans


def _clauses(text: str, sentence: Span) -> Iterator[int]:
    """Where the clauses of a sentence begin, counting only those that are long enough."""
    begin = sentence.start
    yield begin
    for start, end in _pieces(text, sentence, _SEMICOLON):
        if start > begin and start - begin >= _SHORTEST_CLAUSE <= end - start:
            begin = start
            yield begin


def _pieces(text: str, span: Span, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """``span`` divided after each mark, as pairs of start and end."""
    start = span.start
    for found in mark.finditer(text, span.start, span.end):
        yield start, found.end()
        start = found.end()
    if start < span.end:
        yield start, span.end
