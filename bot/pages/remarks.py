"""What should an admin know of how a file was read?"""

from __future__ import annotations

from bot.pages.excerpt import clipped
from bot.texts import Texts
from knowledge.outline import Reading
from knowledge.readers import Remark, RemarkKind, Unit

_SHOWN = 30  # UTF-16 units of what a remark is about


def remark_sentences(made: Reading, texts: Texts) -> tuple[str, ...]:
    """One sentence for each kind of remark: how often, and the first example with its place."""
    kinds: dict[RemarkKind, list[Remark]] = {}
    for remark in made.remarks:
        kinds.setdefault(remark.kind, []).append(remark)
    return tuple(
        texts.say(
            f"remark.{kind}",
            count=len(found),
            where=_where(made.unit, found[0].place, texts),
            words=clipped(found[0].text, _SHOWN),
        )
        for kind, found in kinds.items()
    )


def _where(unit: Unit, place: int, texts: Texts) -> str:
    return texts.say(f"remark_place.{unit}", number=place)
