"""One run of a workflow as a Prefect flow: what is submitted when, and what became of it."""

from __future__ import annotations

import functools
import queue
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any
from uuid import uuid4

from prefect.client.schemas.objects import State as PrefectState
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed

from ecoflows.errors import EcoflowsError, NodeError
from ecoflows.flows.caching import CacheRootResults
from ecoflows.flows.cancelling import Cancellation, CancelledRunError
from ecoflows.flows.execution.execution import Execution
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.flows.task_runs import Calls, Job, chunked
from ecoflows.spec import Reference, references
from ecoflows.workflow.collecting import collect
from ecoflows.workflow.elements import Spread, Unit
from ecoflows.workflow.execution import Run
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, Progress, State, count_text
from ecoflows.workflow.report import empty_instances, failed_elements


@dataclass
class _NodeRun:
    """A task instance at work: the jobs that are still to be submitted, those that are not ended.

    Attributes:
        node: The task instance.
        work: Its calls; ``None`` where a placeholder stands for it.
        ahead: The jobs that are still to be submitted.
        limit: How many of them run at the same time.
        jobs: Those that were.
        job_of: Which of these each element is in.
        running: How many of these have not ended.
        ended: The outcomes of its units.
        started: When it began.
    """

    node: Node
    work: Unit | Spread | None
    ahead: list[Job]
    limit: int
    jobs: list[Job] = field(default_factory=list)
    job_of: dict[int | None, Job] = field(default_factory=dict)
    running: int = 0
    ended: dict[int | None, Outcome] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)


