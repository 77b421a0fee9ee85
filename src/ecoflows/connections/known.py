"""The names of the connections that this machine knows, as suggestions."""

from __future__ import annotations


def known_names(type_name: str) -> tuple[str, ...]:
    """The names of a type's connections.

    Args:
        type_name: The type of connection.
    """
    return ()
