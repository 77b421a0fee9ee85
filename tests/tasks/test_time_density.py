import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pydantic import TypeAdapter, ValidationError

from ecoflows.frames import validate_frame
from ecoflows.tasks.analysis import calculate_time_density
from ecoflows.tasks.preprocessing import relocations_to_trajectory
from ecoflows.tasks.schemas import TimeDensityReturnGDFSchema

UTM = "EPSG:32637"
T = "2024-05-01T{:02}:{:02}:00Z"


@pytest.fixture
def walk(fixes):
    """Five segments of some hundred metres."""
    steps = [(0, 0), (2, 1), (3, 3), (3, 4), (6, 4), (5, 2)]
    rows = [("a", T.format(6, 10 * i), 37.5 + x / 1000, 0.5 + y / 1000) for i, (x, y) in enumerate(steps)]
    return relocations_to_trajectory(fixes(rows))


def test_areas_grow_with_the_percentile_and_keep_to_the_schema(trajectory):
    found = calculate_time_density(trajectory, pixel_size=250)
    validate_frame(found, TimeDensityReturnGDFSchema)
    assert found.columns.tolist() == ["percentile", "geometry", "area_sqkm"]
    assert found["percentile"].tolist() == [95, 90, 80, 70, 60, 50]
    assert found["area_sqkm"].is_monotonic_decreasing
    assert found.crs == "ESRI:102022"
    assert found.geometry.is_valid.all()
    np.testing.assert_allclose(found.geometry.area / 1e6, found["area_sqkm"])
    for outer, inner in zip(found.geometry[:-1], found.geometry[1:], strict=True):
        assert outer.buffer(1e-6).covers(inner)


def test_each_call_stands_for_itself(trajectory):
    before = trajectory.copy()
    first = calculate_time_density(trajectory, pixel_size=250)
    calculate_time_density(trajectory[:50], pixel_size=100, percentiles=[10])
    assert_geodataframe_equal(calculate_time_density(trajectory, pixel_size=250), first)
    assert_geodataframe_equal(trajectory, before)
    default = calculate_time_density.parameters["percentiles"].default
    assert default == [50, 60, 70, 80, 90, 95]


def test_the_order_of_segments_does_not_matter(trajectory):
    backwards = calculate_time_density(trajectory[::-1], pixel_size=250, crs=UTM)
    forwards = calculate_time_density(trajectory, pixel_size=250, crs=UTM)
    assert backwards["area_sqkm"].tolist() == forwards["area_sqkm"].tolist()


def test_the_crs_of_the_segments_does_not_matter(walk):
    projected = calculate_time_density(walk.to_crs(UTM), pixel_size=50, crs=UTM)
    found = calculate_time_density(walk, pixel_size=50, crs=UTM)
    assert projected["area_sqkm"].tolist() == found["area_sqkm"].tolist()


def test_percentiles_are_given_once_and_the_highest_first(walk):
    found = calculate_time_density(walk, pixel_size=50, crs=UTM, percentiles=[20, 99.5, 20, 100])
    assert found["percentile"].tolist() == [100, 99.5, 20]


def test_what_is_kept_for_compatibility_changes_nothing(walk):
    plain = calculate_time_density(walk, pixel_size=50, crs=UTM)
    for nodata in ("nan", -1, 0.0, "-9999", float("nan")):
        other = calculate_time_density(walk, pixel_size=50, crs=UTM, nodata_value=nodata, band_count=3)
        assert_geodataframe_equal(other, plain)
    with pytest.raises(ValueError, match="nodata_value='none' is neither a number nor 'nan'"):
        calculate_time_density(walk, pixel_size=50, crs=UTM, nodata_value="none")


def test_no_segments_give_no_rows(trajectory):
    found = calculate_time_density(trajectory[:0], pixel_size=250)
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.empty
    assert found.columns.tolist() == ["percentile", "geometry", "area_sqkm"]
    assert found.crs == "ESRI:102022"
    validate_frame(found, TimeDensityReturnGDFSchema)


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:4326", r"crs='EPSG:4326' \(WGS 84\) is not projected, so that pixel_size would be in degrees"),
        ("EPSG:2263", "in units of 'US survey foot', not in metres"),
        ("EPSG:1", "no coordinate reference system that PROJ knows; use the UTM zone"),
    ],
)
def test_a_crs_that_does_not_fit(walk, crs, message):
    with pytest.raises(ValueError, match=message):
        calculate_time_density(walk, pixel_size=50, crs=crs)


def test_a_crs_that_does_not_reach_the_place(walk):
    far = walk.set_geometry(shapely.transform(walk.geometry.to_numpy(), lambda xy: xy - [0, 100]))
    with pytest.raises(
        ValueError, match="does not reach 5 of 5 segments; use one that is made for the place"
    ):
        calculate_time_density(far.set_crs("EPSG:4326"), pixel_size=50, crs="EPSG:3857")


