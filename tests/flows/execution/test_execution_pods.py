"""Calls in pods, over a stand-in for a cluster."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pod_flow import Flow

from ecoflows.flows.execution.pods import diagnosis
from ecoflows.flows.execution.pods.cluster import Cluster
from ecoflows.store import Artifact, Store
from ecoflows.workflow.report import Report

pytestmark = pytest.mark.pods

SUM = """
name: "sum: in pods"
workflow:
  - {id: one, task: number, partial: {value: 1}}
  - {id: two, task: number, partial: {value: 2}, image: "tasks:2", container_resources: {limit_memory: 2Gi}}
  - {id: three, task: number, partial: {value: 3}, execution: inline}
  - {id: sum, task: plus, partial: {a: "${{ workflow.one.return }}", b: "${{ workflow.two.return }}"}}
"""


def states(report: Report) -> dict[str, str]:
    return {name: outcome.state.value for name, outcome in report.outcomes.items()}


def error(report: Report, name: str) -> str:
    found = report.outcomes[name]
    assert found.state.value == "failed", found
    return found.error or ""


def instance(job: dict[str, Any]) -> str:
    return job["metadata"]["labels"]["ecoflows/instance"]


def container(job: dict[str, Any]) -> dict[str, Any]:
    return job["spec"]["template"]["spec"]["containers"][0]


def variables(job: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in container(job)["env"]}


def test_results_are_those_of_the_sequential_engine(
    flow: Flow, jobs_before: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        report = flow.run(SUM)
    assert set(states(report).values()) == {"completed"}, [one.error for one in report.outcomes.values()]
    assert flow.value(report, "sum") == 3.0
    expected = flow.sequential(SUM, tmp_path / "other")
    for name, outcome in expected.outcomes.items():
        found = report.outcomes[name].result
        assert (found.key, found.artifact) == (outcome.result.key, outcome.result.artifact)
    jobs = {instance(job): job for job in flow.jobs(jobs_before)}
    assert sorted(jobs) == ["one", "sum", "two"]
    assert {name: container(job)["image"] for name, job in jobs.items()} == {
        "one": "tasks:1",
        "two": "tasks:2",
        "sum": "tasks:1",
    }
    assert container(jobs["one"])["resources"] == {
        "requests": {"memory": "64Mi"},
        "limits": {"memory": "1Gi"},
    }
    assert container(jobs["two"])["resources"] == {"limits": {"memory": "2Gi"}}
    assert "a line of the task's own" in caplog.messages
    assert not any('"state"' in message for message in caplog.messages)
    # And a run in which all is cached starts nothing.
    count = len(flow.jobs())
    assert set(states(flow.run(SUM)).values()) == {"cached"}
    assert len(flow.jobs()) == count


def test_the_manifest_is_hardened_and_labelled(flow: Flow, jobs_before: int) -> None:
    settings = {
        "service_account": "tasks",
        "image_pull_secrets": ["registry"],
        "node_selector": {"disk": "fast"},
    }
    settings["resources"] = {"requests": {"cpu": "100m"}}
    report = flow.run("{name: one, tasks: {plus: {a: 1, b: 2}}}", settings)
    (job,) = flow.jobs(jobs_before)
    spec = job["spec"]["template"]["spec"]
    labels, pod_labels = job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/managed-by"] == "ecoflows"
    assert labels["ecoflows/flow-run"] == report.id
    assert not [name for name in labels if name.startswith("prefect.io")]
    assert pod_labels["prefect.io/flow-run-id"] == report.id
    assert (job["spec"]["backoffLimit"], job["spec"]["ttlSecondsAfterFinished"]) == (0, 3600)
    assert job["spec"]["activeDeadlineSeconds"] == 86_400
    assert spec["automountServiceAccountToken"] is False
    assert (spec["serviceAccountName"], spec["restartPolicy"]) == ("tasks", "Never")
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["nodeSelector"] == {"disk": "fast"}
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(job)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
    }
    assert container(job)["imagePullPolicy"] == "IfNotPresent"
    assert container(job)["resources"] == {"requests": {"cpu": "100m"}}


def test_tables_stay_out_of_the_flows_process(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where they are made, gone over or found to be empty, nor where they are in the cache."""

    def loaded(*_args: Any, **_more: Any) -> None:
        raise AssertionError("a value was loaded")

    original = Store.read_bytes

    def read_bytes(self: Store, artifact: Artifact) -> bytes:
        assert not artifact.is_table
        return original(self, artifact)

    monkeypatch.setattr(Store, "load", loaded)
    monkeypatch.setattr(Store, "read_bytes", read_bytes)
    text = """
        name: numbers
        workflow:
          - {id: fixes, task: read_numbers, partial: {count: 4}, cache: always}
          - id: scaled
            task: scale
            partial: {numbers: "${{ workflow.fixes.return }}"}
            map: {argnames: k, argvalues: [1, 2], batch: 1}
          - id: means
            task: mean
            map: {argnames: numbers, argvalues: "${{ workflow.scaled.return }}"}
            skipif: {conditions: [any_is_empty_df]}
        """
    first, second = (flow.run(text, {"image": "tasks:1"}) for _ in range(2))
    monkeypatch.undo()
    assert set(states(first).values()) == {"completed"}, [one.error for one in first.outcomes.values()]
    assert states(second) == {"fixes": "cached", "scaled": "cached", "means": "cached"}
    assert flow.value(first, "means") == [1.5, 3.0]


