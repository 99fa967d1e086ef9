"""Which readers are there that not everyone installs?"""

from __future__ import annotations

from importlib.util import find_spec


def reads_scans() -> bool:
    """Whether pages that are pictures can be read: the extra ``ocr``."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
