"""What a codec is: how one kind of value becomes JSON and comes back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = Any
"""What ``json`` writes: None, bool, int, float, str, lists and dicts of such."""

Encode = Callable[[Any, str], Json]
"""Encodes a part of a value; the text says which part, such as ``[3]`` or ``.legend``."""

Decode = Callable[[Json], Any]
"""Decodes a part of a value."""


class CannotStoreError(Exception):
    """Raised by a codec or a serializer; says why, and whoever knows the place adds it."""


@dataclass(frozen=True)
class Codec:
    """Writes one kind of value as ``{tag: body}`` and reads it back.

    Attributes:
        tag: The one key of the JSON object, starting with ``$``.
        encode: Makes the body; encodes the parts with what it is given.
        decode: Makes the value of the body.
        types: Exactly these types; looked up first.
        accepts: Whether a value of another type is of this kind.
    """

    tag: str
    encode: Callable[[Any, Encode], Json]
    decode: Callable[[Json, Decode], Any]
    types: tuple[type, ...] = ()
    accepts: Callable[[Any], bool] | None = None


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class in a module that may not be loaded.

    Nothing is imported: a value of a class exists only where its module is loaded.

    Args:
        value: Any value.
        module: The module's name.
        name: The class's name in it.
    """
    found = getattr(sys.modules.get(module), name, None)
    return isinstance(found, type) and isinstance(value, found)


def type_name(value: Any) -> str:
    """The name of a value's type as its author knows it."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
