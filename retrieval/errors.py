"""What can go wrong with finding?

RetrievalError
├── IndexOutOfDate      a saved index was made by another analyzer, catalogue or format
├── EncoderMissing      semantic evidence is asked for and nothing is installed that gives it
├── QuoteNotVerbatim    a quote is not, character for character, what the report says
└── InvalidQuestions    an evaluation file or folder that cannot be read
"""

from __future__ import annotations


class RetrievalError(Exception):
    """Finding or proving an answer failed; the message says what and where."""


class IndexOutOfDate(RetrievalError):
    """A saved index does not belong to this analyzer, catalogue or format."""


class EncoderMissing(RetrievalError):
    """Semantic evidence is asked for and no encoder is installed."""


class QuoteNotVerbatim(RetrievalError):
    """The proof failed: nothing of this answer may be sent."""


class InvalidQuestions(RetrievalError):
    """An evaluation file or folder cannot be read; the message names file and line."""
