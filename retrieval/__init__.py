"""How we find and how we answer. Imports ``knowledge``."""
