"""Make one call in this process: skip it, find it, or run it as often as its instance allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import tenacity

from ecoflows.runtime import Call, run_node
from ecoflows.spec import Options
from ecoflows.store import Result, Store
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.execution import usable
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, State

_log = logging.getLogger("ecoflows")

TimeLimit = Callable[[Call, float | None], AbstractContextManager[None]]
"""Ends an attempt that takes longer than so many seconds, if the engine has a way to."""


class Reuses(Protocol):
    """Gives earlier results, as far as they may be used."""

    @property
    def store(self) -> Store:
        """Where results live."""

    def find(self, node: Node, call: Call) -> Result | None:
        """An earlier result that may stand in for a call of a node."""


@dataclass(frozen=True)
class Usual:
    """Earlier results as each instance's own options allow.

    Attributes:
        store: Where results live.
    """

    store: Store

    def find(self, node: Node, call: Call) -> Result | None:
        """An earlier result that may stand in for a call of a node."""
        return usable(node, call, self.store, node.freshness)


def settle(run: Reuses, unit: Unit, time_limit: TimeLimit) -> Outcome:
    """See one call through; whatever goes wrong is its outcome.

    Args:
        run: The run that it belongs to, or what else knows of earlier results.
        unit: The call.
        time_limit: The engine's way to end an attempt.
    """
    started = time.perf_counter()
    known = outcome_before(run, unit)
    if known is not None:
        return known
    try:
        result = _attempts(unit.call, unit.node.options, run.store, time_limit)
    except Exception as error:  # noqa: BLE001  # whatever a task raises is its outcome
        return Outcome(unit.label, State.FAILED, None, time.perf_counter() - started, str(error), error)
    return Outcome(unit.label, State.COMPLETED, result, time.perf_counter() - started)


def outcome_before(run: Reuses, unit: Unit) -> Outcome | None:
    """What came of a call that need not be made, or cannot be; ``None`` where it is to be made.

    Args:
        run: The run that it belongs to, or what else knows of earlier results.
        unit: The call.
    """
    started = time.perf_counter()

    def passed() -> float:
        return time.perf_counter() - started

    try:
        reason = unit.skip_reason()
        if reason is not None:
            skipped = run.store.skipped().as_mock(unit.call.is_mock)
            return Outcome(unit.label, State.SKIPPED, None, passed(), reason, skipped=skipped)
        found = run.find(unit.node, unit.call)
    except Exception as error:  # noqa: BLE001  # whatever a condition or a stored value does
        return Outcome(unit.label, State.FAILED, None, passed(), str(error), error)
    return None if found is None else Outcome(unit.label, State.CACHED, found, passed())


def pause_after(options: Options, attempt: int) -> float:
    """How long to wait after a failed attempt.

    Args:
        options: How the task instance is run.
        attempt: Which attempt it was, from 1.
    """
    delays = options.retry_delay_seconds
    return delays[min(attempt, len(delays)) - 1] if isinstance(delays, tuple) else delays


def _attempts(call: Call, options: Options, store: Store, time_limit: TimeLimit) -> Result:
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(options.retries + 1),
        wait=lambda state: pause_after(options, state.attempt_number),
        before_sleep=lambda state: _log.warning(
            "%s failed, attempt %s of %s: %s",
            call.label,
            state.attempt_number,
            options.retries + 1,
            state.outcome.exception() if state.outcome else "",
        ),
        reraise=True,
    )
    for attempt in retrying:
        with attempt, time_limit(call, options.timeout_seconds):
            return run_node(call, store)
    raise AssertionError("unreachable: tenacity re-raises the last error")
