"""What a run would do and why, told without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ecoflows.errors import EcoflowsError
from ecoflows.runtime import Reuse
from ecoflows.store import Artifact, Result, Store
from ecoflows.workflow.changes import why_missing
from ecoflows.workflow.elements import Spread, Unit
from ecoflows.workflow.lookup import Known, look_up
from ecoflows.workflow.model import Node, Workflow


class Action(StrEnum):
    """What a run would do with a task instance."""

    RUN = "run"
    CACHED = "cached"
    CACHED_IF_UNCHANGED = "cached_if_unchanged"
    SKIP = "skip"


@dataclass(frozen=True)
class Step:
    """One task instance of a plan.

    Attributes:
        id: The instance.
        task: The name of its task.
        action: What a run would do.
        why: The reason, in a sentence.
        key: The cache key, where the inputs are known; a mapped instance has one per element.
        elements: Of how many elements it is known what becomes of them, where it is mapped.
        run: How many of them would run.
    """

    id: str
    task: str
    action: Action
    why: str
    key: str | None
    elements: int | None = None
    run: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The step as the command line's JSON shows it."""
        return {
            "id": self.id,
            "task": self.task,
            "action": self.action.value,
            "why": self.why,
            "key": self.key,
            **({} if self.elements is None else {"elements": {"total": self.elements, "run": self.run}}),
        }


def plan(workflow: Workflow, store: Store) -> list[Step]:
    """Tell for each task instance what a run would do.

    An instance that runs afresh each time may return what it did before; what follows it is then
    cached, and the plan says so.

    Args:
        workflow: The workflow, every argument bound.
        store: Where results live.

    Returns:
        One step per instance, in the workflow's order.
    """
    steps: list[Step] = []
    known: dict[str, Artifact] = {}
    fresh: dict[str, str] = {}  # the instance whose new run a node's result hangs on, by node
    for node in workflow.nodes.values():
        waiting = [name for name in node.upstream if name not in known]
        if waiting:
            why = f"its input '{waiting[0]}' is made anew"
            latest = store.latest_result(workflow.name, node.id)
            steps.append(Step(node.id, node.task.name, Action.RUN, why if latest else "never ran", None))
            continue
        try:
            found = look_up(node, known, store, workflow.name, node.freshness)
        except EcoflowsError as error:
            steps.append(Step(node.id, node.task.name, Action.RUN, f"it will fail: {error}", None))
            continue
        doubtful = next((fresh[name] for name in node.upstream if name in fresh), None)
        steps.append(_step(node, found, doubtful, store, workflow.name))
        if found.artifact is not None:
            known[node.id] = found.artifact
            if doubtful is not None:
                fresh[node.id] = doubtful
            continue
        fresh[node.id] = node.id
        expected = _expected(found, known, store, workflow.name)
        if expected is not None:  # it will run, and may well return what it did before
            known[node.id] = expected
    return steps


def _expected(found: Known, known: Mapping[str, Artifact], store: Store, workflow: str) -> Artifact | None:
    """What a node gave before for the same inputs, be it out of date or damaged."""
    if isinstance(found.work, Unit):
        result = store.find_result(found.work.call.key.key)
        return result.artifact if result else None
    return look_up(found.work.node, known, store, workflow).artifact


def _step(node: Node, known: Known, doubtful: str | None, store: Store, workflow: str) -> Step:
    key, total, missing = None, None, None
    if isinstance(known.work, Spread):
        total, missing = len(known.work.units), len(known.missing)
    elif known.skipped is None:
        key = known.work.call.key.key
    if known.artifact is None:
        latest = store.latest_result(workflow, node.id)
        action = Action.RUN
        why = _why_elements(known, latest) if total is not None else why_missing(*known.missing[0], latest)
    elif doubtful is not None:
        action, why = Action.CACHED_IF_UNCHANGED, f"unless '{doubtful}' returns something new"
    elif known.skipped is not None:
        action, why = Action.SKIP, known.skipped
    else:
        action, why = Action.CACHED, "nothing changed"
    return Step(node.id, node.task.name, action, why, key, total, missing)


def _why_elements(known: Known, latest: Result | None) -> str:
    """Why a mapped instance runs: how many of its elements do, and why the first of them does."""
    (unit, found), total = known.missing[0], len(known.found)
    if latest is None and len(known.missing) == total:
        return f"never ran ({total} elements)"
    why = found.why.value if found.why is not Reuse.NEVER_RAN else "has no result for its present inputs"
    count = "the only element" if total == 1 else f"{len(known.missing)} of {total} elements"
    return f"{count}: {unit.label} {why}"