def test_a_failure_has_the_tasks_own_message_and_is_retried(
    flow: Flow, jobs_before: int, tmp_path: Path
) -> None:
    report = flow.run(f"""
        name: retrying
        workflow:
          - {{id: bad, task: refuse, partial: {{value: 7}}}}
          - {{id: late, task: fail_until, partial: {{folder: "{tmp_path}", value: 1}}, retries: 1}}
        """)
    assert states(report) == {"bad": "failed", "late": "completed"}
    assert error(report, "bad") == "'bad': ValueError: no luck with 7"
    names = [job["metadata"]["name"] for job in flow.jobs(jobs_before) if instance(job) == "late"]
    assert len(set(names)) == 2


def test_secrets_and_environment_reach_the_pod_and_nothing_is_expanded(flow: Flow, jobs_before: int) -> None:
    flow.cluster.create("secrets", {"metadata": {"name": "er"}, "stringData": {"TOKEN": "hush"}})
    text = "{name: env, tasks: {where: {text: '$(TOKEN) ${HOME} $$'}}}"
    report = flow.run(text, {"secrets": ["er"], "environment": {"SETTING": "on"}})
    assert flow.value(report, "where")[1:] == ["on", "hush", "$(TOKEN) ${HOME} $$"]
    (job,) = flow.jobs(jobs_before)
    assert "hush" not in json.dumps(job)


def test_a_missing_secret_is_named(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_CONFIGURATION_SECONDS", 0.3)
    report = flow.run("{name: one, tasks: {plus: {a: 1, b: 2}}}", {"secrets": ["nowhere"]})
    assert "CreateContainerConfigError" in error(report, "plus")
    assert "nowhere" in error(report, "plus")
    assert "create it in the namespace 'default'" in error(report, "plus")


def test_an_image_that_cannot_be_pulled(flow: Flow) -> None:
    text = "{name: one, tasks: {plus: {a: 1, b: 2, image: 'nowhere/tasks:9'}}}"
    report = flow.run(text, {"pull_seconds": 1})
    assert "the image nowhere/tasks:9 cannot be pulled (" in error(report, "plus")
    assert "check its name, and image_pull_secrets" in error(report, "plus")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("old:1", ["its pod ended with exit code 2", "there is no such command: run-task"]),
        ("empty:1", ["the image empty:1 cannot run 'ecoflows run-task'", "it needs ecoflows"]),
    ],
)
def test_an_image_without_our_command(flow: Flow, image: str, expected: list[str]) -> None:
    report = flow.run(f"{{name: one, tasks: {{plus: {{a: 1, b: 2, image: '{image}'}}}}}}")
    assert [text for text in expected if text not in error(report, "plus")] == []


def test_out_of_memory_says_what_to_raise(flow: Flow) -> None:
    resources = "container_resources: {limit_memory: 64Mi}"
    report = flow.run(f"{{name: oom, tasks: {{plus: {{a: 1, b: 2, image: 'hog:1', {resources}}}}}}}")
    assert error(report, "plus") == (
        "'plus': its pod was OOMKilled at its limit of 64Mi; raise container_resources.limits.memory, or set "
        "memory_escalation and retries"
    )


