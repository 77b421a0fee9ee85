"""The analysis gives what the reference library gives, where its results are at hand."""

import json

import geopandas as gpd
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

from ecoflows.tasks.analysis import calculate_time_density
from ecoflows.tasks.io import load_observations
from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory

SETS = ["default", "fine_utm"]


def reference(folder, name):
    return gpd.read_parquet(folder / f"{name}.parquet")


@pytest.mark.parametrize("name", SETS)
def test_relocations(reference_data, name):
    folder = reference_data / "oracle" / name
    params = json.loads((folder / "meta.json").read_text())["params"]
    observations = load_observations(str(reference_data / "observations.parquet"))
    found = process_relocations(observations, **params["process_relocations"])
    assert_geodataframe_equal(found, reference(folder, "relocations"))


@pytest.mark.parametrize("name", SETS)
def test_trajectory(reference_data, name):
    folder = reference_data / "oracle" / name
    params = json.loads((folder / "meta.json").read_text())["params"]
    found = relocations_to_trajectory(reference(folder, "relocations"), **params["relocations_to_trajectory"])
    expected = reference(folder, "trajectory")
    assert found.index.equals(expected.index)
    assert sorted(found.columns) == sorted(expected.columns)
    for column in ("timespan_seconds", "dist_meters", "speed_kmhr", "heading"):
        np.testing.assert_allclose(found[column], expected[column], rtol=0, atol=1e-6)
    for column in ("groupby_col", "segment_start", "segment_end", "junk_status"):
        assert found[column].equals(expected[column])
    assert found.geometry.geom_equals(expected.geometry).all()


@pytest.mark.parametrize("name", SETS)
def test_percentile_areas(reference_data, name):
    folder = reference_data / "oracle" / name
    meta = json.loads((folder / "meta.json").read_text())
    found = calculate_time_density(
        reference(folder, "trajectory"), **meta["params"]["calculate_time_density"]
    )
    expected = reference(folder, "percentile_area")
    assert found["percentile"].tolist() == meta["percentile"]
    assert found["area_sqkm"].tolist() == meta["area_sqkm"]
    assert found.crs == expected.crs
    assert found.geometry.symmetric_difference(expected.geometry).area.max() == pytest.approx(0, abs=1e-3)
