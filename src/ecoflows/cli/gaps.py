"""What a run that completed did not bring: skipped instances, failed elements, rows, real results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ecoflows.workflow.execution import Run
    from ecoflows.workflow.model import Workflow
    from ecoflows.workflow.outcome import Outcome
    from ecoflows.workflow.report import Report

_SHOWN = 5


def tell_of_ages(run: Run, report: Report) -> None:
    """Say how old the results are that stand in for reading from outside."""
    import humanize

    from ecoflows.workflow.offline import ages

    for name, made in ages(run, report).items():
        age = humanize.naturaldelta(datetime.now(UTC) - made)
        text = f"offline: {name} is of {made:%Y-%m-%d %H:%M} UTC, {age} old"
        click.secho(text, err=True, fg="yellow")


def tell_of_gaps(report: Report) -> None:
    """Say which instances and elements were skipped, which elements failed, where no rows came out."""
    from ecoflows.workflow.outcome import State
    from ecoflows.workflow.report import empty_instances

    skipped = [outcome for outcome in report.outcomes.values() if outcome.state is State.SKIPPED]
    _tell("skipped", skipped)
    for outcome in report.outcomes.values():
        if outcome.state in (State.COMPLETED, State.CACHED) and outcome.elements:
            total = len(outcome.elements)
            lost = outcome.failed_elements
            _tell(f"{outcome.id}: {len(lost)} of {total} elements failed and are left out", lost)
            left = [found for found in outcome.elements if found.state is State.SKIPPED]
            _tell(f"{outcome.id}: {len(left)} of {total} elements skipped", left)
    if empty := empty_instances(report.outcomes):
        click.secho(
            f"no rows came out of {', '.join(empty)}: do the limits and filters fit the data?",
            err=True,
            fg="yellow",
        )


def tell_of_mocks(workflow: Workflow, report: Report) -> None:
    """Say which results are packaged examples, and how many were made from some."""
    from ecoflows.workflow.mocks import made_of_mocks, mocked_ids

    found = made_of_mocks(report.outcomes)
    if not found:
        return
    examples = [name for name in mocked_ids(workflow) if name in found]
    click.secho("MOCK: these are no real results", err=True, fg="yellow", bold=True)
    more = f" and {len(examples) - _SHOWN} more" if len(examples) > _SHOWN else ""
    if examples:
        click.echo(f"  packaged examples: {', '.join(examples[:_SHOWN])}{more}", err=True)
    if made := len(found) - len(examples):
        click.echo(f"  made from examples: {made} task instance{'s' if made > 1 else ''}", err=True)


def _tell(what: str, outcomes: Iterable[Outcome]) -> None:
    found = list(outcomes)
    if not found:
        return
    click.secho(f"{what}:", err=True, fg="yellow")
    for outcome in found[:_SHOWN]:
        click.echo(f"  {outcome.id}: {outcome.error}", err=True)
    if len(found) > _SHOWN:
        click.echo(f"  and {len(found) - _SHOWN} more", err=True)
