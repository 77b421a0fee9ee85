"""Calls in the flow run's own process."""

from __future__ import annotations

from ecoflows.errors import NodeError
from ecoflows.flows.execution.work import Work
from ecoflows.runtime import run_node
from ecoflows.store import Result, Store


class Inline:
    """Makes calls in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(self, work: Work) -> list[Result | NodeError]:
        """Make the calls, one after the other."""
        found: list[Result | NodeError] = []
        for unit in work.units:
            try:
                found.append(run_node(unit.call, self._store))
            except NodeError as error:
                found.append(error)
        return found

    def close(self) -> None:
        """Nothing outlives the calls; a task in a thread cannot be ended from outside."""
