"""Was a report made of this file before? What is in use is shared, not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePath
from weakref import WeakValueDictionary

from knowledge.model import Report

Make = Callable[[str, bytes, object, Callable[[], Report]], Report]
"""What ``made_before`` is, and whoever else remembers what was made of a file."""

# Reading is a pure function of these; a report is forgotten when no library has it any more.
_IN_USE: WeakValueDictionary[tuple[str, bytes, object], Report] = WeakValueDictionary()


def made_before(name: str, content: bytes, told: object, make: Callable[[], Report]) -> Report:
    """What ``make`` gives, or gave before for the same.

    The same is a file of the same ending as ``name``, with the same ``content``, of which the same
    is ``told``: everything else that ``make`` looks at. What it raises is raised.
    """
    digest = hashlib.sha256(content).digest()
    # The content need not be kept: nobody can make another with this digest.
    same = (PurePath(name).suffix.lower(), digest, told)
    report = _IN_USE.get(same)
    if report is None:
        report = _IN_USE.setdefault(same, make())
    return report