class FlowRun:
    """One run of a workflow as a Prefect flow.

    Attributes:
        run: What to run.
        outcomes: What became of each node so far, by id.
        execution: Makes the calls; when the run has ended, however it did, so has all of it.
    """

    def __init__(
        self, run: Run, results: CacheRootResults, settings: ExecutionSettings | None = None
    ) -> None:
        """Prepare a run.

        Args:
            run: What to run.
            results: Where Prefect finds results.
            settings: Where calls are made; by default what the environment says.

        Raises:
            EcoflowsError: If the settings cannot be used.
        """
        self.run = run
        self.outcomes: dict[str, Outcome] = run.given()
        self.execution = Execution(run.workflow, run.store, settings or ExecutionSettings.from_environment())
        self._calls = Calls(run, results, self.execution)
        self._cancellation = Cancellation()
        self._nodes: dict[str, _NodeRun] = {}
        self._done: queue.SimpleQueue[tuple[str, Job]] = queue.SimpleQueue()

    def execute(self) -> PrefectState:
        """Submit every node as soon as those that it depends on have ended.

        Returns:
            The flow run's final state.

        Raises:
            NodeError: If a node failed; the message counts and names.
        """
        context = FlowRunContext.get()
        flow_run = context.flow_run if context is not None else None
        identity = (str(flow_run.id), flow_run.name) if flow_run is not None else (str(uuid4()), "")
        self._cancellation.begin(flow_run.id if flow_run is not None else None)
        try:
            with self.execution.begin(*identity):
                self._run_nodes()
            # A run that is being cancelled may end in no other way: it would stay as it is for ever.
            self._cancellation.ask()
        except CancelledRunError as error:
            return Cancelled(message=str(error))
        return self._final_state()

    def _run_nodes(self) -> None:
        nodes = self.run.workflow.nodes
        order = TopologicalSorter({name: node.upstream for name, node in nodes.items()})
        order.prepare()
        active: dict[str, _NodeRun] = {}
        while order.is_active():
            for name in order.get_ready():
                if name not in self.outcomes:
                    active[name] = self._nodes[name] = self._begin(nodes[name])
                    self._submit(active[name])
                if name in self.outcomes or not active[name].running:
                    order.done(self._end(name, active))
            if not any(found.running for found in active.values()):
                continue
            name, job = self._next()
            found = active[name]
            self._take_up(found, job)
            self._submit(found)
            if not found.running:
                order.done(self._end(name, active))

    def _next(self) -> tuple[str, Job]:
        """The next job that ends."""
        while True:
            with suppress(queue.Empty):
                return self._done.get(timeout=self._cancellation.look())

    def _begin(self, node: Node) -> _NodeRun:
        """The jobs of a node whose upstream has ended."""
        blocked = self.run.blocked(node, self.outcomes)
        if blocked is not None:
            return _NodeRun(node, None, [Job(node, error=NodeError(str(blocked.error)))], 1)
        try:
            work = self.run.prepare(node, self.outcomes)
        except Exception as error:  # noqa: BLE001  # whatever a stored value does when it is read
            return _NodeRun(node, None, [Job(node, error=error)], 1)
        if isinstance(work, Unit):
            return _NodeRun(node, work, [Job(node, (work,))], 1)
        over = node.map
        at_once = self.execution.at_once(node)
        limit = min(at_once, over.concurrency or at_once) if over else at_once
        jobs = [Job(node, units) for units in chunked(work.units, over.batch if over else 1, limit)]
        # Without a limit of their own all are submitted, and wait for a free worker; but where there
        # are workers for pods, calls in this process must not take them all.
        usual = len(jobs) if at_once == self.execution.workers else at_once
        return _NodeRun(node, work, jobs[::-1], over.concurrency or usual if over else 1)

    def _submit(self, found: _NodeRun) -> None:
        while found.ahead and found.running < found.limit:
            job = found.ahead.pop()
            inputs, after = self._inputs(found.node, job)
            job.future = self._calls.task(job).submit(inputs, return_state=False, wait_for=after)
            job.future.add_done_callback(functools.partial(_announce, self._done, found.node.id, job))
            found.jobs.append(job)
            found.job_of.update({unit.index: job for unit in job.units})
            found.running += 1

    def _inputs(self, node: Node, job: Job) -> tuple[dict[str, Any], list[PrefectFuture[Any]]]:
        """What a task run takes and what it comes after, so that Prefect knows the edges.

        Values are not handed over: Prefect tells by its address in memory whose result a value is,
        and addresses come again.
        """
        inputs: dict[str, Any] = {}
        after: list[PrefectFuture[Any]] = []
        for above in node.upstream:
            outcome, source = self.outcomes[above], self._nodes.get(above)
            if source is not None and len(source.jobs) == 1 and not isinstance(source.work, Spread):
                inputs[above] = source.jobs[0].future
            elif source is not None:
                after += self._futures(source, job, needed=outcome.artifact is not None)
        return inputs, after

    def _futures(self, source: _NodeRun, job: Job, *, needed: bool) -> Iterator[PrefectFuture[Any]]:
        """The task runs of a mapped node that one of another node comes after."""
        over = job.node.map
        paired = (
            over is not None
            and isinstance(over.values, Reference)
            and over.values.instance == source.node.id
            and source.node.id not in {found.instance for found in _plain_references(job.node)}
        )
        if paired:
            others = {id(found): found for unit in job.units if (found := source.job_of.get(unit.index))}
        elif over is None or any(unit.index == 0 for unit in job.units):
            others = {id(found): found for found in source.jobs}
        else:
            others = {}  # of the task runs of a map the first shows these edges for all
        for other in others.values():
            # What failed is left out of the value: nothing waits for it.
            if other.future is not None and (not needed or other.future.state.is_completed()):
                yield other.future

    def _take_up(self, found: _NodeRun, job: Job) -> None:
        """Note what became of a job that has ended."""
        assert job.future is not None  # noqa: S101  # it was submitted
        found.running -= 1
        try:
            job.future.wait()  # it has ended; this makes it know its final state
            outcomes = [self._calls.outcome(unit, job.future) for unit in job.units]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  # a task may raise what no task should
            text = f"{type(error).__name__}: {error}"
            outcomes = [
                Outcome(unit.label, State.FAILED, error=f"'{unit.label}': {text}", exception=error)
                for unit in job.units
            ]
        for unit, outcome in zip(job.units, outcomes, strict=True):
            found.ended[unit.index] = outcome
        if isinstance(found.work, Spread):
            self.run.listener(found.node.id, Progress(len(found.ended), len(found.work.units)))

    def _end(self, name: str, active: dict[str, _NodeRun]) -> str:
        """Note what became of a node whose jobs have all ended."""
        if name not in self.outcomes:
            found = active.pop(name)
            self.outcomes[name] = self._outcome(found)
            self.run.listener(name, self.outcomes[name])
        return name

    def _outcome(self, found: _NodeRun) -> Outcome:
        node, work = found.node, found.work
        if isinstance(work, Unit):
            return found.ended[work.index]
        seconds = time.perf_counter() - found.started
        blocked = self.run.blocked(node, self.outcomes)
        if blocked is not None:
            return blocked
        if work is None:
            error = found.jobs[0].error
            return Outcome(node.id, State.FAILED, None, seconds, str(error), error)
        elements = [found.ended[unit.index] for unit in work.units]
        try:
            whole = collect(work, elements, self.run.store, self.run.workflow.name)
        except EcoflowsError as error:
            return Outcome(node.id, State.FAILED, None, seconds, str(error), error)
        return replace(whole, seconds=seconds)

    def _final_state(self) -> PrefectState:
        counts = count_text(self.outcomes.values(), what="task instances")
        if lost := len(failed_elements(self.outcomes)):
            counts += f"; {lost} element{'s' if lost > 1 else ''} failed"
        if empty := empty_instances(self.outcomes):
            counts += f"; no rows: {', '.join(empty)}"
        failed = [outcome for outcome in self.outcomes.values() if outcome.state is State.FAILED]
        if failed:
            raise NodeError(f"{failed[0].error} ({counts})")
        return Completed(message=counts)


def _plain_references(node: Node) -> Iterator[Reference]:
    """The references in a node's arguments, leaving out what it is mapped over."""
    return (found for found in references(dict(node.arguments)) if isinstance(found, Reference))


def _announce(done: queue.SimpleQueue[tuple[str, Job]], name: str, job: Job, _future: Any) -> None:
    done.put((name, job))
