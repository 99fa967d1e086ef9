"""Which words were collected, and which weights learned? The tables lie beside this file."""

from __future__ import annotations

from pathlib import Path

PARAMETERS = Path(__file__).parent
