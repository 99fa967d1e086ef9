"""What does a YAML file say, and on which line does it say it?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from knowledge.errors import Fault, InvalidCatalog
from knowledge.slips import slip

Value = str | list["Value"] | dict[str, "Value"] | None
"""What a YAML file can hold for us. Every scalar is text as it is written, ``null`` is ``None``."""

Location = tuple[int | str, ...]
"""The keys and list positions (from 0) that lead to a value; pydantic's ``loc``."""

_NULL = "tag:yaml.org,2002:null"
_TEXT = "tag:yaml.org,2002:str"
_COLLECTIONS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


class _Resolver(Resolver):
    """YAML in which a plain scalar is text, unless it is null.

    So ``date: 2024-08`` keeps its zero, ``language: no`` is no truth value, and what a value
    means is decided in one place, by the model that takes it.
    """


_Resolver.yaml_implicit_resolvers = {}
_Resolver.add_implicit_resolver(_NULL, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])


class _Loader(_Resolver, yaml.SafeLoader):
    """Python's own parser, whose messages say what is wrong."""


if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _FastLoader(Composer, CParser, SafeConstructor, _Resolver):
        """libyaml, seven times as fast: a catalog of 33,000 reports takes 0.5 s.

        Nodes are put together here all the same, for libyaml overflows its stack where a file is
        nested deeply.
        """

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            _Resolver.__init__(self)

    _PARSERS: tuple[Callable[[str], Any], ...] = (_FastLoader, _Loader)
else:
    _PARSERS = (_Loader,)


@dataclass(frozen=True, slots=True)
class LinedYaml:
    """A parsed file: its value and the lines of its parts."""

    value: Value
    _root: yaml.Node | None

    def line(self, location: Location) -> int:
        """The line, from 1, of the value at ``location`` or of the nearest value around it.

        The line of a value under a key is that of the key.
        """
        node, line = self._root, 1
        for step in location:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == step), None)
                if pair is None:
                    break
                line = _line(pair[0])
                node = pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                if not 0 <= step < len(node.value):
                    break
                node = node.value[step]
                line = _line(node)
            else:
                break
        return line


def parse(content: bytes, file: str) -> LinedYaml:
    """Parse the bytes of ``file``, whose name is for the faults only.

    Raises ``InvalidCatalog`` with every fault: bytes that are not UTF-8, bad syntax, a key given
    twice (which YAML parsers pass over in silence), tags, and aliases that lead back to themselves.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _invalid(
            file, line, f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error
    try:
        root = _root(text)
    except yaml.MarkedYAMLError as error:
        line, what = slip(error)
        raise _invalid(file, line, f"is not YAML: {what}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _invalid(
            file, line, f"is not YAML: character U+{error.character:04X} is not allowed; remove it"
        ) from error
    except RecursionError as error:
        raise _invalid(file, 1, "is nested too deeply; a few levels are enough") from error
    builder = _Builder(file)
    value = builder.build(root) if root is not None else None
    if builder.faults:
        raise InvalidCatalog(tuple(sorted(builder.faults)))
    return LinedYaml(value, root)


def _root(text: str) -> yaml.Node | None:
    for parser in _PARSERS[:-1]:
        with contextlib.suppress(yaml.YAMLError):
            return _composed(parser(text))
    return _composed(_PARSERS[-1](text))


def _composed(loader: Any) -> yaml.Node | None:  # noqa: ANN401 - what two parsers have in common
    try:
        root: yaml.Node | None = loader.get_single_node()
        return root
    finally:
        loader.dispose()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _invalid(file: str, line: int, message: str) -> InvalidCatalog:
    return InvalidCatalog((Fault(file, line, message),))


class _Builder:
    """Turns nodes into values and gathers what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._built: dict[int, Value] = {}  # by node, so that aliases cost nothing
        self._open: set[int] = set()

    def build(self, node: yaml.Node) -> Value:
        key = id(node)
        if key in self._open:
            self._fault(node, "an alias leads back to itself; write the value out")
            return None
        if key not in self._built:
            self._open.add(key)
            self._built[key] = self._value(node)
            self._open.discard(key)
        return self._built[key]

    def _value(self, node: yaml.Node) -> Value:
        if node.tag not in (_NULL, _TEXT, *_COLLECTIONS):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._fault(node, f"the tag {tag} is not understood; remove it")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else str(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: yaml.Node) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        first_lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be a word, not a list or a mapping")
                continue
            name = str(key.value)
            if name in first_lines:
                self._fault(
                    key, f"the key `{name}` stands on line {first_lines[name]} already; keep one"
                )
                continue
            first_lines[name] = _line(key)
            mapping[name] = self.build(value)
        return mapping

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.faults.append(Fault(self._file, _line(node), message))
