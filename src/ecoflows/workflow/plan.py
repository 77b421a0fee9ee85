"""What a run would do and why, told without running anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ecoflows.runtime import Call, Found, Reuse, find_result
from ecoflows.store import Artifact, Result, Store
from ecoflows.store.canonical import artifacts_in
from ecoflows.workflow.model import Node, Workflow


class Action(StrEnum):
    """What a run would do with a task instance."""

    RUN = "run"
    CACHED = "cached"
    CACHED_IF_UNCHANGED = "cached_if_unchanged"


@dataclass(frozen=True)
class Step:
    """One task instance of a plan.

    Attributes:
        id: The instance.
        task: The name of its task.
        action: What a run would do.
        why: The reason, in a sentence.
        key: The cache key, where the inputs are known.
    """

    id: str
    task: str
    action: Action
    why: str
    key: str | None

    def as_json(self) -> dict[str, str | None]:
        """The step as the command line's JSON shows it."""
        return {
            "id": self.id,
            "task": self.task,
            "action": self.action.value,
            "why": self.why,
            "key": self.key,
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
            steps.append(_step(node, Action.RUN, why if latest else "never ran", None))
            continue
        call = node.call(known, workflow.name)
        doubtful = [fresh[name] for name in node.upstream if name in fresh]
        found = find_result(call, store, node.freshness)
        if found.result is not None:
            known[node.id] = found.result.artifact
            if doubtful:
                fresh[node.id] = doubtful[0]
                why = f"unless '{doubtful[0]}' returns something new"
                steps.append(_step(node, Action.CACHED_IF_UNCHANGED, why, call))
            else:
                steps.append(_step(node, Action.CACHED, "nothing changed", call))
            continue
        fresh[node.id] = node.id
        expected = store.find_result(call.key.key)
        if expected is not None:  # it will run, and may well return what it did before
            known[node.id] = expected.artifact
        latest = store.latest_result(workflow.name, node.id)
        steps.append(_step(node, Action.RUN, _why(node, call, found, latest), call))
    return steps


def _step(node: Node, action: Action, why: str, call: Call | None) -> Step:
    return Step(node.id, node.task.name, action, why, call.key.key if call else None)


def _why(node: Node, call: Call, found: Found, latest: Result | None) -> str:
    if found.why is Reuse.DAMAGED:
        return f"its stored result is damaged: {found.detail}"
    if latest is None:
        return "never ran"
    changes = _changes(call, latest)
    if changes:
        return "; ".join(changes)
    if found.why is Reuse.IO:
        return "io is fresh: it reads from outside in every run"
    if found.why is Reuse.EXPIRED:
        return f"its result is older than its ttl (made {latest.created:%Y-%m-%d %H:%M} UTC)"
    if found.why is Reuse.NOT_ALLOWED:
        return f"'{node.id}' has cache: never"
    return "its stored result was removed"


def _changes(call: Call, latest: Result) -> list[str]:
    """What differs between a call and the one that gave the latest result."""
    changes = []
    if latest.task != call.task.reference:
        changes.append(f"the task changed from {latest.task} to {call.task.reference}")
    elif latest.code != call.key.code:
        changes.append("code changed")
    if latest.return_type != call.key.return_type:
        changes.append(f"the return type changed from {latest.return_type} to {call.key.return_type}")
    return changes + _argument_changes(latest.arguments, call.key.arguments)


def _argument_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    changes = []
    for name in dict.fromkeys([*now, *before]):
        if name not in before:
            changes.append(f"argument '{name}' is new ({_short(now[name])})")
        elif name not in now:
            changes.append(f"argument '{name}' is gone")
        elif before[name] != now[name]:
            if _has_input(before[name]) and _has_input(now[name]):
                changes.append(f"input '{name}' changed")
            else:
                changes.append(
                    f"argument '{name}' changed from {_short(before[name])} to {_short(now[name])}"
                )
    return changes


def _has_input(value: Any) -> bool:
    return next(artifacts_in(value), None) is not None


def _short(value: Any, limit: int = 60) -> str:
    if _has_input(value):
        return "an input"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 3] + "..."
