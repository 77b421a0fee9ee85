"""The shape of a spec: both spellings load to one model, and strings stop here.

Nothing in this module knows which tasks exist; meaning comes with ``workflow.resolve``.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ecoflows.errors import Problem, ProblemError, in_order
from ecoflows.source import DataPath, Source
from ecoflows.source import load as load_source
from ecoflows.validation import problems_of, shown

_REFERENCE = re.compile(r"\$\{\{\s*workflow\.(?P<id>.+?)\.return\s*\}\}")
_ENV = re.compile(r"\$\{\{\s*env\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ANY_EXPRESSION = re.compile(r"\$\{\{.*?(\}\}|$)", re.DOTALL)
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(value: Any) -> Any:
    """Read ``90s``, ``30m``, ``12h``, ``1d`` or ``2w``; what is not text is left to pydantic.

    Args:
        value: What stands in the spec or on the command line.

    Returns:
        A ``timedelta``.

    Raises:
        ValueError: If the text is no duration.
    """
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"'{value}' is not a duration; write for example 90s, 30m, 12h or 1d")
    return timedelta(**{_UNITS[match["unit"]]: float(match["number"])})


class CacheTtl(BaseModel):
    """How long an earlier result may stand in for a new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ttl: Annotated[timedelta, BeforeValidator(parse_duration), Field(gt=timedelta(0))]


_Seconds = Annotated[float, Field(ge=0)]


class Options(BaseModel):
    """How one task instance is run.

    Attributes:
        retries: How often a failed attempt is repeated.
        retry_delay_seconds: The pause before each repetition, or one for all.
        timeout_seconds: When an attempt is given up.
        cache: ``always`` or ``never`` reuse an earlier result, or for a time; by default all
            but tasks tagged ``io`` reuse theirs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    retries: Annotated[int, Field(ge=0, le=100)] = 0
    retry_delay_seconds: _Seconds | Annotated[tuple[_Seconds, ...], Field(min_length=1)] = 0.0
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    cache: Literal["always", "never"] | CacheTtl | None = None


@dataclass(frozen=True)
class Reference:
    """Another instance's return value: ``${{ workflow.<id>.return }}``."""

    instance: str
    path: DataPath


@dataclass(frozen=True)
class Word:
    """A bare text of the mapping form: an instance's id where there is one, else itself."""

    text: str
    path: DataPath


@dataclass(frozen=True)
class Instance:
    """One use of a task.

    Attributes:
        id: Its name in the spec, unlike any other.
        task: The name of the task.
        title: What people see, by default the id.
        arguments: Plain values with ``Reference`` and ``Word`` leaves, by argument name.
        options: How it is run.
        path: Where it stands in the source.
        arguments_path: Where its arguments stand in the source.
        task_path: Where its task is named in the source.
        sound: Whether its shape is as it should be; of others only the id is to be trusted.
    """

    id: str
    task: str
    title: str
    arguments: Mapping[str, Any]
    options: Options
    path: DataPath
    arguments_path: DataPath
    task_path: DataPath
    sound: bool = True


@dataclass(frozen=True)
class Spec:
    """A spec's shape.

    Attributes:
        name: What the workflow is called.
        cache_root: Where results live, environment filled in; ``None`` where the spec is silent.
        instances: The task instances in the order of the file.
        source: The file, for the places of problems.
        problems: What is wrong with the shape; ``workflow.resolve`` raises it with its own.
    """

    name: str
    cache_root: str | None
    instances: tuple[Instance, ...]
    source: Source = field(repr=False)
    problems: tuple[Problem, ...] = ()


def references(value: Any) -> Iterator[Reference | Word]:
    """All references and words in a value, however deep they stand."""
    if isinstance(value, Reference | Word):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


