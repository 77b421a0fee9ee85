"""See one Job through: create it or take it over, follow its log, tell how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from ecoflows.flows.execution.answers import Output
from ecoflows.flows.execution.pods.cluster import Cluster, ClusterError, Object
from ecoflows.flows.execution.pods.diagnosis import Ended, Judge, Waiting, has_ended, has_started
from ecoflows.flows.execution.pods.manifest import CONTAINER
from ecoflows.flows.execution.pods.names import FLOW_RUN, label_value
from ecoflows.flows.execution.pods.watching import View, Watcher

_CONFLICT = 409
_LOG_SECONDS = 10.0
_LOG_ATTEMPTS = 5
_MADE_ANEW = 2
_GONE_SECONDS = 60.0


class GoneError(Exception):
    """Raised where a Job was deleted while it was waited for."""


@dataclass
class Following:
    """One Job from its beginning to its end.

    Attributes:
        cluster: The cluster.
        watcher: Keeps it up to date.
        judge: Tells what its states mean.
        manifest: What to create.
        output: Takes what the pod writes.
        uid: The Job's uid, once it is known.
    """

    cluster: Cluster
    watcher: Watcher
    judge: Judge
    manifest: Object
    output: Output
    uid: str = ""
    _noticed: set[str] = field(default_factory=set)

    async def run(self) -> Ended:
        """Wait for the end; a Job that somebody deletes is made anew, twice."""
        logger = self.judge.plan.work.logger
        for left in range(_MADE_ANEW, -1, -1):
            job = await self._created()
            self.uid = job["metadata"]["uid"]
            view = self.watcher.view(job)
            try:
                return await self._until_end(view)
            except GoneError:
                if left:
                    logger.warning("the Job %s was deleted by somebody else; it is made anew", view.name)
            finally:
                self.watcher.forget(view)
        text = f"'{self.judge.plan.work.label}': its Job was deleted by somebody else, {_MADE_ANEW + 1} times"
        return Ended(text, "infrastructure")

    async def _created(self) -> Object:
        """The Job, new or found at work."""
        name = self.manifest["metadata"]["name"]
        until = asyncio.get_running_loop().time() + _GONE_SECONDS
        while True:
            try:
                return await self.cluster.create_job(self.manifest)
            except ClusterError as error:
                if error.status != _CONFLICT or asyncio.get_running_loop().time() > until:
                    raise
            job = await self.cluster.find("jobs", name)
            if job is None:
                continue
            if not _is_over(job):
                return await self._adopted(job)
            # Left behind by an earlier attempt of the same name: its pod cannot be had again.
            await self.cluster.delete_job(name, job["metadata"]["uid"])
            await asyncio.sleep(0.2)

    async def _adopted(self, job: Object) -> Object:
        """Take over the Job of a flow run that ended before it."""
        own: Object = self.manifest["metadata"]
        metadata = job["metadata"]
        before = (metadata.get("labels") or {}).get(FLOW_RUN)
        self.judge.plan.work.logger.info("goes on with the Job %s, which is at work", metadata["name"])
        patch: Any = {
            "labels": {FLOW_RUN: label_value(self.judge.plan.work.flow_run)},
            "ownerReferences": own.get("ownerReferences"),
        }
        if before == own["labels"][FLOW_RUN] and metadata.get("ownerReferences") == patch["ownerReferences"]:
            return job
        try:
            return await self.cluster.patch_job(metadata["name"], {"metadata": patch})
        except ClusterError as error:
            # It is followed all the same, as long as its owner lets it live.
            self.judge.plan.work.logger.warning("the Job %s keeps its owner: %s", metadata["name"], error)
            return job

    async def _until_end(self, view: View) -> Ended:
        loop = asyncio.get_running_loop()
        log: asyncio.Task[None] | None = None
        waiting, deadline = "", 0.0
        try:
            while True:
                view.changed.clear()
                if log is None and view.pod is not None and has_started(view.pod):
                    log = asyncio.create_task(self._log(view))
                verdict = self.judge.verdict(view.job, view.pod)
                if isinstance(verdict, Ended):
                    break
                if view.gone and not (isinstance(verdict, Waiting) and verdict.what == "end"):
                    raise GoneError
                if verdict is None:
                    waiting = ""
                    await view.changed.wait()
                    continue
                if verdict.what != waiting:
                    waiting, deadline = verdict.what, loop.time() + verdict.seconds
                self._notice(verdict)
                try:
                    async with asyncio.timeout_at(deadline):
                        await view.changed.wait()
                except TimeoutError:
                    verdict = verdict.then
                    break
            if log is not None:
                await asyncio.wait([log], timeout=_LOG_SECONDS)
            return verdict
        finally:
            if log is not None:
                log.cancel()

    def _notice(self, waiting: Waiting) -> None:
        """Tell once what keeps a pod from starting, long before that becomes a failure."""
        if waiting.notice is not None and waiting.what not in self._noticed:
            self._noticed.add(waiting.what)
            work = self.judge.plan.work
            work.logger.warning(
                "'%s' waits, for at most %g s: %s", work.label, waiting.seconds, waiting.notice
            )

    async def _log(self, view: View) -> None:
        """Hand on the lines of the pod's log, also where the connection is lost in between."""
        lines, failed = _Lines(self.output), 0
        while view.pod is not None and failed < _LOG_ATTEMPTS:
            try:
                stream = self.cluster.log(view.pod["metadata"]["name"], CONTAINER, lines.last or None)
                async with contextlib.aclosing(stream) as texts:
                    async for text in texts:
                        lines.take(text)
                        failed = 0
            except Exception as error:  # noqa: BLE001  # a pod is followed without its log as well
                failed += 1
                if failed == _LOG_ATTEMPTS:
                    work = self.judge.plan.work
                    work.logger.warning("the log of '%s' cannot be read: %s", work.label, error)
                await asyncio.sleep(0.2 * 2**failed)
                continue
            # The stream's end is the container's as a rule, of which the watch tells a little later.
            for _ in range(_LOG_ATTEMPTS):
                if view.gone or has_ended(view.pod):
                    return
                await asyncio.sleep(0.3)


@dataclass
class _Lines:
    """Takes the lines of a log that may be read again from some line on.

    Attributes:
        output: Takes each line once.
        last: The time of the last one.
    """

    output: Output
    last: str = ""
    _seen: set[str] = field(default_factory=set)

    def take(self, text: str) -> None:
        """Take a line with its time in front."""
        stamp, _, line = text.partition(" ")
        if stamp < self.last or (stamp == self.last and line in self._seen):
            return
        self._seen = {line} if stamp != self.last else self._seen | {line}
        self.last = stamp
        self.output.take(line)


def _is_over(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions") or ()
    ended = any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)
    return ended or "deletionTimestamp" in job["metadata"]
