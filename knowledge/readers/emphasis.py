"""Where does ``**bold**`` begin and end beside Chinese characters?

CommonMark decides by the spaces around the asterisks, and Chinese has none: in ``**重点：**内容``
the second pair would close nothing and stay in the text. Beside a Chinese character we let
punctuation on the other side of the asterisks count as little as it does beside a space.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline.state_inline import Delimiter, StateInline

from knowledge.readers.seams import is_unspaced


def install(parser: MarkdownIt) -> MarkdownIt:
    """Add the rule to a parser, before its own for emphasis; returns the parser."""
    parser.inline.ruler.before("emphasis", "chinese_emphasis", _tokenize)
    return parser


def _tokenize(state: StateInline, silent: bool) -> bool:
    """Take a run of asterisks that touches a Chinese character; leave every other one alone."""
    start = state.pos
    if silent or state.src[start] != "*":
        return False
    end = start
    while end < state.posMax and state.src[end] == "*":
        end += 1
    before = state.src[start - 1] if start > 0 else " "
    after = state.src[end] if end < state.posMax else " "
    if not (is_unspaced(before) or is_unspaced(after)):
        return False
    can_open = not _is_space(after) and (
        not _is_punctuation(after) or _ends_a_word(before) or is_unspaced(before)
    )
    can_close = not _is_space(before) and (
        not _is_punctuation(before) or _ends_a_word(after) or is_unspaced(after)
    )
    for _ in range(end - start):
        token = state.push("text", "", 0)
        token.content = "*"
        state.delimiters.append(
            Delimiter(
                marker=ord("*"),
                length=end - start,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos = end
    return True


def _ends_a_word(character: str) -> bool:
    return _is_space(character) or _is_punctuation(character)


def _is_space(character: str) -> bool:
    return isWhiteSpace(ord(character))


def _is_punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)
