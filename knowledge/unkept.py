"""What is said where something that was worked out cannot be kept, as on a full disk?

Everything that is kept so can be worked out again: who cannot write goes on without.
"""

from __future__ import annotations

import logging
from pathlib import Path

UNKEPT = "unkept"
"""The attribute by which a log record of this kind is known."""


def unkept(log: logging.Logger, what: str, folder: Path, error: OSError) -> None:
    """Warn that ``what`` cannot be kept in ``folder``."""
    log.warning(
        "%s cannot be kept in %s (%s): make room there, or set WENJU_STATE to another folder",
        what,
        folder,
        error.strerror or error,
        extra={UNKEPT: True},
    )
