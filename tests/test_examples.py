"""Examples of what tasks return: found, read, and made up from schemas."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from pandera.typing import Index, Series
from pydantic import Field

from ecoflows import registry
from ecoflows.annotations import AnyDataFrame, DataFrame, Geometry, Text, UtcTime
from ecoflows.decorators import Task, distributed
from ecoflows.errors import ExampleError, ProblemError
from ecoflows.examples import Example, check_example, example_of, example_value, find_example
from ecoflows.frames import validate_frame
from ecoflows.simulate.columns import CannotDrawError
from ecoflows.simulate.making import make_example
from ecoflows.simulate.tables import draw_table
from ecoflows.store import Store
from ecoflows.tasks.io import load_observations
from ecoflows.testing import check_task
from support import write_package

SPEEDS = """
    import pandera.pandas as pa
    from pandera.typing import Series

    from ecoflows.annotations import DataFrame
    from ecoflows.decorators import distributed


    class SpeedSchema(pa.DataFrameModel):
        '''Speeds.'''

        speed: Series[float] = pa.Field(ge=0)


    @distributed
    def speeds() -> DataFrame[SpeedSchema]:
        '''Give speeds.'''
        raise AssertionError("it is not to be run")


    @distributed
    def names() -> list[tuple[str, int]]:
        '''Give names.'''
        raise AssertionError("it is not to be run")
"""
PARQUET, JSON = "speeds.example-return.parquet", "speeds.example-return.json"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package of tasks that can be imported as ``swift.tasks``."""
    monkeypatch.syspath_prepend(tmp_path)
    yield write_package(tmp_path, "swift", {"tasks.py": SPEEDS}) / "swift"
    for module in {"swift", "swift.tasks"} & set(sys.modules):
        del sys.modules[module]


def task(name: str = "speeds") -> Any:
    return getattr(import_module("swift.tasks"), name)


def test_an_example_is_found_beside_its_task_and_read(folder: Path, store: Store) -> None:
    table = pd.DataFrame({"speed": [1.0, 2.0]})
    table.to_parquet(folder / PARQUET)
    found = find_example(task())
    assert found == example_of(task()) == Example(PARQUET, (folder / PARQUET).read_bytes())
    assert found.digest == hashlib.sha256((folder / PARQUET).read_bytes()).hexdigest()
    assert_frame_equal(example_value(task(), store), table)
    (folder / "names.example-return.json").write_text('[["a", 1]]')
    assert example_value(task("names"), store) == [("a", 1)]


@pytest.mark.parametrize("is_package", [True, False])
def test_an_example_inside_an_archive(
    folder: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, is_package: bool
) -> None:
    pd.DataFrame({"speed": [3.0]}).to_parquet(folder / PARQUET)
    name = "zipped_swift.tasks" if is_package else "zipped_tasks"
    inside = name.replace(".", "/")
    with zipfile.ZipFile(tmp_path / "swift.zip", "w") as archive:
        archive.writestr("zipped_swift/__init__.py", "")
        archive.write(folder / "tasks.py", f"{inside}.py")
        archive.write(folder / PARQUET, f"{inside.rpartition('tasks')[0].removesuffix('zipped_')}{PARQUET}")
    monkeypatch.syspath_prepend(tmp_path / "swift.zip")
    module = import_module(name)
    try:
        assert ".zip" in str(module.__file__)
        assert example_value(module.speeds, store)["speed"].tolist() == [3.0]
        assert find_example(module.names) is None
    finally:
        for found in {"zipped_swift", name} & set(sys.modules):
            del sys.modules[found]


def test_without_an_example_the_error_says_how_to_make_one(folder: Path, store: Store) -> None:
    assert find_example(task()) is None
    with pytest.raises(ExampleError) as raised:
        example_value(task(), store)
    assert str(raised.value) == (
        "task 'speeds' has no example of what it returns; 'ecoflows example speeds' makes one; it belongs "
        f"beside swift.tasks as {PARQUET} or {JSON}"
    )


