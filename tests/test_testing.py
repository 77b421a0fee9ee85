"""``check_task``: the built-in tasks pass, and every mistake has its message."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Any, Literal

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.typing.pandas import Series
from pydantic import BaseModel, Field, WithJsonSchema

from ecoflows import registry
from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame, DataFrame, Html, Text
from ecoflows.decorators import Task, distributed
from ecoflows.errors import EcoflowsError, ProblemError, TaskDefinitionError
from ecoflows.store import Store
from ecoflows.testing import TaskCheckError, check_task
from support import write_package

BUILT_IN = [found.task for found in registry.installed().all() if found.package == "ecoflows"]


class GoodSchema(pa.DataFrameModel):
    """Speeds."""

    speed: Series[float] = pa.Field(description="Speed (km/h).")


class BadSchema(pa.DataFrameModel):
    """Speeds with a column that nobody knows."""

    speed: Series[float] = pa.Field(description="Speed (km/h).")
    junk: Series[bool]
    subject: Series[Text] = pa.Field(description=" ")


class Opaque:
    """What JSON knows nothing of."""


class Style(BaseModel):
    """Its default is nothing that JSON can say."""

    size: float = float("nan")
    of: Annotated[Any, Field(description="Anything.")] = object()


@distributed
def good(
    speeds: Annotated[DataFrame[GoodSchema], Field(description="The speeds.")],
    tables: Annotated[list[AnyGeoDataFrame | None], Field(description="Any tables.")],
    limit: Annotated[float, Field(description="The limit (km/h).", gt=0)] = 2.0,
    style: Annotated[Style | None, Field(description="The style.")] = None,
    opaque: Annotated[Opaque | None, Field(description="Opaque."), WithJsonSchema({"type": "null"})] = None,
) -> list[tuple[str, DataFrame[GoodSchema]]]:
    """Keep what is above a limit.

    More about it, in two lines
    of text: it goes on.

    Args:
        speeds: The speeds,
            one per row: in any order.
        tables (list): The tables.
        limit (float, optional): The limit (km/h).
        style:
            The style.
        opaque: Nothing.

    Returns:
        What is above.

    Raises:
        ValueError: If nothing is.
    """
    return []


@distributed
def quiet() -> None:
    """Do nothing."""


def described(text: str) -> Any:
    """An annotation's description."""
    return Field(description=text)


@distributed
def not_annotated(x, y: Annotated[Nowhere, described("Y.")], *more: int):  # noqa: F821  # the point
    """Take anything."""


@distributed
def without_docstring(limit: Annotated[int, described("The limit.")]) -> int:
    return limit


@distributed
def hasty(
    limit: Annotated[int, described("The limit.")], size: Annotated[int, described("The size.")]
) -> int:
    """gives the limit

    Args:
        limits: The limit.
        size:
        size: The size
        the size - as a number
        a long name for a thing: it is none
    """
    return limit


@distributed
def laconic(limit: Annotated[int, described("The limit.")]) -> None:
    """Take a limit.

    Args:
        limit:
    """


@distributed
def no_sections(limit: Annotated[int, described("The limit.")]) -> int:
    """Give the limit."""
    return limit


@distributed
def needless() -> int:
    """Give a number.

    Args:
        limit: The limit.

    Returns:
    """
    return 1


@distributed
def plain_tables(
    one: Annotated[pd.DataFrame, described("One.")],
    two: Annotated[list[gpd.GeoDataFrame | None], described("Two.")],
    three: Annotated[DataFrame, described("Three.")],
    four: Annotated[Literal["x"], described("Four.")] = "x",
) -> pa.typing.DataFrame[GoodSchema]:
    """Take tables.

    Args:
        one: One.
        two: Two.
        three: Three.
        four: Four.

    Returns:
        A table.
    """
    return one


@distributed
def columns(
    one: Annotated[DataFrame[BadSchema] | None, described("One.")],
    two: Annotated[dict[str, DataFrame[BadSchema]], described("Two.")],
) -> DataFrame[GoodSchema]:
    """Take tables.

    Args:
        one: One.
        two: Two.

    Returns:
        A table.
    """
    return one


@distributed
def values(
    limit: Annotated[int, Field(gt=0)] = 0,
    names: Annotated[list[int], described("  ")] = [1, "x", "y"],  # type: ignore[list-item]  # noqa: B006
    opaque: Annotated[Opaque | None, described("Opaque.")] = None,
    table: Annotated[AnyDataFrame | None, described("A table.")] = "none",
) -> Html:
    """Take values.

    Args:
        limit: The limit.
        names: The names.
        opaque: Opaque.
        table: A table.

    Returns:
        A page.
    """
    return ""


