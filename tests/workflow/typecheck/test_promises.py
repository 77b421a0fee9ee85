"""What marks, parameters' schemas and odd annotations must not make the checker believe."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Annotated, Any, Generic, List, Protocol, TypeVar, runtime_checkable  # noqa: UP035  # as people write

import pandera.pandas as pa
import pytest
from pandera.typing import Series
from pydantic import BaseModel, RootModel, StringConstraints

from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame, DataFrame, GeoDataFrame, Geometry
from ecoflows.decorators import Task, distributed
from ecoflows.effects import Adds, Drops, Keeps, NothingElse, PassesThrough, Renames
from ecoflows.errors import TaskDefinitionError
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.workflow.typecheck import check_edges
from support import workflow_of

T = TypeVar("T")


class Numbers(pa.DataFrameModel):
    """Whole numbers."""

    x: Series[int]


class AsText(pa.DataFrameModel):
    """Anything, made text."""

    x: Series[str] = pa.Field(coerce=True)


class Texts(pa.DataFrameModel):
    """Texts."""

    x: Series[str]


class Both(pa.DataFrameModel):
    """Two columns."""

    x: Series[int]
    y: Series[int]


class Places(pa.DataFrameModel):
    """Numbers with places."""

    x: Series[int]
    geometry: Series[Geometry]


class Holder(BaseModel):
    """A model that holds a table."""

    model_config = {"arbitrary_types_allowed": True}
    a: AnyDataFrame


class Tables(RootModel[list[AnyDataFrame]]):
    """A list of tables as a model."""


class Box(BaseModel, Generic[T]):
    """A generic model."""

    value: T


@runtime_checkable
class HasColumns(Protocol):
    """Whatever has columns."""

    columns: Any


def never(*_values: Any) -> Any:
    raise AssertionError("nothing is run here")


@distributed
def numbers() -> DataFrame[Numbers]:
    """Give numbers."""
    return never()


@distributed
def places() -> GeoDataFrame[Places]:
    """Give places."""
    return never()


@distributed
def tables() -> dict[str, AnyDataFrame]:
    """Give tables by name."""
    return never()


@distributed
def listed() -> list[AnyDataFrame]:
    """Give tables."""
    return never()


@distributed
def holder() -> Holder:
    """Give a table in a model."""
    return never()


@distributed
def box() -> Box[int]:
    """Give a box."""
    return never()


@distributed
def pair() -> tuple[int, str]:
    """Give a pair."""
    return never()


@distributed
def as_text(df: DataFrame[AsText]) -> Annotated[AnyDataFrame, PassesThrough("df")]:
    """Hand on what the schema has made of it."""
    return never(df)


@distributed
def keep(
    df: AnyDataFrame, columns: list[str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")]:
    """Keep columns."""
    return never(df, columns)


Lower = Annotated[str, StringConstraints(to_lower=True, strip_whitespace=True)]


@distributed
def add(
    df: AnyDataFrame, name: Lower
) -> Annotated[AnyDataFrame, PassesThrough("df"), Adds(argument="name", dtype=int, nullable=False)]:
    """Add a column."""
    return never(df, name)


@distributed
def unpack(value: Holder) -> DataFrame[Numbers]:
    """Take the table out."""
    return never(value)


@distributed
def of_rows(rows: list[dict[str, int]]) -> DataFrame[Numbers]:
    """Make a table of rows."""
    return never(rows)


@distributed
def need_texts(v: DataFrame[Texts]) -> int:
    """Need texts."""
    return never(v)


@distributed
def need_numbers(v: DataFrame[Numbers]) -> int:
    """Need numbers."""
    return never(v)


@distributed
def need_both(v: DataFrame[Both]) -> int:
    """Need two columns."""
    return never(v)


@distributed
def need_geo(v: AnyGeoDataFrame) -> int:
    """Need geometries."""
    return never(v)


@distributed
def need_holder(v: Holder) -> int:
    """Need a model."""
    return never(v)


@distributed
def need_root(v: Tables) -> int:
    """Need a list as a model."""
    return never(v)


@distributed
def need_mapping(v: Mapping) -> int:  # type: ignore[type-arg]  # bare, as people write it
    """Need a mapping."""
    return never(v)


@distributed
def need_sized(v: Sized) -> int:
    """Need anything with a length."""
    return never(v)


@distributed
def need_list(v: List) -> int:  # type: ignore[type-arg]  # noqa: UP006  # bare, as people write it
    """Need a list."""
    return never(v)


@distributed
def need_columns(v: HasColumns) -> int:
    """Need what has columns."""
    return never(v)


@distributed
def need_box(v: Box[float]) -> int:
    """Need a box of another type."""
    return never(v)


@distributed
def two(a: int, b: str) -> int:
    """Take two."""
    return never(a, b)


REGISTRY = Registry([RegisteredTask(value, "here") for value in vars().values() if isinstance(value, Task)])


def verdict(*instances: str) -> str:
    """The verdict on the edge that ends at the last of some instances, each taking the one before."""
    lines = ["name: x", "workflow:"]
    for number, instance in enumerate(instances):
        text = instance.replace("REF", f'"${{{{ workflow.i{number - 1}.return }}}}"')
        lines.append(f"  - {{id: i{number}, {text}}}")
    found = check_edges(workflow_of("\n".join(lines) + "\n", REGISTRY))
    return found[-1].verdict.value


@pytest.mark.parametrize(
    ("instances", "expected"),
    [
        (
            ["task: numbers", "task: as_text, partial: {df: REF}", "task: need_texts, partial: {v: REF}"],
            "proved",
        ),
        (
            ["task: numbers", "task: as_text, partial: {df: REF}", "task: need_numbers, partial: {v: REF}"],
            "refuted",
        ),
        (
            [
                "task: places",
                "task: keep, partial: {df: REF, columns: [x]}",
                "task: need_geo, partial: {v: REF}",
            ],
            "refuted",
        ),
        (
            [
                "task: places",
                "task: keep, partial: {df: REF, columns: [x, geometry]}",
                "task: need_geo, partial: {v: REF}",
            ],
            "proved",
        ),
        (
            [
                "task: numbers",
                "task: add, partial: {df: REF, name: ' Y '}",
                "task: need_both, partial: {v: REF}",
            ],
            "proved",
        ),
        (
            ["task: holder", "task: unpack, partial: {value: REF}", "task: need_both, partial: {v: REF}"],
            "unknown",
        ),
        (["task: of_rows, partial: {rows: [{x: 1, y: 2}]}", "task: need_both, partial: {v: REF}"], "unknown"),
        (["task: numbers", "task: need_both, partial: {v: REF}"], "refuted"),
        (["task: tables", "task: need_holder, partial: {v: REF}"], "unknown"),
        (["task: listed", "task: need_root, partial: {v: REF}"], "unknown"),
        (["task: listed", "task: need_sized, partial: {v: REF}"], "unknown"),
        (["task: tables", "task: need_mapping, partial: {v: REF}"], "unknown"),
        (["task: numbers", "task: need_columns, partial: {v: REF}"], "unknown"),
        (["task: box", "task: need_box, partial: {v: REF}"], "unknown"),
        (["task: pair", "task: two, mapvalues: {argnames: [a, b], argvalues: [[k, REF]]}"], "unknown"),
    ],
)
def test_verdicts(instances: list[str], expected: str) -> None:
    assert verdict(*instances) == expected


def test_bare_generics_are_no_crash() -> None:
    assert verdict("task: listed", "task: need_list, partial: {v: REF}") in ("proved", "unknown")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Drops(["y"]),  # type: ignore[arg-type]  # the mistake
        lambda: Keeps(["x"]),  # type: ignore[arg-type]  # the mistake
        lambda: Renames([("x", "y")]),  # type: ignore[arg-type]  # the mistake
        lambda: Renames(prefixes="extra__"),  # type: ignore[arg-type]  # the mistake
        lambda: Adds(dtype=int),
        lambda: Adds("a", argument="b"),
        lambda: NothingElse(like="["),
        lambda: PassesThrough(None),  # type: ignore[arg-type]  # the mistake
    ],
)
def test_marks_that_say_nothing(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_a_mark_that_names_no_argument() -> None:
    @distributed
    def wrong(df: AnyDataFrame) -> Annotated[AnyDataFrame, PassesThrough("dff")]:
        """Hand on."""
        return df

    with pytest.raises(
        TaskDefinitionError, match=r"names the argument 'dff', which there is not; did you mean 'df'"
    ):
        wrong.check()


def test_a_schema_that_cannot_be_built_is_told() -> None:
    class Bad(pa.DataFrameModel):
        """A schema with a type that there is not."""

        x: Series[Nope]  # type: ignore[name-defined]  # noqa: F821  # the mistake

    @distributed
    def need_bad(v: AnyDataFrame) -> int:
        """Need a table."""
        return never(v)

    from ecoflows.workflow.typecheck.schemas import schema_of

    assert need_bad.name == "need_bad"
    with pytest.raises(TaskDefinitionError, match=r"Bad cannot be built: NameError"):
        schema_of(Bad)
