"""The elliptical time density: how likely an animal was where, between two fixes.

Source: Wall et al. (2014), Elliptical Time-Density model to estimate wildlife utilization
distributions, Methods in Ecology and Evolution 5, 780-790.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecoflows.tasks.analysis._raster import Grid
from ecoflows.tasks.analysis._weibull import SPEEDS_PER_KMHR

Floats = NDArray[np.floating[Any]]
Whole = NDArray[np.int64]

_CHUNK_CELLS = 120_000


@dataclass(frozen=True)
class Segments:
    """Straight segments, one element of each array per segment.

    Attributes:
        start: The first fixes (m), of shape (n, 2).
        end: The second fixes (m), of shape (n, 2).
        hours: The time from the first to the second (h), above 0.
    """

    start: Floats
    end: Floats
    hours: Floats

    def __len__(self) -> int:
        return self.hours.size

    def __getitem__(self, chosen: NDArray[np.bool_] | slice) -> Segments:
        return Segments(self.start[chosen], self.end[chosen], self.hours[chosen])


@dataclass(frozen=True)
class _Windows:
    """The block of cells around each segment's ellipse."""

    top: Whole
    left: Whole
    rows: Whole
    columns: Whole

    def __getitem__(self, chosen: NDArray[np.bool_] | slice) -> _Windows:
        return _Windows(self.top[chosen], self.left[chosen], self.rows[chosen], self.columns[chosen])


def time_density(segments: Segments, grid: Grid, table: Floats, max_speed: float) -> Floats:
    """Add up the density of time of all segments over a grid.

    A cell centre P between fixes A and B takes the speed ``v = (|PA| + |PB|) / T``. Where ``v`` is
    below ``max_speed``, which is an ellipse with the foci A and B, the cell gets ``y(v) / T``. The
    cells of a segment are scaled to sum 1 and divided by ``T`` again, so that each segment weighs
    ``1 / T``. Segments whose ellipse holds no cell centre add nothing. Only the cells of each
    ellipse's bounding block are computed, some 120,000 at a time.

    Args:
        segments: The segments, in the plane of the grid.
        grid: The grid.
        table: ``y`` at 0.001, 0.002, ... km/h, zero above its end.
        max_speed: The speed that bounds the ellipses (km/h).

    Returns:
        The density, of shape (rows * columns,), with sum 1; all zero where no cell centre lies
        within reach of a segment.
    """
    raster = np.zeros(grid.cells)
    # Beyond the table the density is zero, so that a smaller ellipse will do.
    reach = min(max_speed, (table.size + 1) / SPEEDS_PER_KMHR)
    segments, windows = _reachable(segments, grid, reach)
    sizes = windows.rows * windows.columns
    for part in _chunks(sizes):
        if sizes[part.start] > _CHUNK_CELLS:
            _add_one(raster, segments[part], windows[part], grid, table, max_speed)
        else:
            _add_many(raster, segments[part], windows[part], grid, table, max_speed)
    total = raster.sum()
    return raster / total if total > 0 else raster


def _reachable(segments: Segments, grid: Grid, max_speed: float) -> tuple[Segments, _Windows]:
    """The segments with cells to look at, and the blocks of cells."""
    delta = segments.end - segments.start
    axis = max_speed * 1000 * segments.hours
    minor = axis**2 - (delta**2).sum(axis=1)
    segments, delta, minor = segments[minor > 0], delta[minor > 0], minor[minor > 0]
    # An ellipse's half extent along x is sqrt(b^2 + (dx/2)^2), with b half its minor axis.
    half = np.sqrt(minor[:, None] + delta**2) / 2
    low, high = (segments.start + segments.end) / 2 - half, (segments.start + segments.end) / 2 + half
    left, right = _centres_between(
        low[:, 0] - grid.left, high[:, 0] - grid.left, grid.pixel_size, grid.columns
    )
    top, bottom = _centres_between(grid.top - high[:, 1], grid.top - low[:, 1], grid.pixel_size, grid.rows)
    found = (right > left) & (bottom > top)
    windows = _Windows(top, left, bottom - top, right - left)
    return segments[found], windows[found]


def _centres_between(low: Floats, high: Floats, pixel_size: float, count: int) -> tuple[Whole, Whole]:
    """The first cell whose centre is not below ``low``, and the one after the last not above ``high``."""
    first = np.ceil(np.clip(low / pixel_size - 0.5, 0, count)).astype(np.int64)
    after = np.floor(np.clip(high / pixel_size - 0.5, -1, count - 1)).astype(np.int64) + 1
    return first, after


def _chunks(sizes: Whole) -> Iterator[slice]:
    """Runs of segments with at most a chunk's number of cells together, or a single segment."""
    ends = np.cumsum(sizes)
    start = 0
    while start < sizes.size:
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK_CELLS, side="right")))
        yield slice(start, stop)
        start = stop


def _add_many(
    raster: Floats, segments: Segments, windows: _Windows, grid: Grid, table: Floats, max_speed: float
) -> None:
    """Add segments whose blocks are small enough to be laid out cell by cell."""
    sizes = windows.rows * windows.columns
    segment = np.repeat(np.arange(sizes.size), sizes)
    offset = np.arange(segment.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    row = offset // windows.columns[segment]
    column = offset - row * windows.columns[segment]
    row += windows.top[segment]
    column += windows.left[segment]
    values = _cell_values(segments, segment, row, column, grid, table, max_speed)
    sums = np.bincount(segment, weights=values, minlength=sizes.size)
    weights = np.zeros_like(sums)
    np.divide(1.0, sums * segments.hours, out=weights, where=sums > 0)
    cells = row * grid.columns + column
    base = cells.min()
    added = np.bincount(cells - base, weights=values * weights[segment])
    raster[base : base + added.size] += added


def _add_one(
    raster: Floats, segment: Segments, window: _Windows, grid: Grid, table: Floats, max_speed: float
) -> None:
    """Add one segment with a large block, some rows at a time."""
    top, left, rows, columns = (
        int(side[0]) for side in (window.top, window.left, window.rows, window.columns)
    )
    values = np.empty((rows, columns))
    step = max(1, _CHUNK_CELLS // columns)
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        row = np.repeat(np.arange(top + start, top + stop), columns)
        column = np.tile(np.arange(left, left + columns), stop - start)
        part = _cell_values(segment, np.zeros_like(row), row, column, grid, table, max_speed)
        values[start:stop] = part.reshape(stop - start, columns)
    total = values.sum()
    if total > 0:
        values /= total * segment.hours[0]
        raster.reshape(grid.rows, grid.columns)[top : top + rows, left : left + columns] += values


def _cell_values(
    segments: Segments, segment: Whole, row: Whole, column: Whole, grid: Grid, table: Floats, max_speed: float
) -> Floats:
    """``y(v) / T`` of each cell for its segment, zero outside the ellipse."""
    x: Floats = grid.left + (column + 0.5) * grid.pixel_size
    y: Floats = grid.top - (row + 0.5) * grid.pixel_size
    hours = segments.hours[segment]
    distance = _distance(segments.start, segment, x, y) + _distance(segments.end, segment, x, y)
    speed = distance / 1000 / hours
    entry = (speed * SPEEDS_PER_KMHR).astype(np.int64)
    inside = (speed < max_speed) & (entry < table.size)
    values: Floats = np.where(inside, table[np.where(inside, entry, 0)], 0.0)
    return values / hours


def _distance(fixes: Floats, segment: Whole, x: Floats, y: Floats) -> Floats:
    distance: Floats = np.sqrt((fixes[segment, 0] - x) ** 2 + (fixes[segment, 1] - y) ** 2)
    return distance
