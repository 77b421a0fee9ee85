"""Finding a connection by its name, in all places that settings are kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ecoflows.connections.model import Connection
from ecoflows.connections.names import same_name
from ecoflows.connections.sources import ConnectionSource, Settings, all_sources
from ecoflows.connections.sources.environment import variable
from ecoflows.connections.types import connection_type
from ecoflows.errors import ConnectionSettingsError, did_you_mean, nearest


@dataclass(frozen=True)
class Known:
    """A connection as the sources have it together.

    Attributes:
        type: The type of connection.
        name: Its name, as the first source writes it.
        fields: The values; secrets among them, so that they are never shown.
        origins: The label of the source that each value comes from.
        places: Where the sources are, the first one first.
    """

    type: str
    name: str
    fields: Mapping[str, Any] = field(repr=False)
    origins: Mapping[str, str]
    places: tuple[tuple[str, str], ...]


def known(type_name: str | None = None, sources: Sequence[ConnectionSource] | None = None) -> list[Known]:
    """All connections of a type, or of any, in order.

    Args:
        type_name: The type of connection.
        sources: Where to look; by default everywhere.

    Raises:
        ConnectionSettingsError: If a source cannot be read as it should be.
    """
    found: dict[tuple[str, str], list[tuple[str, Settings]]] = {}
    for source in all_sources() if sources is None else sources:
        for settings in source.every(type_name):
            found.setdefault((settings.type, same_name(settings.name)), []).append((source.label, settings))
    return [_together(found[key]) for key in sorted(found)]


def _together(layers: Sequence[tuple[str, Settings]]) -> Known:
    fields: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for label, settings in reversed(layers):
        fields |= settings.fields
        origins |= dict.fromkeys(settings.fields, label)
    _, first = layers[0]
    return Known(
        first.type, first.name, fields, origins, tuple((label, settings.place) for label, settings in layers)
    )


def find_connection(type_name: str, name: str) -> Connection:
    """The connection of a name, with its settings checked.

    Args:
        type_name: The type of connection.
        name: Its name.

    Raises:
        ConnectionSettingsError: If there is none, naming those that there are, or its settings are wrong.
        ConnectionTypeError: If there is no such type.
    """
    return checked(find_known(name, type_name))


def find_known(name: str, type_name: str | None = None) -> Known:
    """What the sources have of a name, whatever its type.

    Args:
        name: The connection's name.
        type_name: The type, where several have the name.

    Raises:
        ConnectionSettingsError: If there is none, naming those that there are, or there are several.
    """
    every = known(type_name)
    found = [one for one in every if same_name(one.name) == same_name(name)]
    if not found:
        raise ConnectionSettingsError(_unknown(type_name, name, [one.name for one in every]))
    if len(found) > 1:
        kinds = ", ".join(one.type for one in found)
        raise ConnectionSettingsError(
            f"several connections are named '{name}' ({kinds}); say which with --type"
        )
    return found[0]


def checked(found: Known) -> Connection:
    """A connection of settings that fit its type.

    Raises:
        ConnectionSettingsError: With all that is wrong; values are not repeated.
    """
    kind = connection_type(found.type)
    try:
        return kind.model_validate(dict(found.fields))
    except ValidationError as error:
        problems = "; ".join(_findings(error, kind, found))
        raise ConnectionSettingsError(f"the {found.type} connection '{found.name}': {problems}") from None


def _findings(error: ValidationError, kind: type[Connection], found: Known) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(map(str, item["loc"]))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            hint = did_you_mean(name, kind.model_fields, what="its settings are")
            yield f"'{name}' ({found.origins.get(name, '')}) is no setting of it; {hint}"
        elif item["type"] == "missing":
            yield f"'{name}' is missing; set {variable(found.type, found.name, name)}, or create it anew"
        else:
            origin = found.origins.get(name)
            yield f"{f'{name!r} ({origin}): ' if origin else ''}{message}"


def _unknown(type_name: str | None, name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    every = f"known are {', '.join(sorted(names))}" if names else "none is known here"
    way = f"'ecoflows connections create --type {type_name or 'TYPE'} --name {name}' makes it"
    hint = f"did you mean '{near}'? " if near else ""
    return f"there is no {f'{type_name} ' if type_name else ''}connection '{name}'; {hint}{every}; {way}"
