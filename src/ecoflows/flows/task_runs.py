"""Prefect tasks for the calls of a workflow: one for each, or one for several elements of a map."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as PrefectState
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture
from prefect.logging import get_run_logger
from prefect.states import Completed
from prefect.utilities.timeout import timeout

from ecoflows.errors import NodeError, TimeLimitError
from ecoflows.flows.caching import SERIALIZER, CacheRootResults, ResultKeys
from ecoflows.flows.execution.batches import settle_together
from ecoflows.flows.execution.execution import Execution
from ecoflows.runtime import Call
from ecoflows.store import Artifact, Result
from ecoflows.workflow.attempts import settle
from ecoflows.workflow.collecting import failure_text
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.execution import Run
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, State, count_text

_ROUNDS = 4
"""How many batches each worker gets at least, so that none waits long for the slowest."""


@dataclass
class Job:
    """What one Prefect task run is about.

    Attributes:
        node: The task instance.
        units: Its call, or those of some of its elements.
        error: Why there is no call to make, where there is none.
        future: The task run, once it is submitted.
    """

    node: Node
    units: tuple[Unit, ...] = ()
    error: Exception | None = None
    future: PrefectFuture[Any] | None = None

    @property
    def label(self) -> str:
        """The task run's name."""
        if len(self.units) == 1:
            return self.units[0].label
        if not self.units:
            return self.node.id
        return f"{self.node.id}[{self.units[0].index}-{self.units[-1].index}]"


