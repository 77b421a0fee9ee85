"""Settings of connections in environment variables; a mounted Kubernetes secret gives such, too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from ecoflows.connections.names import same_name
from ecoflows.connections.sources.base import Settings

PREFIX = "ECOFLOWS__CONNECTIONS__"
"""``ECOFLOWS__CONNECTIONS__EARTHRANGER__MEP_DEV__TOKEN`` is the token of the connection ``mep_dev``."""


class Environment:
    """The environment variables of this process."""

    label = "environment"

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def every(self, type_name: str | None = None) -> Iterable[Settings]:
        """All connections of a type, or of any."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for variable, value in sorted(self._variables.items()):
            parts = variable.upper().removeprefix(PREFIX).split("__")
            if not variable.upper().startswith(PREFIX) or len(parts) != 3 or not all(parts):
                continue
            kind, name, field = (same_name(part) for part in parts)
            if value and type_name in (None, kind):  # an empty variable is one that is not set
                found.setdefault((kind, name), {})[field] = value
        for (kind, name), fields in found.items():
            yield Settings(kind, name, fields, f"{PREFIX}{kind.upper()}__{name.upper()}__*")


def variable(type_name: str, name: str, field: str) -> str:
    """The environment variable of a field.

    Args:
        type_name: The type of connection.
        name: The connection's name.
        field: The field.
    """
    return PREFIX + "__".join(same_name(part).upper() for part in (type_name, name, field))
