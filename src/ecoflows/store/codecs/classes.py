"""Values of a user's own classes: enums, dataclasses, pydantic models and named tuples.

A class is written down by name. When it is read back, the name is looked up among the modules
that the program has loaded already: stored data, which others may be able to write, never makes
this process import anything.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from ecoflows.errors import StoreError
from ecoflows.store.codecs.base import CannotStoreError, Codec, Decode, Encode, Json
from ecoflows.store.model import Artifact


def find_class(reference: str, what: str, fits: Callable[[Any], bool]) -> type[Any]:
    """The class that a stored value names.

    Args:
        reference: ``module:QualName``.
        what: What it has to be, for the message.
        fits: Whether a class is that.

    Raises:
        StoreError: If its module is not loaded, or the name is not such a class there.
    """
    module_name, _, qualified = reference.partition(":")
    module = sys.modules.get(module_name)
    if module is None:
        raise StoreError(
            f"the stored value is of the class {reference}, whose module is not loaded; import "
            f"'{module_name}' before reading it (stored data never imports modules by itself)"
        )
    found: Any = module
    for part in qualified.split("."):
        # Not getattr: a module's __getattr__ may import.
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    if not isinstance(found, type) or not fits(found):
        raise StoreError(f"the stored value is of the class {reference}, which is no {what} in this program")
    return found


def _reference(cls: type, what: str, fits: Callable[[Any], bool]) -> str:
    reference = f"{cls.__module__}:{cls.__qualname__}"
    try:
        found = find_class(reference, what, fits)
    except StoreError:
        found = None
    if found is not cls:
        raise CannotStoreError(
            f"its class cannot be found by its name {reference} again; define it at the top level of a module"
        )
    return reference


def _is_enum(cls: type) -> bool:
    return issubclass(cls, enum.Enum)


def _is_model(cls: type) -> bool:
    return issubclass(cls, BaseModel)


def _is_named_tuple(cls: type) -> bool:
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def _encode_enum(value: enum.Enum, encode: Encode) -> Json:
    described: dict[str, Json] = {"class": _reference(type(value), "Enum", _is_enum)}
    if isinstance(value, enum.Flag):  # a combination of flags has no name of its own
        return described | {"value": encode(value.value, ".value")}
    return described | {"name": value.name}


def _decode_enum(body: Json, decode: Decode) -> Any:
    cls = find_class(body["class"], "Enum", _is_enum)
    if issubclass(cls, enum.Flag):
        return cls(decode(body["value"]))
    if body["name"] not in cls.__members__:
        raise StoreError(f"the stored value is {body['class']}.{body['name']}, which is no longer a member")
    return cls[body["name"]]


def _encode_fields(values: dict[str, Any], encode: Encode) -> Json:
    return {name: encode(value, f".{name}") for name, value in values.items()}


def _decode_fields(body: Json, expected: set[str], decode: Decode) -> dict[str, Any]:
    if set(body["fields"]) != expected:
        changed = ", ".join(sorted(set(body["fields"]) ^ expected))
        raise StoreError(
            f"the class {body['class']} has changed since the value was stored ({changed}); "
            "run the task again"
        )
    return {name: decode(value) for name, value in body["fields"].items()}


def _encode_dataclass(value: Any, encode: Encode) -> Json:
    reference = _reference(type(value), "dataclass", dataclasses.is_dataclass)
    names = [field.name for field in dataclasses.fields(value)]
    if unset := [name for name in names if not hasattr(value, name)]:
        raise CannotStoreError(f"its field '{unset[0]}' has no value")
    return {
        "class": reference,
        "fields": _encode_fields({name: getattr(value, name) for name in names}, encode),
    }


def _decode_dataclass(body: Json, decode: Decode) -> Any:
    cls = find_class(body["class"], "dataclass", dataclasses.is_dataclass)
    fields = _decode_fields(body, {field.name for field in dataclasses.fields(cls)}, decode)
    # As it was, not made anew: __post_init__ has run once already, and may not bear a second time.
    value = object.__new__(cls)
    for name, part in fields.items():
        object.__setattr__(value, name, part)
    return value


def _encode_model(value: BaseModel, encode: Encode) -> Json:
    reference = _reference(type(value), "pydantic model", _is_model)
    fields = {name: item for name, item in value.__dict__.items() if name in type(value).model_fields}
    described: dict[str, Json] = {
        "class": reference,
        "fields": _encode_fields(fields, encode),
        "set": sorted(value.model_fields_set),
    }
    if value.__pydantic_extra__ is not None:
        described["extra"] = encode(value.__pydantic_extra__, "")
    if value.__pydantic_private__ is not None:
        described["private"] = encode(value.__pydantic_private__, "")
    return described


def _decode_model(body: Json, decode: Decode) -> Any:
    cls: Any = find_class(body["class"], "pydantic model", _is_model)
    fields = _decode_fields(body, set(cls.model_fields), decode)
    value = cls.__new__(cls)
    value.__setstate__(
        {
            "__dict__": fields,
            "__pydantic_fields_set__": set(body["set"]),
            "__pydantic_extra__": decode(body["extra"]) if "extra" in body else None,
            "__pydantic_private__": decode(body["private"]) if "private" in body else None,
        }
    )
    return value


def _encode_named_tuple(value: Any, encode: Encode) -> Json:
    reference = _reference(type(value), "named tuple", _is_named_tuple)
    return {"class": reference, "fields": _encode_fields(value._asdict(), encode)}


def _decode_named_tuple(body: Json, decode: Decode) -> Any:
    cls: Any = find_class(body["class"], "named tuple", _is_named_tuple)
    fields = _decode_fields(body, set(cls._fields), decode)
    return cls._make(fields[name] for name in cls._fields)


def _is_dataclass_value(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


CODECS = (
    Codec(
        "$reference",
        lambda value, _: value.model_dump(),
        lambda body, _: Artifact.model_validate(body),
        (Artifact,),
    ),
    Codec("$enum", _encode_enum, _decode_enum, accepts=lambda value: isinstance(value, enum.Enum)),
    Codec("$model", _encode_model, _decode_model, accepts=lambda value: isinstance(value, BaseModel)),
    Codec("$dataclass", _encode_dataclass, _decode_dataclass, accepts=_is_dataclass_value),
    Codec(
        "$namedtuple",
        _encode_named_tuple,
        _decode_named_tuple,
        accepts=lambda value: _is_named_tuple(type(value)),
    ),
)
"""Codecs by kind of class."""