def test_two_examples_of_one_task_are_one_too_many(folder: Path) -> None:
    (folder / PARQUET).write_bytes(b"")
    (folder / JSON).write_text("1")
    with pytest.raises(ExampleError) as raised:
        find_example(task())
    assert str(raised.value) == (
        f"task 'speeds' has two examples of what it returns, {PARQUET} and {JSON}; keep one of them"
    )


@pytest.mark.parametrize(
    ("name", "data", "message", "hint"),
    [
        (PARQUET, b"PAR1", "cannot be read: ", "'ecoflows example speeds' writes it again; or take it away"),
        (JSON, b"[", "cannot be read: Expecting value", "'ecoflows example speeds' writes it again"),
        (JSON, b'{"$new": 1}', "cannot be read: the stored JSON has the unknown tag", "take it away"),
        (
            JSON,
            b"[1]",
            "does not fit the return annotation: a table is expected here, not list",
            "mend the annotation; or write the example again, as 'ecoflows example speeds' does",
        ),
    ],
)
def test_a_bad_example(folder: Path, store: Store, name: str, data: bytes, message: str, hint: str) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(ExampleError) as raised:
        example_value(task(), store)
    assert raised.value.message.startswith(f"the example {name} of what task 'speeds' returns {message}")
    assert hint in raised.value.hint
    assert str(raised.value) == f"{raised.value.message}; {raised.value.hint}"


def test_an_example_that_breaks_the_schema(folder: Path, store: Store) -> None:
    pd.DataFrame({"speed": [1.0, -1.0]}).to_parquet(folder / PARQUET)
    with pytest.raises(ExampleError, match=r"fails greater_than_or_equal_to\(0\) in 1 of 2 rows: -1\.0;"):
        example_value(task(), store)


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swift = task()

    def refuse(self: Any, path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(type(sys.modules["swift.tasks"].__spec__.loader), "get_data", refuse)
    with pytest.raises(ExampleError, match=f"{PARQUET} of what task 'speeds' returns cannot be opened: Perm"):
        find_example(swift)


def test_the_packaged_example_is_what_the_command_makes(store: Store) -> None:
    packaged = example_of(load_observations)
    assert packaged.name == "load_observations.example-return.parquet"
    assert len(packaged.data) < 60_000
    made = make_example(load_observations, registry.installed(), rows=120, seed=7)
    assert_geodataframe_equal(example_value(load_observations, store), made.example.read(store))
    check_task(load_observations)


def test_what_is_made_is_checked(folder: Path, store: Store) -> None:
    tasks = import_module("swift.tasks")
    found = registry.Registry([registry.RegisteredTask(tasks.speeds, "swift")])
    with pytest.raises(ExampleError, match="AssertionError: it is not to be run"):
        make_example(tasks.speeds, found, rows=3, seed=1)
    with pytest.raises(ExampleError, match="does not fit"):
        check_example(tasks.speeds, Example(JSON, b"1"), store)


class WideSchema(pa.DataFrameModel):
    """A column of every kind that is made up."""

    flag: Series[bool]
    count: Series[int] = pa.Field(gt=2, le=5)
    small: Series[pd.Int8Dtype] = pa.Field(ge=120, nullable=True)
    number: Series[int] = pa.Field(unique=True)
    share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1, "include_max": False})
    below: Series[float] = pa.Field(lt=-5, nullable=True)
    kind: Series[str] = pa.Field(isin={"a", "b", "c"})
    label: Series[Annotated[pd.CategoricalDtype, ["x", "y"], False]]
    name: Series[Text] = pa.Field(nullable=True)
    constant: Series[int] = pa.Field(eq=3)
    time: Series[UtcTime] = pa.Field(ge="2020-05-01T00:00:00Z", nullable=True)
    local: Series[Annotated[pd.DatetimeTZDtype, "ns", "Africa/Nairobi"]]
    day: Series[pd.Timestamp] = pa.Field(lt=pd.Timestamp("2000-01-01"))
    geometry: Series[Annotated[Geometry, ("Point",), "EPSG:32637"]] = pa.Field(nullable=True)
    other: Series[float] | None
    id: Index[str] = pa.Field(unique=True, check_name=True)


