"""What is to be done about a file that is no YAML?

A YAML parser says what it expected, in the words of those who write parsers; who wrote the file
wants to know what to write instead. Nearly all of its complaints come of a few kinds of slips.
"""

from __future__ import annotations

import re

import yaml

# Where it is to be mended: where the parser noticed, or where it began what went wrong.
_NOTICED, _BEGAN = True, False
# What the parser says, what to do about it, and where. The first that fits counts. {began} is the
# line where what went wrong began, {found} the character that was not expected.
_SLIPS = (
    (r"character '\\t'", "a tab stands where YAML takes spaces only; use spaces", _NOTICED),
    (
        r"quoted scalar, found unexpected (end|document)",
        "a quotation mark opens here and none closes it; add the second one",
        _BEGAN,
    ),
    (
        r"quoted scalar, .*escape",
        r"between double quotation marks \ has a meaning of its own; use single ones",
        _NOTICED,
    ),
    (
        r"flow (sequence|mapping), expected",
        "the bracket that opens on line {began} is not closed, or a comma is missing between what"
        " stands in it; what has a colon or a bracket itself belongs between quotation marks",
        _NOTICED,
    ),
    (
        r"character '(?P<found>.)' that|node content, but found '(?P<other>.)'"
        "|alias|anchor|parsing a tag",
        "text that begins with {found} belongs between quotation marks",
        _NOTICED,
    ),
    (
        "mapping values are not allowed",
        "a colon stands where none can; indent the key as those beside it, put text that has a"
        " colon between quotation marks, and see that the key above has a colon (: and not ：) and"
        " a space",
        _NOTICED,
    ),
    (
        "could not find expected ':'",
        "this is neither a key nor part of a list; write `key: value`, with a colon (: and not ：)"
        " and a space",
        _BEGAN,
    ),
    (
        "block (mapping|collection), expected <block end>, but found '<scalar>'",
        "text goes on after its closing quotation mark or bracket; put all of it between quotation"
        " marks",
        _NOTICED,
    ),
    (
        r"expected <block end>, but found '[\]},]'",
        "a bracket or a comma stands where none can; remove it, or put the text between quotation"
        " marks",
        _NOTICED,
    ),
    (
        "expected <block end>",
        "this is not part of what begins on line {began}; indent it as what stands beside it, and"
        " begin either all of it with `- ` or nothing",
        _NOTICED,
    ),
    (
        "document",
        "one file is one document; remove lines of --- and ... and those that begin with %",
        _NOTICED,
    ),
    (
        "block scalar",
        "after | or > the text begins on the next line; or put it between quotation marks",
        _NOTICED,
    ),
)


def slip(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """The line, from 1, on which something is to be mended, and what it is."""
    noticed, began = error.problem_mark or error.context_mark, error.context_mark
    said = ", ".join(part for part in (error.context, error.problem) if part)
    for pattern, advice, where_noticed in _SLIPS:
        if match := re.search(pattern, said):
            place = noticed if where_noticed or began is None else began
            found = next(filter(None, match.groupdict().values()), None) or _character(
                began or place
            )
            return _line(place), advice.format(began=_line(began), found=found)
    return _line(noticed), f"look at quotation marks, colons and indentation ({said})"


def _line(mark: yaml.Mark | None) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _character(mark: yaml.Mark | None) -> str:
    """What stands at ``mark``, which is where an alias, an anchor or a tag begins."""
    return "&, * or !" if mark is None or not mark.buffer else str(mark.buffer[mark.pointer])
