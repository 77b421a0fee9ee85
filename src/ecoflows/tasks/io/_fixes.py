"""From a table as it was found to fixes: ids, subjects, times in UTC, points in degrees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ecoflows.errors import did_you_mean

DEGREES = "EPSG:4326"
"""The coordinate reference system of all fixes: longitude and latitude on WGS84."""

_EXAMPLES = 5
_HAS_OFFSET = re.compile(r"[T ]\d.*(?:Z|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)
_YES = {"true", "t", "yes", "y", "1", "1.0"}
_NO = {"false", "f", "no", "n", "0", "0.0", "", "none", "nan", "<na>"}


def require_column(name: str, columns: Sequence[str], argument: str) -> None:
    """Refuse a table without a column.

    Raises:
        ValueError: If it is not there; the message names the nearest column and the argument.
    """
    if name not in columns:
        hint = did_you_mean(name, columns)
        near = f" ({hint})" if hint and hint.startswith("did you mean") else ""
        raise ValueError(
            f"it has no column '{name}'{near}; name the right one with {argument}. "
            f"The columns are {_listed(columns, 40)}"
        )


def with_id_index(table: Any, column: str) -> Any:
    """The table with the ids of its fixes as index, where it has any.

    Raises:
        ValueError: If ids are missing or not unique.
    """
    if column in table.columns:
        missing = int(table[column].isna().sum())
        if missing:
            raise ValueError(f"{missing} of {len(table)} fixes have no id in column '{column}'")
        table = table.set_index(table[column].astype(str).rename(column)).drop(columns=column)
    repeated = table.index[table.index.duplicated()].unique()
    if len(repeated):
        raise ValueError(
            f"{len(repeated)} ids of fixes occur more than once in '{table.index.name or 'the index'}': "
            f"{_listed(repeated)}. Keep one row of each, or name another column with id_column"
        )
    return table


def subjects(values: Any) -> Any:
    """The subjects as text.

    Raises:
        ValueError: If one is missing.
    """
    missing = int(values.isna().sum())
    if missing:
        raise ValueError(f"{missing} of {len(values)} fixes have no subject in column '{values.name}'")
    return values.astype(str)


def junk_marks(values: Any) -> Any:
    """The marks of wrong fixes as booleans; a missing mark says that the fix is right.

    Raises:
        ValueError: If a mark is neither yes nor no.
    """
    words = values.astype("string").str.strip().str.lower().fillna("")
    unknown = values[~words.isin(_YES | _NO)]
    if len(unknown):
        raise ValueError(
            f"{len(unknown)} of {len(values)} values of column '{values.name}' say neither true nor false: "
            f"{_listed(unknown.unique())}. Name another column with junk_column"
        )
    return words.isin(_YES).astype(bool)


def utc_times(values: Any, timezone: str, time_format: str | None, *, missing: bool = False) -> Any:
    """Times in UTC, from times or from text.

    Args:
        values: The times as they were found.
        timezone: The zone of those that have no offset.
        time_format: How text is written; ``None`` for ISO 8601, digits and offsets mixed at will.
        missing: Whether times may be missing.

    Raises:
        ValueError: If the zone is unknown, or if times cannot be read or do not exist in it.
    """
    import pandas as pd

    zone = _zone(timezone)
    if pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(
            f"column '{values.name}' holds numbers ({_listed(values.head(2))}), not times; ISO 8601 is "
            "expected, such as 2024-05-01T06:00:00Z. Name another column with time_column"
        )
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        parsed = values if values.dt.tz is not None else _localize(values, zone)
    else:
        parsed = _parse(values.astype("string").str.strip(), zone, time_format)
    wrong = values[parsed.isna() & (values.notna() if missing else True)]
    if len(wrong):
        expected = f"the format {time_format}" if time_format else "ISO 8601, such as 2024-05-01T06:00:00Z,"
        raise ValueError(
            f"{len(wrong)} of {len(values)} times in column '{values.name}' cannot be read: "
            f"{_listed(wrong)}; {expected} is expected. Set time_format to how they are written"
        )
    parsed = parsed.dt.tz_convert("UTC")
    # Milliseconds are GeoPackage's own; one resolution for all formats gives one result.
    return parsed.dt.as_unit("us") if parsed.dt.unit in ("s", "ms") else parsed


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"timezone='{name}' is not an IANA time zone; write for example UTC or Africa/Nairobi"
        ) from error


def _parse(text: Any, zone: Any, time_format: str | None) -> Any:
    import pandas as pd

    parsed = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    aware = text.str.contains(_HAS_OFFSET).to_numpy(dtype=bool, na_value=False)
    if time_format is not None:
        aware[:] = "%z" in time_format or "%Z" in time_format
    how = time_format or "ISO8601"
    if aware.any():
        parsed[aware] = pd.to_datetime(text[aware], format=how, utc=True, errors="coerce").astype(
            parsed.dtype
        )
    if not aware.all():
        naive = pd.to_datetime(text[~aware], format=how, errors="coerce")
        parsed[~aware] = _localize(naive, zone).dt.tz_convert("UTC").astype(parsed.dtype)
    return parsed


def _localize(naive: Any, zone: Any) -> Any:
    times = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    lost = naive[times.isna() & naive.notna()]
    if len(lost):
        raise ValueError(
            f"{len(lost)} times are ambiguous or do not exist in {zone.key}, because of a clock change: "
            f"{_listed(lost)}; collars mostly write UTC: check timezone"
        )
    return times


def positions(table: Any, longitude: str, latitude: str, crs: str | None) -> Any:
    """The positions of a table's rows as points in degrees.

    Args:
        table: A geopandas frame, or a pandas one with two columns of coordinates.
        longitude: The column with the longitude or x, where there are no geometries.
        latitude: The column with the latitude or y, where there are no geometries.
        crs: The coordinate reference system, where the table does not know it.

    Returns:
        A GeoSeries of points in EPSG:4326, null where a row has no position.

    Raises:
        ValueError: If columns are missing or hold no numbers, if geometries are no points, or if
            the coordinate reference system is not known.
    """
    import geopandas as gpd

    if isinstance(table, gpd.GeoDataFrame):
        points = _given_points(table.geometry, crs)
    else:
        points = points_of_columns(table, longitude, latitude, crs)
    return points.set_crs(DEGREES, allow_override=True) if _is_degrees(points.crs) else points.to_crs(DEGREES)


def _is_degrees(crs: Any) -> bool:
    """Whether coordinates already are WGS84 longitude and latitude, whatever the axis order on paper."""
    return bool(crs.equals(DEGREES, ignore_axis_order=True))


def _given_points(geometries: Any, crs: str | None) -> Any:
    import shapely

    is_point = shapely.get_type_id(geometries.to_numpy()) == shapely.GeometryType.POINT
    others = geometries[~is_point & geometries.notna().to_numpy()]
    if len(others):
        found = ", ".join(f"{count} {kind}" for kind, count in others.geom_type.value_counts().items())
        raise ValueError(f"fixes are points, but of its {len(geometries)} geometries there are {found}")
    if geometries.crs is not None:
        return geometries
    if crs is None:
        raise ValueError(
            "it does not say in which coordinate reference system its coordinates are; give it with crs, "
            "such as EPSG:4326 for longitude and latitude"
        )
    return geometries.set_crs(_known_crs(crs))


def points_of_columns(table: Any, longitude: str, latitude: str, crs: str | None) -> Any:
    """The points of a table with two columns of coordinates, in their own coordinate reference system.

    Args:
        table: A pandas frame.
        longitude: The column with the longitude or x.
        latitude: The column with the latitude or y.
        crs: The coordinate reference system; EPSG:4326 by default.

    Returns:
        A GeoSeries of points, null where a row has no position.

    Raises:
        ValueError: If columns are missing or hold no numbers, or the system is not known.
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    columns = [str(column) for column in table.columns]
    require_column(longitude, columns, "longitude_column")
    require_column(latitude, columns, "latitude_column")
    x, y = _numbers(table[longitude]), _numbers(table[latitude])
    points = shapely.points(x, y)
    points[np.isnan(x) | np.isnan(y)] = None
    return gpd.GeoSeries(points, index=table.index, crs=_known_crs(crs or DEGREES))


