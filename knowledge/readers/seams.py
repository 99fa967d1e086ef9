"""What stands between two pieces of one paragraph that a line or page break divided?"""

from __future__ import annotations

import re
import unicodedata

# Han, kana, bopomofo and full-width forms are set without spaces. Hangul is not among them:
# Korean puts a space between its words.
_UNSPACED = re.compile("[\u2e80-\u312f\u31a0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
                       "\uff00-\uffef\U00020000-\U0003ffff]")  # fmt: skip

_CLINGING = frozenset(",.;:!?%)]}‰℃”’")  # never after a space, in any language


def seam(left: str, right: str) -> str:
    """The empty string within Chinese, a space between words.

    Beside a Chinese character digits and punctuation take no space either, since Chinese
    sources write both with half-width characters as often as with full-width ones.

    >>> seam("迈向更高水平的五", "年。"), seam("上升到", "98.3%"), seam("use of", "Python")
    ('', '', ' ')
    """
    if not left or not right:
        return ""
    before, after = left[-1], right[0]
    if after in _CLINGING:
        return ""
    chinese_before, chinese_after = is_unspaced(before), is_unspaced(after)
    if chinese_before and chinese_after:
        return ""
    if chinese_before:
        return "" if _is_mark_or_digit(after) else " "
    if chinese_after:
        return "" if _is_mark_or_digit(before) else " "
    # “ ” ‘ ’ … — belong to both worlds; where one stands, the next character but one decides.
    if _is_shared(before) and len(left) > 1 and is_unspaced(left[-2]):
        return "" if _is_mark_or_digit(after) else " "
    if _is_shared(after) and len(right) > 1 and is_unspaced(right[1]):
        return "" if _is_mark_or_digit(before) else " "
    return " "


def joined(pieces: list[str]) -> str:
    """The pieces as one text, with ``seam`` between each two."""
    text = ""
    for piece in pieces:
        text += seam(text, piece) + piece
    return text


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that is set without spaces, or its punctuation."""
    return _UNSPACED.match(character) is not None


def _is_shared(character: str) -> bool:
    return character in "“”‘’…—·"


def _is_mark_or_digit(character: str) -> bool:
    return unicodedata.category(character)[0] in "PSN"
