"""A type of connection for tests: a radio station with a token or a user and password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr

from ecoflows.connections import ClientOf, Connection
from ecoflows.decorators import distributed

CLOSED: list[str] = []


class Radio:
    """A client."""

    def __init__(self, station: str) -> None:
        self.station = station


class RadioConnection(Connection):
    """A station."""

    type: ClassVar[str] = "radio"
    label: ClassVar[str] = "Radio"
    choices: ClassVar[tuple[tuple[str, ...], ...]] = (("token",), ("username", "password"))

    station: str = Field(description="The station.")
    token: SecretStr | None = Field(default=None, description="A token.")
    username: str | None = Field(default=None, description="A user.")
    password: SecretStr | None = Field(default=None, description="The user's password.")
    channel: int = Field(default=5, ge=1, description="The channel.")

    @contextmanager
    def connect(self) -> Iterator[Any]:
        try:
            yield Radio(self.station)
        finally:
            CLOSED.append(self.station)


RadioClient = Annotated[Radio, ClientOf("radio")]


@distributed(tags=["io"])
def listen(client: RadioClient, loud: bool = False) -> str:
    """Tell which station it is."""
    if loud:
        raise ValueError("too loud")
    return client.station
