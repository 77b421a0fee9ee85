"""Tables come back exactly, and other tools can read their files."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import wkt
from shapely.geometry import LinearRing, Point, Polygon

from ecoflows.annotations import AnyGeoDataFrame, DataFrame
from ecoflows.errors import SerializationError, StoreError
from ecoflows.store import Store
from store_samples import Season, assert_same_frame, small_frame, small_geo_frame


def column(values, dtype=None) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(values, dtype=dtype)})


def indexed(index) -> pd.DataFrame:
    return pd.DataFrame({"a": range(len(index))}, index=index)


def labelled(labels) -> pd.DataFrame:
    return pd.DataFrame([list(range(len(labels)))], columns=labels)


def times(unit: str, zone: str | None) -> pd.DataFrame:
    naive = pd.Series(["2024-03-31 00:30", None, "1999-12-31"], dtype=f"datetime64[{unit}]")
    return pd.DataFrame({"t": naive if zone is None else naive.dt.tz_localize(zone)})


def with_attrs() -> pd.DataFrame:
    frame = small_frame()
    frame.attrs = {"made": dt.date(2024, 1, 1), "shape": (1, 2), "nested": {"b": 1, "a": [2]}}
    return frame


def two_geometries() -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"id": [1, 2, 3], "where": [Point(0, 1), None, Point()]}, geometry="where", crs="EPSG:4326"
    )
    frame["range"] = gpd.GeoSeries([Polygon([(0, 0), (1, 0), (1, 1)]), None, Polygon()], crs="EPSG:32737")
    return frame


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "str": lambda: column(["x", None, "é"], "str"),
    "string": lambda: column(["x", None], "string"),
    "string of python": lambda: column(["x", None], pd.StringDtype("python")),
    "str of python": lambda: column(["x", None], pd.StringDtype("python", na_value=np.nan)),
    "object text and None": lambda: column(["x", None], object),
    "object text and nan": lambda: column(["x", np.nan], object),
    "object text and NA": lambda: column(["x", pd.NA], object),
    "object nulls": lambda: column([None, np.nan, pd.NA, pd.NaT], object),
    "object None only": lambda: column([None, None], object),
    "object half surrogate": lambda: column(["\ud800", "x"], object),
    "object ints": lambda: column([1, None, 2**63 - 1], object),
    "object huge ints": lambda: column([1, 2**70], object),
    "object floats": lambda: column([1.5, np.nan, -0.0], object),
    "object floats and None": lambda: column([1.5, None], object),
    "object floats, None and nan": lambda: column([1.5, None, np.nan], object),
    "object bools": lambda: column([True, None, False], object),
    "object mixed": lambda: column([1, "x", 2.5, None, b"z", (1, 2)], object),
    "object bytes": lambda: column([b"\x00\xff", None], object),
    "object dates": lambda: column([dt.date(2024, 1, 1), None], object),
    "object decimals": lambda: column([Decimal("1.10"), Decimal("2.2")], object),
    "object timestamps": lambda: column([pd.Timestamp("2024", tz="UTC"), None], object),
    "object enums": lambda: column([Season.DRY, None], object),
    "object numpy": lambda: column([np.int64(1), np.float32(2)], object),
    "object arrays": lambda: column([np.array([1, 2]), np.array([], dtype="int64")], object),
    "object geometry": lambda: column([Point(0, 0), None], object),
    "lists": lambda: column([[1, 2], [], [None, "x"], None]),
    "dicts": lambda: column([{"x": 1}, {"y": [2.0]}, {}, None]),
    "float": lambda: column([np.nan, -0.0, np.inf, -np.inf, 5e-324]),
    "float16": lambda: column([1.5, np.nan], "float16"),
    "float32": lambda: column([0.1, np.nan], "float32"),
    "int8": lambda: column([-128, 127], "int8"),
    "uint64": lambda: column([0, 2**64 - 1], "uint64"),
    "bool": lambda: column([True, False]),
    "Int64": lambda: column([1, None, 2**62], "Int64"),
    "UInt8": lambda: column([1, None], "UInt8"),
    "Float64": lambda: column([1.5, None], "Float64"),
    "Float64 with nan inside": lambda: pd.DataFrame({"a": column([0.0, None], "Float64")["a"] / 0}),
    "boolean": lambda: column([True, None], "boolean"),
    "arrow int": lambda: column([1, None], "int16[pyarrow]"),
    "arrow seconds": lambda: column([dt.datetime(2024, 1, 1), None], "timestamp[s][pyarrow]"),  # noqa: DTZ001
    "seconds": lambda: times("s", None),
    "milliseconds": lambda: times("ms", "UTC"),
    "microseconds": lambda: times("us", "Africa/Nairobi"),
    "nanoseconds": lambda: times("ns", "Europe/Berlin"),
    "seconds with zone": lambda: times("s", "UTC"),
    "offset": lambda: column(pd.to_datetime(["2024-01-01T00:00:00+05:30"])),
    "timedelta ns": lambda: column(pd.to_timedelta([1, None], unit="ns")),
    "timedelta s": lambda: column(pd.to_timedelta([1, None], unit="s").astype("timedelta64[s]")),
    "category": lambda: column(pd.Categorical(["b", None, "a"], categories=["b", "a", "unused"])),
    "category ordered": lambda: column(pd.Categorical(["lo"], categories=["lo", "hi"], ordered=True)),
    "category ints": lambda: column(pd.Categorical([3, None, 2**60 + 1], categories=[2**60 + 1, 3, 7])),
    "category times": lambda: column(pd.Categorical(pd.to_datetime(["2024-01-01", None], utc=True))),
    "category mixed": lambda: column(pd.Categorical(["1", 1, 1.5], categories=["1", 1, 1.5])),
    "category intervals": lambda: column(pd.cut([1.0, 5.0, np.nan], 3)),
    "category empty": lambda: column(pd.Categorical([None, None], categories=[])),
    "interval": lambda: column(pd.arrays.IntervalArray.from_tuples([(0, 1), None])),
    "period": lambda: column(pd.PeriodIndex(["2024-01", None], freq="M")),
    "index named": lambda: indexed(pd.Index([3, 1], name="row")),
    "index repeated": lambda: indexed(pd.Index([1, 1, 1])),
    "index range": lambda: indexed(pd.RangeIndex(9, 3, -2, name="k")),
    "index name not text": lambda: indexed(pd.Index([1, 2], name=("a", 5))),
    "index name like column": lambda: indexed(pd.Index([1, 2], name="a")),
    "index text": lambda: indexed(pd.Index(["x", "y"])),
    "index object": lambda: indexed(pd.Index(["x", None], dtype=object)),
    "index mixed": lambda: indexed(pd.Index([1, "x", 2.5])),
    "index nan": lambda: indexed(pd.Index([1.5, np.nan, np.nan])),
    "index int8": lambda: indexed(pd.Index([1, 2], dtype="int8")),
    "index bool": lambda: indexed(pd.Index([True, False])),
    "index times": lambda: indexed(pd.DatetimeIndex(["2024-01-03", None, "2024-01-01"], tz="UTC", name="t")),
    "index times with step": lambda: indexed(pd.date_range("2024", periods=3, freq="2h", tz="UTC", unit="s")),
    "index deltas with step": lambda: indexed(pd.timedelta_range("1h", periods=3, freq="30min")),
    "index periods": lambda: indexed(pd.period_range("2024", periods=2, freq="M")),
    "index categories": lambda: indexed(pd.CategoricalIndex(["a", "b"], categories=["b", "a"], ordered=True)),
    "index intervals": lambda: indexed(pd.interval_range(0, 3)),
    "index multi": lambda: indexed(
        pd.MultiIndex.from_arrays(
            [
                pd.Categorical(["x", "x", "y"], categories=["y", "x"]),
                pd.to_datetime(["2024-01-01", "2024-01-01", None], utc=True),
                pd.array([1, None, 1], dtype="Int64"),
                pd.Series(["u", None, "u"], dtype=object),
            ],
            names=["who", "when", None, 3],
        )
    ),
    "index multi repeated": lambda: indexed(
        pd.MultiIndex.from_tuples([(1, "a"), (1, "a")], names=["a", "a"])
    ),
    "labels ints": lambda: labelled([5, 0]),
    "labels range": lambda: labelled(range(3)),
    "labels mixed": lambda: labelled([0, "0", None, "a", 1.5]),
    "labels repeated": lambda: labelled(["a", "a", "a__1", "", "__index_level_0__"]),
    "labels multi": lambda: labelled(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])),
    "labels named": lambda: labelled(pd.Index(["a", "b"], name="what")),
    "labels times": lambda: labelled(pd.date_range("2024", periods=2, tz="UTC")),
    "labels categories": lambda: labelled(pd.CategoricalIndex(["x", "y"], categories=["y", "x"])),
    "attrs": with_attrs,
    "no columns": lambda: pd.DataFrame(index=[5, 6, 7]),
    "no columns, range": lambda: pd.DataFrame(index=range(4)),
    "nothing": pd.DataFrame,
    "geo": small_geo_frame,
    "geo two": two_geometries,
    "geo other active": lambda: two_geometries().set_geometry("range"),
    "geo no rows": lambda: two_geometries().iloc[:0],
    "geo nothing": gpd.GeoDataFrame,
    "geo no geometry": lambda: gpd.GeoDataFrame({"a": [1]}),
    "geo no crs": lambda: gpd.GeoDataFrame(geometry=[Point(1, 2)]),
    "geo own crs": lambda: small_geo_frame().to_crs("+proj=laea +lat_0=-2 +lon_0=37 +units=m"),
    "geo all None": lambda: gpd.GeoDataFrame(geometry=[None, None], crs=4326),
    "geo heights": lambda: gpd.GeoDataFrame(
        geometry=[Point(1, 2, 3), wkt.loads("POINT ZM (1 2 3 4)"), wkt.loads("POINT M (1 2 3)")], crs=4979
    ),
    "geo mixed kinds": lambda: gpd.GeoDataFrame(geometry=[Point(1, 2), Polygon([(0, 0), (1, 0), (1, 1)])]),
    "geo name not text": lambda: gpd.GeoDataFrame({5: [1], 7: gpd.GeoSeries([Point(0, 0)])}, geometry=7),
    "geo multi index": lambda: two_geometries().set_index(["id", pd.Index(["a", "b", "c"])]),
    "geo repeated index": lambda: two_geometries().set_axis([1, 1, 1]),
    "geo in plain frame": lambda: pd.DataFrame(two_geometries()),
}


@pytest.mark.parametrize("reopen", ["local", "memory"], indirect=True)
@pytest.mark.parametrize("name", FRAMES)
def test_frame_comes_back(reopen, name):
    frame = FRAMES[name]()
    artifact = reopen().save(frame)
    assert_same_frame(frame, FRAMES[name]())  # the caller's own is as it was
    found = reopen().load(artifact)
    assert_same_frame(found, frame)
    assert reopen().save(found) == artifact
    assert artifact.rows == len(frame)


@pytest.mark.parametrize("name", FRAMES)
def test_frame_without_rows_keeps_its_types(store, name):
    empty = FRAMES[name]().iloc[:0]
    assert_same_frame(store.load(store.save(empty)), empty)


@pytest.mark.parametrize("name", FRAMES)
def test_other_tools_read_the_file(store, name):
    frame = FRAMES[name]()
    uri = store.uri(store.save(frame))
    table = pq.read_table(uri)
    assert table.num_rows == len(frame) or not len(table.columns)
    assert not [field for field in table.schema if "extension" in str(field.type)]


def test_geopandas_reads_the_file(store):
    frame = two_geometries()
    found = gpd.read_parquet(store.uri(store.save(frame)))
    assert found.geometry.name == "where"
    assert found.crs == frame.crs
    assert found["range"].crs == frame["range"].crs


def test_pandas_reads_the_usual_columns(store):
    frame = pd.DataFrame(
        {"t": pd.to_datetime(["2024-01-01"], utc=True), "k": pd.Categorical(["x"]), "n": [1.5], "s": ["é"]},
        index=pd.Index([4], name="row"),
    )
    found = pd.read_parquet(store.uri(store.save(frame)))
    found.attrs = {}
    pd.testing.assert_frame_equal(found, frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (column([1 + 2j]), r"column 'a': .*complex128"),
        (column([1, object()], object), r"column 'a': .* builtins.object|column 'a': .*type object at \[1\]"),
        (column([small_frame()], object), r"column 'a': .*DataFrame at \[0\]"),
        (column(pd.arrays.SparseArray([0, 1])), r"column 'a': .*to_dense"),
        (indexed(pd.Index([1 + 2j])), r"index level 0: "),
        (labelled([object()]), r"the column names: "),
        (
            gpd.GeoDataFrame(geometry=[LinearRing([(0, 0), (1, 0), (1, 1)])]),
            r"column 'geometry': .*LinearRing",
        ),
    ],
)
def test_column_that_cannot_be_stored_is_named(store, frame, message):
    with pytest.raises(SerializationError, match=message):
        store.save({"tables": [frame]})


def test_attrs_that_cannot_be_stored_are_named(store):
    frame = small_frame()
    frame.attrs = {"legend": {"by": object()}}
    with pytest.raises(SerializationError, match=r"attrs: .*\['legend'\]\['by'\]"):
        store.save(frame)


class ShapeSchema(pa.DataFrameModel):
    id: str


def test_frame_schema_is_recorded(store):
    assert store.save(small_frame(), DataFrame[ShapeSchema]).frame_schema == "ShapeSchema"
    assert store.save(small_geo_frame(), AnyGeoDataFrame).frame_schema is None
    assert store.save([small_frame()], list[int]).frame_schema is None


def test_parquet_that_is_not_ours_is_a_store_error(store, tmp_path):
    small_frame().to_parquet(tmp_path / "x.parquet")
    for data in ((tmp_path / "x.parquet").read_bytes(), b"PAR1PAR1", b""):
        artifact = store.save(data)
        forged = artifact.model_copy(update={"type": "dataframe"})
        with pytest.raises(StoreError, match="cannot be read"):
            store.load(forged)


cells = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
)
COLUMNS = ("t", "x", "n", "b", "any", "text")
rows = st.lists(
    st.tuples(
        st.none() | st.integers(0, 4 * 10**18).map(pd.Timestamp),
        st.floats(),
        st.integers(-(2**31), 2**31 - 1),
        st.booleans(),
        cells,
        st.none() | st.text(st.characters(codec="utf-8"), max_size=4),
    ),
    max_size=6,
)


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return frame.astype({"t": "datetime64[ns]", "x": float, "n": "int32", "b": bool})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows,
    st.sampled_from(list(itertools.permutations(COLUMNS))),
    st.lists(st.sampled_from(["n", "text", "t"]), unique=True),
)
def test_any_frame_comes_back(rows, order, index):
    frame = frame_of(rows)[list(order)]
    frame = frame.set_index(index) if index else frame
    store = Store("memory://hypothesis-frames")
    assert_same_frame(store.load(store.save(frame)), frame)
