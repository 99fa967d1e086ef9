"""What do the lock files pin, and on which machines?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from tests.repository.tree import text_of

NAMES = ("build", "run", "dev", "bench")

_PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>.+?))? \\")
_HASH = re.compile(r"    --hash=(?P<hash>sha256:[0-9a-f]{64})(?: \\)?")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package at one version, for the machines that the marker describes."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]

    def applies_to(self, machine: Mapping[str, str]) -> bool:
        return self.marker is None or Marker(self.marker).evaluate(machine)


def read(name: str) -> tuple[Pin, ...]:
    """The pins of one lock file; fails on a line that is no pin, hash or comment."""
    pins: list[Pin] = []
    for number, line in enumerate(text_of(f"requirements/{name}.lock").splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if found := _PIN.fullmatch(line):
            pins.append(
                Pin(canonicalize_name(found["name"]), found["version"], found["marker"], ())
            )
        elif (found := _HASH.fullmatch(line)) and pins:
            last = pins.pop()
            pins.append(Pin(last.name, last.version, last.marker, (*last.hashes, found["hash"])))
        else:
            raise ValueError(f"requirements/{name}.lock:{number}: neither pin nor hash: {line!r}")
    return tuple(pins)


def machines() -> tuple[Mapping[str, str], ...]:
    """Every Python and platform that the lock files promise to serve."""
    platforms = [
        ("linux", "Linux", "x86_64"),
        ("linux", "Linux", "aarch64"),
        ("darwin", "Darwin", "arm64"),
    ]
    return tuple(
        {
            "implementation_name": "cpython",
            "implementation_version": f"3.{minor}.0",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": system,
            "platform_version": "",
            "python_full_version": f"3.{minor}.0",
            "python_version": f"3.{minor}",
            "sys_platform": platform,
        }
        for minor, (platform, system, machine) in product((11, 12, 13, 14), platforms)
    )
