"""Which paragraphs are headings, where nobody has marked any? Told by number, weight and size.

A wrong heading harms more than none: text would vanish from the answers. So a line becomes one
only as a member of a kind that behaves like headings through the whole document.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from knowledge.readers.document import Block, BlockKind, Document, Remark, RemarkKind, Unit
from knowledge.readers.seams import joined

_CHINESE = "[一二三四五六七八九十百]"
_EITHER = "[一二三四五六七八九十百零〇两\\d]"
# The ways Chinese documents number their headings, outermost first.
_NUMBERED = tuple(
    re.compile(pattern)
    for pattern in (
        f"第({_EITHER}+)[编篇部]分?(?![\u4e00-\u9fff]*[，,])",
        f"第({_EITHER}+)章",
        f"第({_EITHER}+)节",
        f"第({_EITHER}+)条",
        f"({_CHINESE}+)[、．.]",
        f"[(（]({_CHINESE}+)[)）]",
        "(\\d{1,2})(?:[、．]|[.](?!\\d))",
        "[(（](\\d{1,2})[)）]",
    )
)
_PARTS = range(4)  # 第…: nothing else is written so, at the start of a short line
_ARABIC = range(6, 8)  # lists are numbered so as often as headings
_UNNUMBERED = len(_NUMBERED)

_CONTENTS = re.compile(r"目\s*[录錄次]")
_PAGE = re.compile(r"[.．…·‥]{2,}\d{0,4}$")
_LONGEST_ENTRY = 80  # characters of a line of a table of contents
_FEWEST_ENTRIES = 2

_LONGEST = 40  # characters of a heading, with its number
_STOP = re.compile("[。！？!?；;：:…]|[，,、.]$")
_PROSE = re.compile("[。！？!?；;：:…]")
_SHORTEST_PROSE = 25  # characters of a text without a stop
_LARGER = 1.12  # against the size of the text: 14 points beside 12 are meant, 12.5 are not
_LABEL_OF_FIGURE = re.compile("[图表] ?[\\d一二三四五六七八九十]")
_DOCUMENT_NUMBER = re.compile("[〔\\[［(（]\\d{4}[〕\\]］)）] ?第? ?\\d+ ?号")
_NAMES = re.compile("[\u4e00-\u9fff]{2,4}(?:[ \u3000、，,]+[\u4e00-\u9fff]{2,4}){1,7}")
_DATE = re.compile("[(（]?\\d{4} ?年[ \\d年月日]*[)）]?")
_LEADS = 2 / 3  # the share of a kind that must stand above text


def with_headings(document: Document) -> Document:
    """The document, with the headings that it has by its looks, if it marks none but a title.

    Each one is told in a remark. A document that marks headings keeps those. A table of contents
    is left out and told.
    """
    blocks, remarks = _without_contents(list(document.blocks))
    marked = [block for block in blocks if block.kind is BlockKind.HEADING]
    if len(marked) > 1 or any(block.level > 1 for block in marked):
        return replace(document, blocks=tuple(blocks), remarks=(*document.remarks, *remarks))
    usual = _usual_size(blocks)
    if not marked:
        blocks, title = _with_title(blocks, usual, plain_counts=document.unit is not Unit.LINE)
        remarks += title
    levels = _levels(blocks, usual)
    for place, level in sorted(levels.items()):
        block = blocks[place]
        blocks[place] = Block(BlockKind.HEADING, level, block.text.replace("\n", " "), block.line)
        remarks.append(Remark(RemarkKind.HEADING, block.line, blocks[place].text))
    return replace(document, blocks=tuple(blocks), remarks=(*document.remarks, *remarks))


def _without_contents(blocks: list[Block]) -> tuple[list[Block], list[Remark]]:
    """The blocks without a table of contents: lines below 目录 that all come again as they are."""
    begin = next((n for n, one in enumerate(blocks) if _CONTENTS.fullmatch(one.text)), -1)
    if begin < 0:
        return blocks, []
    places: dict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(blocks):
        if len(block.text) <= _LONGEST_ENTRY:
            places[_bare(block.text)].append(place)
    end = begin + 1
    while end < len(blocks) and places[_bare(blocks[end].text)][-1:] > [end]:
        end += 1
    if end - begin <= _FEWEST_ENTRIES:
        return blocks, []
    remarks = [Remark(RemarkKind.CONTENTS, one.line, one.text) for one in blocks[begin:end]]
    return [*blocks[:begin], *blocks[end:]], remarks


def _bare(text: str) -> str:
    """A line without its spaces, and without the page that a table of contents names."""
    return _PAGE.sub("", "".join(text.split()))


def _usual_size(blocks: list[Block]) -> float:
    """The size of most of the text, 0 where sizes are unknown."""
    lengths: Counter[float] = Counter()
    for block in blocks:
        if block.kind is BlockKind.PARAGRAPH and block.size:
            lengths[block.size] += len(block.text)
    return lengths.most_common(1)[0][0] if lengths else 0.0


# --- the title ------------------------------------------------------------------------------------


def _with_title(
    blocks: list[Block], usual: float, *, plain_counts: bool
) -> tuple[list[Block], list[Remark]]:
    """The blocks with the title as a heading of level 1, and what is to be told of it.

    It is what is largest, or bold, before the text begins; where ``plain_counts``, also the first
    line, if it is short. Lines of it that follow each other become one.
    """
    begins = next(
        (n for n, one in enumerate(blocks) if not _is_line(one) or _numbered(one.text)), len(blocks)
    )
    if begins == len(blocks) and all(map(_is_line, blocks)):
        return blocks, []  # nothing but lines: a list, an address, a poem
    places = [
        n
        for n in range(begins)
        if not _DOCUMENT_NUMBER.search(blocks[n].text)
        and not (n + 1 < len(blocks) and _DOCUMENT_NUMBER.search(blocks[n + 1].text))
        and not _DATE.fullmatch(blocks[n].text)
    ]
    if not places:
        return blocks, []
    first = max(places, key=lambda n: (blocks[n].size, blocks[n].kind is BlockKind.LABEL, -n))
    stands_out = _stands_out(blocks[first], usual)
    if not stands_out and not (plain_counts and first == 0):
        return blocks, []
    end = first + 1
    while stands_out and end in places and _look(blocks[end]) == _look(blocks[first]):
        end += 1
    text = joined([block.text.replace("\n", " ") for block in blocks[first:end]])
    title = Block(BlockKind.HEADING, 1, text, blocks[first].line)
    return [*blocks[:first], title, *blocks[end:]], [Remark(RemarkKind.HEADING, title.line, text)]


def _is_line(block: Block) -> bool:
    """Whether a block is a line that stands for itself and tells nothing yet."""
    return (
        block.kind in (BlockKind.PARAGRAPH, BlockKind.LABEL)
        and len(block.text) <= _LONGEST
        and not _STOP.search(block.text)
    )


def _stands_out(block: Block, usual: float) -> bool:
    return block.kind is BlockKind.LABEL or (usual > 0 and block.size >= usual * _LARGER)


def _look(block: Block) -> tuple[BlockKind, float]:
    return block.kind, block.size


# --- the headings ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: int
    rank: int  # in _NUMBERED, or _UNNUMBERED
    number: int  # 0 without one
    stands_out: bool
    look: tuple[BlockKind, float]

    @property
    def kind(self) -> tuple[int, object]:
        """What the members of one kind share: their way of numbering, else their look."""
        return (self.rank, self.look if self.rank == _UNNUMBERED else None)


def _levels(blocks: list[Block], usual: float) -> dict[int, int]:
    """The level of each block that is a heading, by its place."""
    begins = 1 + next((n for n, one in enumerate(blocks) if one.kind is BlockKind.HEADING), -1)
    candidates = {
        place: candidate
        for place in range(begins, len(blocks))
        if (candidate := _candidate(place, blocks[place], usual))
    }
    kinds: defaultdict[tuple[int, object], list[_Candidate]] = defaultdict(list)
    for candidate in candidates.values():
        kinds[candidate.kind].append(candidate)
    order = _order(list(kinds), kinds)
    leading = {
        place
        for place, candidate in candidates.items()
        if _leads(blocks, candidates, order, candidate)
    }
    accepted = {
        kind
        for kind, members in kinds.items()
        if _behaves([one for one in members if one.place in leading], members)
    }
    levels = {kind: level for level, kind in enumerate((k for k in order if k in accepted), 2)}
    return {
        place: levels[candidate.kind]
        for place, candidate in candidates.items()
        if candidate.kind in accepted and place in leading
    }


def _candidate(place: int, block: Block, usual: float) -> _Candidate | None:
    stands_out = _stands_out(block, usual)
    numbered = _numbered(block.text)
    # A heading may be a sentence, with its stop, where its look says that it is one.
    line = replace(block, text=block.text.rstrip("。.")) if numbered and stands_out else block
    if not _is_line(line) or _LABEL_OF_FIGURE.match(block.text):
        return None
    if numbered:
        rank, number = numbered
        return _Candidate(place, rank, number, stands_out, _look(block))
    if not stands_out or _DATE.fullmatch(block.text) or _NAMES.fullmatch(block.text):
        return None
    return _Candidate(place, _UNNUMBERED, 0, stands_out, _look(block))


def _numbered(text: str) -> tuple[int, int] | None:
    """How a line is numbered, as its place in ``_NUMBERED``, and its number."""
    for rank, pattern in enumerate(_NUMBERED):
        found = pattern.match(text)
        if found and (rank in _PARTS or found.end() < len(text)):
            return rank, _value(found[1])
    return None


def _value(number: str) -> int:
    """The value of a number below two hundred; 0 for any other.

    >>> _value("二十三"), _value("十"), _value("7"), _value("一百零二")
    (23, 10, 7, 102)
    """
    if number.isdecimal():
        return int(number)
    digits = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {
        "〇": 0,
        "两": 2,
    }
    hundreds, _, rest = number.rpartition("百")
    tens, has_tens, ones = rest.rpartition("十")
    try:
        return (
            digits[hundreds or "零"] * 100
            + (digits[tens.lstrip("零〇") or "一"] * 10 if has_tens else 0)
            + digits[ones.lstrip("零〇") or "零"]
        )
    except KeyError:
        return 0


def _order(
    kinds: list[tuple[int, object]], members: Mapping[tuple[int, object], list[_Candidate]]
) -> list[tuple[int, object]]:
    """The kinds, outermost first.

    Numbers have their own order. Lines without one stand above the first numbered kind that is
    set smaller, below all others; among themselves the larger ones come first.
    """
    sizes = {kind: max(one.look[1] for one in members[kind]) for kind in kinds}
    order = sorted((kind for kind in kinds if kind[0] != _UNNUMBERED), key=lambda kind: kind[0])
    for kind in sorted(
        (kind for kind in kinds if kind[0] == _UNNUMBERED), key=lambda kind: -sizes[kind]
    ):
        place = next((n for n, other in enumerate(order) if sizes[other] < sizes[kind]), len(order))
        order.insert(place, kind)
    return order


def _leads(
    blocks: list[Block],
    candidates: dict[int, _Candidate],
    order: list[tuple[int, object]],
    candidate: _Candidate,
) -> bool:
    """Whether text stands below a line, before another of its kind or an outer one."""
    own = order.index(candidate.kind)
    for place in range(candidate.place + 1, len(blocks)):
        following = candidates.get(place)
        if following is not None:
            if order.index(following.kind) <= own:
                return False
            continue
        block = blocks[place]
        if block.kind is BlockKind.HEADING:
            return False
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LABEL, BlockKind.IMAGE):
            return True
        if _PROSE.search(block.text) or len(block.text) >= _SHORTEST_PROSE:
            return True
    return False


def _behaves(leading: list[_Candidate], members: list[_Candidate]) -> bool:
    """Whether a kind of line is one of headings, by how its members stand in the document."""
    if not leading or len(leading) < _LEADS * len(members):
        return False
    rank = members[0].rank
    stand_out = all(one.stands_out for one in members)
    if rank in _PARTS:
        return True
    if rank == _UNNUMBERED:
        return len(leading) == len(members)
    if len(members) == 1:
        return stand_out and rank not in _ARABIC
    if rank in _ARABIC and not stand_out and len(leading) < len(members):
        return False
    steps = zip([0, *(one.number for one in members)], members, strict=False)
    in_order = sum(one.number in (1, before + 1) for before, one in steps)
    return in_order >= _LEADS * len(members) and members[0].number == 1
