"""What is said to the bot that asks nothing?"""

from __future__ import annotations

import unicodedata

from bot.texts import LANGUAGES, Texts, texts


def has_words(question: str) -> bool:
    """Whether there is a letter, a digit or a Chinese character in ``question``.

    >>> [has_words(said) for said in ("👍🏽", "?!……", "三", "7")]
    [False, False, True, True]
    """
    return any(character.isalnum() for character in question)


def small_talk(question: str) -> str | None:
    """Which courtesy ``question`` is and nothing else: a key of ``small_talk`` in the texts.

    >>> small_talk("谢谢！🙏"), small_talk("Thank  you."), small_talk("谢谢是谁说的")
    ('thanks', 'thanks', None)
    """
    said = "".join(
        character if character.isalnum() else " "
        for character in unicodedata.normalize("NFKC", question).casefold()
    )
    said = " ".join(said.split())
    for kind in ("thanks", "hello", "fine", "goodbye"):
        for language in LANGUAGES:
            if said in texts(language).words(f"small_talk.{kind}.words"):
                return kind
    return None


def response(said: str, own: Texts) -> str | None:
    """What is said back, in the language of ``own``, where ``said`` asks nothing; else None."""
    courtesy = small_talk(said)
    if courtesy is not None:
        return own.say(f"small_talk.{courtesy}.reply")
    return None if has_words(said) else own.say("ask.no_words")
