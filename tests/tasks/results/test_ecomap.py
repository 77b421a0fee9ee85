import base64
import hashlib
import json
import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box, shape

from ecoflows.annotations import media_of
from ecoflows.errors import FrameValidationError, UsageError
from ecoflows.tasks.results import draw_ecomap

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><b>&amp;",
    "<!--<script>",
    "a\u2028\u2029b",
    "${title} $$ $css",
    "]]>",
]


def points(**columns):
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[Point(n, n) for n in range(count)], crs="EPSG:4326")


def test_the_task_declares_what_it_gives_and_what_it_takes():
    assert media_of(draw_ecomap.returns).type == "text/html"
    assert all(parameter.description for parameter in draw_ecomap.parameters.values())
    assert list(draw_ecomap.parameters) == [
        "geodataframe",
        "static",
        "height",
        "width",
        "search_control",
        "title",
        "title_kws",
        "tile_layers",
        "north_arrow_kws",
        "add_gdf_kws",
    ]


def test_importing_the_tasks_imports_nothing_heavy():
    code = (
        "import sys, ecoflows.annotations, ecoflows.decorators\n"
        "before = set(sys.modules)\n"
        "import ecoflows.tasks.results\n"
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(new & {'geopandas', 'shapely', 'matplotlib', 'pyproj'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_page_carries_the_data_as_geojson_in_degrees(contours):
    page = Page(draw_ecomap(contours))
    expected = contours.to_crs("EPSG:4326").sort_values("percentile", ascending=False)
    assert page.payload["data"]["type"] == "FeatureCollection"
    assert [f["properties"]["percentile"] for f in page.features] == [95, 90, 80, 70, 60, 50]
    for feature, wanted in zip(page.features, expected.itertuples(), strict=True):
        assert feature["type"] == "Feature"
        assert shape(feature["geometry"]).equals_exact(wanted.geometry, 1e-6)
        assert feature["properties"]["area_sqkm"] == pytest.approx(wanted.area_sqkm, rel=1e-4)


def test_coordinates_have_six_decimals_and_two_dimensions():
    frame = gpd.GeoDataFrame(geometry=[Point(1.23456789, -2.00000001, 900)], crs="EPSG:4326")
    (feature,) = Page(draw_ecomap(frame)).features
    assert feature["geometry"]["coordinates"] == [1.234568, -2.0]


def test_bounds_are_those_of_the_data(places):
    assert Page(draw_ecomap(places)).payload["view"]["bounds"] == [[-1.6, 37.123457], [-1.4, 37.4]]


def test_missing_values_are_null_and_times_keep_their_zone(places):
    first, second, *_ = Page(draw_ecomap(places)).features
    assert first["properties"] == {"herd": "north", "size": 3, "seen": "2024-03-01T10:00:00+03:00"}
    assert second["properties"] == {"herd": "south", "size": None, "seen": None}


def test_rows_without_geometry_are_skipped_and_counted():
    frame = gpd.GeoDataFrame(
        {"n": [1, 2, 3, 4]}, geometry=[Point(0, 0), None, Polygon(), Point(1, 1)], crs="EPSG:4326"
    )
    page = Page(draw_ecomap(frame))
    assert [f["properties"]["n"] for f in page.features] == [1, 4]
    assert "2 rows have no place on the map" in page.text("p")


def test_what_a_projection_cannot_place_is_skipped():
    frame = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(np.inf, 0), Point(1e30, 1e30)], crs="EPSG:32737")
    assert len(Page(draw_ecomap(frame)).features) == 1


def test_all_kinds_of_geometries_are_kept():
    kinds = [
        MultiPoint([(0, 0), (1, 1)]),
        LineString([(0, 0), (1, 1)]),
        GeometryCollection([box(0, 0, 1, 1)]),
    ]
    page = Page(draw_ecomap(gpd.GeoDataFrame(geometry=kinds, crs="EPSG:4326")))
    assert sorted(f["geometry"]["type"] for f in page.features) == sorted(kind.geom_type for kind in kinds)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_frame_with_nothing_to_draw_says_so(rows):
    frame = gpd.GeoDataFrame({"n": [1] * rows}, geometry=[None] * rows, crs="EPSG:4326")
    page = Page(draw_ecomap(frame, title="Nothing"))
    assert page.texts["message"][0] == "no data"
    assert page.features == []
    assert page.payload["view"]["bounds"] is None
    assert "section" not in page.tags()


def test_the_page_is_a_whole_document(contours):
    page = Page(draw_ecomap(contours, title="Time density"))
    assert page.declaration == "doctype html"
    assert page.elements[0] == ("html", {"lang": "en"})
    assert page.text("title") == "Time density"
    assert page.text("h1") == "Time density"
    assert not page.open
    assert Page(draw_ecomap(contours)).text("title") == "Map"


def test_nothing_is_requested_from_anywhere(contours):
    text = draw_ecomap(contours, title="https://example.org/x.png")
    page = Page(text)
    for tag, attributes in page.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)
    styles = page.text("style")
    assert "url(" not in styles
    assert "@import" not in styles
    assert "sourceMappingURL" not in text
    assert page.policy.startswith("default-src 'none'; ")
    assert "http" not in page.policy


