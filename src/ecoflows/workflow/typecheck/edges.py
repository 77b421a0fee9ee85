"""The verdict on every edge of a workflow, and its story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecoflows.annotations import frame_schema, is_frame
from ecoflows.errors import Problem, ProblemError, Related
from ecoflows.source import DataPath
from ecoflows.spec import Reference
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.shapes import element_of
from ecoflows.workflow.typecheck.inside import inside
from ecoflows.workflow.typecheck.known import (
    ANYTHING,
    ListValue,
    MappingValue,
    Plain,
    TupleValue,
    Value,
    element,
    part,
    table_in,
    tables_in,
    value_of,
)
from ecoflows.workflow.typecheck.marks import returned_table
from ecoflows.workflow.typecheck.sentences import gathered
from ecoflows.workflow.typecheck.tables import Step, Table
from ecoflows.workflow.typecheck.values import compare
from ecoflows.workflow.typecheck.verdict import Finding, Verdict, overall

_DEPENDS = Finding(
    Verdict.UNKNOWN, "what is needed at this place depends on the rest of the argument's value"
)


@dataclass(frozen=True)
class EdgeVerdict:
    """What can be said of one edge.

    Attributes:
        source: The instance that gives the value.
        target: The instance that takes it.
        argument: The argument that takes it.
        path: Where the reference stands in the spec.
        findings: What was found of each requirement.
        table: What is known of the table that goes over it, if it is one.
    """

    source: str
    target: str
    argument: str
    path: DataPath
    findings: tuple[Finding, ...]
    table: Table | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole edge."""
        return overall(self.findings)

    @property
    def reason(self) -> str:
        """Why, in a sentence: what refutes it, else what is not proved, else what proves it."""
        verdict = self.verdict
        each = dict.fromkeys(found.reason for found in self.findings if found.verdict is verdict)
        reasons = gathered(each)
        if verdict is Verdict.PROVED and len(reasons) > 1:
            return f"all {len(reasons)} requirements are met"
        more = f"; and {len(reasons) - 5} more" if len(reasons) > 5 else ""
        return "; ".join(reasons[:5]) + more

    def as_json(self) -> dict[str, str]:
        """The verdict as the command line's JSON shows it."""
        return {
            "source": self.source,
            "target": self.target,
            "argument": self.argument,
            "verdict": self.verdict.value,
            "reason": self.reason,
        }


def check_edges(workflow: Workflow) -> list[EdgeVerdict]:
    """The verdict on every edge, in the order of the workflow's instances.

    Args:
        workflow: The workflow; arguments that are not bound count with their defaults.
    """
    checker = _Checker(workflow)
    return [found for node in workflow.nodes.values() for found in checker.edges_of(node)]


def refutations(workflow: Workflow, verdicts: list[EdgeVerdict]) -> list[Problem]:
    """A problem for each refuted edge, with both ends and the story of the columns.

    Args:
        workflow: The workflow.
        verdicts: The verdicts on its edges.
    """
    problems = []
    for found in verdicts:
        if found.verdict is not Verdict.REFUTED:
            continue
        source, target = workflow.nodes[found.source], workflow.nodes[found.target]
        ends = f"{_named(target)} cannot take what {_named(source)} returns as '{found.argument}'"
        message = f"{ends}: {found.reason}"
        problem = workflow.source.problem(found.path, "refuted-edge", message, hint=_way_out(target, found))
        related = dict.fromkeys((*problem.related, *_story(workflow, found)))
        problems.append(replace(problem, related=tuple(related)))
    return problems


def _way_out(target: Node, found: EdgeVerdict) -> str:
    more = f"'ecoflows check --explain {found.target}.{found.argument}' tells more"
    over = target.map
    whole = over is not None and not over.keyed and over.argnames == (found.argument,)
    if whole and found.reason.endswith("this is a tuple of 2"):
        return f"mapvalues goes over the values of (key, value) pairs; {more}"
    return more


def _named(node: Node) -> str:
    """An instance with its task, where that has another name."""
    return f"'{node.id}'" if node.id == node.task.name else f"'{node.id}' ({node.task.name})"


def require_no_refuted(workflow: Workflow) -> None:
    """Refuse a workflow of which an edge can carry nothing.

    Args:
        workflow: The workflow, its parameters bound.

    Raises:
        ProblemError: With every refuted edge.
    """
    problems = refutations(workflow, check_edges(workflow))
    if problems:
        raise ProblemError(problems)


def _story(workflow: Workflow, found: EdgeVerdict) -> Iterator[Related]:
    """Who made the table, who took the columns away that are needed, who needs them."""
    needed = Step(found.target, "needs")
    if found.table is None:
        yield _place(workflow, Step(found.source, "returns"), f"'{found.source}' returns it here")
        yield _place(workflow, needed, f"'{found.target}' takes it here")
        return
    names = [
        finding.column for finding in found.findings if finding.verdict is Verdict.REFUTED and finding.column
    ]
    for step in found.table.story:
        yield _place(workflow, step, f"'{step.instance}' {step.what} the table here")
    for name in names:
        column = found.table.columns.get(name)
        for step in column.story if column else found.table.gone.get(name, ()):
            yield _place(workflow, step, f"'{step.instance}' {step.what} '{name}' here")
    yield _place(workflow, needed, f"'{found.target}' needs {', '.join(map(repr, names[:5])) or 'it'} here")


def _place(workflow: Workflow, step: Step, message: str) -> Related:
    path = workflow.nodes[step.instance].path
    written = [(*path, "partial", step.argument), (*path, step.argument)] if step.argument else []
    known = [one for one in written if one in workflow.source.values]
    return workflow.source.related((known or [path])[0], message, "value")


