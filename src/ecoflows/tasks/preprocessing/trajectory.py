"""Connect the relocations of each subject to segments with distance, speed and heading."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ecoflows.annotations import DataFrame, GeoDataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import NothingElse
from ecoflows.tasks.schemas import RelocationsGDFSchema, TrajectoryGDFSchema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EXTRA = "extra__"
_log = logging.getLogger(__name__)


@distributed
def relocations_to_trajectory(
    relocations: Annotated[DataFrame[RelocationsGDFSchema], Field(description="The clean fixes.")],
    min_length_meters: Annotated[
        float, Field(ge=0, description="Drop segments shorter than this distance (m).")
    ] = 0.1,
    max_length_meters: Annotated[
        float, Field(gt=0, description="Drop segments longer than this distance (m).")
    ] = 10000,
    max_time_secs: Annotated[
        float, Field(gt=0, description="Drop segments that take more time than this (s).")
    ] = 3600,
    min_time_secs: Annotated[
        float, Field(ge=0, description="Drop segments that take less time than this (s).")
    ] = 1,
    max_speed_kmhr: Annotated[
        float, Field(gt=0, description="Drop segments faster than this speed (km/h).")
    ] = 120,
    min_speed_kmhr: Annotated[
        float, Field(ge=0, description="Drop segments slower than this speed (km/h).")
    ] = 0.0,
) -> Annotated[GeoDataFrame[TrajectoryGDFSchema], NothingElse(like=_EXTRA)]:
    """Connect the fixes of each subject, in time order, to straight segments.

    Every two consecutive fixes of a subject make one segment; subjects are never connected to
    each other, and the order of the input's rows does not matter. Segments outside the limits are
    dropped (a value equal to a limit stays), without connecting the fixes around them. Two fixes
    of one subject at the same time have no speed: the segment between them is always dropped.

    Distance and heading are those of the geodesic on the WGS84 ellipsoid; speed is
    ``distance / time * 3.6``. The heading is that at the first fix; between equal positions it
    has no meaning.

    Args:
        relocations: Point fixes in EPSG:4326, in any order.
        min_length_meters: The shortest segment to keep (m).
        max_length_meters: The longest segment to keep (m).
        max_time_secs: The longest time of a segment to keep (s).
        min_time_secs: The shortest time of a segment to keep (s).
        max_speed_kmhr: The highest speed to keep (km/h).
        min_speed_kmhr: The lowest speed to keep (km/h).

    Returns:
        One row per segment by ``segment_start``, with the index of its first fix. Further columns
        of the relocations come from the first fix and are named ``extra__<name>``.

    Raises:
        ValueError: If a minimum is above its maximum.
    """
    import numpy as np
    import shapely

    _check_limits("length_meters", min_length_meters, max_length_meters)
    _check_limits("time_secs", min_time_secs, max_time_secs)
    _check_limits("speed_kmhr", min_speed_kmhr, max_speed_kmhr)

    points = shapely.get_coordinates(relocations.geometry.to_numpy())
    times = relocations["fixtime"].to_numpy(dtype="datetime64[ns]")
    first, second = _consecutive(relocations["groupby_col"], times, points)
    seconds = (times[second] - times[first]) / np.timedelta64(1, "s")
    meters, heading = _geodesic(points[first], points[second])
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = meters / seconds * 3.6

    kept_by = {
        "the same time": seconds > 0,
        f"min_length_meters {min_length_meters:g}": meters >= min_length_meters,
        f"max_length_meters {max_length_meters:g}": meters <= max_length_meters,
        f"min_time_secs {min_time_secs:g}": seconds >= min_time_secs,
        f"max_time_secs {max_time_secs:g}": seconds <= max_time_secs,
        f"min_speed_kmhr {min_speed_kmhr:g}": speed >= min_speed_kmhr,
        f"max_speed_kmhr {max_speed_kmhr:g}": speed <= max_speed_kmhr,
    }
    keep = np.logical_and.reduce(list(kept_by.values()))
    if keep.size and not keep.any():
        dropped = {limit: int((~kept).sum()) for limit, kept in kept_by.items() if not kept.all()}
        reasons = ", ".join(f"{limit} drops {count}" for limit, count in dropped.items())
        _log.warning("none of %s segments is kept: %s", keep.size, reasons)
    order = np.flatnonzero(keep)
    order = order[np.argsort(times[first[order]], kind="stable")]
    first, second = first[order], second[order]
    measures = {
        "timespan_seconds": seconds[order],
        "dist_meters": meters[order],
        "speed_kmhr": speed[order],
        "heading": heading[order],
    }
    lines = shapely.linestrings(np.stack([points[first], points[second]], axis=1))
    return _segments(relocations, first, second, measures, lines)


def _check_limits(what: str, low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"min_{what} ({low:g}) is above max_{what} ({high:g}): no segment could be kept")


def _consecutive(
    subjects: Any, times: NDArray[np.datetime64], points: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers of the first and the second fix of each segment, by subject and time."""
    import numpy as np
    import pandas as pd

    codes, _ = pd.factorize(subjects, sort=True)
    order = np.lexsort((points[:, 1], points[:, 0], times, codes))
    same = codes[order[1:]] == codes[order[:-1]]
    return order[:-1][same], order[1:][same]


def _geodesic(
    start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance (m) and forward azimuth (degrees, 0 <= azimuth < 360) on WGS84."""
    import numpy as np
    from pyproj import Geod

    azimuth, _, meters = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    heading = np.where(azimuth < 0, azimuth + 360, azimuth)
    # A hair west of north rounds to 360, which is north.
    return meters, np.where(heading >= 360, 0.0, heading)


def _segments(
    relocations: Any,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    measures: dict[str, NDArray[np.float64]],
    lines: Any,
) -> DataFrame[TrajectoryGDFSchema]:
    import geopandas as gpd

    subjects, times = relocations["groupby_col"], relocations["fixtime"]
    junk = relocations["junk_status"].to_numpy(dtype=bool)
    columns = {
        "groupby_col": subjects.array[first],
        "segment_start": times.array[first],
        "segment_end": times.array[second],
        **measures,
        "geometry": lines,
        "junk_status": junk[first] | junk[second],
    }
    known = {"groupby_col", "fixtime", "junk_status", relocations.geometry.name}
    for name in relocations.columns:
        if name not in known:
            columns[_EXTRA + str(name).removeprefix(_EXTRA)] = relocations[name].array[first]
    trajectory: DataFrame[TrajectoryGDFSchema] = gpd.GeoDataFrame(
        columns, index=relocations.index[first], geometry="geometry", crs="EPSG:4326"
    )
    return trajectory