def chunked(units: Sequence[Unit], batch: int, workers: int) -> Iterator[tuple[Unit, ...]]:
    """The elements of a map by task run.

    Args:
        units: The elements.
        batch: Up to how many have a task run each; above it, so many at most share one.
        workers: How many run at the same time; each gets several task runs.
    """
    count = len(units)
    if count > batch:
        count = max(math.ceil(len(units) / batch), min(len(units), _ROUNDS * workers))
    for index in range(count):
        yield tuple(units[len(units) * index // count : len(units) * (index + 1) // count])


class Calls:
    """Makes Prefect tasks of calls, and knows what became of each."""

    def __init__(self, run: Run, results: CacheRootResults, execution: Execution) -> None:
        self.run = run
        self._execution = execution
        self._results = results
        self._started: dict[tuple[str, int | None], float] = {}
        self._ended: dict[tuple[str, int | None], Outcome] = {}
        self._keys: dict[tuple[str, int | None], str] = {}
        self._unkeyed: dict[tuple[str, int | None], Exception] = {}
        self._begun: set[str] = set()
        self._lock = threading.Lock()

    def task(self, job: Job) -> Task[[dict[str, Any]], Any]:
        """The Prefect task of a job."""
        if job.error is not None:
            return self._placeholder(job, job.error)
        return self._single(job.units[0]) if len(job.units) == 1 else self._batch(job)

    def _placeholder(self, job: Job, error: Exception) -> Task[[dict[str, Any]], Any]:
        """A task that stands in the UI for an instance whose calls cannot be made."""

        def body(inputs: dict[str, Any]) -> None:  # noqa: ARG001  # for the edges
            self._note_start(job.node)
            raise error

        return self._plain(job, body)

    def _batch(self, job: Job) -> Task[[dict[str, Any]], Any]:
        def body(inputs: dict[str, Any]) -> PrefectState:  # noqa: ARG001  # for the edges
            self._note_start(job.node)
            outcomes = self._settled(job)
            states = {outcome.state for outcome in outcomes}
            over = job.node.map
            if State.FAILED in states and (over is None or over.on_error == "fail"):
                raise NodeError(failure_text(job.node.id, outcomes))
            only = states.pop() if len(states) == 1 else State.COMPLETED
            name = {State.CACHED: "Cached", State.SKIPPED: "Skipped"}.get(only, "Completed")
            return Completed(name=name, message=count_text(outcomes, what="elements"))

        return self._plain(job, body)

    def _settled(self, job: Job) -> list[Outcome]:
        """What came of the elements of a batch."""
        if self._execution.mode(job.node) != "inline":
            outcomes = settle_together(self.run, self._execution, job.units, get_run_logger())
            self._ended.update({unit.at: one for unit, one in zip(job.units, outcomes, strict=True)})
            return outcomes
        for unit in job.units:
            self._ended[unit.at] = settle(self.run, unit, _time_limit)
        return [self._ended[unit.at] for unit in job.units]

    def _plain(self, job: Job, body: Any) -> Task[[dict[str, Any]], Any]:
        return Task(
            body,
            name=job.node.id,
            task_run_name=lambda: job.label,
            description=job.node.task.description,
            tags=job.node.task.tags,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    def _single(self, unit: Unit) -> Task[[dict[str, Any]], Any]:
        def body(inputs: dict[str, Any]) -> Any:  # noqa: ARG001  # for the edges
            return self._attempt(unit)

        node = unit.node
        delay = node.options.retry_delay_seconds
        return Task(
            body,
            name=node.id,
            task_run_name=lambda: unit.label,
            description=node.task.description,
            tags=node.task.tags,
            retries=node.options.retries,
            retry_delay_seconds=list(delay) if isinstance(delay, tuple) else delay,
            timeout_seconds=self._prefects_limit(node),
            cache_policy=ResultKeys(find_key=lambda _inputs: self._key(unit)),
            refresh_cache=not self.run.freshness(node).reuse,
            persist_result=True,
            result_storage=self._results,
            result_serializer=SERIALIZER,
        )

    def _prefects_limit(self, node: Node) -> float | None:
        """The limit that Prefect enforces; a process of its own ends its call itself, from its start."""
        return node.options.timeout_seconds if self._execution.mode(node) == "inline" else None

    def _key(self, unit: Unit) -> str | None:
        """The key under which Prefect looks for an earlier result; none where that is too old."""
        self._note_start(unit.node)
        self._started.setdefault(unit.at, time.perf_counter())
        try:
            reason = unit.skip_reason()
            if reason is not None:
                skipped = self.run.store.skipped().as_mock(unit.call.is_mock)
                self._ended[unit.at] = Outcome(unit.label, State.SKIPPED, error=reason, skipped=skipped)
                return None
            key = unit.call.key.key
            found = self.run.find(unit.node, unit.call)
        except Exception as error:  # noqa: BLE001  # Prefect would go on without a key, and compute
            self._unkeyed[unit.at] = error
            return None
        self._keys[unit.at] = key
        if found is not None:
            self._ended[unit.at] = Outcome(unit.label, State.CACHED, found)
        expired = self.run.freshness(unit.node).ttl is not None and found is None
        return None if expired else key

    def _attempt(self, unit: Unit) -> Any:
        noted = self._ended.get(unit.at)
        if noted is not None and noted.state is State.SKIPPED and noted.skipped is not None:
            return Completed(name="Skipped", message=noted.error, data=_reference(noted.skipped))
        self._ended.pop(unit.at, None)  # what an earlier attempt came to
        try:
            if unit.at in self._unkeyed:
                cause = self._unkeyed.pop(unit.at)
                raise (
                    cause if isinstance(cause, NodeError) else NodeError(f"'{unit.label}': {cause}")
                ) from cause
            result = self._made(unit)
        except NodeError as error:
            self._ended[unit.at] = Outcome(unit.label, State.FAILED, error=str(error), exception=error)
            raise
        self._ended[unit.at] = Outcome(unit.label, State.COMPLETED, result)
        return _reference(result.artifact)

    def _made(self, unit: Unit) -> Result:
        context = TaskRunContext.get()
        attempt = context.task_run.run_count if context is not None else 1
        fresh = not self.run.freshness(unit.node).reuse
        logger = get_run_logger()
        (made,) = self._execution.run([unit], attempt=max(attempt, 1), fresh=fresh, logger=logger)
        if isinstance(made, NodeError):
            raise made
        return made

    def _note_start(self, node: Node) -> None:
        with self._lock:
            if node.id in self._begun:
                return
            self._begun.add(node.id)
        self.run.listener(node.id, None)

    def outcome(self, unit: Unit, future: PrefectFuture[Any]) -> Outcome:
        """What became of a call, also where Prefect ended it for reasons of its own.

        Args:
            unit: The call.
            future: The task run that was to make it.
        """
        noted, done = self._ended.get(unit.at), future.state.is_completed()
        if noted is not None and unit.at not in self._started:
            return noted  # one of several in a batch, which kept its time itself
        now = time.perf_counter()
        seconds = now - self._started.get(unit.at, now)
        if noted is not None and done == (noted.state is not State.FAILED):
            return replace(noted, seconds=seconds)
        if done and unit.at in self._keys:
            # Another run stored the result between our look and Prefect's.
            result = self.run.store.find_result(self._keys[unit.at])
            if result is not None:
                return Outcome(unit.label, State.CACHED, result, seconds)
        ending = future.state.message or future.state.name
        if future.state.name == "TimedOut":
            ending = f"gave up after {unit.node.options.timeout_seconds:g} s (timeout_seconds)"
        return Outcome(unit.label, State.FAILED, None, seconds, f"'{unit.label}': {ending}")


@contextmanager
def _time_limit(call: Call, seconds: float | None) -> Iterator[None]:
    """End an attempt that takes too long, in any thread."""
    try:
        with timeout(seconds):
            yield
    except TimeoutError as error:
        if seconds is None:
            raise
        raise TimeLimitError(f"'{call.label}': gave up after {seconds:g} s (timeout_seconds)") from error


def _reference(artifact: Artifact) -> dict[str, Any]:
    return artifact.model_dump(mode="json")
