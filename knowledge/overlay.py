"""What have the admins added to the knowledge folder and taken from it, in Telegram?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field, RootModel

from knowledge.errors import Fault, InvalidCatalog
from knowledge.lined_yaml import Location, parse
from knowledge.listed import ListedReport
from knowledge.schema import Checker, Line, Strict, Text, fault

OVERLAY = "overlay.yaml"
"""The name of the overlay's file beside ``catalog.yaml``."""

UPLOADS = "uploads"
"""The folder for the files of the reports that an overlay lists."""


def _several(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(words) < 2:
        raise fault("must hold two words or more that mean the same")
    twice = [word for position, word in enumerate(words) if word in words[:position]]
    if twice:
        raise fault(f"has “{twice[0]}” twice; keep one")
    return words


_Meaning = Annotated[tuple[Line, ...], AfterValidator(_several)]


class Synonyms(RootModel[_Meaning]):
    """Words of one meaning."""


class CuratedQuestion(Strict):
    """A question that an admin has bound to a passage: to ``quote``, never to words of their own.

    ``quote`` is a stretch of the paragraph, word for word. ``section`` and ``paragraph`` tell where
    it stood; where the report has moved it since, the quote is looked for.
    """

    question: Line
    report: Line
    section: tuple[str, ...] = ()
    paragraph: Annotated[int, Field(ge=0)] = 0
    quote: Text


class _Lists(Strict):
    """The outermost keys. What their lists hold is validated one by one, to find every fault."""

    reports: tuple[object, ...] = ()
    removed: tuple[str, ...] = ()
    synonyms: tuple[object, ...] = ()
    questions: tuple[object, ...] = ()


class Overlay(Strict):
    """What is laid over a catalog. A frozen value: each change makes another.

    A row of ``reports`` takes the place of the catalog's with the same id. ``removed`` are ids of
    the catalog's reports that are left out. ``synonyms`` and ``questions`` are added.
    """

    reports: tuple[ListedReport, ...] = ()
    removed: tuple[str, ...] = ()
    synonyms: tuple[_Meaning, ...] = ()
    questions: tuple[CuratedQuestion, ...] = ()

    def with_report(self, report: ListedReport) -> Overlay:
        """``report`` in the place of one with its id, or at the end; no longer removed."""
        by_id = {row.id: row for row in self.reports} | {report.id: report}
        kept = [name for name in self.removed if name != report.id]
        return self._but(reports=by_id.values(), removed=kept)

    def without_report(self, id: str) -> Overlay:  # noqa: A002 - a report's id is its id
        """Without the report ``id``, whoever listed it."""
        rows = [row for row in self.reports if row.id != id]
        return self._but(reports=rows, removed=dict.fromkeys((*self.removed, id)))

    def with_synonyms(self, words: Sequence[str]) -> Overlay:
        """With ``words``, two or more, as one meaning; those already there are kept once."""
        return self._but(synonyms=dict.fromkeys((*self.synonyms, tuple(words))))

    def without_synonyms(self, words: Sequence[str]) -> Overlay:
        """Without ``words`` as one meaning."""
        return self._but(synonyms=[one for one in self.synonyms if one != tuple(words)])

    def with_question(self, question: CuratedQuestion) -> Overlay:
        """With ``question``; what the same words were bound to before is forgotten."""
        kept = [one for one in self.questions if one.question != question.question]
        return self._but(questions=[*kept, question])

    def without_question(self, question: str) -> Overlay:
        """Without what the words ``question`` are bound to."""
        return self._but(questions=[one for one in self.questions if one.question != question])

    def _but(self, **changes: Iterable[object]) -> Overlay:
        """The same with some of the lists replaced, validated again."""
        values = {name: getattr(self, name) for name in Overlay.model_fields}
        return Overlay.model_validate(values | {k: tuple(v) for k, v in changes.items()})

    def dump(self) -> bytes:
        """The content of ``overlay.yaml``; ``parse_overlay`` gives the same value back."""
        value = self.model_dump(mode="json", exclude_defaults=True)
        text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
        return text.encode()


class _Dumper(yaml.SafeDumper):
    """YAML that keeps the rarer line breaks of Unicode, which plain scalars would lose."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """``text`` between double quotes where only these can escape what is in it."""
        style = '"' if re.search("[\r\x85\u2028\u2029\ufeff]", text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_text)


@dataclass(frozen=True, slots=True)
class LinedOverlay:
    """An overlay, and a checker that knows on which line of the file each of its rows stands."""

    overlay: Overlay
    checker: Checker


def parse_overlay(content: bytes) -> LinedOverlay:
    """The overlay in the bytes of a file; raises ``InvalidCatalog`` with every fault."""
    lined = parse(content, OVERLAY)
    checker = Checker(OVERLAY, lined)
    lists = checker.checked(_Lists, {} if lined.value is None else lined.value, (), mend=True)
    if lists is None:
        raise InvalidCatalog(tuple(checker.faults))
    reports = checker.checked_each(ListedReport, lists.reports, ("reports",))
    synonyms = checker.checked_each(Synonyms, lists.synonyms, ("synonyms",))
    questions = checker.checked_each(CuratedQuestion, lists.questions, ("questions",))
    _unique(checker, [((*at, "id"), "the id", row.id) for at, row in reports])
    _unique(checker, [((*at, "file"), "the file", row.file) for at, row in reports])
    _unique(checker, [((*at, "question"), "the question", row.question) for at, row in questions])
    if checker.faults:
        raise InvalidCatalog(tuple(sorted(set(checker.faults))))
    return LinedOverlay(
        Overlay(
            reports=tuple(row for _, row in reports),
            removed=lists.removed,
            synonyms=tuple(row.root for _, row in synonyms),
            questions=tuple(row for _, row in questions),
        ),
        checker,
    )


def read_overlay(folder: Path) -> LinedOverlay:
    """The overlay in ``folder``, an empty one where there is none; raises ``InvalidCatalog``."""
    try:
        content = (folder / OVERLAY).read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InvalidCatalog((Fault(OVERLAY, 1, message),)) from error
    return parse_overlay(content)


def _unique(checker: Checker, values: Iterable[tuple[Location, str, str]]) -> None:
    first_lines: dict[str, int] = {}
    for at, what, value in values:
        if value in first_lines:
            checker.add(at, f"{what} {value} stands on line {first_lines[value]} already; keep one")
        else:
            first_lines[value] = checker.lined.line(at)
