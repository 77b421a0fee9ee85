"""Deployments in a real cluster, from the image of the Dockerfile; ``make test-kubernetes``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from cluster_park import AUTH, ROOT_URL, SECRETS
from cluster_site import Cluster
from pods_seen import instance

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(2400)]

TASKS = (
    "load_observations",
    "process_relocations",
    "relocations_to_trajectory",
    "calculate_time_density",
    "draw_ecomap",
    "save_map_image",
)


def of_run(cluster: Cluster, run: str) -> dict[str | None, dict[str, Any]]:
    """The pods of a flow run by task instance; that of the flow itself has none."""
    return {instance(pod): pod for pod in cluster.pods.of_run(run)}


def test_the_doctor_finds_nothing_wrong(cluster: Cluster) -> None:
    found = cluster.done("doctor", "--profile", "cluster")
    wrong = [check for check in found["checks"] if check["state"] in ("error", "skipped")]
    assert wrong == []
    checked = {check["name"] for check in found["checks"]}
    assert checked >= {"work pool", "job template", "workers", "secret", "flow's rights", "tasks' rights"}


def test_each_task_runs_in_a_pod_of_its_own_and_gives_what_it_gives_here(cluster: Cluster) -> None:
    run = cluster.done("deployment", "run", "time_density-cluster", "--watch")
    assert run["state"] == "completed", run
    pods = of_run(cluster, run["id"])
    assert set(pods) == {None, *TASKS}
    for name, pod in pods.items():
        spec = pod["spec"]
        assert spec["serviceAccountName"] == ("ecoflows-flow" if name is None else "ecoflows-task")
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 1000
        assert spec["containers"][0]["securityContext"]["capabilities"]["drop"] == ["ALL"]
        mounts = [mount["name"] for mount in spec["containers"][0].get("volumeMounts", ())]
        assert any("token" in mount or "kube-api-access" in mount for mount in mounts) == (name is None)
    assert_as_here(cluster)


def assert_as_here(cluster: Cluster) -> None:
    """What the cluster left in the bucket is what a run on this machine comes to, key by key."""
    from ecoflows.store import Store

    here = cluster.done(
        *("run", "specs/time_density.yaml", "--params", "specs/time_density.params.yaml"),
        *("--engine", "sequential", "--cache-root", "here"),
    )
    assert len(here["nodes"]) == len(TASKS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        there = Store(ROOT_URL)
        for node in here["nodes"]:
            result = there.find_result(node["key"])
            assert result is not None, node["id"]
            assert result.artifact.sha256 == node["artifact"]["sha256"], node["id"]


def test_nothing_secret_stands_in_a_manifest(cluster: Cluster) -> None:
    manifests = cluster.kubectl("get", "jobs,pods,configmaps,deployments", "--output", "json")
    manifests += json.dumps(cluster.pods.all())
    for secret in (AUTH, SECRETS["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in manifests
    for file in (cluster.project / "deployments").rglob("*.yaml"):
        assert "hunter2" not in file.read_text()


def test_a_task_that_runs_out_of_memory_says_so(cluster: Cluster) -> None:
    answer = cluster.command("deployment", "run", "hungry-cluster", "--watch", "--json")
    assert answer.returncode == 3, answer.stderr
    ended = json.loads(answer.stdout)
    assert ended["state"] == "failed"
    assert "OOMKilled at its limit of 300Mi" in ended["message"] + answer.stderr


def test_a_run_that_is_cancelled_leaves_nothing(cluster: Cluster) -> None:
    run = cluster.done("deployment", "run", "slow-cluster")["id"]
    wait(lambda: running(cluster, run), 180)
    cancelled = cluster.done("deployment", "cancel", run)
    assert [one["state"] for one in cancelled["runs"]] == ["cancelled"]
    own, tasks = f"prefect.io/flow-run-id={run}", f"ecoflows/flow-run={run}"
    wait(lambda: not any(cluster.names("jobs,pods", selector) for selector in (own, tasks)), 120)


def running(cluster: Cluster, run: str) -> bool:
    pod = of_run(cluster, run).get("rest")
    return pod is not None and pod["status"]["phase"] == "Running"


def wait(until: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(1)
