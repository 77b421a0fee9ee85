"""``@distributed`` and what it reads from a function."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Annotated, Any

import pytest
from pydantic import Field

from ecoflows.annotations import AnyDataFrame, DataFrame
from ecoflows.decorators import REQUIRED, Task, distributed
from ecoflows.errors import TaskDefinitionError
from ecoflows.resources import ContainerResources


@distributed
def bare(number: Annotated[int, Field(description="How many.", ge=0)], word: str = "x") -> str:
    """Repeat a word.

    More about it.
    """
    return word * number


@distributed(
    image="registry/tasks:1",
    container_resources={"request_cpu": "1", "limit_memory": "2Gi"},
    tags=["io", "slow"],
)
def full() -> None:
    """Do nothing."""


def test_bare_task_still_calls_like_the_function() -> None:
    assert isinstance(bare, Task)
    assert bare(2) == "xx"
    assert bare(number=1, word="ab") == "ab"
    with pytest.raises(TypeError):
        bare()  # type: ignore[call-arg]


def test_a_task_says_what_it_is() -> None:
    assert (bare.name, bare.module, bare.reference) == ("bare", __name__, f"{__name__}:bare")
    assert bare.description == "Repeat a word."
    assert bare.docstring == "Repeat a word.\n\nMore about it."
    assert (bare.image, bare.container_resources, bare.tags, bare.is_io) == (None, None, (), False)
    file, _, line = bare.location.rpartition(":")
    assert file == __file__
    assert line.isdigit()


def test_options_of_the_decorator() -> None:
    assert full.image == "registry/tasks:1"
    assert full.container_resources == ContainerResources.model_validate(
        {"requests": {"cpu": "1"}, "limits": {"memory": "2Gi"}}
    )
    assert full.tags == ("io", "slow")
    assert full.is_io
    assert distributed()(lambda: None).tags == ()


def test_a_task_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        bare.image = "other"  # type: ignore[misc]
    assert bare == dataclasses.replace(bare)
    assert hash(bare) == hash(dataclasses.replace(bare))


def test_parameters_are_introspected_once() -> None:
    assert bare.parameters is bare.parameters
    number, word = bare.parameters.values()
    assert (number.name, number.required, number.default, number.description) == (
        "number",
        True,
        REQUIRED,
        "How many.",
    )
    assert (word.required, word.default, word.description) == (False, "x", None)
    assert number.adapter is number.adapter
    assert number.adapter.validate_python("3") == 3
    assert bare.returns is str
    assert bare.return_adapter.validate_python("a") == "a"


def test_none_is_a_return_annotation() -> None:
    assert full.returns is type(None)


class Client:
    """A class that pydantic does not know."""


def test_classes_that_pydantic_does_not_know_are_checked_by_instance() -> None:
    @distributed
    def ask(client: Client) -> Client:
        return client

    client = Client()
    assert ask.parameters["client"].adapter.validate_python(client) is client
    with pytest.raises(ValueError, match="instance of Client"):
        ask.parameters["client"].adapter.validate_python("x")


def test_refused_on_what_is_no_plain_function() -> None:
    async def coroutine() -> None: ...
    def generator() -> Any:
        yield 1

    async def async_generator() -> Any:
        yield 1

    class Thing:
        pass

    for target in (coroutine, generator, async_generator):
        with pytest.raises(TaskDefinitionError, match="coroutine or a generator"):
            distributed(target)
    for other in (Thing, len, "image", 5):
        with pytest.raises(TaskDefinitionError, match="goes on a function"):
            distributed(other)  # type: ignore[call-overload]
    with pytest.raises(TaskDefinitionError, match="decorated with @distributed twice"):
        distributed(bare)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tags": "io"}, "tags is a list of words, not 'io'"),
        ({"tags": None}, "tags is a list of words"),
        ({"tags": 5}, "tags is a list of words"),
        ({"tags": ["io", 1]}, "tags is a list of words"),
        ({"tags": [" "]}, "tags is a list of words"),
        ({"image": " "}, "image is the name of a container image"),
        ({"image": 5}, "image is the name of a container image"),
        ({"container_resources": {"request_cpu": "2", "limit_cpu": "1"}}, "cpu request 2 is above"),
        ({"container_resources": {"requests": {"gpu": 1}}}, "requests.gpu: this key is not known"),
        ({"container_resources": {"requests": {"cpu": True}}}, "requests.cpu: a quantity such as"),
        ({"container_resources": 5}, "container_resources: a mapping such as"),
    ],
)
def test_options_are_validated_where_they_stand(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskDefinitionError, match=message) as raised:

        @distributed(**options)
        def task() -> None: ...

    assert str(raised.value).startswith(f"{__file__}:")


def definition_error(function: Any) -> str:
    with pytest.raises(TaskDefinitionError) as raised:
        distributed(function).check()
    assert str(raised.value).startswith(f"{__file__}:")
    return str(raised.value)


def test_signatures_that_no_spec_could_use() -> None:
    def unannotated(x) -> int: ...  # type: ignore[no-untyped-def, empty-body]
    def no_return(x: int): ...  # type: ignore[no-untyped-def]
    def open_list(*xs: int) -> int: ...  # type: ignore[empty-body]
    def open_names(**xs: int) -> int: ...  # type: ignore[empty-body]
    def nameless(x: int, /) -> int: ...  # type: ignore[empty-body]
    def unknown(x: Nowhere) -> int: ...  # type: ignore[name-defined, empty-body]  # noqa: F821
    def bad_frame(x: DataFrame[int]) -> int: ...  # type: ignore[type-var, empty-body]
    def bad_return(x: int) -> DataFrame[dict]: ...  # type: ignore[type-arg, empty-body]

    assert "parameter 'x' of task 'unannotated' has no annotation" in definition_error(unannotated)
    assert "task 'no_return' has no return annotation" in definition_error(no_return)
    assert "takes '*xs: " in definition_error(open_list)
    assert "takes '**xs: " in definition_error(open_names)
    assert "takes 'x: " in definition_error(nameless)
    assert "the annotations of task 'unknown' cannot be read" in definition_error(unknown)
    assert "parameter 'x': the annotation" in definition_error(bad_frame)
    assert "takes a pandera DataFrameModel" in definition_error(bad_frame)
    assert "the return value: the annotation" in definition_error(bad_return)


def test_defaults_inside_field_are_refused() -> None:
    """Python would hand the Field itself to the function."""

    def as_value(x: int = Field(default=3)) -> int: ...  # type: ignore[empty-body]
    def in_annotation(x: Annotated[int, Field(default=3)]) -> int: ...  # type: ignore[empty-body]
    def factory(x: Annotated[list[int], Field(default_factory=list)]) -> int: ...  # type: ignore[empty-body]

    for function in (as_value, in_annotation, factory):
        assert "has its default in Field(...)" in definition_error(function)


def test_definition_problems_come_when_asked_not_at_import() -> None:
    @distributed
    def unannotated(x) -> int:  # type: ignore[no-untyped-def]
        return x  # type: ignore[no-any-return]

    assert unannotated(3) == 3


@pytest.mark.parametrize("module", ["sample_tasks", "ecoflows.tasks.results.ecomap", "ecoflows.registry"])
def test_importing_tasks_imports_no_heavy_library(module: str) -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import {module}; "
        "print([name for name in ('geopandas', 'shapely', 'matplotlib', 'prefect') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frames_are_annotations_too() -> None:
    @distributed
    def count(frame: AnyDataFrame) -> int:
        return len(frame)

    count.check()
