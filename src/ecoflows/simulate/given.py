"""What ``--set`` says of the arguments of tasks that are run for an example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecoflows.annotations import needs_frame
from ecoflows.decorators import Task
from ecoflows.errors import Problem, ProblemError, did_you_mean
from ecoflows.registry import Registry, UnknownTaskError
from ecoflows.source import Source, loads
from ecoflows.validation import value_problems


@dataclass(frozen=True)
class Given:
    """One argument that was given.

    Attributes:
        task: The task that it is of.
        name: The argument.
        value: The value as it was written; of a table the task that gives it.
        option: The option as it was written, the place of its problems.
    """

    task: Task[..., Any]
    name: str
    value: Any
    option: str


Settings = dict[tuple[str, str], Given]
"""What was given, by the reference of the task and the name of the argument."""


def read_settings(task: Task[..., Any], texts: Sequence[str], registry: Registry) -> Settings:
    """Read ``ARG=VALUE`` and ``TASK.ARG=VALUE``, whose values are YAML.

    Args:
        task: The task that is meant where none is named.
        texts: What was written.
        registry: The tasks that may be named.

    Raises:
        ProblemError: With all that is wrong with them.
    """
    settings: Settings = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            given = _read(task, text, registry)
        except ProblemError as error:
            problems += error.problems
        else:
            settings[given.task.reference, given.name] = given
    if problems:
        raise ProblemError(problems)
    return settings


def _read(task: Task[..., Any], text: str, registry: Registry) -> Given:
    option = f"--set {text}"
    target, equals, value = text.partition("=")
    of, _, name = target.strip().rpartition(".")
    if not (equals and name):
        hint = "write for example --set pixel_size=500"
        raise _wrong("bad-override", "this is not of the form ARG=VALUE", option, hint)
    owner = _found(of, registry, option) if of else task
    if name not in owner.parameters:
        hint = did_you_mean(name, owner.parameters, what="its parameters") or "it has none"
        message = f"task '{owner.name}' has no parameter '{name}'"
        raise _wrong("unknown-parameter", message, option, hint)
    try:
        read = loads(value, option).data
    except ProblemError as error:
        found = error.problems[0]
        way = f"text is put in quotes: --set '{target.strip()}=\"{value}\"'"
        message = f"the value is not YAML: {found.message}"
        raise _wrong("bad-override", message, option, found.hint or way) from error
    parameter = owner.parameters[name]
    if needs_frame(parameter.annotation):
        return Given(owner, name, _giver(owner, name, read, registry, option), option)
    subject = f"the parameter '{name}' of task '{owner.name}': "
    if problems := value_problems(parameter, read, Source(option), (), subject):
        raise ProblemError(problems)
    return Given(owner, name, read, option)


def _giver(
    owner: Task[..., Any], name: str, value: Any, registry: Registry, option: str
) -> Task[..., Any] | None:
    """The task that gives a table; nothing for null."""
    if isinstance(value, str):
        return _found(value, registry, option)
    if value is None and not owner.parameters[name].required:
        return None
    message = f"the parameter '{name}' of task '{owner.name}' takes a table, which cannot be written here"
    hint = f"name the task that gives it: --set {name}=TASK"
    raise _wrong("wrong-type", message, option, hint)


def _found(name: str, registry: Registry, option: str) -> Task[..., Any]:
    try:
        return registry.find(name)
    except UnknownTaskError as error:
        raise _wrong("unknown-task", str(error), option, error.hint) from error


def _wrong(code: str, message: str, option: str, hint: str | None) -> ProblemError:
    return ProblemError([Problem(code, message, option, hint=hint)])
