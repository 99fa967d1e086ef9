"""Do the fast parser and the one whose messages we show read the same?"""

from __future__ import annotations

import pytest
import yaml

from bot.settings import shipped_knowledge
from knowledge import lined_yaml
from knowledge.errors import InvalidCatalog
from knowledge.lined_yaml import parse

SHIPPED = [path.name for path in sorted(shipped_knowledge().glob("*.yaml"))]
TWISTED = """\
# 各种写法
plain: 一 行
folded: >-
  两
  行
literal: |
  原样
   缩进
quoted: "转义\\u4e2d\\n"
single: '单''引号'
nothing:
also: ~
anchored: &a [一, {二: 三}]
again: *a
? 复杂键
: 值
flow: {甲: [乙, 丙], 丁: null}
- : 不是列表
"""


def drawn(node: yaml.Node | None) -> object:
    """A node with its tag and line, in a form that can be compared."""
    if isinstance(node, yaml.MappingNode):
        inside: object = [(drawn(key), drawn(value)) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inside = [drawn(one) for one in node.value]
    else:
        inside = None if node is None else node.value
    return None if node is None else (node.tag, node.start_mark.line, inside)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_read_alike_by_both_parsers(name: str) -> None:
    text = (shipped_knowledge() / name).read_text(encoding="utf-8")
    read = {str(drawn(lined_yaml._composed(parser(text)))) for parser in lined_yaml._PARSERS}
    assert len(read) == 1


def test_every_way_of_writing_is_read_alike_by_both_parsers() -> None:
    text = TWISTED.rpartition("- :")[0]
    read = {str(drawn(lined_yaml._composed(parser(text)))) for parser in lined_yaml._PARSERS}
    assert len(read) == 1
    assert parse(text.encode(), "a.yaml").line(("flow", "甲")) == 17


def test_what_is_wrong_is_said_in_the_words_of_the_slow_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []
    for parsers in (lined_yaml._PARSERS, lined_yaml._PARSERS[-1:]):
        monkeypatch.setattr(lined_yaml, "_PARSERS", parsers)
        with pytest.raises(InvalidCatalog) as caught:
            parse(TWISTED.encode(), "a.yaml")
        said.append(caught.value.faults)
    assert said[0] == said[1]


def test_a_file_nested_too_deeply_is_refused_and_nothing_breaks() -> None:
    with pytest.raises(InvalidCatalog, match="nested too deeply"):
        parse(b"[" * 100_000, "a.yaml")
