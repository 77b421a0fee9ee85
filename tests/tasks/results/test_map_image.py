import io
import math
import sys
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from pyproj import CRS
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box

from ecoflows.annotations import media_of
from ecoflows.errors import FrameValidationError, UsageError
from ecoflows.tasks.results import save_map_image
from ecoflows.tasks.results._furniture import length_text, metres_per_unit, north_angle, round_length
from ecoflows.tasks.results._options import LayerOptions
from ecoflows.tasks.results._style import choose_style


def pixels(image):
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def count(image, color):
    wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return int((pixels(image) == wanted).all(axis=2).sum())


def test_the_task_declares_what_it_gives_and_what_it_takes():
    assert media_of(save_map_image.returns).type == "image/png"
    assert all(parameter.description for parameter in save_map_image.parameters.values())


def test_the_image_is_a_png_of_the_size_asked_for(contours):
    image = save_map_image(contours, title="Cost: $5 or $6", width=5, height=4, dpi=80)
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels(image).shape == (320, 400, 3)
    assert not {"Software", "Creation Time"} & set(Image.open(io.BytesIO(image)).info)


def test_the_contours_have_the_colours_of_the_page(contours):
    image = save_map_image(contours, dpi=80)
    for color in choose_style(contours, LayerOptions()).colors:
        assert count(image, color) > 300, color


def test_the_image_keeps_proportions():
    """A square on the ground is a square in the image, in metres and in degrees."""
    options = {"color": "#ff0000", "legend": False}
    square = gpd.GeoDataFrame(geometry=[box(500_000, 5_000_000, 501_000, 5_001_000)], crs="EPSG:32637")
    for frame in (square, square.to_crs("EPSG:4326")):
        image = pixels(save_map_image(frame, dpi=100, width=9, add_gdf_kws=options))
        rows, columns = np.nonzero((image == [255, 0, 0]).all(axis=2))
        assert np.ptp(rows) > 300
        assert np.ptp(columns) == pytest.approx(np.ptp(rows), rel=0.02)


def test_holes_are_open():
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(1, 1, 9, 9).exterior])
    options = {"color": "#ff0000", "legend": False, "line_width": 0}
    frame = gpd.GeoDataFrame(geometry=[ring], crs="EPSG:32737")
    solid = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs="EPSG:32737")
    red = [count(save_map_image(f, dpi=80, add_gdf_kws=options), "#ff0000") for f in (frame, solid)]
    assert red[0] == pytest.approx(0.36 * red[1], rel=0.1)


def test_lines_points_and_collections_are_drawn(track, places):
    assert (
        count(save_map_image(track, dpi=80, add_gdf_kws={"color": "#ff0000", "legend": False}), "#ff0000")
        > 50
    )
    assert count(save_map_image(places, column="herd", dpi=80), "#0072b2") > 10
    mixed = GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)]), box(1, 1, 2, 2)])
    frame = gpd.GeoDataFrame(geometry=[mixed], crs="EPSG:4326")
    assert count(save_map_image(frame, dpi=80, add_gdf_kws={"color": "#ff0000"}), "#ff0000") > 500


def test_the_same_frame_gives_the_same_bytes_in_any_thread(contours, track):
    alone = [save_map_image(frame, dpi=60) for frame in (contours, track)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda frame: save_map_image(frame, dpi=60), [contours, track] * 3))
    assert together == alone * 3
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("rows", [0, 2])
def test_a_frame_with_nothing_to_draw_says_so(rows):
    frame = gpd.GeoDataFrame({"n": [1] * rows}, geometry=[None] * rows, crs="EPSG:4326")
    assert pixels(save_map_image(frame, dpi=60)).shape == (360, 480, 3)


def test_one_point_and_a_projection_without_a_place_on_earth_are_drawn():
    assert save_map_image(gpd.GeoDataFrame(geometry=[Point(37, 1)], crs="EPSG:4326"), dpi=60)
    local = 'LOCAL_CS["site grid",UNIT["metre",1]]'
    assert save_map_image(gpd.GeoDataFrame(geometry=[box(0, 0, 90, 50)], crs=local), dpi=60)


@pytest.mark.parametrize(
    ("crs", "x", "y", "metres"),
    [
        ("EPSG:4326", 37.0, 0.0, 111_319.5),
        ("EPSG:4326", 37.0, 60.0, 55_800.1),
        ("EPSG:32737", 500_000.0, 9_900_000.0, 1 / 0.9996),
        ("EPSG:3857", 0.0, 8_399_737.9, 0.5),
        ("EPSG:2263", 1_000_000.0, 200_000.0, 0.3048),
    ],
)
def test_the_scale_is_true_on_the_ground(crs, x, y, metres):
    span = 0.1 if crs == "EPSG:4326" else 5000.0
    assert metres_per_unit(CRS(crs), x, y, span) == pytest.approx(metres, rel=5e-3)


def test_north_is_where_the_meridians_go():
    assert north_angle(CRS("EPSG:4326"), 37.0, 1.0) == 0
    assert north_angle(CRS("EPSG:32737"), 500_000.0, 9_900_000.0) == pytest.approx(0, abs=1e-6)
    # On the map of Antarctica the meridian of 90° east runs to the right, and north with it.
    assert north_angle(CRS("EPSG:3031"), 2_000_000.0, 0.0) == pytest.approx(-math.pi / 2, abs=1e-3)


@pytest.mark.parametrize(
    ("longest", "length", "text"), [(999, 500, "500 m"), (2000, 2000, "2 km"), (0.3, 0.2, "0.2 m")]
)
def test_scale_bars_have_round_lengths(longest, length, text):
    assert round_length(longest) == pytest.approx(length)
    assert length_text(length) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 1}, "width: Input should be greater than or equal to 2"),
        ({"height": 99}, "height: Input should be less than or equal to 40"),
        ({"dpi": 10_000}, "dpi: Input should be less than or equal to 600"),
        ({"column": "percentil"}, "did you mean 'percentile'?"),
        ({"column": "percentile", "add_gdf_kws": {"column": "area_sqkm"}}, "different columns"),
        ({"column": "percentile", "add_gdf_kws": {"color": "red"}}, "one colour"),
        ({"add_gdf_kws": "percentile"}, "add_gdf_kws: "),
        ({"add_gdf_kws": {"colr": "red"}}, "unknown key 'colr': did you mean 'color'?"),
    ],
)
def test_wrong_arguments_are_refused_in_plain_words(contours, arguments, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        save_map_image(contours, **arguments)


def test_a_frame_without_crs_is_refused():
    with pytest.raises(FrameValidationError, match="no CRS"):
        save_map_image(gpd.GeoDataFrame(geometry=[Point(0, 0)]))
