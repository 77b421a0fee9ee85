"""The Job controller: a pod after another until one succeeds, or there are no tries or no time left."""

from __future__ import annotations

import asyncio
import time

from kubernetes_double.kinds import Object, now
from kubernetes_double.objects import Objects


class Jobs:
    """Runs the pods of Jobs.

    Args:
        objects: The cluster's objects.
        backoff_scale: The pause between tries, as a share of Kubernetes' own.
    """

    def __init__(self, objects: Objects, backoff_scale: float) -> None:
        self.objects = objects
        self.backoff_scale = backoff_scale
        objects.preparers["jobs"] = _label
        objects.starters["jobs"] = self.run
        objects.enders["jobs"] = self.end

    async def run(self, job: Object) -> None:
        """Run a Job to its end, and remove it when its time to live is over."""
        spec, status = job["spec"], job["status"]
        status["startTime"] = now()
        deadline = time.monotonic() + spec.get("activeDeadlineSeconds", float("inf"))
        failed, outcome = 0, None
        while not outcome:
            pod = await self.objects.create("pods", job["metadata"]["namespace"], _pod(job))
            name = pod["metadata"]["name"]
            await self.objects.event(job, "SuccessfulCreate", f"Created pod: {name}")
            status["active"] = 1
            await self.objects.put("jobs", job)
            if not await self._ended(pod, deadline):
                await self.objects.delete("pods", pod)
                outcome = "DeadlineExceeded"
            del status["active"]
            if pod["status"]["phase"] == "Succeeded" and not outcome:
                status |= {"succeeded": 1, "completionTime": now()}
                outcome = "Complete"
                continue
            failed += 1
            status["failed"] = failed
            if not outcome and failed > spec.get("backoffLimit", 6):
                outcome = "BackoffLimitExceeded"
            elif not outcome:
                await self.objects.put("jobs", job)
                await asyncio.sleep(min(10 * 2 ** (failed - 1), 360) * self.backoff_scale)
        await self._conclude(job, outcome)

    async def _ended(self, pod: Object, deadline: float) -> bool:
        """Wait for a pod; ``False`` where the deadline comes first."""
        while pod["status"]["phase"] in ("Pending", "Running") and self.objects.exists("pods", pod):
            await asyncio.sleep(0.1)
            if time.monotonic() > deadline:
                return False
        return True

    async def _conclude(self, job: Object, outcome: str) -> None:
        kind = "Complete" if outcome == "Complete" else "Failed"
        condition = {"type": kind, "status": "True", "reason": outcome, "lastTransitionTime": now()}
        job["status"]["conditions"] = [condition]
        await self.objects.put("jobs", job)
        await self.objects.event(job, outcome, kind, "Normal" if kind == "Complete" else "Warning")
        if (wait := job["spec"].get("ttlSecondsAfterFinished")) is not None:
            await asyncio.sleep(wait)
            await self.objects.delete("jobs", job)

    async def end(self, job: Object, grace: int | None) -> bool:
        """Stop a Job and delete what it owns."""
        task = self.objects.tasks.pop(job["metadata"]["uid"], None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        for resource in ("pods", "secrets"):
            for child in self.objects.owned(resource, job):
                await self.objects.delete(resource, child, grace)
        return True


def _label(job: Object) -> None:
    """Mark a Job's pods as its own, as Kubernetes does."""
    meta, metadata = job["metadata"], job["spec"]["template"].setdefault("metadata", {})
    marks = {"job-name": meta["name"], "controller-uid": meta["uid"]}
    marks |= {f"batch.kubernetes.io/{key}": value for key, value in marks.items()}
    metadata["labels"] = (metadata.get("labels") or {}) | marks
    job["spec"]["selector"] = {"matchLabels": {"controller-uid": meta["uid"]}}
    job["status"] = {}


def _pod(job: Object) -> Object:
    """The manifest of a Job's next pod."""
    meta, template = job["metadata"], job["spec"]["template"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
    owner |= {"controller": True, "blockOwnerDeletion": True}
    metadata = template["metadata"] | {"generateName": meta["name"] + "-", "ownerReferences": [owner]}
    return {"spec": template["spec"], "metadata": metadata}
