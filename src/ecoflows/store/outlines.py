"""Values as far as they are lists, tuples and mappings, with their parts still in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecoflows.skipped import SKIPPED
from ecoflows.store.canonical import artifacts_in, decode
from ecoflows.store.codecs.base import Json
from ecoflows.store.model import Artifact


def outlined(data: Json, keep: Callable[[Json], Artifact]) -> Any:
    """The structure that stored JSON holds.

    Args:
        data: The JSON.
        keep: Stores a part that is no such structure, but has artifacts in it.

    Returns:
        Lists, tuples and dicts, whose leaves are plain values and ``Artifact`` references.
    """
    if next(artifacts_in(data), None) is None:
        return decode(data)
    if isinstance(data, list):
        return [outlined(item, keep) for item in data]
    tag = next(iter(data))
    match tag:
        case "$artifact":
            part = Artifact.model_validate(data[tag])
            return SKIPPED if part.is_skipped else part
        case "$tuple":
            return tuple(outlined(item, keep) for item in data[tag])
        case "$namedtuple":
            # A pair with names is a pair.
            return tuple(outlined(item, keep) for item in data[tag]["fields"].values())
        case "$dict":
            return {decode(key): outlined(item, keep) for key, item in data[tag]}
    if not tag.startswith("$"):
        return {key: outlined(item, keep) for key, item in data.items()}
    return keep(data)


def as_part(value: Any) -> Json | None:
    """Stand an artifact in for the value that it refers to: the ``refer`` that composes values.

    Args:
        value: Any value.
    """
    return {"$artifact": value.model_dump(mode="json")} if isinstance(value, Artifact) else None
