"""Bind a params file and ``--set`` options to a workflow, checked as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecoflows.decorators import REQUIRED, Parameter, Task
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


@dataclass(frozen=True)
class Opening:
    """What one task instance leaves open, wherever its workflow was written.

    Attributes:
        id: The instance.
        task: Its task.
        parameters: What may be given, by name.
        closed: What may not, with where it comes from.
        optional: Whether nothing has to be given, what has no default neither.
    """

    id: str
    task: Task[..., Any]
    parameters: Mapping[str, Parameter]
    closed: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False


def bind(
    workflow: Workflow, source: Source | None, overrides: Sequence[str] = (), *, complete: bool = True
) -> Workflow:
    """Fill what a spec leaves open, checked as a whole before anything runs.

    Args:
        workflow: The workflow.
        source: The params file, if there is one.
        overrides: ``ID.arg=VALUE`` texts that win over it.
        complete: Whether what has no default must be given.

    Returns:
        The workflow with every given argument bound; the tasks' defaults stand for the rest.

    Raises:
        ProblemError: With all missing, unknown and ill-typed parameters, each with its place.
    """
    openings = {node.id: _opening(node, complete=complete) for node in workflow.nodes.values()}
    sections = checked_sections(openings, source, overrides)
    return workflow.with_arguments(
        {name: {key: given.value for key, given in section.items()} for name, section in sections.items()},
        {name: {key: given.origin for key, given in section.items()} for name, section in sections.items()},
    )


def _opening(node: Node, *, complete: bool) -> Opening:
    closed = {name: f"the spec gives it at {node.origins[name]}" for name in node.arguments}
    if node.map is not None:
        closed |= dict.fromkeys(node.map.argnames, f"{node.map.word} gives it, once per element")
    # A mocked instance's task is not called.
    return Opening(node.id, node.task, open_parameters(node), closed, node.mocked or not complete)


def checked_sections(
    openings: Mapping[str, Opening],
    source: Source | None,
    overrides: Sequence[str] = (),
    usual: Mapping[str, Mapping[str, Given]] | None = None,
    *,
    whole: str = "in the spec",
) -> Sections:
    """The values that are given for what task instances leave open, checked as a whole.

    Args:
        openings: What there is to give, by instance.
        source: The params file, if there is one.
        overrides: ``ID.arg=VALUE`` texts that win over it.
        usual: What holds where neither says anything; ``REQUIRED`` stands for a value to be given.
        whole: Where messages say that an unknown instance is not.

    Raises:
        ProblemError: With all missing, unknown and ill-typed parameters, each with its place.
    """
    problems: list[Problem] = []
    file = source or _NO_FILE
    sections = {name: dict(section) for name, section in (usual or {}).items()}
    known = _Known(openings, whole)
    found, unreadable = _sections(file, known, problems)
    for name, section in found.items():
        sections.setdefault(name, {}).update(section)
    for text in overrides:
        _override(text, known, sections, problems)
    for name, opening in openings.items():
        if name not in unreadable:
            problems += _section_problems(known, opening, sections.setdefault(name, {}), file)
    if problems:
        raise ProblemError(in_order(problems))
    return sections


@dataclass(frozen=True)
class _Known:
    """The instances that there are, and what messages call the whole of them."""

    openings: Mapping[str, Opening]
    whole: str

    def inside(self, name: str) -> str | None:
        """A hint where a name is that of a fragment's use."""
        found = [other for other in self.openings if other.startswith(f"{name}.")]
        return f"it is the use of a fragment; its instances are {', '.join(found)}" if found else None


def _sections(source: Source, known: _Known, problems: list[Problem]) -> tuple[Sections, set[str]]:
    """The params file's values by instance, and the instances whose section is none."""
    if source.data is None:
        return {}, set()
    if not isinstance(source.data, dict):
        message = (
            f"a params file maps ids of task instances to their arguments, it is not {shown(source.data)}"
        )
        problems.append(source.problem((), "not-a-mapping", message))
        return {}, set(known.openings)
    sections: Sections = {}
    unreadable: set[str] = set()
    for key, section in source.data.items():
        if key not in known.openings:
            problems.append(_unknown_instance(source, key, known))
        elif isinstance(section, dict | None):
            sections[key] = {
                _name(name): Given(value, source, (key, name)) for name, value in (section or {}).items()
            }
        else:
            unreadable.add(key)
            message = f"the arguments of '{key}' are a mapping, not {shown(section)}"
            problems.append(source.problem((key,), "not-a-mapping", message, hint="write 'argument: value'"))
    return sections, unreadable


