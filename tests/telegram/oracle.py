"""Does an independent reading of the Bot API agree?

aiogram's pydantic models say which methods there are, which parameters each takes and what it
returns. They are not the library that the bot is written with, so a mistake that both sides of
a test share would show here. Fields that the models do not know are faults.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods.base import TelegramMethod
from aiogram.types import BufferedInputFile, InputFile, Update
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.telegram.refusal import Json

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    candidate.__api_method__: candidate
    for candidate in vars(aiogram.methods).values()
    if isinstance(candidate, type)
    and issubclass(candidate, TelegramMethod)
    and candidate is not TelegramMethod
}


class Disagreement(Exception):
    """The models do not know this, or know it otherwise."""


def decode(method: str, fields: Mapping[str, str]) -> Json:
    """The parameters of a form, each read as its type asks: text as it is, the rest as JSON."""
    model = METHODS[method]
    return {name: _decode_field(model, name, value) for name, value in fields.items()}


def _decode_field(model: type[TelegramMethod[Any]], name: str, value: str) -> object:
    field = model.model_fields.get(name)
    kinds = set(_flat(field.annotation)) if field is not None else {str}
    if str in kinds and int not in kinds:
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _flat(annotation: object) -> Iterator[object]:
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        for part in typing.get_args(annotation):
            yield from _flat(part)
    elif annotation not in {types.NoneType, Default, InputFile}:
        yield annotation


def request(method: str, parameters: Json, files: Iterable[str]) -> None:
    """Check what a bot asks for; raises ``Disagreement``."""
    given = dict(parameters)
    given.update((name, BufferedInputFile(b"", name)) for name in files)
    try:
        model = METHODS[method].model_validate(given)
    except ValidationError as error:
        raise Disagreement(f"{method}: {error}") from error
    _refuse_extras(model, method)


def result(method: str, value: object) -> None:
    """Check what the server itself answers; raises ``Disagreement``."""
    try:
        model = _returned(method).validate_python(value)
    except ValidationError as error:
        raise Disagreement(f"result of {method}: {error}") from error
    _refuse_extras(model, f"result of {method}")


@cache
def _returned(method: str) -> TypeAdapter[Any]:
    return TypeAdapter(METHODS[method].__returning__)


def update(value: Json) -> None:
    """Check an update before a bot gets it; raises ``Disagreement``."""
    try:
        model = Update.model_validate(value)
    except ValidationError as error:
        raise Disagreement(f"update: {error}") from error
    _refuse_extras(model, "update")


def _refuse_extras(value: object, where: str) -> None:
    match value:
        case BaseModel():
            if value.model_extra:
                raise Disagreement(f"{where}: unknown {sorted(value.model_extra)}")
            for name in type(value).model_fields:
                _refuse_extras(getattr(value, name), f"{where}.{name}")
        case list() | tuple():
            for number, element in enumerate(value):
                _refuse_extras(element, f"{where}[{number}]")
        case _:
            pass
