"""Bind a params file and ``--set`` options to a workflow, checked as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecoflows.decorators import Parameter
from ecoflows.errors import Problem, ProblemError, did_you_mean, in_order, nearest
from ecoflows.source import DataPath, Source, flow_text, loads
from ecoflows.validation import shown, value_problems
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.params.schema import open_parameters
from ecoflows.workflow.params.words import type_text


@dataclass(frozen=True)
class Given:
    """One value that was given for a parameter, with where it stands.

    Attributes:
        value: The value.
        source: The params file, or the ``--set`` option.
        path: Its path there.
    """

    value: Any
    source: Source
    path: DataPath

    @property
    def origin(self) -> str:
        """The place as text."""
        return self.source.problem(self.path, "", "").place

    def problem(self, code: str, message: str, hint: str | None = None) -> Problem:
        """A problem with the parameter's being given here."""
        return self.source.problem(self.path, code, message, hint=hint, side="key")


_NO_FILE = Source("params")
Sections = dict[str, dict[str, Given]]


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
    problems: list[Problem] = []
    file = source or _NO_FILE
    sections, unreadable = _sections(file, workflow, problems)
    for text in overrides:
        _override(text, workflow, sections, problems)
    for node in workflow.nodes.values():
        if node.id not in unreadable:
            problems += _section_problems(workflow, node, sections.get(node.id, {}), file)
    if problems:
        raise ProblemError(in_order(problems))
    return workflow.with_arguments(
        {name: {key: given.value for key, given in section.items()} for name, section in sections.items()},
        {name: {key: given.origin for key, given in section.items()} for name, section in sections.items()},
    )


def _sections(source: Source, workflow: Workflow, problems: list[Problem]) -> tuple[Sections, set[str]]:
    """The params file's values by instance, and the instances whose section is none."""
    if source.data is None:
        return {}, set()
    if not isinstance(source.data, dict):
        message = (
            f"a params file maps ids of task instances to their arguments, it is not {shown(source.data)}"
        )
        problems.append(source.problem((), "not-a-mapping", message))
        return {}, set(workflow.nodes)
    sections: Sections = {}
    unreadable: set[str] = set()
    for key, section in source.data.items():
        if key not in workflow.nodes:
            problems.append(_unknown_instance(source, key, workflow))
        elif isinstance(section, dict | None):
            sections[key] = {
                _name(name): Given(value, source, (key, name)) for name, value in (section or {}).items()
            }
        else:
            unreadable.add(key)
            message = f"the arguments of '{key}' are a mapping, not {shown(section)}"
            problems.append(source.problem((key,), "not-a-mapping", message, hint="write 'argument: value'"))
    return sections, unreadable


def _unknown_instance(source: Source, key: Any, workflow: Workflow) -> Problem:
    message = f"there is no task instance '{_name(key)}' in the spec"
    inside = _inside(workflow, _name(key))
    hint = inside or did_you_mean(_name(key), workflow.nodes, what="its instances")
    if not isinstance(key, str) and source.text:
        quoted = next((name for name in workflow.nodes if name == _name(key)), None)
        message = f"the id of a task instance is text, and {shown(key)} is not"
        hint = f"put it in quotes: '{quoted}'" if quoted else hint
    holders = [node.id for node in workflow.nodes.values() if key in open_parameters(node)]
    if holders and not inside and nearest(_name(key), workflow.nodes) is None:
        hint = f"'{holders[0]}' has a parameter of this name: write it under {flow_text(holders[0])}:"
    return source.problem((key,), "unknown-instance", message, hint=hint, side="key")


def _inside(workflow: Workflow, name: str) -> str | None:
    """A hint where a name is that of a fragment's use."""
    found = workflow.instances_of(name)
    return f"it is the use of a fragment; its instances are {', '.join(found)}" if found else None


def _name(key: Any) -> str:
    return key if isinstance(key, str) else shown(key)


