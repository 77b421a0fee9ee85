"""``@distributed`` makes a task of a typed function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints, overload

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ecoflows.connections.marker import ClientOf, client_marks
from ecoflows.effects import arguments_of
from ecoflows.errors import EcoflowsError, TaskDefinitionError, did_you_mean
from ecoflows.resources import ContainerResources
from ecoflows.skipped import Skipped

P = ParamSpec("P")
R = TypeVar("R")

REQUIRED = inspect.Parameter.empty
"""The ``default`` of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a task.

    Attributes:
        name: The argument's name.
        annotation: The full annotation, ``Annotated`` metadata included.
        default: The default value, or ``REQUIRED``.
        description: What the annotation's ``Field(description=...)`` says.
    """

    name: str
    annotation: Any
    default: Any = REQUIRED
    description: str | None = None

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is REQUIRED

    @property
    def usual(self) -> Any:
        """The default as validation leaves it; one that is not of its type stays as it is."""
        try:
            return self.adapter.validate_python(self.default)
        except (ValidationError, EcoflowsError):
            return self.default

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What validates values for this parameter."""
        return type_adapter(self.annotation)

    @cached_property
    def client(self) -> ClientOf | None:
        """What the task gets in place of the name of a connection, if the annotation says so."""
        return next(client_marks(self.annotation), None)

    @cached_property
    def admits_skipped(self) -> bool:
        """Whether the task says that it can do with ``SKIPPED`` here, or somewhere in the value."""
        ahead = [self.annotation]
        while ahead:
            found = ahead.pop()
            found = getattr(found, "__value__", found)  # of an alias, what it stands for
            if found is Skipped:
                return True
            ahead += get_args(found)
        return False


def type_adapter(annotation: Any) -> TypeAdapter[Any]:
    """A validator for an annotation; a class that pydantic does not know is checked by instance.

    Args:
        annotation: The annotation, ``Annotated`` metadata included.

    Raises:
        TaskDefinitionError: If no validator can be made of it.
    """
    try:
        try:
            return TypeAdapter(annotation)
        except PydanticSchemaGenerationError:
            return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except Exception as error:
        raise TaskDefinitionError(f"the annotation {annotation!r} cannot be used: {error}") from error