@distributed
def default_in_field(limit: Annotated[int, Field(default=3, description="The limit.")]) -> DataFrame[int]:
    """Take a limit.

    Args:
        limit: The limit.

    Returns:
        A table.
    """


BAD: dict[Task[..., Any], list[tuple[str, str, str | None]]] = {
    not_annotated: [
        (
            "task-parameter",
            "parameter 'x' of task 'not_annotated' has no annotation",
            "write 'x: Annotated[..., Field(description=\"...\")]'",
        ),
        (
            "task-parameter",
            "the annotations of task 'not_annotated' cannot be read: name 'Nowhere' is not defined",
            None,
        ),
        (
            "task-parameter",
            (
                "task 'not_annotated' takes '*more: 'int'', which a spec cannot name; "
                "give every argument a name of its own"
            ),
            None,
        ),
        (
            "task-return",
            "task 'not_annotated' has no return annotation",
            "write '-> ...' with what it returns, None included",
        ),
        (
            "task-docstring",
            "the docstring of task 'not_annotated' has no 'Args:'",
            "add 'Args:' with a line for each of x, y, more",
        ),
        (
            "task-docstring",
            "the docstring of task 'not_annotated' does not say what it returns",
            "add 'Returns:' with the value below it, indented",
        ),
    ],
    without_docstring: [
        (
            "task-docstring",
            "task 'without_docstring' has no docstring",
            "write one, with a first line that is a sentence",
        ),
    ],
    hasty: [
        (
            "task-docstring",
            "the docstring of task 'hasty' begins with 'gives the limit', which is no sentence",
            "begin with a line that has a capital letter at its start and a full stop at its end",
        ),
        *(
            (
                "task-docstring",
                f"'Args:' of task 'hasty' has the line '{line}', which begins no entry",
                "write 'name: what it is', and indent what follows",
            )
            for line in ("the size - as a number", "a long name for a thing: it is none")
        ),
        (
            "task-docstring",
            "'Args:' of task 'hasty' has 'limits', which is no parameter",
            "did you mean 'limit'?",
        ),
        ("task-docstring", "'Args:' of task 'hasty' has 'size' twice", "keep one of them"),
        (
            "task-docstring",
            "'Args:' of task 'hasty' lacks parameter 'limit'",
            "add 'limit: what it is'",
        ),
        (
            "task-docstring",
            "the docstring of task 'hasty' does not say what it returns",
            "add 'Returns:' with the value below it, indented",
        ),
    ],
    laconic: [
        (
            "task-docstring",
            "'Args:' of task 'laconic' says nothing of parameter 'limit'",
            "write 'limit: what it is'",
        ),
    ],
    no_sections: [
        (
            "task-docstring",
            "the docstring of task 'no_sections' has no 'Args:'",
            "add 'Args:' with a line for each of limit",
        ),
        (
            "task-docstring",
            "the docstring of task 'no_sections' does not say what it returns",
            "add 'Returns:' with the value below it, indented",
        ),
    ],
    needless: [
        (
            "task-docstring",
            "'Args:' of task 'needless' has 'limit', which is no parameter",
            "take it out",
        ),
        (
            "task-docstring",
            "the docstring of task 'needless' does not say what it returns",
            "add 'Returns:' with the value below it, indented",
        ),
    ],
    plain_tables: [
        (
            "task-schema",
            (
                f"{subject} of task 'plain_tables' is a table without a schema: "
                f"{shown} does not say which columns there are"
            ),
            (
                f"write DataFrame[Model] with a pandera model, or {instead} where any table will do; "
                "both are in ecoflows.annotations"
            ),
        )
        for subject, shown, instead in (
            ("parameter 'one'", "pandas.DataFrame", "AnyDataFrame"),
            ("parameter 'two'", "geopandas.GeoDataFrame", "AnyGeoDataFrame"),
            ("parameter 'three'", "DataFrame", "AnyDataFrame"),
            ("the return value", "pandera.DataFrame", "AnyDataFrame"),
        )
    ],
    columns: [
        (
            "task-description",
            f"parameter 'one' of task 'columns': the column '{name}' of BadSchema has no description",
            f"write '{name}: Series[...] = pa.Field(description=\"...\")'",
        )
        for name in ("junk", "subject")
    ],
    values: [
        (
            "task-description",
            "parameter 'limit' of task 'values' has no description",
            "write 'limit: Annotated[..., Field(description=\"...\")]'",
        ),
        (
            "task-default",
            (
                "parameter 'limit' of task 'values' has the default 0, which is not valid: "
                "Input should be greater than 0"
            ),
            "change the default, or what the annotation allows",
        ),
        (
            "task-description",
            "parameter 'names' of task 'values' has no description",
            "write 'names: Annotated[..., Field(description=\"...\")]'",
        ),
        (
            "task-default",
            (
                "parameter 'names' of task 'values' has the default [1, 'x', 'y'], which is not valid: "
                "1: Input should be a valid integer, unable to parse string as an integer; "
                "2: Input should be a valid integer, unable to parse string as an integer"
            ),
            "change the default, or what the annotation allows",
        ),
        (
            "task-json-schema",
            (
                "parameter 'opaque' of task 'values' has no JSON Schema: "
                "Cannot generate a JsonSchema for core_schema.IsInstanceSchema "
                f"(<class '{__name__}.Opaque'>)"
            ),
            "take types that JSON knows or a pydantic model, or add WithJsonSchema({...}) to Annotated",
        ),
        (
            "task-default",
            (
                "parameter 'table' of task 'values' has the default 'none', which is not valid: "
                "a table is expected here, not str"
            ),
            "change the default, or what the annotation allows",
        ),
    ],
    default_in_field: [
        (
            "task-parameter",
            (
                "parameter 'limit' of task 'default_in_field' has its default in Field(...); "
                "write 'limit: Annotated[..., Field(...)] = default'"
            ),
            None,
        ),
        (
            "task-return",
            (
                "the return value of task 'default_in_field': the annotation "
                "ecoflows.annotations.DataFrame[int] cannot be used: "
                "DataFrame[...] takes a pandera DataFrameModel or Any, not <class 'int'>"
            ),
            None,
        ),
    ],
}


