"""The names of the connections that this machine knows, as suggestions."""

from __future__ import annotations

from ecoflows.connections.finding import known
from ecoflows.connections.sources.environment import Environment
from ecoflows.connections.sources.file import ConnectionsFile
from ecoflows.errors import EcoflowsError


def known_names(type_name: str) -> tuple[str, ...]:
    """The names of a type's connections in the places that are read at once; no server is asked.

    Args:
        type_name: The type of connection.
    """
    try:
        return tuple(one.name for one in known(type_name, [Environment(), ConnectionsFile()]))
    except EcoflowsError:
        return ()  # what is wrong there is told where a connection is needed
