"""From a spec's shape to its meaning: tasks looked up, arguments bound, order found."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import ValidationError

from ecoflows.annotations import is_frame
from ecoflows.decorators import Parameter, Task
from ecoflows.errors import Problem, ProblemError, Severity, did_you_mean, errors_only, in_order, nearest
from ecoflows.registry import Registry, UnknownTaskError
from ecoflows.source import DataPath, Side
from ecoflows.spec import Instance, Options, Reference, Spec, Word, references
from ecoflows.validation import problems_of
from ecoflows.workflow.model import Edge, Node, Workflow


def resolve(spec: Spec, registry: Registry) -> tuple[Workflow, list[Problem]]:
    """Give a spec its meaning.

    Args:
        spec: The shape.
        registry: The tasks that exist.

    Returns:
        The workflow, and warnings.

    Raises:
        ProblemError: With every problem of the spec, those of its shape too.
    """
    resolver = _Resolver(spec, registry)
    nodes = resolver.nodes()
    order = resolver.order(nodes)
    problems = in_order([*spec.problems, *resolver.problems])
    if errors_only(problems):
        raise ProblemError(problems)
    return Workflow(
        spec.name,
        spec.cache_root,
        {name: nodes[name] for name in order},
        tuple(edge for name in order for edge in _edges(nodes[name])),
        spec.source,
    ), problems


class _Resolver:
    """Resolves one spec, collecting problems."""

    def __init__(self, spec: Spec, registry: Registry) -> None:
        self.spec = spec
        self.registry = registry
        self.instances = {instance.id: instance for instance in spec.instances}
        self.problems: list[Problem] = []

    def nodes(self) -> dict[str, Node]:
        """A node for each instance whose task exists."""
        found = {}
        for instance in self.spec.instances:
            task = self._task(instance)
            if task is None:
                self._check_references(instance)
            else:
                found[instance.id] = self._node(instance, task)
        return found

    def _task(self, instance: Instance) -> Task[..., Any] | None:
        if not instance.task:
            return None
        try:
            return self.registry.find(instance.task)
        except UnknownTaskError as error:
            self._add(instance.task_path, "unknown-task", str(error), error.hint, key=_is_key(instance))
            return None

    def _check_references(self, instance: Instance) -> None:
        """Of an instance whose task is unknown, at least the references can be checked."""
        for found in references(dict(instance.arguments)):
            if isinstance(found, Reference):
                self._resolved(found, instance)

    def _node(self, instance: Instance, task: Task[..., Any]) -> Node:
        arguments = {}
        for name, value in instance.arguments.items():
            path = (*instance.arguments_path, name)
            parameter = task.parameters.get(name)
            if parameter is None:
                self._unknown_argument(task, path, name)
                continue
            arguments[name] = self._bound(value, parameter, instance, path)
        if instance.sound:
            self._check_inputs(instance, task)
            self._check_options(instance, task)
        source = self.spec.source
        origins = {}
        for name in arguments:
            mark = source.mark((*instance.arguments_path, name))
            origins[name] = f"{source.name}:{mark.line}:{mark.col}"
        return Node(instance.id, instance.title, task, arguments, instance.options, instance.path, origins)

    def _unknown_argument(self, task: Task[..., Any], path: DataPath, name: str) -> None:
        hint = did_you_mean(str(name), task.parameters, what="its arguments") or "it takes no arguments"
        self._add(
            path, "unknown-argument", f"the task '{task.name}' has no argument '{name}'", hint, key=True
        )

    def _bound(self, value: Any, parameter: Parameter, instance: Instance, path: DataPath) -> Any:
        """An argument's value with its words decided and its references checked."""
        if isinstance(value, Word):
            return self._word(value, parameter, instance)
        value = self._settled(value)
        found = list(references(value))
        for reference in found:
            if isinstance(reference, Reference):
                self._resolved(reference, instance)
        if not found:
            self._check_literal(value, parameter, path)
        return value

    def _settled(self, value: Any) -> Any:
        """Decide the words inside lists and mappings: an instance's id refers to it."""
        if isinstance(value, Word):
            return Reference(value.text, value.path) if value.text in self.instances else value.text
        if isinstance(value, dict):
            return {key: self._settled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._settled(item) for item in value]
        return value

    def _word(self, word: Word, parameter: Parameter, instance: Instance) -> Any:
        """Decide a bare text: an instance's id refers to it, any other is itself."""
        if word.text in self.instances:
            return self._resolved(Reference(word.text, word.path), instance)
        near = nearest(word.text, self.instances)
        if not is_frame(parameter.annotation) and not self._literal_problems(word.text, parameter, word.path):
            if near is not None:
                message = f"'{word.text}' is taken as text; there is a task instance '{near}'"
                hint = f"did you mean '{near}'?"
                self._add(word.path, "text-like-a-reference", message, hint, severity="warning")
        elif near is not None or is_frame(parameter.annotation):
            self._unknown_reference(word.text, word.path)
        else:
            self.problems += self._literal_problems(word.text, parameter, word.path)
        return word.text

    def _resolved(self, reference: Reference, instance: Instance) -> Reference:
        if reference.instance == instance.id:
            message = f"'{instance.id}' refers to itself"
            self._add(reference.path, "self-reference", message, "a task cannot take its own return value")
        elif reference.instance not in self.instances:
            self._unknown_reference(reference.instance, reference.path)
        return reference

    def _unknown_reference(self, name: str, path: DataPath) -> None:
        message = f"there is no task instance '{name}' in this spec"
        self._add(
            path, "unknown-reference", message, did_you_mean(name, self.instances, what="its instances")
        )

    def _check_literal(self, value: Any, parameter: Parameter, path: DataPath) -> None:
        if is_frame(parameter.annotation):
            message = f"the argument '{parameter.name}' takes a table, not a literal"
            self._add(path, "wrong-type", message, "name the task instance that returns it")
            return
        self.problems += self._literal_problems(value, parameter, path)

    def _literal_problems(self, value: Any, parameter: Parameter, path: DataPath) -> list[Problem]:
        try:
            parameter.adapter.validate_python(value)
        except ValidationError as error:
            subject = f"the argument '{parameter.name}': "
            return problems_of(error, self.spec.source, path, code="wrong-type", subject=subject)
        return []

    def _check_inputs(self, instance: Instance, task: Task[..., Any]) -> None:
        """A table cannot be a parameter, so it must be connected."""
        for name, parameter in task.parameters.items():
            if name in instance.arguments or not parameter.required or not is_frame(parameter.annotation):
                continue
            message = f"the argument '{name}' of '{instance.id}' takes a table and is not connected"
            self._add(
                instance.path,
                "missing-argument",
                message,
                f"write '{name}:' and the id of the task instance that returns the table",
                key=_is_key(instance),
            )

    def _check_options(self, instance: Instance, task: Task[..., Any]) -> None:
        if not _is_key(instance):
            return
        for name in Options.model_fields:
            path = (*instance.path, name)
            if name in task.parameters and path in self.spec.source.values:
                message = f"'{name}' is both an option and an argument of the task '{task.name}'"
                self._add(path, "ambiguous-key", message, "use the instance form of the spec", key=True)

    def order(self, nodes: dict[str, Node]) -> list[str]:
        """The nodes in an order that runs; each cycle becomes a problem."""
        place = {instance.id: index for index, instance in enumerate(self.spec.instances)}
        graph = {
            name: {other for other in node.upstream if other in nodes and other != name}
            for name, node in nodes.items()
        }
        while True:
            sorter = TopologicalSorter(graph)
            try:
                sorter.prepare()
            except CycleError as error:
                cycle = error.args[1]
                self._cycle(cycle, nodes)
                graph[cycle[1]].discard(cycle[0])
                continue
            ordered: list[str] = []
            while sorter.is_active():
                ready = sorted(sorter.get_ready(), key=place.__getitem__)
                ordered += ready
                sorter.done(*ready)
            return ordered

    def _cycle(self, cycle: list[str], nodes: dict[str, Node]) -> None:
        """Name a cycle by its path, starting at the instance that stands first in the spec."""
        start = min(range(len(cycle) - 1), key=lambda index: list(nodes).index(cycle[index]))
        path = [*cycle[start:-1], *cycle[:start], cycle[start]]
        first = nodes[path[0]]
        found = next(
            item for item in references(dict(first.arguments)) if getattr(item, "instance", None) == path[-2]
        )
        message = f"the task instances wait for each other: {' -> '.join(path)}"
        self._add(found.path, "cycle", message, "take one of these references away")

    def _add(
        self,
        path: DataPath,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        key: bool = False,
        severity: Severity = "error",
    ) -> None:
        side: Side = "key" if key else "value"
        self.problems.append(
            self.spec.source.problem(path, code, message, hint=hint, side=side, severity=severity)
        )


def _is_key(instance: Instance) -> bool:
    """Whether the instance is written in the mapping form, where its task's name is a key."""
    return instance.path == instance.task_path


def _edges(node: Node) -> list[Edge]:
    return [
        Edge(found.instance, node.id, argument, found.path)
        for argument, value in node.arguments.items()
        for found in references(value)
        if isinstance(found, Reference)
    ]
