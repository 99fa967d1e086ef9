"""How does a test install packages without a network: from wheels of what is installed already?

A wheel is the installed files again, zipped, with a new RECORD. Its hash is another than the one in
the lock file, so the copy of the repository that is set up from here gets lock files of its own.
"""

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from packaging.markers import default_environment

from tests.repository import locks

# Written by the installer, not by the wheel.
_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def pack(name: str, folder: Path) -> Path:
    """Make the wheel of one installed package, without its bin/ scripts, in this folder."""
    package = distribution(name)
    about = f"{package.name.replace('-', '_').replace('.', '_')}-{package.version}"
    wheel = folder / f"{about}-{_tag(package)}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for path in _files(package):
            content = Path(str(package.locate_file(path))).read_bytes()
            archive.writestr(str(path), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f'"{path}",sha256={digest.decode()},{len(content)}')
        place = f"{_about_folder(package)}/RECORD"
        archive.writestr(place, "\n".join([*record, f'"{place}",,', ""]))
    return wheel


def _files(package: Distribution) -> Iterable[PackagePath]:
    for path in package.files or ():
        inside = ".." not in path.parts and path.suffix != ".pyc"
        if inside and not (path.parts[0].endswith(".dist-info") and path.name in _INSTALLERS):
            yield path


def _about_folder(package: Distribution) -> str:
    return next(p.parts[0] for p in package.files or () if p.parts[0].endswith(".dist-info"))


def _tag(package: Distribution) -> str:
    """All of the wheel's tags in one: ``py2.py3-none-any``."""
    lines = (package.read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag: ").split("-") for line in lines if line.startswith("Tag: ")]
    return "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))


def pack_lock(name: str, folder: Path, *, without: Iterable[str] = ()) -> str:
    """Make the wheels of one lock file's packages; gives back a lock file with their hashes."""
    here = {key: str(value) for key, value in default_environment().items()}
    lines = []
    for pin in locks.read(name):
        if pin.applies_to(here) and pin.name not in without:
            digest = hashlib.sha256(pack(pin.name, folder).read_bytes()).hexdigest()
            version = distribution(pin.name).version
            lines.append(f"{pin.name}=={version} \\\n    --hash=sha256:{digest}\n")
    return "".join(lines)


def settings(folder: Path) -> Mapping[str, str]:
    """The environment variables that make pip look here and nowhere else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}