def test_the_policy_allows_exactly_the_scripts_of_the_page(contours):
    page = Page(draw_ecomap(contours))
    digests = {
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.texts["script"]
    }
    assert len(digests) == 2
    assert set(re.findall(r"'sha256-([^']+)'", page.policy)) == digests


def test_the_same_frame_gives_the_same_page(track):
    assert draw_ecomap(track, title="x") == draw_ecomap(track.copy(), title="x")


def test_the_page_is_small(contours):
    assert len(draw_ecomap(contours)) < 190_000


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_never_become_markup(text):
    calm = Page(draw_ecomap(points(name=["a", "b"]), title="t", add_gdf_kws={"column": "name"}))
    frame = points(name=["a", text]).rename(columns={"name": text})
    page = Page(draw_ecomap(frame, title=text, add_gdf_kws={"column": text, "legend_title": text}))
    assert page.tags() == calm.tags()
    assert page.features[1]["properties"][text] == text
    assert page.text("h1") == text
    assert page.text("h2") == text
    assert text in page.texts["label"]


def test_a_title_that_no_encoding_takes_does_not_break_the_page(contours):
    assert Page(draw_ecomap(contours, title="a\ud800b").encode().decode()).text("h1") == "a?b"


@settings(max_examples=40, deadline=None)
@given(title=st.text(max_size=40), values=st.lists(st.text(max_size=40), min_size=2, max_size=3))
def test_any_text_survives_as_text(title, values):
    text = draw_ecomap(points(name=values), title=title)
    text.encode("utf-8")
    page = Page(text)
    assert [f["properties"]["name"] for f in page.features] == values
    assert page.tags().count("script") == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=5))
def test_any_number_makes_valid_json(numbers):
    page = Page(draw_ecomap(points(value=numbers), add_gdf_kws={"column": "value"}))
    json.dumps(page.payload, allow_nan=False)
    for feature, number in zip(page.features, numbers, strict=True):
        found = feature["properties"]["value"]
        assert found == pytest.approx(number, rel=1e-4) if np.isfinite(number) else found is None


def test_the_legend_tells_percentiles_and_areas(contours):
    page = Page(draw_ecomap(contours))
    assert page.texts["label"] == ["50 %", "60 %", "70 %", "80 %", "90 %", "95 %"]
    assert page.texts["note"][0] == "1 km²"
    assert page.text("h2") == "Time density"
    assert "section" not in Page(draw_ecomap(contours, add_gdf_kws={"legend": False})).tags()


def test_columns_have_labels_and_units(track):
    columns = {c["name"]: c for c in Page(draw_ecomap(track)).payload["columns"]}
    assert columns["speed_kmhr"] == {
        "name": "speed_kmhr",
        "label": "Speed",
        "unit": "km/h",
        "kind": "number",
    }
    assert columns["segment_start"]["kind"] == "time"
    assert columns["junk_status"]["kind"] == "boolean"


def test_tooltips_show_the_columns_asked_for(track):
    page = Page(draw_ecomap(track, add_gdf_kws={"tooltip": ["speed_kmhr"]}, search_control=False))
    assert [c["name"] for c in page.payload["columns"]] == ["speed_kmhr"]
    assert set(page.features[0]["properties"]) == {"speed_kmhr"}


def test_nested_and_numerous_columns_stay_out_of_tooltips():
    frame = points(extra=[{"a": 1}, {}], **{f"c{n}": [1, 2] for n in range(20)})
    names = [c["name"] for c in Page(draw_ecomap(frame)).payload["columns"]]
    assert names == [f"c{n}" for n in range(12)]


def test_the_search_looks_in_names(track):
    assert Page(draw_ecomap(track)).payload["view"]["search"] == {"column": "name", "label": "name"}
    assert Page(draw_ecomap(track, search_control=False)).payload["view"]["search"] is None
    assert Page(draw_ecomap(track, static=True)).payload["view"]["search"] is None


def test_the_search_leaves_identifiers_alone():
    assert Page(draw_ecomap(points(id=["x1", "x2"]))).payload["view"]["search"] is None
    kept = Page(draw_ecomap(points(id=["x1", "x2"]), add_gdf_kws={"search_column": "id", "tooltip": []}))
    assert kept.payload["view"]["search"]["column"] == "id"
    assert kept.features[0]["properties"] == {"id": "x1"}


def test_sizes_and_the_title_are_set(contours):
    page = Page(
        draw_ecomap(
            contours,
            height=600,
            width="50%",
            static=True,
            title="T",
            title_kws={"font_size": "30px", "font_color": "teal", "align": "center"},
        )
    )
    attributes = next(a for tag, a in page.elements if tag == "main")
    assert attributes["style"] == "width: 50%; height: 600px"
    heading = next(a for tag, a in page.elements if tag == "h1")
    assert "font-size: 30px; color: #008080; text-align: center" in heading["style"]
    assert page.payload["view"]["static"] is True


