"""Mocks on the command line: loud, marked, apart from real results."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from support import ROOT, ecoflows

SPEC = ROOT / "specs" / "time_density.yaml"
CELLS = ("--set", "calculate_time_density.pixel_size=500")


def test_a_spec_runs_without_data_and_says_so(tmp_path: Path) -> None:
    words = ("run", SPEC, *CELLS, "--cache-root", "cache", "--outputs", "out")
    done = ecoflows(*words, "--mock-io", "--engine", "sequential", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "MOCK: 'load_observations' gives the example packaged with its task" in done.stderr
    assert "MOCK: these are no real results" in done.stderr
    assert "packaged examples: load_observations\n" in done.stderr
    assert "made from examples: 5 task instances\n" in done.stderr
    assert "geodataframe, mock" in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").glob("[a-z]*"))
    assert names == ["draw_ecomap.mock.html", "save_map_image.mock.png"]
    listed = ecoflows("cache", "ls", "--cache-root", "cache", cwd=tmp_path)
    assert "load_observations (mock)" in listed.stdout


def test_prefect_runs_mocks_and_another_engine_reuses_them(tmp_path: Path, server_home: Path) -> None:
    words = ("run", "--spec", SPEC, *CELLS, "--cache-root", "cache", "--json")
    words = (*words, "--mock-tasks", "load_observations")
    first = ecoflows(*words, cwd=tmp_path, ECOFLOWS_HOME=str(server_home))
    assert first.returncode == 0, first.stderr
    run = json.loads(first.stdout)["run"]
    api = run["url"].replace("/runs/flow-run/", "/api/flow_runs/")
    assert httpx.get(api, trust_env=False).raise_for_status().json()["tags"] == ["mock"]
    nodes = json.loads(first.stdout)["nodes"]
    assert {node["artifact"]["mock"] for node in nodes} == {True}
    again = ecoflows(*words, "--engine", "sequential", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert [(node["id"], node["key"]) for node in json.loads(again.stdout)["nodes"]] == [
        (node["id"], node["key"]) for node in nodes
    ]
    states = {node["id"]: node["state"] for node in json.loads(again.stdout)["nodes"]}
    assert states.pop("load_observations") == "completed"
    assert set(states.values()) == {"cached"}


def test_what_cannot_be_a_mock_is_told(tmp_path: Path) -> None:
    words = ("run", SPEC, "--engine", "sequential", "--mock-tasks", "draw_ecomap", "lod_observations")
    done = ecoflows(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no task instance 'lod_observations' in the spec" in done.stderr
    done = ecoflows(*words[:-1], cwd=tmp_path)
    assert done.returncode == 1
    assert "error[no-example]: 'draw_ecomap' cannot be a mock" in done.stderr
    assert "time_density.yaml:" in done.stderr
    assert not (tmp_path / ".ecoflows").exists()


def test_two_specs_are_one_too_many(tmp_path: Path) -> None:
    done = ecoflows("run", SPEC, "other.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "one spec is expected; 'other.yaml' is one more" in done.stderr


def test_a_failed_mock_run_tells_how_to_resume_it(tmp_path: Path) -> None:
    words = ("run", SPEC, *CELLS, "--engine", "sequential", "--mock-io")
    done = ecoflows(*words, "--set", "calculate_time_density.crs=EPSG:1", cwd=tmp_path)
    assert done.returncode == 3
    resume = next(line for line in done.stderr.splitlines() if line.startswith("to resume"))
    assert "--mock-io" in resume
