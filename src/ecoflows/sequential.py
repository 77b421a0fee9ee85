"""The sequential engine: the same nodes in one process, one after the other, without Prefect."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from ecoflows.workflow.attempts import settle
from ecoflows.workflow.collecting import collect
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.execution import Run
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, Progress, State
from ecoflows.workflow.report import Report
from ecoflows.workflow.time_limit import interrupting


def run_sequential(run: Run) -> Report:
    """Run a workflow's nodes one after the other.

    A failing node leaves those that depend on it out and nothing else.

    Args:
        run: What to run.

    Returns:
        What became of each node.

    Raises:
        UsageError: If the selection needs stored results that do not exist.
    """
    started = time.perf_counter()
    outcomes = run.given()
    for node in run.workflow.nodes.values():
        if node.id in outcomes:
            continue
        blocked = run.blocked(node, outcomes)
        if blocked is not None:
            outcomes[node.id] = blocked
            run.listener(node.id, blocked)
            continue
        run.listener(node.id, None)
        outcomes[node.id] = _outcome(run, node, outcomes)
        run.listener(node.id, outcomes[node.id])
    ordered = {name: outcomes[name] for name in run.workflow.nodes}
    return Report(ordered, time.perf_counter() - started, "sequential")


def _outcome(run: Run, node: Node, outcomes: Mapping[str, Outcome]) -> Outcome:
    started = time.perf_counter()
    try:
        work = run.prepare(node, outcomes)
        if isinstance(work, Unit):
            return settle(run, work, interrupting)
        elements = []
        for unit in work.units:
            elements.append(settle(run, unit, interrupting))
            run.listener(node.id, Progress(len(elements), len(work.units)))
        whole = collect(work, elements, run.store, run.workflow.name)
    except Exception as error:  # noqa: BLE001  # whatever a stored value does when it is read
        whole = Outcome(node.id, State.FAILED, error=str(error), exception=error)
    return replace(whole, seconds=time.perf_counter() - started)
