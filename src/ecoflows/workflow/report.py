"""The report of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecoflows.store import Artifact, Store
from ecoflows.workflow.execution import Run
from ecoflows.workflow.outcome import Outcome, State


@dataclass(frozen=True)
class Report:
    """What became of a run.

    Attributes:
        outcomes: One per task instance, in the workflow's order.
        seconds: How long the run took.
        engine: Which engine made it.
        id: The engine's own id of the run, if any.
        name: The engine's own name of the run, if any.
        url: Where the run can be watched, if anywhere.
    """

    outcomes: Mapping[str, Outcome]
    seconds: float
    engine: str
    id: str | None = None
    name: str | None = None
    url: str | None = None

    @property
    def state(self) -> str:
        """``failed`` where an instance failed, else ``completed``."""
        return "failed" if self.failed else "completed"

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The instances that failed."""
        return tuple(outcome for outcome in self.outcomes.values() if outcome.state is State.FAILED)

    def as_json(self, run: Run) -> dict[str, Any]:
        """The report as the command line's JSON shows it."""
        return {
            "run": {
                "id": self.id,
                "name": self.name,
                "workflow": run.workflow.name,
                "engine": self.engine,
                "cache_root": run.store.root,
                "url": self.url,
                "seconds": round(self.seconds, 3),
            },
            "state": self.state,
            "failed_elements": len(failed_elements(self.outcomes)),
            "empty": list(empty_instances(self.outcomes)),
            "nodes": [_node_json(run, outcome) for outcome in self.outcomes.values()],
        }


def empty_instances(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """The instances that came about with nothing in it: tables without rows, empty lists.

    Args:
        outcomes: What became of each instance.
    """
    return tuple(name for name, outcome in outcomes.items() if _is_empty(outcome))


def _is_empty(outcome: Outcome) -> bool:
    """Whether an instance came about with nothing in it, or each of its elements did."""
    if outcome.result is None:
        return False
    if outcome.elements is None:
        return outcome.result.artifact.rows == 0
    return all(_is_empty(element) for element in outcome.elements if element.result)


def failed_elements(outcomes: Mapping[str, Outcome]) -> tuple[Outcome, ...]:
    """The elements of maps that failed, also where their instances did not.

    Args:
        outcomes: What became of each instance.
    """
    return tuple(found for outcome in outcomes.values() for found in outcome.failed_elements)


def _node_json(run: Run, outcome: Outcome) -> dict[str, Any]:
    found = {
        "id": outcome.id,
        "task": run.workflow.nodes[outcome.id].task.name,
        **_outcome_json(run, outcome),
    }
    if outcome.elements is not None:
        states = [element.state for element in outcome.elements]
        counts = {state.value: states.count(state) for state in State if state is not State.NOT_RUN}
        found["elements"] = {"total": len(states), **counts}
        found["items"] = [{"id": element.id, **_outcome_json(run, element)} for element in outcome.elements]
    return found


def _outcome_json(run: Run, outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    return {
        "state": outcome.state.value,
        "key": result.key if result else None,
        "artifact": artifact_json(run.store, result.artifact) if result else None,
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error,
    }


def artifact_json(store: Store, artifact: Artifact) -> dict[str, Any]:
    """An artifact as the command line's JSON shows it."""
    return {
        "uri": store.uri(artifact),
        "sha256": artifact.sha256,
        "type": artifact.type,
        "rows": artifact.rows,
        "mock": artifact.mock,
    }
