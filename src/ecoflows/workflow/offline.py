"""Runs that read nothing from outside: what they stand on, and how old that is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ecoflows.errors import EcoflowsError, UsageError
from ecoflows.store import Artifact
from ecoflows.workflow.changes import why_missing
from ecoflows.workflow.execution import Run
from ecoflows.workflow.lookup import look_up
from ecoflows.workflow.report import Report


def require_stored(run: Run) -> None:
    """Make sure, before anything runs, that what reads from outside has results to give.

    What hangs on instances that have no result yet cannot be known now; it fails in the run.

    Args:
        run: The run.

    Raises:
        UsageError: With all that is missing, and what differs from what is stored.
    """
    missing: list[str] = []
    artifacts: dict[str, Artifact] = {}
    for node in run.workflow.nodes.values():
        if any(name not in artifacts for name in node.upstream):
            continue
        try:
            found = look_up(node, artifacts, run.store, run.workflow.name, run.freshness(node))
        except EcoflowsError:
            continue  # told by the run
        if found.artifact is not None:
            artifacts[node.id] = found.artifact
        elif node.id in run.selection.offline:
            unit, lack = found.missing[0]
            latest = run.store.latest_result(run.workflow.name, node.id)
            made = f", last on {latest.created:%Y-%m-%d %H:%M} UTC" if latest else ""
            missing.append(f"'{unit.label}': {why_missing(unit, lack, latest)}{made}")
    if missing:
        raise UsageError(
            f"--offline: no result is stored of {'; '.join(missing)}; run once without --offline"
        )


def ages(run: Run, report: Report) -> Mapping[str, datetime]:
    """When the results were made that stood in for reading from outside, the oldest of each instance.

    Args:
        run: The run.
        report: What became of it.
    """
    found: dict[str, datetime] = {}
    for name in run.workflow.nodes:
        outcome = report.outcomes[name]
        results = [part.result for part in outcome.elements or (outcome,) if part.result is not None]
        if name in run.selection.offline and results:
            found[name] = min(result.created for result in results)
    return found
