import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.colors import to_hex
from shapely.geometry import Point, box

from ecoflows.tasks.results._colors import NO_VALUE, PALETTE, RAMPS, as_hex, ramp
from ecoflows.tasks.results._columns import EN_DASH, read_column, rounded
from ecoflows.tasks.results._options import LayerOptions
from ecoflows.tasks.results._style import choose_style


def points(values, name="value"):
    return gpd.GeoDataFrame({name: values}, geometry=[Point(n, n) for n in range(len(values))], crs=4326)


def style(frame, **options):
    return choose_style(frame, LayerOptions(**options))


def labels(chosen):
    return [entry.label.replace(EN_DASH, "-") for entry in chosen.entries]


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_are_those_of_matplotlib(name):
    assert ramp(name, 9) == tuple(to_hex(colormaps[name](n / 8)) for n in range(9))
    assert ramp(f"{name}_r", 3) == ramp(name, 3)[::-1]


def test_other_colour_maps_come_from_matplotlib():
    assert ramp("cividis", 2) == (to_hex(colormaps["cividis"](0.0)), to_hex(colormaps["cividis"](1.0)))
    assert ramp(["black", "#fff"], 3) == ("#000000", "#808080", "#ffffff")


@pytest.mark.parametrize(
    ("color", "expected"), [("#ABC", "#aabbcc"), ("#A1B2C3", "#a1b2c3"), ("Teal", "#008080")]
)
def test_colours_become_hexadecimal(color, expected):
    assert as_hex(color) == expected


def test_contours_run_from_dark_to_pale_and_the_largest_is_lowest(contours):
    chosen = style(contours)
    brightness = [sum(int(c[at : at + 2], 16) for at in (1, 3, 5)) for c in chosen.colors]
    assert brightness == sorted(brightness)
    assert chosen.order == (5, 4, 3, 2, 1, 0)
    assert chosen.classes == (0, 1, 2, 3, 4, 5)


def test_contours_of_several_groups_tell_no_area(contours):
    chosen = style(pd.concat([contours, contours], ignore_index=True))
    assert [entry.note for entry in chosen.entries] == [""] * 6


def test_small_areas_lie_above_large_ones():
    frame = gpd.GeoDataFrame(geometry=[box(1, 1, 2, 2), box(0, 0, 9, 9), box(3, 3, 5, 5)], crs=4326)
    assert style(frame).order == (1, 2, 0)


def test_tracks_are_coloured_by_speed(track):
    chosen = style(track)
    assert chosen.column == "speed_kmhr"
    assert chosen.title == "Speed (km/h)"
    assert style(track, color="#123456").colors == ["#123456"]


def test_features_without_a_column_are_alike_and_counted():
    chosen = style(points([1, 2], "other"))
    assert labels(chosen) == ["2 points"]
    assert chosen.classes == (0, 0)


def test_many_numbers_make_readable_classes():
    chosen = style(points([n * 1.0377 for n in range(100)]), column="value", classes=4)
    assert labels(chosen) == ["0 - 26", "26 - 52", "52 - 78", "78 - 103"]
    assert [chosen.classes.count(at) for at in range(4)] == pytest.approx([25] * 4, abs=1)


def test_classes_of_equal_width():
    chosen = style(points([0, 1, 2, 3, 4, 100]), column="value", classes=2, scheme="equal")
    assert labels(chosen) == ["0 - 50", "50 - 100"]
    assert chosen.classes == (0, 0, 0, 0, 0, 1)


def test_few_numbers_are_classes_of_their_own():
    chosen = style(points([2, 1, 2]), column="value")
    assert labels(chosen) == ["1", "2"]
    assert chosen.classes == (1, 0, 1)


def test_words_take_the_palette_and_missing_ones_are_grey(places):
    chosen = style(places, column="herd")
    assert labels(chosen) == ["north", "south", "- (no value)"]
    assert chosen.colors == [PALETTE[0], PALETTE[1], NO_VALUE]
    assert chosen.classes == (0, 1, 2, 1)


def test_too_many_words_share_a_grey():
    chosen = style(points([f"w{n:02}" for n in range(15)]), column="value")
    assert len(chosen.entries) == 10
    assert chosen.entries[-1].label == "other (6)"
    assert chosen.entries[-1].color == NO_VALUE


def test_times_make_periods(track):
    chosen = style(track, column="segment_start", classes=2)
    assert labels(chosen) == ["2024-03-01 00:00 - 2024-03-01 10:00", "2024-03-01 10:00 - 2024-03-01 19:00"]


def test_booleans_are_words():
    assert labels(style(points([True, False, True]), column="value")) == ["no", "yes"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30),
    st.integers(2, 9),
    st.sampled_from(["quantiles", "equal"]),
)
def test_every_number_has_a_class(values, classes, scheme):
    chosen = style(points(values), column="value", classes=classes, scheme=scheme)
    assert len(chosen.classes) == len(values)
    assert len(chosen.entries) <= classes
    assert set(chosen.classes) <= set(range(len(chosen.entries)))
    by_value = [at for _, at in sorted(zip(values, chosen.classes, strict=True))]
    assert by_value == sorted(by_value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.123456789, 0.12346), (123456.7, 123457), (29.880602, 29.881), (-0.0, 0), (3.0, 3), (1e-9, 1e-9)],
)
def test_numbers_are_rounded_sensibly(value, expected):
    assert rounded(value) == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"),
        (pd.array([1, None], dtype="Int64"), "number"),
        (pd.array([True, None], dtype="boolean"), "boolean"),
        (pd.Categorical(["a", "b"]), "text"),
        (pd.to_timedelta(["1h", "2h"]), "text"),
        ([pd.Timestamp("2024-01-01"), None], "time"),
        ([{"a": 1}, None], "nested"),
        ([1 + 2j, 3j], "text"),
        ([2**60, 1], "number"),
        ([None, None], "text"),
    ],
)
def test_kinds_of_columns(values, kind):
    column = read_column(points(values), "value")
    assert column.kind == kind
    assert all(value is None or isinstance(value, str | int | float) for value in column.values)


def test_long_texts_are_cut():
    (value, _) = read_column(points(["x" * 1000, "y"]), "value").values
    assert len(value) == 300
    assert value.endswith("…")


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("dist_meters", "Distance (m)"),
        ("depth_meters", "Depth (m)"),
        ("extra__sex", "Extra sex"),
        ("_km", "Km"),
    ],
)
def test_headings_name_units(name, heading):
    assert read_column(points([1], name), name).heading == heading
