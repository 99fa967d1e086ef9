"""Does the wheel hold the three packages with all their data, and nothing else?"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repository.tree import copy_tracked, pyproject, tracked

PACKAGES = {"bot", "knowledge", "retrieval"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy: setuptools would take stale files of an earlier build along."""
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_tracked(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_holds_what_git_tracks_of_the_packages(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in held if ".dist-info/" in name}
    assert held - about == {str(name) for name in tracked() if name.parts[0] in PACKAGES}
    assert {name.split(".dist-info/")[1] for name in about} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "top_level.txt",
    }


def test_the_wheel_runs_on_any_platform_and_offers_one_command(wheel: Path) -> None:
    version = pyproject()["project"]["version"]
    assert wheel.name == f"wenju-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        points = archive.read(f"wenju-{version}.dist-info/entry_points.txt").decode()
    assert points.split() == ["[console_scripts]", "wenju", "=", "bot.cli:main"]
