"""The types of connections that are installed: found by entry point, imported when they are needed."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from ecoflows.connections.model import Connection
from ecoflows.errors import EcoflowsError, did_you_mean

GROUP = "ecoflows.connections"
"""The entry points by which a package adds types: ``name = "package.module:ClassName"``."""


class ConnectionTypeError(EcoflowsError):
    """Raised where there is no such type of connection, or its package cannot be used."""


def type_names() -> tuple[str, ...]:
    """The names of all types, in order."""
    return tuple(sorted(_points()))


def connection_type(name: str) -> type[Connection]:
    """A type of connection.

    Args:
        name: Its name, as ``ecoflows connections create --type`` takes it.

    Raises:
        ConnectionTypeError: If there is none, or its class cannot be loaded.
    """
    point = _points().get(name)
    if point is None:
        hint = did_you_mean(name, type_names(), what="types are")
        raise ConnectionTypeError(f"there is no type of connection '{name}'; {hint or 'none is installed'}")
    package = point.dist.name if point.dist else point.value.partition(".")[0]
    try:
        found = point.load()
    except Exception as error:
        raise ConnectionTypeError(
            f"the type of connection '{name}' of the package '{package}' cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Connection)) or found.type != name:
        raise ConnectionTypeError(
            f"the entry point '{name}' of the package '{package}' is to name a subclass of "
            f"ecoflows.connections.Connection whose type is '{name}', not {point.value}"
        )
    return found


@lru_cache(maxsize=1)
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
