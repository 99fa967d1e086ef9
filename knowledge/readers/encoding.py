"""Which characters do a file's bytes stand for?"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter

from knowledge.errors import UnreadableReport

_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")

# The legacy encodings of Chinese, and the lead bytes that their everyday characters have: level 1
# of GB 2312 (3,755 characters) and of Big5 (5,401). A text read by the right codec consists of such
# characters nearly wholly, be it simplified or traditional; read by the wrong one it is strewn with
# rare characters.
_LEGACY = ("gb18030", "big5hkscs")
_EVERYDAY = (("gb2312", range(0xB0, 0xD8)), ("big5", range(0xA4, 0xC7)))
# Below this share of everyday characters a text is not taken for Chinese.
_LEAST_SHARE = 0.7


def decode(content: bytes) -> str:
    """The text of a file, without byte order mark and with a line feed as its line end.

    UTF-8, UTF-16 and UTF-32 with a byte order mark, GB 18030 (so GBK and GB 2312) and Big5 are
    recognised. Raises ``UnreadableReport`` for anything else, as pictures and archives.
    """
    text = _decoded(content)
    if found := _NOT_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableReport(
            f"is not a text file: control character U+{ord(found[0]):04X} on line {line}"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it is tried first
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(codec)
            except UnicodeDecodeError as error:
                raise UnreadableReport(
                    f"begins as {codec.removesuffix('-sig').upper()} and is not: "
                    f"byte {error.start} does not fit; save the file as UTF-8"
                ) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        first_fault = f"byte 0x{content[error.start]:02x} on line {line} is not UTF-8"
    if b"\0" in content:
        raise UnreadableReport("is not a text file: it has zero bytes")
    best_share, best_text = 0.0, ""
    for codec in _LEGACY:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        share = _everyday_share(text)
        if share > best_share:
            best_share, best_text = share, text
    if best_share < _LEAST_SHARE:
        raise UnreadableReport(
            f"is in no encoding that is recognised ({first_fault}, and it is neither GB 18030 "
            "nor Big5); save the file as UTF-8"
        )
    return best_text


def _everyday_share(text: str) -> float:
    """The share of everyday characters among those beyond ASCII that are not punctuation."""
    counts = Counter(
        character
        for character in text
        if character >= "\x80" and unicodedata.category(character)[0] not in "PSZ"
    )
    everyday = sum(count for character, count in counts.items() if _is_everyday(character))
    return everyday / counts.total() if counts else 0.0


def _is_everyday(character: str) -> bool:
    for codec, leads in _EVERYDAY:
        encoded = character.encode(codec, "ignore")
        if len(encoded) == 2 and encoded[0] in leads:
            return True
    return False
