"""A database for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgis_camps import CAMPS

import postgis_server
from postgis_server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[postgis_server.Server]:
    """A PostgreSQL with PostGIS."""
    folder = postgis_server.programs()
    if folder is None:
        pytest.skip("no PostgreSQL with PostGIS is installed; tests/postgis/install installs one")
    with postgis_server.running(folder) as found:
        yield found


@pytest.fixture(scope="session")
def camps(server: Server) -> Server:
    """A table with points, one of them missing, and types of all kinds."""
    server.execute(
        """CREATE TABLE camps (id int PRIMARY KEY, name text, seen timestamptz, size numeric, open boolean,
           place geometry(Point, 4326))""",
        "INSERT INTO camps VALUES (%s, %s, %s, %s, %s, %s::geometry)",
        rows=CAMPS,
    )
    server.execute(
        """CREATE TABLE kinds AS SELECT 7::bigint AS whole, 1.5::real AS small, DATE '2024-05-01' AS day,
           TIMESTAMP '2024-05-01 06:00' AS local, INTERVAL '90 minutes' AS span,
           '{"a": [1, null]}'::jsonb AS doc, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS code,
           ARRAY['x', 'y'] AS words, '\\xcafe'::bytea AS raw, 'POINT(35 -1)'::geography AS spot,
           ST_SetSRID('POLYGON((0 0,1 0,1 1,0 0))'::geometry, 32636) AS area""",
        """CREATE TABLE mixed AS SELECT ST_SetSRID('POINT(0 0)'::geometry, srid) AS place
           FROM (VALUES (4326), (32636)) AS known (srid)""",
        "CREATE TABLE bare AS SELECT 'POINT(35 -1)'::geometry AS place",
        "CREATE TABLE secret AS SELECT 1 AS x",
        "REVOKE SELECT ON secret FROM reader",
    )
    return server
