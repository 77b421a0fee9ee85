"""Calls in Kubernetes Jobs of their own, followed by one thread with an event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import aiohttp

from ecoflows.errors import EcoflowsError, NodeError, StoreError, TimeLimitError
from ecoflows.flows.execution.answers import Output, results_of
from ecoflows.flows.execution.child import LATE_SECONDS
from ecoflows.flows.execution.pods.cluster import POD_NAME, POD_NAMESPACE, POD_UID, Cluster
from ecoflows.flows.execution.pods.diagnosis import Ended, Judge
from ecoflows.flows.execution.pods.following import Following
from ecoflows.flows.execution.pods.manifest import LARGEST_CALL, Owner, Plan, manifest, plan, run_seconds
from ecoflows.flows.execution.pods.names import flow_run_selector, workflow_selector
from ecoflows.flows.execution.pods.watching import Watcher
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.flows.execution.work import OutOfMemoryError, RunEndedError, Work
from ecoflows.store import Result, Store
from ecoflows.store.layout import run_path

R = TypeVar("R")

_CLOSE_SECONDS = 25.0
_CALLS = "calls"


class Pods:
    """Makes calls in Jobs, and leaves none of them behind."""

    def __init__(self, store: Store, settings: ExecutionSettings, workflow: str, flow_run: str) -> None:
        """Connect to the cluster.

        Args:
            store: Where results are.
            settings: What the flow's deployment says of pods.
            workflow: The workflow's name.
            flow_run: The flow run's id.

        Raises:
            EcoflowsError: If there is no cluster, or it does not answer.
        """
        self._store = store
        self._settings = settings
        self._workflow = workflow
        self._flow_run = flow_run
        self._closed = False
        self._lock = threading.RLock()  # a signal may call close in the midst of it
        self._leaving: concurrent.futures.Future[None] | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._deletions: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ecoflows-pods", daemon=True)
        self._thread.start()
        try:
            self._in_loop(self._connect()).result()
        except BaseException:
            self._stop_loop()
            raise

    def _in_loop(self, work: Coroutine[Any, Any, R]) -> concurrent.futures.Future[R]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _connect(self) -> None:
        self._cluster = await Cluster.connect(self._settings.namespace)
        self._owner, self._own_image = None, None
        name, uid = os.environ.get(POD_NAME), os.environ.get(POD_UID)
        try:
            if name and uid and os.environ.get(POD_NAMESPACE) == self._cluster.namespace:
                self._owner = Owner(name, uid)
                pod = await self._cluster.find("pods", name)
                self._own_image = pod["spec"]["containers"][0]["image"] if pod is not None else None
        except (EcoflowsError, aiohttp.ClientError, TimeoutError) as error:
            await self._cluster.close()
            raise EcoflowsError(f"the Kubernetes API does not answer: {error}") from error
        self._watcher = Watcher(self._cluster, workflow_selector(self._workflow))
        self._watcher.start()

    def run(self, work: Work) -> Sequence[Result | NodeError]:
        """Make the calls in one Job."""
        planned = plan(work, self._store.root, self._own_image)
        with self._call_file(planned) as url:
            output = Output(work.logger)
            with self._lock:
                if self._closed:
                    raise RunEndedError(f"'{work.label}': the run was ended")
                following = self._in_loop(self._followed(planned, url, output))
            try:
                ended = following.result()
            except concurrent.futures.CancelledError:
                raise RunEndedError(f"'{work.label}': the run was ended") from None
            except (EcoflowsError, aiohttp.ClientError, TimeoutError) as error:
                raise NodeError(f"'{work.label}': its Job cannot be run: {_text(error)}") from error
        return results_of(work, output.answers, _failure(ended, output), self._store)

    @contextlib.contextmanager
    def _call_file(self, planned: Plan) -> Any:
        """Where a long call lies as long as its Job runs."""
        if len(planned.call) <= LARGEST_CALL:
            yield None
            return
        path = run_path(self._workflow, _CALLS, planned.name)
        try:
            self._store.files.write(path, planned.call.encode())
        except StoreError as error:
            raise NodeError(f"'{planned.work.label}': its call cannot be written: {error}") from error
        try:
            yield self._store.files.uri(path)
        finally:
            with contextlib.suppress(StoreError):
                self._store.files.delete(path)

    async def _followed(self, planned: Plan, url: str | None, output: Output) -> Ended:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # for the type checker
        self._running.add(task)
        judge = Judge(planned, self._settings, self._cluster.namespace, run_seconds(planned, LATE_SECONDS))
        found = manifest(planned, self._settings, self._owner, url)
        following = Following(self._cluster, self._watcher, judge, found, output)
        try:
            return await following.run()
        finally:
            self._running.discard(task)
            if following.uid:
                self._delete_soon(planned.name, following.uid)

    def _delete_soon(self, name: str, uid: str) -> None:
        """Remove a Job that nobody waits for any more, while the flow goes on."""
        deletion = asyncio.create_task(self._cluster.delete_job(name, uid))
        self._deletions.add(deletion)
        deletion.add_done_callback(self._deletions.discard)

    def close(self) -> None:
        """Delete all Jobs of the flow run, and wait until the cluster has heard of it."""
        with self._lock:
            self._closed = True
            if self._leaving is None:
                self._leaving = self._in_loop(self._leave())
        with contextlib.suppress(Exception):
            self._leaving.result(_CLOSE_SECONDS)
        self._stop_loop()

    async def _leave(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*self._deletions, return_exceptions=True)
        await self._watcher.stop()
        try:
            left, _ = await self._cluster.list("jobs", flow_run_selector(self._flow_run))
            names = [job["metadata"]["name"] for job in left if "deletionTimestamp" not in job["metadata"]]
            await asyncio.gather(*map(self._cluster.delete_job, names), return_exceptions=True)
        finally:
            await self._cluster.close()

    def _stop_loop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive() and not self._loop.is_closed():
            self._loop.close()


def _failure(ended: Ended, output: Output) -> NodeError | None:
    """Why the calls without an answer failed."""
    if ended.error is None:
        return None
    if ended.kind == "memory":
        return OutOfMemoryError(ended.error)
    if ended.kind == "time":
        return TimeLimitError(ended.error)
    said = f":\n{output.tail}" if ended.kind == "task" and output.tail else ""
    return NodeError(ended.error + said)


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
