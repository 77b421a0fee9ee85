"""Compiled DAGs in real Airflow: they import, come back from serialization, and give what a run gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import airflow_environment
from airflow_environment import Airflow, connection
from airflow_programs import (
    HOSTILE_TEXTS,
    TASKS,
    compiled,
    hostile,
    installed,
    park,
    read,
    sequentially,
    specs_of_the_repository,
)
from ecoflows.invocation.notes import Notes
from ecoflows.store import Store
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import State
from kubernetes_double.starting import Double
from support import ROOT, ecoflows, workflow_of

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(1000)]

SPECS = [*specs_of_the_repository(ROOT), Path("park"), Path("hostile")]
POWER = {"power": {"x": 3}}
TESTS = {"PYTHONPATH": str(ROOT / "tests")}
"""Where the commands of bash operators find the tests' tasks."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of dozens of pods takes minutes on a machine that does other things, too."""
    monkeypatch.setattr(airflow_environment, "_SECONDS", 900)


def workflow_named(file: Path) -> Workflow:
    made = {"park": park, "hostile": hostile}
    return made[file.name]() if file.name in made else installed(file)


def written(folder: Path, text: str) -> Path:
    """A DAG file, alone in its folder."""
    file = folder / "dags" / "compiled.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def connected(cluster: Double) -> dict[str, str]:
    """The environment of an Airflow that knows the cluster, which has the secrets of the specs."""
    for name in ("earthranger", "er.backup"):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
        cluster.create("secrets", {**secret, "data": {"TOKEN": "c2VjcmV0"}})
    return connection(cluster.kubeconfig)


def noted(workflow: Workflow, root: Path, run: str) -> dict[str, tuple[Any, ...]]:
    """State, key and digest of each instance, as the processes of a run noted them."""
    notes = Notes(Store(root), workflow.name, run)
    found = {}
    for name in workflow.nodes:
        note = notes.read(name)
        assert note is not None, name
        found[name] = (note.state, note.key, note.artifact.sha256 if note.artifact else None)
    return found


def given_for(workflow: Workflow) -> dict[str, dict[str, Any]]:
    return POWER if workflow.name == "park" else {}


def test_all_are_imported(airflow: Airflow, tmp_path: Path) -> None:
    for file in SPECS:
        workflow = workflow_named(file)
        for operator in ("kubernetes", "bash"):
            text = compiled(workflow, given_for(workflow), operator=operator)
            text = text.replace(f'dag_id="{workflow.name}"', f'dag_id="{workflow.name}-{operator}"')
            (tmp_path / f"{workflow.name}_{operator}.py").write_text(text, encoding="utf-8")
    assert airflow.import_errors(tmp_path) == []


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_it_comes_back_from_serialization_and_its_pods_are_valid(
    airflow: Airflow, cluster: Double, file: Path, tmp_path: Path
) -> None:
    workflow = workflow_named(file)
    text = compiled(workflow, given_for(workflow))
    path = written(tmp_path, text)
    program, told = read(text), airflow.round_trip(path)
    assert told["dag"] == workflow.name
    assert set(told["tasks"]) == set(program.tasks)
    assert {name: told["params"][name]["schema"] for name in program.params} == {
        name: one["schema"] for name, one in program.params.items()
    }
    for name, task in program.tasks.items():
        assert told["tasks"][name]["rule"] == task["trigger_rule"]
        assert told["tasks"][name]["mapped"] == (task.expanded is not None)
        for above in task.after:
            assert name in told["tasks"][above["task_id"]]["downstream"]
    manifests = airflow.manifests(path, cluster.kubeconfig)
    pods = [name for name, task in program.tasks.items() if task.kind != "task"]
    assert sorted(manifests) == sorted(pods)
    assert [found["wrong"] for found in manifests.values()] == [None] * len(pods)


def test_nothing_of_ours_is_imported(airflow: Airflow, tmp_path: Path) -> None:
    told = airflow.imported(written(tmp_path, compiled(park(), POWER)))
    assert told["ours"] == []


