"""Do make's words work on a fresh machine, and again without a network?"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.repository import wheelhouse
from tests.repository.conftest import Supplies
from tests.repository.tree import ROOT, copy_tracked, text_of

MAKE = shutil.which("make") or "make"


@dataclass(frozen=True, slots=True)
class House:
    """A copy of the repository on a machine with Python, make and little else."""

    root: Path
    tools: Path
    wheels: Path

    def make(
        self, *words: str, wheels: Path | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Say these words there; the wheels stand for the network."""
        return subprocess.run(
            [MAKE, *words],
            cwd=self.root,
            env={
                "PATH": f"{self.tools}:/usr/bin:/bin",
                "HOME": str(self.tools),
                **wheelhouse.settings(wheels or self.wheels),
            },
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def house(supplies: Supplies, tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("machine")
    root = copy_tracked(folder / "路径 with 空格" / "wenju")
    supplies.write_locks(root / "requirements")
    tools = folder / "tools"
    tools.mkdir()
    python = tools / "python3"
    base = getattr(sys, "_base_executable", None) or sys.executable
    python.write_text(f'#!/bin/sh\nexec "{base}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return House(root, tools, supplies.folder)


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """A network that is not there."""
    return tmp_path


def public_words() -> set[str]:
    phony = re.findall(r"^\.PHONY: (.+)$", text_of("Makefile"), re.MULTILINE)
    return {word for line in phony for word in line.split() if not word.startswith(".")}


def test_help_lists_every_word_with_a_sentence() -> None:
    shown = subprocess.run([MAKE, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = re.findall(r"^  make (\S+) +(\S.*)$", shown.stdout, re.MULTILINE)
    assert {word for word, _ in lines} == public_words()


def test_make_alone_shows_the_help() -> None:
    alone = subprocess.run([MAKE], cwd=ROOT, capture_output=True, text=True, check=True)
    asked = subprocess.run([MAKE, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert alone.stdout == asked.stdout


@pytest.mark.slow
def test_make_run_sets_up_and_answers_once_and_again_without_network(
    house: House, nothing: Path
) -> None:
    gold = yaml.safe_load(text_of("knowledge/questions.yaml"))[0]
    first = house.make("run", stdin=f"{gold['question']}\n")
    assert first.returncode == 0, first.stderr
    assert "Making" in first.stderr
    # A line may be broken anywhere, to fit a terminal's width.
    assert gold["answer"] in "".join(first.stdout.split())

    again = house.make("run", wheels=nothing, stdin=f"{gold['question']}\n")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "Making" not in again.stderr
    assert "Installing" not in again.stderr


@pytest.mark.slow
def test_a_set_up_that_was_interrupted_is_begun_anew(house: House) -> None:
    house.make(".set-up-run")
    (house.root / ".venv" / "wenju-set-up-unfinished").touch()
    (broken,) = (house.root / ".venv").glob("lib/python*/site-packages/yaml")
    shutil.rmtree(broken)
    again = house.make(".set-up-run")
    assert again.returncode == 0, again.stderr
    assert "the last set-up was interrupted" in again.stderr
    assert (broken / "__init__.py").exists()


@pytest.mark.slow
def test_a_changed_lock_is_installed_and_one_out_of_reach_breaks_nothing(
    house: House, nothing: Path
) -> None:
    house.make(".set-up-run")
    lock = house.root / "requirements" / "run.lock"
    before = lock.read_text(encoding="utf-8")

    lock.write_text(f"# changed\n{before}", encoding="utf-8")
    changed = house.make(".set-up-run", wheels=nothing)
    assert (changed.returncode, changed.stderr) == (
        0,
        "Installing what requirements/run.lock names into .venv.\n",
    )

    lock.write_text(f"{before}absent==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    refused = house.make(".set-up-run", wheels=nothing)
    assert refused.returncode != 0
    assert "Setting up .venv failed; pip says why, above." in refused.stderr

    lock.write_text(f"# changed\n{before}", encoding="utf-8")
    restored = house.make(".set-up-run", wheels=nothing)
    assert (restored.returncode, restored.stdout, restored.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_folder_that_is_no_environment_is_not_deleted(house: House) -> None:
    house.make(".set-up-run")
    kept = house.root / "kept"
    (house.root / ".venv").rename(kept)
    try:
        (house.root / ".venv").mkdir()
        (house.root / ".venv" / "notes.txt").write_text("mine", encoding="utf-8")
        refused = house.make(".set-up-run")
        assert refused.returncode != 0
        assert "is no virtual environment: move it away, try again." in refused.stderr
        assert (house.root / ".venv" / "notes.txt").read_text(encoding="utf-8") == "mine"
    finally:
        shutil.rmtree(house.root / ".venv")
        kept.rename(house.root / ".venv")
