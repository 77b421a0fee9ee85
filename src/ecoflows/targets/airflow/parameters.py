"""The parameters of a run: what a workflow leaves open, as far as Airflow can carry it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from ecoflows.decorators import Parameter
from ecoflows.errors import SerializationError
from ecoflows.source import Source
from ecoflows.store.canonical import canonical_json, encode
from ecoflows.targets.airflow.code import Code, call
from ecoflows.targets.airflow.names import as_identifier
from ecoflows.targets.airflow.schemas import Schema, form_schema, nullable, takes, with_formats
from ecoflows.targets.airflow.templates import Filled
from ecoflows.targets.base import Compilation
from ecoflows.targets.literal import literal
from ecoflows.targets.names import Names
from ecoflows.validation import value_problems
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.params import open_parameters
from ecoflows.workflow.params.plain import dumped

CACHE_ROOT = "cache_root"
"""The name of the parameter that says where results live."""

_EXACT = 2**53
"""Browsers count no further."""

_NOTHING = object()


@dataclass(frozen=True)
class RunParameter:
    """One parameter of a run.

    Attributes:
        name: Its name in Airflow.
        schema: Its JSON Schema.
        section: The heading that it stands under in the form.
        description: What it means.
        default: What it is by default; nothing where it has to be given.
        optional: Whether null stands for the task's own default.
        blank: Whether null stands for the empty text: a form cannot give that where it must give text.
    """

    name: str
    schema: Schema
    section: str
    description: str
    default: Any = _NOTHING
    optional: bool = False
    blank: bool = False

    @property
    def required(self) -> bool:
        """Whether each run has to give it."""
        return self.default is _NOTHING

    def source(self) -> Code:
        """The source of the ``Param``."""
        default = () if self.required else (self.default,)
        described = {"description": self.description} if self.description else {}
        schema = {**self.schema, "section": self.section}
        return call("Param", *default, keywords={**described, "schema": schema})


@dataclass(frozen=True)
class RunParameters:
    """All parameters of a DAG's runs.

    Attributes:
        by_node: Each instance's own, by instance and argument.
        constants: Given values that no parameter can carry, by instance and argument.
        cache_root: The one that says where results live.
    """

    cache_root: RunParameter
    by_node: Mapping[str, Mapping[str, RunParameter]] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def all(self) -> list[RunParameter]:
        """All of them, in the order of the form."""
        return [*(one for found in self.by_node.values() for one in found.values()), self.cache_root]

    @property
    def filled_cache_root(self) -> str:
        """The Jinja expression of the cache root."""
        return Filled(self.cache_root.name).expression

    def filled(self, node: Node) -> dict[str, Filled]:
        """What stands for the arguments of an instance in its call."""
        found = self.by_node.get(node.id, {})
        return {
            argument: Filled(one.name, optional=one.optional, blank=one.blank)
            for argument, one in found.items()
        }


def run_parameters(compilation: Compilation) -> RunParameters:
    """The parameters of a DAG's runs.

    Args:
        compilation: What is compiled.
    """
    names = _parameter_names(compilation.workflow)
    sections = _sections(compilation.workflow)
    by_node: dict[str, dict[str, RunParameter]] = {}
    constants: dict[str, dict[str, Any]] = {}
    for node in compilation.workflow.nodes.values():
        if node.mocked:  # its task is not called
            continue
        given = compilation.given.get(node.id, {})
        for argument, parameter in open_parameters(node).items():
            name = names[node.id, argument]
            found = _run_parameter(parameter, given.get(argument, _NOTHING), name, sections[node.id])
            if found is None:
                constants.setdefault(node.id, {})[argument] = given[argument]
            else:
                by_node.setdefault(node.id, {})[argument] = found
    schema = {"type": "string", "minLength": 1, "title": CACHE_ROOT}
    root = RunParameter(CACHE_ROOT, schema, "ecoflows", "Where results live: a URL.", compilation.cache_root)
    return RunParameters(root, by_node, constants)


def _parameter_names(workflow: Workflow) -> dict[tuple[str, str], str]:
    """The name of each parameter by instance and argument.

    Where instances would share one, all of these have a part of their id's digest in it: a number
    would go from one to another as soon as somebody puts a new instance in front.
    """
    wanted = {
        (node.id, argument): f"{as_identifier(node.id)}__{as_identifier(argument)}"
        for node in workflow.nodes.values()
        for argument in node.open
    }
    count = Counter(wanted.values())
    names = Names([CACHE_ROOT])
    found = {}
    for (instance, argument), name in wanted.items():
        if count[name] > 1:
            digest = hashlib.sha256(instance.encode("utf-8", "surrogatepass")).hexdigest()[:6]
            name = f"{as_identifier(instance)}_{digest}__{as_identifier(argument)}"
        found[instance, argument] = names.take(name)
    return found


def _sections(workflow: Workflow) -> dict[str, str]:
    """The heading of each instance in the form: its title, with its id where others have that, too."""
    count = Counter(node.title for node in workflow.nodes.values())
    return {
        node.id: node.title if count[node.title] == 1 else f"{node.title} ({node.id})"
        for node in workflow.nodes.values()
    }


def _run_parameter(parameter: Parameter, given: Any, name: str, section: str) -> RunParameter | None:
    """A parameter of a run; none where a value was given that none can carry."""
    schema = form_schema(parameter)
    description = parameter.description or ""
    optional, default = False, _NOTHING
    if given is not _NOTHING:
        default = _carried(parameter, given, schema, [given])
        if default is _NOTHING:
            return None
    elif not parameter.required:
        default = (
            _NOTHING if _has_zone(parameter.default) else _carried(parameter, parameter.default, schema, [])
        )
        if default is _NOTHING:
            optional, default, schema = True, None, nullable(schema)
            description = f"{description} Empty: the task's own default{_told(parameter.default)}.".strip()
    blank = default == "" and not takes(schema, None)
    schema.pop("description", None)  # it is the parameter's own
    titled = {"title": parameter.name, **with_formats(nullable(schema) if blank else schema, default)}
    return RunParameter(name, titled, section, description, default, optional, blank)


def _carried(parameter: Parameter, value: Any, schema: Schema, candidates: list[Any]) -> Any:
    """JSON data that Airflow takes and hands on, and that counts for cache keys as the value does."""
    wanted = _key_part(parameter, value)
    if wanted is None:
        return _NOTHING
    # It counts which of a model's fields were given.
    dumped = [_dumped(parameter, value, exclude_unset=without) for without in (False, True)]
    for candidate in [*candidates, *dumped]:
        # Airflow's templates put the keys of mappings in order.
        plain = json.loads(json.dumps(candidate, sort_keys=True)) if _is_exact(candidate) else _NOTHING
        if plain is _NOTHING or _key_part(parameter, plain) != wanted:
            continue
        if takes(schema, plain) and not value_problems(parameter, plain, Source(""), (), ""):
            return plain
    return _NOTHING


def _key_part(parameter: Parameter, value: Any) -> bytes | None:
    """What a value is in a cache key; nothing where it does not fit, or cannot be part of one."""
    try:
        return canonical_json(encode(parameter.adapter.validate_python(value)))
    except Exception:  # noqa: BLE001  # a task's own validator may raise anything
        return None


def _dumped(parameter: Parameter, value: Any, *, exclude_unset: bool) -> Any:
    """A value as JSON data, as its type's own serializer has it."""
    try:
        return dumped(
            parameter.adapter, parameter.adapter.validate_python(value), exclude_unset=exclude_unset
        )
    except Exception:  # noqa: BLE001  # serializers and validators of any class
        return _NOTHING


def _has_zone(value: Any) -> bool:
    """Whether times with a zone are in a value: read from JSON, they have a zone of another class."""
    if isinstance(value, datetime | time):
        return value.tzinfo is not None
    if isinstance(value, dict):
        return _has_zone([*value.keys(), *value.values()])
    return isinstance(value, list | tuple | set | frozenset) and any(map(_has_zone, value))


def _is_exact(value: Any) -> bool:
    """Whether a value comes back from JSON, a database and a form as what it was."""
    match value:
        case None | bool():
            return True
        case int():
            return -_EXACT <= value <= _EXACT
        case float():
            return math.isfinite(value) and (value != 0 or math.copysign(1, value) > 0)
        case str():
            return "\0" not in value and _has_utf8(value)
        case list():
            return all(map(_is_exact, value))
        case dict():
            return all(isinstance(key, str) and _is_exact(key) for key in value) and all(
                map(_is_exact, value.values())
            )
    return False


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told(default: Any) -> str:
    try:
        text = literal(default)
    except SerializationError:
        return ""
    return f", {text}" if len(text) <= 60 else ""
