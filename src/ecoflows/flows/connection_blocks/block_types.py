"""The type of Prefect block that each type of connection has."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import httpx
import tenacity
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from pydantic import create_model

from ecoflows.connections.names import same_name
from ecoflows.connections.types import ConnectionTypeError, connection_type, type_names

_log = logging.getLogger("ecoflows")


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
        register_type(one)
    return [one.get_block_type_name() for one in types]


def register_missing() -> None:
    """Make those types known that the server in use does not know as they are here; nothing hangs on it."""
    try:
        with get_client(sync_client=True) as client:
            for name in type_names():
                one = block_type(name)
                try:
                    client.read_block_schema_by_checksum(one._calculate_schema_checksum())
                except ObjectNotFound:
                    register_type(one)
    except (httpx.HTTPError, ConnectionTypeError, ObjectAlreadyExists) as error:
        _log.warning("the Prefect server does not have all types of connections: %s", error)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(ObjectAlreadyExists),
    stop=tenacity.stop_after_attempt(5),
    wait=tenacity.wait_random(0.05, 0.3),
    reraise=True,
)
def register_type(one: type[Block]) -> None:
    """Make a type known; where another process does so at the same time, it is found the next time.

    Args:
        one: The block type.
    """
    one.register_type_and_schema()
