"""Parameters: what a spec leaves open, keyed by instance id.

The tasks' own annotations give the JSON Schema, the fillable YAML and the validation.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ecoflows.annotations import is_frame
from ecoflows.decorators import Parameter
from ecoflows.errors import Problem, ProblemError, did_you_mean, in_order, nearest
from ecoflows.source import DataPath, Source, loads
from ecoflows.validation import problems_of, shown
from ecoflows.workflow.model import Node, Workflow

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def open_parameters(node: Node) -> dict[str, Parameter]:
    """The parameters of a task instance that a params file may set, in the task's order."""
    return {
        name: parameter
        for name in node.open
        if not is_frame((parameter := node.task.parameters[name]).annotation)
    }


def section_model(node: Node) -> type[BaseModel]:
    """A pydantic model of one task instance's open parameters."""
    fields: dict[str, Any] = {}
    for index, (name, parameter) in enumerate(open_parameters(node).items()):
        default = Field(alias=name) if parameter.required else Field(default=parameter.default, alias=name)
        # Arguments may have names that pydantic keeps for itself, hence the alias.
        fields[f"argument_{index}"] = (parameter.annotation, default)
    config = ConfigDict(extra="forbid", title=node.title, arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model(
        f"{node.task.name}_parameters", __config__=config, __doc__=node.task.description, **fields
    )
    return model


def params_model(workflow: Workflow) -> type[BaseModel]:
    """A pydantic model of all that a workflow leaves open, keyed by instance id."""
    fields: dict[str, Any] = {}
    for index, node in enumerate(workflow.nodes.values()):
        parameters = open_parameters(node)
        if not parameters:
            continue
        section = section_model(node)
        required = any(parameter.required for parameter in parameters.values())
        default = Field(alias=node.id) if required else Field(default_factory=section, alias=node.id)
        fields[f"section_{index}"] = (section, default)
    config = ConfigDict(extra="forbid", title=workflow.name)
    model: type[BaseModel] = create_model("params", __config__=config, **fields)
    return model


def json_schema(workflow: Workflow) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a workflow's params files."""
    return {"$schema": SCHEMA_DIALECT, **params_model(workflow).model_json_schema()}


@dataclass(frozen=True)
class Override:
    """One ``--set ID.arg=VALUE`` of a command line."""

    text: str
    instance: str
    argument: str
    value: Any


def parse_override(text: str, workflow: Workflow) -> Override:
    """Read one ``ID.arg=VALUE``; the value is YAML.

    Raises:
        ProblemError: If it is not of that form or its value is not YAML.
    """
    target, equals, value = text.partition("=")
    instance, dot, argument = target.strip().rpartition(".")
    if not (equals and dot and instance and argument):
        message = f"'{text}' is not of the form ID.argument=VALUE"
        raise _override_error(text, "write for example --set load_observations.path=fixes.csv", message)
    if instance not in workflow.nodes:
        hint = did_you_mean(instance, workflow.nodes, what="instances")
        raise _override_error(text, hint, f"there is no task instance '{instance}' in this spec")
    return Override(text, instance, argument, loads(value, f"--set {text}").data)


def _override_error(text: str, hint: str | None, message: str) -> ProblemError:
    return ProblemError([Problem("bad-override", message, f"--set {text}", hint=hint)])


def bind(workflow: Workflow, source: Source | None, overrides: Sequence[str] = ()) -> Workflow:
    """Fill what a spec leaves open, checked as a whole before anything runs.

    Args:
        workflow: The workflow.
        source: The params file, if there is one.
        overrides: ``ID.arg=VALUE`` texts that win over it.

    Returns:
        The workflow with every given argument bound; the tasks' defaults stand for the rest.

    Raises:
        ProblemError: With all missing, unknown and ill-typed parameters, each with its place.
    """
    given = source or Source("params")
    problems: list[Problem] = []
    data = _sections(given, problems)
    origins = _origins(given, data)
    changed: dict[tuple[str, str], Override] = {}
    for text in overrides:
        try:
            override = parse_override(text, workflow)
        except ProblemError as error:
            problems += error.problems
            continue
        data.setdefault(override.instance, {})[override.argument] = override.value
        origins.setdefault(override.instance, {})[override.argument] = f"--set {text}"
        changed[override.instance, override.argument] = override
    problems += _Check(workflow, given, changed).problems(data)
    if problems:
        raise ProblemError(in_order(problems))
    return workflow.with_arguments(data, origins)


def _sections(source: Source, problems: list[Problem]) -> dict[str, dict[str, Any]]:
    """The params file's data by instance; what is not of that shape becomes a problem."""
    if source.data is None:
        return {}
    if not isinstance(source.data, dict):
        message = f"a params file maps instance ids to their arguments, it is not {shown(source.data)}"
        problems.append(source.problem((), "not-a-mapping", message))
        return {}
    sections: dict[str, dict[str, Any]] = {}
    for name, section in source.data.items():
        if section is None:
            sections[str(name)] = {}
        elif isinstance(section, dict):
            sections[str(name)] = dict(section)
        else:
            message = f"the arguments of '{name}' are a mapping, not {shown(section)}"
            problems.append(source.problem((name,), "not-a-mapping", message))
    return sections


def _origins(source: Source, data: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    def place(path: DataPath) -> str:
        mark = source.mark(path)
        return f"{source.name}:{mark.line}:{mark.col}"

    return {name: {key: place((name, key)) for key in section} for name, section in data.items()}


class _Check:
    """Checks the sections of a params file against a workflow."""

    def __init__(
        self, workflow: Workflow, source: Source, changed: Mapping[tuple[str, str], Override]
    ) -> None:
        self.workflow = workflow
        self.source = source
        self.changed = changed

    def problems(self, data: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
        found = [self._unknown(name) for name in data if name not in self.workflow.nodes]
        for node in self.workflow.nodes.values():
            found += self._section(node, data.get(node.id, {}))
        return found

    def _unknown(self, name: str) -> Problem:
        hint = did_you_mean(name, self.workflow.nodes, what="its instances")
        message = f"there is no task instance '{name}' in the spec"
        return self.source.problem((name,), "unknown-parameter", message, hint=hint, side="key")

    def _section(self, node: Node, section: Mapping[str, Any]) -> list[Problem]:
        parameters = open_parameters(node)
        found = [self._unexpected(node, str(name), parameters) for name in section if name not in parameters]
        for name, parameter in parameters.items():
            if name in section:
                found += self._value(node, parameter, section[name])
            elif parameter.required:
                found.append(self._missing(node, parameter))
        return found

    def _unexpected(self, node: Node, name: str, parameters: Mapping[str, Parameter]) -> Problem:
        if name in node.arguments:
            message = f"the argument '{name}' of '{node.id}' is given by the spec already"
            hint = f"the spec gives it at {node.origins[name]}"
            return self._problem(node, name, "given-twice", message, hint)
        if name in node.task.parameters:
            message = f"the argument '{name}' of '{node.id}' takes a table, which is no parameter"
            return self._problem(node, name, "unknown-parameter", message, "connect it in the spec")
        hint = did_you_mean(name, parameters, what="its parameters") or "it leaves nothing open"
        elsewhere = [other.id for other in self.workflow.nodes.values() if name in open_parameters(other)]
        if elsewhere and not nearest(name, parameters):
            hint = f"'{elsewhere[0]}' has a parameter of this name"
        message = f"'{node.id}' has no parameter '{name}'"
        return self._problem(node, name, "unknown-parameter", message, hint)

    def _problem(self, node: Node, name: str, code: str, message: str, hint: str) -> Problem:
        override = self.changed.get((node.id, name))
        if override is not None:
            return Problem(code, message, f"--set {override.text}", hint=hint)
        return self.source.problem((node.id, name), code, message, hint=hint, side="key")

    def _missing(self, node: Node, parameter: Parameter) -> Problem:
        message = f"the parameter '{parameter.name}' of '{node.id}' is missing"
        hint = f"{type_text(parameter)}{f': {parameter.description}' if parameter.description else ''}"
        path: DataPath = (node.id, parameter.name)
        return self.source.problem(path, "missing-parameter", message, hint=hint)

    def _value(self, node: Node, parameter: Parameter, value: Any) -> list[Problem]:
        override = self.changed.get((node.id, parameter.name))
        subject = f"the parameter '{parameter.name}' of '{node.id}': "
        try:
            parameter.adapter.validate_python(value)
        except ValidationError as error:
            if override is not None:
                place = Source(f"--set {override.text}", values={})
                return problems_of(error, place, code="wrong-type", subject=subject)
            if value is None and parameter.required:
                return [self._missing(node, parameter)]
            return problems_of(
                error, self.source, (node.id, parameter.name), code="wrong-type", subject=subject
            )
        return []


def type_text(parameter: Parameter) -> str:
    """A parameter's type in a few words, from its JSON Schema."""
    return _type_words(parameter.adapter.json_schema())


_WORDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "object": "mapping",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "minItems": "with at least (items)",
    "maxItems": "with at most (items)",
}


def _type_words(schema: Mapping[str, Any], whole: Mapping[str, Any] | None = None) -> str:
    whole = schema if whole is None else whole
    if "$ref" in schema:
        return _type_words(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(repr(item) for item in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type_words(branch, whole) for branch in schema[key]))
    bounds = [f"{words} {schema[key]}" for key, words in _BOUNDS.items() if key in schema]
    kind = schema.get("type")
    if kind == "array":
        items = [_type_words(item, whole) for item in schema.get("prefixItems", [])]
        inner = ", ".join(items) if items else _type_words(schema.get("items", {}), whole)
        words = f"list of [{inner}]" if " " in inner or items else f"list of {inner}"
    elif kind == "object" and "properties" in schema:
        words = "mapping of " + ", ".join(schema["properties"])
    elif kind == "string" and "format" in schema:
        words = str(schema["format"])
    else:
        words = _WORDS.get(str(kind), "any value")
    return " ".join([words, ", ".join(bounds)]) if bounds else words


def template(workflow: Workflow) -> str:
    """A params file to fill in: descriptions, types and defaults as comments, required ones marked."""
    lines = [f"# Parameters of {workflow.name}: fill in what is marked REQUIRED, change what you like."]
    for node in workflow.nodes.values():
        parameters = open_parameters(node)
        if not parameters:
            continue
        lines += ["", *_comment(node.task.description, 0), f"{_key(node.id)}:"]
        for parameter in parameters.values():
            lines += _entry(parameter)
    if len(lines) == 1:
        lines = [f"# {workflow.name} leaves nothing open: this file may stay empty.", "{}"]
    return "\n".join(lines) + "\n"


def _entry(parameter: Parameter) -> list[str]:
    schema = parameter.adapter.json_schema()
    lines = _comment(parameter.description or "", 2)
    if parameter.required:
        lines += _comment(f"{_type_words(schema)}; REQUIRED", 2)
        return [*lines, f"  {_key(parameter.name)}:"]
    default = _flow(_plain(parameter))
    lines += _comment(f"{_type_words(schema)}; default: {default}", 2)
    return [*lines, f"  {_key(parameter.name)}: {default}"]


def _plain(parameter: Parameter) -> Any:
    return parameter.adapter.dump_python(parameter.default, mode="json")


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...")


def _key(name: str) -> str:
    return _flow(name)


def _comment(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, width=88, initial_indent=" " * indent + "# ", subsequent_indent=" " * indent + "# "
    )
