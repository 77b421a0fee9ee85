"""Read the shape of a spec, in either spelling, collecting every problem."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ecoflows.errors import Problem, ProblemError, in_order, nearest
from ecoflows.source import DataPath, Side, Source
from ecoflows.source import load as load_source
from ecoflows.spec.expressions import Word, filled, has_expression, reference_in
from ecoflows.spec.model import Instance, Spec
from ecoflows.spec.options import CacheTtl, Options
from ecoflows.validation import problems_of, shown


def _one_line(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError(f"a name stands in one line, without control characters, not {shown(value)}")
    return value


_Id = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]


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
    """The shape of a spec that was read already.

    Args:
        source: What was read.

    Raises:
        ProblemError: If it is nothing like a spec.
    """
    data = source.data
    if data is None:
        hint = "a spec has a name and tasks; see 'ecoflows tasks' for what there is"
        raise ProblemError([source.problem((), "empty-spec", "the spec is empty", hint=hint)])
    if not isinstance(data, dict):
        message = f"a spec is a mapping with the keys 'name' and 'tasks', not {shown(data)}"
        lacks_space = isinstance(data, str) and ":" in data
        advice = "in YAML a space follows the ':' of a key" if lacks_space else None
        raise ProblemError([source.problem((), "not-a-mapping", message, hint=advice)])
    return _Reader(source).read(data)


class _Reader:
    """Reads one document, collecting problems."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def read(self, data: dict[Any, Any]) -> Spec:
        data = self._text_keys(data, ())
        form = "workflow" if "workflow" in data else "tasks"
        if "tasks" in data and "workflow" in data:
            message = "'tasks' and 'workflow' are two spellings of one thing"
            self._add(("workflow",), "two-spellings", message, "keep one of them", side="key")
            data = {key: value for key, value in data.items() if key != "tasks"}
        entries = data.get(form)
        if form in data and entries in (None, [], {}):
            self._add((form,), "empty-spec", "the spec has no task instances")
            data[form] = {} if form == "tasks" else []
        if isinstance(entries, dict):
            entries = data[form] = self._text_keys(entries, (form,))
        self._check_top(data, form)
        instances: list[Instance] = []
        if form == "workflow" and isinstance(entries, list):
            instances = [self._instance_entry(entry, (form, index)) for index, entry in enumerate(entries)]
            self._check_ids(instances)
        elif form == "tasks" and isinstance(entries, dict):
            instances = [self._mapping_entry(name, entry) for name, entry in entries.items()]
        root = _text(data.get("cache_root"))
        cache_root = self._root(root) if root else None
        title = _text(data.get("name"))
        return Spec(title, cache_root, tuple(instances), self.source, tuple(in_order(self.problems)))

    def _check_top(self, data: dict[str, Any], form: str) -> None:
        entries = data.get(form)
        if form == "tasks" and isinstance(entries, list):
            hint = "a list of task instances stands under 'workflow:'"
            self._add((form,), "wrong-shape", "a mapping is expected, not a list", hint)
            data = {**data, form: {}}
        elif form == "workflow" and isinstance(entries, dict):
            hint = "a mapping of tasks to their arguments stands under 'tasks:'"
            self._add((form,), "wrong-shape", "a list is expected, not a mapping", hint)
            data = {**data, form: []}
        self._shape(_InstanceTop if form == "workflow" else _MappingTop, data, ())

    def _root(self, text: str) -> str:
        """The cache root with its environment filled in."""
        path: DataPath = ("cache_root",)
        if reference_in(text, path):
            self._add(path, "bad-reference", "cache_root cannot be what a task instance returns")
            return text
        root = self._filled(text, path)
        if not root.strip():
            self._add(path, "wrong-shape", "cache_root is empty once the environment is filled in")
        if "://" in root:
            self._check_protocol(root.partition("://")[0].rpartition("::")[2], path)
        return root

    def _check_protocol(self, protocol: str, path: DataPath) -> None:
        from fsspec import available_protocols

        known = available_protocols()
        if protocol not in known:
            near = nearest(protocol, known)
            hint = f"did you mean '{near}://'?" if near else "some that exist: file, s3, gs, az, memory"
            self._add(path, "unknown-protocol", f"there is no file system '{protocol}://'", hint)

    def _mapping_entry(self, name: str, entry: Any) -> Instance:
        path: DataPath = ("tasks", name)
        given = self._text_keys(entry, path) if isinstance(entry, dict) else {}
        shape = self._shape(_MappingEntry, given if isinstance(entry, dict | None) else entry, path)
        arguments = {
            key: self._value(value, (*path, key), bare_words=True)
            for key, value in given.items()
            if key not in _OPTION_NAMES
        }
        complete = entry is None or isinstance(entry, dict)
        return Instance(name, name, name, arguments, _options(shape), path, path, path, complete)

    def _instance_entry(self, entry: Any, path: DataPath) -> Instance:
        given = self._text_keys(entry, path) if isinstance(entry, dict) else {}
        at = (*path, "partial")
        partial = given.get("partial")
        if isinstance(partial, dict):
            partial = given["partial"] = self._text_keys(partial, at)
        shape = self._shape(_InstanceEntry, given if isinstance(entry, dict) else entry, path)
        arguments = {
            key: self._value(value, (*at, key), bare_words=False)
            for key, value in (partial.items() if isinstance(partial, dict) else ())
        }
        name, task, title = (_text(given.get(key)) for key in ("id", "task", "name"))
        complete = isinstance(entry, dict) and isinstance(partial, dict | None)
        return Instance(
            name, task, title or name, arguments, _options(shape), path, at, (*path, "task"), complete
        )

    def _check_ids(self, instances: list[Instance]) -> None:
        first: dict[str, Instance] = {}
        for instance in instances:
            if instance.id and first.setdefault(instance.id, instance) is not instance:
                line = self.source.mark((*first[instance.id].path, "id")).line
                message = f"the id '{instance.id}' stands twice; the first is in line {line}"
                hint = "give each task instance an id of its own"
                self._add((*instance.path, "id"), "duplicate-id", message, hint)

    def _text_keys(self, data: dict[Any, Any], path: DataPath) -> dict[str, Any]:
        """The entries whose key is text; of each other one a problem is made."""
        kept = {}
        for key, value in data.items():
            if isinstance(key, str):
                kept[key] = value
                continue
            message = f"a name is text, and {shown(key)} is not"
            hint = "put it in quotes" if key is not None else "write a name before the ':'"
            self._add((*path, key), "bad-key", message, hint, side="key")
        return kept

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
        if not has_expression(value):
            return Word(value, path) if bare_words else value
        return reference_in(value, path) or self._filled(value, path)

    def _filled(self, text: str, path: DataPath) -> str:
        return filled(text, lambda code, message, hint: self._add(path, code, message, hint))

    def _add(
        self, path: DataPath, code: str, message: str, hint: str | None = None, *, side: Side = "value"
    ) -> None:
        self.problems.append(self.source.problem(path, code, message, hint=hint, side=side))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _options(shape: Options | None) -> Options:
    if shape is None:
        return Options()
    return Options.model_validate({name: getattr(shape, name) for name in _OPTION_NAMES})


def _known_keys(model: type[BaseModel], path: DataPath) -> list[str]:
    if path and path[-1] == "cache":
        return list(CacheTtl.model_fields)
    # Either spelling may be meant where a top-level key is not known.
    return [*model.model_fields, *(["tasks", "workflow"] if issubclass(model, _Top) else [])]
