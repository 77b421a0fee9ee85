"""The type of Prefect block that each type of connection has."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import create_model

from ecoflows.connections.names import same_name
from ecoflows.connections.types import connection_type, type_names


def block_name(name: str) -> str:
    """The name of the block that holds a connection, of small letters, digits and dashes.

    Args:
        name: The connection's name.
    """
    return same_name(name).replace("_", "-")


@lru_cache
def block_type(type_name: str) -> type[Block]:
    """The block type of a type of connection, named as its class: ``EarthRangerConnection``.

    Args:
        type_name: The type of connection.

    Raises:
        ConnectionTypeError: If there is no such type.
    """
    kind = connection_type(type_name)
    fields: dict[str, Any] = {name: (info.annotation, info) for name, info in kind.model_fields.items()}
    namespace = {
        "__module__": __name__,
        "_block_type_name": kind.__name__,
        "_description": f"How tasks reach {kind.label}; specs and params name the block.",
        "_code_example": f"ecoflows connections check NAME --type {type_name}",
    }
    base: type[Block] = type(kind.__name__, (Block,), namespace)
    return create_model(kind.__name__, __base__=base, __module__=__name__, **fields)


def register() -> list[str]:
    """Make all types of connections known to the Prefect server in use, or bring them up to date.

    Returns:
        The names of the block types.
    """
    types = [block_type(name) for name in type_names()]
    for one in types:
        one.register_type_and_schema()
    return [one.get_block_type_name() for one in types]


def register_missing() -> None:
    """Make those types known that the server in use does not know as they are here."""
    with get_client(sync_client=True) as client:
        for name in type_names():
            one = block_type(name)
            try:
                client.read_block_schema_by_checksum(one._calculate_schema_checksum())
            except ObjectNotFound:
                one.register_type_and_schema()
