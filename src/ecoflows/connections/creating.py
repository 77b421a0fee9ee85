"""Making connections: what is asked for, and that it fits before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ecoflows.connections.finding import Known, checked
from ecoflows.connections.model import Connection
from ecoflows.connections.names import same_name
from ecoflows.connections.sources.file import ConnectionsFile
from ecoflows.errors import ConnectionSettingsError, UsageError


def is_secret(info: FieldInfo) -> bool:
    """Whether a field of a connection is secret.

    Args:
        info: The field.
    """
    return info.annotation is SecretStr or SecretStr in get_args(info.annotation)


def require_new(file: ConnectionsFile, type_name: str, name: str) -> None:
    """Make sure that a name can be given to a new connection.

    Args:
        file: Where it is to be written.
        type_name: The type of connection.
        name: The name.

    Raises:
        UsageError: If it is taken.
    """
    if any(same_name(found.name) == same_name(name) for found in file.every(type_name)):
        raise UsageError(
            f"--name: {file.path} has a {type_name} connection '{name}'; write over it with --replace"
        )


def validated(kind: type[Connection], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are written, if they fit.

    Args:
        kind: The type of connection.
        name: The connection's name.
        given: The values.

    Raises:
        ConnectionSettingsError: With all that is wrong; values are not repeated.
    """
    fields = {field: value for field, value in given.items() if value is not None}
    connection = checked(Known(kind.type, name, fields, dict.fromkeys(fields, "given"), ()))
    plain: dict[str, Any] = {}
    for field in fields:
        value = getattr(connection, field)
        plain[field] = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not all(isinstance(value, str | int | float | bool) for value in plain.values()):
        raise ConnectionSettingsError(f"the {kind.type} connection '{name}': settings are texts and numbers")
    return plain
