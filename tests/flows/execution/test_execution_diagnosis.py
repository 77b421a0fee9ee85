"""What the states of Jobs and pods mean, of which the stand-in for a cluster has only some."""

from __future__ import annotations

from typing import Any

import pod_tasks
import pytest

from ecoflows.flows.execution.placement import placement
from ecoflows.flows.execution.pods.diagnosis import Ended, Judge, Waiting, has_ended, has_started
from ecoflows.flows.execution.pods.manifest import plan
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.flows.execution.work import Work
from ecoflows.workflow.elements import Unit
from support import registry_of, workflow_of

NODE = workflow_of(
    "{name: one, tasks: {plus: {a: 1, b: 2, timeout_seconds: 7, container_resources: {limit_memory: 1Gi}}}}",
    registry_of(pod_tasks),
).nodes["plus"]
SETTINGS = ExecutionSettings(pull_seconds=60, schedule_seconds=90, deadline_seconds=100)


def judge(settings: ExecutionSettings = SETTINGS) -> Judge:
    import logging

    unit = Unit(NODE, NODE.call({}, "one"), ())
    work = Work((unit,), placement(NODE, settings), 1, 0, False, "run", "its name", logging.getLogger("test"))
    return Judge(plan(work, "/cache", None), settings, "park", 17)


def pod(phase: str = "Pending", state: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": "plus-x", **({"deletionTimestamp": "now"} if more.pop("deleted", False) else {})}
    containers = [{"name": "sidecar", "state": {}}, {"name": "task", "state": state or {}}]
    return {"metadata": metadata, "status": {"phase": phase, "containerStatuses": containers, **more}}


def job(kind: str | None = None, reason: str = "", message: str = "") -> dict[str, Any]:
    condition = {"type": kind, "status": "True", "reason": reason, "message": message}
    return {"metadata": {"name": "plus"}, "status": {"conditions": [condition] if kind else []}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def terminated(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": "now"}}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes are available: 3 Insufficient memory.",
}
DISRUPTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "PreemptionByScheduler",
    "message": "preempted to accommodate a higher priority pod",
}


@pytest.mark.parametrize(
    ("job", "pod", "expected"),
    [
        (job(), pod("Running", terminated(137, "OOMKilled")), "was OOMKilled at its limit of 1Gi; raise"),
        (job(), pod("Failed", terminated(137)), "was killed (exit code 137), most likely at its limit"),
        (job(), pod("Failed", terminated(3)), "its pod ended with exit code 3"),
        (job(), pod("Failed", terminated(128, "StartError", "not in $PATH")), "'ecoflows run-task': not in"),
        (
            job(),
            pod("Failed", reason="Evicted", message="The node was low on resource: memory."),
            "its pod was evicted: The node was low on resource: memory.; raise container_resources.requests",
        ),
        (job(), pod("Failed", reason="NodeLost"), "its pod was lost: NodeLost"),
        (job(), pod("Failed", conditions=[DISRUPTED]), "its pod was lost: PreemptionByScheduler: preempted"),
        (
            job(),
            pod("Failed", terminated(143), conditions=[DISRUPTED]),
            "its pod was lost: PreemptionByScheduler: preempted",
        ),
        (job(), pod("Failed"), "its pod failed before its container could tell why"),
        (job(), pod("Failed", reason="DeadlineExceeded"), "its pod was ended after 100 s"),
        (job("Failed", "DeadlineExceeded"), None, "its pod was ended after 100 s; raise deadline_seconds"),
        (
            job("FailureTarget", "DeadlineExceeded"),
            pod("Running", terminated(143), deleted=True),
            "its pod was ended after 100 s",
        ),
        (job(), pod(state=waiting("InvalidImageName", "no")), "the image tasks:1 cannot be used: Invalid"),
    ],
)
def test_ends_for_good(job: Any, pod: Any, expected: str) -> None:
    verdict = judge().verdict(job, pod)
    assert isinstance(verdict, Ended)
    assert verdict.error is not None
    assert verdict.error.startswith("'plus': ")
    assert expected in verdict.error


@pytest.mark.parametrize(
    ("job", "pod", "what", "seconds", "expected"),
    [
        (job(), None, "pod", 90, "'kubectl describe job plus-"),
        (job(), pod(conditions=[UNSCHEDULABLE]), "node", 90, "no node takes its pod: 0/3 nodes are"),
        (job(), pod(state=waiting("ContainerCreating")), "image", 60, "did not start within 60 s (pull_"),
        (job(), pod(state=waiting("ImagePullBackOff", "no such tag")), "image", 60, "(ImagePullBackOff: no"),
        (
            job(),
            pod(state=waiting("CreateContainerConfigError", 'secret "er" not found')),
            "configuration",
            20,
            "secret \"er\" not found; create it in the namespace 'park'",
        ),
        (job(), pod("Running", {"running": {}}), "run", 17, "gave up after 7 s (timeout_seconds)"),
        (job(), pod("Running", {"running": {}}, deleted=True), "deletion", 60, "deleted by somebody else"),
        (job(), pod("Running", terminated(143), deleted=True), "deletion", 5, "deleted by somebody else"),
        (
            job("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
            None,
            "end",
            5,
            "its Job failed: Job has reached the specified backoff limit",
        ),
        (
            job("Failed", "BackoffLimitExceeded"),
            pod("Running", {"running": {}}, deleted=True, reason="NodeLost"),
            "end",
            5,
            "its pod was lost: NodeLost",
        ),
    ],
)
def test_waits_for_a_time(job: Any, pod: Any, what: str, seconds: float, expected: str) -> None:
    verdict = judge().verdict(job, pod)
    assert isinstance(verdict, Waiting)
    assert (verdict.what, verdict.seconds) == (what, seconds)
    assert expected in (verdict.then.error or "")


def test_what_is_well() -> None:
    assert judge().verdict(job(), pod("Succeeded", terminated(0, "Completed"))) == Ended(code=0)
    assert judge().verdict(job("Complete"), pod("Succeeded", terminated(0, "Completed"))) == Ended(code=0)
    without_limit = Judge(judge().plan, SETTINGS, "park")
    assert without_limit.verdict(job(), pod("Running", {"running": {}})) is None


def test_a_job_that_completed_unseen_has() -> None:
    verdict = judge().verdict(job("Complete"), pod("Running", {"running": {}}))
    assert isinstance(verdict, Waiting)
    assert verdict.then == Ended()


def test_whether_there_is_a_log() -> None:
    assert not has_started(None)
    assert not has_started(pod(state=waiting("ContainerCreating")))
    assert has_started(pod(state={"running": {}}))
    assert has_started(pod(state=terminated(0)))
    assert not has_ended(pod(state={"running": {}}))
    assert has_ended(pod(state=terminated(1)))
