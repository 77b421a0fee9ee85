"""Follow a flow run: its states, and its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    LogFilter,
    LogFilterFlowRunId,
    LogFilterTimestamp,
    TaskRunFilter,
    TaskRunFilterId,
)
from prefect.client.schemas.objects import FlowRun, Log, State, WorkerStatus
from prefect.client.schemas.sorting import LogSort, TaskRunSort

from ecoflows.errors import EcoflowsError

_POLL_SECONDS = 1.0
_WAIT_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_PAGE = 200
_LATE = timedelta(seconds=30)


def watch(
    client: SyncPrefectClient, run: UUID, say: Callable[[str], None], log: Callable[[str], None]
) -> FlowRun:
    """Follow a flow run until it ends.

    Args:
        client: Speaks to the server.
        run: The flow run's id.
        say: Told each state that it comes to, and what it waits for.
        log: Told each line of its log.

    Returns:
        The flow run as it ended.

    Raises:
        EcoflowsError: If the server does not answer any more; the run goes on.
    """
    following = _Following(client, run, say, log)
    lost: float | None = None
    while True:
        try:
            found = following.look()
            lost = None
        except httpx.TransportError as error:
            lost = lost or time.monotonic()
            if time.monotonic() - lost > _PATIENCE_SECONDS:
                raise EcoflowsError(
                    "the server does not answer any more; the run goes on where it runs"
                ) from error
            found = None
        if found is not None and found.state is not None and found.state.is_final():
            return following.last(found)
        time.sleep(_POLL_SECONDS)


def state_name(state: State[Any] | None) -> str:
    """The name of a state as messages have it.

    Args:
        state: The state.
    """
    return (state.name or state.type.value).lower() if state is not None else "unknown"


class _Following:
    """What was seen of a flow run so far."""

    def __init__(
        self, client: SyncPrefectClient, run: UUID, say: Callable[[str], None], log: Callable[[str], None]
    ) -> None:
        self._client, self._run, self._say, self._log = client, run, say, log
        self._state: str | None = None
        self._seen: set[UUID] = set()
        self._newest: datetime | None = None
        self._names: dict[UUID, str] = {}
        self._began = time.monotonic()
        self._asked_for_worker = False

    def look(self) -> FlowRun:
        """Tell what is new."""
        found = self._client.read_flow_run(self._run)
        self._tell_logs()
        name = state_name(found.state)
        if name != self._state:
            self._state = name
            if found.state is not None and not found.state.is_final():
                self._say(name)
        if name in ("scheduled", "late", "pending") and not self._asked_for_worker:
            self._look_for_worker(found)
        return found

    def last(self, found: FlowRun) -> FlowRun:
        """Tell the log lines that come after the end, as they do."""
        deadline = time.monotonic() + 3 * _POLL_SECONDS
        seen = -1
        while time.monotonic() < deadline and seen != len(self._seen):
            seen = len(self._seen)
            time.sleep(_POLL_SECONDS)
            self._tell_logs()
        return found

    def _tell_logs(self) -> None:
        # Lines of several processes do not come in the order of their times.
        since = LogFilterTimestamp(after_=self._newest - _LATE) if self._newest is not None else None
        offset = 0
        while True:
            chosen = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[self._run]), timestamp=since)
            page = self._client.read_logs(chosen, limit=_PAGE, offset=offset, sort=LogSort.TIMESTAMP_ASC)
            new = [line for line in page if line.id not in self._seen]
            self._learn_names(new)
            for line in new:
                self._seen.add(line.id)
                self._newest = line.timestamp
                name = self._names.get(line.task_run_id) if line.task_run_id is not None else None
                self._log(_line(line, name))
            offset += len(page)
            if len(page) < _PAGE:
                return

    def _learn_names(self, lines: Sequence[Log]) -> None:
        """Find out which task runs wrote lines."""
        unknown = {line.task_run_id for line in lines if line.task_run_id is not None} - set(self._names)
        if unknown:
            chosen = TaskRunFilter(id=TaskRunFilterId(any_=list(unknown)))
            page = self._client.read_task_runs(task_run_filter=chosen, sort=TaskRunSort.ID_DESC, limit=_PAGE)
            for found in page:
                self._names[found.id] = found.name

    def _look_for_worker(self, found: FlowRun) -> None:
        """Say once which worker is missing, where none is there."""
        if time.monotonic() - self._began < _WAIT_SECONDS or found.work_pool_name is None:
            return
        self._asked_for_worker = True
        # Some servers refuse the limits that the client leaves out.
        workers = self._client.read_workers_for_work_pool(found.work_pool_name, offset=0, limit=_PAGE)
        if not any(worker.status == WorkerStatus.ONLINE for worker in workers):
            self._say(
                f"waiting: no worker of the pool '{found.work_pool_name}' is online; start one with "
                f"'prefect worker start --pool {found.work_pool_name}'"
            )


def _line(line: Log, task_run: str | None) -> str:
    at = line.timestamp.astimezone(UTC)
    head = f"{task_run}: " if task_run else ""
    return f"{at:%H:%M:%S} {logging.getLevelName(line.level):7} {head}{line.message}"
