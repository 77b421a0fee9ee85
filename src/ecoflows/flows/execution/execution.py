"""Makes the calls of one flow run, each where its task instance says."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from ecoflows.errors import EcoflowsError, NodeError
from ecoflows.flows.execution.child import ChildProcesses
from ecoflows.flows.execution.inline import Inline
from ecoflows.flows.execution.placement import (
    WORKERS,
    Placement,
    placement,
    refuse_unknown_instances,
    worker_count,
)
from ecoflows.flows.execution.settings import ExecutionSettings, Mode
from ecoflows.flows.execution.work import Logger, OutOfMemoryError, Place, RunEndedError, Work
from ecoflows.store import Result, Store
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.model import Node, Workflow


class Execution:
    """Makes the calls of one flow run; at its end nothing of it runs anywhere any more.

    Attributes:
        settings: What the flow's deployment says.
        workers: How many calls are made at the same time.
        ended: Set once the run has ended, also from outside.
    """

    def __init__(self, workflow: Workflow, store: Store, settings: ExecutionSettings) -> None:
        """Prepare for a flow run; nothing is started before the first call.

        Args:
            workflow: The workflow.
            store: Where results are.
            settings: What the flow's deployment says.

        Raises:
            EcoflowsError: If the settings are about task instances that there are not.
        """
        refuse_unknown_instances(workflow.nodes, settings)
        self.settings = settings
        self.workers = worker_count(workflow.nodes.values(), settings)
        self.ended = threading.Event()
        self._workflow = workflow.name
        self._store = store
        self._flow_run, self._flow_run_name = "", ""
        self._placements = {name: placement(node, settings) for name, node in workflow.nodes.items()}
        self._places: dict[Mode, Place | EcoflowsError] = {}
        self._kills: Counter[tuple[str, int | None]] = Counter()
        self._lock = threading.RLock()  # a signal may call close in the midst of it

    def begin(self, flow_run: str, name: str) -> Self:
        """Say which flow run it is, to use it as a context.

        Args:
            flow_run: The flow run's id.
            name: Its name.
        """
        self._flow_run, self._flow_run_name = flow_run, name
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything that still runs elsewhere."""
        self.ended.set()
        with self._lock:
            places = list(self._places.values())
        for place in places:
            if not isinstance(place, EcoflowsError):
                place.close()

    def mode(self, node: Node) -> Mode:
        """Where the calls of a task instance are made.

        Args:
            node: The task instance.
        """
        return self._placement(node).mode

    def at_once(self, node: Node) -> int:
        """How many calls of a task instance are made at the same time, where the spec sets no limit.

        Args:
            node: The task instance.
        """
        return self.workers if self.mode(node) == "pod" else min(self.workers, WORKERS)

    def run(
        self, units: Sequence[Unit], *, attempt: int, fresh: bool, logger: Logger
    ) -> Sequence[Result | NodeError]:
        """Make some calls of one task instance, in one process.

        Args:
            units: One call, or several elements of a map.
            attempt: Which attempt it is, from 1.
            fresh: Whether no earlier result may be used.
            logger: Takes what the process writes.

        Returns:
            What each gave: its result, or why there is none.

        Raises:
            NodeError: If none could be made.
            RunEndedError: If the run ends meanwhile.
        """
        if self.ended.is_set():
            raise RunEndedError(f"'{units[0].label}': the run was ended")
        where = self._placement(units[0].node)
        work = Work(
            tuple(units),
            where,
            attempt,
            max(self._kills[unit.at] for unit in units),
            fresh,
            self._flow_run,
            self._flow_run_name,
            logger,
        )
        found = self._place(where.mode, work).run(work)
        for unit, one in zip(units, found, strict=True):
            if isinstance(one, OutOfMemoryError):
                self._kills[unit.at] += 1
        return found

    def _placement(self, node: Node) -> Placement:
        return self._placements[node.id]

    def _place(self, mode: Mode, work: Work) -> Place:
        with self._lock:
            if self.ended.is_set():
                raise RunEndedError(f"'{work.label}': the run was ended")
            if mode not in self._places:
                try:
                    self._places[mode] = self._opened(mode)
                except EcoflowsError as error:
                    self._places[mode] = error  # it would be the same for the next call
            place = self._places[mode]
        if isinstance(place, EcoflowsError):
            raise NodeError(f"'{work.label}': {place}") from place
        return place

    def _opened(self, mode: Mode) -> Place:
        if mode == "inline":
            return Inline(self._store)
        if mode == "process":
            return ChildProcesses(self._store)
        # The client of the API takes a while to import.
        from ecoflows.flows.execution.pods import Pods

        return Pods(self._store, self.settings, self._workflow, self._flow_run)
