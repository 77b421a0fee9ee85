"""``ecoflows deployment cancel``: end runs, and what they have left in a cluster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling

from ecoflows.deployments.deployed import find
from ecoflows.deployments.watching import state_name
from ecoflows.errors import EcoflowsError

WAIT_SECONDS = 30.0
"""How long runs may take to end by themselves."""

_POLL_SECONDS = 1.0
_MOST = 200
_UNBEGUN_SECONDS = 5.0
_UNFINISHED = [
    StateType.SCHEDULED,
    StateType.PENDING,
    StateType.RUNNING,
    StateType.PAUSED,
    StateType.CANCELLING,
]


@dataclass(frozen=True)
class Ended:
    """What became of a run that was cancelled.

    Attributes:
        id: Its id.
        name: Its name.
        state: Its state.
        jobs: The Jobs that were deleted.
        note: What could not be done.
    """

    id: UUID
    name: str
    state: str
    jobs: tuple[str, ...] = ()
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What became of it as the command line's JSON shows it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "state": self.state,
            "jobs": list(self.jobs),
            "note": self.note,
        }


def cancel(
    client: SyncPrefectClient, name: str, say: Callable[[str], None], *, wait: float = WAIT_SECONDS
) -> list[Ended]:
    """Cancel a run, or all unfinished runs of a deployment.

    Runs may end by themselves, which lets them end their task instances. What is left in a cluster
    after that is deleted; Prefect itself leaves a run whose pod never started as it is.

    Args:
        client: Speaks to the server.
        name: The id or the name of a run, or the name of a deployment.
        say: Told what is waited for.
        wait: How long runs may take to end by themselves, in seconds.

    Raises:
        EcoflowsError: If there is neither.
    """
    runs = _runs(client, name)
    for run in runs:
        if run.state is not None and not run.state.is_final():
            client.set_flow_run_state(run.id, Cancelling(message="cancelled by 'ecoflows deployment cancel'"))
    left = _wait(client, runs, say, wait)
    return [_settle(client, run, left.get(run.id)) for run in runs]


def _runs(client: SyncPrefectClient, name: str) -> list[FlowRun]:
    unfinished = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNFINISHED)))
    try:
        return [client.read_flow_run(UUID(name))]
    except ValueError:
        pass
    except ObjectNotFound as error:
        raise EcoflowsError(f"the server has no flow run '{name}'") from error
    named = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[name])),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=_MOST,
    )
    if named:
        return [run for run in named if run.state is not None and not run.state.is_final()]
    return find(client, name).runs(unfinished)


def _wait(
    client: SyncPrefectClient, runs: Sequence[FlowRun], say: Callable[[str], None], wait: float
) -> dict[UUID, FlowRun]:
    """The runs that have not ended in time."""
    left = {run.id: run for run in runs}
    began, told = time.monotonic(), False
    while True:
        for id_ in list(left):
            left[id_] = client.read_flow_run(id_)
            state = left[id_].state
            if state is None or state.is_final():
                del left[id_]
        passed = time.monotonic() - began
        # What has not begun has nothing to end.
        unbegun = all(run.start_time is None for run in left.values())
        if not left or passed > wait or (unbegun and passed > _UNBEGUN_SECONDS):
            return left
        if not told:
            say(f"waiting for {len(left)} run{'s' if len(left) > 1 else ''} to end")
            told = True
        time.sleep(_POLL_SECONDS)


def _settle(client: SyncPrefectClient, run: FlowRun, left: FlowRun | None) -> Ended:
    """Delete what a run has left in a cluster, and give it its final state."""
    jobs: tuple[str, ...] = ()
    note: str | None = None
    is_over = left is not None and left.start_time is None
    if _is_in_cluster(client, run):
        try:
            jobs = asyncio.run(_delete_jobs(str(run.id), _namespace(client, run)))
        except (EcoflowsError, aiohttp.ClientError, OSError) as error:
            note = f"its Jobs could not be looked for: {error}"
            is_over = False
        else:
            is_over = left is not None
    if is_over:
        # Prefect leaves a run as it is that had not begun, or whose pod is gone.
        ended: State[Any] = Cancelled(message="cancelled by 'ecoflows deployment cancel'")
        client.set_flow_run_state(run.id, ended, force=True)
    elif left is not None and note is None:
        note = "it has not ended yet: its worker ends it, where one is online"
    return Ended(run.id, run.name, state_name(client.read_flow_run(run.id).state), jobs, note)


def _is_in_cluster(client: SyncPrefectClient, run: FlowRun) -> bool:
    if run.work_pool_name is None:
        return False
    try:
        return client.read_work_pool(run.work_pool_name).type == "kubernetes"
    except ObjectNotFound:
        return False


def _namespace(client: SyncPrefectClient, run: FlowRun) -> str | None:
    """The namespace of a run's pods: its own, its deployment's, or its pool's."""
    deployment = client.read_deployment(run.deployment_id).job_variables if run.deployment_id else {}
    found = {**deployment, **(run.job_variables or {})}.get("namespace")
    if found or run.work_pool_name is None:
        return str(found) if found else None
    template = client.read_work_pool(run.work_pool_name).base_job_template
    default = template.get("variables", {}).get("properties", {}).get("namespace", {}).get("default")
    return str(default) if default else None


async def _delete_jobs(run: str, namespace: str | None) -> tuple[str, ...]:
    """Delete the Job of a flow run and those of its task instances."""
    from ecoflows.flows.execution.pods.cluster import Cluster
    from ecoflows.flows.execution.pods.names import PREFECT_FLOW_RUN, flow_run_selector

    cluster = await Cluster.connect(namespace)
    try:
        names: list[str] = []
        # The flow's own first: it must not make more.
        for selector in (f"{PREFECT_FLOW_RUN}={run}", flow_run_selector(run)):
            found, _ = await cluster.list("jobs", selector)
            names += [job["metadata"]["name"] for job in found if "deletionTimestamp" not in job["metadata"]]
        for name in dict.fromkeys(names):
            await cluster.delete_job(name)
        return tuple(dict.fromkeys(names))
    finally:
        await cluster.close()
