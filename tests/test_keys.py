"""Cache keys: what makes two calls one, and what keeps them apart."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError

import sample_tasks
from ecoflows.annotations import AnyDataFrame, DataFrame, Html
from ecoflows.decorators import Task, distributed
from ecoflows.errors import SerializationError
from ecoflows.keys import CacheKey, artifacts_in, cache_key, type_name
from ecoflows.store import Artifact, Store


class Style(BaseModel):
    """How to draw."""

    width: float = 1.0
    color: str = "red"


class Unit(Enum):
    """A unit."""

    METER = "m"


@distributed
def density(
    x: float,
    count: int = 1,
    shares: list[float] = [50.0],  # noqa: B006
    style: Style | None = None,
    unit: Unit = Unit.METER,
    since: datetime | None = None,
    path: Path = Path("here"),
    either: float = 1,
) -> float:
    """Take arguments of every kind."""
    return x


@distributed
def untyped_default(x: int = None) -> int:  # type: ignore[assignment]  # noqa: RUF013
    """Have a default that is not of the type."""
    return 1


def key(task: Task[..., Any], **arguments: Any) -> str:
    return cache_key(task, arguments).key


def artifact(digest: str = "a", kind: str = "dataframe") -> Artifact:
    return Artifact(path=f"artifacts/{digest * 64}.parquet", sha256=digest * 64, type=kind, bytes=1)


def test_a_key_has_its_parts() -> None:
    found = cache_key(sample_tasks.draw_ecomap, {"geodataframe": artifact("b"), "title": "Mara"})
    assert isinstance(found, CacheKey)
    assert len(found.key) == 64
    assert len(found.code) == 64
    assert found.inputs == {"geodataframe": "b" * 64}
    assert found.arguments["geodataframe"] == {"$artifact": "b" * 64}
    assert found.arguments["title"] == "Mara"
    assert found.arguments["height"] == "100%"
    assert list(found.arguments) == list(sample_tasks.draw_ecomap.parameters)
    assert found.return_type == "str"


@pytest.mark.parametrize("value", [10, 10.0, "10", "1e1", True * 10])
def test_equal_numbers_are_one_key_however_they_are_written(value: Any) -> None:
    assert key(density, x=value) == key(density, x=10.0)


def test_the_order_of_arguments_does_not_matter() -> None:
    assert key(density, x=1, count=2) == key(density, count=2, x=1)


def test_an_explicit_default_equals_an_omitted_one() -> None:
    defaults = {"count": 1, "shares": [50], "style": None, "unit": "m", "since": None, "path": "here"}
    assert key(density, x=1) == key(density, x=1, **defaults)
    for name, value in defaults.items():
        assert key(density, x=1) == key(density, x=1, **{name: value})


@pytest.mark.parametrize(
    "change",
    [{"x": 2}, {"count": 2}, {"shares": [50, 95]}, {"shares": []}, {"style": {}}, {"style": {"width": 2}},
     {"since": "2024-01-01"}, {"path": "there"}, {"x": float("nan")}, {"x": float("inf")}, {"x": -0.5}],
    ids=str,
)  # fmt: skip
def test_another_argument_is_another_key(change: dict[str, Any]) -> None:
    assert key(density, **{"x": 1, **change}) != key(density, x=1)


def test_models_and_their_mappings_are_one_key() -> None:
    assert key(density, x=1, style=Style(width=2)) == key(density, x=1, style={"width": 2})
    assert key(density, x=1, since="2024-01-01T00:00") == key(density, x=1, since=datetime(2024, 1, 1))  # noqa: DTZ001


def test_nan_is_equal_to_itself() -> None:
    assert key(density, x=float("nan")) == key(density, x=".nan".replace(".", ""))


def test_an_input_counts_by_its_content() -> None:
    draw = sample_tasks.draw_ecomap
    assert key(draw, geodataframe=artifact("a")) == key(draw, geodataframe=artifact("a"))
    assert key(draw, geodataframe=artifact("a")) != key(draw, geodataframe=artifact("b"))
    merge = sample_tasks.merge_tables
    assert key(merge, tables=[artifact("a"), artifact("b")]) != key(
        merge, tables=[artifact("b"), artifact("a")]
    )


def test_equal_bytes_of_another_type_are_another_input() -> None:
    """``12`` is a text as HTML and a number as JSON."""

    @distributed
    def show(value: Any) -> str:
        return repr(value)

    assert key(show, value=artifact(kind="text/html")) != key(show, value=artifact(kind="json"))


def test_a_mapping_that_looks_like_an_artifact_is_none() -> None:
    @distributed
    def show(value: Any) -> str:
        return repr(value)

    assert key(show, value=artifact("a")) != key(show, value={"$artifact": "a" * 64})


def test_artifacts_are_found_at_any_depth() -> None:
    one, two = artifact("a"), artifact("b")
    assert list(artifacts_in({"x": [one, (1, {"y": two})]}, "layers")) == [
        ("layers.x[0]", one),
        ("layers.x[1][1].y", two),
    ]


def test_equal_frames_written_twice_are_one_input(tmp_path: Path) -> None:
    """Prefect hashes frames in memory, which differ after a round trip (trap 2)."""
    store = Store(tmp_path)
    frame = pd.DataFrame({"x": [1.0, 2.0], "s": ["a", "b"]})
    first = store.save(frame, AnyDataFrame)
    second = store.save(store.load(first), AnyDataFrame)
    assert key(sample_tasks.compare, frame=first) == key(sample_tasks.compare, frame=second)


def test_a_wrong_argument_is_refused() -> None:
    with pytest.raises(ValidationError):
        key(density, x="many")


def test_a_default_that_is_not_of_its_type_is_a_default_all_the_same() -> None:
    assert key(untyped_default) == key(untyped_default)
    assert key(untyped_default) != key(untyped_default, x=1)
    with pytest.raises(ValidationError):
        key(untyped_default, x=None)


# The wrong-cache traps of Prefect's own policies (reference/prefect.md, "Caching and results", 1).


def statistic(function: Callable[[list[float]], float]) -> Task[..., float]:
    def wrapper(values: list[float]) -> float:
        return function(values)

    return distributed(wrapper)


def wrapped_statistic(function: Callable[[list[float]], float]) -> Task[..., float]:
    @functools.wraps(function)
    def wrapper(values: list[float]) -> float:
        return function(values)

    wrapper.__qualname__ = wrapper.__name__ = "statistic"
    return distributed(wrapper)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def maximum(values: list[float]) -> float:
    return max(values)


@pytest.mark.parametrize("wrap", [statistic, wrapped_statistic])
def test_functions_under_one_wrapper_share_no_key(wrap: Callable[..., Task[..., float]]) -> None:
    one, two = wrap(mean), wrap(maximum)
    assert one.reference == two.reference
    assert key(one, values=[1, 2]) != key(two, values=[1, 2])
    assert key(one, values=[1, 2]) == key(wrap(mean), values=[1, 2])


def test_two_literals_of_one_task_share_no_key() -> None:
    assert key(density, x=1, count=2) != key(density, x=1, count=10)


def test_image_resources_and_tags_do_not_count() -> None:
    plain = distributed(mean)
    loaded = distributed(image="b:2", tags=["io"], container_resources={"request_cpu": 1})(mean)
    assert key(plain, values=[1]) == key(loaded, values=[1])


def test_the_return_type_counts() -> None:
    def make(annotation: Any) -> Task[..., Any]:
        def task(x: int) -> Any:
            return x

        task.__annotations__["return"] = annotation
        return distributed(task)

    assert len({key(make(annotation), x=1) for annotation in (int, float, list[int], list[float], Any)}) == 5


@given(st.dictionaries(st.sampled_from(["count", "either"]), st.integers(-(10**6), 10**6)), st.floats())
def test_keys_are_a_function_of_values(arguments: dict[str, int], x: float) -> None:
    one = cache_key(density, {"x": x, **arguments})
    two = cache_key(density, {**dict(reversed(arguments.items())), "x": x})
    assert one == two


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (None | int, "None | int"),
        (int | None, "int | None"),
        (list[float | None], "list[float | None]"),
        (Annotated[dict[str, int], "x"], "dict[str, int]"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Html, "str"),
        (Any, "Any"),
        (DataFrame[sample_tasks.FixesSchema], "DataFrame[FixesSchema]"),
        (AnyDataFrame, "DataFrame[Any]"),
        (tuple[int, ...], "tuple[int, ...]"),
    ],
)
def test_types_by_name(annotation: Any, name: str) -> None:
    assert type_name(annotation) == name


def test_a_value_that_cannot_be_written_down_is_named() -> None:
    @distributed
    def keep(token: SecretStr) -> int:
        return 1

    with pytest.raises(SerializationError, match="the argument 'token' cannot be part of a key"):
        cache_key(keep, {"token": "hush"})
