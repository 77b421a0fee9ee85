"""The schema of a whole file: the shapes of the language around the arguments of the tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ecoflows.decorators import Parameter, Task
from ecoflows.registry import Registry
from ecoflows.spec.fragments.model import FragmentTop, ParameterShape, UseEntry, UseShape
from ecoflows.spec.options import Options
from ecoflows.spec.shapes import GroupEntry, InstanceEntry, InstanceTop
from ecoflows.workflow.params.schema import DIALECT
from ecoflows.workflow.spec_schema.values import Values
from ecoflows.workflow.spec_schema.words import OF_KEYS, REFERENCE, WORD

_DURATION = r"^\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*[smhdw]\s*$"
_EXPRESSION = r"\$\{\{"


def spec_schema(registry: Registry) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of specs and fragments, in both forms.

    Args:
        registry: The tasks and skip conditions that exist.

    Returns:
        The schema; what stands in it more than once is in its ``$defs``.
    """
    return _Language(registry).schema()


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat the names of keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # pydantic's interface
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """A model with what is said of its keys, instead of a docstring for programmers."""
        found = super().model_schema(schema)
        properties = found.get("properties", {})
        described = {name: {"description": OF_KEYS[name], **part} for name, part in properties.items()}
        kept = {key: part for key, part in found.items() if key not in ("title", "description")}
        return {**kept, "properties": described}


class _Language:
    """Puts one schema together."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        # A task whose short name several packages claim is known by its full one only.
        self._tasks: dict[str, Task[..., Any]] = {
            found.task.name if found.task.name in registry else _full_name(found.task): found.task
            for found in registry.all()
        }
        self._values = Values(
            "reference", {"description": REFERENCE, "type": "string", "pattern": _EXPRESSION}
        )
        self._words = Values("word", {"description": WORD, "type": "string"})
        self._defs: dict[str, Any] = {}

    def schema(self) -> dict[str, Any]:
        """The schema of a file."""
        for name, task in self._tasks.items():
            self._defs[f"arguments.{name}"] = self._arguments(task)
            self._defs[f"entry.{name}"] = self._mapping_entry(name, task)
        self._defs |= {
            "Options": self._shape(Options),
            "instance": self._instance(),
            "group": self._group(),
            "use": self._use(),
            "item": _item(),
            "spec": self._spec(),
            "fragment": self._fragment(),
        }
        self._defs["CacheTtl"]["properties"]["ttl"] = {
            "description": OF_KEYS["ttl"],
            "anyOf": [{"type": "string", "pattern": _DURATION}, {"type": "number", "exclusiveMinimum": 0}],
        }
        conditions = {name: found.description for name, found in self._registry.conditions.items()}
        # A full name has a dot in it.
        self._defs["SkipIf"]["properties"]["conditions"]["items"] = _choice(conditions, r"\.")
        return {
            "$schema": DIALECT,
            "title": "ecoflows spec",
            "description": "A spec or a fragment of ecoflows; 'ecoflows check' tells what no editor can.",
            "if": {"type": "object", "required": ["fragment"]},
            "then": _ref("fragment"),
            "else": _ref("spec"),
            "$defs": dict(sorted((self._defs | self._values.defs | self._words.defs).items())),
        }

    def _shape(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of a part of the language; what it refers to is noted."""
        schema = model.model_json_schema(schema_generator=_Untitled)
        for name, part in schema.pop("$defs", {}).items():
            self._defs.setdefault(name, part)
        return schema

    def _spec(self) -> dict[str, Any]:
        top = self._shape(InstanceTop)
        del top["required"]
        named = self._tasks.items()
        top["properties"] |= {
            "workflow": _items("workflow"),
            "tasks": {
                "description": OF_KEYS["tasks"],
                "type": "object",
                "minProperties": 1,
                "properties": {
                    name: {"description": task.description, **_ref(f"entry.{name}")} for name, task in named
                },
                "patternProperties": {_full_pattern(task): _ref(f"entry.{name}") for name, task in named},
                "additionalProperties": False,
            },
        }
        top["allOf"] = [
            {"anyOf": [{"required": ["name"]}, {"required": ["id"]}]},
            {"oneOf": [{"required": ["workflow"]}, {"required": ["tasks"]}]},
        ]
        return top

    def _fragment(self) -> dict[str, Any]:
        top = self._shape(FragmentTop)
        top["properties"] |= {
            "workflow": _items("workflow"),
            "parameters": {
                "description": OF_KEYS["parameters"],
                "type": ["object", "null"],
                "additionalProperties": {"anyOf": [self._shape(ParameterShape), {"type": "null"}]},
            },
        }
        return top

    def _group(self) -> dict[str, Any]:
        group = self._shape(GroupEntry)
        group["properties"]["tasks"] = _items("tasks")
        return group

    def _use(self) -> dict[str, Any]:
        use = self._shape(UseEntry)
        use["properties"]["use"] = {**self._shape(UseShape), "description": OF_KEYS["use"]}
        return use

    def _instance(self) -> dict[str, Any]:
        instance = self._shape(InstanceEntry)
        known = {name: task.description for name, task in self._tasks.items()}
        full = "|".join(map(_full_pattern, self._tasks.values()))
        instance["properties"]["task"] = {"description": OF_KEYS["task"], **_choice(known, full or "^$")}
        instance["properties"]["partial"] = {
            "description": OF_KEYS["partial"],
            "type": ["object", "null"],
        }
        if self._tasks:  # an empty list is no valid schema
            instance["allOf"] = [_of_task(name, task) for name, task in self._tasks.items()]
        return instance

    def _arguments(self, task: Task[..., Any]) -> dict[str, Any]:
        """The arguments of a task in the instance form."""
        return {
            "description": task.description,
            "type": ["object", "null"],
            "properties": {
                name: _described(parameter) | self._values.of(parameter)
                for name, parameter in task.parameters.items()
            },
            "additionalProperties": False,
        }

    def _mapping_entry(self, name: str, task: Task[..., Any]) -> dict[str, Any]:
        """The arguments and the options of a task in the mapping form."""
        options = {option: _ref("Options", "properties", option) for option in Options.model_fields}
        both = {
            option: {"description": "Both an option and an argument: use the instance form.", "not": {}}
            for option in options
            if option in task.parameters
        }
        arguments = {key: self._word(name, parameter) for key, parameter in task.parameters.items()}
        return {
            "description": task.description,
            "type": ["object", "null"],
            "properties": {**arguments, **options, **both},
            "additionalProperties": False,
        }

    def _word(self, name: str, parameter: Parameter) -> dict[str, Any]:
        """A parameter in the mapping form, where any text may be the id of a task instance."""
        described = {key: part for key, part in _described(parameter).items() if key == "description"}
        with_words = self._words.of(parameter)
        if self._words.has_parts(with_words):
            return described | with_words
        return described | {"anyOf": [_ref(f"arguments.{name}", "properties", parameter.name), _ref("word")]}