@pytest.mark.parametrize("task", BUILT_IN, ids=lambda task: task.name)
def test_every_built_in_task_passes(task: Task[..., Any]) -> None:
    check_task(task)


def test_there_are_built_in_tasks() -> None:
    assert len(BUILT_IN) >= 9


@pytest.mark.parametrize("task", [good, quiet], ids=lambda task: task.name)
def test_a_good_task_passes(task: Task[..., Any]) -> None:
    check_task(task)


@pytest.mark.parametrize(("task", "expected"), BAD.items(), ids=lambda item: getattr(item, "name", ""))
def test_a_bad_task(task: Task[..., Any], expected: list[tuple[str, str, str | None]]) -> None:
    with pytest.raises(TaskCheckError) as raised:
        check_task(task)
    assert [(found.code, found.message, found.hint) for found in raised.value.problems] == expected


def test_all_findings_are_in_the_text_with_their_place() -> None:
    with pytest.raises(TaskCheckError) as raised:
        check_task(no_sections)
    assert str(raised.value) == (
        f"{no_sections.location}: error[task-docstring]: "
        "the docstring of task 'no_sections' has no 'Args:'\n"
        "  = add 'Args:' with a line for each of limit\n"
        f"{no_sections.location}: error[task-docstring]: "
        "the docstring of task 'no_sections' does not say what it returns\n"
        "  = add 'Returns:' with the value below it, indented"
    )
    assert isinstance(raised.value, ProblemError)
    assert isinstance(raised.value, TaskDefinitionError)


def test_a_function_that_is_no_task() -> None:
    with pytest.raises(TaskDefinitionError, match="check_task takes a task, which @distributed makes"):
        check_task(described)  # type: ignore[arg-type]
    assert issubclass(TaskCheckError, EcoflowsError)


def test_what_a_closure_holds_does_not_matter() -> None:
    step = 3

    @distributed
    def shifted(x: Annotated[int, described("A number.")]) -> int:
        """Add a step.

        Args:
            x: A number.

        Returns:
            A larger one.
        """
        return x + step

    check_task(shifted)
    assert shifted(1) == 4


EXAMPLES = """
    from __future__ import annotations

    import pandera.pandas as pa
    from pandera.typing.pandas import Series
    from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame, DataFrame
    from ecoflows.decorators import distributed

    class SpeedSchema(pa.DataFrameModel):
        speed: Series[float] = pa.Field(ge=0, description="Speed (km/h).")

    class Text(str):
        pass

    @distributed
    def speeds() -> DataFrame[SpeedSchema]:
        '''Give speeds.

        Returns:
            Speeds.
        '''

    @distributed
    def places() -> AnyGeoDataFrame:
        '''Give places.

        Returns:
            Places.
        '''

    @distributed
    def pairs() -> list[tuple[str, int]]:
        '''Give pairs.

        Returns:
            Pairs.
        '''

    @distributed
    def anything() -> object:
        '''Give anything.

        Returns:
            Anything.
        '''
"""


