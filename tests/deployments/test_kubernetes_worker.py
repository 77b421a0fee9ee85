"""Deployments in pods: a real server and a real Kubernetes worker, over a stand-in for a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from click.testing import CliRunner

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
def linger(folder: str) -> str:
    """Say that it has begun, and go on until it may end."""
    (Path(folder) / "begun").write_text("yes")
    while not (Path(folder) / "end").exists():
        time.sleep(0.1)
    return folder
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

SECRETS = {"PREFECT_API_AUTH_STRING": "warden:hunter2-of-the-server", "PREFECT_API_KEY": "key-hunter2"}
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def settings_of_the_worker() -> dict[str, str]:
    """What the worker's manifest sets of how it makes Jobs."""
    manifest = yaml.safe_load((ROOT / "deployments" / "kubernetes" / "worker.yaml").read_text())
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    start = "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_"
    return {one["name"]: one["value"] for one in container["env"] if one["name"].startswith(start)}


class Site:
    """The project, its cluster, and a worker between them."""

    def __init__(
        self, project: Project, cluster: Double, api: str, workers: list[subprocess.Popen[str]]
    ) -> None:
        self.project, self.cluster, self.api, self.workers = project, cluster, api, workers

    def pod(self, job: dict[str, Any]) -> dict[str, Any]:
        """The pod of a Job."""
        pods, uid = self.cluster.objects("pods"), job["metadata"]["uid"]
        (found,) = (one for one in pods if one["metadata"]["ownerReferences"][0]["uid"] == uid)
        return found

    @staticmethod
    def kill_pod(pod: dict[str, Any]) -> None:
        """End all processes of a flow's pod, as a system does that has no memory left."""
        mark = f"ECOFLOWS_POD_UID={pod['metadata']['uid']}".encode()
        for file in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in file.read_bytes().split(b"\0"):
                    os.kill(int(file.parent.name), signal.SIGKILL)

    def start_worker(self) -> None:
        """Start the pool's worker."""
        variables = SECRETS | settings_of_the_worker()
        variables["KUBECONFIG"] = str(self.cluster.kubeconfig)
        variables["PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES"] = '["default"]'
        command = ("worker", "start", "--pool", "park-pods")
        self.workers.append(places.prefect(*command, api=self.api, project=self.project, **variables))

    def kill_worker(self) -> None:
        """End the pool's worker, which has no time to end anything."""
        os.killpg(self.workers[-1].pid, signal.SIGKILL)

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
    from ecoflows.cli.main import cli
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
        known = {"auth-string": SECRETS["PREFECT_API_AUTH_STRING"], "api-key": SECRETS["PREFECT_API_KEY"]}
        cluster.create("secrets", {"metadata": {"name": "ecoflows-prefect"}, "stringData": known})
        patch.syspath_prepend(packages)
        patch.chdir(folder)
        patch.setenv("COLUMNS", "120")
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        found = registry.discover(entry_points(group=registry.GROUP))
        patch.setattr(registry, "installed", lambda: found)
        for words in (("build", *SPECS, "--profile", "pods"), ("pool", "--profile", "pods"), ("apply",)):
            done = CliRunner().invoke(cli, ["deployment", *words])
            assert done.exit_code in (0, None), done.output
        made = Site(Project(folder, packages), cluster, f"{server.ui_url}/api", [])
        try:
            made.start_worker()
            yield made
        finally:
            for worker in made.workers:
                places.end(worker)


@pytest.fixture
def site(here: Site, capsys: pytest.CaptureFixture[str]) -> Site:
    """The project, whose commands are heard."""
    project = Project(here.project.folder, here.project.packages, capsys)
    return Site(project, here.cluster, here.api, here.workers)


def test_each_task_has_a_pod_of_its_own_image_and_resources(site: Site) -> None:
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
    references = {one["name"]: one.get("valueFrom") for one in containers[None]["env"]}
    assert references["PREFECT_API_AUTH_STRING"]["secretKeyRef"]["name"] == "ecoflows-prefect"
    refuse_secrets(site)


