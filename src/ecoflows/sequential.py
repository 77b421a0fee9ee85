"""The sequential engine: the same nodes in one process, one after the other, without Prefect."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import tenacity

from ecoflows.errors import NodeError
from ecoflows.runtime import Call, run_node
from ecoflows.spec import Options
from ecoflows.store import Artifact, Result
from ecoflows.workflow.execution import Outcome, Report, Run, State

_log = logging.getLogger(__name__)


def run_sequential(run: Run) -> Report:
    """Run a workflow's nodes one after the other.

    A failing node leaves those that depend on it out and nothing else.

    Args:
        run: What to run.

    Returns:
        What became of each node.

    Raises:
        UsageError: If the selection needs stored results that do not exist.
    """
    started = time.perf_counter()
    outcomes = run.given()
    for node in run.workflow.nodes.values():
        if node.id in outcomes:
            continue
        blocked = run.blocked(node, outcomes)
        if blocked is not None:
            outcomes[node.id] = blocked
            run.listener(node.id, blocked)
            continue
        run.listener(node.id, None)
        artifacts: dict[str, Artifact] = {}
        for name in node.upstream:
            result = outcomes[name].result
            assert result is not None, name  # noqa: S101  # blocked() has seen to it
            artifacts[name] = result.artifact
        outcomes[node.id] = _outcome(run, node.id, node.call(artifacts, run.workflow.name))
        run.listener(node.id, outcomes[node.id])
    ordered = {name: outcomes[name] for name in run.workflow.nodes}
    return Report(ordered, time.perf_counter() - started, "sequential")


def _outcome(run: Run, name: str, call: Call) -> Outcome:
    started = time.perf_counter()
    try:
        found = run.find(run.workflow.nodes[name], call)
        if found is not None:
            return Outcome(name, State.CACHED, found, time.perf_counter() - started)
        result = _attempts(run, run.workflow.nodes[name].options, call)
    except Exception as error:  # noqa: BLE001  # whatever a task raises is its outcome
        return Outcome(name, State.FAILED, None, time.perf_counter() - started, str(error), error)
    return Outcome(name, State.COMPLETED, result, time.perf_counter() - started)


def _attempts(run: Run, options: Options, call: Call) -> Result:
    delays = options.retry_delay_seconds
    waits = delays if isinstance(delays, tuple) else (delays,)
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(options.retries + 1),
        wait=tenacity.wait_chain(*(tenacity.wait_fixed(seconds) for seconds in waits)),
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
        with attempt, _time_limit(call, options.timeout_seconds):
            return run_node(call, run.store)
    raise AssertionError("unreachable: tenacity re-raises the last error")


@contextmanager
def _time_limit(call: Call, seconds: float | None) -> Iterator[None]:
    """End an attempt that takes too long; only a main thread can be interrupted."""
    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        _log.warning("'%s' has a time limit, which cannot be enforced outside the main thread", call.label)
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise NodeError(f"'{call.label}': gave up after {seconds:g} s (timeout_seconds)")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
