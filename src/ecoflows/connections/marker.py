"""The annotation of parameters that take a client: a spec names the connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from ecoflows.connections.known import known_names
from ecoflows.connections.names import require_name

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


@dataclass(frozen=True)
class ClientOf:
    """Marks a parameter whose value is a connection's name, and which the task gets as its client.

    ::

        EarthRangerClient = Annotated[EarthRanger, ClientOf("earthranger")]

    What a spec, a parameter or a key holds is the name. The client is made where the task is run, from
    the settings that are found there, and closed when the task has returned.

    Attributes:
        type: The type of connection.
    """

    type: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(require_name, core_schema.str_schema(strict=True))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        names = known_names(self.type)
        return {"type": "string", "minLength": 1, **({"examples": list(names)} if names else {})}


def client_marks(annotation: Any) -> Iterator[ClientOf]:
    """The marks of clients in an annotation, also in a choice with ``None``.

    Args:
        annotation: A parameter's annotation.
    """
    annotation = getattr(annotation, "__value__", annotation)  # of an alias, what it stands for
    if get_origin(annotation) is Annotated:
        yield from (mark for mark in get_args(annotation)[1:] if isinstance(mark, ClientOf))
    for part in get_args(annotation):
        if get_origin(part) is Annotated or get_args(part):
            yield from client_marks(part)
