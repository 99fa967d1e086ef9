"""What do reports put in quotation marks? Their own terms."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"[“「『《]([^”」』》“「『《\n]{2,30})[”」』》]")


def quoted(text: str) -> tuple[str, ...]:
    """The different terms that ``text`` has in quotation marks, in the order of their first use.

    >>> quoted("严格落实“六项规定”,守好“三零”关口,“三零”不降。")
    ('六项规定', '三零')
    """
    return tuple(dict.fromkeys(match[1] for match in _QUOTED.finditer(text)))
