"""Columns made up from their types and bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecoflows.errors import EcoflowsError
from ecoflows.simulate.observations import PARK

if TYPE_CHECKING:
    import numpy as np

_SPAN = 100
"""How far apart the ends of a range are where a schema gives one of them at most."""
_WORDS = 5
"""How many different texts a column has, unless each stands there once."""
_NULLS_APART = 8
"""One in so many is null, where nulls are allowed."""
_WITHOUT_NULLS = {"bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_START = "2024-01-01"
_DAYS = 30
_DEGREES = "EPSG:4326"
_DEGREES_APART = 0.05
"""The standard deviation of made-up positions."""


class CannotDrawError(EcoflowsError):
    """Raised where what a schema says is not enough to make up a value by."""


@dataclass(frozen=True)
class _Range:
    """What the checks of a column leave to choose from.

    Attributes:
        low: The lower end, if there is one.
        high: The upper end, if there is one.
        above: Whether the lower end itself is out.
        below: Whether the upper end itself is out.
        allowed: The values of which it must be one, if they are told.
    """

    low: Any = None
    high: Any = None
    above: bool = False
    below: bool = False
    allowed: tuple[Any, ...] | None = None

    def narrowed(self, check: Any) -> _Range:
        """The range after one more check; a check that says nothing of a range leaves it."""
        told = getattr(check, "statistics", None) or {}
        match check.name:
            case "greater_than":
                return self._from(told["min_value"], out=True)
            case "greater_than_or_equal_to":
                return self._from(told["min_value"], out=False)
            case "less_than":
                return self._to(told["max_value"], out=True)
            case "less_than_or_equal_to":
                return self._to(told["max_value"], out=False)
            case "in_range":
                lower = self._from(told["min_value"], out=not told["include_min"])
                return lower._to(told["max_value"], out=not told["include_max"])
            case "isin":
                return self._among(told["allowed_values"])
            case "equal_to":
                return self._among([told["value"]])
            case _:  # what is made up is checked as a whole in the end
                return self

    def _from(self, low: Any, *, out: bool) -> _Range:
        if self.low is not None and (low, out) <= (self.low, self.above):
            return self
        return replace(self, low=low, above=out)

    def _to(self, high: Any, *, out: bool) -> _Range:
        if self.high is not None and (high, not out) >= (self.high, not self.below):
            return self
        return replace(self, high=high, below=out)

    def _among(self, values: Iterable[Any]) -> _Range:
        kept = [value for value in values if self.allowed is None or value in self.allowed]
        return replace(self, allowed=tuple(sorted(kept, key=repr)))  # sets have another order each time

    def ends(self, span: Any, usual: Any) -> tuple[Any, Any]:
        """Both ends, with what is usual where the checks say nothing."""
        if self.low is None and self.high is None:
            return usual, usual + span
        low = self.high - span if self.low is None else self.low
        return low, low + span if self.high is None else self.high


def draw_column(column: Any, name: str, rows: int, draws: np.random.Generator) -> Any:
    """Make up a column.

    Args:
        column: The pandera column, or index level.
        name: Its name, which its texts begin with.
        rows: The number of rows.
        draws: Where the draws come from.

    Returns:
        A pandas series of the column's type.

    Raises:
        CannotDrawError: If values of its type are not made up, or if there are not enough that
            the checks allow. The message goes on after the column's name.
    """
    if getattr(column, "regex", False):
        raise CannotDrawError("is a pattern of names, not a name")
    try:
        values = _values(column, name, rows, draws)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise CannotDrawError(f"has checks that do not go with its type: {error}") from error
    if not column.nullable or str(values.dtype) in _WITHOUT_NULLS:
        return values
    values[draws.permutation(rows)[: rows // _NULLS_APART]] = None
    return values


def draw_points(dtype: Any, rows: int, draws: np.random.Generator) -> Any:
    """Make up a column of points: in a Kenyan park, or in the middle of where their system is used.

    Args:
        dtype: The column's type, which may name a coordinate reference system; ``None`` for any.
        rows: The number of rows.
        draws: Where the draws come from.

    Returns:
        A geopandas series.

    Raises:
        CannotDrawError: If the type has no points, or the system is not known.
    """
    import geopandas as gpd
    import numpy as np
    from pyproj import CRS
    from pyproj.exceptions import ProjError

    kinds = getattr(dtype, "kinds", ())
    if kinds and "Point" not in kinds:
        raise CannotDrawError(f"holds {' or '.join(kinds)} geometries, and only points are made up")
    system = getattr(dtype, "crs", None) or _DEGREES
    try:
        area = CRS.from_user_input(system).area_of_use
    except ProjError as error:
        raise CannotDrawError(f"has a coordinate reference system that is not known: {system}") from error
    longitude, latitude = PARK
    if area and not (area.west <= longitude <= area.east and area.south <= latitude <= area.north):
        longitude, latitude = (area.west + area.east) / 2, (area.south + area.north) / 2
    x = np.round(longitude + draws.normal(0, _DEGREES_APART, rows), 7)
    y = np.round(latitude + draws.normal(0, _DEGREES_APART, rows), 7)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=_DEGREES)
    return points if system == _DEGREES else points.to_crs(system)


def _values(column: Any, name: str, rows: int, draws: np.random.Generator) -> Any:
    """The values without nulls, in the column's type."""
    import pandas as pd
    from pandera import dtypes

    from ecoflows.annotations import Text, UtcTime

    dtype = column.dtype
    choice = _Range()
    for check in column.checks:
        choice = choice.narrowed(check)
    if str(dtype).startswith("geometry"):
        return draw_points(dtype, rows, draws)
    zone = "UTC" if isinstance(dtype, UtcTime) else getattr(dtype, "tz", None)
    plain: Any
    if dtype is None:
        raise CannotDrawError("may be of any type")
    if choice.allowed is not None:
        plain = _chosen(choice.allowed, column, rows, draws)
    elif dtypes.is_category(dtype):
        if (known := dtype.type.categories) is None:
            raise CannotDrawError("is a category of any values")
        plain = _chosen(tuple(known), column, rows, draws)
    elif dtypes.is_bool(dtype):
        plain = _chosen((False, True), column, rows, draws)
    elif dtypes.is_int(dtype):
        plain = _whole_numbers(choice, column, rows, draws)
    elif dtypes.is_float(dtype):
        plain = _between(*choice.ends(float(_SPAN), 0.0), choice, rows, draws)
    elif dtypes.is_string(dtype) or isinstance(dtype, Text):
        numbers = range(rows) if column.unique else draws.integers(0, _WORDS, rows)
        plain = [f"{name} {number + 1}" for number in numbers]
    elif dtypes.is_datetime(dtype) or isinstance(dtype, UtcTime):
        plain = _times(choice, zone, rows, draws)
    else:
        raise CannotDrawError(f"is of the type {dtype}, of which no values are made up")
    if isinstance(dtype, Text):
        return pd.Series(plain)
    if isinstance(dtype, UtcTime):
        return pd.Series(pd.to_datetime(plain, utc=True))
    return pd.Series(plain).astype(dtype.type)


