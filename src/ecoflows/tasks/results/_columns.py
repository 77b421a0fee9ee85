"""Columns as people read them: labels, units, kinds of values, rounded numbers."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ecoflows.errors import FrameValidationError, UsageError, did_you_mean

EN_DASH = "\N{EN DASH}"
"""What stands for a missing value, and between the borders of a class."""

Kind = Literal["number", "boolean", "time", "text", "nested"]
Value = float | int | bool | str | None

_TOOLTIP_COLUMNS = 12
_TEXT_SHOWN = 300
_DIGITS = 5
_EXACT_IN_JSON = 2**53

_KNOWN = {
    "percentile": ("Percentile", "%"),
    "area_sqkm": ("Area", "km²"),
    "dist_meters": ("Distance", "m"),
    "timespan_seconds": ("Duration", "s"),
    "speed_kmhr": ("Speed", "km/h"),
    "heading": ("Heading", "°"),
    "segment_start": ("Start", ""),
    "segment_end": ("End", ""),
    "fixtime": ("Time", ""),
    "groupby_col": ("Subject", ""),
    "junk_status": ("Junk", ""),
}

_UNITS = {
    "_sqkm": "km²",
    "_kmhr": "km/h",
    "_meters": "m",
    "_km": "km",
    "_seconds": "s",
    "_secs": "s",
    "_hours": "h",
    "_degrees": "°",
    "_percent": "%",
}


@dataclass(frozen=True)
class Column:
    """One column, ready to be shown.

    Attributes:
        name: Its name in the frame.
        label: Its name for people.
        unit: The unit of its values, or nothing where not known.
        kind: What its values are.
        values: Its values as JSON has them: numbers rounded, times in ISO 8601, ``None`` for
            missing ones.
    """

    name: str
    label: str
    unit: str
    kind: Kind
    values: tuple[Value, ...]

    @property
    def heading(self) -> str:
        """Label and unit: ``Speed (km/h)``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


def read_column(frame: Any, name: str) -> Column:
    """One column of a frame.

    Args:
        frame: A geopandas frame.
        name: The column's name, as text.

    Raises:
        UsageError: If the frame has no such column, or it holds geometries.
    """
    positions = {str(known): at for at, known in enumerate(frame.columns)}
    if name not in positions:
        hint = did_you_mean(name, positions, what="its columns")
        raise UsageError(f"the geodataframe has no column '{name}': {hint}")
    series = frame.iloc[:, positions[name]]
    if str(series.dtype) == "geometry":
        raise UsageError(f"column '{name}' holds geometries, not values")
    values = tuple(_values(series))
    label, unit = _label(name)
    return Column(name, label, unit, _kind(series, values), tuple(map(_flat, values)))


def readable_columns(frame: Any, names: Sequence[str] | None) -> list[Column]:
    """The columns that tooltips show.

    Args:
        frame: A geopandas frame.
        names: Their names; ``None`` for the first 12 that are neither geometries nor nested.

    Raises:
        FrameValidationError: If two columns of the frame have the same name.
        UsageError: If a name is unknown.
    """
    known = [str(name) for name in frame.columns]
    if repeated := sorted({name for name in known if known.count(name) > 1}):
        raise FrameValidationError(f"the geodataframe has more than one column '{repeated[0]}'")
    if names is not None:
        return [read_column(frame, name) for name in dict.fromkeys(names)]
    found: list[Column] = []
    for name, dtype in zip(known, frame.dtypes, strict=True):
        if str(dtype) != "geometry" and len(found) < _TOOLTIP_COLUMNS:
            column = read_column(frame, name)
            found += [column] if column.kind != "nested" else []
    return found


def _label(name: str) -> tuple[str, str]:
    if name in _KNOWN:
        return _KNOWN[name]
    suffix = next((end for end in _UNITS if name.endswith(end) and name != end), "")
    words = " ".join(name.removesuffix(suffix).replace("_", " ").split()) or name
    return words[:1].upper() + words[1:], _UNITS.get(suffix, "")


def _values(series: Any) -> list[Any]:
    """Plain Python values, ``None`` where there is none."""
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    missing = series.isna().to_numpy()
    return [None if gone else _plain(value) for value, gone in zip(series, missing, strict=True)]


def _plain(value: Any) -> Any:
    import numpy as np

    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT_IN_JSON else str(value)
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    return value


def _kind(series: Any, values: Sequence[Any]) -> Kind:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    given = [value for value in values if value is not None]
    if is_bool_dtype(series.dtype):
        return "boolean"
    if is_numeric_dtype(series.dtype) and series.dtype.kind != "c":
        return "number"
    if is_datetime64_any_dtype(series.dtype) or (given and all(isinstance(v, dt.datetime) for v in given)):
        return "time"
    if any(isinstance(value, dict | list | set | tuple) or hasattr(value, "tolist") for value in given):
        return "nested"
    if given and all(isinstance(value, bool) for value in given):
        return "boolean"
    if given and all(isinstance(value, int | float) for value in given):
        return "number"
    return "text"


def _flat(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, dict | list | tuple):
        text = json.dumps(value, default=str, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= _TEXT_SHOWN else text[: _TEXT_SHOWN - 1] + "…"


def rounded(value: float, digits: int = _DIGITS) -> float | int:
    """A number with a few significant digits, and never fewer than its whole part has.

    Args:
        value: A finite number.
        digits: How many significant digits.

    Returns:
        A whole number where nothing is left behind the point.
    """
    if value == 0 or not math.isfinite(value):
        return 0 if value == 0 else value
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    near = round(value, min(places, 300))
    return int(near) if near.is_integer() and abs(near) < _EXACT_IN_JSON else near


def as_text(value: Value) -> str:
    """A value as people read it in legends."""
    if value is None:
        return EN_DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
