import hypothesis.strategies as st
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings

from ecoflows.frames import validate_frame
from ecoflows.tasks.preprocessing import process_relocations
from ecoflows.tasks.schemas import RelocationsGDFSchema

T = "2024-05-01T{:02}:00:00Z"


def test_junk_is_dropped_and_the_rest_sorted_by_time(fixes):
    found = process_relocations(
        fixes(
            [
                ("a", T.format(3), 37.1, 0.1),
                ("a", T.format(1), 37.2, 0.2),
                ("a", T.format(2), 37.3, 0.3),  # marked
                ("a", T.format(4), 0.0, 0.0),  # a null island
                ("a", T.format(5), 180.0, 90.0),  # the other
                ("a", T.format(6), 37.4, 91.0),  # not on Earth
                ("a", T.format(7), -180.5, 0.0),  # not on Earth
                ("a", T.format(8), 0.0, 0.1),  # only near a null island
            ],
            junk=[False, False, True, False, False, False, False, False],
        )
    )
    assert found.index.tolist() == ["f1", "f0", "f7"]
    assert found.columns.tolist() == ["groupby_col", "fixtime", "junk_status", "geometry"]
    validate_frame(found, RelocationsGDFSchema)


@pytest.mark.parametrize(
    "points", [[[37.1, 0.1], [5, 5]], [(37.1, 0.1)], [{"x": 37.1, "y": 0.1}], [[5, 5], {"x": 37.1, "y": 0.1}]]
)
def test_points_to_drop_in_either_spelling(fixes, points):
    table = fixes([("a", T.format(1), 37.1, 0.1), ("a", T.format(2), 0.0, 0.0)])
    assert process_relocations(table, filter_point_coords=points).index.tolist() == ["f1"]


def test_prefixes_are_taken_off(fixes):
    table = fixes([("a", T.format(1), 37.1, 0.1)]).assign(
        extra__subject__name="Salama", subject__sex="female", extra__id="1", extra__subject__id="2"
    )
    kept = ["groupby_col", "fixtime", "junk_status", "geometry"]
    found = process_relocations(table, relocs_columns=[*kept, "extra__subject__name", "subject__sex"])
    assert found.columns.tolist() == [*kept, "name", "sex"]
    with pytest.raises(ValueError, match="'extra__id' and 'extra__subject__id', which are both called 'id'"):
        process_relocations(table, relocs_columns=[*kept, "extra__id", "extra__subject__id"])


def test_unknown_and_missing_columns_are_named(fixes):
    table = fixes([("a", T.format(1), 37.1, 0.1)])
    with pytest.raises(
        ValueError, match="'fixtimes', which the observations do not have; did you mean 'fixtime'"
    ):
        process_relocations(table, relocs_columns=["groupby_col", "fixtimes"])
    with pytest.raises(ValueError, match="leaves out junk_status, geometry"):
        process_relocations(table, relocs_columns=["groupby_col", "fixtime"])


def test_a_fix_without_position_is_dropped(fixes):
    table = fixes([("a", T.format(1), 37.1, 0.1), ("a", T.format(2), 37.2, 0.1)])
    table.loc["f0", "geometry"] = None
    assert process_relocations(table).index.tolist() == ["f1"]


def test_no_fixes_give_no_relocations(fixes):
    found = process_relocations(fixes([("a", T.format(1), 37.1, 0.1)])[:0])
    assert found.empty
    assert validate_frame(found, RelocationsGDFSchema).crs == "EPSG:4326"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter_and_the_input_stays(observations, seed):
    order = np.random.default_rng(seed).permutation(len(observations))
    shuffled = observations.iloc[order]
    before = shuffled.copy()
    assert_geodataframe_equal(process_relocations(shuffled), process_relocations(observations))
    assert_geodataframe_equal(shuffled, before)
