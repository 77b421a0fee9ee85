"""From a spec's shape to its meaning: tasks looked up, arguments bound, order found."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from ecoflows.annotations import is_frame, needs_frame
from ecoflows.conditions import DEFAULT, Condition
from ecoflows.decorators import Parameter, Task
from ecoflows.errors import Problem, ProblemError, Severity, did_you_mean, errors_only, in_order, nearest
from ecoflows.registry import Registry, UnknownConditionError, UnknownTaskError
from ecoflows.source import DataPath, Side
from ecoflows.spec import Instance, Options, Reference, Spec, Word, references
from ecoflows.spec.expressions import has_expression
from ecoflows.validation import shown, value_problems
from ecoflows.workflow.maps import MapCheck, mapped_returns
from ecoflows.workflow.model import Edge, Node, Workflow
from ecoflows.workflow.order import ordered
from ecoflows.workflow.shapes import UNKNOWN

_ALIKE = 0.8
"""How alike a text and an id must be for the text to look like a slip of the pen."""


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
    order = resolver.order()
    resolver.check_maps(nodes, order)
    found = in_order([*spec.problems, *resolver.problems])
    problems = [replace(problem, message=spec.as_written(problem.message)) for problem in found]
    if errors_only(problems):
        raise ProblemError(problems)
    return Workflow(
        spec.name,
        spec.cache_root,
        {name: replace(nodes[name], returns=resolver.returns(name, nodes)) for name in order},
        tuple(edge for name in order for edge in _edges(nodes[name])),
        spec.source,
        spec,
    ), problems


class _Resolver:
    """Resolves one spec, collecting problems."""

    def __init__(self, spec: Spec, registry: Registry) -> None:
        self.spec = spec
        self.registry = registry
        self.instances: dict[str, Instance] = {}
        for instance in spec.instances:
            if instance.id:
                self.instances.setdefault(instance.id, instance)
        self.problems: list[Problem] = []
        self._returns: dict[str, Any] = {}

    def nodes(self) -> dict[str, Node]:
        """A node for each instance whose task exists."""
        found = {}
        for instance in self.spec.instances:
            task = self._task(instance)
            if task is None:
                # Of an instance whose task is unknown, at least the references can be checked.
                self._check_references(_given(instance), instance)
            else:
                found[instance.id] = self._node(instance, task)
        return found

    def _task(self, instance: Instance) -> Task[..., Any] | None:
        if not instance.task:
            return None
        try:
            return self.registry.find(instance.task)
        except UnknownTaskError as error:
            key = instance.is_mapping_entry
            self._add(instance.task_path, "unknown-task", str(error), error.hint, key=key)
            return None

    def _node(self, instance: Instance, task: Task[..., Any]) -> Node:
        arguments = {}
        for name, value in instance.arguments.items():
            path = (*instance.arguments_path, name)
            parameter = task.parameters.get(name)
            if parameter is None:
                self._unknown_argument(instance, task, path, name)
                self._check_references(value, instance)
                continue
            arguments[name] = self._bound(value, parameter, instance, path)
        if instance.map is not None:
            self._check_references(instance.map.values, instance)
        if instance.complete:
            self._check_inputs(instance, task)
        if instance.is_mapping_entry:
            self._check_options(instance, task)
        source = self.spec.source
        origins = {}
        for name in arguments:
            origins[name] = source.place((*instance.arguments_path, name))
        return Node(
            instance.id,
            instance.title,
            task,
            arguments,
            instance.options,
            instance.path,
            origins,
            instance.map,
            self._conditions(instance),
            instance.group,
        )

    def _conditions(self, instance: Instance) -> tuple[Condition, ...]:
        """The skip conditions of an instance: its own, the spec's defaults, or the usual one."""
        if instance.options.skipif is None:
            return DEFAULT
        own: DataPath = (*instance.path, "skipif")
        path = own if own in self.spec.source.values else ("task-instance-defaults", "skipif")
        found = []
        for index, name in enumerate(instance.options.skipif.conditions):
            try:
                found.append(self.registry.find_condition(name))
            except UnknownConditionError as error:
                self._add((*path, "conditions", index), "unknown-condition", str(error), error.hint)
        return tuple(found)

    def check_maps(self, nodes: dict[str, Node], order: list[str]) -> None:
        """Check what instances are mapped over, once the tasks of all are known."""
        for name in order:  # so that a long chain of maps is no deep recursion
            self.returns(name, nodes)
        for instance in self.spec.instances:
            node = nodes.get(instance.id)
            if node is not None and instance.map is not None and node.path == instance.path:
                check = MapCheck(instance, instance.map, node.task, self.spec.source)
                self.problems += check.run(lambda name: self.returns(name, nodes))

    def returns(self, name: str, nodes: dict[str, Node]) -> Any:
        """The annotation of what an instance returns, ``UNKNOWN`` where nothing is known of it."""
        if name not in nodes:
            return UNKNOWN
        if name not in self._returns:
            node = nodes[name]
            self._returns[name] = UNKNOWN  # for instances that wait for each other
            found = node.task.returns
            if node.map is not None:
                values = node.map.values
                source: Any = dict if isinstance(values, dict) else UNKNOWN
                if isinstance(values, Reference):
                    source = self.returns(values.instance, nodes)
                found = mapped_returns(node.map, found, source)
            self._returns[name] = found
        return self._returns[name]

    def _unknown_argument(self, instance: Instance, task: Task[..., Any], path: DataPath, name: str) -> None:
        options = Options.model_fields if instance.is_mapping_entry else ()
        near = nearest(name, [*task.parameters, *options])
        hint = did_you_mean(near or name, [near] if near else task.parameters, what="its arguments")
        message = f"the task '{task.name}' has no argument '{name}'"
        self._add(path, "unknown-argument", message, hint or "it takes no arguments", key=True)

    def _bound(self, value: Any, parameter: Parameter, instance: Instance, path: DataPath) -> Any:
        """An argument's value with its words decided and its references checked."""
        settled = self._settled(value)
        if _is_unfilled(settled):
            pass  # a problem of the spec's shape already
        elif needs_frame(parameter.annotation) and not (value is None and not parameter.required):
            self._check_table(value, parameter, path)
        elif isinstance(value, Word) and isinstance(settled, str):
            self._check_word(value, parameter)
        elif not any(references(settled)):
            self.problems += self._literal_problems(settled, parameter, path)
        self._check_references(value, instance)
        return settled

    def _settled(self, value: Any) -> Any:
        """Decide the words in a value, however deep: an instance's id refers to it."""
        if isinstance(value, Word):
            return Reference(value.text, value.path) if value.text in self.instances else value.text
        if isinstance(value, dict):
            return {key: self._settled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._settled(item) for item in value]
        return value

    def _check_word(self, word: Word, parameter: Parameter) -> None:
        """Check a bare text that is no instance's id: is it meant as a text?"""
        near = nearest(word.text, self.instances)
        problems = self._literal_problems(word.text, parameter, word.path)
        if problems and near is not None:
            self._unknown_reference(word.text, word.path)
        elif problems:
            self.problems += problems
        elif near is not None and SequenceMatcher(None, word.text, near).ratio() >= _ALIKE:
            message = f"'{word.text}' is taken as text; there is a task instance '{near}'"
            hint = f"did you mean '{near}'?"
            self._add(word.path, "text-like-a-reference", message, hint, severity="warning")

    def _check_references(self, value: Any, instance: Instance) -> None:
        for found in references(self._settled(value)):
            if not isinstance(found, Reference):
                continue
            if found.instance == instance.id:
                message = f"'{instance.id}' refers to itself"
                self._add(found.path, "self-reference", message, "a task cannot take its own return value")
            elif found.instance not in self.instances:
                self._unknown_reference(found.instance, found.path)

    def _unknown_reference(self, name: str, path: DataPath) -> None:
        message = f"there is no task instance '{name}' in this spec"
        hint = did_you_mean(name, self.instances, what="its instances")
        self._add(path, "unknown-reference", message, hint)

    def _check_table(self, value: Any, parameter: Parameter, path: DataPath) -> None:
        """Check that a table, or each of several, is what a task instance returns."""
        if isinstance(value, Reference):
            return
        if isinstance(value, Word):
            if value.text not in self.instances:
                self._unknown_reference(value.text, value.path)
            return
        several = not is_frame(parameter.annotation)
        if several and value and isinstance(value, list | dict):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                self._check_table(item, parameter, (*path, key))
            return
        what = "tables" if several and isinstance(value, list | dict) else "a table"
        message = f"the argument '{parameter.name}' takes {what}, not {shown(value)}"
        hint = "name the task instance that returns it"
        if isinstance(value, str) and (near := nearest(value, self.instances)):
            hint = f"did you mean ${{{{ workflow.{near}.return }}}}?"
        self._add(path, "wrong-type", message, hint)

    def _literal_problems(self, value: Any, parameter: Parameter, path: DataPath) -> list[Problem]:
        subject = f"the argument '{parameter.name}': "
        problems = value_problems(parameter, value, self.spec.source, path, subject)
        if value is None:
            hint = "to leave it open as a parameter, take the line out"
            problems = [replace(problem, hint=problem.hint or hint) for problem in problems]
        return problems

    def _check_inputs(self, instance: Instance, task: Task[..., Any]) -> None:
        """A table cannot be a parameter, so it must be connected."""
        given = {*instance.arguments, *(instance.map.argnames if instance.map else ())}
        # What is nearly its name was meant for it, and is told already.
        given |= {nearest(name, task.parameters) or name for name in given - set(task.parameters)}
        for name, parameter in task.parameters.items():
            if name in given or not parameter.required or not needs_frame(parameter.annotation):
                continue
            what = f" of '{instance.id}'" if instance.id else ""
            message = f"the argument '{name}'{what} takes a table and is not connected"
            value = "ID" if instance.is_mapping_entry else "${{ workflow.ID.return }}"
            hint = f"write '{name}: {value}' with the id of the task instance that returns the table"
            path = instance.path if instance.is_mapping_entry else instance.task_path
            self._add(path, "missing-argument", message, hint, key=instance.is_mapping_entry)

    def _check_options(self, instance: Instance, task: Task[..., Any]) -> None:
        for name in Options.model_fields:
            path = (*instance.path, name)
            if name in task.parameters and path in self.spec.source.values:
                message = f"'{name}' is both an option and an argument of the task '{task.name}'"
                self._add(path, "ambiguous-key", message, "use the instance form of the spec", key=True)

    def order(self) -> list[str]:
        """The ids in an order that runs; each cycle becomes a problem."""
        found: dict[str, dict[str, DataPath]] = {}
        for name, instance in self.instances.items():
            found[name] = {}
            for item in references(self._settled(_given(instance))):
                if isinstance(item, Reference) and item.instance in self.instances:
                    found[name].setdefault(item.instance, item.path)
        names, cycles = ordered(found)
        for cycle in cycles:
            message = f"the task instances wait for each other: {' -> '.join(cycle)}"
            path = found[cycle[0]][cycle[-2]]
            self._add(path, "cycle", message, "take one of these references away")
        return names

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


def _given(instance: Instance) -> list[Any]:
    """All values of an instance: its arguments, and what it is mapped over."""
    return [dict(instance.arguments), instance.map.values if instance.map else None]


def _is_unfilled(value: Any) -> bool:
    """Whether a text in a value has an expression that could not be filled in."""
    if isinstance(value, dict):
        return any(map(_is_unfilled, value.values()))
    if isinstance(value, list):
        return any(map(_is_unfilled, value))
    return isinstance(value, str) and has_expression(value)


def _edges(node: Node) -> list[Edge]:
    edges = [
        Edge(found.instance, node.id, argument, found.path)
        for argument, value in node.arguments.items()
        for found in references(value)
        if isinstance(found, Reference)
    ]
    if node.map is None:
        return edges
    return edges + [
        Edge(found.instance, node.id, argument, found.path, mapped=True)
        for argument in node.map.argnames
        for found in references(node.map.values)
        if isinstance(found, Reference)
    ]
