"""From what a site gave to a table of fixes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

_log = logging.getLogger("ecoflows")

SUBJECT_COLUMNS = ("id", "name", "subject_type", "subject_subtype", "common_name", "sex", "is_active", "hex")
"""What is told of a subject, as ``extra__subject__<name>``."""


_TYPES = {"extra__subject__is_active": "bool", "extra__patrol_serial_number": "Int64"}
"""The types of columns that are no text."""


def subject_details(subject: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a subject, by column.

    Args:
        subject: The subject as the site gives it.
    """
    found = {f"extra__subject__{name}": subject.get(name) for name in SUBJECT_COLUMNS}
    return found | {"extra__subject__is_active": bool(subject.get("is_active", True))}


def fixes(tables: Sequence[Any], labels: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Any:
    """One table of all fixes.

    Args:
        tables: The observations, an Arrow table for each part.
        labels: What is the same for all fixes of a part, by column; ``groupby_col`` is among it.
        columns: The columns that labels have, also where there is no part.

    Returns:
        A GeoDataFrame of points (EPSG:4326) with the columns of ``SubjectGroupObservationsGDFSchema``,
        ``extra__id``, ``extra__source``, ``extra__created_at``, ``extra__exclusion_flags`` and the labels;
        fixes without a position are left out, which is told.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    # Parts become one before they become Python's: a million fixes are held once.
    sizes = [table.num_rows for table in tables]
    table = pa.concat_tables(tables).unify_dictionaries()
    part = np.repeat(np.arange(len(tables)), sizes)
    there = np.isfinite(table["longitude"].to_numpy()) & np.isfinite(table["latitude"].to_numpy())
    if not there.all():
        _log.warning("%s of %s observations have no position and are left out", (~there).sum(), len(there))
        table, part = table.filter(pa.array(there)), part[there]
    labelled = pd.DataFrame(list(labels), columns=list(columns), dtype=object)
    of_parts = {name: _label(name, labelled[name]).take(part) for name in columns}
    frame = {
        "groupby_col": of_parts.pop("groupby_col"),
        "fixtime": _series(table["fixtime"]),
        "junk_status": table["exclusion_flags"].to_numpy() != 0,
        "geometry": gpd.points_from_xy(table["longitude"].to_numpy(), table["latitude"].to_numpy()),
        "extra__id": _series(table["id"]),
        "extra__source": _series(table["source"].cast(pa.string())),
        "extra__created_at": _series(table["created_at"]),
        "extra__exclusion_flags": table["exclusion_flags"].to_numpy(),
        **of_parts,
    }
    if "observation_details" in table.column_names:
        frame["extra__observation_details"] = _series(table["observation_details"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def _label(name: str, values: Any) -> Any:
    """The labels of all parts in the column's own type, also where there is no part."""
    import pandas as pd

    if name.endswith("_time"):
        return pd.to_datetime(values, utc=True).dt.as_unit("us").array
    return values.astype(_TYPES.get(name, "str")).array


def _series(column: Any) -> Any:
    return column.to_pandas().array
