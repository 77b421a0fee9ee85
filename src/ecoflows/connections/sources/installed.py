"""The sources in the order in which they win."""

from __future__ import annotations

from importlib.metadata import entry_points

from ecoflows.connections.sources.base import ConnectionSource
from ecoflows.connections.sources.environment import Environment
from ecoflows.connections.sources.file import ConnectionsFile

GROUP = "ecoflows.connection_sources"
"""The entry points of sources that stand between the environment and the file: Prefect's blocks."""


def all_sources() -> list[ConnectionSource]:
    """The environment, then what is installed, then the file; a field that is in several has the first's."""
    between = [point.load()() for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]
    return [Environment(), *between, ConnectionsFile()]
