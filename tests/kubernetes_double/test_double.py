"""The stand-in cluster does to processes what a cluster does to containers."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kubernetes_double.kinds import Object
from kubernetes_double.starting import Double, started

SIDECAR = "airflow-xcom-sidecar"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """One cluster for all tests; only ``toy:*`` images are there."""
    folder = tmp_path_factory.mktemp("cluster")
    with started(folder, {"toy:1": {"env": {"IMAGE": "toy"}}}) as double:
        yield double


def container(script: str, **more: Any) -> Object:
    return {"name": "base", "image": "toy:1", "command": ["sh", "-c"], "args": [script], **more}


def pod(name: str, *containers: Object, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"containers": list(containers), **spec}}


def ended(obj: Object) -> bool:
    return obj["status"]["phase"] in ("Succeeded", "Failed")


def concluded(job: Object) -> bool:
    return "conditions" in job["status"]


def base_state(obj: Object) -> Object:
    state: Object = obj["status"]["containerStatuses"][0]["state"]
    return state


def xcom_pod(name: str, script: str) -> Object:
    mounts = [{"name": "xcom", "mountPath": "/airflow/xcom"}]
    sidecar = {
        "name": SIDECAR,
        "image": "no/such:1",
        "command": ["sh", "-c", "exit 5"],
        "volumeMounts": mounts,
    }
    return pod(
        name, container(script, volumeMounts=mounts), sidecar, volumes=[{"name": "xcom", "emptyDir": {}}]
    )


def run_in(
    double: Double, name: str, command: list[str], stdin: str = "", protocol: str = "v4.channel.k8s.io"
) -> dict[int, bytes]:
    """Run a command in a container, and return what came on each channel."""

    async def talk() -> dict[int, bytes]:
        query = [("command", word) for word in command]
        query += [("container", SIDECAR), ("stdout", "1"), ("stderr", "1"), ("stdin", "1" if stdin else "0")]
        channels: dict[int, bytes] = {}
        url = double.url + double.path("pods", name) + "/exec"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, params=query, protocols=[protocol]) as socket,
        ):
            assert socket.protocol == protocol
            if stdin:
                await socket.send_bytes(b"\0" + stdin.encode())
                if protocol.startswith("v5"):
                    await socket.send_bytes(b"\xff\0")
            async for message in socket:
                channels[message.data[0]] = channels.get(message.data[0], b"") + message.data[1:]
        return channels

    return asyncio.run(asyncio.wait_for(talk(), 20))


def test_a_job_tries_again_and_completes(cluster: Double, tmp_path: Path) -> None:
    script = f"echo try; test -e {tmp_path}/x && exit 0; touch {tmp_path}/x; exit 4"
    template = {"spec": {"containers": [container(script)], "restartPolicy": "Never"}}
    cluster.create("jobs", {"metadata": {"name": "twice"}, "spec": {"template": template, "backoffLimit": 2}})
    job = cluster.wait("jobs", "twice", until=concluded)
    assert job["status"]["conditions"][0]["type"] == "Complete"
    assert (job["status"]["failed"], job["status"]["succeeded"]) == (1, 1)
    pods = [item for item in cluster.ever("pods") if item["metadata"]["labels"].get("job-name") == "twice"]
    assert [base_state(item)["terminated"]["exitCode"] for item in pods] == [4, 0]


def test_a_jobs_deadline_ends_its_pod(cluster: Double) -> None:
    template = {"spec": {"containers": [container("exec sleep 60")]}}
    spec = {"template": template, "activeDeadlineSeconds": 1}
    cluster.create("jobs", {"metadata": {"name": "late"}, "spec": spec})
    job = cluster.wait("jobs", "late", until=concluded)
    assert job["status"]["conditions"][0]["reason"] == "DeadlineExceeded"


def test_a_job_does_not_outlive_its_owner(cluster: Double) -> None:
    for name in ("owner", "other"):
        cluster.create("pods", pod(name, container("exec sleep 60")))
    owners = {one["metadata"]["name"]: one["metadata"]["uid"] for one in cluster.objects("pods")}
    for name, owner in (("owned", "owner"), ("adopted", "owner")):
        reference = {"apiVersion": "v1", "kind": "Pod", "name": owner, "uid": owners[owner]}
        template = {"spec": {"containers": [container("exec sleep 60")]}}
        metadata = {"name": name, "ownerReferences": [reference]}
        cluster.create("jobs", {"metadata": metadata, "spec": {"template": template}})
    reference = {"apiVersion": "v1", "kind": "Pod", "name": "other", "uid": owners["other"]}
    patch = {"metadata": {"ownerReferences": [reference]}}
    cluster.request("PATCH", cluster.path("jobs", "adopted"), patch)
    cluster.request("DELETE", cluster.path("pods", "owner"), {"gracePeriodSeconds": 0})
    cluster.wait("jobs", "owned", until=lambda obj: obj.get("code") == 404)
    assert [one["metadata"]["name"] for one in cluster.objects("jobs") if not concluded(one)] == ["adopted"]
    cluster.request("DELETE", cluster.path("pods", "other"), {"gracePeriodSeconds": 0})
    cluster.wait("jobs", "adopted", until=lambda obj: obj.get("code") == 404)


def test_a_pods_deadline_ends_it(cluster: Double) -> None:
    cluster.create("pods", pod("slow", container("exec sleep 60"), activeDeadlineSeconds=1))
    found = cluster.wait("pods", "slow", until=ended)
    assert (found["status"]["phase"], found["status"]["reason"]) == ("Failed", "DeadlineExceeded")


def test_memory_above_the_limit_ends_the_container(cluster: Double) -> None:
    script = "exec /usr/bin/env python3 -c 'import time; x = bytearray(200_000_000); time.sleep(60)'"
    limited = container(script, resources={"limits": {"memory": "64Mi"}})
    cluster.create("pods", pod("greedy", limited))
    state = base_state(cluster.wait("pods", "greedy", until=ended))
    assert (state["terminated"]["reason"], state["terminated"]["exitCode"]) == ("OOMKilled", 137)


def test_an_image_that_is_not_there_keeps_the_pod_pending(cluster: Double) -> None:
    cluster.create("pods", pod("absent", {"name": "base", "image": "no/such:1"}))

    def backs_off(obj: Object) -> bool:
        statuses = obj["status"].get("containerStatuses") or [{}]
        return statuses[0].get("state", {}).get("waiting", {}).get("reason") == "ImagePullBackOff"

    assert cluster.wait("pods", "absent", until=backs_off)["status"]["phase"] == "Pending"


def test_texts_are_expanded_and_secrets_arrive(cluster: Double) -> None:
    cluster.create("secrets", {"metadata": {"name": "er"}, "stringData": {"TOKEN": "t0p"}})
    variables = [{"name": "A", "value": "$(TOKEN) $$(TOKEN) $(NONE)"}]
    script = 'echo "$A"; echo "$IMAGE"; echo $(TOKEN)'
    given = container(script, env=variables, envFrom=[{"secretRef": {"name": "er"}}])
    cluster.create("pods", pod("told", given))
    assert cluster.log(cluster.wait("pods", "told", until=ended)) == "t0p $(TOKEN) $(NONE)\ntoy\nt0p\n"


def test_a_secret_that_is_not_there_keeps_the_pod_pending(cluster: Double) -> None:
    given = container("true", envFrom=[{"secretRef": {"name": "nobody"}}])
    cluster.create("pods", pod("poor", given))
    found = cluster.wait("pods", "poor", until=lambda obj: "containerStatuses" in obj["status"])
    assert base_state(found)["waiting"]["reason"] == "CreateContainerConfigError"


def test_a_log_is_followed_and_has_times_where_asked(cluster: Double) -> None:
    cluster.create("pods", pod("talks", container("echo one; sleep 0.5; echo two >&2; printf three")))
    cluster.wait("pods", "talks", until=lambda obj: obj["status"]["phase"] != "Pending")
    path = cluster.path("pods", "talks") + "/log"
    assert cluster.request("GET", path, follow="true").text == "one\ntwo\nthree"
    assert cluster.request("GET", path, tailLines="2").text == "two\nthree"
    first = cluster.request("GET", path, timestamps="true").text.splitlines()[0]
    assert first[:2] == "20"
    assert first.endswith("Z one")
    assert cluster.request("GET", path, previous="true").status_code == 400


def test_a_deleted_pod_is_asked_and_then_killed(cluster: Double, tmp_path: Path) -> None:
    script = f"trap 'echo asked' TERM; touch {tmp_path}/up; while true; do sleep 0.1; done"
    created = cluster.create("pods", pod("stays", container(script)))
    while not (tmp_path / "up").exists():
        time.sleep(0.05)
    cluster.request("DELETE", cluster.path("pods", "stays"), {"gracePeriodSeconds": 1})
    cluster.wait("pods", "stays", until=lambda obj: obj.get("code") == 404)
    assert "asked" in cluster.log(created)
    (last,) = [item for item in cluster.ever("pods") if item["metadata"]["name"] == "stays"]
    assert base_state(last)["terminated"]["exitCode"] == 137


@pytest.mark.parametrize("protocol", ["v4.channel.k8s.io", "v5.channel.k8s.io"])
def test_the_sidecar_waits_is_read_and_ends_when_told(cluster: Double, protocol: str) -> None:
    name = f"xcom-{protocol[:2]}"
    created = cluster.create("pods", xcom_pod(name, "echo '[1]' > /airflow/xcom/return.json"))

    def base_ended(obj: Object) -> bool:
        return "terminated" in (obj["status"].get("containerStatuses") or [{"state": {}}])[0]["state"]

    found = cluster.wait("pods", name, until=base_ended)
    assert found["status"]["phase"] == "Running"
    assert cluster.request("GET", cluster.path("pods", name) + "/log").status_code == 400  # which container?
    read = run_in(cluster, name, ["/bin/sh", "-c", "cat /airflow/xcom/return.json"], protocol=protocol)
    assert read[1] == b"[1]\n"
    assert b"Success" in read[3]
    failed = run_in(cluster, name, ["/bin/sh", "-c", "echo no >&2; exit 3"], protocol=protocol)
    assert failed[2] == b"no\n"
    assert b'"message": "3"' in failed[3]
    if protocol.startswith("v5"):  # whose clients can close standard input
        assert run_in(cluster, name, ["cat"], "/airflow/xcom", protocol)[1].endswith(b"/volumes/xcom")
    run_in(cluster, name, ["/bin/sh"], "kill -2 $(pgrep -u $(id -u) -f 'sh')\n", protocol)
    assert cluster.wait("pods", name, until=ended)["status"]["phase"] == "Succeeded"
    assert not (cluster.workdir / created["metadata"]["uid"] / "return.json").exists()


def test_no_command_looks_for_processes_of_this_machine(cluster: Double) -> None:
    cluster.create("pods", xcom_pod("hunts", "true"))
    cluster.wait("pods", "hunts", until=lambda obj: obj["status"]["phase"] == "Running")
    refused = run_in(cluster, "hunts", ["/bin/sh", "-c", "pgrep sh"])
    assert b"looks for processes" in refused[2]
    cluster.request("DELETE", cluster.path("pods", "hunts"))
    cluster.wait("pods", "hunts", until=lambda obj: obj.get("code") == 404)


def test_the_end_of_a_container_is_the_end_of_all_that_it_started(cluster: Double, tmp_path: Path) -> None:
    script = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 62.5' & wait"
    cluster.create("pods", pod("parent", container(script)))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.05)
    cluster.request("DELETE", cluster.path("pods", "parent"), {"gracePeriodSeconds": 0})
    cluster.wait("pods", "parent", until=lambda obj: obj.get("code") == 404)
    assert has_ended((tmp_path / "pid").read_text())


def has_ended(number: str) -> bool:
    command = ["ps", "-o", "stat=", "-p", number.strip()]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] in ("", "Z")


def test_what_is_given_reaches_later_pods(cluster: Double) -> None:
    cluster.give(LATER="yes")
    cluster.create("pods", pod("later", container("echo $LATER")))
    assert cluster.log(cluster.wait("pods", "later", until=ended)) == "yes\n"


def test_the_end_of_the_cluster_is_the_end_of_its_processes(tmp_path: Path) -> None:
    with started(tmp_path / "cluster") as double:
        double.create(
            "pods", pod("long", container(f"echo $$ > {tmp_path}/pid; exec sleep 61.5", image="any"))
        )
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.05)
    assert has_ended((tmp_path / "pid").read_text())
