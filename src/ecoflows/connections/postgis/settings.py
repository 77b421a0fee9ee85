"""The settings of a PostgreSQL database with PostGIS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from ecoflows.connections.checks import Check
from ecoflows.connections.model import Connection
from ecoflows.connections.postgis.client import PostGIS


class PostGISConnection(Connection):
    """A database and who reads it; without a password the server or ``~/.pgpass`` is to know the user."""

    type: ClassVar[str] = "postgis"
    label: ClassVar[str] = "PostGIS"
    extra: ClassVar[str] = "postgis"

    host: str = Field(min_length=1, description="The server, such as db.example.org.")
    port: int = Field(default=5432, ge=1, le=65535, description="Its port.")
    database: str = Field(min_length=1, description="The database.")
    username: str = Field(min_length=1, description="The user who reads.")
    password: SecretStr | None = Field(default=None, description="The user's password.")
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = Field(
        default="prefer",
        description="How the connection is secured; verify-full where the way to the server is not safe.",
    )
    statement_timeout_seconds: int = Field(
        default=0, ge=0, description="How long a statement may take (s); 0 for any time."
    )

    @contextmanager
    def connect(self) -> Iterator[PostGIS]:
        """Make the client, for as long as the context lasts; it connects when it reads.

        Raises:
            ConnectionFailedError: If the optional packages are missing.
        """
        client = PostGIS(self)
        try:
            yield client
        finally:
            client.close()

    def checks(self) -> Iterator[Check]:
        """See whether the server is found and lets the user in, and what there is to read."""
        from ecoflows.connections.postgis.checking import checks

        return checks(self)
