"""Does .venv hold what the lock files name, and if it does not, how does it get there?

Runs before anything is installed, so it needs nothing but the standard library.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
ENVIRONMENT = ROOT / ".venv"
# Which lock files make up an extent; each extent holds all of the one before it.
EXTENTS = {"run": ("run",), "dev": ("dev",), "bench": ("dev", "bench")}

# Written last: an environment with a record was once whole.
RECORD = ENVIRONMENT / "wenju-set-up.json"
# Stands from before the first package is touched until after the last.
UNFINISHED = ENVIRONMENT / "wenju-set-up-unfinished"


class SetUpError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def say(sentence: str) -> None:
    """Tell the person at the terminal; standard output stays free for the program."""
    print(sentence, file=sys.stderr, flush=True)


def python_version() -> str | None:
    """The version of the environment's Python; None where it, or its pip, does not run."""
    question = "import sys, pip; print(sys.version.split()[0], sys.prefix, sep='\\n')"
    try:
        answer = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-I", "-c", question],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version, prefix = answer.stdout.splitlines()
    return version if Path(prefix).resolve() == ENVIRONMENT else None


def fingerprint(version: str) -> str:
    """A digest of all that decides what is in the environment.

    The place counts: the project is installed as a reference to this very folder.
    """
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [
        version,
        str(ROOT),
        json.dumps([pyproject["build-system"], pyproject["project"]]),
        json.dumps(pyproject["tool"]["setuptools"]),
        *(path.read_text(encoding="utf-8") for path in sorted(LOCKS.glob("*.lock"))),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def recorded() -> tuple[str, str] | None:
    """The fingerprint and the extent of the last set-up that was finished; None without one."""
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        return str(record["fingerprint"]), str(record["extent"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        return None


def fault(*, python_is_chosen: bool) -> str | None:
    """What is wrong with the environment that only making it anew can mend."""
    if not ENVIRONMENT.exists():
        return "there is none yet"
    if UNFINISHED.exists():
        return "the last set-up was interrupted"
    version = python_version()
    if version is None:
        return "its Python or its pip does not run any more"
    major_minor = tuple(map(int, version.split(".")[:2]))
    if major_minor < (3, 11):
        return f"its Python is {version}"
    if python_is_chosen and major_minor != sys.version_info[:2]:
        return f"its Python is {version}, and PYTHON asks for another"
    return None


def make_environment(reason: str) -> None:
    """An empty environment with the pip that comes with this Python, in place of what was there."""
    version = sys.version.split()[0]
    say(f"Making .venv with Python {version} ({reason}). This needs the network, once.")
    if ENVIRONMENT.exists():
        if not (ENVIRONMENT / "pyvenv.cfg").exists() and not UNFINISHED.exists():
            raise SetUpError(f"{ENVIRONMENT} is no virtual environment: move it away, try again.")
        shutil.rmtree(ENVIRONMENT)
    ENVIRONMENT.mkdir()
    UNFINISHED.touch()
    venv.create(ENVIRONMENT, with_pip=True, symlinks=True)


def pip(*arguments: str | Path, hushed: bool = False) -> None:
    """Run the environment's pip; raises SetUpError where it fails.

    Hushed, what pip says is shown only then.
    """
    surroundings = {
        name: value
        for name, value in os.environ.items()
        # Each of these would send packages to another place than the environment.
        if name not in {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    }
    surroundings |= {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # Without a terminal nobody watches the downloads.
    quiet = () if sys.stderr.isatty() else ("--quiet",)
    python = ENVIRONMENT / "bin" / "python"
    finished = subprocess.run(
        [python, "-m", "pip", "install", *quiet, *arguments],
        env=surroundings,
        stdout=subprocess.PIPE if hushed else sys.stderr,
        stderr=subprocess.STDOUT if hushed else None,
        text=True,
        errors="replace",
        check=False,
    )
    if finished.returncode != 0:
        say(finished.stdout or "")
        raise SetUpError(
            "Setting up .venv failed; pip says why, above. "
            "If it could not reach a package index, try again with a network."
        )


def contents() -> list[str]:
    """Names of all that is installed, with versions: what tells a touched environment."""
    return sorted(path.name for path in ENVIRONMENT.glob("lib/python*/site-packages/*"))


def install(extent: str) -> None:
    """Bring the environment to what the lock files of this extent name, and the project."""
    UNFINISHED.touch()
    before = contents()
    try:
        # First a known pip and setuptools, so that what follows does not depend on this Python's.
        pip("--require-hashes", "-r", LOCKS / "build.lock")
        for lock in EXTENTS[extent]:
            pip("--require-hashes", "--no-build-isolation", "-r", LOCKS / f"{lock}.lock")
    except SetUpError:
        if RECORD.exists() and contents() == before:
            # Nothing arrived, so nothing is broken: what was there can still be used.
            UNFINISHED.unlink()
        raise
    # setuptools warns at length about what is meant to be so.
    pip("--no-index", "--no-deps", "--no-build-isolation", "--editable", ROOT, hushed=True)


def set_up(extent: str, *, python_is_chosen: bool) -> None:
    """Make the environment hold at least this extent; do nothing where it does."""
    reason = fault(python_is_chosen=python_is_chosen)
    if reason is not None:
        make_environment(reason)
    version = python_version()
    if version is None:
        raise SetUpError(f"The Python in {ENVIRONMENT} does not run; remove the folder, try again.")
    wanted = fingerprint(version)
    record = recorded()
    if record is not None:
        extent = max(extent, record[1], key=list(EXTENTS).index)
        if record == (wanted, extent):
            return
    say(f"Installing what requirements/{extent}.lock names into .venv.")
    install(extent)
    RECORD.write_text(json.dumps({"fingerprint": wanted, "extent": extent}), encoding="utf-8")
    UNFINISHED.unlink()


def main() -> int:
    """Read the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "extent",
        choices=EXTENTS,
        help="run: to use wenju; dev: to work on it; bench: to compare its speed",
    )
    parser.add_argument(
        "--this-python", action="store_true", help="make .venv anew if its Python is another"
    )
    arguments = parser.parse_args()
    folder = os.open(ROOT, os.O_RDONLY)
    # Two makes at once: the second waits, and then finds the work done.
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        set_up(arguments.extent, python_is_chosen=arguments.this_python)
    except SetUpError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"Setting up {ENVIRONMENT} failed: {error}")
        return 1
    except subprocess.CalledProcessError as error:
        say(f"Python {sys.version.split()[0]} could not put pip into {ENVIRONMENT}: {error}")
        return 1
    except KeyboardInterrupt:
        say("Set-up interrupted; the next make begins anew.")
        return 130
    finally:
        os.close(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
