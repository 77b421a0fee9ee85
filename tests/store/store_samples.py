"""Values of every kind that a store keeps, and what it means that one came back the same."""

import dataclasses
import enum
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, PrivateAttr
from shapely.geometry import LinearRing, MultiPolygon, Point, Polygon, box

NAIROBI = ZoneInfo("Africa/Nairobi")


class Season(enum.Enum):
    DRY = "dry"
    WET = "wet"


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass(frozen=True)
class Legend:
    title: str
    colors: dict[str, tuple[int, int, int]]
    table: Any = None


@dataclasses.dataclass
class Tripled:
    """Must not run __post_init__ again."""

    number: int

    def __post_init__(self) -> None:
        self.number *= 3


@dataclasses.dataclass(slots=True)
class Slotted:
    number: int
    derived: float = dataclasses.field(init=False, default=0.5)


class Grid(BaseModel):
    cell: float
    origin: Point | None = None
    tables: list[Any] = []
    model_config = ConfigDict(arbitrary_types_allowed=True)


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 1
    _hidden: int = PrivateAttr(default=3)


class Pair(NamedTuple):
    left: Any
    right: Any = None


class Outer:
    class Inner(enum.Enum):
        A = 1


class LyingAboutItself(str):
    """A subclass of str, which a store must not turn into a str."""


def small_frame() -> pd.DataFrame:
    return pd.DataFrame({"id": ["a", "b"], "n": [1, 2]}, index=pd.Index([7, 9], name="row"))


def small_geo_frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": [1, 2]}, geometry=[Point(36.5, -1.5), None], crs="EPSG:4326")


