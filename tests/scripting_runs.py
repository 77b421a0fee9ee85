"""Runs of the facade beside runs of the sequential engine, compared outcome by outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import map_tasks
from ecoflows.scripting import Run
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run as Job
from ecoflows.workflow.execution import select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import Outcome
from support import registry_of, workflow_of

TASKS = registry_of(map_tasks)


class Recording(Run):
    """A run that remembers what became of each step."""

    def __init__(self, root: Path | str, name: str = "numbers") -> None:
        super().__init__(name, cache_root=str(root), quiet=True)
        self.outcomes: dict[str, Outcome] = {}

    def finish(self, node: Any, work: Any, began: Any = None) -> Outcome:
        def noted() -> Outcome:
            self.outcomes[node.id] = work()
            return self.outcomes[node.id]

        return super().finish(node, noted, began)


def facts(outcome: Outcome) -> tuple[Any, ...]:
    """What engines agree on: state, key, content, reason, mark, elements."""
    artifact = outcome.artifact
    return (
        outcome.id,
        outcome.state.value,
        outcome.result.key if outcome.result else None,
        artifact.sha256 if artifact else None,
        artifact.mock if artifact else None,
        outcome.error,
        None if outcome.elements is None else [facts(element) for element in outcome.elements],
    )


def sequential(workflow: Workflow, root: Path) -> dict[str, tuple[Any, ...]]:
    """What the sequential engine makes of a workflow."""
    report = run_sequential(Job(workflow, Store(root), select(workflow)))
    return {name: facts(outcome) for name, outcome in report.outcomes.items()}


def agree(spec: str, script: Callable[[Recording], Any], folder: Path) -> Recording:
    """Run a spec and the same steps of a script, each on its own cache root, and compare everything."""
    map_tasks.CALLS.clear()
    expected = sequential(workflow_of(spec, TASKS), folder / "sequential")
    map_tasks.CALLS.clear()
    run = Recording(folder / "scripting")
    script(run)
    assert {name: facts(outcome) for name, outcome in run.outcomes.items()} == expected
    return run
