"""What does a YAML file of our own say, which nobody writes faults into?"""

from __future__ import annotations

from typing import Any

import yaml

# libyaml, where it was built in, takes a tenth of the time.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:  # noqa: ANN401 - whatever it says
    """The value of ``text``."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe one
