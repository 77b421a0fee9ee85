"""What goes to a place where calls are made, and what comes back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ecoflows.errors import NodeError
from ecoflows.flows.execution.placement import Placement
from ecoflows.invocation import described_unit
from ecoflows.store import Result
from ecoflows.workflow.elements import Unit

Logger = logging.Logger | logging.LoggerAdapter[Any]


class OutOfMemoryError(NodeError):
    """Raised where an attempt was killed because it took more memory than it may."""


class RunEndedError(BaseException):
    """Raised in attempts that a run's end cuts off; no error of theirs, so that nothing retries them."""


@dataclass(frozen=True)
class Work:
    """Some calls of one task instance, to be made in one process.

    Attributes:
        units: The calls: one, or several elements of a map.
        placement: Where the task instance runs.
        attempt: Which attempt it is, from 1.
        kills: How many earlier attempts ran out of memory.
        fresh: Whether no earlier result may be used.
        flow_run: The id of the flow run.
        flow_run_name: Its name.
        logger: Takes what the process writes.
    """

    units: tuple[Unit, ...]
    placement: Placement
    attempt: int
    kills: int
    fresh: bool
    flow_run: str
    flow_run_name: str
    logger: Logger

    @property
    def label(self) -> str:
        """What messages call it."""
        first, last = self.units[0], self.units[-1]
        return first.label if first is last else f"{first.node.id}[{first.index}-{last.index}]"

    @property
    def reference(self) -> str:
        """The task, as ``run-task`` takes it."""
        return self.units[0].node.task.reference

    def calls(self, root: str) -> Any:
        """What ``run-task`` takes: the JSON of the call, or a list of several.

        Args:
            root: The cache root.

        Raises:
            SerializationError: If an argument cannot be written down.
        """
        found = [
            described_unit(unit, root, fresh=self.fresh) | {"key": unit.call.key.key} for unit in self.units
        ]
        return found[0] if len(found) == 1 else found


class Place(Protocol):
    """Makes calls somewhere."""

    def run(self, work: Work) -> Sequence[Result | NodeError]:
        """Make calls.

        Args:
            work: The calls.

        Returns:
            What each gave: its result, or why there is none.

        Raises:
            NodeError: If none could be made.
            RunEndedError: If the run ends meanwhile.
        """

    def close(self) -> None:
        """End all that still runs; what waits for it is told."""