def _of_task(name: str, task: Task[..., Any]) -> dict[str, Any]:
    """What holds of an instance of one task."""
    argument = {"enum": list(task.parameters)} if task.parameters else False
    over = {"properties": {"argnames": {"anyOf": [argument, {"type": "array", "items": argument}]}}}
    full = _full_pattern(task)
    names = f"^{re.escape(name)}$|{full}" if name == task.name else full
    return {
        "if": {"required": ["task"], "properties": {"task": {"type": "string", "pattern": names}}},
        "then": {"properties": {"partial": _ref(f"arguments.{name}"), "map": over, "mapvalues": over}},
    }


def _item() -> dict[str, Any]:
    """An item of a list of task instances: one, a group of them, or the use of a fragment."""
    return {
        "type": "object",
        # Each key that tells which of them it is, so that an editor offers it in an empty item.
        "properties": {key: {"description": OF_KEYS[key]} for key in ("id", "task", "use", "type")},
        "if": {"required": ["use"]},
        "then": _ref("use"),
        "else": {
            "if": {"anyOf": [{"required": ["type"]}, {"required": ["tasks"]}]},
            "then": _ref("group"),
            "else": _ref("instance"),
        },
    }


def _items(key: str) -> dict[str, Any]:
    return {"description": OF_KEYS[key], "type": "array", "minItems": 1, "items": _ref("item")}


def _ref(*parts: str) -> dict[str, Any]:
    return {"$ref": "#/$defs/" + "/".join(map(quote, parts))}


def _choice(known: Mapping[str, str], pattern: str) -> dict[str, Any]:
    """A name of several, each with its description, or one that fits a pattern."""
    named = [{"const": name, "description": description} for name, description in known.items()]
    return {"anyOf": [*named, {"type": "string", "pattern": pattern}]}


def _full_name(task: Task[..., Any]) -> str:
    return f"{task.module}.{task.name}"


def _full_pattern(task: Task[..., Any]) -> str:
    return f"^{re.escape(task.module)}[.:]{re.escape(task.name)}$"


def _described(parameter: Parameter) -> dict[str, Any]:
    """What an editor says of a parameter: its description, and its default if JSON can say it."""
    found = {"description": parameter.description} if parameter.description else {}
    if parameter.required:
        return found
    try:
        return found | {"default": json.loads(json.dumps(parameter.default, allow_nan=False))}
    except (TypeError, ValueError, RecursionError):
        return found