def test_a_grid_too_large_is_refused_before_it_is_made(walk):
    message = (
        r"pixel_size=0.01 m over an extent of 0.9 x 0.6 km makes a grid of [\d,]+ cells .* "
        r"more than the 50,000,000 allowed. Use a pixel_size of at least 0.1\d* m"
    )
    with pytest.raises(ValueError, match=message):
        calculate_time_density(walk, pixel_size=0.01, crs=UTM)


@pytest.mark.parametrize(
    ("speeds", "message"),
    [
        ([0, 0, 0, 0, 0], "at least two different speeds above zero are needed, there are 0"),
        ([2, 2, 2, 0, 2], "at least two different speeds above zero are needed, there is 1"),
        (
            [1, np.inf, 2, np.nan, 1],
            r"speed_kmhr \(km/h\) is not finite in 2 of 5 segments: f1, f3. Fixes at",
        ),
        (
            [1e5, 1, 2, 0.001, 3e5],
            "maximum speed of 315,000 km/h, which no animal reaches; drop such segments",
        ),
        ([1e-5, 2e-5, 1e-5, 1e-5, 1e-5], "too slow for the density's steps of 1 m/h"),
    ],
)
def test_speeds_that_cannot_be_used(walk, speeds, message):
    with pytest.raises(ValueError, match=message):
        calculate_time_density(walk.assign(speed_kmhr=np.array(speeds, dtype=float)), pixel_size=50, crs=UTM)


def test_one_segment_is_too_few(walk):
    with pytest.raises(ValueError, match="the speeds of 1 segments cannot be fitted"):
        calculate_time_density(walk[:1], pixel_size=50, crs=UTM)


def test_speeds_nearly_alike_can_be_used(walk):
    alike = walk.assign(speed_kmhr=1 + np.arange(5) * 1e-7)
    assert len(calculate_time_density(alike, pixel_size=50, crs=UTM, max_speed_factor=3)) == 6


def test_standing_still_counts_but_is_not_fitted(walk):
    still = walk.assign(speed_kmhr=walk["speed_kmhr"].where(walk.index != "f2", 0.0))
    assert calculate_time_density(still, pixel_size=50, crs=UTM)["area_sqkm"].iloc[0] > 0


def test_cells_too_large_for_the_segments(walk):
    with pytest.raises(ValueError, match="no cell centre lies within reach of any of the 5 segments"):
        calculate_time_density(walk, pixel_size=20_000, crs=UTM)


def test_segments_without_a_cell_centre_add_nothing(walk):
    # Cells of half a kilometre: only the ellipses near a centre are on the raster.
    found = calculate_time_density(walk, pixel_size=500, crs=UTM)
    assert found["area_sqkm"].min() == pytest.approx(0.25)
    assert np.isfinite(found["area_sqkm"]).all()


def test_a_track_along_a_line_of_no_width(fixes):
    rows = [("a", T.format(6, 10 * i), 39.0, i**1.5 / 1000) for i in range(5)]
    found = calculate_time_density(relocations_to_trajectory(fixes(rows)), pixel_size=20, crs=UTM)
    # One column of cells, because the extent across is next to nothing.
    assert found.geometry.iloc[0].bounds[2] - found.geometry.iloc[0].bounds[0] == pytest.approx(20)


def test_ranges_are_those_of_the_form():
    def refuses(name, value):
        with pytest.raises(ValidationError):
            TypeAdapter(calculate_time_density.parameters[name].annotation).validate_python(value)

    refuses("pixel_size", 0)
    refuses("max_speed_factor", 0.9)
    refuses("expansion_factor", 0.9)
    refuses("band_count", 0)
    refuses("percentiles", [])
    refuses("percentiles", [0.0])
    refuses("percentiles", [100.5])


OUTLIER = """
import resource
import numpy as np
from ecoflows.simulate import simulate_observations
from ecoflows.tasks.analysis import calculate_time_density
from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory

fixes = process_relocations(simulate_observations(subjects=1, fixes=25))
shifted = np.where(np.arange(len(fixes)) == 10, 0.5, 0.0)
points = fixes.geometry
fixes = fixes.set_geometry(points.from_xy(points.x + shifted, points.y, crs=points.crs))
track = relocations_to_trajectory(fixes, max_length_meters=1e6, max_speed_kmhr=1e6)
assert track.speed_kmhr.max() > 200, track.speed_kmhr.max()
calculate_time_density(track, pixel_size=10000.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
areas = calculate_time_density(track, pixel_size=200.0)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(areas) == 6
print((after - before) / 1024)
"""


def test_an_outlier_does_not_exhaust_memory():
    # Its speed of some 220 km/h makes every ellipse cover the whole raster.
    found = subprocess.run([sys.executable, "-c", OUTLIER], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 100