VALUES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "true": lambda: True,
    "int": lambda: -7,
    "huge int": lambda: -(10**5000),
    "int64 border": lambda: [2**63 - 1, 2**63, -(2**63), -(2**63) - 1],
    "float": lambda: 0.1,
    "whole float": lambda: 1.0,
    "nan": lambda: math.nan,
    "infinities": lambda: [math.inf, -math.inf],
    "minus zero": lambda: -0.0,
    "complex": lambda: complex(math.nan, -0.0),
    "text": lambda: "Éléphants \U0001f418 \0 \u2028 </script>",
    "half a surrogate": lambda: {"\ud800": "\udfff"},
    "empty": lambda: ["", [], {}, (), set(), frozenset(), b"", range(0)],
    "list": lambda: [1, [2, [3]], None],
    "tuple": lambda: (1, (2,), [3]),
    "dict order": lambda: {"b": 1, "a": {"z": 1, "y": 2}},
    "dict keys": lambda: {1: "a", None: "b", (1, 2): "c", 2.5: "d", False: "e", date(2024, 1, 1): "f"},
    "dollar keys": lambda: {"$tuple": [1], "x": {"$artifact": {"sha256": "0" * 64}}},
    "dollar text": lambda: ["$tuple", {"a": "$artifact"}],
    "set": lambda: {"b", "a", (1, 2), 3, None},
    "frozenset": lambda: frozenset({1.5, "x", frozenset({1})}),
    "range": lambda: range(3, 30, 4),
    "datetime": lambda: datetime(2024, 2, 29, 1, 2, 3, 4),  # noqa: DTZ001 - naive ones are values too
    "datetime utc": lambda: datetime(2024, 1, 1, tzinfo=UTC),
    "datetime zone": lambda: datetime(2024, 1, 1, tzinfo=NAIROBI),
    "datetime zone utc": lambda: datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")),
    "datetime fold": lambda: datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    "datetime offset": lambda: datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    "datetime named offset": lambda: datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=3), "EAT")),
    "date": lambda: date(1, 1, 1),
    "time": lambda: time(23, 59, 59, 999999, tzinfo=UTC, fold=1),
    "timedelta": lambda: timedelta(days=-1, microseconds=1),
    "decimal": lambda: [Decimal("1.10"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+30")],
    "uuid": lambda: UUID(int=5),
    "path": lambda: Path("/data/../x y.csv"),
    "enum": lambda: [Season.DRY, Level.LOW, Rights.READ | Rights.WRITE, Rights(0), Outer.Inner.A],
    "numpy scalars": lambda: [
        np.float32(0.1),
        np.float64("nan"),
        np.int8(-3),
        np.uint64(2**64 - 1),
        np.bool_(True),
        np.str_("x"),
        np.bytes_(b"\xff"),
        np.datetime64("2024-01-01T00:00:00.000000001"),
        np.datetime64("NaT", "D"),
        np.timedelta64(3, "h"),
        np.complex64(1 + 2j),
        np.float16(1.5),
    ],
    "timestamps": lambda: [
        pd.Timestamp("2024-01-01T00:00:00.123456789"),
        pd.Timestamp("2024-01-01", tz="Africa/Nairobi").as_unit("s"),
        pd.Timestamp("2024-10-27 02:30", tz="UTC").tz_convert("Europe/Berlin"),
        pd.Timestamp("1200-01-01").as_unit("ms"),
        pd.Timestamp("2024-01-01T00:00:00+03:00"),
        pd.NaT,
        pd.NA,
    ],
    "timedeltas": lambda: [pd.Timedelta(1, "ns"), pd.Timedelta("-1 days").as_unit("s")],
    "intervals": lambda: [pd.Interval(0, 1.5, closed="left"), pd.Period("2024-03", "M")],
    "geometries": lambda: [
        Point(1, 2),
        Point(1, 2, 3),
        Point(),
        box(0, 0, 1, 1),
        MultiPolygon([box(0, 0, 1, 1)]),
        LinearRing([(0, 0), (1, 0), (1, 1)]),
        LinearRing(),
        Polygon(),
    ],
    "dataclass": lambda: Legend("Speed", {"slow": (0, 0, 255)}),
    "dataclass with frame": lambda: [Legend("x", {}, small_frame())],
    "dataclass once": lambda: Tripled(2),
    "dataclass slots": lambda: Slotted(4),
    "model": lambda: Grid(cell=250.0, origin=Point(1, 2), tables=[small_frame(), b"x"]),
    "model extra": lambda: Open(a=2, b=[1, (2,)]),
    "named tuple": lambda: Pair(1, Pair(small_geo_frame())),
    "series": lambda: pd.Series([1.5, None], index=["x", "y"], name=("a", 1)),
    "geo series": lambda: gpd.GeoSeries([Point(0, 1), None], crs="EPSG:32737", name="where"),
    "bytes": lambda: b"\x00\xff",
    "nested bytes": lambda: {"a": [b"1", (b"2",)]},
    "array": lambda: np.arange(6, dtype="int16").reshape(2, 3),
    "array fortran": lambda: np.asfortranarray(np.ones((2, 3))),
    "array scalar": lambda: np.array(1.5),
    "array times": lambda: np.array(["2024-01-01", "NaT"], dtype="datetime64[s]"),
    "array text": lambda: np.array(["a", "bcd"]),
    "array record": lambda: np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", ">f8")]),
    "array empty": lambda: np.empty((0, 4)),
    "nested array": lambda: {"grid": np.eye(2), "extent": (0.0, 1.0)},
    "frame": small_frame,
    "geo frame": small_geo_frame,
    "frames by key": lambda: [(("a", "b"), small_frame()), (("c", None), small_geo_frame())],
}


def assert_same(found: Any, expected: Any) -> None:
    """The same value of the same type, all the way down."""
    assert type(found) is type(expected), (found, expected)
    if isinstance(expected, pd.DataFrame):
        assert_same_frame(found, expected)
    elif isinstance(expected, gpd.GeoSeries):
        assert_same_frame(found.to_frame("x"), expected.to_frame("x"))
        assert found.name == expected.name
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected, check_freq=True)
        assert found.attrs == expected.attrs
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.flags.f_contiguous == expected.flags.f_contiguous
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, np.generic):
        assert found.dtype == expected.dtype
        np.testing.assert_equal(found, expected)
    elif isinstance(expected, dict):
        for ours, theirs in zip(found.items(), expected.items(), strict=True):
            assert_same(list(ours), list(theirs))
    elif dataclasses.is_dataclass(expected):
        for field in dataclasses.fields(expected):
            assert_same(getattr(found, field.name), getattr(expected, field.name))
    elif isinstance(expected, BaseModel):
        assert found.model_fields_set == expected.model_fields_set
        assert found.__pydantic_private__ == expected.__pydantic_private__
        assert_same(dict(found), dict(expected))
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            assert_same(ours, theirs)
    elif hasattr(expected, "wkb"):
        assert found.geom_type == expected.geom_type
        assert found.wkb == expected.wkb
    elif isinstance(expected, datetime | time):
        assert (repr(found), found.fold) == (repr(expected), expected.fold)
        assert getattr(found, "unit", None) == getattr(expected, "unit", None)
    elif isinstance(expected, set | frozenset):
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
    elif isinstance(expected, int):
        assert found == expected
    else:
        assert repr(found) == repr(expected)


def assert_same_frame(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """The same table: columns, types, index, geometries, systems, attrs, and every cell's type."""
    assert type(found) is type(expected)
    pd.testing.assert_index_equal(found.columns, expected.columns, exact=True)
    if isinstance(expected.index, pd.MultiIndex):
        # Levels that no row uses cannot be seen, and are not kept.
        pd.testing.assert_index_equal(found.index, expected.index.remove_unused_levels(), exact=True)
    else:
        pd.testing.assert_index_equal(found.index, expected.index, exact=True)
    assert getattr(found.index, "freq", None) == getattr(expected.index, "freq", None)
    assert list(found.dtypes) == list(expected.dtypes)
    assert found.attrs == expected.attrs
    for position in range(expected.shape[1]):
        ours, theirs = found.iloc[:, position], expected.iloc[:, position]
        if str(theirs.dtype) == "geometry":
            assert ours.array.crs == theirs.array.crs
            assert [g and g.wkb for g in ours] == [g and g.wkb for g in theirs]
            continue
        pd.testing.assert_extension_array_equal(ours.array, theirs.array, check_exact=True)
        if str(theirs.dtype) == "object":
            for one, other in zip(ours, theirs, strict=True):
                assert_same(one, other)
    if isinstance(expected, gpd.GeoDataFrame):
        assert found.active_geometry_name == expected.active_geometry_name