def test_memory_escalates_after_an_oom_kill_up_to_the_cap(flow: Flow, jobs_before: int) -> None:
    resources = "container_resources: {request_memory: 32Mi, limit_memory: 64Mi}, memory_escalation: 8"
    text = f"{{name: oom, tasks: {{plus: {{a: 1, b: 2, image: 'hog:1', retries: 1, {resources}}}}}}}"
    report = flow.run(text, {"memory_cap": "500Mi"})
    assert states(report) == {"plus": "completed"}, error(report, "plus")
    assert [container(job)["resources"] for job in flow.jobs(jobs_before)] == [
        {"requests": {"memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        {"requests": {"memory": "256Mi"}, "limits": {"memory": "500Mi"}},
    ]


def test_a_deadline_and_a_time_limit(flow: Flow, tmp_path: Path) -> None:
    text = f"name: slow\ntasks: {{linger: {{folder: '{tmp_path}', seconds: 60}}}}"
    report = flow.run(text, {"deadline_seconds": 1})
    assert error(report, "linger") == (
        "'linger': its pod was ended after 1 s; raise deadline_seconds of the deployment"
    )
    report = flow.run(text.replace("60}", "60, timeout_seconds: 0.5}"))
    assert error(report, "linger") == "'linger': gave up after 0.5 s (timeout_seconds)"


MAPPED = """
name: mapped
workflow:
  - id: odd
    task: odd_only
    map: {argnames: value, argvalues: [1, 2, 3, 5, 7], on_error: skip, batch: 2}
"""


def test_elements_share_pods_beyond_the_batch(flow: Flow, jobs_before: int) -> None:
    report = flow.run(MAPPED, {"workers": 1})
    assert states(report) == {"odd": "completed"}
    elements = report.outcomes["odd"].elements or ()
    assert [one.state.value for one in elements] == ["completed", "failed", *["completed"] * 3]
    assert elements[1].error == "'odd[1]': ValueError: 2 is even"
    jobs = flow.jobs(jobs_before)
    assert sum(len(calls) if isinstance(calls, list) else 1 for calls in map(calls_of, jobs)) == 5
    assert any(isinstance(calls_of(job), list) for job in jobs)
    again = flow.run(MAPPED, {"workers": 1})
    assert states(again) == {"odd": "completed"}
    assert len(flow.jobs()) == len(jobs) + jobs_before + 1, "only the failed element runs again"


def calls_of(job: dict[str, Any]) -> Any:
    return json.loads(variables(job)["ECOFLOWS_CALL"])


SPREAD = """
name: mapped
workflow:
  - id: all
    task: pause
    partial: {{seconds: 0.5}}
    map: {{argnames: value, argvalues: [1, 2, 3, 4, 5], {how}}}
"""


def most_at_once(flow: Flow, jobs: list[dict[str, Any]]) -> int:
    """How many pods of some Jobs ran at the same time at most."""
    mine = {job["metadata"]["uid"] for job in jobs}
    running: set[str] = set()
    most = 0
    for kind, pod in flow.cluster.request("GET", "/-/history/pods").json():
        owners = {owner["uid"] for owner in pod["metadata"].get("ownerReferences") or ()}
        if not owners & mine:
            continue
        is_running = kind != "DELETED" and pod["status"].get("phase") == "Running"
        (running.add if is_running else running.discard)(pod["metadata"]["uid"])
        most = max(most, len(running))
    return most


def test_each_element_has_a_pod_of_its_own_within_the_concurrency(flow: Flow, jobs_before: int) -> None:
    report = flow.run(SPREAD.format(how="concurrency: 2"))
    assert states(report) == {"all": "completed"}, error(report, "all")
    jobs = flow.jobs(jobs_before)
    assert sorted(calls_of(job)["element"] for job in jobs) == list("01234")
    assert most_at_once(flow, jobs) == 2


def test_one_watch_follows_all_pods_of_a_run(
    flow: Flow, jobs_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(Cluster, name)

        def call(self: Cluster, resource: str, *args: Any, **more: Any) -> Any:
            with lock:
                asked[f"{name} {resource}"] += 1
            return original(self, resource, *args, **more)

        return call

    for name in ("watch", "list", "find"):
        monkeypatch.setattr(Cluster, name, counted(name))
    report = flow.run(SPREAD.format(how="concurrency: 5"))
    assert states(report) == {"all": "completed"}, error(report, "all")
    assert len(flow.jobs(jobs_before)) == 5
    # The second list is the look for what is left at the end.
    assert asked == {"list jobs": 2, "list pods": 1, "watch jobs": 1, "watch pods": 1}


def test_an_evicted_pod_says_what_to_raise(flow: Flow, tmp_path: Path) -> None:
    """Its node's kubelet writes such a status."""
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}

    def evict() -> None:
        pid = int(flow.wait_for(tmp_path / "begun").split()[0])
        (pod,) = (one for one in flow.cluster.objects("pods") if one["status"]["phase"] == "Running")
        path = flow.cluster.path("pods", pod["metadata"]["name"])
        flow.cluster.request("PATCH", path, {"status": {**evicted, "containerStatuses": []}})
        os.kill(pid, signal.SIGKILL)  # as what becomes of its container

    thread = threading.Thread(target=evict)
    thread.start()
    report = flow.run(f"name: slow\ntasks: {{linger: {{folder: '{tmp_path}', seconds: 60}}}}")
    thread.join()
    assert error(report, "linger") == (
        "'linger': its pod was evicted: The node was low on resource: memory.; raise "
        "container_resources.requests, so that a node sets aside what it needs"
    )


def test_failed_elements_of_a_batch_are_retried_alone(flow: Flow, jobs_before: int, tmp_path: Path) -> None:
    text = f"""
        name: mapped
        workflow:
          - id: late
            task: fail_until
            partial: {{folder: "{tmp_path}", times: 1}}
            map: {{argnames: value, argvalues: [1, 2, 3, 4, 5], batch: 2}}
            retries: 1
        """
    for value in (1, 2, 3, 4):
        (tmp_path / f"{value}.0-0").touch()
    report = flow.run(text, {"workers": 1})
    assert states(report) == {"late": "completed"}, error(report, "late")
    batches = [calls_of(job) for job in flow.jobs(jobs_before)]
    made = [call["element"] for calls in batches for call in (calls if isinstance(calls, list) else [calls])]
    assert sorted(made) == list("012344")
    assert batches[-1]["element"] == "4", "alone, although it shared the pod before"


def test_a_long_call_is_a_file_while_it_runs(flow: Flow, jobs_before: int) -> None:
    report = flow.run(f"{{name: long, tasks: {{where: {{text: '{'x' * 50_000}'}}}}}}")
    assert flow.value(report, "where")[3] == "x" * 50_000
    (job,) = flow.jobs(jobs_before)
    assert "ECOFLOWS_CALL" not in variables(job)
    url = container(job)["args"][-1]
    assert url.startswith(f"{flow.root}/runs/")
    assert not Path(url).exists()


def test_a_job_that_somebody_deletes_is_made_anew(
    flow: Flow, jobs_before: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def interfere() -> None:
        flow.wait_for(tmp_path / "begun")
        (job,) = flow.cluster.objects("jobs")
        flow.cluster.request("DELETE", flow.cluster.path("jobs", job["metadata"]["name"]))

    thread = threading.Thread(target=interfere)
    thread.start()
    report = flow.run(f"name: slow\ntasks: {{linger: {{folder: '{tmp_path}', seconds: 1.5}}}}")
    thread.join()
    assert states(report) == {"linger": "completed"}, error(report, "linger")
    assert len(flow.jobs(jobs_before)) == 2
    assert any("was deleted by somebody else; it is made anew" in message for message in caplog.messages)


def test_the_flows_own_pod_owns_its_jobs_and_lends_its_image(
    flow: Flow, jobs_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = flow.cluster.create(
        "pods",
        {
            "metadata": {"name": "flow"},
            "spec": {"containers": [{"name": "flow", "image": "tasks:2", "command": ["sleep", "60"]}]},
        },
    )
    monkeypatch.setenv("ECOFLOWS_POD_NAME", "flow")
    monkeypatch.setenv("ECOFLOWS_POD_UID", pod["metadata"]["uid"])
    monkeypatch.setenv("ECOFLOWS_POD_NAMESPACE", "default")
    report = flow.run("{name: plain, tasks: {exclaim: {text: hi}}}")
    flow.cluster.request("DELETE", flow.cluster.path("pods", "flow"), {"gracePeriodSeconds": 0})
    assert flow.value(report, "exclaim") == "hi!"
    (job,) = flow.jobs(jobs_before)
    assert container(job)["image"] == "tasks:2"
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "flow", "uid": pod["metadata"]["uid"]}
    assert job["metadata"]["ownerReferences"] == [owner]


def test_without_a_cluster_or_an_image(flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = flow.run("{name: plain, tasks: {exclaim: {text: hi}}}")
    assert "'exclaim': nobody says which image its pod takes" in error(report, "exclaim")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    report = flow.run("{name: one, tasks: {plus: {a: 1, b: 2}}}")
    assert "'plus': there is no Kubernetes cluster to run pods in" in error(report, "plus")
    report = flow.run(
        "{name: one, tasks: {plus: {a: 1, b: 2, execution: pod}}}", {"mode": "inline", "override": True}
    )
    assert states(report) == {"plus": "completed"}


def test_settings_of_instances_win(flow: Flow, jobs_before: int) -> None:
    own = {"image": "tasks:2", "container_resources": {"limit_cpu": "1"}}
    flow.run(SUM, {"instances": {"one": own, "two": {"execution": "inline"}}})
    jobs = {instance(job): job for job in flow.jobs(jobs_before)}
    assert sorted(jobs) == ["one", "sum"]
    assert container(jobs["one"])["image"] == "tasks:2"
    assert container(jobs["one"])["resources"] == {"limits": {"cpu": "1"}}
