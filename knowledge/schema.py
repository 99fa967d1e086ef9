"""Does a YAML value have the keys and types that a model asks for? If not, what must be mended?"""

from __future__ import annotations

import copy
import difflib
import types
import typing
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from knowledge.errors import Fault
from knowledge.lined_yaml import LinedYaml, Location


class Strict(BaseModel):
    """A model that is frozen and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def fault(message: str) -> PydanticCustomError:
    """What a validator raises; ``message`` goes on after the key's name: "must be ..."."""
    return PydanticCustomError("fault", "{message}", {"message": message})


def _not_blank(text: str) -> str:
    if not text.strip():
        raise fault("must not be empty")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise fault("must be a single line")
    return text


Text = Annotated[str, AfterValidator(_not_blank)]
"""Text that is not blank."""

Line = Annotated[Text, AfterValidator(_one_line)]
"""Text that is not blank and has no line break."""

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Checker:
    """Validates values of one YAML file against models and gathers the faults.

    With ``pass_over_unknown_keys`` a key that a model does not know is no fault.
    """

    file: str
    lined: LinedYaml
    pass_over_unknown_keys: bool = False
    faults: list[Fault] = field(default_factory=list)

    def add(self, location: Location, message: str) -> None:
        """Record a fault at ``location``."""
        self.faults.append(Fault(self.file, self.lined.line(location), message))

    def checked(
        self, model: type[M], value: object, at: Location, *, mend: bool = False
    ) -> M | None:
        """``value``, which stands at the location ``at``, as a ``model``.

        ``None`` where it does not fit. Unknown keys are left out, and with ``mend`` every key with
        a fault is, so that one fault does not hide the next.
        """
        try:
            return model.model_validate(value)
        except ValidationError as error:
            details = error.errors(include_url=False)
        known_only = copy.deepcopy(value)
        for detail in details:
            location = detail["loc"]
            unknown = detail["type"] == "extra_forbidden"
            if not (unknown and self.pass_over_unknown_keys):
                self.add((*at, *location), _message(model, detail, (*at, *location)))
            if unknown:
                _remove(known_only, location)
            elif mend and len(location) and isinstance(value, dict) and location[0] in value:
                _remove(known_only, location[:1])
        try:
            return model.model_validate(known_only)
        except ValidationError:
            return None

    def checked_each(
        self, model: type[M], values: typing.Sequence[object], at: Location
    ) -> list[tuple[Location, M]]:
        """The values of a list that fit, each with its location."""
        found = []
        for position, value in enumerate(values):
            location = (*at, position)
            one = self.checked(model, value, location)
            if one is not None:
                found.append((location, one))
        return found


def _remove(value: object, location: Location) -> None:
    for step in location[:-1]:
        if isinstance(value, dict | list):
            value = value[step]  # type: ignore[index]  # pydantic's location leads through value
    if isinstance(value, dict):
        value.pop(location[-1], None)


def _message(model: type[BaseModel], detail: ErrorDetails, at: Location) -> str:
    """What to do about a fault that pydantic found at the location ``at`` of the file."""
    location = detail["loc"]
    name = _name(at) or "the file"
    given = detail["input"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), _known_keys(model, location[:-1]))
    if kind == "missing":
        return f"{name} is missing; add it"
    if kind == "fault":
        return f"{name} {detail['msg']}"
    wanted = {
        "string_type": "text",
        "tuple_type": "a list",
        "list_type": "a list",
        "dict_type": "a mapping of keys to values",
        "model_type": "a mapping of keys to values",
        "model_attributes_type": "a mapping of keys to values",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
    }.get(kind)
    if kind == "greater_than_equal":
        wanted = f"at least {detail['ctx']['ge']}"
    if kind == "literal_error":
        wanted = detail["ctx"]["expected"]
    if wanted is None:
        return f"{name}: {detail['msg']}"
    return f"{name} must be {wanted}, not {_described(given)}"


def _unknown_key(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"unknown key `{key}`; did you mean `{close[0]}`?"
    return f"unknown key `{key}`; known here are {', '.join(known)}"


def _name(location: Location) -> str:
    """The innermost key with the list positions behind it, counted from 1."""
    name = ""
    for step in location:
        name = f"{name} {step + 1}" if isinstance(step, int) else f"`{step}`"
    return name.strip()


def _described(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of the model that a location inside ``model`` leads to."""
    current: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, str) and current is not None:
            current = _model_in(current.model_fields[step].annotation)
    return [] if current is None else list(current.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside ``tuple[Model, ...]``, ``Model | None`` and their like."""
    if typing.get_origin(annotation) in (tuple, list, typing.Union, types.UnionType, Annotated):
        return next(
            (
                found
                for argument in typing.get_args(annotation)
                if (found := _model_in(argument)) is not None
            ),
            None,
        )
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None
