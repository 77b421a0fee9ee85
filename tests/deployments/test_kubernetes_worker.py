"""Deployments in pods: a real server and a real Kubernetes worker, over a stand-in for a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import places
from ecoflows import registry
from kubernetes_double.starting import Double, started
from places import Project
from support import ROOT, write_package

pytestmark = [pytest.mark.pods, pytest.mark.timeout(300)]

TASKS = '''
import time
from pathlib import Path

from ecoflows.decorators import distributed


@distributed
def fixes(count: int = 3) -> list[int]:
    """Give numbers."""
    return list(range(count))


@distributed(
    image="park/analysis:2",
    container_resources={"request_cpu": "50m", "request_memory": "96Mi", "limit_memory": "900Mi"},
)
def density(values: list[int]) -> int:
    """Add up."""
    return sum(values)


@distributed
def flaky(folder: str) -> int:
    """Fail once."""
    mark = Path(folder) / "tried"
    if not mark.exists():
        mark.touch()
        raise ConnectionError("the line is dead")
    return 1


@distributed(container_resources={"limit_memory": "400Mi"})
def hungry(megabytes: int = 900) -> int:
    """Take more memory than there is."""
    taken = bytearray(megabytes * 2**20)
    for place in range(0, len(taken), 4096):
        taken[place] = 1
    time.sleep(20)
    return len(taken)


@distributed
def linger(folder: str, seconds: float) -> float:
    """Say that it has begun, and take its time."""
    (Path(folder) / "begun").write_text("yes")
    time.sleep(seconds)
    return seconds
'''
SPECS = {
    "herd.yaml": "name: herd\ntasks: {fixes: {}, density: {values: fixes}}\n",
    "slow.yaml": "name: slow\ntasks: {linger: {}}\n",
    "trouble.yaml": """\
name: trouble
tasks:
  flaky: {folder: '%s', retries: 1}
  hungry: {}
  fixes: {count: 5, image: 'nowhere/tasks:9'}
