"""From events as a site gives them to a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecoflows.connections.earthranger.paging import Page
from ecoflows.errors import did_you_mean

_TEXTS = (
    "id",
    "event_type",
    "event_type_display",
    "event_category",
    "title",
    "priority_label",
    "state",
    "reported_by",
    "event_details",
)
_TIMES = ("time", "created_at", "updated_at")
_NUMBERS = ("serial_number", "priority")
_NEEDED = ("id", "time", "event_type", "geometry")

COLUMNS = (
    *_NEEDED,
    *(
        "event_type_display",
        "event_category",
        "serial_number",
        "title",
        "priority",
        "priority_label",
        "state",
    ),
    *("reported_by", "created_at", "updated_at", "event_details"),
)
"""The columns of a table of events."""

PATROL_COLUMNS = (
    "patrol_id",
    "patrol_segment_id",
    "patrol_serial_number",
    "patrol_title",
    "patrol_type",
    "patrol_status",
    "patrol_start_time",
)
"""What a table of patrols' events has besides."""


def require_columns(names: Sequence[str]) -> None:
    """Refuse columns that a table of events does not have.

    Args:
        names: The columns to keep.

    Raises:
        ValueError: If there are any.
    """
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        hints = [f"'{name}' ({did_you_mean(name, COLUMNS, what='the columns are')})" for name in unknown]
        raise ValueError(f"event_columns: there is no {', '.join(hints)}")


def event_rows(
    page: Page, displays: Mapping[str, str], more: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a page of events.

    Args:
        page: The events as the site gives them.
        displays: What people see, by the value of types.
        more: What all of them have besides.
    """
    return [_row(event, displays) | dict(more or {}) for event in page]


def _row(event: Mapping[str, Any], displays: Mapping[str, str]) -> dict[str, Any]:
    reporter = event.get("reported_by")
    details = event.get("event_details")
    return {
        "id": event.get("id"),
        "time": event.get("time"),
        "event_type": event.get("event_type"),
        "geometry": _geometry(event),
        "event_type_display": displays.get(str(event.get("event_type")), event.get("event_type")),
        "event_category": event.get("event_category"),
        "serial_number": event.get("serial_number"),
        "title": event.get("title"),
        "priority": event.get("priority"),
        "priority_label": event.get("priority_label"),
        "state": event.get("state"),
        "reported_by": _name(reporter),
        "created_at": event.get("created_at"),
        "updated_at": event.get("updated_at"),
        "event_details": None if details is None else json.dumps(details, ensure_ascii=False),
    }


def _name(reporter: Any) -> str | None:
    if not isinstance(reporter, dict):
        return None
    return reporter.get("name") or reporter.get("username") or None


def _geometry(event: Mapping[str, Any]) -> Any:
    import shapely
    from shapely.geometry import shape

    feature = event.get("geojson") or {}
    found = feature.get("geometry") if isinstance(feature, dict) else None
    if isinstance(found, dict) and found.get("coordinates"):
        return shape(found)
    place = event.get("location") or {}
    if place.get("longitude") is None or place.get("latitude") is None:
        return None
    return shapely.Point(place["longitude"], place["latitude"])


def event_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    kept: Sequence[str] = (),
    *,
    null_geometry: bool = True,
) -> Any:
    """A table of events, in the order of times; those that came twice are in it once.

    Args:
        rows: The rows.
        columns: The columns.
        kept: Those to keep besides what each such table has; none for all.
        null_geometry: Whether events without a place are kept.
    """
    import geopandas as gpd
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(columns))
    for name in (found for found in (*_TIMES, "patrol_start_time") if found in frame):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.as_unit("us")
    for name in (found for found in (*_NUMBERS, "patrol_serial_number") if found in frame):
        frame[name] = frame[name].astype("Int64")
    for name in frame.columns.difference(
        [*_TIMES, *_NUMBERS, "patrol_start_time", "patrol_serial_number", "geometry"]
    ):
        frame[name] = frame[name].astype("str").where(frame[name].notna())
    table = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(list(frame["geometry"]), crs="EPSG:4326"))
    if not null_geometry:
        table = table[table.geometry.notna()]
    if kept:
        table = table[[name for name in columns if name in kept or name in _NEEDED]]
    return table.drop_duplicates("id").sort_values(["time", "id"], kind="stable").reset_index(drop=True)


def type_table(kinds: Iterable[Mapping[str, Any]]) -> Any:
    """A table of the types of events.

    Args:
        kinds: The types as the site gives them.
    """
    import pandas as pd

    rows = [
        {
            "id": kind["id"],
            "value": kind["value"],
            "display": kind["display"],
            "category": _category(kind.get("category")),
            "is_active": bool(kind.get("is_active", True)),
            "default_priority": int(kind.get("default_priority") or 0),
        }
        for kind in kinds
    ]
    types = dict.fromkeys(("id", "value", "display", "category"), "str")
    types |= {"is_active": "bool", "default_priority": "int64"}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def _category(found: Any) -> str:
    """The category's value, which some sites give within an object."""
    return str(found.get("value", "")) if isinstance(found, dict) else str(found or "")
