"""What works on the way to a database."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from ecoflows.connections.checks import Check, CheckState
from ecoflows.errors import ConnectionFailedError

if TYPE_CHECKING:
    from ecoflows.connections.postgis.client import PostGIS
    from ecoflows.connections.postgis.settings import PostGISConnection

_NAMES = ("DNS", "port", "sign-in", "TLS", "PostGIS version", "may read")
_SECONDS = 10.0
_READABLE = """
SELECT count(*) FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
AND table_name NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns')
AND has_table_privilege(format('%I.%I', table_schema, table_name), 'SELECT')
"""


def checks(connection: PostGISConnection) -> Iterator[Check]:
    """See what works, one thing after the other; what hangs on a failure is skipped.

    Args:
        connection: The database and who reads it.
    """
    done = []
    for check in _all(connection):
        done.append(check.name)
        yield check
        if check.state is CheckState.FAILED:
            yield from (Check(name, CheckState.SKIPPED) for name in _NAMES if name not in done)
            return


def _all(connection: PostGISConnection) -> Iterator[Check]:
    host, port = connection.host, connection.port
    try:
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except OSError:
        fix = "check 'host', and this machine's network"
        yield Check("DNS", CheckState.FAILED, f"there is no host '{host}'", fix)
        return
    yield Check("DNS", CheckState.PASSED, f"{host} is {found[0][4][0]}")
    try:
        with closing(socket.create_connection((host, port), timeout=_SECONDS)):
            yield Check("port", CheckState.PASSED, f"{port} answers")
    except OSError as error:
        fix = "check 'host' and 'port', and whether a firewall is between"
        yield Check("port", CheckState.FAILED, f"{port}: {error.strerror or error}", fix)
        return
    with connection.connect() as client:
        yield from _inside(client)


def _inside(client: PostGIS) -> Iterator[Check]:
    try:
        user = client.value("SELECT current_user")
    except ConnectionFailedError as error:
        text, _, fix = str(error).partition("; ")
        yield Check("sign-in", CheckState.FAILED, text, fix or None)
        return
    yield Check("sign-in", CheckState.PASSED, f"as {user}")
    yield _tls(client)
    version = client.value("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    if version is None:
        fix = "an administrator adds it with CREATE EXTENSION postgis"
        yield Check("PostGIS version", CheckState.WARNING, "the database has no PostGIS", fix)
    else:
        yield Check("PostGIS version", CheckState.PASSED, str(version))
    count = client.value(_READABLE)
    if not count:
        yield Check("may read", CheckState.WARNING, "no table", "ask for the right with GRANT SELECT")
    else:
        yield Check("may read", CheckState.PASSED, f"{count} table{'s' if count > 1 else ''}")


def _tls(client: PostGIS) -> Check:
    version = client.value("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")
    if version is not None:
        return Check("TLS", CheckState.PASSED, str(version))
    fix = "set 'sslmode' to verify-full, unless the server is on this machine or its network is safe"
    return Check("TLS", CheckState.WARNING, "the connection is not encrypted", fix)
