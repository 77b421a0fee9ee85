"""Tables from files, wherever they lie."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame
from ecoflows.decorators import distributed
from ecoflows.tasks.io import _files, _fixes

FileFormat = Literal["parquet", "gpkg", "geojson", "csv"]

PathText = Annotated[
    str,
    Field(
        min_length=1,
        description=(
            "The file: a path or a URL such as s3://bucket/camps.parquet, gs://... or https://... GeoParquet "
            "or Parquet (.parquet, .geoparquet, .pq), GeoPackage (.gpkg), GeoJSON (.geojson, .json) or CSV "
            "(.csv)."
        ),
    ),
]
Columns = Annotated[list[str], Field(description="The columns to keep, in this order; none for all.")]
TimeColumns = Annotated[
    list[str], Field(description="Columns of times, which become times in UTC; ISO 8601 is expected in text.")
]
Zone = Annotated[
    str, Field(description="The time zone of times that have no offset, such as Africa/Nairobi.")
]
Layer = Annotated[str | None, Field(description="The layer of a GeoPackage that has more than one.")]
Format = Annotated[
    FileFormat | None, Field(description="The format of a file whose name does not end with its suffix.")
]


@distributed(tags=["io"])
def load_dataframe(
    path: PathText,
    columns: Columns = [],  # noqa: B006  # tasks never change their arguments
    time_columns: TimeColumns = [],  # noqa: B006  # tasks never change their arguments
    timezone: Zone = "UTC",
    layer: Layer = None,
    file_format: Format = None,
) -> AnyDataFrame:
    """Read a table from a file on this machine, in a cloud's store or on the web.

    Args:
        path: A path, ``~`` included, or any URL that fsspec opens.
        columns: The columns to keep.
        time_columns: The columns that become times in UTC.
        timezone: The IANA name of the time zone of times without an offset.
        layer: The layer of a GeoPackage.
        file_format: The format, where the name does not say it.

    Returns:
        The rows in the file's order, without geometries.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be fetched or read, or a column is missing; the message says what to do.
    """
    import geopandas as gpd
    import pandas as pd

    table = _loaded(path, columns, time_columns, timezone, layer, file_format)
    if isinstance(table, gpd.GeoDataFrame):
        geometries = [name for name in table.columns if str(table[name].dtype) == "geometry"]
        table = pd.DataFrame(table.drop(columns=geometries))
    found: AnyDataFrame = table
    return found


@distributed(tags=["io"])
def load_geodataframe(
    path: PathText,
    columns: Columns = [],  # noqa: B006  # tasks never change their arguments
    time_columns: TimeColumns = [],  # noqa: B006  # tasks never change their arguments
    timezone: Zone = "UTC",
    layer: Layer = None,
    file_format: Format = None,
    crs: Annotated[
        str | None,
        Field(
            description=(
                "The coordinate reference system of the file's coordinates, where the file does not say; of "
                "columns of longitude and latitude EPSG:4326 (degrees, WGS84) without it."
            )
        ),
    ] = None,
    longitude_column: Annotated[
        str, Field(description="The column with the longitude or x of a table without geometries.")
    ] = "longitude",
    latitude_column: Annotated[
        str, Field(description="The column with the latitude or y of a table without geometries.")
    ] = "latitude",
) -> AnyGeoDataFrame:
    """Read a table with geometries from a file on this machine, in a cloud's store or on the web.

    A table with columns of longitude and latitude instead of geometries becomes one of points.

    Args:
        path: A path, ``~`` included, or any URL that fsspec opens.
        columns: The columns to keep besides the geometry.
        time_columns: The columns that become times in UTC.
        timezone: The IANA name of the time zone of times without an offset.
        layer: The layer of a GeoPackage.
        file_format: The format, where the name does not say it.
        crs: The coordinate reference system, where the file does not say.
        longitude_column: The column with the longitude, or x in ``crs``.
        latitude_column: The column with the latitude, or y in ``crs``.

    Returns:
        The rows in the file's order, with geometries in the file's coordinate reference system.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be fetched or read, if a column is missing, or if the coordinate
            reference system is not known; the message says what to do.
    """
    import geopandas as gpd

    places = [longitude_column, latitude_column]
    table = _loaded(path, columns, time_columns, timezone, layer, file_format, places)
    if not isinstance(table, gpd.GeoDataFrame):
        try:
            points = _fixes.points_of_columns(table, longitude_column, latitude_column, crs)
        except ValueError as error:
            raise ValueError(f"the table '{path}': {error}") from error
        kept = [name for name in table.columns if not columns or name in columns]
        table = gpd.GeoDataFrame(table[kept], geometry=points)
    elif table.crs is None:
        if crs is None:
            raise ValueError(
                f"the table '{path}' does not say in which coordinate reference system its geometries are; "
                "give crs, such as EPSG:4326"
            )
        table = table.set_crs(crs)
    found: AnyGeoDataFrame = table
    return found


def _loaded(
    path: str,
    columns: list[str],
    time_columns: list[str],
    timezone: str,
    layer: str | None,
    kind: FileFormat | None,
    also: list[str] | None = None,
) -> Any:
    if kind is None:
        _files.file_format(path)
    try:
        with _files.local_copy(path, kind) as file:
            table = _files.read_table(file, layer, time_columns, kind)
        names = [str(name) for name in table.columns]
        for argument, wanted in (("columns", columns), ("time_columns", time_columns)):
            for name in wanted:
                _fixes.require_column(name, names, argument)
        for name in time_columns:
            table[name] = _fixes.utc_times(table[name], timezone, None, missing=True)
        if columns:
            geometry = getattr(table, "_geometry_column_name", None)
            extra = [geometry] if geometry in names else [name for name in also or [] if name in names]
            table = table[[*columns, *(name for name in extra if name not in columns)]]
    except ValueError as error:
        raise ValueError(f"the table '{path}': {error}") from error
    return table
