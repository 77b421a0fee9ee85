"""Everything else: JSON, in which tables, arrays and bytes are artifacts of their own."""

from __future__ import annotations

import json
from typing import Any

from ecoflows.errors import StoreError
from ecoflows.skipped import SKIPPED
from ecoflows.store.canonical import canonical_json, decode, encode
from ecoflows.store.codecs.base import Json, is_a
from ecoflows.store.model import Artifact
from ecoflows.store.serializers.base import Parts


class JsonSerializer:
    """A value as JSON; comes last, because it takes any."""

    name = "json"
    extension = "json"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - takes any
        return True

    def dump(self, value: Any, parts: Parts) -> bytes:
        def refer(part: Any) -> Json | None:
            return {"$artifact": parts.save(part).model_dump()} if _is_file(part) else None

        return canonical_json(encode(value, refer=refer))

    def load(self, data: bytes, parts: Parts) -> Any:
        return decode(
            parse_json(data), resolve=lambda described: parts.load(Artifact.model_validate(described))
        )

    def rows(self, value: Any) -> int | None:
        return len(value) if type(value) in (list, tuple) else None


class SkippedSerializer(JsonSerializer):
    """The value of what was skipped, of a type of its own so that it is known without being read."""

    name = "skipped"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - whatever was promised
        return value is SKIPPED


def parse_json(data: bytes) -> Json:
    """JSON data from bytes.

    Args:
        data: The bytes.

    Raises:
        StoreError: If they are not JSON.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"the stored JSON cannot be read: {error}") from error


def _is_file(value: Any) -> bool:
    return type(value) is bytes or is_a(value, "numpy", "ndarray") or is_a(value, "pandas", "DataFrame")
