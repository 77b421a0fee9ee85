import math

import hypothesis.strategies as st
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings

from ecoflows.frames import validate_frame
from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory
from ecoflows.tasks.schemas import TrajectoryGDFSchema

T = "2024-05-01T06:{:02}:00Z"
EQUATOR_DEGREE = math.pi * 6_378_137 / 180  # m along the equator of WGS84


def test_a_step_by_hand(fixes):
    # A hundredth of a degree east along the equator in half an hour.
    found = relocations_to_trajectory(fixes([("a", T.format(0), 37.0, 0.0), ("a", T.format(30), 37.01, 0.0)]))
    (segment,) = found.itertuples()
    assert segment.Index == "f0"
    assert segment.timespan_seconds == 1800
    assert segment.dist_meters == pytest.approx(EQUATOR_DEGREE / 100, abs=1e-6)
    assert segment.speed_kmhr == pytest.approx(EQUATOR_DEGREE / 100 / 1000 * 2)
    assert segment.heading == pytest.approx(90)
    assert segment.geometry.wkt == "LINESTRING (37 0, 37.01 0)"
    assert (segment.segment_end - segment.segment_start).total_seconds() == 1800


@pytest.mark.parametrize(
    ("dx", "dy", "heading"),
    [(0, 1, 0), (1, 0, 90), (0, -1, 180), (-1, 0, 270), (-1e-18, 1, 0)],
)
def test_headings_run_clockwise_from_north(fixes, dx, dy, heading):
    rows = [("a", T.format(0), 0.0, 0.0), ("a", T.format(30), dx / 100, dy / 100)]
    found = relocations_to_trajectory(fixes(rows))["heading"].iloc[0]
    assert found == pytest.approx(heading, abs=1e-9)
    assert 0 <= found < 360


def test_subjects_are_never_connected(fixes):
    table = fixes(
        [
            ("a", T.format(0), 37.00, 0.0),
            ("b", T.format(5), 37.50, 0.0),
            ("a", T.format(10), 37.01, 0.0),
            ("b", T.format(15), 37.51, 0.0),
        ]
    )
    found = relocations_to_trajectory(table)
    assert found["groupby_col"].tolist() == ["a", "b"]
    assert found.index.tolist() == ["f0", "f1"]
    assert found["segment_start"].is_monotonic_increasing


def test_limits_drop_segments_without_bridging_them(fixes):
    table = fixes(
        [
            ("a", T.format(0), 37.000, 0.0),
            ("a", T.format(10), 37.001, 0.0),  # 111 m in 600 s, 0.67 km/h
            ("a", T.format(20), 37.101, 0.0),  # 11 km: too long
            ("a", T.format(30), 37.102, 0.0),
        ]
    )
    assert relocations_to_trajectory(table).index.tolist() == ["f0", "f2"]
    assert relocations_to_trajectory(table, max_time_secs=600).index.tolist() == ["f0", "f2"]
    assert relocations_to_trajectory(table, max_time_secs=599).empty
    assert relocations_to_trajectory(table, min_time_secs=601).empty
    assert relocations_to_trajectory(table, max_speed_kmhr=0.6).empty
    assert relocations_to_trajectory(table, max_length_meters=20_000, min_speed_kmhr=1).index.tolist() == [
        "f1"
    ]
    assert relocations_to_trajectory(table, min_length_meters=200).empty


@pytest.mark.parametrize("min_time", [0, 1])
def test_two_fixes_at_one_time_make_no_segment(fixes, min_time):
    table = fixes(
        [
            ("a", T.format(0), 37.000, 0.0),
            ("a", T.format(10), 37.001, 0.0),
            ("a", T.format(10), 37.002, 0.0),
            ("a", T.format(20), 37.003, 0.0),
        ]
    )
    found = relocations_to_trajectory(table, min_time_secs=min_time, max_speed_kmhr=math.inf)
    assert found.index.tolist() == ["f0", "f2"]
    assert np.isfinite(found["speed_kmhr"]).all()


def test_no_segments_still_have_all_columns(fixes):
    table = fixes([("a", T.format(0), 37.0, 0.0)])
    for few in (table, table[:0]):
        found = validate_frame(relocations_to_trajectory(few), TrajectoryGDFSchema)
        assert found.empty
        assert found.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"min_length_meters": 5, "max_length_meters": 4},
            r"min_length_meters \(5\) is above max_length_meters",
        ),
        ({"min_time_secs": 3601}, r"min_time_secs \(3601\) is above max_time_secs \(3600\)"),
        ({"min_speed_kmhr": 2, "max_speed_kmhr": 1}, r"min_speed_kmhr \(2\) is above max_speed_kmhr \(1\)"),
    ],
)
def test_limits_the_wrong_way_round(fixes, limits, message):
    with pytest.raises(ValueError, match=message):
        relocations_to_trajectory(fixes([("a", T.format(0), 37.0, 0.0)]), **limits)


def test_further_columns_come_from_the_first_fix(fixes):
    table = fixes([("a", T.format(0), 37.0, 0.0), ("a", T.format(30), 37.01, 0.0)])
    table["name"] = ["first", "second"]
    table["extra__is_night"] = [True, False]
    found = relocations_to_trajectory(table)
    assert found["extra__name"].tolist() == ["first"]
    assert found["extra__is_night"].tolist() == [True]


def test_a_segment_is_junk_if_one_of_its_fixes_is(fixes):
    rows = [("a", T.format(minute), 37.0 + minute / 10_000, 0.0) for minute in (0, 10, 20, 30)]
    found = relocations_to_trajectory(fixes(rows, junk=[False, False, True, False]))
    assert found["junk_status"].tolist() == [False, True, True]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_neither_row_order_nor_other_subjects_matter(observations, seed):
    relocations = process_relocations(observations)
    whole = relocations_to_trajectory(relocations)
    shuffled = relocations.iloc[np.random.default_rng(seed).permutation(len(relocations))]
    before = shuffled.copy()
    assert_geodataframe_equal(relocations_to_trajectory(shuffled), whole)
    assert_geodataframe_equal(shuffled, before)
    for subject in ("Salama", "Tumaini"):
        alone = relocations_to_trajectory(shuffled[shuffled["groupby_col"] == subject])
        assert_geodataframe_equal(alone, whole[whole["groupby_col"] == subject])


def test_what_comes_out_keeps_to_the_schema(trajectory):
    validate_frame(trajectory, TrajectoryGDFSchema)
    np.testing.assert_allclose(
        trajectory["speed_kmhr"], trajectory["dist_meters"] / trajectory["timespan_seconds"] * 3.6
    )


def test_limits_that_keep_nothing_are_told(fixes, caplog):
    table = fixes([("a", T.format(0), 37.0, 0.0), ("a", T.format(30), 37.01, 0.0)])
    assert relocations_to_trajectory(table, max_time_secs=2).empty
    (record,) = caplog.records
    assert "none of 1 segments is kept: max_time_secs 2 drops 1" in record.message
