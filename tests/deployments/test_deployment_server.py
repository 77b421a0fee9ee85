"""Deployments on a real Prefect server, run by a real worker of processes."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

import places
from ecoflows import registry
from kubernetes_double.starting import started
from places import SECRET, Project
from support import write_package

pytestmark = pytest.mark.pods


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, its package importable in this process."""
    folder = tmp_path_factory.mktemp("herd")
    packages = write_package(tmp_path_factory.mktemp("packages"), "herd_park", {"tasks.py": places.TASKS})
    for name, text in places.SPECS.items():
        (folder / name).write_text(text)
    (folder / "deployments/profiles").mkdir(parents=True)
    for name, text in places.PROFILES.items():
        (folder / f"deployments/profiles/{name}.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(packages)
        patch.chdir(folder)
        patch.setenv("PARK_PASSWORD", SECRET)
        patch.setenv("COLUMNS", "120")
        found = registry.discover(entry_points(group=registry.GROUP))
        patch.setattr(registry, "installed", lambda: found)
        yield Project(folder, packages)


@pytest.fixture(scope="module")
def api(server_home: Path) -> str:
    """The API of the local server."""
    from ecoflows.flows.server import ensure_server

    assert server_home.is_dir()
    return ensure_server().api_url


@pytest.fixture
def project(here: Project, api: str, capsys: pytest.CaptureFixture[str]) -> Project:
    """The project with its deployments as they are built, and the pool made."""
    assert api
    found = Project(here.folder, here.packages, capsys)
    (here.folder / "deployments/prefect.yaml").unlink(missing_ok=True)
    (here.folder / "params.yaml").write_text("count: {animals: 4}\n")
    found.done("deployment", "build", "herd.yaml", "--profile", "local", "--params", "params.yaml")
    found.done("deployment", "build", "lost.yaml", "--profile", "local")
    return found


@pytest.fixture
def applied(project: Project, pool: None) -> Project:
    """The project, its deployments registered."""
    project.done("deployment", "apply")
    return project


@pytest.fixture(scope="module")
def pool(here: Project, api: str) -> None:
    """The work pool."""
    from click.testing import CliRunner

    from ecoflows.cli.main import cli

    assert here.folder.is_dir()
    assert api
    done = CliRunner().invoke(cli, ["deployment", "pool", "--profile", "local"])
    assert done.exit_code in (0, None), done.output


@pytest.fixture(scope="module")
def worker(here: Project, pool: None, api: str) -> Iterator[None]:
    """A worker of the pool."""
    process = places.prefect("worker", "start", "--pool", "park-local", api=api, project=here)
    yield
    places.end(process)


def actions(found: Any) -> dict[str, str]:
    return {one["name"]: one["action"] for one in found["deployments"]}


def test_a_pool_that_is_missing_is_told_with_the_command_that_makes_it(project: Project) -> None:
    project.edit("name: park-local", "name: nowhere")
    answer = project.run("deployment", "apply")
    assert answer.code == 1
    assert "error[unknown-pool]: the server has no work pool 'nowhere'" in answer.err
    assert "make it with 'ecoflows deployment pool nowhere --type process'" in answer.err
    project.edit("name: nowhere", "name: park-other")
    (project.folder / "deployments/profiles/other.yaml").write_text("{pool: park-other, type: process}")
    answer = project.run("deployment", "apply")
    assert "make it with 'ecoflows deployment pool --profile other'" in answer.err
    assert project.json("deployment", "ls")["deployments"] == []


def test_apply_creates_changes_and_removes_what_the_file_says_and_nothing_else(
    project: Project, pool: None
) -> None:
    would = project.json("deployment", "apply", "--dry-run")
    assert (would["dry_run"], actions(would)) == (True, {"herd-local": "created", "lost-local": "created"})
    assert project.json("deployment", "ls")["deployments"] == []
    project.done("deployment", "apply")
    assert actions(project.json("deployment", "apply")) == {
        "herd-local": "unchanged",
        "lost-local": "unchanged",
    }

    schedule = ("--cron", "0 6 * * *", "--timezone", "Africa/Nairobi", "--concurrency-limit", "2")
    build = ("deployment", "build", "herd.yaml", *schedule)
    project.done(*build, "--profile", "children", "--params", "params.yaml")
    project.edit("animals: 4", "animals: 5")
    project.done(*build, "--profile", "local")
    answer = project.done("deployment", "apply")
    assert "herd-local: changed" in answer.out
    assert "  parameters.count.animals: 4 -> 5" in answer.out
    assert "  schedules: none -> 0 6 * * * Africa/Nairobi" in answer.out
    assert "  concurrency limit: none -> 2" in answer.out
    assert "herd-children: created" in answer.out
    assert set(actions(project.json("deployment", "apply")).values()) == {"unchanged"}

    project.edit("cron: 0 6 * * *", "cron: 0 7 * * *")
    project.edit("slug: cron", "slug: morning")
    assert actions(project.json("deployment", "apply"))["herd-local"] == "changed"
    assert set(actions(project.json("deployment", "apply")).values()) == {"unchanged"}
    found = {one["name"]: one for one in project.json("deployment", "ls")["deployments"]}
    assert found["herd-local"]["schedules"] == ["0 7 * * * Africa/Nairobi"]

    elsewhere = ("--out", "more", "--project", "elsewhere")
    project.done("deployment", "build", "lost.yaml", "--pool", "park-local", *elsewhere)
    project.done("deployment", "apply", "--file", "more/prefect.yaml")
    file = project.folder / "deployments/prefect.yaml"
    head, _, _ = file.read_text().partition("  - name: herd-children")
    file.write_text(head)
    assert actions(project.json("deployment", "apply"))["herd-local"] == "unchanged"
    assert actions(project.json("deployment", "apply", "--prune", "--dry-run"))["herd-children"] == "removed"
    assert actions(project.json("deployment", "apply", "--prune"))["herd-children"] == "removed"
    assert "herd-children" not in actions(project.json("deployment", "apply", "--prune"))
    names = {one["name"] for one in project.json("deployment", "ls")["deployments"]}
    assert names == {"herd-local", "lost-local", "lost"}  # that of another project stays
    assert project.done("deployment", "delete", "lost").out == "deleted lost/lost\n"


def test_what_is_wrong_with_the_file_is_told_in_its_place(project: Project, pool: None) -> None:
    project.edit("animals: 4", "animals: 0")
    project.edit(
        "entrypoint: deployments/flows/lost_flow.py:flow", "entrypoint: deployments/flows/lots_flow.py:flow"
    )
    project.edit("working_dir: .", "workin_dir: .")
    answer = project.run("deployment", "apply")
    assert answer.code == 1
    assert "error[wrong-type]: the parameter 'animals' of 'count': a number of at least 1" in answer.err
    assert "error[no-flow]: the flow of 'lost-local' cannot be loaded" in answer.err
    (project.folder / "herd.yaml").write_text("name: herd\ntasks: {cuont: {}}\n")
    answer = project.run("deployment", "apply", "--only", "herd-local")
    assert "herd.yaml:2:9: error[unknown-task]: there is no task 'cuont'" in answer.err
    (project.folder / "herd.yaml").write_text(places.SPECS["herd.yaml"])
    project.edit("animals: 0", "animals: 4")
    answer = project.run("deployment", "apply", "--only", "herd-local")
    assert "the work pool 'park-local' has no job variable 'workin_dir'" in answer.err


def test_deployments_that_are_for_prefect_deploy_are_left_alone(project: Project, pool: None) -> None:
    file = project.folder / "deployments/prefect.yaml"
    more = (
        "  - {name: theirs, entrypoint: a.py:b, work_pool: {name: park-local}, triggers: [{enabled: true}]}\n"
    )
    file.write_text(file.read_text() + more)
    found = project.json("deployment", "apply")
    assert [one["name"] for one in found["left"]] == ["theirs"]
    assert "theirs" not in actions(found)


def test_prefect_deploy_takes_the_file(project: Project, pool: None, api: str) -> None:
    command = ("--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
    process = places.prefect(*command, api=api, project=project)
    assert process.wait(timeout=120) == 0, project.log.read_text()
    assert set(actions(project.json("deployment", "apply")).values()) == {"unchanged"}


def test_a_run_gives_what_the_command_line_gives(applied: Project, worker: None) -> None:
    """Here with each call in a process of its own, as the profile says."""
    given = ("--params", "params.yaml")
    applied.done("deployment", "build", "herd.yaml", "--profile", "children", *given)
    applied.done("deployment", "apply")
    answer = applied.run("deployment", "run", "herd-children", "--set", "count.label=zebras", "--watch")
    assert answer.code == 0, answer
    assert "completed: 3 task instances: 3 completed" in answer.out
    assert "total: Finished in state Completed()" in answer.err
    same = ("--set", "count.label=zebras", "--cache-root", "children", "--engine", "sequential")
    report = applied.json("run", "herd.yaml", *given, *same)
    assert {node["id"]: node["state"] for node in report["nodes"]} == dict.fromkeys(
        ("count", "total", "where"), "cached"
    )
    applied.done("deployment", "delete", "herd-children")


def test_a_run_that_fails_and_one_that_is_refused(applied: Project, worker: None) -> None:
    answer = applied.run("deployment", "run", "lost-local", "--watch")
    assert answer.code == 3
    assert "failed:" in answer.out
    assert "the herd is gone" in answer.out
    answer = applied.run("deployment", "run", "herd-local", "--set", "count.animals=0")
    assert answer.code == 1
    assert "--set count.animals=0: error[wrong-type]: the parameter 'animals' of 'count'" in answer.err
    (applied.folder / "bad.yaml").write_text("count: {label: x}\ntotal: {second: 1}\n")
    answer = applied.run("deployment", "run", "herd-local", "--params", "bad.yaml")
    assert "bad.yaml:2:9: error[unknown-parameter]" in answer.err
    assert "did you mean 'seconds'?" in answer.err


def test_the_form_has_a_section_per_task_and_the_server_refuses_what_does_not_fit(
    applied: Project, api: str
) -> None:
    """What the UI makes its run form of, and what it is told when a form is sent."""
    found = httpx.get(f"{api}/deployments/name/herd/herd-local", trust_env=False).raise_for_status().json()
    form = found["parameter_openapi_schema"]
    assert set(form["properties"]) == {"count", "total"}  # nothing is open in the third
    section = form["definitions"][form["properties"]["count"]["$ref"].rpartition("/")[2]]
    assert section["description"].startswith("Count animals.")
    assert section["required"] == ["animals"]
    fields = section["properties"]
    assert {name: field["description"] for name, field in fields.items()} == {
        "animals": "How many animals.",
        "label": "What they are.",
        "sex": "Which of them.",
    }
    assert (fields["animals"]["type"], fields["animals"]["minimum"]) == ("integer", 1)
    assert (fields["label"]["type"], fields["label"]["default"]) == ("string", "elephants")
    assert (fields["sex"]["enum"], fields["sex"]["default"]) == (["female", "male"], "female")
    assert found["parameters"]["count"] == {"animals": 4}  # with which the form begins
    bad: list[dict[str, Any]] = [{"animals": 0}, {"animals": "many"}, {"animals": 1, "sex": "calf"}, {}]
    for given in bad:
        answer = httpx.post(
            f"{api}/deployments/{found['id']}/create_flow_run",
            json={"parameters": {"count": given}, "state": {"type": "SCHEDULED"}},
            trust_env=False,
        )
        assert answer.status_code == 409, (given, answer.text)
        assert "count" in answer.json()["detail"]


class Terminal(io.TextIOBase):
    """A terminal whose owner never types."""

    def isatty(self) -> bool:
        return True

    def readline(self, _size: int | None = -1) -> str:
        raise AssertionError("somebody was asked")

    read = readline


def test_no_command_asks_anything_of_a_terminal(project: Project, pool: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(AssertionError, match="somebody was asked"):
        input()
    for words in (
        ("build", "herd.yaml", "--profile", "local", "--force"),
        ("pool", "--profile", "local"),
        ("apply", "--prune"),
        ("delete", "lost-local"),
    ):
        project.done("deployment", *words)


def test_without_the_spec_the_server_refuses(applied: Project) -> None:
    spec = applied.folder / "herd.yaml"
    spec.rename(applied.folder / "moved.yaml")
    try:
        answer = applied.run("deployment", "run", "herd-local", "--set", "count.animals=0")
        assert answer.code == 1
        assert "error: 'herd-local' cannot be run (409): " in answer.err
        assert "count.animals" in answer.err
        answer = applied.run("deployment", "run", "herd-local", "--set", "cont.animals=1")
        assert "error[unknown-parameter]: the deployment has no parameter 'cont'" in answer.err
    finally:
        (applied.folder / "moved.yaml").rename(spec)


def test_interrupting_a_watch_leaves_the_run(applied: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecoflows.deployments import watching

    def interrupt(_self: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching._Following, "look", interrupt)
    answer = applied.run("deployment", "run", "herd-local", "--watch")
    assert answer.code == 130
    found = re.search(r"the run goes on; 'ecoflows deployment cancel (\S+)' ends it", answer.err)
    assert found
    assert places.states(applied.json("deployment", "cancel", found[1])) == ["cancelled"]


def test_cancel_ends_what_runs_and_what_waits(applied: Project, worker: None) -> None:
    started = applied.json("deployment", "run", "herd-local", "--set", "total.seconds=90")
    ended = applied.json("deployment", "cancel", started["id"])
    assert places.states(ended) == ["cancelled"]
    assert applied.done("deployment", "cancel", "herd-local").out == "'herd-local' has no unfinished runs\n"
    answer = applied.run("deployment", "cancel", "herd-lokal")
    assert answer.code == 1
    assert "did you mean 'herd-local'?" in answer.err


def test_cancel_deletes_what_is_left_in_a_cluster(
    applied: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker has taken the run and made its Job, and the pod never starts."""
    run = _run_in_a_pool_of_pods(applied)
    labels = {"app.kubernetes.io/managed-by": "ecoflows", "ecoflows/flow-run": run}
    with started(tmp_path / "double", {}) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        for name, found in (
            ("flow", {"prefect.io/flow-run-id": run}),
            ("task", labels),
            ("other", labels | {"ecoflows/flow-run": "another"}),
        ):
            cluster.create("jobs", job(name, found))
        ended = applied.json("deployment", "cancel", "herd-local")
        left = [one["metadata"]["name"] for one in cluster.objects("jobs")]
    assert places.states(ended) == ["cancelled"]
    assert ended["runs"][0]["jobs"] == ["flow", "task"]
    assert left == ["other"]


def _run_in_a_pool_of_pods(applied: Project) -> str:
    from prefect.client.orchestration import get_client
    from prefect.states import Pending

    from ecoflows.flows.engine import connected

    applied.done("deployment", "pool", "park-pods", "--type", "kubernetes")
    applied.edit("name: park-local", "name: park-pods")
    applied.edit("        working_dir: .\n", "")
    answer = applied.done("deployment", "apply", "--only", "herd-local")
    assert "  work pool: park-local -> park-pods" in answer.out
    run: str = applied.json("deployment", "run", "herd-local")["id"]
    with connected(lambda _text: None), get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(run), Pending())
    return run


def job(name: str, labels: dict[str, str]) -> dict[str, Any]:
    container = {"name": "main", "image": "nowhere:1"}
    pod = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": pod}}


def test_nothing_secret_is_anywhere(applied: Project, worker: None) -> None:
    """The worker has a secret in its environment, which the tasks see: it is written nowhere."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter
    from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort, LogSort

    from ecoflows.flows.engine import connected

    with connected(lambda _text: None), get_client(sync_client=True) as client:
        deployments = client.read_deployments(limit=200, sort=DeploymentSort.NAME_ASC)
        runs = client.read_flow_runs(limit=200, sort=FlowRunSort.START_TIME_DESC)
        logs = client.read_logs(LogFilter(), limit=200, offset=0, sort=LogSort.TIMESTAMP_ASC)
    assert deployments
    assert runs
    seen = [one.model_dump_json() for one in (*deployments, *runs, *logs)]
    seen += [
        file.read_text() for file in (applied.folder / "deployments").rglob("*.*") if file.suffix != ".pyc"
    ]
    assert all(SECRET not in text for text in seen)
    assert any("PREFECT_LOGGING_EXTRA_LOGGERS" in text for text in seen)
