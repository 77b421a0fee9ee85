"""One watch of Jobs and one of pods for all that a flow run waits for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass, field

from ecoflows.flows.execution.pods.cluster import Cluster, ClusterError, Object

_WATCH_SECONDS = 60
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 15.0
_KEPT = ("name", "uid", "labels", "creationTimestamp", "deletionTimestamp", "ownerReferences")
_log = logging.getLogger("ecoflows")


@dataclass
class View:
    """What is known of one Job and its pod.

    Attributes:
        name: The Job's name.
        uid: Its uid; empty before it exists.
        job: The Job as it was at last.
        pod: Its pod as it was at last.
        gone: Whether the Job was deleted.
        changed: Set when something of this changes.
        since: When it was first looked for, in the loop's time.
    """

    name: str
    uid: str = ""
    job: Object | None = None
    pod: Object | None = None
    gone: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    since: float = 0.0

    def tell(self) -> None:
        """Wake what waits for a change."""
        self.changed.set()


class Watcher:
    """Keeps what is known of Jobs and their pods up to date, however often a watch ends."""

    def __init__(self, cluster: Cluster, selector: str) -> None:
        self._cluster = cluster
        self._selector = selector
        self._jobs: dict[str, Object] = {}
        self._pods: dict[str, Object] = {}  # by the uid of their Job
        self._views: dict[str, View] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to watch."""
        self._tasks = [asyncio.create_task(self._follow(resource)) for resource in ("jobs", "pods")]

    async def stop(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def view(self, job: Object) -> View:
        """What is known of a Job, kept up to date until ``forget``.

        Args:
            job: The Job as the API gave it.
        """
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        known = self._jobs.get(name)
        newest = known if known is not None and known["metadata"]["uid"] == uid else _slim(job)
        since = asyncio.get_running_loop().time()
        found = View(name, uid, newest, self._pods.get(uid), since=since)
        self._views[uid] = found
        return found

    def forget(self, view: View) -> None:
        """Keep a Job up to date no more.

        Args:
            view: What is known of it.
        """
        self._views.pop(view.uid, None)

    async def _follow(self, resource: str) -> None:
        loop, pause = asyncio.get_running_loop(), 0.0
        while True:
            started = loop.time()
            try:
                version = await self._listed(resource)
                while True:
                    version = await self._watched(resource, version)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever ends a watch, the next begins with a list
                _log.debug("the watch of %s ended: %s", resource, error)
            pause = _SHORTEST_PAUSE if loop.time() - started > _WATCH_SECONDS else 2 * pause
            pause = min(max(pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # not for secrets

    async def _listed(self, resource: str) -> str:
        started = asyncio.get_running_loop().time()
        items, version = await self._cluster.list(resource, self._selector)
        if resource == "pods":
            self._pods = {}
            for pod in items:
                self._note_pod(pod)
            return version
        self._jobs = {}
        for job in items:
            self._note_job(job)
        there = {job["metadata"]["uid"] for job in items}
        for view in self._views.values():
            if view.uid not in there and view.since < started:
                view.gone = True
                view.tell()
        return version

    async def _watched(self, resource: str, version: str) -> str:
        stream = self._cluster.watch(resource, self._selector, version, _WATCH_SECONDS)
        async with contextlib.aclosing(stream) as events:
            async for kind, found in events:
                if kind == "ERROR":
                    raise ClusterError(int(found.get("code") or 500), str(found.get("message") or found))
                version = found["metadata"]["resourceVersion"]
                if kind == "BOOKMARK":
                    continue
                if resource == "jobs":
                    self._note_job(found, gone=kind == "DELETED")
                else:
                    self._note_pod(found, gone=kind == "DELETED")
        return version

    def _note_job(self, job: Object, *, gone: bool = False) -> None:
        job = _slim(job)
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        if not gone:
            self._jobs[name] = job
        elif self._jobs.get(name, job)["metadata"]["uid"] == uid:
            self._jobs.pop(name, None)
        view = self._views.get(uid)
        if view is not None:
            view.job, view.gone = job, gone
            view.tell()

    def _note_pod(self, pod: Object, *, gone: bool = False) -> None:
        pod = _slim(pod)
        owner = next((str(owner["uid"]) for owner in pod["metadata"].get("ownerReferences") or ()), "")
        if gone:
            # It is still what its Job's view knows at last.
            pod["metadata"].setdefault("deletionTimestamp", "now")
            self._pods.pop(owner, None)
        else:
            self._pods[owner] = pod
        view = self._views.get(owner)
        if view is not None:
            view.pod = pod
            view.tell()


def _slim(found: Object) -> Object:
    """A Job or a pod without what nobody asks for: the manifests of many would take their room."""
    metadata = {name: found["metadata"][name] for name in _KEPT if name in found["metadata"]}
    return {"metadata": metadata, "status": found.get("status") or {}}
