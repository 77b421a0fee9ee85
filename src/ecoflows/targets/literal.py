"""Values as Python source."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from ecoflows.errors import SerializationError

Refer = Callable[[Any], str | None]
"""Gives the source that stands for a value; ``None`` where the value is to be written out."""

_DIGITS = 4000
"""Python reads and writes no longer decimal numbers than 4300 digits."""


def literal(value: Any, refer: Refer | None = None) -> str:
    """The source of an expression that gives a value.

    Args:
        value: Plain data, also NaN and infinities, bytes, tuples, sets, dates and times (whose
            source needs ``import datetime``).
        refer: Asked about every part first; what it returns is written instead of the part.

    Raises:
        SerializationError: If there is no such source, as for values of subclasses.
    """
    if refer is not None and (found := refer(value)) is not None:
        return found
    kind = type(value)
    if value is None or kind in (bool, bytes):
        return repr(value)
    if kind is str:
        return _text(value)
    if kind is int:
        return repr(value) if abs(value) < 10**_DIGITS else hex(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if kind is list:
        return f"[{', '.join(literal(item, refer) for item in value)}]"
    if kind is tuple:
        return f"({', '.join(literal(item, refer) for item in value)}{',' if len(value) == 1 else ''})"
    if kind is dict:
        pairs = (f"{literal(key)}: {literal(item, refer)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if kind in (set, frozenset):
        return f"{kind.__name__}([{', '.join(sorted(map(literal, value)))}])"
    if kind in (date, timedelta) or (
        kind in (datetime, time) and type(value.tzinfo) in (timezone, type(None))
    ):
        return repr(value)
    raise SerializationError(f"a value of type {kind.__qualname__} has no source: {value!r:.60}")


def _text(value: str) -> str:
    """A text in quotes; readers that look for three quotes line by line find none in it."""
    if '"""' not in value and "'''" not in value:
        return repr(value)
    quotes = {'"': "\\x22", "'": "\\x27"}
    return f"'{''.join(quotes.get(char) or repr(char)[1:-1] for char in value)}'"
