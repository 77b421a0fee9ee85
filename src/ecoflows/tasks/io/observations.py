"""Read the fixes of collars from a file."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ecoflows.annotations import DataFrame, GeoDataFrame
from ecoflows.decorators import distributed
from ecoflows.tasks.io import _files, _fixes
from ecoflows.tasks.schemas import SubjectGroupObservationsGDFSchema


@distributed(tags=["io"])
def load_observations(
    path: Annotated[
        str,
        Field(
            min_length=1,
            description=(
                "The file: a path or a URL such as s3://bucket/fixes.parquet. GeoParquet or Parquet "
                "(.parquet, .geoparquet, .pq), GeoPackage (.gpkg), GeoJSON (.geojson, .json) or CSV "
                "(.csv; UTF-8, columns parted by comma, semicolon, tab or bar)."
            ),
        ),
    ],
    subject_column: Annotated[
        str, Field(description="The column with the id or the name of the animal.")
    ] = "groupby_col",
    time_column: Annotated[str, Field(description="The column with the time of the fix.")] = "fixtime",
    longitude_column: Annotated[
        str,
        Field(description="The column with the longitude (degrees, or x in crs); not used with geometries."),
    ] = "longitude",
    latitude_column: Annotated[
        str,
        Field(description="The column with the latitude (degrees, or y in crs); not used with geometries."),
    ] = "latitude",
    id_column: Annotated[
        str, Field(description="The column with the id of the fix; rows keep their numbers without it.")
    ] = "id",
    junk_column: Annotated[
        str, Field(description="The column that says which fixes are wrong; none are without it.")
    ] = "junk_status",
    crs: Annotated[
        str | None,
        Field(
            description=(
                "The coordinate reference system of the file's coordinates, where the file does not say. "
                "Longitude and latitude columns are taken as EPSG:4326 (degrees, WGS84) without it."
            )
        ),
    ] = None,
    timezone: Annotated[
        str,
        Field(description="The time zone of times that have no offset, such as Africa/Nairobi."),
    ] = "UTC",
    time_format: Annotated[
        str | None,
        Field(
            description="How times are written, such as %d/%m/%Y %H:%M:%S; ISO 8601 without it.",
        ),
    ] = None,
    layer: Annotated[
        str | None, Field(description="The layer of a GeoPackage that has more than one.")
    ] = None,
    drop_missing_positions: Annotated[
        bool,
        Field(description="Leave out fixes without a position instead of refusing the file."),
    ] = False,
) -> GeoDataFrame[SubjectGroupObservationsGDFSchema]:
    """Read the fixes of one or more animals from a file.

    Whatever the file's format, the result is the same: points in longitude and latitude
    (EPSG:4326, reprojected where the file has another system), times in UTC, and all further
    columns as they are in the file. The columns that arguments name take the names of the result,
    before a column of the file that already has such a name. Times may be written with more or
    fewer digits, with and without an offset within one file.

    Args:
        path: A path, ``~`` included, or any URL that fsspec opens.
        subject_column: The column with the id or the name of the animal.
        time_column: The column with the time of the fix.
        longitude_column: The column with the longitude, or x in ``crs``.
        latitude_column: The column with the latitude, or y in ``crs``.
        id_column: The column with the id of the fix, which becomes the index as text.
        junk_column: The column that says which fixes are wrong, as yes/no, true/false or 1/0.
        crs: The coordinate reference system, where the file does not say.
        timezone: The IANA name of the time zone of times without an offset.
        time_format: How times are written, as for ``datetime.strptime``.
        layer: The layer of a GeoPackage.
        drop_missing_positions: Whether to leave out fixes without a position.

    Returns:
        The fixes in the file's order, with ``groupby_col`` (text), ``fixtime`` (UTC),
        ``junk_status`` (bool) and ``geometry`` (Point, EPSG:4326).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is empty or cannot be read, if a column is missing, if the
            coordinate reference system is not known, or if ids, times, subjects or positions are
            not valid. The message says where, how many, and what to do.
    """
    _files.file_format(path)
    try:
        with _files.local_copy(path) as file:
            text = [subject_column, time_column, id_column, junk_column]
            table = _files.read_table(file, layer, text)
        names = _Columns(subject_column, time_column, longitude_column, latitude_column, junk_column)
        return _observations(table, names, id_column, crs, timezone, time_format, drop_missing_positions)
    except ValueError as error:
        raise ValueError(f"observations from '{path}': {error}") from error


class _Columns(NamedTuple):
    """What a file calls its columns."""

    subject: str
    time: str
    longitude: str
    latitude: str
    junk: str


def _observations(
    table: Any,
    names: _Columns,
    id_column: str,
    crs: str | None,
    timezone: str,
    time_format: str | None,
    drop_missing: bool,
) -> DataFrame[SubjectGroupObservationsGDFSchema]:
    import geopandas as gpd
    import pandas as pd

    if table.empty:
        raise ValueError("it has no rows")
    columns = [str(column) for column in table.columns]
    _fixes.require_column(names.subject, columns, "subject_column")
    _fixes.require_column(names.time, columns, "time_column")
    # A file whose column "id" is the animal's has no ids of fixes.
    table = table if id_column in names else _fixes.with_id_index(table, id_column)
    points = _fixes.positions(table, names.longitude, names.latitude, crs)
    if drop_missing:
        there = ~(points.isna() | points.is_empty)
        table, points = table[there], points[there]
    unmarked = pd.Series(False, index=table.index)
    fixes = {
        "groupby_col": _fixes.subjects(table[names.subject]),
        "fixtime": _fixes.utc_times(table[names.time], timezone, time_format),
        "junk_status": _fixes.junk_marks(table[names.junk]) if names.junk in columns else unmarked,
        "geometry": points,
    }
    _fixes.check_positions(points, fixes["junk_status"])
    used = set(names)
    if isinstance(table, gpd.GeoDataFrame):
        used = used - {names.longitude, names.latitude} | {table.geometry.name}
    further = {
        name: table[name] for name in map(str, table.columns) if name not in used and name not in fixes
    }
    observations: DataFrame[SubjectGroupObservationsGDFSchema] = gpd.GeoDataFrame(
        {**fixes, **further}, geometry="geometry", crs=_fixes.DEGREES
    )
    return observations