class _Checker:
    """Follows values through a workflow, in the order in which it runs."""

    def __init__(self, workflow: Workflow) -> None:
        self._values: dict[str, Value] = {}
        self._elements: dict[str, dict[str, Value]] = {}
        for node in workflow.nodes.values():
            self._elements[node.id] = self._bound_elements(node)
            self._values[node.id] = self._returned(node)

    def edges_of(self, node: Node) -> Iterator[EdgeVerdict]:
        """The verdicts on the edges that end at a node."""
        for argument, value in node.arguments.items():
            annotation = node.task.parameters[argument].annotation
            yield from self._at(node, argument, value, annotation)
        if node.map is None:
            return
        for argument, found in self._elements[node.id].items():
            annotation = node.task.parameters[argument].annotation
            for reference in _references(node.map.values):
                one = found
                if reference is not node.map.values:
                    one = self._from_list(node, argument, reference)
                yield self._verdict(node, argument, reference, one, annotation)

    def _from_list(self, node: Node, argument: str, reference: Reference) -> Value:
        """What one reference in a list of elements gives to an argument."""
        assert node.map is not None  # noqa: S101  # it has elements
        value = self._value(reference)
        names, values = node.map.argnames, node.map.values
        if node.map.keyed:
            value = part(value, 1, 2) if reference in (values if isinstance(values, list) else ()) else value
        if len(names) > 1:
            whole = any(item is reference for item in values) if isinstance(values, list) else False
            index = names.index(argument)
            if whole:
                return part(value, index, len(names))
            if node.map.keyed:  # the reference is the pair's value, or one part of it
                return ANYTHING
            holder = next((item for item in values if isinstance(item, list) and reference in item), None)
            return value if holder is not None and holder[index] is reference else ANYTHING
        return value

    def _at(self, node: Node, argument: str, value: Any, annotation: Any) -> Iterator[EdgeVerdict]:
        """The edges in an argument's value, however deep they stand."""
        if isinstance(value, Reference):
            yield self._verdict(node, argument, value, self._value(value), annotation)
            return
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for place, item in items:
            part = None if annotation is None else inside(annotation, place)
            yield from self._at(node, argument, item, part)

    def _verdict(
        self, node: Node, argument: str, reference: Reference, value: Value, annotation: Any
    ) -> EdgeVerdict:
        table = table_in(value)
        findings = tuple([_DEPENDS] if annotation is None else compare(value, annotation))
        return EdgeVerdict(reference.instance, node.id, argument, reference.path, findings, table)

    def _value(self, reference: Reference) -> Value:
        return self._values.get(reference.instance, ANYTHING)

    def _bound_elements(self, node: Node) -> dict[str, Value]:
        """What is known of one element, by the argument that it goes to."""
        if node.map is None:
            return {}
        names = node.map.argnames
        if not isinstance(node.map.values, Reference):
            return dict.fromkeys(names, ANYTHING)
        one = element(self._value(node.map.values), keyed=node.map.keyed)
        if len(names) == 1:
            return {names[0]: one}
        return {name: part(one, index, len(names)) for index, name in enumerate(names)}

    def _returned(self, node: Node) -> Value:
        inputs = self._input_tables(node)
        one = value_of(node.task.returns, lambda annotation: returned_table(node, annotation, inputs))
        if node.map is None:
            return one
        if not node.map.keyed:
            return ListValue(one)
        over = self._value(node.map.values) if isinstance(node.map.values, Reference) else ANYTHING
        if isinstance(over, MappingValue) or isinstance(node.map.values, dict):
            key_type = over.key if isinstance(over, MappingValue) else _keys(node.map.values)
            return MappingValue(key_type, one)
        key: Value = ANYTHING
        if isinstance(over, ListValue):
            key = part(over.element, 0, 2)
        elif isinstance(over, Plain):
            found = element_of(over.annotation)
            key = part(value_of(found, lambda _annotation: Table()), 0, 2) if found is not None else ANYTHING
        return ListValue(TupleValue((key, one)))

    def _input_tables(self, node: Node) -> Mapping[str, Table]:
        given: dict[str, Value] = dict(self._elements[node.id])
        for argument, value in node.arguments.items():
            if isinstance(value, Reference):
                given[argument] = self._value(value)
        tables: dict[str, Table] = {}
        for argument, one in given.items():
            table = table_in(one)
            if table is not None:
                annotation = node.task.parameters[argument].annotation
                model = frame_schema(annotation) if is_frame(annotation) else None
                tables[argument] = table if model is None else table.taken_as(model)
        # Those in lists and mappings cannot be named by a mark, but may be handed on without one.
        inner = [table for name, one in given.items() if name not in tables for table in tables_in(one)]
        inner += [
            table
            for value in node.arguments.values()
            if not isinstance(value, Reference)
            for reference in _references(value)
            for table in tables_in(self._value(reference))
        ]
        if any(_holds_rows(value) for value in node.arguments.values()):
            inner.append(Table())
        return {**tables, **{f"[{index}]": table for index, table in enumerate(inner)}}


def _holds_rows(value: Any) -> bool:
    """Whether a written value may be the rows of a table."""
    inside = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return any(isinstance(item, list | dict) for item in inside)


def _keys(values: Any) -> Any:
    """The type of a written mapping's keys."""
    return str if isinstance(values, dict) and all(isinstance(key, str) for key in values) else Any


def _references(value: Any) -> Iterator[Reference]:
    from ecoflows.spec import references

    return (found for found in references(value) if isinstance(found, Reference))
