"""The settings of an EarthRanger site."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from ecoflows.connections.checks import Check
from ecoflows.connections.earthranger.client import EarthRanger
from ecoflows.connections.model import Connection


class EarthRangerConnection(Connection):
    """An EarthRanger site and how to sign in to it: with a token, or with a user name and password."""

    type: ClassVar[str] = "earthranger"
    label: ClassVar[str] = "EarthRanger"
    choices: ClassVar[tuple[tuple[str, ...], ...]] = (("token",), ("username", "password"))
    extra: ClassVar[str] = "earthranger"

    server: str = Field(description="The site, such as mep-dev.pamdas.org.")
    token: SecretStr | None = Field(default=None, description="An access token of the site.")
    username: str | None = Field(default=None, description="The name of a user of the site.")
    password: SecretStr | None = Field(default=None, description="The user's password.")
    tcp_limit: int = Field(default=5, ge=1, le=50, description="How many requests are made at once.")
    sub_page_size: int = Field(
        default=4000, ge=1, le=50_000, description="How many rows a request asks for; sites may give fewer."
    )

    @field_validator("server")
    @classmethod
    def _root(cls, value: str) -> str:
        """The address of the site, however it was written."""
        text = value.strip()
        parts = urlsplit(text if "://" in text else f"https://{text}")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the address of the site is not to hold a user or a password")
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("it is to be the name of a site, such as mep-dev.pamdas.org")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("http:// would send the secret in the clear; https:// is meant")
        path = parts.path.partition("/api")[0].rstrip("/")
        return f"{parts.scheme}://{parts.netloc}{path}"

    @contextmanager
    def connect(self) -> Iterator[EarthRanger]:
        """Make the client, for as long as the context lasts.

        Raises:
            ConnectionFailedError: If the optional package is missing.
        """
        client = EarthRanger(self)
        try:
            yield client
        finally:
            client.close()

    def checks(self) -> Iterator[Check]:
        """See whether the site is found, speaks TLS and EarthRanger's API, and what the user may read."""
        from ecoflows.connections.earthranger.checking import checks

        return checks(self)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
