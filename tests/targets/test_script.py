"""The script target: golden files, hostile specs, scripts that run without Prefect.

``UPDATE_EXPECTED=1 pytest tests/targets`` writes the golden files anew; read every change.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compiling import HOSTILE, SPECS, check_golden, compiled, lint, workflow_in
from ecoflows import source
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.targets.installed import find_target
from ecoflows.targets.provenance import is_sealed, sealed
from ecoflows.targets.script import SCRIPT
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.params import bind
from support import ROOT, command_environment, ecoflows


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_golden(file: Path) -> None:
    text = compiled(SCRIPT, workflow_in(file))
    check_golden(text, f"{file.stem}.script.py")
    assert compiled(SCRIPT, workflow_in(file)) == text
    assert lint(text) == ""
    assert is_sealed(sealed(text, "x"))


def test_it_is_found_by_its_names() -> None:
    assert find_target("script") is SCRIPT
    assert find_target("script-sequential.jinja2") is SCRIPT


def test_values_of_a_params_file_stand_in_the_script() -> None:
    text = compiled(
        SCRIPT,
        workflow_in(HOSTILE),
        {"square": {"x": 5}},
    )
    assert "        x=5,\n" in text
    assert "REQUIRED" not in text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with example data and a Python in which nothing can import Prefect."""
    here = tmp_path_factory.mktemp("scripts")
    made = ecoflows("simulate", "demo/observations.parquet", "--fixes", "60", cwd=here)
    assert made.returncode == 0, made.stderr
    (here / "path").mkdir()
    (here / "path" / "sitecustomize.py").write_text(
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'prefect':\n"
        "            raise ImportError('there is no Prefect here')\n"
        "sys.meta_path.insert(0, Refuse())\n"
    )
    return here


def python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=command_environment(path=folder / "path", **variables),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("name", ["time_density", "density_by_subject"])
def test_a_script_gives_what_the_sequential_engine_gives(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own cache root shows that it computes the same, a shared one that the keys are the same."""
    monkeypatch.chdir(folder)
    workflow = workflow_in(ROOT / "specs" / f"{name}.yaml")
    params = str(ROOT / "specs" / f"{name}.params.yaml")
    bound = bind(workflow, source.load(params))
    report = run_sequential(Run(bound, Store("sequential"), select(bound)))
    expected = {
        node: (outcome.result.artifact.sha256, outcome.result.key)
        for node, outcome in report.outcomes.items()
        if outcome.result is not None
    }
    assert set(expected) == set(workflow.nodes)

    (folder / f"{name}.py").write_text(compiled(SCRIPT, workflow))
    lines = folder / f"{name}.jsonl"
    own = ("--cache-root", f"cache-{name}")
    done = python(folder, f"{name}.py", "--config", params, *own, ECOFLOWS_REPORT=str(lines))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {line["id"]: (line["sha256"], line["key"]) for line in found} == expected
    assert {line["state"] for line in found} == {"completed"}
    told = dict.fromkeys(line.partition(": ")[0].partition("[")[0] for line in done.stdout.splitlines())
    assert list(told) == list(workflow.outputs)

    lines.unlink()
    again = python(
        folder, f"{name}.py", "--config", params, "--cache-root", "sequential", ECOFLOWS_REPORT=str(lines)
    )
    assert again.returncode == 0, again.stderr
    states = {line["id"]: line["state"] for line in map(json.loads, lines.read_text().splitlines())}
    io = {node.id for node in workflow.nodes.values() if node.task.is_io}
    assert states == {node: "completed" if node in io else "cached" for node in workflow.nodes}


@pytest.fixture(scope="module")
def script(folder: Path) -> str:
    file = folder / "mistakes.py"
    file.write_text(compiled(SCRIPT, workflow_in(ROOT / "specs" / "time_density.yaml")))
    return file.name


def test_mistakes_in_a_config_are_those_of_ecoflows_run(folder: Path, script: str) -> None:
    (folder / "bad.yaml").write_text(
        "load_observations: {pth: x}\n"
        "calculate_time_density: {pixel_size: -1, percentiles: [a]}\n"
        "draw_ecomap:\n  title: [1]\n"
        "draw_ecomapp: {}\n"
    )
    options = ("--set", "draw_ecomap.static=maybe")
    mine = python(folder, script, "--config", "bad.yaml", *options)
    theirs = ecoflows(
        "run",
        ROOT / "specs" / "time_density.yaml",
        "--params",
        "bad.yaml",
        *options,
        "--engine",
        "sequential",
        cwd=folder,
    )
    assert mine.returncode == theirs.returncode == 1
    assert mine.stderr.replace("with parameters in this script", "in the spec") == theirs.stderr
    assert mine.stderr.count("error[") == 7


def test_help_says_what_may_be_given(folder: Path, script: str) -> None:
    done = python(folder, script, "--help")
    assert done.returncode == 0, done.stderr
    assert "Compiled by ecoflows" in done.stdout
    assert "load_observations.path: text; REQUIRED" in done.stdout
    assert "--config FILE" in done.stdout


def test_what_is_missing_is_told_with_the_line_of_the_script(folder: Path, script: str) -> None:
    done = python(folder, script)
    assert done.returncode == 1
    assert "mistakes.py:" in done.stderr
    assert "  |         path=REQUIRED,\n" in done.stderr


def test_a_failing_task_ends_with_3_and_no_traceback(folder: Path, script: str) -> None:
    options = ("--set", "load_observations.path=nothing.csv", "--set", "calculate_time_density.pixel_size=9")
    done = python(folder, script, *options)
    assert done.returncode == 3
    assert "failed: 'load_observations': FileNotFoundError" in done.stderr
    assert "Traceback" not in done.stderr


def names_of(text: str) -> dict[str, Any]:
    """What a script defines."""
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), found)
    return found


def test_parameters_start_with_the_tasks_own_defaults() -> None:
    found = names_of(compiled(SCRIPT, workflow_in(ROOT / "specs" / "time_density.yaml")))
    section = dict(found["PARAMS"]["process_relocations"])
    assert section["filter_point_coords"] == [(180.0, 90.0), (0.0, 0.0)]
    assert dict(found["PARAMS"]["load_observations"])["path"] is found["REQUIRED"]
