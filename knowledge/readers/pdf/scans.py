"""What stands on a page that is a picture? Told by text recognition, where that is installed."""

from __future__ import annotations

import logging
from dataclasses import replace
from statistics import median
from typing import Any
from unicodedata import east_asian_width

from knowledge.readers.pdf.lines import Line

_RESOLUTION = 200 / 72  # pixels a point; small print is read well from here on
_MOST_PIXELS = 3600  # along the longer side of a page
_BOX = 1.06  # how much higher than its letters the box around a line is
_DEPTH = 0.18  # of the box, that lies below the baseline
_NARROW = 0.52  # how wide a letter, digit or half-width mark is, of its size
_LEAST_WIDE, _MOST_WIDE = 0.8, 1.2  # beyond that a line is spaced out, or condensed
_ALIKE = 0.04  # of the size: lines of one size are measured as differing so much
_ONE_ROW = 0.4  # of the size
_LEAST_CERTAIN = 0.6  # below that a line is as likely dirt as text


class Recogniser:
    """Reads pages as pictures; takes a second and half a gigabyte to make."""

    def __init__(self) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        from rapidocr import RapidOCR

        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 2,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def lines(self, page: Any) -> list[Line]:  # noqa: ANN401 - pypdfium2 has no types
        """The lines of a page of a PDF, in points."""
        width, height = page.get_size()
        scale = min(_RESOLUTION, _MOST_PIXELS / max(width, height, 1))
        found: Any = self._engine(page.render(scale=scale).to_numpy())
        if found.boxes is None or not found.txts:
            return []
        lines = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            if score < _LEAST_CERTAIN or not text.strip():
                continue
            left, right = min(x for x, _ in box) / scale, max(x for x, _ in box) / scale
            top, bottom = min(y for _, y in box) / scale, max(y for _, y in box) / scale
            tall = float(bottom - top)
            lines.append(
                Line(
                    text=" ".join(text.split()),
                    left=float(left),
                    right=float(right),
                    y=float(height - bottom + _DEPTH * tall),
                    size=_size(text, float(right - left), tall / _BOX),
                    bold=False,
                )
            )
        return _level(_even(lines))


def _size(text: str, width: float, tall: float) -> float:
    """The size of letters: how wide they are tells it better than the box around a line."""
    widths = sum(1.0 if east_asian_width(one) in "WF" else _NARROW for one in text)
    size = width / widths
    return size if len(text) > 3 and _LEAST_WIDE < size / tall < _MOST_WIDE else tall


def _even(lines: list[Line]) -> list[Line]:
    """The lines, those of nearly one size made of one."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.size):
        if groups and line.size <= groups[-1][-1].size * (1 + _ALIKE):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [
        replace(line, size=round(median(one.size for one in group)))
        for group in groups
        for line in group
    ]


def _level(lines: list[Line]) -> list[Line]:
    """The lines, those of one row put on one baseline, so that they are read from left to right."""
    level: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.y):
        beside = bool(level) and level[-1].y - line.y < _ONE_ROW * min(line.size, level[-1].size)
        level.append(replace(line, y=level[-1].y) if beside else line)
    return level
