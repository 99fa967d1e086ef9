"""Does who slips in a YAML file read where, and what to do, in words of their own?"""

from __future__ import annotations

import pytest

from knowledge.errors import InvalidCatalog
from knowledge.lined_yaml import parse

COLON = "a colon stands where none can; "
SLIPS = {
    "reports:\n\t- id: lu\n": (2, "use spaces"),
    "reports:\n- id: lu\n  title: 护航: 奔腾\n": (3, COLON),
    "reports:\n- id: lu\n   file: a\n": (3, COLON),
    "reports：\n- id: lu\n": (2, "(: and not ：)"),
    "reports:\n- id: lu\n  file\n  title: x\n": (3, "write `key: value`"),
    'reports:\n- id: lu\n  title: "abc\n  file: x\n': (3, "none closes it"),
    'reports:\n- id: lu\n  title: "三零"服务\n': (3, "put all of it between quotation marks"),
    "title: [三零] 服务\n": (1, "put all of it between quotation marks"),
    'title: "a\\qb"\n': (1, "use single ones"),
    "synonyms:\n- [a, b\n- [c, d]\n": (3, "the bracket that opens on line 2 is not closed"),
    "synonyms:\n- [a, b]]\n": (2, "a bracket or a comma stands where none can"),
    "title: @x\n": (1, "text that begins with @ belongs between quotation marks"),
    "title: *x\n": (1, "text that begins with * belongs between quotation marks"),
    "title: *三零*服务\n": (1, "text that begins with * belongs between quotation marks"),
    "title: & 三零\n": (1, "text that begins with & belongs between quotation marks"),
    "title: *\n": (1, "text that begins with * belongs between quotation marks"),
    "a: &x 1\nb: &x 2\n": (2, "text that begins with & belongs between quotation marks"),
    "title: ,x\n": (1, "text that begins with , belongs between quotation marks"),
    "reports:\n  - id: lu\n    file: a\n - id: b\n": (4, "not part of what begins on line 1"),
    "- a\nb: c\n": (2, "not part of what begins on line 1"),
    "a: 1\n---\nb: 2\n": (2, "one file is one document"),
    "title: |x\n": (1, "after | or > the text begins on the next line"),
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_is_told_with_its_line_and_what_to_do(text: str) -> None:
    with pytest.raises(InvalidCatalog) as caught:
        parse(text.encode(), "catalog.yaml")
    (fault,) = caught.value.faults
    line, told = SLIPS[text]
    assert (fault.file, fault.line) == ("catalog.yaml", line)
    assert fault.message.startswith("is not YAML: ")
    assert told in fault.message
    for word in ("scan", "token", "mapping", "flow", "scalar", "block", "stream"):
        assert word not in fault.message