""",
}
PROFILE = """\
pool: park-pods
image: park/flows:1
namespace: default
directory: {folder}
cache_root: {folder}/cache
execution: {{pull_seconds: 1}}
"""

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Site:
    """The project, its cluster, and a worker between them."""

    def __init__(self, project: Project, cluster: Double, api: str) -> None:
        self.project, self.cluster, self.api = project, cluster, api

    def kill(self, job: str) -> None:
        """End all processes of the pod of a Job, as a system does that has no memory left."""
        pods = self.cluster.objects("pods")
        (pod,) = (one for one in pods if one["metadata"]["ownerReferences"][0]["uid"] == job)
        mark = f"ECOFLOWS_POD_UID={pod['metadata']['uid']}".encode()
        for file in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in file.read_bytes().split(b"\0"):
                    os.kill(int(file.parent.name), signal.SIGKILL)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[str]]:
        """A worker of the pool, as long as it is needed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", str(self.cluster.kubeconfig))
            patch.setenv("PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES", '["default"]')
            process = places.prefect(
                "worker", "start", "--pool", "park-pods", api=self.api, project=self.project
            )
        try:
            yield process
        finally:
            places.end(process)

    def jobs(self, run: str) -> dict[str | None, dict[str, Any]]:
        """Every Job that there ever was of a flow run, by task instance; that of the flow itself has none."""
        found = {}
        for job in self.cluster.ever("jobs"):
            labels = job["metadata"]["labels"]
            if labels.get("prefect.io/flow-run-id") == run:
                found[None] = job
            elif labels.get("ecoflows/flow-run") == run:
                found[labels["ecoflows/instance"]] = job
        return found

    def left(self) -> list[str]:
        """The Jobs of task instances that are there, and the pods that are not at their end."""
        objects = self.cluster.objects
        found = [one for one in objects("jobs") if "ecoflows/instance" in one["metadata"]["labels"]]
        found += [one for one in objects("pods") if one["status"]["phase"] in ("Pending", "Running")]
        return [one["metadata"]["name"] for one in found]

    def state(self, run: str) -> str:
        """The state of a flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(run)).state
        assert state is not None
        return state.type.value

    def history(self, run: str) -> list[str]:
        """The states that a flow run has had."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            found = client.read_flow_run_states(UUID(run))
        return [f"{one.timestamp:%H:%M:%S.%f} {one.name}: {one.message}" for one in found]

    def messages(self, run: str) -> str:
        """How the task runs of a flow run ended."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

        with get_client(sync_client=True) as client:
            found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run)])))
        return "\n".join(str(one.state and one.state.message) for one in found)


def wait(until: Callable[[], Any], seconds: float = 120) -> Any:
    """What comes to be, at the latest after some time."""
    deadline = time.monotonic() + seconds
    while not (found := until()):
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, server_home: Path) -> Iterator[Site]:
    """A project that is applied, its package importable in this process and in every pod."""
    from ecoflows.flows.engine import connected

    assert server_home.is_dir()
    folder = tmp_path_factory.mktemp("savanna")
    packages = write_package(tmp_path_factory.mktemp("packages"), "savanna", {"tasks.py": TASKS})
    for name, text in SPECS.items():
        (folder / name).write_text(text.replace("%s", str(folder)))
    (folder / "deployments/profiles").mkdir(parents=True)
    (folder / "deployments/profiles/pods.yaml").write_text(PROFILE.format(folder=folder))
    template = ROOT / "deployments" / "kubernetes" / "base-job-template.json"
    (folder / "deployments/kubernetes").mkdir()
    (folder / "deployments/kubernetes/base-job-template.json").write_text(template.read_text())
    image = {
        "path": str(Path(sys.executable).parent),
        "entrypoint": ["ecoflows"],
        "env": {
            "PYTHONPATH": str(packages),
            "PREFECT_HOME": str(folder / "prefect-of-pods"),
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "127.0.0.1",
        },
    }
    images = {"park/flows:1": image, "park/analysis:2": image}
    with (
        started(folder / "double", images) as cluster,
        connected(lambda _text: None) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        cluster.give(KUBECONFIG=str(cluster.kubeconfig))
        patch.syspath_prepend(packages)
        patch.chdir(folder)
        patch.setenv("COLUMNS", "120")
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        found = registry.discover(entry_points(group=registry.GROUP))
        patch.setattr(registry, "installed", lambda: found)
        yield Site(Project(folder, packages), cluster, f"{server.ui_url}/api")


@pytest.fixture
def site(here: Site, capsys: pytest.CaptureFixture[str]) -> Site:
    """The project, whose commands are heard."""
    project = Project(here.project.folder, here.project.packages, capsys)
    if not (project.folder / "deployments/prefect.yaml").exists():
        project.done("deployment", "build", *SPECS, "--profile", "pods")
        project.done("deployment", "pool", "--profile", "pods")
        project.done("deployment", "apply")
    return Site(project, here.cluster, here.api)


def test_each_task_has_a_pod_of_its_own_image_and_resources(site: Site) -> None:
    with site.worker():
        run = site.project.json("deployment", "run", "herd-pods", "--watch")
    assert run["state"] == "completed", run
    jobs = site.jobs(run["id"])
    assert set(jobs) == {None, "fixes", "density"}
    pods = {name: job["spec"]["template"]["spec"] for name, job in jobs.items()}
    containers = {name: pod["containers"][0] for name, pod in pods.items()}
    assert {name: one["image"] for name, one in containers.items()} == {
        None: "park/flows:1",
        "fixes": "park/flows:1",
        "density": "park/analysis:2",
    }
    assert containers["density"]["resources"] == {
        "requests": {"cpu": "50m", "memory": "96Mi"},
        "limits": {"memory": "900Mi"},
    }
    assert all(pod["securityContext"]["runAsNonRoot"] is True for pod in pods.values())
    again = site.project.json("run", "herd.yaml", "--cache-root", "cache", "--engine", "sequential")
    assert {node["state"] for node in again["nodes"]} == {"cached"}
    wait(lambda: not site.left())


def test_retries_memory_and_images_that_are_not_there(site: Site) -> None:
    with site.worker():
        answer = site.project.run("deployment", "run", "trouble-pods", "--watch", "--json")
    assert answer.code == 3, answer
    run = json.loads(answer.out)
    assert run["state"] == "failed"
    told = site.messages(run["id"])
    assert "OOMKilled at its limit of 400Mi; raise container_resources.limits.memory" in told
    assert "the image nowhere/tasks:9 cannot be pulled" in told
    flaky = [
        job
        for job in site.cluster.ever("jobs")
        if job["metadata"]["labels"].get("ecoflows/flow-run") == run["id"]
        and job["metadata"]["labels"]["ecoflows/instance"] == "flaky"
    ]
    assert len(flaky) == 2
    assert "the line is dead" not in run["message"]
    wait(lambda: not site.left())


def test_a_run_goes_on_while_its_worker_is_restarted(site: Site) -> None:
    folder = site.project.folder / "restarted"
    with site.worker() as worker:
        run = _lingering(site, folder, 6)
        os.killpg(worker.pid, signal.SIGKILL)
    with site.worker():
        wait(lambda: site.state(run) in ENDED)
        assert site.state(run) == "COMPLETED"
        again = site.project.json("deployment", "run", "herd-pods", "--watch")
    assert again["state"] == "completed"
    assert set(site.jobs(again["id"])) == {None}  # what is in the cache needs no pod
    wait(lambda: not site.left())


def test_a_run_whose_pod_was_killed_is_resumed_with_its_job(site: Site) -> None:
    """As the button 'Retry' of the UI does, the run is started again; it finds what runs on."""
    from prefect.client.orchestration import get_client
    from prefect.states import AwaitingRetry

    with site.worker():
        run = _lingering(site, site.project.folder / "resumed", 20)
        job = site.jobs(run)["linger"]
        flow = site.jobs(run)[None]["metadata"]["uid"]
        site.kill(flow)
        wait(lambda: site.state(run) == "CRASHED")

        def resumed() -> bool:
            # The worker may tell of the same end more than once, also after the button was pressed.
            if site.state(run) == "CRASHED":
                with get_client(sync_client=True) as client:
                    client.set_flow_run_state(UUID(run), AwaitingRetry(), force=True)
            return site.state(run) in ("COMPLETED", "FAILED", "CANCELLED")

        wait(resumed)
        # Before the worker is ended, which would call a run crashed whose pod it still looks at.
        assert site.state(run) == "COMPLETED", site.history(run)
    assert site.jobs(run)["linger"]["metadata"]["uid"] == job["metadata"]["uid"]
    wait(lambda: not site.left())


def _lingering(site: Site, folder: Path, seconds: float) -> str:
    """A run whose task is at work."""
    folder.mkdir()
    given = ("--set", f"linger.folder={folder}", "--set", f"linger.seconds={seconds}")
    run: str = site.project.json("deployment", "run", "slow-pods", *given)["id"]
    wait((folder / "begun").exists)
    return run


def test_cancelling_leaves_no_job_and_no_pod(site: Site) -> None:
    """Before its start, for want of a worker, and in the middle of it."""
    folder = site.project.folder / "cancelled"
    given = ("--set", f"linger.folder={folder}", "--set", "linger.seconds=100")
    waiting = site.project.json("deployment", "run", "slow-pods", *given)["id"]
    ended = site.project.json("deployment", "cancel", waiting)
    assert places.states(ended) == ["cancelled"]
    with site.worker():
        running = _lingering(site, folder, 101)
        ended = site.project.json("deployment", "cancel", running)
    assert places.states(ended) == ["cancelled"]
    assert site.jobs(waiting) == {}
    wait(lambda: not site.left())
