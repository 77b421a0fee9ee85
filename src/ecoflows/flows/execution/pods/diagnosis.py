"""What the states of a Job and its pod mean, and what to change where they are bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecoflows.flows.execution.pods.cluster import Object
from ecoflows.flows.execution.pods.manifest import CONTAINER, Plan
from ecoflows.flows.execution.settings import ExecutionSettings

_CONFIGURATION_SECONDS = 20.0
_ENDING_SECONDS = 5.0
_DELETION_SECONDS = 60.0
_NEVER_PULLED = ("InvalidImageName", "ErrImageNeverPull")
_PULLING = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError")
_CONFIGURING = ("CreateContainerConfigError", "CreateContainerError")
_NOT_STARTED = ("StartError", "ContainerCannotRun")
_KILLED, _CANNOT_RUN = 137, (126, 127)


@dataclass(frozen=True)
class Ended:
    """The pod has ended, or never will begin.

    Attributes:
        error: Why it failed; ``None`` where it did not.
        kind: What kind of failure that is; ``task`` where the process tells itself.
        code: The exit code, where there is one.
    """

    error: str | None = None
    kind: Literal["task", "memory", "time", "infrastructure"] = "task"
    code: int | None = None


@dataclass(frozen=True)
class Waiting:
    """Something is waited for, and not for ever.

    Attributes:
        what: What is waited for; another thing has its own time.
        seconds: How long.
        then: What it comes to when that is over.
        notice: What people should know while it lasts.
    """

    what: str
    seconds: float
    then: Ended
    notice: str | None = None


@dataclass(frozen=True)
class Judge:
    """Tells what the states of one Job and its pod mean.

    Attributes:
        plan: What the Job is to do.
        settings: What its flow's deployment says of pods.
        namespace: Where it is.
        run_seconds: How long the container may run, if not as long as it likes.
    """

    plan: Plan
    settings: ExecutionSettings
    namespace: str
    run_seconds: float | None = None

    def verdict(self, job: Object | None, pod: Object | None) -> Ended | Waiting | None:
        """What there is to do: nothing more, or wait, for so long or for as long as it takes.

        Args:
            job: The Job.
            pod: Its pod, where there is one.
        """
        end = self._end_of_job(job)
        if end is None and pod is not None:
            return self._of_pod(pod)
        if end is None:
            return self._without_pod()
        if end.kind == "time":
            return end
        found = self._of_pod(pod) if pod is not None else None
        if isinstance(found, Ended):
            return found
        # The watch of the pods may tell of its end a little later than that of the Jobs.
        is_deleted = found is not None and found.what == "deletion"
        return Waiting("end", _ENDING_SECONDS, found.then if found is not None and is_deleted else end)

    def _end_of_job(self, job: Object | None) -> Ended | None:
        for condition in (job or {}).get("status", {}).get("conditions") or ():
            if condition["status"] != "True":
                continue
            if condition["type"] == "Complete":
                return Ended()
            if condition.get("reason") == "DeadlineExceeded":
                return self._too_long()
            if condition["type"] == "Failed":
                detail = condition.get("message") or condition.get("reason") or "it failed"
                return self._failed(f"its Job failed: {detail}")
        return None

    def _of_pod(self, pod: Object) -> Ended | Waiting | None:
        status = pod["status"]
        state = _container_state(status)
        if "terminated" in state:
            return self._terminated(pod, state["terminated"])
        if status.get("phase") == "Failed":
            return self._lost(pod)
        if "deletionTimestamp" in pod["metadata"]:
            return Waiting("deletion", _DELETION_SECONDS, self._lost(pod))
        if "running" in state:
            limit = self.plan.work.units[0].node.options.timeout_seconds
            if self.run_seconds is None or limit is None:
                return None
            text = f"{self._label}: gave up after {limit:g} s (timeout_seconds)"
            return Waiting("run", self.run_seconds, Ended(text, "time"))
        return self._starting(status, state.get("waiting") or {})

    @property
    def _label(self) -> str:
        return f"'{self.plan.work.label}'"

    def _failed(self, text: str) -> Ended:
        return Ended(f"{self._label}: {text}", "infrastructure")

    def _too_long(self) -> Ended:
        seconds = self.settings.deadline_seconds
        return Ended(
            f"{self._label}: its pod was ended after {seconds} s; raise deadline_seconds of the deployment",
            "time",
        )

    def _terminated(self, pod: Object, ended: Object) -> Ended | Waiting:
        code, reason = int(ended.get("exitCode", -1)), str(ended.get("reason") or "")
        if code == 0:
            return Ended(code=0)
        if reason == "OOMKilled":
            return Ended(self._out_of_memory("was OOMKilled"), "memory", code)
        if pod["status"].get("reason") == "DeadlineExceeded":
            return self._too_long()
        if reason in _NOT_STARTED or code in _CANNOT_RUN:
            detail = f": {ended['message']}" if ended.get("message") else f" (exit code {code})"
            return self._failed(
                f"the image {self.plan.image} cannot run 'ecoflows run-task'{detail}; it needs ecoflows and "
                "the package of the task"
            )
        if "deletionTimestamp" in pod["metadata"]:
            # Who deleted it, the Job tells in a moment where it was its deadline.
            return Waiting("deletion", _ENDING_SECONDS, self._lost(pod))
        if pod["status"].get("reason") or _disruption(pod["status"]):
            return self._lost(pod)
        if code == _KILLED:
            return Ended(self._out_of_memory("was killed (exit code 137), most likely"), "memory", code)
        return Ended(f"{self._label}: its pod ended with exit code {code}", "task", code)

    def _out_of_memory(self, how: str) -> str:
        limit = self.plan.resources.limits.memory
        at = f"at its limit of {limit}" if limit else "as its node ran out of memory"
        if self.plan.work.placement.escalation is not None:
            cap = f" up to memory_cap {self.settings.memory_cap}" if self.settings.memory_cap else ""
            advice = f"the next attempt (retries) asks for more{cap}"
        else:
            advice = "raise container_resources.limits.memory, or set memory_escalation and retries"
        return f"{self._label}: its pod {how} {at}; {advice}"

    def _lost(self, pod: Object) -> Ended:
        status = pod["status"]
        reason, message = status.get("reason") or "", status.get("message") or ""
        for condition in status.get("conditions") or ():
            if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
                reason, message = (
                    reason or condition.get("reason", ""),
                    message or condition.get("message", ""),
                )
        if reason == "DeadlineExceeded":
            return self._too_long()
        if reason == "Evicted":
            return self._failed(
                f"its pod was evicted: {message}; raise container_resources.requests, so that a node sets "
                "aside what it needs"
            )
        if reason or message:
            return self._failed(f"its pod was lost: {': '.join(part for part in (reason, message) if part)}")
        if "deletionTimestamp" in pod["metadata"]:
            return self._failed("its pod was deleted by somebody else")
        return self._failed("its pod failed before its container could tell why")

    def _starting(self, status: Object, waiting: Object) -> Waiting | Ended:
        reason, message = waiting.get("reason") or "", waiting.get("message") or ""
        detail = ": ".join(part for part in (reason, message) if part)
        image = self.plan.image
        if reason in _NEVER_PULLED:
            return self._failed(f"the image {image} cannot be used: {detail}")
        if reason in _CONFIGURING:
            where = f"in the namespace '{self.namespace}'"
            advice = f"create it {where}" if "not found" in message else f"look at it {where}"
            text = f"its container cannot be made: {detail}; {advice}"
            return Waiting("configuration", _CONFIGURATION_SECONDS, self._failed(text), text)
        for condition in status.get("conditions") or ():
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                text = (
                    f"no node takes its pod: {condition.get('message') or condition.get('reason')}; lower "
                    "container_resources.requests, or add a node"
                )
                return Waiting("node", self.settings.schedule_seconds, self._failed(text), text)
        if reason in _PULLING:
            text = (
                f"the image {image} cannot be pulled ({detail}); check its name, and image_pull_secrets of "
                "the deployment"
            )
            return Waiting("image", self.settings.pull_seconds, self._failed(text), text)
        text = f"its pod did not start within {self.settings.pull_seconds} s (pull_seconds)"
        late = self._failed(f"{text}: {detail}" if detail else text)
        return Waiting("image", self.settings.pull_seconds, late)

    def _without_pod(self) -> Waiting:
        name = self.plan.name
        text = (
            f"Kubernetes made no pod for its Job within {self.settings.schedule_seconds} s; "
            f"'kubectl describe job {name} --namespace {self.namespace}' says why"
        )
        return Waiting("pod", self.settings.schedule_seconds, self._failed(text))


def _container_state(status: Object) -> Object:
    for container in status.get("containerStatuses") or ():
        if container["name"] == CONTAINER:
            found: Object = container.get("state") or {}
            return found
    return {}


def _disruption(status: Object) -> Object:
    """What Kubernetes says of a pod that it ends for reasons of its own; empty where it does not."""
    conditions: list[Object] = status.get("conditions") or []
    found = (one for one in conditions if one["type"] == "DisruptionTarget" and one["status"] == "True")
    return next(found, {})


def has_ended(pod: Object | None) -> bool:
    """Whether a pod's container has run and ended.

    Args:
        pod: The pod, where there is one.
    """
    return pod is not None and "terminated" in _container_state(pod["status"])


def has_started(pod: Object | None) -> bool:
    """Whether a pod's container has run, so that it has a log.

    Args:
        pod: The pod, where there is one.
    """
    state = _container_state(pod["status"]) if pod is not None else {}
    return "running" in state or ("terminated" in state and "startedAt" in state["terminated"])
