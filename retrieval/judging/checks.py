"""What must be true of an answer that no score can tell?

The question's own numbers, years, names and places must stand in the passage or above it, the
sentence must hold something of the kind that is asked for, and what is only named is not passed
off as spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from retrieval.model import NoticeKind
from retrieval.query.asking import (
    OWN_NUMBER,
    Sought,
    asked_noun,
    asks_name,
    contrary,
    counted_thing,
    counts,
    days,
    held,
    may_name,
    names_which,
    office,
    qualifiers,
    says_origin,
    told_vaguely,
    topic,
    undecided,
    unit,
    unit_word,
    untold,
    wants_spelled_out,
    without_exclusion,
    without_numbers_of,
)
from retrieval.text.analysis import characters, numeral

_LACKS = {
    Sought.NUMBER: NoticeKind.NO_NUMBER,
    Sought.DATE: NoticeKind.NO_DATE,
    Sought.PERSON: NoticeKind.NO_PERSON,
    Sought.PLACE: NoticeKind.NO_PLACE,
    Sought.REASON: NoticeKind.NO_REASON,
}
_CHECKED = (Sought.NUMBER, Sought.DATE)  # the others are soft: they count in the confidence

_NUMERAL = r"\d+|[一二两三四五六七八九十百千万〇零]+"
_COUNTED = re.compile(rf"({_NUMERAL})([项个条大级类种]\w{{2}})")
_SENTENCE = re.compile("[;；。!！?？]")
LONGEST_TERM = 30
"""Characters of what a library calls a thing."""

_OPENING = 40  # characters of a sentence in which it names whom it speaks of
_COUNTABLE = 3  # two things are joined by 和 or 与 as often as listed
_KINDS = re.compile(r"[几多少][种类条项点]")  # 有几种: a list tells it too
_LIST = re.compile(r"[^,，。;；:：“”]{1,20}(?:、[^,，。;；:：]{1,20})+")


@dataclass(frozen=True, slots=True)
class Passage:
    """What the checks look at, all normalised: the marked text, the paragraph, what is above it."""

    marked: str
    paragraph: str
    above: str


def missing(
    question: str,
    names: Sequence[tuple[str, Sequence[str]]],
    unknown: Sequence[str],
    passage: Passage,
) -> tuple[str, ...]:
    """The question's own numbers and names that the passage and its headings do not have.

    ``names`` are names with everything that they are also called. ``unknown`` are words of the
    question that the library does not have: one that the passage has all of but a character before
    it (副厅长, where it says 厅长) is a name of something else.
    """
    asked = without_exclusion(question)
    there = f"{passage.above}\n{passage.paragraph}"
    own = OWN_NUMBER.findall(asked)
    numbers = {unit for unit in characters(there) if unit is not None} if own else set()
    lacking = [number for number in own if numeral(number) not in numbers and number not in there]
    lacking += [
        name for name, forms in names if name in asked and not any(form in there for form in forms)
    ]
    lacking += [
        word
        for word in unknown
        if len(word) > 2 and word not in there and word[0] in qualifiers() and word[1:] in there
    ]
    lacking += [day for day in days(asked) if day not in there]
    for number, counted in _COUNTED.findall(asked):
        said = {numeral(n) for n in re.findall(f"({_NUMERAL}){re.escape(counted)}", there)}
        if said and numeral(number) not in {"1", *said}:  # 哪一个 and 一个 count nothing
            lacking.append(number + counted)  # 七项规定, where it has 三项规定 and 六项规定
    distinct = tuple(dict.fromkeys(lacking))
    # The segmenter gives 鄂尔多 besides 鄂尔多斯: whoever lacks the one lacks the other.
    return tuple(
        one for one in distinct if not any(one != other and one in other for other in distinct)
    )


def missing_office(
    question: str, passage: Passage, also_called: Callable[[str], Sequence[str]]
) -> str | None:
    """The office whose holder the question asks for and that the passage does not speak of.

    ``also_called`` gives what else the library calls a word.
    """
    asked = office(question)
    there = f"{passage.above}\n{passage.paragraph}"
    if asked is None:
        return None
    another = "".join(sorted(qualifiers()))  # 副主席 is no 主席, but 目前主席 is one
    words = "|".join(re.escape(word) for word in (asked, *also_called(asked)))
    told = re.search(f"(?:(?<![{another}])|(?<=[目当之以]前))(?:{words})", there)
    return None if told else asked


def missing_detail(question: str, passage: Passage) -> str | None:
    """Whom or what the question asks about and the passage does not speak of: 妹妹, 网址.

    So is a choice between two of which it has neither.
    """
    there = f"{passage.above}\n{passage.paragraph}"
    return untold(question, there) or undecided(question, there)


def missing_counterpart(question: str, words: Iterable[str], passage: Passage) -> tuple[str, ...]:
    """What the question names of which the passage has the counterpart only.

    西岸 is missing where it says 东岸. ``words`` are those of the question.
    """
    return tuple(contrary(question, words, f"{passage.above}\n{passage.paragraph}"))


def said_of_another(
    question: str,
    places: Sequence[tuple[str, Sequence[str]]],
    terms: Callable[[], Set[str]],
    passage: Passage,
) -> tuple[str, str] | None:
    """The place that the question asks about and what is asked, which is said of another one only.

    A paragraph may tell of one place after the other, a sentence each. ``places`` are known places
    with everything that they are also called; ``terms`` gives what the library calls things.
    """
    own = [(name, forms) for name, forms in places if name in question]
    if not own:
        return None
    known = terms()
    about = [
        part
        for start in range(len(question))
        for part in (question[start : start + length] for length in range(2, LONGEST_TERM + 1))
        if part in known and not any(part in name or name in part for name, _ in own)
    ]
    here = {form for _, forms in own for form in forms}
    others = {name for name, _ in places if not any(name in f or f in name for f in here)}
    telling = [s for s in _SENTENCE.split(passage.paragraph) if any(t in s for t in about)]
    for sentence in telling:
        opening = sentence[:_OPENING]
        if any(form in sentence for form in here) or not any(n in opening for n in others):
            return None
    return (own[0][0], max(about, key=len)) if telling else None


def lacks(question: str, sought: Sought, passage: Passage) -> NoticeKind | None:
    """The kind of answer that is asked for and that the marked sentences have nothing of.

    What the question itself brings does not count: asked how many were punished in 2019, a
    sentence that has no number but 2019 does not say.
    """
    noun = asked_noun(question)
    if noun is not None and noun not in passage.marked:
        return NoticeKind.NO_PLACE
    if (told := says_origin(question, passage.marked)) is not None:
        return None if told else NoticeKind.NO_PLACE
    if sought is Sought.ANYTHING and (word := unit_word(question)):
        if word in passage.marked:
            return None  # 三公经费: what is said of it, in numbers or not
        sought = Sought.NUMBER  # 郑光照的年龄: a number without a word that asks
    if sought not in _CHECKED:
        return None
    rest = without_numbers_of(question, passage.marked)
    needed = unit(question)
    thing = counted_thing(question)
    if thing is not None and not set(thing) & set(passage.paragraph):
        return _LACKS[sought]
    if needed is not None:
        before = passage.paragraph.partition(passage.marked.partition("\n")[0])[0]
        listed = sought is Sought.NUMBER and _KINDS.search(question) and _LIST.search(rest)
        if needed.stands_in(rest, before) or listed or counts(question, rest):
            return None
        return _LACKS[sought]
    if held(rest, person=False, place=False) & sought or told_vaguely(rest, sought):
        return None
    return _LACKS[sought]


def lacks_name(
    question: str, sought: Sought, passage: Passage, names: Callable[[str], Iterable[str]]
) -> NoticeKind | None:
    """What is said where a name is asked for and there is none beside those of the question.

    Nor is there one where the question asks which of a kind it is, and one of the kind is told.
    ``names`` gives all that may be a name in a text; better too much than too little.
    """
    if names_which(question, passage.marked) is False:
        return NoticeKind.NO_NAME
    who = sought is Sought.PERSON
    if not who and not asks_name(question):
        return None
    there = passage.paragraph  # above it, the report's authors are named
    if may_name(there, who=who) or any(name not in question for name in names(there)):
        return None
    return NoticeKind.NO_PERSON if who else NoticeKind.NO_NAME


def only_named(
    question: str,
    sought: Sought,
    passage: Passage,
    declared: Callable[[str], tuple[str, bool, bool] | None],
) -> str | None:
    """What the question wants spelled out and the passage only names, or ``None``.

    ``declared`` gives the catalog's word on it: the entry that the question names, whether the
    report only names it, and whether it is a person, of whom then nothing at all is told.
    """
    entry = declared(question)
    wanted, count = wants_spelled_out(question)
    if entry is not None:
        name, is_only_named, is_person = entry
        asked = is_person or wanted
        return name if is_only_named and asked and sought is not Sought.ANYTHING else None
    if not numeral(count).isdigit() or int(numeral(count)) < _COUNTABLE:
        return None
    most = max((len(run.split("、")) for run in _LIST.findall(passage.marked)), default=1)
    if most >= int(numeral(count)):
        return None
    named = "".join(re.findall(r"\w+", topic(question.partition("哪")[0]))).rstrip("是有")
    return _longest_shared(named, passage.paragraph) or count


def _longest_shared(one: str, other: str) -> str:
    """The longest stretch, of two characters or more, that stands in both texts."""
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    return one[match.a : match.a + match.size] if match.size > 1 else ""
