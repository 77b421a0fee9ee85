"""The names of connections, and those that this machine knows."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9]|[_-](?![_-]))*(?<![_-])")


def require_name(name: str) -> str:
    """A connection's name, if it is one.

    Args:
        name: Letters, digits and single ``_`` or ``-`` between them.

    Raises:
        ValueError: If it is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"'{name}' is no name of a connection: letters, digits and single '_' or '-' between them are"
        )
    return name


def same_name(name: str) -> str:
    """What is equal for names that are one: ``MEP_Dev``, ``mep-dev`` and ``mep_dev``.

    Args:
        name: The name.
    """
    return name.lower().replace("-", "_")