def test_the_north_arrow_moves_and_goes(contours):
    moved = Page(draw_ecomap(contours, north_arrow_kws={"placement": "bottom-right", "scale": 2}))
    assert moved.payload["view"]["north"] == {"position": "bottomright", "scale": 2}
    gone = Page(draw_ecomap(contours, north_arrow_kws={"show": False}))
    assert gone.payload["view"]["north"] is None


def test_tiles_are_opt_in_and_credited(contours):
    layers = [{"name": "OpenStreetMap", "opacity": 0.5}, "SATELLITE"]
    page = Page(draw_ecomap(contours, tile_layers=layers))
    street, imagery = page.payload["view"]["tiles"]
    assert street["url"] == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
    assert street["opacity"] == 0.5
    assert "OpenStreetMap contributors" in street["attribution"]
    assert "World_Imagery" in imagery["url"]
    assert page.policy.endswith(
        "img-src data: https://server.arcgisonline.com https://tile.openstreetmap.org"
    )
    assert page.payload["style"]["opacity"] == 0.75
    assert Page(draw_ecomap(contours)).payload["view"]["tiles"] == []


def test_tiles_of_ones_own_are_credited_in_plain_text(contours):
    layer = {
        "url": "https://{s}.tiles.example.org/{z}/{x}/{y}.png",
        "attribution": "<b>Us</b>",
        "max_zoom": 12,
    }
    page = Page(draw_ecomap(contours, tile_layers=[layer]))
    assert page.payload["view"]["tiles"] == [
        {"url": layer["url"], "attribution": "&lt;b&gt;Us&lt;/b&gt;", "opacity": 1.0, "maxZoom": 12}
    ]
    assert "https://*.tiles.example.org" in page.policy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"height": 10}, "height: a size is a whole number of pixels from 50 to 10000"),
        ({"width": "100%; color: red"}, "width: a size is"),
        ({"height": "expression(alert(1))"}, "height: a size is"),
        ({"title_kws": {"size": 3}}, "title_kws: unknown key 'size'"),
        ({"title_kws": {"font_size": "huge"}}, "title_kws: font_size: a font size is a number"),
        ({"title_kws": {"color": "red;"}}, "title_kws: color: unknown colour 'red;': did you mean 'red'?"),
        ({"north_arrow_kws": {"position": "middle"}}, "north_arrow_kws: position: Input should be 'topleft'"),
        ({"add_gdf_kws": {"colum": "x"}}, "unknown key 'colum': did you mean 'column'?"),
        ({"add_gdf_kws": {"column": "percentil"}}, "no column 'percentil': did you mean 'percentile'?"),
        ({"add_gdf_kws": {"column": "geometry"}}, "'geometry' holds geometries"),
        ({"add_gdf_kws": {"tooltip": ["area"]}}, "no column 'area': did you mean 'area_sqkm'?"),
        ({"add_gdf_kws": {"colormap": "viridas"}}, "colour map 'viridas': did you mean 'viridis'?"),
        ({"add_gdf_kws": {"colormap": []}}, "needs at least one colour"),
        ({"add_gdf_kws": {"opacity": 1.5}}, "add_gdf_kws: opacity: Input should be less than or equal to 1"),
        ({"add_gdf_kws": {"color": "red", "column": "percentile"}}, "gives all features one colour"),
        ({"add_gdf_kws": {"cmap": "viridis", "colormap": "plasma"}}, "mean the same"),
        ({"tile_layers": ["OpenStretMap"]}, r"tile_layers\[0\]: unknown tile layer 'OpenStretMap': did you"),
        ({"tile_layers": [{"name": "x"}]}, "unknown tile layer 'x': Known are OpenStreetMap"),
        ({"tile_layers": [{"url": "javascript:alert(1)", "attribution": "x"}]}, "begins with https://"),
        ({"tile_layers": [{"url": "https://a.b/{z}/{x}.png", "attribution": "x"}]}, "has the fields"),
        ({"tile_layers": [{"url": "https://a.b/{z}/{x}/{y}?{k}", "attribution": "x"}]}, "fill the field {k}"),
        ({"tile_layers": [{"url": "https://u:p@a.b/{z}/{x}/{y}", "attribution": "x"}]}, "host of the tile"),
        ({"tile_layers": [{"url": "https://a.b/{z}/{x}/{y}"}]}, "needs an attribution"),
        ({"tile_layers": [{}]}, "either a name or a url"),
        ({"tile_layers": [{"name": "OpenTopoMap", "alpha": 1}]}, "unknown key 'alpha'"),
    ],
)
def test_wrong_arguments_are_refused_in_plain_words(contours, arguments, message):
    with pytest.raises(UsageError, match=message):
        draw_ecomap(contours, **arguments)


def test_a_frame_without_crs_is_refused():
    with pytest.raises(FrameValidationError, match=r"no CRS.*set_crs"):
        draw_ecomap(gpd.GeoDataFrame(geometry=[Point(0, 0)]))


def test_two_columns_of_one_name_are_refused():
    frame = points(a=[1, 2])
    twice = pd.concat([frame, frame[["a"]]], axis=1)
    with pytest.raises(FrameValidationError, match="more than one column 'a'"):
        draw_ecomap(twice)