def _chosen(allowed: tuple[Any, ...], column: Any, rows: int, draws: np.random.Generator) -> list[Any]:
    """Some of so many values, each as likely as the others."""
    _require(len(allowed), column, rows)
    places = (
        draws.permutation(len(allowed))[:rows] if column.unique else draws.integers(0, len(allowed), rows)
    )
    return [allowed[place] for place in places]


def _require(count: int, column: Any, rows: int) -> None:
    if count < (rows if column.unique else 1):
        words = f"{rows} different values" if column.unique else "any value"
        raise CannotDrawError(f"cannot have {words}: its checks allow {max(count, 0)}")


def _whole_numbers(choice: _Range, column: Any, rows: int, draws: np.random.Generator) -> Any:
    import numpy as np

    least, most = choice.ends(max(_SPAN, rows), 0)
    held = np.iinfo(str(column.dtype).lower())
    low = max(math.floor(least) + 1 if choice.above else math.ceil(least), int(held.min))
    high = min(math.ceil(most) - 1 if choice.below else math.floor(most), int(held.max))
    _require(high - low + 1, column, rows)
    if column.unique:
        return low + draws.permutation(min(high - low + 1, _SPAN * rows))[:rows]
    return draws.integers(low, high, rows, endpoint=True)


def _between(low: Any, high: Any, choice: _Range, rows: int, draws: np.random.Generator) -> Any:
    """Values between two ends, at neither of them unless they are one."""
    if low > high or (low == high and (choice.above or choice.below)):
        raise CannotDrawError(f"cannot have any value: its checks allow none from {low} to {high}")
    return low + draws.uniform(0.01, 0.99, rows) * (high - low)


def _times(choice: _Range, zone: Any, rows: int, draws: np.random.Generator) -> Any:
    """Times in ascending order, to the second where there is room for that."""
    import numpy as np
    import pandas as pd

    def read(end: Any) -> Any:
        time = pd.Timestamp(end)
        return time if time.tzinfo or zone is None else time.tz_localize(zone)

    known = replace(
        choice,
        low=None if choice.low is None else read(choice.low),
        high=None if choice.high is None else read(choice.high),
    )
    low, high = known.ends(pd.Timedelta(days=_DAYS), read(_START))
    seconds = np.sort(_between(0.0, (high - low).total_seconds(), choice, rows, draws))
    resolution = "s" if (high - low).total_seconds() > _SPAN else "us"
    return low + pd.to_timedelta(seconds, unit="s").floor(resolution)