def test_a_table_made_up_from_its_schema() -> None:
    found = draw_table(WideSchema, rows=40, seed=1)
    validate_frame(found, WideSchema)
    assert len(found) == 40
    assert isinstance(found, gpd.GeoDataFrame)
    assert "other" not in found
    assert set(found["count"]) == {3, 4, 5}
    assert set(found["kind"]) == {"a", "b", "c"}
    assert found["small"].max() <= 127
    for name in ("small", "below", "name", "time", "geometry"):
        assert found[name].isna().sum() == 5, name
    assert not found.drop(columns=["small", "below", "name", "time", "geometry"]).isna().any(axis=None)
    points = found.geometry.dropna().to_crs("EPSG:4326")
    assert points.x.between(37, 38).all()


def test_what_is_made_up_depends_on_the_seed_and_the_column_alone() -> None:
    class One(pa.DataFrameModel):
        a: Series[float]

    class Two(pa.DataFrameModel):
        b: Series[int]
        a: Series[float]

    one, two = draw_table(One, rows=10, seed=3), draw_table(Two, rows=10, seed=3)
    assert one["a"].tolist() == two["a"].tolist()
    assert one["a"].tolist() != draw_table(One, rows=10, seed=4)["a"].tolist()
    assert isinstance(draw_table(One, rows=10, seed=3, geo=True), gpd.GeoDataFrame)


def test_points_lie_where_their_system_is_used() -> None:
    class Danish(pa.DataFrameModel):
        geometry: Series[Annotated[Geometry, ("Point",), "EPSG:25832"]]

    points = draw_table(Danish, rows=5, seed=1).geometry.to_crs("EPSG:4326")
    assert points.x.between(6, 12).all()
    assert points.y.between(38, 85).all()


def test_everything_that_cannot_be_made_up_is_told() -> None:
    class Hard(pa.DataFrameModel):
        anything: Series[Any]
        thing: Series[object]
        shape: Series[Annotated[Geometry, ("Polygon", "MultiPolygon"), None]]
        lost: Series[Annotated[Geometry, (), "EPSG:1"]]
        none: Series[int] = pa.Field(gt=1, lt=2)
        empty: Series[float] = pa.Field(ge=2, lt=2)
        few: Series[int] = pa.Field(isin=[1, 2], unique=True)
        odd: Series[float] = pa.Field(ge="a")
        category: Series[pd.CategoricalDtype]
        pattern: Series[int] = pa.Field(alias="^x_", regex=True)
        fine: Series[int]
        label: Index[object]

    with pytest.raises(CannotDrawError) as raised:
        draw_table(Hard, rows=5, seed=1)
    found = dict(part.split("' ", 1) for part in str(raised.value).split("; "))
    assert found.pop("column 'odd").startswith("has checks that do not go with its type: ")
    assert found == {
        "column 'anything": "may be of any type",
        "column 'thing": "is of the type object, of which no values are made up",
        "column 'shape": "holds Polygon or MultiPolygon geometries, and only points are made up",
        "column 'lost": "has a coordinate reference system that is not known: EPSG:1",
        "column 'none": "cannot have any value: its checks allow 0",
        "column 'empty": "cannot have any value: its checks allow none from 2 to 2",
        "column 'few": "cannot have 5 different values: its checks allow 2",
        "column 'category": "is a category of any values",
        "column '^x_": "is a pattern of names, not a name",
        "the index 'index level 0": "is of the type object, of which no values are made up",
    }