def _unknown_instance(source: Source, key: Any, known: _Known) -> Problem:
    openings = known.openings
    message = f"there is no task instance '{_name(key)}' {known.whole}"
    inside = known.inside(_name(key))
    hint = inside or did_you_mean(_name(key), openings, what="its instances")
    if not isinstance(key, str) and source.text:
        quoted = next((name for name in openings if name == _name(key)), None)
        message = f"the id of a task instance is text, and {shown(key)} is not"
        hint = f"put it in quotes: '{quoted}'" if quoted else hint
    holders = [opening.id for opening in openings.values() if key in opening.parameters]
    if holders and not inside and nearest(_name(key), openings) is None:
        hint = f"'{holders[0]}' has a parameter of this name: write it under {flow_text(holders[0])}:"
    return source.problem((key,), "unknown-instance", message, hint=hint, side="key")


def _name(key: Any) -> str:
    return key if isinstance(key, str) else shown(key)


def _override(text: str, known: _Known, sections: Sections, problems: list[Problem]) -> None:
    """Read one ``ID.arg=VALUE``, whose value is YAML, into the sections."""
    name = f"--set {text}"
    target, equals, value = text.partition("=")
    instance, dot, argument = target.strip().rpartition(".")
    if not (equals and dot and instance and argument):
        hint = "write for example --set load_observations.path=fixes.csv"
        problems.append(Problem("bad-override", "this is not of the form ID.argument=VALUE", name, hint=hint))
        return
    if instance not in known.openings:
        hint = known.inside(instance) or did_you_mean(instance, known.openings, what="its instances") or ""
        message = f"there is no task instance '{instance}' {known.whole}"
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
    known: _Known, opening: Opening, section: dict[str, Given], file: Source
) -> list[Problem]:
    found: list[Problem] = []
    for name, given in section.items():
        if name not in opening.parameters:
            found.append(_unexpected(known, opening, name, given))
    for name, parameter in opening.parameters.items():
        one = section.get(name)
        wanted = parameter.required or (one is not None and one.value is REQUIRED)
        if wanted and (one is None or _is_blank(one, parameter)):
            section.pop(name, None)
            if not opening.optional:
                found.append(_missing(opening, parameter, file, one))
        elif one is not None:
            subject = f"the parameter '{name}' of '{opening.id}': "
            found += value_problems(parameter, one.value, one.source, one.path, subject)
    return found


def _is_blank(given: Given, parameter: Parameter) -> bool:
    """Whether a line was left as the template has it: no value where one is needed."""
    if given.value is REQUIRED:
        return True
    if given.value is not None:
        return False
    return bool(value_problems(parameter, None, given.source, given.path, ""))


def _missing(opening: Opening, parameter: Parameter, file: Source, blank: Given | None) -> Problem:
    message = f"the parameter '{parameter.name}' of '{opening.id}' is missing"
    hint = f"{type_text(parameter)}{f': {parameter.description}' if parameter.description else ''}"
    if blank is not None:
        return blank.source.problem(blank.path, "missing-parameter", message, hint=hint, side="key")
    if (opening.id,) in file.keys:
        return file.problem((opening.id,), "missing-parameter", message, hint=hint, side="key")
    if file is _NO_FILE:
        way = f"--set {shlex.quote(f'{opening.id}.{parameter.name}=VALUE')}"
        return Problem("missing-parameter", message, hint=f"{hint} (give it in a params file or with {way})")
    return Problem(
        "missing-parameter", message, file.name, hint=f"{hint} (write it under {flow_text(opening.id)}:)"
    )


def _unexpected(known: _Known, opening: Opening, name: str, given: Given) -> Problem:
    if name in opening.closed:
        message = f"the argument '{name}' of '{opening.id}' is given by the spec already"
        return given.problem("given-twice", message, opening.closed[name])
    if name in opening.task.parameters:
        message = f"the argument '{name}' of '{opening.id}' takes a table, which is no parameter"
        return given.problem("unknown-parameter", message, "connect it in the spec")
    hint = did_you_mean(name, opening.parameters, what="its parameters") or "it leaves nothing open"
    elsewhere = [other.id for other in known.openings.values() if name in other.parameters]
    if elsewhere and not nearest(name, opening.parameters):
        hint = f"'{elsewhere[0]}' has a parameter of this name"
    return given.problem("unknown-parameter", f"'{opening.id}' has no parameter '{name}'", hint)
