"""Rasters over a metric plane: their grid, and areas cut from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_CELLS = 50_000_000
"""The largest grid that is allocated: 400 MB in double precision."""


@dataclass(frozen=True)
class Grid:
    """A raster's cells: square, north up, numbered from the top left.

    Attributes:
        left: The x of the left edge (m).
        top: The y of the upper edge (m).
        pixel_size: The length of a cell's side (m).
        rows: The number of rows.
        columns: The number of columns.
    """

    left: float
    top: float
    pixel_size: float
    rows: int
    columns: int

    @property
    def cells(self) -> int:
        """The number of cells."""
        return self.rows * self.columns


def make_grid(bounds: tuple[float, float, float, float], pixel_size: float, expansion: float) -> Grid:
    """Lay a grid over an extent.

    Args:
        bounds: The extent's left, bottom, right and top (m).
        pixel_size: The length of a cell's side (m).
        expansion: The extent of the grid over that extent; half of what is more goes to each side.

    Returns:
        The grid: at least one row and one column, and as many as cover the extent.

    Raises:
        ValueError: If the grid would have more than ``MAX_CELLS`` cells.
    """
    left, right = _expanded(bounds[0], bounds[2], expansion)
    bottom, top = _expanded(bounds[1], bounds[3], expansion)
    rows = max(1, math.ceil((top - bottom) / pixel_size))
    columns = max(1, math.ceil((right - left) / pixel_size))
    if rows * columns > MAX_CELLS:
        enough = pixel_size * math.sqrt(rows * columns / MAX_CELLS)
        raise ValueError(
            f"pixel_size={pixel_size:g} m over an extent of {(right - left) / 1000:,.1f} x "
            f"{(top - bottom) / 1000:,.1f} km makes a grid of {rows * columns:,} cells ({columns:,} x "
            f"{rows:,}), more than the {MAX_CELLS:,} allowed. Use a pixel_size of at least "
            f"{_round_up(enough):g} m, or look for fixes far from the others and drop them with "
            "max_length_meters or max_speed_kmhr of relocations_to_trajectory"
        )
    return Grid(left, top, pixel_size, rows, columns)


def _expanded(low: float, high: float, factor: float) -> tuple[float, float]:
    margin = (high - low) * (factor - 1) / 2
    return low - margin, high + margin


def _round_up(value: float) -> float:
    """The next number with two leading digits."""
    unit: float = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value * 1.01 / unit) * unit


def percentile_areas(
    raster: NDArray[np.floating[Any]], grid: Grid, percentiles: Sequence[float]
) -> tuple[list[Any], list[float]]:
    """Cut the smallest areas that hold given shares of a raster's sum.

    The values above zero are taken in single precision, sorted and cumulated; the threshold of
    percentile p is the value at which the cumulated sum is nearest ``total * (1 - p / 100)``, and
    the area is that of the cells at or above it.

    Args:
        raster: The values, of shape (rows * columns,), not negative.
        grid: The raster's grid.
        percentiles: Shares of the sum (%), above 0 and up to 100.

    Returns:
        The areas as shapely MultiPolygons (m) and their sizes (km²), in the order given.
    """
    cells = np.flatnonzero(raster)
    values = raster[cells].astype(np.float32)
    ascending = np.sort(values[values > 0])
    cumulated = np.cumsum(ascending)
    areas, sizes = [], []
    for percentile in percentiles:
        target = cumulated[-1] * (1 - percentile / 100)
        threshold = ascending[np.argmin(np.abs(cumulated - target))]
        chosen = cells[values >= threshold]
        areas.append(_outline(chosen, grid))
        sizes.append(chosen.size * grid.pixel_size**2 / 1e6)
    return areas, sizes


def _outline(cells: NDArray[np.intp], grid: Grid) -> Any:
    """The union of cells, given by ascending number, as one MultiPolygon."""
    import shapely

    rows, columns = np.divmod(cells, grid.columns)
    # Neighbours in a row are one box from the start, which leaves far fewer to join.
    breaks = np.flatnonzero((np.diff(cells) != 1) | (np.diff(rows) != 0)) + 1
    first = np.concatenate([[0], breaks])
    last = np.concatenate([breaks, [cells.size]]) - 1
    row, start, end = rows[first], columns[first], columns[last] + 1
    # Joined by cell number, because whole numbers leave no slivers between boxes.
    union = shapely.union_all(shapely.box(start, -row - 1, end, -row))
    origin = np.array([grid.left, grid.top])
    placed = shapely.transform(union, lambda corners: corners * grid.pixel_size + origin)
    return shapely.multipolygons(shapely.get_parts(placed))
