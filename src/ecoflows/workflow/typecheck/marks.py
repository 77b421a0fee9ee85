"""What the marks of a return annotation make of the table that a task was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, get_args, get_origin

from ecoflows.annotations import frame_schema, requires_geo
from ecoflows.effects import EFFECTS, Adds, Drops, Effect, Keeps, NothingElse, PassesThrough, Renames
from ecoflows.spec import references
from ecoflows.workflow.model import Node
from ecoflows.workflow.typecheck.tables import Column, Step, Table

UNSETTLED = object()
"""The value of an argument that is not known before a run."""


def returned_table(node: Node, annotation: Any, inputs: Mapping[str, Table]) -> Table:
    """What is known of a table that a task instance returns.

    Args:
        node: The task instance.
        annotation: The annotation of the table, which may stand inside that of the return.
        inputs: What is known of the tables that it is given, by argument.
    """
    marks: list[Effect] = []
    if get_origin(annotation) is Annotated:
        marks = [mark for mark in get_args(annotation)[1:] if isinstance(mark, EFFECTS)]
    model = frame_schema(annotation)
    table = Table(others=None, model=f"the table of '{node.id}'", story=(Step(node.id, "made"),))
    passed = [mark.argument for mark in marks if isinstance(mark, PassesThrough)]
    if not passed and model is not None and not node.task.is_io:
        table = replace(table, others=_handed_on(inputs))
    for mark in marks:
        first = isinstance(mark, PassesThrough) and mark.argument == passed[0]
        table = _marked(table, mark, node, inputs, first=first)
    if model is not None:
        table = table.checked(model, Step(node.id, "made"))
    return replace(table, is_geo=table.is_geo or requires_geo(annotation))


def _handed_on(inputs: Mapping[str, Table]) -> frozenset[str] | None:
    """The columns that a task may hand on without saying so: those of the tables that it is given."""
    names: set[str] = set()
    for table in inputs.values():
        if table.others is None or table.patterns:
            return None
        names |= {*table.columns, *table.others}
    return frozenset(names)


def _marked(table: Table, mark: Effect, node: Node, inputs: Mapping[str, Table], *, first: bool) -> Table:
    match mark:
        case PassesThrough(argument=argument):
            given = inputs.get(argument, Table()).passed_on(Step(node.id, "handed on"))
            if node.task.is_io:  # it may bring anything besides
                given = replace(given, others=None, like=None, gone={})
            return given if first else table.joined(given)
        case NothingElse(like=like):
            return replace(table, others=frozenset() if like is None else None, like=like, patterns=False)
        case Keeps(argument=argument):
            names = _names(settled(node, argument))
            if names is None:
                return table.unsure(more=False)
            return table.only(names, Step(node.id, "kept", argument)) if names else table
        case Drops(columns=columns, argument=argument):
            names = _names(settled(node, argument)) if argument else []
            if names is None:
                return table.unsure(more=False)
            return table.without([*columns, *names], Step(node.id, "dropped", argument))
        case Renames():
            return _renamed(table, mark, node)
        case Adds(column=name, dtype=dtype, argument=argument, nullable=nullable):
            found = settled(node, argument) if argument else name
            if not isinstance(found, str):
                return table.unsure(more=True) if found is UNSETTLED else table
            column = Column(_dtype(dtype), nullable, story=(Step(node.id, "added"),))
            return table.with_column(found, column)


def _renamed(table: Table, mark: Renames, node: Node) -> Table:
    given = settled(node, mark.argument) if mark.argument else {}
    if not isinstance(given, dict | None) or not all(
        isinstance(text, str) for pair in (given or {}).items() for text in pair
    ):
        return table.unsure(more=True)
    names = {**mark.columns, **(given or {})}
    for name in table.columns:
        new = names.get(name, name)
        for prefix in mark.prefixes:
            new = new.removeprefix(prefix)
        if new != name:
            names[name] = new
    if mark.prefixes and not table.is_closed:
        table = replace(table, others=None, like=None, gone={})  # others may be called anything now
    return table.renamed(names, Step(node.id, "renamed", mark.argument)) if names else table


def settled(node: Node, argument: str) -> Any:
    """The value of an argument as far as it is known before a run, its default if it has one.

    Args:
        node: The task instance.
        argument: The argument's name.
    """
    if argument in node.arguments:
        value = node.arguments[argument]
        if any(references(value)) or argument not in node.task.parameters:
            return UNSETTLED
        try:  # as the task gets it
            return node.task.parameters[argument].adapter.validate_python(value)
        except Exception:  # noqa: BLE001  # what is wrong with it is told elsewhere
            return UNSETTLED
    parameter = node.task.parameters.get(argument)
    mapped = node.map is not None and argument in node.map.argnames
    if parameter is None or parameter.required or mapped:
        return UNSETTLED
    return parameter.usual


def _names(value: Any) -> list[str] | None:
    if value is None:
        return []
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return list(value)
    return None


def _dtype(dtype: Any) -> Any:
    from pandera.engines.pandas_engine import Engine

    try:
        return None if dtype is None else Engine.dtype(dtype)
    except TypeError:  # nothing that pandera knows: a column of any type
        return None