def _numbers(values: Any) -> Any:
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    wrong = values[numbers.isna() & values.notna()]
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(values)} values of column '{values.name}' are not numbers: "
            f"{_listed(wrong)}"
        )
    return numbers.to_numpy(dtype="float64")


def _known_crs(crs: str) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise ValueError(
            f"crs='{crs}' is no coordinate reference system that PROJ knows; write for example EPSG:4326"
        ) from error


def check_positions(points: Any, junk: Any) -> None:
    """Refuse positions that are missing or not on Earth; those of fixes marked wrong may be anywhere.

    Raises:
        ValueError: If there are any.
    """
    import numpy as np

    missing = points.index[points.isna() | points.is_empty]
    if len(missing):
        raise ValueError(
            f"{len(missing)} of {len(points)} fixes have no position: {_listed(missing)}. "
            "Leave them out with drop_missing_positions"
        )
    x, y = points.x.to_numpy(), points.y.to_numpy()
    beyond = ~((np.abs(x) <= 180) & (np.abs(y) <= 90)) & ~junk.to_numpy()
    if beyond.any():
        shown = _listed(f"({a:g}, {b:g})" for a, b in zip(x[beyond], y[beyond], strict=True))
        raise ValueError(
            f"{beyond.sum()} of {len(points)} fixes lie outside longitude -180..180 and latitude -90..90: "
            f"{shown}. Check crs, and whether longitude and latitude are swapped; if only the fixes are "
            "wrong, mark them in the file's column of wrong fixes (junk_column)"
        )


def _listed(values: Iterable[Any], limit: int = _EXAMPLES) -> str:
    shown = [str(value) for value in values]
    return ", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "")
