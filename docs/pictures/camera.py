"""How is a page made into a picture? Headless Chromium takes it, as tall as the page is."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # a container's root may not make sandboxes; the page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.5",
)
MEASURE = "<script>document.body.dataset.height = document.body.offsetHeight</script>"
SECONDS = 120


class NoBrowser(Exception):
    """There is no Chromium on this machine; the message says what to install."""


def browser() -> str:
    """The path of a Chromium; raises NoBrowser."""
    for name in BROWSERS:
        if (path := shutil.which(name)) is not None:
            return path
    raise NoBrowser(
        "no Chromium here. On Debian: apt-get install --no-install-recommends chromium "
        "fonts-noto-cjk fonts-noto-color-emoji"
    )


def photograph(page: str, width: int, picture: Path) -> None:
    """Write ``page``, ``width`` CSS pixels wide, as a PNG half as wide again."""
    with tempfile.TemporaryDirectory(prefix="wenju-pictures-") as name:
        folder = Path(name)
        source = folder / "page.html"
        source.write_text(page.replace("</html>", f"{MEASURE}</html>"), encoding="utf-8")
        dom = _run(folder, f"--window-size={width},400", "--dump-dom", source.as_uri())
        height = re.search(r'data-height="(\d+)"', dom)
        if height is None:
            raise RuntimeError(f"Chromium did not measure the page for {picture.name}")
        _run(
            folder,
            f"--window-size={width},{height[1]}",
            f"--screenshot={folder / 'picture.png'}",
            source.as_uri(),
        )
        picture.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "picture.png", picture)


def _run(folder: Path, *arguments: str) -> str:
    command = [browser(), *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    done = subprocess.run(  # noqa: S603 - our own arguments and a browser from PATH
        command, check=True, capture_output=True, text=True, timeout=SECONDS
    )
    return done.stdout
