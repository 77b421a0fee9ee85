"""Tracks small enough to check by hand, and the optional reference data."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

REFERENCE_DATA = Path(__file__).parents[2] / "../shared/data"


@pytest.fixture
def reference_data():
    if not REFERENCE_DATA.is_dir():
        pytest.skip(f"the reference data is not at {REFERENCE_DATA}")
    return REFERENCE_DATA


def make_fixes(
    rows: Sequence[tuple[str, str, float, float]], *, junk: Sequence[bool] | None = None
) -> gpd.GeoDataFrame:
    """Fixes from ``(subject, time, longitude, latitude)``, with the ids f0, f1, ..."""
    subjects, times, x, y = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "groupby_col": list(subjects),
            "fixtime": pd.to_datetime(list(times), utc=True),
            "junk_status": list(junk) if junk is not None else [False] * len(rows),
        },
        geometry=gpd.points_from_xy(x, y),
        crs="EPSG:4326",
        index=pd.Index([f"f{number}" for number in range(len(rows))], name="id"),
    )


@pytest.fixture
def fixes():
    return make_fixes


@pytest.fixture(scope="session")
def observations():
    """Two simulated animals of 400 fixes each."""
    from ecoflows.simulate import simulate_observations

    return simulate_observations(subjects=2, fixes=400, seed=7)


@pytest.fixture(scope="session")
def trajectory(observations):
    """The segments of the first of them."""
    from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory

    found = relocations_to_trajectory(process_relocations(observations))
    return found[found["groupby_col"] == "Salama"]
