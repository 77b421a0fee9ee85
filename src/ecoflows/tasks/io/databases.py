"""Tables from a database."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame
from ecoflows.connections.postgis import PostGIS, PostGISClient
from ecoflows.connections.postgis.client import Column
from ecoflows.decorators import distributed
from ecoflows.progress import metered
from ecoflows.tasks.io import _database

Value = bool | int | float | datetime | str | None
"""What a parameter of a statement may be; a list of such is an array."""


@distributed(tags=["io"])
def read_postgis(
    client: Annotated[PostGISClient, Field(description="The connection to the database.")],
    sql: Annotated[
        str, Field(min_length=1, description="A statement that reads, with :name where a parameter goes.")
    ],
    parameters: Annotated[
        dict[str, Value | list[Value]], Field(description="The values of the statement's parameters.")
    ] = {},  # noqa: B006  # tasks never change their arguments
    geometry_column: Annotated[
        str | None, Field(description="The column that is the table's geometry, where it has several.")
    ] = None,
    crs: Annotated[
        str | None, Field(description="The coordinate reference system, where the database does not say.")
    ] = None,
) -> AnyGeoDataFrame:
    """Read a table with geometries from a PostGIS database.

    Values reach the statement as bound parameters: ``WHERE name = :name``, ``WHERE name = ANY(:names)``,
    ``WHERE at >= CAST(:since AS timestamptz)``. The transaction cannot write. Rows come in pieces, so that
    the statement's result need not fit in memory twice.

    Args:
        client: The database.
        sql: The statement.
        parameters: The values of its parameters.
        geometry_column: The column that is the table's geometry.
        crs: The coordinate reference system of geometries without an SRID.

    Returns:
        One row per row: whole numbers, numbers (float64; numeric, too), bool, text (dates as ISO 8601,
        uuid, json and arrays, too), intervals (s), times in UTC (without a zone taken as UTC), and
        geometries in the coordinate reference system of their SRID; without rows an empty table with the
        same columns, whose coordinate reference system is ``crs``.

    Raises:
        ValueError: If parameters do not fit the statement, or there is no geometry column, or geometries are
            in several coordinate reference systems.
        ConnectionFailedError: If the server cannot be reached, or refuses the statement.
    """
    columns, frame = _read(client, sql, parameters)
    name = _database.geometry_name(columns, geometry_column)
    table: AnyGeoDataFrame = _database.with_geometries(frame, columns, name, crs)
    return table


@distributed(tags=["io"])
def read_sql(
    client: Annotated[PostGISClient, Field(description="The connection to the database.")],
    sql: Annotated[
        str, Field(min_length=1, description="A statement that reads, with :name where a parameter goes.")
    ],
    parameters: Annotated[
        dict[str, Value | list[Value]], Field(description="The values of the statement's parameters.")
    ] = {},  # noqa: B006  # tasks never change their arguments
) -> AnyDataFrame:
    """Read a table without geometries from a PostgreSQL database.

    Args:
        client: The database.
        sql: The statement, as for ``read_postgis``.
        parameters: The values of its parameters.

    Returns:
        One row per row, of types as ``read_postgis`` gives them.

    Raises:
        ValueError: If parameters do not fit the statement, or the result has geometries.
        ConnectionFailedError: If the server cannot be reached, or refuses the statement.
    """
    columns, frame = _read(client, sql, parameters)
    geometries = [column.name for column in columns if column.type in _database.GEOMETRIES]
    if geometries:
        raise ValueError(f"the result has geometries ({', '.join(geometries)}); use read_postgis for them")
    table: AnyDataFrame = frame
    return table


def _read(client: PostGIS, sql: str, parameters: dict[str, Any]) -> tuple[list[Column], Any]:
    with metered("rows") as meter, client.reading(sql, parameters) as (columns, rows):
        names = [column.name for column in columns]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the result has several columns '{repeated[0]}'; name them apart with AS")
        pieces = []
        for some in rows:
            pieces.append(_database.piece(columns, some))
            meter.advance(len(some))
    return columns, _database.joined(columns, pieces)
