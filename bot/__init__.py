"""The face: the terminal and Telegram. The only package that imports ``telegram``."""
