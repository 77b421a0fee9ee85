"""What is needed at a place inside an argument's value, where a reference stands in a list or mapping."""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from ecoflows.workflow.shapes import bare
from ecoflows.workflow.typecheck.classes import fields_of, is_record

_LISTS = (
    *(list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.MutableSequence),
    *(collections.abc.Iterable, collections.abc.Collection, collections.abc.Set),
)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def inside(annotation: Any, place: str | int) -> Any:
    """The annotation of a part of a value.

    Args:
        annotation: The annotation of the whole.
        place: A key of a mapping, or the number of an element of a list.

    Returns:
        The part's annotation, ``None`` where it depends on the rest of the value.
    """
    found = bare(annotation)
    if found is Any or found is object:
        return Any
    if get_origin(found) in (Union, UnionType):
        fitting = [choice for choice in get_args(found) if inside(choice, place) is not None]
        return inside(fitting[0], place) if len(fitting) == 1 else None
    if isinstance(place, int):
        return _element(found, place)
    origin, arguments = get_origin(found) or found, get_args(found)
    if origin in _MAPPINGS:
        return arguments[1] if len(arguments) == 2 else Any
    return _fields(found).get(place)


def _element(annotation: Any, index: int) -> Any:
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin not in _LISTS:
        return None
    if origin is tuple and arguments and arguments[1:] != (Ellipsis,):
        return arguments[index] if index < len(arguments) else None
    return arguments[0] if arguments else Any


def _fields(kind: Any) -> Mapping[str, Any]:
    """The annotations of what a mapping is made into, by the keys that it is made of."""
    if is_record(kind):
        return fields_of(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        plain = {name: field for name, field in kind.model_fields.items() if field.validation_alias is None}
        return {
            name: hint for name, hint in get_type_hints(kind, include_extras=True).items() if name in plain
        }
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return get_type_hints(kind, include_extras=True)
    return {}