def test_a_check_of_its_own_decides_in_the_end() -> None:
    class Own(pa.DataFrameModel):
        code: Series[str] = pa.Field(str_startswith="KE")

    with pytest.raises(
        CannotDrawError, match=r"^what was made up breaks Own: column code fails str_startswith"
    ):
        draw_table(Own, rows=5, seed=1)

    class Raising(pa.DataFrameModel):
        code: Series[str]

        @pa.dataframe_parser
        def parse(cls, table: pd.DataFrame) -> pd.DataFrame:  # noqa: N805
            raise RuntimeError("no way")

    with pytest.raises(CannotDrawError, match="no way"):
        draw_table(Raising, rows=5, seed=1)


def test_bytes_and_pages_are_examples_as_json(store: Store) -> None:
    built_in = registry.installed()
    options = ["width=3", "height=3", "dpi=50"]
    picture = make_example(built_in.find("save_map_image"), built_in, options, rows=10, seed=1)
    assert picture.origin == "save_map_image(simulated observations)"
    assert list(json.loads(picture.example.data)) == ["$bytes"]
    assert picture.example.read(store).startswith(b"\x89PNG")


class Start(pa.DataFrameModel):
    thing: Series[object]


class Middle(pa.DataFrameModel):
    thing: Series[object]
    n: Series[int]


class Loose(pa.DataFrameModel):
    fixtime: Series[UtcTime]


@distributed
def begin() -> DataFrame[Start]:
    """Begin."""
    return pd.DataFrame({"thing": pd.Series(["a"], dtype=object)})


@distributed
def go_on(start: DataFrame[Start]) -> DataFrame[Middle]:
    """Go on."""
    return start.assign(n=1)


@distributed
def filter_middle(middle: DataFrame[Middle]) -> DataFrame[Middle]:
    """Give as much as is given."""
    return middle


@distributed
def end(
    middle: Annotated[DataFrame[Middle], Field(description="It.")],
    keyed: dict[str, list[tuple[tuple[Literal["k"], int], DataFrame[Start]]]],
) -> list[Any]:
    """End."""
    return [len(middle), [[pair[0] for pair in pairs] for pairs in keyed.values()], list(keyed)]


@distributed
def never(loose: DataFrame[Loose], impossible: DataFrame[Middle]) -> DataFrame[Loose]:
    """Need what there is not."""
    return loose


@distributed
def count_loose(loose: DataFrame[Loose]) -> int:
    """Count."""
    return len(loose)


@distributed
def by_class(tables: dict[frozenset[str], AnyDataFrame]) -> int:
    """Take tables by odd keys."""
    return len(tables)


def made(task: Any, *others: Any, rows: int = 5) -> Any:
    found = registry.Registry([registry.RegisteredTask(one, "swift") for one in (task, *others)])
    return make_example(task, found, rows=rows, seed=1)


def test_tables_come_by_the_shortest_way_into_every_place(store: Store) -> None:
    found = made(end, filter_middle, go_on, begin)
    assert found.origin == "end(go_on(begin()), begin())"
    assert found.example.read(store) == [1, [[("k", 1)]], ["all"]]


def test_observations_stand_in_where_what_computes_such_tables_cannot_run(store: Store) -> None:
    assert made(count_loose).origin == "count_loose(simulated observations)"
    found = made(count_loose, never)
    assert found.origin == "count_loose(simulated observations)"
    assert found.example.read(store) == 5


def test_a_circle_of_tasks_ends() -> None:
    copies = [
        Task(type(one)(one.__code__, one.__globals__, f"filter_{number}"))
        for number in range(30)
        for one in [filter_middle.function]
    ]
    for copy in copies:
        copy.function.__annotations__ = filter_middle.function.__annotations__
    with pytest.raises(ProblemError, match="nothing gives the table for 'middle' of task 'filter_middle'"):
        made(filter_middle, *copies)


def test_a_key_that_cannot_be_made_up() -> None:
    with pytest.raises(ProblemError, match=r"a key of the type frozenset.* cannot be made up"):
        made(by_class)
