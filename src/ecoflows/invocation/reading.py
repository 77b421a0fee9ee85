"""From an invocation to the node that it describes, with everything that is wrong with it at once."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from ecoflows.conditions import BUILT_IN, DEFAULT, Condition
from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError, Problem, ProblemError, StoreError, did_you_mean
from ecoflows.invocation.model import Invocation
from ecoflows.keys import artifacts_in, has_gaps
from ecoflows.source import Source
from ecoflows.spec import MapOver, Options, Reference, references
from ecoflows.spec.expressions import as_written, filled
from ecoflows.store import Artifact
from ecoflows.store.canonical import decode
from ecoflows.validation import value_problems
from ecoflows.workflow.model import Node

_UNREADABLE = object()
"""Stands for a value of which a problem was told already."""


@dataclass(frozen=True)
class Described:
    """The node that an invocation describes.

    Attributes:
        node: The node.
        workflow: The workflow's name, by default the task's.
        names: What its references stand for: names in ``inputs``, URIs, instances of the run.
    """

    node: Node
    workflow: str
    names: tuple[str, ...]


def read(reference: str, invocation: Invocation, where: str) -> Described:
    """Make the node of an invocation.

    Args:
        reference: The task, as ``module:name``.
        invocation: The invocation.
        where: What messages call the place where it was written.

    Raises:
        ProblemError: With everything that is wrong with it.
    """
    return _Reader(reference, invocation, where).read()


class _Reader:
    def __init__(self, reference: str, invocation: Invocation, where: str) -> None:
        self.reference = reference
        self.invocation = invocation
        self.where = where
        self.problems: list[Problem] = []
        self.from_environment: dict[str, str] = {}

    def read(self) -> Described:
        found = self.invocation
        task = self._task()
        self._check_given()
        conditions = tuple(self._conditions()) if found.skipif is not None else DEFAULT
        arguments: dict[str, Any] = {}
        for name, written in found.arguments.items():
            self._take(arguments, name, self._decoded(written, f"arguments.{name}"))
        for name, value in found.parameters.items():
            self._take(arguments, name, value)
        over = self._map(arguments)
        if task is not None:
            self._check(task, arguments, over)
        if task is None or self.problems:
            raise ProblemError(
                replace(problem, message=as_written(problem.message, self.from_environment))
                for problem in self.problems
            )
        node = Node(
            found.instance or task.name,
            found.instance or task.name,
            task,
            arguments,
            Options(timeout_seconds=found.timeout_seconds, cache=found.cache),
            (),
            dict.fromkeys(arguments, self.where),
            over,
            conditions,
            mocked=found.mock,
        )
        return Described(node, found.workflow or task.name, node.upstream)

    def _task(self) -> Task[..., Any] | None:
        found = self._imported(self.reference, "task")
        if found is not None and not isinstance(found, Task):
            self._add("unknown-task", f"'{self.reference}' is no task", "name a function with @distributed")
            return None
        if found is None:
            return None
        try:
            found.check()
        except EcoflowsError as error:
            self._add("unknown-task", str(error))
            return None
        return found

    def _imported(self, reference: str, what: str) -> Any:
        module, _, name = reference.partition(":")
        hint = f"write MODULE:NAME, such as ecoflows.tasks.io:load_observations, for a {what}"
        if not module or not name:
            self._add(f"unknown-{what}", f"'{reference}' names no {what}", hint)
            return None
        try:
            found: Any = importlib.import_module(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a foreign module may raise anything
            message = f"the module '{module}' cannot be imported: {type(error).__name__}: {error}"
            self._add(f"unknown-{what}", message, "is its package installed in this image?")
            return None
        known = [key for key, value in vars(found).items() if isinstance(value, Task | Condition)]
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is None:
            self._add(
                f"unknown-{what}", f"'{module}' has no '{name}'", did_you_mean(name, known, what="it has")
            )
        return found

    def _conditions(self) -> Iterator[Condition]:
        for name in self.invocation.skipif or ():
            found = BUILT_IN.get(name) or self._imported(name, "condition")
            if isinstance(found, Condition):
                yield found
            elif found is not None:
                self._add("unknown-condition", f"'{name}' is no skip condition", "@condition makes one")

    def _check_given(self) -> None:
        """Refuse parameters of the run that nothing knows, which Airflow takes in silence."""
        known = self.invocation.known
        for name in self.invocation.given:
            if known is not None and name not in known:
                hint = did_you_mean(name, known, what="its parameters") or "it has none"
                self._add("unknown-parameter", f"the run has no parameter '{name}'", hint)

    def _decoded(self, written: Any, place: str) -> Any:
        known = len(self.problems)
        data = self._filled(written, place)
        if len(self.problems) > known:
            return _UNREADABLE
        try:
            return decode(data, resolve=_stored)
        except (StoreError, ValidationError) as error:
            self._add("bad-value", f"{place} cannot be read: {error}")
            return _UNREADABLE

    def _filled(self, written: Any, place: str) -> Any:
        """JSON in which the environment is filled in; in the store's, no other value looks like it."""
        if isinstance(written, list):
            return [self._filled(item, place) for item in written]
        if not isinstance(written, dict):
            return written
        text = written.get("$environment")
        if len(written) != 1 or not isinstance(text, str):
            return {key: self._filled(item, place) for key, item in written.items()}
        found = filled(text, lambda code, message, hint: self._add(code, f"{place}: {message}", hint))
        self.from_environment[found] = text
        return found

    def _take(self, arguments: dict[str, Any], name: str, value: Any) -> None:
        if name in arguments:
            self._add("given-twice", f"'{name}' is among the arguments and the parameters", "give it once")
        arguments[name] = value

    def _map(self, arguments: Mapping[str, Any]) -> MapOver | None:
        over = self.invocation.map
        if over is None:
            return None
        for name, count in Counter(over.argnames).items():
            if count > 1:
                self._add("given-twice", f"'{name}' stands twice in argnames", "name each argument once")
            if name in arguments:
                self._add("given-twice", f"'{name}' is mapped and given, too", "give it once")
        values = self._decoded(over.values, "map.values")
        return MapOver(over.argnames, values, over.keyed, (), on_error=over.on_error)

    def _check(self, task: Task[..., Any], arguments: Mapping[str, Any], over: MapOver | None) -> None:
        mapped = over.argnames if over else ()
        for name in (*arguments, *mapped):
            if name not in task.parameters:
                hint = did_you_mean(name, task.parameters, what="its arguments") or "it takes none"
                self._add("unknown-argument", f"the task '{task.name}' has no argument '{name}'", hint)
        if self.invocation.mock:
            return
        for name, parameter in task.parameters.items():
            if name in mapped:
                continue
            if name not in arguments:
                if parameter.required:
                    message = f"the argument '{name}' of '{task.name}' is missing"
                    self._add("missing-argument", message, parameter.description)
            elif arguments[name] is not _UNREADABLE and _is_plain(name, arguments[name]):
                subject = f"the argument '{name}': "
                self.problems += value_problems(parameter, arguments[name], Source(self.where), (), subject)

    def _add(self, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, self.where, hint=hint))


def _stored(written: Any) -> Reference | Artifact:
    """What stands for a stored value: a text to look up, or all that the store says of it."""
    return Reference(written, ()) if isinstance(written, str) else Artifact.model_validate(written)


def _is_plain(name: str, value: Any) -> bool:
    """Whether a value is all there, so that it can be validated before anything runs."""
    return not (any(references(value)) or any(artifacts_in(value, name)) or has_gaps(value))