@dataclass(frozen=True)
class Task(Generic[P, R]):
    """A registered function with what it needs to run elsewhere; calling it calls the function.

    Attributes:
        function: The function itself.
        image: The container image that the task asks for, or ``None`` for the run's own.
        container_resources: What its container requests and may use.
        tags: Free words; ``io`` marks a task whose result comes from outside and is not reused.
    """

    function: Callable[P, R]
    image: str | None = None
    container_resources: ContainerResources | None = None
    tags: tuple[str, ...] = ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """The short name that specs use."""
        return self.function.__name__

    @property
    def module(self) -> str:
        """The dotted name of the module that defines the function."""
        return self.function.__module__

    @property
    def reference(self) -> str:
        """Where the task is found: ``module:qualified name``."""
        return f"{self.module}:{self.function.__qualname__}"

    @property
    def is_io(self) -> bool:
        """Whether the result comes from outside, so that an earlier one may be out of date."""
        return "io" in self.tags

    @property
    def location(self) -> str:
        """``file:line`` of the function, as far as known."""
        return _location(self.function)

    @cached_property
    def docstring(self) -> str:
        """The whole docstring, dedented."""
        return inspect.getdoc(self.function) or ""

    @cached_property
    def description(self) -> str:
        """The docstring's first paragraph, as one line."""
        return " ".join(self.docstring.partition("\n\n")[0].split())

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by name, in the order of the signature.

        Raises:
            TaskDefinitionError: If one has no annotation, or takes an open list of arguments.
        """
        found = {}
        for name, declared in inspect.signature(self.function).parameters.items():
            if declared.kind in (declared.VAR_POSITIONAL, declared.VAR_KEYWORD, declared.POSITIONAL_ONLY):
                raise TaskDefinitionError(
                    f"{self.location}: task '{self.name}' takes '{declared}', which a spec cannot name; "
                    "give every argument a name of its own"
                )
            if name not in self._hints:
                raise TaskDefinitionError(
                    f"{self.location}: parameter '{name}' of task '{self.name}' has no annotation"
                )
            annotation = self._hints[name]
            fields = _fields(annotation)
            if isinstance(declared.default, FieldInfo) or not all(field.is_required() for field in fields):
                # Python would pass the Field itself, or nothing at all, to the function.
                raise TaskDefinitionError(
                    f"{self.location}: parameter '{name}' of task '{self.name}' has its default in "
                    f"Field(...); write '{name}: Annotated[..., Field(...)] = default'"
                )
            described = [field.description for field in fields if field.description]
            found[name] = Parameter(name, annotation, declared.default, described[-1] if described else None)
        return found

    def check(self) -> None:
        """Introspect everything now.

        Raises:
            TaskDefinitionError: If the signature is nothing that a spec could use.
        """
        for name in arguments_of(self.returns):
            if name not in self.parameters:
                hint = did_you_mean(name, self.parameters, what="its arguments") or "it takes none"
                raise TaskDefinitionError(
                    f"{self.location}: a mark in the return annotation of task '{self.name}' names the "
                    f"argument '{name}', which there is not; {hint}"
                )
        for parameter in self.parameters.values():
            with self._located(f"parameter '{parameter.name}'"):
                _ = parameter.adapter
        with self._located("the return value"):
            _ = self.return_adapter

    @contextmanager
    def _located(self, what: str) -> Iterator[None]:
        try:
            yield
        except TaskDefinitionError as error:
            raise TaskDefinitionError(f"{self.location}: task '{self.name}', {what}: {error}") from error

    @cached_property
    def returns(self) -> Any:
        """The return annotation.

        Raises:
            TaskDefinitionError: If there is none.
        """
        if "return" not in self._hints:
            raise TaskDefinitionError(f"{self.location}: task '{self.name}' has no return annotation")
        return self._hints["return"]

    @cached_property
    def return_adapter(self) -> TypeAdapter[Any]:
        """What validates the return value."""
        return type_adapter(self.returns)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        try:
            return get_type_hints(self.function, include_extras=True)
        except Exception as error:
            raise TaskDefinitionError(
                f"{self.location}: the annotations of task '{self.name}' cannot be read: {error}"
            ) from error


def _fields(annotation: Any) -> list[FieldInfo]:
    if get_origin(annotation) is not Annotated:
        return []
    return [mark for mark in get_args(annotation)[1:] if isinstance(mark, FieldInfo)]


def _location(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else "<unknown>"


@overload
def distributed(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def distributed(
    *,
    image: str | None = None,
    container_resources: ContainerResources | Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def distributed(
    function: Callable[..., Any] | None = None,
    /,
    *,
    image: str | None = None,
    container_resources: ContainerResources | Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
) -> Any:
    """Make a task of a function: ``@distributed`` or ``@distributed(image=..., tags=[...])``.

    Args:
        function: The function, where the decorator is used bare.
        image: The container image that the task needs on a cluster.
        container_resources: Kubernetes quantities, ``{"requests": {"cpu": "500m", "memory":
            "1Gi"}, "limits": {"memory": "2Gi"}}`` or the flat keys ``request_cpu``,
            ``request_memory``, ``limit_cpu``, ``limit_memory``.
        tags: Free words. ``io`` marks a task that reads from outside: it runs in every run.

    Returns:
        The task, or a decorator that makes one.

    Raises:
        TaskDefinitionError: If it is not put on a plain function, or the resources, the image
            or the tags are not valid.
    """

    def make(target: Callable[..., Any]) -> Task[..., Any]:
        return _make_task(target, image, container_resources, tags)

    return make if function is None else make(function)


def _make_task(
    function: Callable[..., Any],
    image: str | None,
    container_resources: ContainerResources | Mapping[str, Any] | None,
    tags: Sequence[str],
) -> Task[..., Any]:
    if isinstance(function, Task):
        raise TaskDefinitionError(
            f"{function.location}: '{function.name}' is decorated with @distributed twice"
        )
    if not inspect.isfunction(function):
        raise TaskDefinitionError(f"@distributed goes on a function, not on {function!r}")
    where = f"{_location(function)}: task '{function.__name__}'"
    if (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    ):
        raise TaskDefinitionError(f"{where} is a coroutine or a generator; a task returns its value")
    if not isinstance(tags, list | tuple) or not all(isinstance(tag, str) and tag.strip() for tag in tags):
        raise TaskDefinitionError(f"{where}: tags is a list of words, not {tags!r}")
    if image is not None and not (isinstance(image, str) and image.strip()):
        raise TaskDefinitionError(f"{where}: image is the name of a container image, not {image!r}")
    try:
        resources = (
            None if container_resources is None else ContainerResources.model_validate(container_resources)
        )
    except ValidationError as error:
        found = "; ".join(map(_as_sentence, error.errors()))
        raise TaskDefinitionError(f"{where}: container_resources: {found}") from error
    return Task(function, image, resources, tuple(tags))


_FINDINGS = {
    "extra_forbidden": "this key is not known; 'cpu' and 'memory' are",
    "string_type": "a quantity such as '500m' or '2Gi' is expected",
    "model_type": "a mapping such as {'cpu': '500m', 'memory': '1Gi'} is expected",
}


def _as_sentence(found: Any) -> str:
    place = ".".join(map(str, found["loc"]))
    message = _FINDINGS.get(found["type"]) or found["msg"].removeprefix("Value error, ")
    return f"{place}{': ' if place else ''}{message}"