@pytest.fixture(params=["in_a_package", "at_the_top"])
def examples(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, registry.Registry]]:
    """Where examples go, and the tasks that they are of."""
    monkeypatch.syspath_prepend(tmp_path)
    write_package(tmp_path, "wild", {"tasks.py": EXAMPLES})
    name = "wild.tasks"
    if request.param == "at_the_top":
        name = "lonely_tasks"
        (tmp_path / "wild" / "tasks.py").rename(tmp_path / "lonely_tasks.py")
    found = registry.discover([EntryPoint("tasks", name, registry.GROUP)])
    assert found.broken == ()
    yield tmp_path if request.param == "at_the_top" else tmp_path / "wild", found
    for module in {"wild", name} & set(sys.modules):
        del sys.modules[module]


def messages(task: Task[..., Any]) -> list[str]:
    with pytest.raises(TaskCheckError) as raised:
        check_task(task)
    assert {found.code for found in raised.value.problems} == {"task-example"}
    return [found.message for found in raised.value.problems]


def test_examples_of_tables(examples: tuple[Path, registry.Registry], tmp_path: Path) -> None:
    folder, found = examples
    file = folder / "speeds.example-return.parquet"
    subject = "the example speeds.example-return.parquet of what task 'speeds' returns"
    pd.DataFrame({"speed": [1.0, 2.0]}).to_parquet(file)
    check_task(found.find("speeds"))
    file.write_bytes(Store(tmp_path / "store").read_bytes(stored(tmp_path, pd.DataFrame({"speed": [1.0]}))))
    check_task(found.find("speeds"))

    pd.DataFrame({"speed": [1.0, -2.0]}).to_parquet(file)
    assert messages(found.find("speeds")) == [
        (
            f"{subject} does not fit the return annotation: the table breaks SpeedSchema: "
            "- column speed fails greater_than_or_equal_to(0) in 1 of 2 rows: -2.0"
        )
    ]
    file.write_bytes(b"PAR")
    (message,) = messages(found.find("speeds"))
    assert message.startswith(f"{subject} cannot be read: ")


def stored(folder: Path, value: Any) -> Any:
    return Store(folder / "store").save(value)


def test_examples_of_tables_with_geometries(examples: tuple[Path, registry.Registry], tmp_path: Path) -> None:
    folder, found = examples
    file = folder / "places.example-return.parquet"
    points = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([1], [2]), crs="EPSG:4326")
    points.to_parquet(file)
    check_task(found.find("places"))
    file.write_bytes(Store(tmp_path / "store").read_bytes(stored(tmp_path, points)))
    check_task(found.find("places"))
    pd.DataFrame({"n": [1]}).to_parquet(file)
    assert messages(found.find("places")) == [
        (
            "the example places.example-return.parquet of what task 'places' returns does not fit the return "
            "annotation: a table with geometries (GeoDataFrame) is expected here, this one has none"
        )
    ]


def test_examples_in_json(examples: tuple[Path, registry.Registry], tmp_path: Path) -> None:
    folder, found = examples
    file = folder / "pairs.example-return.json"
    file.write_text('[["a", 1], ["b", 2]]')
    check_task(found.find("pairs"))
    file.write_bytes(Store(tmp_path / "store").read_bytes(stored(tmp_path, [("a", 1)])))
    check_task(found.find("pairs"))
    file.write_text('[["a", "x"]]')
    subject = "the example pairs.example-return.json of what task 'pairs' returns"
    assert messages(found.find("pairs")) == [
        (
            f"{subject} does not fit the return annotation: "
            "0.1: Input should be a valid integer, unable to parse string as an integer"
        )
    ]
    file.write_text("[")
    assert messages(found.find("pairs")) == [
        f"{subject} cannot be read: Expecting value: line 1 column 2 (char 1)"
    ]


def test_an_example_that_cannot_be_stored(
    examples: tuple[Path, registry.Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = examples
    (folder / "anything.example-return.json").write_text('{"$path": "x"}')
    task = found.find("anything")
    monkeypatch.setattr("ecoflows.examples.decode", lambda data: object())
    assert messages(task) == [
        (
            "the example anything.example-return.json of what task 'anything' returns cannot be stored: a "
            "value of type object cannot be stored: there is no format for it; return a table, an array, "
            "text, numbers, lists and dicts of those, or a dataclass or pydantic model that holds them"
        )
    ]
