"""What works on the way to an EarthRanger site."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from ecoflows.connections.checks import Check, CheckState
from ecoflows.connections.earthranger import failures
from ecoflows.connections.earthranger.client import EarthRanger
from ecoflows.errors import ConnectionFailedError

if TYPE_CHECKING:
    from ecoflows.connections.earthranger.settings import EarthRangerConnection

_NAMES = ("DNS", "TLS", "sign-in", "API version")
_SECONDS = 10.0
_READS: dict[str, tuple[str, dict[str, Any], str]] = {
    "subject groups": ("subjectgroups", {"flat": True, "include_hidden": True}, "View Subject Groups"),
    "observations": ("observations", {"page_size": 1}, "View Observations"),
    "patrols": ("activity/patrols", {"page_size": 1}, "View Patrols"),
    "events": ("activity/events", {"page_size": 1}, "View Events"),
}


def checks(connection: EarthRangerConnection) -> Iterator[Check]:
    """See what works, one thing after the other; what hangs on a failure is skipped.

    Args:
        connection: The site and how to sign in.
    """
    done = []
    for check in _basics(connection):
        done.append(check.name)
        yield check
        if check.state is CheckState.FAILED:
            for name in (*_NAMES, *(f"may read {what}" for what in _READS)):
                if name not in done:
                    yield Check(name, CheckState.SKIPPED)
            return
    with connection.connect() as client:
        for what, (path, params, permission) in _READS.items():
            yield _read(client, what, path, params, permission)


def _basics(connection: EarthRangerConnection) -> Iterator[Check]:
    parts = urlsplit(connection.server)
    yield _dns(parts)
    yield _tls(parts)
    try:
        with connection.connect() as client:
            me: Any = client.get("user/me")
            name = me.get("username") if isinstance(me, dict) else None
            yield Check("sign-in", CheckState.PASSED, f"as {name or 'a user without a name'}")
            yield _version(client)
    except ConnectionFailedError as error:
        yield Check("sign-in", CheckState.FAILED, *_parted(error))


def _dns(parts: SplitResult) -> Check:
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, proto=socket.IPPROTO_TCP)
    except OSError:
        return Check(
            "DNS",
            CheckState.FAILED,
            f"there is no host '{host}'",
            "check the name of the server, and this machine's network",
        )
    return Check("DNS", CheckState.PASSED, f"{host} is {found[0][4][0]}")


def _tls(parts: SplitResult) -> Check:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with closing(socket.create_connection((host, port), timeout=_SECONDS)) as plain:
            if parts.scheme != "https":
                return Check("TLS", CheckState.SKIPPED, "this machine itself, over http")
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
                return Check("TLS", CheckState.PASSED, secure.version() or "")
    except ssl.SSLError as error:
        words = failures.tls_text(error).removeprefix("no secure connection: ")
        return Check("TLS", CheckState.FAILED, *words.partition("; ")[::2])
    except OSError as error:
        fix = "check the name and port of the server, and whether a firewall is between"
        return Check("TLS", CheckState.FAILED, f"port {port} of {host}: {error.strerror or error}", fix)


def _version(client: EarthRanger) -> Check:
    try:
        status: Any = client.get("status")
    except ConnectionFailedError as error:
        return Check("API version", CheckState.WARNING, *_parted(error))
    found = status.get("version") if isinstance(status, dict) else None
    return Check("API version", CheckState.PASSED, f"v1.0, site version {found or 'unknown'}")


def _read(client: EarthRanger, what: str, path: str, params: dict[str, Any], permission: str) -> Check:
    try:
        client.get(path, params)
    except ConnectionFailedError as error:
        text, fix = _parted(error)
        return Check(
            f"may read {what}", CheckState.FAILED, text, fix or f"ask for the permission '{permission}'"
        )
    return Check(f"may read {what}", CheckState.PASSED)


def _parted(error: ConnectionFailedError) -> tuple[str, str | None]:
    """What is wrong, and what to do."""
    text, _, fix = str(error).partition("; ")
    return text, fix or None
