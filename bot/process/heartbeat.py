"""Is the running bot alive? It writes a heartbeat into the state folder; anybody can look."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

FILE = "heartbeat.json"
EVERY = 15.0  # seconds between two beats
STOPPED = 60.0  # seconds without a beat after which the bot hangs or is gone
OUT_OF_REACH = 300.0  # seconds without a word from Telegram, while polling


def beat(folder: Path, now: float, heard: float) -> None:
    """Note that the bot is alive at ``now`` and last ``heard`` from Telegram then.

    Both are seconds since 1970. The file is replaced as a whole.
    """
    fresh = folder / f"{FILE}.new"
    fresh.write_text(json.dumps({"at": now, "heard": heard}), "utf-8")
    fresh.replace(folder / FILE)


def end(folder: Path) -> None:
    """Note that the bot has stopped in good order."""
    with contextlib.suppress(OSError):
        (folder / FILE).unlink()


def diagnose(folder: Path, now: float) -> str:
    """What is wrong with the bot whose state is in ``folder``, "" where nothing is."""
    try:
        noted = json.loads((folder / FILE).read_text("utf-8"))
        at, heard = float(noted["at"]), float(noted["heard"])
    except FileNotFoundError:
        return f"no bot is running with the state folder {folder}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{folder / FILE} cannot be read ({error})"
    if now - at > STOPPED:
        return f"the bot has given no sign for {now - at:.0f} s"
    if at - now > STOPPED:
        return "the clock was set back, and the bot has given no sign since"
    if now - heard > OUT_OF_REACH:
        return f"the bot has not heard from Telegram for {now - heard:.0f} s"
    return ""
