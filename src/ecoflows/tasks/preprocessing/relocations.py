"""Clean fixes: drop what is junk, keep the columns that matter, sort by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from ecoflows.annotations import DataFrame, GeoDataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import Keeps, PassesThrough, Renames
from ecoflows.errors import did_you_mean
from ecoflows.tasks.schemas import RelocationsGDFSchema, SubjectGroupObservationsGDFSchema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Coordinate(TypedDict):
    """A point in degrees."""

    x: Annotated[float, Field(description="The longitude in degrees.")]
    y: Annotated[float, Field(description="The latitude in degrees.")]


NULL_ISLANDS: list[tuple[float, float] | Coordinate] = [(180.0, 90.0), (0.0, 0.0)]
"""Where collars say they are when they do not know, as longitude and latitude in degrees."""

RELOCATION_COLUMNS = ["groupby_col", "fixtime", "junk_status", "geometry"]
"""The columns that every table of relocations has."""

_PREFIXES = ("extra__", "subject__")


@distributed
def process_relocations(
    observations: Annotated[
        DataFrame[SubjectGroupObservationsGDFSchema], Field(description="The fixes as they were recorded.")
    ],
    filter_point_coords: Annotated[
        list[tuple[float, float] | Coordinate],
        Field(
            description=(
                "Positions that mean 'unknown', in degrees, each as [longitude, latitude] or as "
                "{x: longitude, y: latitude}. Fixes exactly there are dropped."
            ),
        ),
    ] = NULL_ISLANDS,
    relocs_columns: Annotated[
        list[str],
        Field(
            description=(
                "The columns to keep, by their names in the observations; groupby_col, fixtime, "
                "junk_status and geometry must be among them. The prefixes extra__ and subject__ "
                "are taken off the names afterwards."
            ),
        ),
    ] = RELOCATION_COLUMNS,
) -> Annotated[
    GeoDataFrame[RelocationsGDFSchema],
    PassesThrough("observations"),
    Keeps("relocs_columns"),
    Renames(prefixes=_PREFIXES),
]:
    """Drop the fixes that are known to be wrong and sort the rest by time.

    A fix is dropped if its ``junk_status`` is set, if it lies outside longitude -180..180 and
    latitude -90..90, if it has no position, or if it lies exactly at one of
    ``filter_point_coords``. Fixes with equal times are put in the order of subject, longitude and
    latitude, so that the order of the input's rows does not matter.

    Args:
        observations: Point fixes in EPSG:4326.
        filter_point_coords: Positions that mean 'unknown', in degrees.
        relocs_columns: The columns to keep, in this order.

    Returns:
        The clean fixes by time, with the index of the observations.

    Raises:
        ValueError: If a column to keep does not exist, if a column that relocations need is left
            out, or if two columns have the same name without their prefixes.
    """
    import numpy as np

    columns = _output_columns(relocs_columns, [str(column) for column in observations.columns])
    x, y = _coordinates(observations)
    good = ~observations["junk_status"].to_numpy(dtype=bool) & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    for point in filter_point_coords:
        point_x, point_y = (point["x"], point["y"]) if isinstance(point, dict) else point
        good &= ~((x == point_x) & (y == point_y))

    keep = np.flatnonzero(good)
    order = _time_order(observations.iloc[keep], x[keep], y[keep])
    kept = observations.iloc[keep[order]]
    relocations: DataFrame[RelocationsGDFSchema] = kept[list(columns)].rename(columns=columns)
    return relocations


def _coordinates(frame: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes, NaN where there is no point."""
    import shapely

    points = frame.geometry.to_numpy()
    return shapely.get_x(points), shapely.get_y(points)


def _time_order(frame: Any, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
    import numpy as np
    import pandas as pd

    subjects, _ = pd.factorize(frame["groupby_col"], sort=True)
    return np.lexsort((y, x, subjects, frame["fixtime"].to_numpy(dtype="datetime64[ns]")))


def _output_columns(wanted: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """The columns to keep, each with its name in the result."""
    for column in wanted:
        if column not in known:
            hint = did_you_mean(column, known, what="the columns are")
            raise ValueError(f"relocs_columns names '{column}', which the observations do not have; {hint}")
    missing = [column for column in RELOCATION_COLUMNS if column not in wanted]
    if missing:
        raise ValueError(f"relocs_columns leaves out {', '.join(missing)}, which relocations need; add it")
    named: dict[str, str] = {}
    for column in dict.fromkeys(wanted):
        short = column
        for prefix in _PREFIXES:
            short = short.removeprefix(prefix)
        if short in named:
            raise ValueError(
                f"relocs_columns names '{named[short]}' and '{column}', which are both called '{short}' "
                "without their prefixes; keep one"
            )
        named[short] = column
    return {column: short for short, column in named.items()}
