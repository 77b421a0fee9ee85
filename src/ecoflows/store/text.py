"""JSON as bytes, always the same ones for the same data."""

from __future__ import annotations

import json

from ecoflows.errors import SerializationError
from ecoflows.store.codecs.base import Json


def canonical_json(data: Json) -> bytes:
    """The bytes of JSON data: compact, in the order given, in UTF-8.

    Args:
        data: What ``encode`` returns, or other data that JSON can hold.

    Raises:
        SerializationError: If it holds something that JSON cannot.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"this is not JSON: {error}") from error
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair is legal in Python's text and has no UTF-8; JSON can escape it.
        return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
