"""What is stored for a task instance already, found without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecoflows.runtime import Found, Freshness, find_result
from ecoflows.skipped import SKIPPED, Skipped
from ecoflows.store import Artifact, Store
from ecoflows.workflow.elements import Spread, Unit, prepare
from ecoflows.workflow.model import Node


@dataclass(frozen=True)
class Known:
    """What is known of a task instance before it runs.

    Attributes:
        work: The calls that it makes.
        artifact: What it gives, where that is stored or known already.
        skipped: Why it is skipped, where it is.
        found: What the store has for each call that is not skipped, in order.
    """

    work: Unit | Spread
    artifact: Artifact | None
    skipped: str | None
    found: tuple[tuple[Unit, Found], ...]

    @property
    def missing(self) -> list[tuple[Unit, Found]]:
        """The calls that have no usable result."""
        return [(unit, found) for unit, found in self.found if found.result is None]


def look_up(
    node: Node,
    artifacts: Mapping[str, Artifact],
    store: Store,
    workflow: str,
    freshness: Freshness | None = None,
) -> Known:
    """Find out what is stored for a task instance.

    Args:
        node: The task instance.
        artifacts: What the instances upstream returned, by id.
        store: Where results live.
        workflow: The workflow's name.
        freshness: How old results may be.

    Raises:
        NodeError: If what it is mapped over cannot be gone over, or a skip condition fails.
    """
    work = prepare(node, artifacts, store, workflow)
    if isinstance(work, Unit):
        reason = work.skip_reason()
        if reason is not None:
            return Known(work, store.skipped().as_mock(work.call.is_mock), reason, ())
        found = find_result(work.call, store, freshness)
        return Known(work, found.result.artifact if found.result else None, None, ((work, found),))
    pairs: list[tuple[Unit, Found]] = []
    parts: list[Artifact | Skipped | None] = []
    reasons = []
    for unit in work.units:
        reason = unit.skip_reason()
        if reason is not None:
            reasons.append(reason)
            parts.append(SKIPPED)
            continue
        pairs.append((unit, find_result(unit.call, store, freshness)))
        result = pairs[-1][1].result
        parts.append(result.artifact if result else None)
    if work.units and not pairs:
        return Known(work, store.skipped().as_mock(work.mock), reasons[0], ())
    complete = [part for part in parts if part is not None]
    if len(complete) < len(parts):
        return Known(work, None, None, tuple(pairs))
    whole = store.compose(work.composed(complete), lasting=False).as_mock(work.mock)
    return Known(work, whole, None, tuple(pairs))
