"""The maths of the time density against slow and plain ways of doing the same."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from scipy.integrate import quad

from ecoflows.tasks.analysis import _elliptical
from ecoflows.tasks.analysis._elliptical import Segments, time_density
from ecoflows.tasks.analysis._raster import Grid, make_grid, percentile_areas
from ecoflows.tasks.analysis._weibull import Weibull, density_table, fit_weibull

SPEEDS = Weibull(shape=0.85, scale=0.4)
MAX_SPEED = 2.4001


def exact_density(speeds: Weibull, m: float, max_speed: float) -> float:
    """``y(m)`` by adaptive quadrature of the integral as published, its singularity at the start apart."""

    def integrand(s):
        return math.exp(-((s / speeds.scale) ** speeds.shape)) * s ** (speeds.shape - 2) / math.sqrt(s + m)

    integral, _ = quad(
        integrand, m, max_speed, weight="alg", wvar=(-0.5, 0), epsabs=0, epsrel=1e-10, limit=500
    )
    return 4 * speeds.shape / (math.pi * speeds.scale**speeds.shape) * integral


@pytest.mark.parametrize("shape", [0.6, 0.85, 1.0, 1.7, 3.0])
def test_the_table_is_the_published_integral(shape):
    speeds = Weibull(shape, 0.4)
    table = density_table(speeds, 3.0)
    assert table.size == 2999
    for entry in (49, 199, 499, 1999, 2989):
        assert table[entry] == pytest.approx(exact_density(speeds, (entry + 1) / 1000, 3.0), rel=1e-8)


def test_the_table_ends_where_the_density_is_zero():
    table = density_table(Weibull(2.0, 0.1), 500.0)
    assert table.size < 3000
    assert table[-1] > 0


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 3), st.floats(0.05, 5), st.integers(0, 2**32))
def test_the_fit_is_where_the_likelihood_is_highest(shape, scale, seed):
    speeds = np.random.default_rng(seed).weibull(shape, 200) * scale
    found = fit_weibull(speeds)

    def likelihood(k, unit):
        z = speeds / unit
        return np.sum(math.log(k / unit) + (k - 1) * np.log(z) - z**k)

    best = likelihood(found.shape, found.scale)
    for factor in (0.99, 1.01):
        assert likelihood(found.shape * factor, found.scale) < best
        assert likelihood(found.shape, found.scale * factor) < best


def test_speeds_of_zero_are_left_out_of_the_fit():
    speeds = np.random.default_rng(1).weibull(0.9, 100)
    assert fit_weibull(np.concatenate([speeds, np.zeros(20)])) == fit_weibull(speeds)


def plain_density(segments: Segments, grid: Grid) -> np.ndarray:
    """The definition, cell by cell, with the density integrated anew for each."""
    raster = np.zeros((grid.rows, grid.columns))
    for start, end, hours in zip(segments.start, segments.end, segments.hours, strict=True):
        part = np.zeros_like(raster)
        for row in range(grid.rows):
            for column in range(grid.columns):
                centre = (
                    grid.left + (column + 0.5) * grid.pixel_size,
                    grid.top - (row + 0.5) * grid.pixel_size,
                )
                speed = (math.dist(centre, start) + math.dist(centre, end)) / 1000 / hours
                if speed < MAX_SPEED:
                    entry = (math.floor(speed * 1000) + 1) / 1000
                    part[row, column] = exact_density(SPEEDS, entry, MAX_SPEED) / hours
        if part.sum() > 0:
            raster += part / part.sum() / hours
    return raster / raster.sum()


TINY = Segments(
    start=np.array([[0.0, 0.0], [130.0, 60.0], [200.0, 220.0], [200.0, 220.0]]),
    end=np.array([[130.0, 60.0], [200.0, 220.0], [200.0, 220.0], [60.0, 170.0]]),
    hours=np.array([0.25, 0.24, 0.1, 0.5]),
)


@pytest.mark.parametrize("chunk", [1_000_000, 60, 1])
def test_the_density_is_that_of_plain_loops(monkeypatch, chunk):
    monkeypatch.setattr(_elliptical, "_CHUNK_CELLS", chunk)
    grid = make_grid((0.0, 0.0, 200.0, 220.0), 30.0, 1.4)
    found = time_density(TINY, grid, density_table(SPEEDS, MAX_SPEED), MAX_SPEED)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.reshape(grid.rows, grid.columns), plain_density(TINY, grid), rtol=1e-7)


def test_a_grid_covers_the_extent_and_a_margin():
    grid = make_grid((100.0, 200.0, 1100.0, 700.0), 300.0, 1.5)
    assert grid == Grid(left=-150.0, top=825.0, pixel_size=300.0, rows=3, columns=5)
    assert make_grid((5.0, 5.0, 5.0, 5.0), 10.0, 1.3).cells == 1


def test_areas_by_hand():
    grid = Grid(left=1000.0, top=2000.0, pixel_size=100.0, rows=2, columns=4)
    raster = np.array([[0.4, 0.2, 0.0, 0.02], [0.0, 0.0, 0.3, 0.08]]).ravel()
    # In rising order the values add up to 0.02, 0.1, 0.3, 0.6 and 1.
    (few, most, all_), sizes = percentile_areas(raster, grid, [30, 90, 100])
    assert sizes == pytest.approx([0.02, 0.04, 0.05])
    assert few.equals(
        shapely.MultiPolygon([shapely.box(1000, 1900, 1100, 2000), shapely.box(1200, 1800, 1300, 1900)])
    )
    assert most.equals(
        shapely.union_all([shapely.box(1000, 1900, 1200, 2000), shapely.box(1200, 1800, 1400, 1900)])
    )
    assert all_.geom_type == "MultiPolygon"
    assert all_.area == pytest.approx(50_000)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_outlines_hold_just_the_cells(seed):
    grid = Grid(left=-50.0, top=70.0, pixel_size=10.0, rows=9, columns=7)
    draws = np.random.default_rng(seed)
    raster = draws.random(grid.cells) * (draws.random(grid.cells) < 0.7)
    raster[0] = 2.0
    (area,), (size,) = percentile_areas(raster, grid, [80])
    threshold = np.sort(raster)[::-1][round(size * 1e6 / 100) - 1]
    rows, columns = np.divmod(np.arange(grid.cells), grid.columns)
    centres = shapely.points(grid.left + (columns + 0.5) * 10, grid.top - (rows + 0.5) * 10)
    assert area.is_valid
    assert area.area == pytest.approx(size * 1e6)
    assert (shapely.contains(area, centres) == (raster >= threshold)).all()
