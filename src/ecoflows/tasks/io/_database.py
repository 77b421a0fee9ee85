"""From rows of a database to a table whose types are those of the database, also where it has no rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, timedelta
from typing import Any

from ecoflows.connections.postgis.client import Column

GEOMETRIES = ("geometry", "geography")
"""PostgreSQL's names of the types that hold geometries."""

_WHOLE = ("int2", "int4", "int8", "oid")
_REAL = ("float4", "float8", "numeric")


def piece(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Any:
    """Some rows as a pandas frame; geometries are shapely's.

    Args:
        columns: The columns.
        rows: Their values.
    """
    import pandas as pd

    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    made = {
        index: _series(column.type, list(found))
        for index, (column, found) in enumerate(zip(columns, values, strict=True))
    }
    frame = pd.DataFrame(made)
    frame.columns = [column.name for column in columns]
    return frame


def _series(kind: str, values: list[Any]) -> Any:
    import pandas as pd
    import shapely

    if kind in GEOMETRIES:
        return pd.Series(shapely.from_wkb(values), dtype=object)
    if kind in ("timestamptz", "timestamp"):
        return pd.Series(pd.to_datetime(values, utc=True)).dt.as_unit("us")
    if kind in _WHOLE:
        return pd.Series(values, dtype="Int64" if None in values else "int64")
    if kind in _REAL:
        return pd.Series([None if value is None else float(value) for value in values], dtype="float64")
    if kind == "bool":
        return pd.Series(values, dtype="boolean" if None in values else "bool")
    if kind == "interval":
        return pd.Series(
            [None if value is None else value.total_seconds() for value in values], dtype="float64"
        )
    return pd.Series([_text(value) for value in values], dtype="str")


def _text(value: Any) -> str | None:
    known: Iterable[tuple[type | tuple[type, ...], Callable[[Any], str]]] = (
        (str, str),
        ((bytes, memoryview), lambda found: bytes(found).hex()),
        ((dict, list), lambda found: json.dumps(found, ensure_ascii=False, default=str)),
        ((date, time), lambda found: found.isoformat()),
        (timedelta, lambda found: str(found.total_seconds())),
    )
    if value is None:
        return None
    return next((write(value) for kind, write in known if isinstance(value, kind)), str(value))


def joined(columns: Sequence[Column], pieces: Sequence[Any]) -> Any:
    """All pieces as one frame.

    Args:
        columns: The columns.
        pieces: The frames of some rows each.
    """
    import pandas as pd

    frames = [frame for frame in pieces if len(frame)] or [piece(columns, [])]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def geometry_name(columns: Sequence[Column], wanted: str | None) -> str:
    """Which column is the table's geometry.

    Args:
        columns: The columns.
        wanted: The one that was asked for, if any.

    Raises:
        ValueError: If there is none, or it is not clear which.
    """
    from ecoflows.errors import did_you_mean

    names = [column.name for column in columns if column.type in GEOMETRIES]
    if wanted is not None:
        if wanted not in names:
            hint = did_you_mean(wanted, names, what="its geometry columns are") or "it has no geometry column"
            raise ValueError(f"the result has no geometry column '{wanted}'; {hint}")
        return wanted
    if not names:
        found = ", ".join(column.name for column in columns)
        raise ValueError(f"the result has no geometry column, only {found}; select one, or use read_sql")
    if len(names) > 1:
        raise ValueError(
            f"the result has geometry columns {', '.join(names)}; choose one with geometry_column"
        )
    return names[0]


def with_geometries(frame: Any, columns: Sequence[Column], name: str, crs: str | None) -> Any:
    """The frame as a geopandas frame, its other geometries as geometry columns, too.

    Args:
        frame: The frame.
        columns: Its columns.
        name: The column that is its geometry.
        crs: The coordinate reference system, where the database does not say.

    Raises:
        ValueError: If geometries of a column have several coordinate reference systems, or none.
    """
    import geopandas as gpd

    for column in columns:
        if column.type in GEOMETRIES:
            system = _system(frame[column.name], column, crs)
            frame[column.name] = gpd.GeoSeries(list(frame[column.name]), index=frame.index, crs=system)
    return gpd.GeoDataFrame(frame, geometry=name)


def _system(geometries: Any, column: Column, crs: str | None) -> str | None:
    import shapely

    found = sorted({int(srid) for srid in shapely.get_srid(geometries.dropna().to_numpy(dtype=object))})
    known = [srid for srid in found if srid]
    if len(found) > 1:
        shown = ", ".join(map(str, found))
        raise ValueError(
            f"geometries of '{column.name}' are in several coordinate reference systems (SRID {shown}); "
            "make them one with ST_Transform"
        )
    if known:
        return f"EPSG:{known[0]}"
    if column.type == "geography" and crs is None:
        return "EPSG:4326"
    if crs is None and found:
        raise ValueError(
            f"geometries of '{column.name}' do not say in which coordinate reference system they are; "
            "give crs, such as EPSG:4326"
        )
    return crs
