"""What can go wrong with the bot itself, short of answering?

BotError
├── BadSetting       an environment variable that cannot be used
├── BadTexts         the sentences of two languages do not fit together
├── UnusableState    the state folder cannot be read or written
├── UnknownCitation  no paragraph is cited by this id
├── UnusableArchive  a file to export to or import from cannot be used
└── CannotStart      Telegram refuses the token, cannot be reached, or the port is taken
"""

from __future__ import annotations


class BotError(Exception):
    """The bot cannot go on; the message is one line for the operator that says what to do."""


class BadSetting(BotError):
    """An environment variable has a value that is not allowed."""


class BadTexts(BotError):
    """The catalogues of user-facing sentences do not fit together."""


class UnusableState(BotError):
    """The state folder cannot be read or written."""


class UnknownCitation(BotError):
    """No paragraph is cited by this id, or it says something else now."""


class UnusableArchive(BotError):
    """A file to export to or to import from cannot be used."""


class CannotStart(BotError):
    """The bot could not begin to serve."""
