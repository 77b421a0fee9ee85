import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box


@pytest.fixture
def contours():
    """Six nested squares in metres, the smallest first, as time density gives them."""
    levels = [50.0, 60.0, 70.0, 80.0, 90.0, 95.0]
    squares = [
        box(1_300_000 - 500 * n, 60_000 - 500 * n, 1_300_000 + 500 * n, 60_000 + 500 * n) for n in range(1, 7)
    ]
    return gpd.GeoDataFrame(
        {"percentile": levels, "area_sqkm": [s.area / 1e6 for s in squares]},
        geometry=squares,
        crs="ESRI:102022",
    )


@pytest.fixture
def track():
    """Segments of two animals with times and speeds."""
    starts = pd.date_range("2024-03-01", periods=20, freq="h", tz="UTC")
    return gpd.GeoDataFrame(
        {
            "name": ["Salif", "Ayla"] * 10,
            "segment_start": starts,
            "speed_kmhr": [0.1234567 * n**2 for n in range(20)],
            "junk_status": [False] * 20,
        },
        geometry=[LineString([(37 + n / 100, 0.5), (37.01 + n / 100, 0.51)]) for n in range(20)],
        crs="EPSG:4326",
    )


@pytest.fixture
def places():
    """Four points with a number, a word and their missing values."""
    return gpd.GeoDataFrame(
        {
            "herd": ["north", "south", None, "south"],
            "size": [3.0, float("nan"), 12.5, 7.0],
            "seen": [pd.Timestamp("2024-03-01 10:00", tz="Africa/Nairobi"), pd.NaT, pd.NaT, pd.NaT],
        },
        geometry=[Point(37.123456789, -1.5), Point(37.2, -1.6), Point(37.3, -1.4), Point(37.4, -1.45)],
        crs="EPSG:4326",
    )