@pytest.mark.parametrize("operator", ["bash", "kubernetes"])
def test_it_gives_what_a_sequential_run_gives(
    airflow: Airflow, connected: dict[str, str], operator: str, tmp_path: Path
) -> None:
    workflow, root = park("default"), tmp_path / "cache"
    file = written(tmp_path, compiled(workflow, POWER, str(root), operator=operator))
    told = airflow.run(file, **TESTS, **connected)
    assert told["state"] == "success", told["log"][-9000:]
    expected = sequentially(workflow, tmp_path / "sequential", POWER)
    assert noted(workflow, root, told["run_id"]) == expected
    states = told["tasks"]
    assert {states[name] for name in ("lost", "lost-totals", "lost-totals.collect", "nothing")} == {"skipped"}
    assert [states[f"some-fail[{place}]"] for place in range(4)] == [
        "success",
        "success",
        "failed",
        "success",
    ]
    assert [states[f"totals[{place}]"] for place in range(2)] == ["success"] * 2  # three groups, two to a pod
    assert states["gap"] == states["nothing.collect"] == "success"


def test_what_was_computed_in_one_process_is_a_hit_in_others(airflow: Airflow, tmp_path: Path) -> None:
    workflow, root = park(), tmp_path / "cache"
    sequentially(workflow, root, POWER)
    file = written(tmp_path, compiled(workflow, POWER, str(root), operator="bash"))
    told = airflow.run(file, **TESTS)
    assert told["state"] == "success", told["log"][-9000:]
    found = noted(workflow, root, told["run_id"])
    again = sequentially(workflow, root, POWER)
    assert found == again
    assert found["table"][0] is found["totals"][0] is found["power"][0] is State.CACHED


@pytest.mark.parametrize("operator", ["bash", "kubernetes"])
def test_hostile_texts_arrive_unchanged(
    airflow: Airflow, connected: dict[str, str], operator: str, tmp_path: Path
) -> None:
    workflow, root = hostile(), tmp_path / "cache"
    file = written(tmp_path, compiled(workflow, None, str(root), operator=operator))
    conf = {"open__value": {"texts": HOSTILE_TEXTS}}
    told = airflow.run(file, conf, **TESTS, **connected, HOME=str(tmp_path))
    assert told["state"] == "success", told["log"][-9000:]
    given = {"open": {"value": conf["open__value"]}}
    assert noted(workflow, root, told["run_id"]) == sequentially(workflow, tmp_path / "sequential", given)


def test_an_unknown_key_of_the_conf_is_refused(airflow: Airflow, tmp_path: Path) -> None:
    workflow, root = workflow_of("name: one\nworkflow: [{id: power, task: power}]", TASKS), tmp_path / "cache"
    file = written(tmp_path, compiled(workflow, POWER, str(root), operator="bash"))
    told = airflow.run(file, {"power__y": 1}, **TESTS)
    assert told["state"] == "failed"
    assert "the run has no parameter 'power__y'" in told["log"]
    told = airflow.run(file, {"power__x": 7, "cache_root": str(root / "other")}, **TESTS)
    assert told["state"] == "success", told["log"][-9000:]
    assert (root / "other" / "results").is_dir()
    assert not (root / "results").exists()


def test_a_run_fails_where_what_elements_need_fails(airflow: Airflow, tmp_path: Path) -> None:
    """Also where elements that fail are left out, and their collector is the last task of all."""
    text = """
    name: lost
    workflow:
      - {id: source, task: give_up, partial: {x: 2}}
      - id: mapped
        task: power
        partial: {exponent: "${{ workflow.source.return }}"}
        map: {argnames: x, argvalues: [1, 2], on_error: skip}
    """
    root = tmp_path / "cache"
    file = written(tmp_path, compiled(workflow_of(text, TASKS), None, str(root), operator="bash"))
    told = airflow.run(file, **TESTS)
    assert told["state"] == "failed"
    states = told["tasks"]
    assert (states["source"], states["mapped.ended"]) == ("failed", "success")
    assert states["mapped.collect"] == "upstream_failed"


@pytest.mark.parametrize("name", ["time_density", "density_by_subject"])
def test_specs_of_the_repository_give_the_same_as_here(
    airflow: Airflow, connected: dict[str, str], name: str, tmp_path: Path
) -> None:
    workflow = installed(ROOT / "specs" / f"{name}.yaml")
    data = tmp_path / "observations.parquet"
    made = ecoflows("simulate", data, "--subjects", "2", "--fixes", "60", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    given: dict[str, dict[str, Any]] = {"fixes": {"path": str(data)}}
    if name == "time_density":
        given = {"load_observations": {"path": str(data)}, "calculate_time_density": {"pixel_size": 500}}
    file = written(tmp_path, compiled(workflow, given, str(tmp_path / "cache")))
    told = airflow.run(file, **connected)
    assert told["state"] == "success", told["log"][-9000:]
    expected = sequentially(workflow, tmp_path / "sequential", given)
    assert noted(workflow, tmp_path / "cache", told["run_id"]) == expected
