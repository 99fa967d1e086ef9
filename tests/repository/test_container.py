"""Does the image that the Dockerfile describes hold what wenju needs, and keep what it must?

No container engine is needed: the steps of the build stage run one by one in a folder.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import TELEGRAM, Settings, read_environment, read_settings, variables
from tests.repository import wheelhouse
from tests.repository.conftest import Supplies
from tests.repository.tree import ROOT, copy_tracked, pyproject, text_of, tracked


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"^#.*\n", "", text_of("Dockerfile"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, " ".join(rest.split())


def stages() -> tuple[tuple[tuple[str, str], ...], ...]:
    """The instructions of each stage, without those before the first."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        elif found:
            found[-1].append((word, rest))
    return tuple(map(tuple, found))


def said(word: str) -> list[str]:
    """What follows this word, each time, in the finished image's stage."""
    return [rest for name, rest in stages()[-1] if name == word]


def service() -> dict[str, Any]:
    """The one service of compose.yaml."""
    (only,) = yaml.safe_load(text_of("compose.yaml"))["services"].values()
    return dict(only)


def test_the_dockerfile_passes_its_linter() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_an_ordinary_user_with_its_state_in_one_volume() -> None:
    assert said("USER") == ["10001:10001"]
    assert said("VOLUME") == ["/state"]
    assert any("WENJU_STATE=/state" in rest for rest in said("ENV"))
    assert service()["volumes"] == ["state:/state"]


def test_the_image_is_stopped_gently_and_asked_for_its_health() -> None:
    assert said("STOPSIGNAL") == ["SIGTERM"]
    (health,) = said("HEALTHCHECK")
    assert health.endswith('CMD ["wenju", "health"]')
    # Without a shell between, so that the signal reaches the bot.
    assert (said("ENTRYPOINT"), said("CMD")) == (['["wenju"]'], ['["run"]'])


def test_no_layer_knows_a_secret() -> None:
    named = re.findall(r"WENJU_\w+", text_of("Dockerfile"))
    assert set(named) == {"WENJU_STATE"}
    assert service()["env_file"] == ".env"
    # Taken from .env or the caller's environment, and missed by name.
    assert list(service()["environment"]) == ["WENJU_TOKEN"]
    assert service()["environment"]["WENJU_TOKEN"].startswith("${WENJU_TOKEN:?")


def test_the_service_can_change_nothing_but_its_state() -> None:
    hardened = {
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 - a mount in the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    assert {key: service()[key] for key in hardened} == hardened


def test_the_image_carries_the_version_of_the_project() -> None:
    assert f"VERSION={pyproject()['project']['version']}" in said("ARG")


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    ignored, *let_through = (
        line
        for line in text_of(".dockerignore").splitlines()
        if line and not line.startswith(("#", "**/"))
    )
    copied = {
        source for word, rest in stages()[0] if word == "COPY" for source in rest.split()[:-1]
    }
    assert ignored == "*"
    assert {line.removeprefix("!") for line in let_through} == copied
    there = {str(name) for name in tracked()} | {name.parts[0] for name in tracked()}
    assert copied - there == set()


def build(stage: tuple[tuple[str, str], ...], root: Path, context: Path, wheels: Path) -> None:
    """Carry out a stage's instructions with ``root`` in place of the file system's root."""
    environment = {"PATH": f"{root}/usr/bin:/usr/bin:/bin", **wheelhouse.settings(wheels)}
    folder = root
    for word, rest in stage:
        # Absolute paths of the image, as they are seen from outside.
        placed = re.sub(r"(?<![\w$.])/(?=opt|src)", f"{root}/", rest)
        if word == "WORKDIR":
            folder = Path(placed)
            folder.mkdir(parents=True)
        elif word == "ENV":
            for pair in placed.split():
                name, _, value = pair.partition("=")
                environment[name] = value.replace("$PATH", environment["PATH"])
        elif word == "COPY":
            *sources, target = placed.split()
            for source in map(context.joinpath, sources):
                if source.is_dir():
                    shutil.copytree(source, folder / target)
                else:
                    (folder / target).mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, folder / target)
        elif word == "RUN":
            subprocess.run(["/bin/sh", "-ec", placed], cwd=folder, env=environment, check=True)
        else:
            raise ValueError(f"Dockerfile: this test does not know {word} {rest}")


@pytest.fixture(scope="module")
def image(supplies: Supplies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root folder after the build stage."""
    folder = tmp_path_factory.mktemp("image")
    context = copy_tracked(folder / "context")
    supplies.write_locks(context / "requirements")
    root = folder / "root"
    (root / "usr" / "bin").mkdir(parents=True)
    python = root / "usr" / "bin" / "python"
    base = getattr(sys, "_base_executable", None) or sys.executable
    python.write_text(f'#!/bin/sh\nexec "{base}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    build(stages()[0], root, context, supplies.folder)
    shutil.rmtree(context)
    shutil.rmtree(root / "src")
    return root


@pytest.mark.slow
def test_the_environment_of_the_image_stands_on_its_own(image: Path, tmp_path: Path) -> None:
    """From any folder, with nothing of the caller's environment and no source beside it."""
    checked = subprocess.run(
        [image / "opt" / "wenju" / "bin" / "wenju", "check"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "WENJU_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.slow
def test_the_image_holds_nothing_that_installs(image: Path) -> None:
    packages = image.glob("opt/wenju/lib/python*/site-packages/*.dist-info")
    names = {path.name.partition("-")[0] for path in packages}
    assert "wenju" in names
    assert names & {"pip", "setuptools", "pytest", "mypy"} == set()


def example() -> list[tuple[str, str]]:
    """The variables of .env.example with their values, those in comments included."""
    lines = text_of(".env.example").splitlines()
    return [
        (found["name"], found["value"])
        for line in lines
        if (found := re.fullmatch(r"(?:# )?(?P<name>WENJU_\w+)=(?P<value>.*)", line))
    ]


def test_the_example_names_every_setting_in_the_order_of_the_readme() -> None:
    assert tuple(name for name, _ in example()) == variables()


def test_the_example_as_it_stands_changes_nothing() -> None:
    assert read_settings(read_environment({}, ROOT / ".env.example")) == read_settings({})


def test_what_the_example_shows_in_comments_is_allowed() -> None:
    shown = read_settings(dict(example()))
    defaults = {
        name: value
        for name, value in read_settings({})
        if name not in {"admins", "knowledge", "webhook_url"}
    }
    assert isinstance(shown, Settings)
    assert {name: getattr(shown, name) for name in defaults} == defaults
    assert shown.api_url == TELEGRAM
