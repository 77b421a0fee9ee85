"""The whole story of one edge: both ends, every requirement, and where each column comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ecoflows.workflow.model import Workflow
    from ecoflows.workflow.typecheck import EdgeVerdict

_MARKS = {"proved": ("+", "green"), "unknown": ("?", "yellow"), "refuted": ("x", "red")}


def explain_argument(workflow: Workflow, verdicts: Sequence[EdgeVerdict], name: str) -> None:
    """Tell the story of what an argument takes.

    Args:
        workflow: The workflow.
        verdicts: The verdicts on its edges.
        name: ``ID.ARG``.

    Raises:
        UsageError: If there is no such edge; the message has the way out.
    """
    from ecoflows.errors import UsageError, did_you_mean

    instance, _, argument = name.rpartition(".")
    found = [one for one in verdicts if (one.target, one.argument) == (instance, argument)]
    if not found:
        known = dict.fromkeys(f"{one.target}.{one.argument}" for one in verdicts)
        why = f"--explain: no edge ends at '{name}'"
        node = workflow.nodes.get(instance)
        if node is not None and argument in node.arguments:
            why = f"--explain: '{name}' is a value that is given at {node.origins[argument]}, no edge"
        elif node is not None and argument in node.open:
            why = f"--explain: '{name}' is a parameter, no edge"
        raise UsageError(f"{why}; {did_you_mean(name, known, what='edges end at') or 'there are no edges'}")
    for one in found:
        _explain(workflow, one)


def _explain(workflow: Workflow, edge: EdgeVerdict) -> None:
    from ecoflows.keys import type_name
    from ecoflows.workflow.typecheck import Finding

    source, target = workflow.nodes[edge.source], workflow.nodes[edge.target]
    place = workflow.source.place
    parameter = target.task.parameters[edge.argument]
    _mark(edge.verdict.value, f"{edge.verdict.value}: '{edge.source}' -> {edge.target}.{edge.argument}")
    click.echo(f"  connected at {place(edge.path)}")
    click.echo(f"  given by '{edge.source}' ({source.task.name}) at {place(source.path)}")
    click.echo(f"    as {type_name(source.returns)}, {source.task.location}")
    click.echo(f"  taken by '{edge.target}' ({target.task.name}) at {place(target.path)}")
    click.echo(f"    as {type_name(parameter.annotation)}, {target.task.location}")

    def order(finding: Finding) -> int:
        return ["refuted", "unknown", "proved"].index(finding.verdict)

    for finding in sorted(edge.findings, key=order):
        _mark(finding.verdict.value, f"  {finding.reason}")
        if edge.table is None or finding.column is None:
            continue
        column = edge.table.columns.get(finding.column)
        steps = column.story if column else edge.table.gone.get(finding.column, ())
        for step in steps:
            where = place(workflow.nodes[step.instance].path)
            click.echo(f"      {step.what} by '{step.instance}' at {where}")


def _mark(verdict: str, text: str) -> None:
    sign, color = _MARKS[verdict]
    lead = len(text) - len(text.lstrip())
    click.echo(text[:lead], nl=False)
    click.secho(sign, fg=color, nl=False)
    click.echo(f" {text[lead:]}")
