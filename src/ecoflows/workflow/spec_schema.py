"""The JSON Schema of spec files and fragments, with all registered tasks in it, for editors.

It tells what an editor can know from one file: names of tasks, of arguments, of options and of
conditions, and which values they take. References are texts to it; whether what they refer to
exists and fits is what ``ecoflows check`` tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ecoflows.annotations import is_frame, needs_frame
from ecoflows.decorators import Parameter, Task
from ecoflows.registry import Registry
from ecoflows.spec.fragments.model import FragmentTop, ParameterShape, UseEntry, UseShape
from ecoflows.spec.options import MapShape, Options
from ecoflows.spec.shapes import GroupEntry, InstanceEntry, InstanceTop, MappingTop
from ecoflows.workflow.params.schema import DIALECT, parameter_schema
from ecoflows.workflow.values_schema import Models, choice, reference

_DURATION = r"^\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*[smhdw]\s*$"

_DESCRIPTIONS = {
    "argnames": "The argument that each element goes to, or several that its parts go to.",
    "argvalues": "What to go over: a reference, or a list (for mapvalues a list of pairs, or a mapping).",
    "batch": "Up to how many elements have a task run each; above it, so many share one.",
    "cache": "always, never or {ttl: 1d}; by default all but tasks tagged io reuse earlier results.",
    "cache_root": "Where results live: a folder or a URL such as s3://bucket/prefix.",
    "concurrency": "How many elements run at the same time, at most.",
    "conditions": "The conditions; any of them is enough.",
    "default": "What it is where a use does not give it.",
    "description": "What it is for, for readers.",
    "fragment": "The fragment's name.",
    "id": "The name that references, params files and the command line use.",
    "map": "Run the task once for each element of a list.",
    "mapvalues": "Run the task once for each value of (key, value) pairs, and keep the keys.",
    "name": "What it is called, for readers.",
    "on_error": "Whether a failing element fails the instance (fail) or is left out (skip).",
    "parameters": "What a use of the fragment gives, by name.",
    "partial": "The task's arguments. What is left open is a parameter of the workflow.",
    "requirements": "Kept for other tools.",
    "retries": "How often a failed attempt is repeated.",
    "retry_delay_seconds": "The pause before each repetition (s), or a list of pauses.",
    "return": "The id of the instance that a reference to the fragment means; by default the last.",
    "rjsf-overrides": "Kept for other tools.",
    "skipif": "When the instance, or an element of its map, is left out; by default where its input was.",
    "task": "The task, by its name or its full name.",
    "task-instance-defaults": "Options that hold for every instance that does not say otherwise.",
    "tasks": "The task instances.",
    "timeout_seconds": "When an attempt is given up (s).",
    "title": "The group's title.",
    "ttl": "How old a result may be to be used again, such as 90s, 30m, 12h or 1d.",
    "type": "task-group",
    "use": "Which fragment to use, and what it is given.",
    "with": "What the fragment is given, by the names of its parameters.",
    "workflow": "The task instances, task groups and uses of fragments, in any order.",
}
"""What an editor says of a key, wherever it stands."""


def spec_schema(registry: Registry) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of specs and fragments.

    Args:
        registry: The tasks and skip conditions that exist.

    Returns:
        The schema. Each parameter stands in it once, in ``$defs``, under its task's name.
    """
    return _Schema(registry).whole()


