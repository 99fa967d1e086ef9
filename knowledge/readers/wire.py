"""How does a document cross from one process to another? As JSON, which can carry no code."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

from knowledge.readers.document import Document

_DOCUMENT = TypeAdapter(Document)
_REFUSAL: TypeAdapter[str] = TypeAdapter(
    Annotated[str, StringConstraints(min_length=1, max_length=1000)]
)


def packed(outcome: Document | str) -> bytes:
    """A document, or the words with which a file is refused."""
    if isinstance(outcome, Document):
        return _DOCUMENT.dump_json(outcome)
    return json.dumps(outcome).encode()


def unpacked(message: bytes) -> Document | str:
    """What ``packed`` was given. Raises ``ValueError`` for anything that it cannot have made."""
    try:
        if message.startswith(b'"'):
            return _REFUSAL.validate_json(message)
        return _DOCUMENT.validate_json(message)
    except ValidationError as error:
        raise ValueError("is no document") from error
