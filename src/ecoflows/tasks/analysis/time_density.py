"""Where an animal spends its time: elliptical time density and its percentile areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ecoflows.annotations import DataFrame, GeoDataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import NothingElse
from ecoflows.tasks.schemas import TimeDensityReturnGDFSchema, TrajectoryGDFSchema

if TYPE_CHECKING:
    from ecoflows.tasks.analysis._elliptical import Segments

DEFAULT_PERCENTILES = [50.0, 60.0, 70.0, 80.0, 90.0, 95.0]
"""The percentiles of the areas, where none are given."""


@distributed
def calculate_time_density(
    trajectory_gdf: Annotated[
        DataFrame[TrajectoryGDFSchema],
        Field(description="The segments of one animal, or of several to be seen as one."),
    ],
    pixel_size: Annotated[
        float,
        Field(
            gt=0,
            description="The side of a raster cell (m). A smaller one gives finer areas and takes longer.",
        ),
    ],
    crs: Annotated[
        str,
        Field(
            description=(
                "The coordinate reference system of the analysis and of the areas, one that is projected "
                "and in metres, such as the UTM zone of the place (EPSG:32637) or an equal-area one."
            ),
        ),
    ] = "ESRI:102022",
    nodata_value: Annotated[
        float | str,
        Field(
            description=(
                "The value of raster cells without data, a number or 'nan'. Accepted so that existing "
                "specs work; no raster file is written, so it does not change the areas."
            ),
        ),
    ] = "nan",
    band_count: Annotated[  # noqa: ARG001  # part of the name that specs know
        int,
        Field(
            ge=1,
            description=(
                "The number of bands of the raster. Accepted so that existing specs work; the density is "
                "one band, so it does not change the areas."
            ),
        ),
    ] = 1,
    max_speed_factor: Annotated[
        float,
        Field(
            ge=1, description="The highest possible speed, in multiples of the highest one of the segments."
        ),
    ] = 1.05,
    expansion_factor: Annotated[
        float,
        Field(
            ge=1,
            description=(
                "The extent of the raster, in multiples of that of the segments (1.3 adds 15 % on each side)."
            ),
        ),
    ] = 1.3,
    percentiles: Annotated[
        list[Annotated[float, Field(gt=0, le=100)]],
        Field(min_length=1, description="The shares of the time (%) that the areas are to hold."),
    ] = DEFAULT_PERCENTILES,
) -> Annotated[GeoDataFrame[TimeDensityReturnGDFSchema], NothingElse()]:
    """Outline the areas in which the animal spends given shares of its time.

    The elliptical time density of Wall et al. (2014, Methods in Ecology and Evolution 5,
    780-790): a Weibull distribution is fitted to the speeds of the segments; the time between two
    fixes is spread over the ellipse that the animal could have reached, densest along the straight
    line; the densities are added up on a raster, from which the areas are cut.

    Each segment weighs one over its duration, as in the reference implementation: where fixes are
    irregular, places with dense fixes count for more. A segment whose ellipse holds no cell centre
    (cells much larger than what the animal can reach) adds nothing. Segments with a speed of
    zero are spread like the others, but are not part of the fit. Nothing is kept between calls.

    Args:
        trajectory_gdf: Segments as ``relocations_to_trajectory`` gives them, in any order and any
            coordinate reference system; speeds in km/h, timespans in s.
        pixel_size: The side of a raster cell (m).
        crs: The coordinate reference system of the analysis, projected and in metres.
        nodata_value: A number or ``nan``; without effect on the areas.
        band_count: A number of bands; without effect on the areas.
        max_speed_factor: The highest possible speed over the highest one seen.
        expansion_factor: The extent of the raster over that of the segments.
        percentiles: Shares of the time (%), above 0 and up to 100.

    Returns:
        One row per percentile, the highest first, each once: ``percentile`` (%), ``geometry``
        (MultiPolygon in ``crs``) and ``area_sqkm``. No segments give no rows.

    Raises:
        ValueError: If ``crs`` is unknown, geographic or not in metres, or does not reach the
            segments; if ``nodata_value`` is no number; if speeds or timespans are not finite; if
            there are fewer than two different speeds above zero; if the raster would be too large;
            or if no cell lies within reach of a segment.
    """
    from ecoflows.tasks.analysis._elliptical import time_density
    from ecoflows.tasks.analysis._raster import make_grid, percentile_areas
    from ecoflows.tasks.analysis._weibull import density_table, fit_weibull

    plane = _metric_crs(crs)
    _check_nodata(nodata_value)
    levels = sorted({float(level) for level in percentiles}, reverse=True)
    if trajectory_gdf.empty:
        return _areas([], [], [], plane)

    speeds = _finite(trajectory_gdf, "speed_kmhr", "km/h")
    segments = _project(trajectory_gdf, plane)
    grid = make_grid(_bounds(segments), pixel_size, expansion_factor)
    max_speed = max_speed_factor * float(speeds.max())
    table = density_table(fit_weibull(speeds), max_speed)
    raster = time_density(segments, grid, table, max_speed)
    if not raster.any():
        raise ValueError(
            f"no cell centre lies within reach of any of the {len(segments)} segments: "
            f"pixel_size={pixel_size:g} m is too large for them; try a tenth of it"
        )
    geometries, sizes = percentile_areas(raster, grid, levels)
    return _areas(levels, geometries, sizes, plane)


def _areas(
    levels: list[float], geometries: list[Any], sizes: list[float], plane: Any
) -> DataFrame[TimeDensityReturnGDFSchema]:
    import geopandas as gpd
    import numpy as np

    columns = {
        "percentile": np.asarray(levels, dtype=np.float64),
        "geometry": gpd.GeoSeries(geometries, crs=plane),
        "area_sqkm": np.asarray(sizes, dtype=np.float64),
    }
    areas: DataFrame[TimeDensityReturnGDFSchema] = gpd.GeoDataFrame(columns, geometry="geometry", crs=plane)
    return areas


def _metric_crs(crs: str) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    advice = "use the UTM zone of the place, such as EPSG:32637, or an equal-area one, such as ESRI:102022"
    try:
        plane = CRS.from_user_input(crs)
    except CRSError as error:
        raise ValueError(
            f"crs={crs!r} is no coordinate reference system that PROJ knows; {advice}"
        ) from error
    if not plane.is_projected:
        raise ValueError(
            f"crs={crs!r} ({plane.name}) is not projected, so that pixel_size would be in degrees; {advice}"
        )
    unit = plane.axis_info[0].unit_name
    if unit not in ("metre", "meter"):
        raise ValueError(f"crs={crs!r} ({plane.name}) is in units of '{unit}', not in metres; {advice}")
    return plane


def _check_nodata(value: float | str) -> None:
    try:
        float(value)
    except ValueError as error:
        raise ValueError(f"nodata_value={value!r} is neither a number nor 'nan'") from error


def _finite(frame: Any, column: str, unit: str) -> Any:
    import numpy as np

    values = frame[column].to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        shown = ", ".join(map(str, frame.index[wrong[:5]]))
        raise ValueError(
            f"{column} ({unit}) is not finite in {wrong.size} of {values.size} segments: {shown}"
            f"{', ...' if wrong.size > 5 else ''}. Fixes at the same time make such segments; "
            "relocations_to_trajectory drops them"
        )
    return values


def _project(trajectory: Any, plane: Any) -> Segments:
    """The segments' ends in the plane of the analysis."""
    import numpy as np
    import shapely
    from pyproj import Transformer

    from ecoflows.tasks.analysis._elliptical import Segments

    if trajectory.crs is None:
        raise ValueError("the trajectory has no coordinate reference system; set it with set_crs")
    seconds = _finite(trajectory, "timespan_seconds", "s")
    lines = trajectory.geometry.to_numpy()
    vertices = shapely.get_coordinates(lines)
    after = np.cumsum(shapely.get_num_coordinates(lines))
    first, last = np.concatenate([[0], after[:-1]]), after - 1
    to_plane = Transformer.from_crs(trajectory.crs, plane, always_xy=True)
    ends = [np.column_stack(to_plane.transform(*vertices[chosen].T)) for chosen in (first, last)]
    if not np.isfinite(ends).all():
        outside = int((~np.isfinite(ends).all(axis=(0, 2))).sum())
        raise ValueError(
            f"crs={plane.to_string()!r} ({plane.name}) does not reach {outside} of {len(lines)} segments; "
            "use one that is made for the place"
        )
    return Segments(ends[0], ends[1], seconds / 3600)


def _bounds(segments: Segments) -> tuple[float, float, float, float]:
    import numpy as np

    corners = np.concatenate([segments.start, segments.end])
    left, bottom = map(float, corners.min(axis=0))
    right, top = map(float, corners.max(axis=0))
    return left, bottom, right, top
