"""Why a task instance has no result that could be used again: what changed since its last one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecoflows.runtime import Call, Found, Reuse
from ecoflows.store import Result
from ecoflows.store.canonical import artifacts_in
from ecoflows.workflow.elements import Unit


def why_missing(unit: Unit, found: Found, latest: Result | None) -> str:
    """Why no stored result can stand in for a call, in a sentence.

    Args:
        unit: The call.
        found: What the store has for it, which is nothing usable.
        latest: What the instance gave last, for whatever arguments.
    """
    call, node = unit.call, unit.node
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
