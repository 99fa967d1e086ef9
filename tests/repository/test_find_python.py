"""Which Python is taken for the set-up, and what is said where there is none?"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.tree import ROOT

BASE = getattr(sys, "_base_executable", None) or sys.executable

# What a Python of another kind answers: this one, told first to be that one.
OLD = 'import sys; sys.version_info = (3, 9, 18, "final", 0); sys.version = "3.9.18 (main)"'
NEWER = 'import sys; sys.version_info = (3, 15, 0, "final", 0); sys.version = "3.15.0 (main)"'
INCOMPLETE = 'import sys; sys.modules["ensurepip"] = None; sys.version = "3.12.1 (main)"'
READY = "import sys"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only folder on the PATH of the machine that is looked at."""
    folder = tmp_path / "路径 with 空格"
    folder.mkdir()
    return folder


def offer(path: Path, name: str, before: str) -> Path:
    """Put a Python of this name and kind on the PATH."""
    python = path / name
    where = f"sys._base_executable = {str(python)!r}"
    script = f"{before}; {where}; exec(sys.argv[1])".replace("'", "'\\''")
    python.write_text(f"#!/bin/sh\nexec '{BASE}' -c '{script}' \"$2\"\n", encoding="utf-8")
    python.chmod(0o755)
    return python


def find(path: Path, python: str = "") -> tuple[int, str, str]:
    """Exit code, the path that was found, and what was said."""
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "find-python")],
        env={"PATH": str(path), "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_python3_is_taken_where_it_is_new_enough(path: Path) -> None:
    python3 = offer(path, "python3", READY)
    offer(path, "python3.13", READY)
    assert find(path) == (0, str(python3), "")


@pytest.mark.parametrize("kind", [OLD, INCOMPLETE, NEWER])
def test_a_better_one_further_on_is_preferred(path: Path, kind: str) -> None:
    offer(path, "python3", kind)
    better = offer(path, "python3.12", READY)
    assert find(path) == (0, str(better), "")


def test_a_command_that_does_not_run_is_passed_over(path: Path) -> None:
    """A version manager puts a command there for a version that is not switched on."""
    (path / "python3").write_text("#!/bin/sh\necho not switched on >&2; exit 127\n")
    (path / "python3").chmod(0o755)
    real = offer(path, "python3.11", READY)
    assert find(path) == (0, str(real), "")


def test_a_newer_one_than_the_locks_know_is_better_than_none(path: Path) -> None:
    newer = offer(path, "python3", NEWER)
    assert find(path) == (0, str(newer), "")


def test_python_names_the_one_to_take(path: Path) -> None:
    offer(path, "python3", READY)
    chosen = offer(path, "my python", READY)
    assert find(path, python=str(chosen)) == (0, str(chosen), "")


def test_an_old_python_is_named_with_what_to_do(path: Path) -> None:
    python3 = offer(path, "python3", OLD)
    assert find(path) == (
        1,
        "",
        f"wenju needs Python 3.11 or later; found Python 3.9.18 ({python3}).\n"
        "Install a newer one, or name one that is not on the PATH: "
        "make run PYTHON=/path/to/python3",
    )


def test_a_python_without_ensurepip_is_named_with_what_to_install(path: Path) -> None:
    python3 = offer(path, "python3", INCOMPLETE)
    assert find(path) == (
        1,
        "",
        f"Python 3.12.1 ({python3}) cannot make virtual environments: "
        "its venv or ensurepip module is missing.\n"
        "Debian and Ubuntu keep them in a package of their own: apt install python3-venv",
    )


def test_no_python_at_all_is_said(path: Path) -> None:
    code, found, said = find(path)
    assert (code, found) == (1, "")
    assert said.startswith("wenju needs Python 3.11 or later, and no Python was found on the PATH.")


def test_a_chosen_python_that_does_not_run_is_said(path: Path) -> None:
    offer(path, "python3", READY)
    assert find(path, python="python9") == (1, "", "PYTHON=python9 is not a Python that runs.")


def test_an_active_environment_gives_the_python_that_it_stands_on() -> None:
    code, found, _ = find(Path(sys.executable).parent)
    assert (code, found) == (0, BASE)
