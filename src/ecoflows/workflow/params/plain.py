"""Values of parameters as JSON that is the same in every process."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter


def dumped(adapter: TypeAdapter[Any], value: Any, *, exclude_unset: bool = False) -> Any:
    """A value as JSON data, as its type's own serializer has it.

    Args:
        adapter: The type's adapter.
        value: A value, also one that is not of the type.
        exclude_unset: Whether to leave out what a model was not given.

    Raises:
        Exception: Whatever serializers of the value's classes raise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's, about a value that is not of the type
        return in_order(adapter.dump_python(value, mode="json", exclude_unset=exclude_unset), value)


def in_order(plain: Any, value: Any) -> Any:
    """JSON data in which the elements of sets are in order: sets themselves have another in each process.

    Args:
        plain: The JSON data of the value.
        value: The value.
    """
    if isinstance(value, set | frozenset) and isinstance(plain, list):
        items = [in_order(*pair) for pair in zip(plain, value, strict=False)]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(plain, list) and isinstance(value, list | tuple) and len(plain) == len(value):
        return [in_order(*pair) for pair in zip(plain, value, strict=True)]
    if isinstance(plain, dict):
        parts = dict(_parts(plain, value))
        return {key: in_order(item, parts.get(key)) for key, item in plain.items()}
    return plain


def _parts(plain: dict[str, Any], value: Any) -> Iterator[tuple[str, Any]]:
    """What the entries of the data were made from."""
    if isinstance(value, dict):
        if len(value) == len(plain):
            yield from zip(plain, value.values(), strict=True)
    else:
        yield from ((key, getattr(value, key, None)) for key in plain)