def _override(text: str, workflow: Workflow, sections: Sections, problems: list[Problem]) -> None:
    """Read one ``ID.arg=VALUE``, whose value is YAML, into the sections."""
    name = f"--set {text}"
    target, equals, value = text.partition("=")
    instance, dot, argument = target.strip().rpartition(".")
    if not (equals and dot and instance and argument):
        hint = "write for example --set load_observations.path=fixes.csv"
        problems.append(Problem("bad-override", "this is not of the form ID.argument=VALUE", name, hint=hint))
        return
    if instance not in workflow.nodes:
        hint = (
            _inside(workflow, instance) or did_you_mean(instance, workflow.nodes, what="its instances") or ""
        )
        message = f"there is no task instance '{instance}' in the spec"
        problems.append(Problem("unknown-instance", message, name, hint=hint))
        return
    try:
        read = loads(value, name)
    except ProblemError as error:
        found = error.problems[0]
        message = f"the value is not YAML: {found.message}"
        way = f"text is put in quotes: --set '{target.strip()}=\"{value}\"'"
        problems.append(Problem("bad-override", message, name, hint=found.hint or way))
        return
    # Without its text: the option itself is the place.
    sections.setdefault(instance, {})[argument] = Given(read.data, Source(name), ())


def _section_problems(
    workflow: Workflow, node: Node, section: Mapping[str, Given], file: Source
) -> list[Problem]:
    parameters = open_parameters(node)
    found: list[Problem] = []
    for name, given in section.items():
        if name not in parameters:
            found.append(_unexpected(workflow, node, name, given))
    for name, parameter in parameters.items():
        one = section.get(name)
        if parameter.required and (one is None or _is_blank(one, parameter)):
            found.append(_missing(node, parameter, file, one))
        elif one is not None:
            subject = f"the parameter '{name}' of '{node.id}': "
            found += value_problems(parameter, one.value, one.source, one.path, subject)
    return found


def _is_blank(given: Given, parameter: Parameter) -> bool:
    """Whether a line was left as the template has it: no value where one is needed."""
    if given.value is not None:
        return False
    return bool(value_problems(parameter, None, given.source, given.path, ""))


def _missing(node: Node, parameter: Parameter, file: Source, blank: Given | None) -> Problem:
    message = f"the parameter '{parameter.name}' of '{node.id}' is missing"
    hint = f"{type_text(parameter)}{f': {parameter.description}' if parameter.description else ''}"
    if blank is not None:
        return blank.source.problem(blank.path, "missing-parameter", message, hint=hint, side="key")
    if (node.id,) in file.keys:
        return file.problem((node.id,), "missing-parameter", message, hint=hint, side="key")
    if file is _NO_FILE:
        way = f"--set {shlex.quote(f'{node.id}.{parameter.name}=VALUE')}"
        return Problem("missing-parameter", message, hint=f"{hint} (give it in a params file or with {way})")
    return Problem(
        "missing-parameter", message, file.name, hint=f"{hint} (write it under {flow_text(node.id)}:)"
    )


def _unexpected(workflow: Workflow, node: Node, name: str, given: Given) -> Problem:
    if name in node.arguments:
        message = f"the argument '{name}' of '{node.id}' is given by the spec already"
        return given.problem("given-twice", message, f"the spec gives it at {node.origins[name]}")
    if node.map is not None and name in node.map.argnames:
        message = f"the argument '{name}' of '{node.id}' is given by the spec already"
        return given.problem("given-twice", message, f"{node.map.word} gives it, once per element")
    if name in node.task.parameters:
        message = f"the argument '{name}' of '{node.id}' takes a table, which is no parameter"
        return given.problem("unknown-parameter", message, "connect it in the spec")
    parameters = open_parameters(node)
    hint = did_you_mean(name, parameters, what="its parameters") or "it leaves nothing open"
    elsewhere = [other.id for other in workflow.nodes.values() if name in open_parameters(other)]
    if elsewhere and not nearest(name, parameters):
        hint = f"'{elsewhere[0]}' has a parameter of this name"
    return given.problem("unknown-parameter", f"'{node.id}' has no parameter '{name}'", hint)
