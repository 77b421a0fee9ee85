"""Any value as JSON and back, without loss and always in the same form.

Stored values, nested ones too, and cache keys use this one encoding. What JSON can say it says
plainly; the rest is an object with a single key that starts with ``$``, such as
``{"$tuple": [1, 2]}``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ecoflows.errors import EcoflowsError, SerializationError, StoreError
from ecoflows.store.codecs import CODECS
from ecoflows.store.codecs.base import CannotStoreError, Codec, Encode, Json, is_a, type_name
from ecoflows.store.model import Artifact
from ecoflows.store.text import canonical_json

__all__ = ["MAX_DEPTH", "artifacts_in", "by_digest", "canonical_json", "decode", "encode"]

MAX_DEPTH = 64
"""How deep values may be nested. More than any real one is; a list that holds itself stops here."""

Refer = Callable[[Any], Json | None]
"""Stands a reference in for a value: its JSON, or ``None`` where the value is to be written out."""

_BY_TYPE = {kind: codec for codec in CODECS for kind in codec.types}
_BY_TAG = {codec.tag: codec for codec in CODECS}
_BY_QUESTION = tuple(codec for codec in CODECS if codec.accepts is not None)
_PLAIN_INTEGERS = range(-(2**63), 2**63)


def encode(value: Any, *, refer: Refer | None = None) -> Json:
    """Write any value as JSON data.

    Args:
        value: The value.
        refer: Asked about everything but plain JSON values, before anything else; what it
            returns is written instead of the value. Tables can be written only so. An artifact
            becomes a reference to itself unless this says otherwise.

    Raises:
        SerializationError: If a part of it fits no codec; the message names type and place.
    """
    return _Encoder(refer).encode(value, ())


def by_digest(value: Any) -> Json | None:
    """Stand an artifact's digest in for it: the ``refer`` that cache keys are made with."""
    return {"$artifact": value.sha256} if isinstance(value, Artifact) else None


def decode(data: Json, *, resolve: Callable[[Json], Any] | None = None) -> Any:
    """Read back what ``encode`` wrote.

    Args:
        data: The JSON data.
        resolve: Gives the value of an ``{"$artifact": ...}``, for what is in it.

    Raises:
        StoreError: If it is damaged, or names a class that is not loaded.
    """
    try:
        return _Decoder(resolve).decode(data)
    except EcoflowsError:
        raise
    except RecursionError as error:
        raise StoreError("the stored JSON is nested too deeply") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise StoreError(f"the stored JSON cannot be read: {type(error).__name__}: {error}") from error


def artifacts_in(data: Json) -> Iterator[Json]:
    """What the ``{"$artifact": ...}`` and ``{"$reference": ...}`` in JSON data hold, in order."""
    pending = [data]
    while pending:
        found = pending.pop()
        if isinstance(found, list):
            pending.extend(reversed(found))
        elif isinstance(found, dict):
            tag = next(iter(found), None) if len(found) == 1 else None
            if tag in ("$artifact", "$reference"):
                yield found[tag]
            else:
                pending.extend(reversed(found.values()))


class _Encoder:
    def __init__(self, refer: Refer | None) -> None:
        self._refer = refer

    def encode(self, value: Any, place: tuple[str, ...]) -> Json:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int and value in _PLAIN_INTEGERS:
            return value
        if kind is float and math.isfinite(value):
            return value
        if len(place) > MAX_DEPTH:
            raise SerializationError(
                f"a value cannot be stored: it is nested more than {MAX_DEPTH} levels deep, or holds itself"
                f"; the place is {''.join(place[:6])}..."
            )
        if kind is list:
            return [self.encode(item, (*place, f"[{index}]")) for index, item in enumerate(value)]
        if kind is dict and all(type(key) is str and not key.startswith("$") for key in value):
            return {key: self.encode(item, (*place, f"[{key!r}]")) for key, item in value.items()}
        if self._refer is not None and (reference := self._refer(value)) is not None:
            return reference
        return self._tagged(value, place)

    def _tagged(self, value: Any, place: tuple[str, ...]) -> Json:
        codec = _codec_for(value)
        try:
            return {codec.tag: codec.encode(value, lambda part, name: self.encode(part, (*place, name)))}
        except CannotStoreError as error:
            where = "".join(place)
            described = f"{type_name(value)} at {where}" if where else type_name(value)
            raise SerializationError(f"a value of type {described} cannot be stored: {error}") from error


class _Decoder:
    def __init__(self, resolve: Callable[[Json], Any] | None) -> None:
        self._resolve = resolve

    def decode(self, data: Json) -> Any:
        if isinstance(data, list):
            return [self.decode(item) for item in data]
        if not isinstance(data, dict):
            return data
        tag = next(iter(data), "")
        if not tag.startswith("$"):
            return {key: self.decode(item) for key, item in data.items()}
        if tag == "$artifact" and self._resolve is not None:
            return self._resolve(data[tag])
        codec = _BY_TAG.get(tag)
        if codec is None or len(data) != 1:
            raise StoreError(
                f"the stored JSON has the unknown tag '{tag}'; a later ecoflows may have written it"
            )
        return codec.decode(data[tag], self.decode)


def _codec_for(value: Any) -> Codec:
    if found := _BY_TYPE.get(type(value)):
        return found
    return next((codec for codec in _BY_QUESTION if codec.accepts and codec.accepts(value)), _NO_CODEC)


def _refuse(value: Any, _: Encode) -> Json:
    raise CannotStoreError(_advice(value))


def _advice(value: Any) -> str:
    if is_a(value, "pandas", "DataFrame"):
        return "a table cannot be written as JSON here"
    builtin = next((kind for kind in _BY_TYPE if isinstance(value, kind)), None)
    builtin = builtin or next((kind for kind in (str, list) if isinstance(value, kind)), None)
    if builtin is not None:
        return (
            f"it is a subclass of {builtin.__name__}, which would be lost; return a plain {builtin.__name__}"
        )
    return (
        "there is no format for it; return a table, an array, text, numbers, lists and dicts of those, "
        "or a dataclass or pydantic model that holds them"
    )


_NO_CODEC = Codec("", _refuse, lambda body, _: body)