def refuse_secrets(site: Site) -> None:
    """What the worker and the flows know by Kubernetes secrets is written nowhere else."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter
    from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort, LogSort

    with get_client(sync_client=True) as client:
        deployments = client.read_deployments(limit=200, sort=DeploymentSort.NAME_ASC)
        runs = client.read_flow_runs(limit=200, sort=FlowRunSort.START_TIME_DESC)
        logs = client.read_logs(LogFilter(), limit=200, offset=0, sort=LogSort.TIMESTAMP_DESC)
    objects = [one for kind in ("jobs", "pods", "events") for one in site.cluster.ever(kind)]
    files = [site.project.log, *site.cluster.workdir.rglob("*.log")]
    assert all((deployments, runs, logs, objects, files))
    seen = [one.model_dump_json() for one in (*deployments, *runs, *logs)]
    seen += [*map(json.dumps, objects), *(file.read_text() for file in files)]
    assert [text for text in seen if any(secret in text for secret in SECRETS.values())] == []


def test_retries_memory_and_images_that_are_not_there(site: Site) -> None:
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
    site.project.done("run", "herd.yaml", "--cache-root", "cache", "--engine", "sequential")
    run = Lingering(site, "restarted")
    run.begun()
    site.kill_worker()
    site.start_worker()
    other = site.project.json("deployment", "run", "herd-pods", "--watch")
    assert other["state"] == "completed"
    assert set(site.jobs(other["id"])) == {None}  # what is in the cache needs no pod
    assert site.state(run.id) == "RUNNING", site.history(run.id)
    run.end()
    wait(lambda: site.state(run.id) in ENDED)
    assert site.state(run.id) == "COMPLETED", site.history(run.id)
    wait(lambda: not site.left())


def test_a_run_whose_pod_was_killed_is_resumed_with_its_job(site: Site) -> None:
    """As the button 'Retry' of the UI does, the run is started again; it finds what runs on."""
    from prefect.client.orchestration import get_client
    from prefect.states import AwaitingRetry

    run = Lingering(site, "resumed")
    run.begun()
    before = site.jobs(run.id)["linger"]["metadata"]
    site.kill_pod(site.pod(site.jobs(run.id)[None]))
    wait(lambda: site.state(run.id) == "CRASHED")

    def is_adopted() -> bool:
        # The worker may tell of the same end more than once, also after the button was pressed.
        if site.state(run.id) == "CRASHED":
            with get_client(sync_client=True) as client:
                client.set_flow_run_state(UUID(run.id), AwaitingRetry(), force=True)
        now = site.jobs(run.id)["linger"]["metadata"]
        return bool(now["ownerReferences"][0]["uid"] != before["ownerReferences"][0]["uid"])

    wait(is_adopted)
    run.end()
    wait(lambda: site.state(run.id) in ("COMPLETED", "FAILED", "CANCELLED"))
    assert site.state(run.id) == "COMPLETED", site.history(run.id)
    assert site.jobs(run.id)["linger"]["metadata"]["uid"] == before["uid"]
    wait(lambda: not site.left())


class Lingering:
    """A run whose task goes on until it may end."""

    def __init__(self, site: Site, name: str) -> None:
        self.folder = site.project.folder / name
        self.folder.mkdir()
        given = ("--set", f"linger.folder={self.folder}")
        self.id: str = site.project.json("deployment", "run", "slow-pods", *given)["id"]

    def begun(self) -> None:
        """Wait until the task is at work."""
        wait((self.folder / "begun").exists)

    def end(self) -> None:
        """Let the task end."""
        (self.folder / "end").touch()


def test_however_a_run_ends_no_job_and_no_pod_is_left(site: Site) -> None:
    """Before its start, without a pod that can start, by command, by button, and with its pod."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    by_command, by_button, with_pod = (Lingering(site, name) for name in ("command", "button", "pod"))
    waiting, stuck = runs_that_have_not_begun(site)
    ended = [site.project.json("deployment", "cancel", run) for run in (waiting, stuck)]
    assert [places.states(one) for one in ended] == [["cancelled"]] * 2
    name = site.jobs(stuck)[None]["metadata"]["name"]
    assert [one["runs"][0]["jobs"] for one in ended] == [[], [name]]
    assert name not in [one["metadata"]["name"] for one in site.cluster.objects("jobs")]

    for run in (by_command, by_button, with_pod):
        run.begun()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(by_button.id), Cancelling())
    pod = site.pod(site.jobs(with_pod.id)[None])["metadata"]["name"]
    site.cluster.request("DELETE", site.cluster.path("pods", pod), {"gracePeriodSeconds": 0})
    assert places.states(site.project.json("deployment", "cancel", by_command.id)) == ["cancelled"]
    wait(lambda: site.state(by_button.id) == "CANCELLED")
    wait(lambda: site.state(with_pod.id) == "CRASHED")
    wait(lambda: not site.left())
    refuse_secrets(site)


def runs_that_have_not_begun(site: Site) -> tuple[str, str]:
    """One that is to start in an hour, and one whose pod cannot start."""
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    given = {"parameters": {"linger": {"folder": "/"}}}
    with get_client(sync_client=True) as client:
        id_ = client.read_deployment_by_name("slow/slow-pods").id
        later = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(hours=1))
        waiting = client.create_flow_run_from_deployment(id_, state=later, **given)
        image = {"image": "nowhere/flows:9"}
        stuck = client.create_flow_run_from_deployment(id_, job_variables=image, **given)
    wait(lambda: site.jobs(str(stuck.id)))
    return str(waiting.id), str(stuck.id)
