"""Do the lock files hold what pyproject.toml asks for, on every machine and with hashes?"""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository import locks
from tests.repository.tree import pyproject, text_of


def group(name: str) -> Iterator[Requirement]:
    for entry in pyproject()["dependency-groups"][name]:
        if isinstance(entry, dict):
            yield from group(entry["include-group"])
        else:
            yield Requirement(entry)


def asked_for(lock: str) -> tuple[Requirement, ...]:
    """What pyproject.toml says that this lock file must hold."""
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    runtime = [Requirement(entry) for entry in project["dependencies"]]
    semantic = [Requirement(entry) for entry in extras["semantic"]]
    fast = [Requirement(entry) for entry in extras["fast"]]
    return {
        "build": (*group("build"),),
        "run": (*runtime, *semantic),
        "dev": (*runtime, *semantic, *fast, *group("dev")),
        "bench": (*group("bench"),),
    }[lock]


def pins_for(lock: str, machine: Mapping[str, str]) -> dict[str, str]:
    pins = [pin for pin in locks.read(lock) if pin.applies_to(machine)]
    versions = {pin.name: pin.version for pin in pins}
    assert len(versions) == len(pins), "one machine, one version"
    return versions


@pytest.mark.parametrize("lock", locks.NAMES)
def test_every_pin_carries_hashes(lock: str) -> None:
    pins = locks.read(lock)
    assert pins
    assert [pin.name for pin in pins if not pin.hashes] == []


@pytest.mark.parametrize("lock", locks.NAMES)
def test_no_lock_file_names_an_address_or_an_option_of_pip(lock: str) -> None:
    lines = text_of(f"requirements/{lock}.lock").splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


@pytest.mark.parametrize("lock", locks.NAMES)
def test_the_lock_serves_every_requirement_on_every_machine(lock: str) -> None:
    unserved = [
        (str(requirement), machine["sys_platform"], machine["python_version"])
        for machine in locks.machines()
        for pins in [pins_for(lock, machine)]
        for requirement in asked_for(lock)
        if requirement.marker is None or requirement.marker.evaluate(machine)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unserved == [], "run: make lock"


@pytest.mark.parametrize("smaller", ["build", "run"])
def test_the_dev_lock_holds_all_of_the_smaller_ones(smaller: str) -> None:
    dev = {(pin.name, pin.version, pin.marker, pin.hashes) for pin in locks.read("dev")}
    ours = {(pin.name, pin.version, pin.marker, pin.hashes) for pin in locks.read(smaller)}
    assert ours - dev == set()


def test_the_benchmarks_and_the_rest_agree_on_what_both_need() -> None:
    """The bench lock is installed on top of the dev lock."""
    dev = {(pin.name, pin.version, pin.marker) for pin in locks.read("dev")}
    shared = {name for name, _, _ in dev}
    both = {(p.name, p.version, p.marker) for p in locks.read("bench") if p.name in shared}
    assert {name for name, _, _ in both} >= {"numpy"}
    assert both - dev == set()


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_what_a_locked_package_needs_is_locked_too(lock: str) -> None:
    """Seen from this machine: only what is installed can say what it needs."""
    here = {name: str(value) for name, value in default_environment().items()}
    pins = pins_for(lock, here)
    wanted_extras: dict[str, set[str]] = {name: {""} for name in pins}
    for requirement in asked_for(lock):
        wanted_extras.get(canonicalize_name(requirement.name), set()).update(requirement.extras)
    missing = []
    for name, extras in wanted_extras.items():
        try:
            needs = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            pytest.fail(f"{name} is locked for Python {sys.version} here and not installed")
        for need in needs:
            applies = need.marker is None or any(
                need.marker.evaluate({**here, "extra": extra}) for extra in extras
            )
            if applies and not need.specifier.contains(pins.get(canonicalize_name(need.name), "")):
                missing.append((name, str(need)))
    assert missing == []