class _Schema:
    """Puts one schema together; what is shared goes to ``defs``."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.models = Models()
        # A task whose short name several packages claim is known by its full one only.
        self.tasks = {
            found.task.name if found.task.name in registry else f"{found.task.module}.{found.task.name}": found.task
            for found in registry.all()
        }
        self.defs: dict[str, Any] = {}

    def whole(self) -> dict[str, Any]:
        """The schema of a file."""
        for name, task in self.tasks.items():
            self.defs[f"arguments.{name}"] = self._arguments(task)
            self.defs[f"entry.{name}"] = self._mapping_entry(name, task)
        self._shapes()
        self.defs |= self.models.defs
        return {
            "$schema": DIALECT,
            "title": "ecoflows spec",
            "description": "A spec, or a fragment of one. 'ecoflows check' tells the rest.",
            "if": {"type": "object", "required": ["fragment"]},
            "then": _ref("fragment"),
            "else": _ref("spec"),
            "$defs": dict(sorted(self.defs.items())),
        }

    def _shapes(self) -> None:
        """The parts of the language."""
        entries = {"type": "array", "minItems": 1, "items": _ref("item")}
        instance = self._shape(InstanceEntry)
        instance["properties"]["task"] |= choice(self.tasks_known())
        instance["properties"]["partial"] = {
            "description": _DESCRIPTIONS["partial"],
            "type": ["object", "null"],
        }
        instance["allOf"] = [self._of_task(name, task) for name, task in self.tasks.items()]
        use = self._shape(UseEntry)
        use["properties"]["use"] |= _ref("UseShape")
        self._shape(UseShape, define=True)
        group = self._shape(GroupEntry)
        group["properties"]["tasks"] |= entries
        self.defs |= {
            "instance": instance,
            "use": use,
            "group": group,
            "options": self._shape(Options),
            "item": {
                "type": "object",
                # Every key that tells which kind of item it is, for an editor at an empty one.
                "properties": {name: {"description": _DESCRIPTIONS[name]} for name in ("id", "task", "use", "type")},
                "if": {"required": ["use"]},
                "then": _ref("use"),
                "else": {
                    "if": {"anyOf": [{"required": ["type"]}, {"required": ["tasks"]}]},
                    "then": _ref("group"),
                    "else": _ref("instance"),
                },
            },
            "spec": self._spec(entries),
            "fragment": self._fragment(entries),
        }
        self.defs["MapShape"] = self._shape(MapShape)
        self.defs["CacheTtl"]["properties"]["ttl"] = {
            "description": _DESCRIPTIONS["ttl"],
            "anyOf": [{"type": "string", "pattern": _DURATION}, {"type": "number", "exclusiveMinimum": 0}],
        }
        conditions = {name: one.description for name, one in self.registry.conditions.items()}
        items = {"anyOf": [*choice(conditions)["anyOf"], {"type": "string", "pattern": r"\."}]}
        self.defs["SkipIf"]["properties"]["conditions"]["items"] = items

    def _spec(self, entries: dict[str, Any]) -> dict[str, Any]:
        top = self._shape(InstanceTop)
        del top["required"]
        top["properties"] |= {
            "task-instance-defaults": {
                "description": _DESCRIPTIONS["task-instance-defaults"],
                "anyOf": [_ref("options"), {"type": "null"}],
            },
            "tasks": {
                **self._shape(MappingTop)["properties"]["tasks"],
                "minProperties": 1,
                "properties": {
                    name: {"description": task.description, **_ref(f"entry.{name}")}
                    for name, task in self.tasks.items()
                },
                "patternProperties": {_full_names(task): _ref(f"entry.{name}") for name, task in self.tasks.items()},
                "additionalProperties": False,
            },
        }
        top["properties"]["workflow"] |= entries
        top["allOf"] = [
            {"anyOf": [{"required": ["name"]}, {"required": ["id"]}]},
            {"oneOf": [{"required": ["workflow"]}, {"required": ["tasks"]}]},
        ]
        return top

    def _fragment(self, entries: dict[str, Any]) -> dict[str, Any]:
        top = self._shape(FragmentTop)
        top["properties"]["workflow"] |= entries
        parameter = {"anyOf": [self._shape(ParameterShape), {"type": "null"}]}
        top["properties"]["parameters"] = {
            "description": _DESCRIPTIONS["parameters"],
            "type": ["object", "null"],
            "additionalProperties": parameter,
        }
        return top

    def _shape(self, model: type[BaseModel], *, define: bool = False) -> dict[str, Any]:
        """A model of the language, with what an editor says of its keys."""
        schema = _without_titles(model.model_json_schema())
        for name, part in {model.__name__: schema, **schema.pop("$defs", {})}.items():
            part.pop("description", None)  # a docstring for programmers
            for key, value in part.get("properties", {}).items():
                part["properties"][key] = {"description": _DESCRIPTIONS[key], **value}
            if define or part is not schema:
                self.defs.setdefault(name, part)
        return schema

    def tasks_known(self) -> dict[str, str]:
        """Each task's name in specs with its description."""
        return {name: task.description for name, task in self.tasks.items()}

    def _of_task(self, name: str, task: Task[..., Any]) -> dict[str, Any]:
        """What holds of an instance of one task."""
        known = {"enum": list(task.parameters)} if task.parameters else False
        over = {"properties": {"argnames": {"anyOf": [known, {"type": "array", "items": known}]}}}
        return {
            "if": {"required": ["task"], "properties": {"task": {"pattern": _names(name, task)}}},
            "then": {"properties": {"partial": _ref(f"arguments.{name}"), "map": over, "mapvalues": over}},
        }

    def _arguments(self, task: Task[..., Any]) -> dict[str, Any]:
        """The arguments of a task in the instance form."""
        return {
            "description": task.description,
            "type": ["object", "null"],
            "properties": {name: self._value(parameter) for name, parameter in task.parameters.items()},
            "additionalProperties": False,
        }

    def _value(self, parameter: Parameter) -> dict[str, Any]:
        described: dict[str, Any] = {"description": parameter.description} if parameter.description else {}
        if not parameter.required and (default := _plain(parameter.default)) is not None:
            described["default"] = default
        if not needs_frame(parameter.annotation):
            return described | self.models.value(parameter_schema(parameter))
        branches = [{"type": "null"}] if not parameter.required else []
        tables = reference() if is_frame(parameter.annotation) else self.models.tables()
        return described | {"anyOf": [tables, *branches]}

    def _mapping_entry(self, name: str, task: Task[..., Any]) -> dict[str, Any]:
        """The arguments and the options of a task in the mapping form, where any text may be a reference."""
        options = self._shape(Options)["properties"]
        arguments = {
            argument: {
                "description": parameter.description or argument,
                "anyOf": [
                    _ref(f"arguments.{name}", "properties", argument),
                    *self.models.with_words(self.defs[f"arguments.{name}"]["properties"][argument]),
                ],
            }
            for argument, parameter in task.parameters.items()
        }
        both = {
            option: {"description": "An option and an argument: use the instance form.", "not": {}}
            for option in options.keys() & arguments.keys()
        }
        return {
            "description": task.description,
            "type": ["object", "null"],
            "properties": {**arguments, **options, **both},
            "additionalProperties": False,
        }


def _ref(*parts: str) -> dict[str, Any]:
    return {"$ref": "#/$defs/" + "/".join(quote(part) for part in parts)}


def _full_names(task: Task[..., Any]) -> str:
    return f"^{re.escape(task.module)}[.:]{re.escape(task.name)}$"


def _names(name: str, task: Task[..., Any]) -> str:
    """A pattern of the names that a spec may use for a task."""
    full = _full_names(task)
    return f"^{name}$|{full}" if name == task.name else full


def _plain(value: Any) -> Any:
    """A default that JSON can say; ``None`` where it cannot."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return None


def _without_titles(schema: Any) -> Any:
    return schema