_Id = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Top(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Id
    cache_root: Annotated[str, Field(min_length=1)] | None = None


class _MappingTop(_Top):
    tasks: dict[_Id, Any]


class _InstanceTop(_Top):
    workflow: list[Any]


class _MappingEntry(Options):
    model_config = ConfigDict(extra="allow")


class _InstanceEntry(Options):
    id: _Id
    task: Annotated[str, Field(min_length=1)]
    name: str | None = None
    partial: dict[str, Any] | None = None


_OPTION_NAMES = tuple(Options.model_fields)
_Shape = TypeVar("_Shape", bound=BaseModel)


def load(path: str | Path) -> Spec:
    """Read a spec file.

    Args:
        path: A YAML file in the mapping form or the instance form.

    Returns:
        Its shape, and what is wrong with it.

    Raises:
        ProblemError: If it is no YAML, or nothing like a spec.
    """
    return from_source(load_source(path))


def from_source(source: Source) -> Spec:
    """The shape of a spec that was read already; raises as ``load`` does."""
    data = source.data
    if data is None:
        hint = "a spec has a name and tasks; see 'ecoflows tasks' for what there is"
        raise ProblemError([source.problem((), "empty-spec", "the spec is empty", hint=hint)])
    if not isinstance(data, dict):
        message = f"a spec is a mapping with the keys 'name' and 'tasks', not {shown(data)}"
        raise ProblemError([source.problem((), "not-a-mapping", message)])
    if "tasks" in data and "workflow" in data:
        message = "'tasks' and 'workflow' are two spellings of one thing"
        raise ProblemError(
            [source.problem(("workflow",), "two-spellings", message, hint="keep one of them", side="key")]
        )
    return _Reader(source).read(data)


class _Reader:
    """Reads one document, collecting problems."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def read(self, data: dict[str, Any]) -> Spec:
        top = self._shape(_InstanceTop if "workflow" in data else _MappingTop, data, ())
        instances: list[Instance] = []
        if isinstance(data.get("workflow"), list):
            instances = self._instance_form(data["workflow"])
        elif isinstance(data.get("tasks"), dict):
            instances = [self._mapping_entry(name, entry) for name, entry in data["tasks"].items()]
        if top is not None and not instances:
            key = "workflow" if "workflow" in data else "tasks"
            self._add((key,), "empty-spec", "the spec has no task instances")
        root = top and top.cache_root and self._filled(top.cache_root, ("cache_root",))
        name = top.name if top else ""
        return Spec(name, root or None, tuple(instances), self.source, tuple(in_order(self.problems)))

    def _mapping_entry(self, name: Any, entry: Any) -> Instance:
        path: DataPath = ("tasks", name)
        shape = self._shape(_MappingEntry, {} if entry is None else entry, path)
        arguments = {
            key: self._value(value, (*path, key), bare_words=True)
            for key, value in (entry.items() if isinstance(entry, dict) else ())
            if key not in _OPTION_NAMES
        }
        return Instance(
            str(name), str(name), str(name), arguments, _options(shape), path, path, path, shape is not None
        )

    def _instance_form(self, entries: list[Any]) -> list[Instance]:
        instances: dict[str, Instance] = {}
        for index, entry in enumerate(entries):
            instance = self._instance_entry(entry, ("workflow", index))
            if instance is None:
                continue
            first = instances.setdefault(instance.id, instance)
            if first is not instance:
                line = self.source.mark((*first.path, "id")).line
                message = f"the id '{instance.id}' stands twice; the first is in line {line}"
                self._add((*instance.path, "id"), "duplicate-id", message)
        return list(instances.values())

    def _instance_entry(self, entry: Any, path: DataPath) -> Instance | None:
        shape = self._shape(_InstanceEntry, entry, path)
        if shape is None:
            name = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                return None
            return Instance(name, "", name, {}, Options(), path, path, path, sound=False)
        at = (*path, "partial")
        given = (shape.partial or {}).items()
        arguments = {key: self._value(value, (*at, key), bare_words=False) for key, value in given}
        return Instance(
            shape.id,
            shape.task,
            shape.name or shape.id,
            arguments,
            _options(shape),
            path,
            at,
            (*path, "task"),
        )

    def _shape(self, model: type[_Shape], data: Any, path: DataPath) -> _Shape | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            known = functools.partial(_known_keys, model)
            self.problems += problems_of(error, self.source, path, code="wrong-shape", known=known)
            return None

    def _value(self, value: Any, path: DataPath, *, bare_words: bool) -> Any:
        """Replace expressions in a value, however deep they stand."""
        if isinstance(value, dict):
            return {
                key: self._value(item, (*path, key), bare_words=bare_words) for key, item in value.items()
            }
        if isinstance(value, list):
            return [
                self._value(item, (*path, index), bare_words=bare_words) for index, item in enumerate(value)
            ]
        if not isinstance(value, str):
            return value
        if "${{" not in value:
            return Word(value, path) if bare_words else value
        if match := _REFERENCE.fullmatch(value.strip()):
            return Reference(match["id"], path)
        return self._filled(value, path)

    def _filled(self, text: str, path: DataPath) -> str:
        """A text with its ``${{ env.NAME }}`` filled in."""

        def fill(match: re.Match[str]) -> str:
            name = match["name"]
            if name not in os.environ:
                hint = f"export {name}=... before the command"
                self._add(path, "unset-variable", f"the environment variable {name} is not set", hint)
            return os.environ.get(name, "")

        for found in _ANY_EXPRESSION.finditer(text):
            if not _ENV.fullmatch(found[0]):
                whole = "stands for a whole value, not for a part of a text"
                known = _REFERENCE.fullmatch(found[0])
                message = f"the reference {found[0]} {whole}" if known else f"{found[0]} is not a reference"
                self._add(
                    path,
                    "bad-reference",
                    message,
                    "write ${{ workflow.ID.return }} alone, or ${{ env.NAME }}",
                )
                return text
        return _ENV.sub(fill, text)

    def _add(self, path: DataPath, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self.source.problem(path, code, message, hint=hint))


def _options(shape: Options | None) -> Options:
    if shape is None:
        return Options()
    return Options.model_validate({name: getattr(shape, name) for name in _OPTION_NAMES})


def _known_keys(model: type[BaseModel], path: DataPath) -> list[str]:
    if path and path[-1] == "cache":
        return list(CacheTtl.model_fields)
    # Either spelling may be meant where a top-level key is not known.
    return [*model.model_fields, *(["tasks", "workflow"] if issubclass(model, _Top) else [])]
