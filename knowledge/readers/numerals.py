"""How is the number of a list item written, in the forms that Word and web pages know?"""

from __future__ import annotations

_DIGITS = "〇一二三四五六七八九"
_CHINESE = frozenset((
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital",
    "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseDigitalTenThousand",
))  # fmt: skip


def written(number: int, form: str) -> str:
    """A number as Word writes it in one of its forms; in digits where the form is another.

    >>> written(12, "chineseCounting"), written(3, "decimalEnclosedCircle")
    ('十二', '③')
    """
    if form in _CHINESE and 0 < number < 100:
        tens, ones = divmod(number, 10)
        return (
            ("" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十")
            + ("" if ones == 0 else _DIGITS[ones])
        )  # fmt: skip
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr(ord("a" if form == "lowerLetter" else "A") + number - 1)
    if form in ("lowerRoman", "upperRoman") and 1 <= number <= 39:
        tens, ones = divmod(number, 10)
        roman = "x" * tens + (
            "", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix",
        )[ones]  # fmt: skip
        return roman if form == "lowerRoman" else roman.upper()
    if form == "decimalZero":
        return f"{number:02}"
    return str(number)
