"""What a source of settings can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Settings:
    """What one source has of a connection.

    Attributes:
        type: The type of connection.
        name: Its name, as it is written there.
        fields: The values by field; secrets among them, so that they are never shown.
        place: Where that is, for messages: the file, the block, the environment.
    """

    type: str
    name: str
    fields: Mapping[str, Any] = field(repr=False)
    place: str


class ConnectionSource(Protocol):
    """A place that settings of connections are kept in."""

    label: str
    """What people call it, such as ``environment``."""

    def every(self, type_name: str | None = None) -> Iterable[Settings]:
        """All connections of a type, or of any.

        Raises:
            ConnectionSettingsError: If the place cannot be read as it should be.
        """
