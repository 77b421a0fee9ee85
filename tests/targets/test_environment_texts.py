"""What comes from the environment is named in programs, never written into them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import map_tasks
from airflow_programs import TASKS, read, run, sequentially
from compiling import lint
from ecoflows.targets import Compilation, Target
from ecoflows.targets.airflow import AIRFLOW
from ecoflows.targets.notebook import NOTEBOOK
from ecoflows.targets.script import SCRIPT
from ecoflows.workflow.environment import left_open
from ecoflows.workflow.model import Workflow
from support import ROOT, command_environment, ecoflows, workflow_of, write_package

SPEC = """
name: secretive
cache_root: "${{ env.PARK_ROOT }}/cache"
workflow:
  - {id: plain, task: anything, partial: {value: hunter2}}
  - id: deep
    task: anything
    partial:
      value:
        list: [1, "${{ env.PARK_WORD }} and ${{env.PARK_WORD}}"]
        $environment: "${{ env.PARK_WORD }}"
  - id: each
    task: anything
    map: {argnames: value, argvalues: [a, "${{ env.PARK_WORD }}"]}
"""


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARK_WORD", "swordfish")
    monkeypatch.setenv("PARK_ROOT", str(tmp_path / "kept"))
    map_tasks.reset()


def program(target: Target, workflow: Workflow, root: str | None = None, **options: str) -> str:
    opened = left_open(workflow)
    return target.render(Compilation(opened, {}, root or opened.cache_root or "cache", options))


@pytest.mark.parametrize("target", [SCRIPT, NOTEBOOK, AIRFLOW], ids=lambda target: target.name)
def test_values_do_not_stand_in_programs(target: Target, tmp_path: Path) -> None:
    text = program(target, workflow_of(SPEC, TASKS))
    assert "swordfish" not in text
    assert str(tmp_path) not in text
    assert "hunter2" in text  # a literal that is equal to nothing of the environment
    assert "PARK_WORD" in text
    assert "PARK_ROOT" in text


def test_a_literal_that_equals_a_variable_stays_a_literal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARK_WORD", "hunter2")
    text = program(SCRIPT, workflow_of(SPEC, TASKS))
    assert text.count("hunter2") == 1


def test_a_dag_gives_what_a_sequential_run_gives(tmp_path: Path) -> None:
    workflow = workflow_of(SPEC, TASKS)
    dag = read(program(AIRFLOW, workflow, operator="bash"))
    assert dag.defaults()["cache_root"] == "${{ env.PARK_ROOT }}/cache"
    answers = run(dag, tmp_path / "dag")
    expected = sequentially(workflow, tmp_path / "sequential")
    found = {
        name: answer and (answer.state, answer.key, answer.artifact and answer.artifact.sha256)
        for name, answer in answers.items()
    }
    assert {name: found[f"{name}.collect" if name == "each" else name] for name in expected} == expected


def test_a_script_gives_what_a_sequential_run_gives(tmp_path: Path) -> None:
    workflow = workflow_of(SPEC, TASKS)
    text = program(SCRIPT, workflow)
    assert lint(text) == ""
    file = tmp_path / "script.py"
    file.write_text(text)
    environment = command_environment(path=ROOT / "tests")
    done = subprocess.run(
        [sys.executable, file], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "swordfish" not in done.stdout + done.stderr
    expected = sequentially(workflow, tmp_path / "sequential")
    keys = {path.stem for path in (tmp_path / "kept" / "cache" / "results").glob("*.json")}
    assert {key for _, key, _ in expected.values()} <= keys
    del environment["PARK_WORD"]
    done = subprocess.run(
        [sys.executable, file], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "the environment variable PARK_WORD is not set; export PARK_WORD=..." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_without_the_variable_tells_which(tmp_path: Path) -> None:
    package = write_package(
        tmp_path / "packages",
        "env_tasks",
        {
            "tasks.py": "from ecoflows.decorators import distributed\n\n\n@distributed\n"
            'def count(x: int) -> int:\n    """Count."""\n    return x\n'
        },
    )
    call = '{"cache_root": "${{ env.PARK_ROOT }}", "arguments": {"x": {"$environment": "${{ env.%s }}"}}}'
    for name, text in (
        ("PARK_NONE", "error[unset-variable]: arguments.x: the environment variable PARK_NONE is not set"),
        ("PARK_WORD", "the argument 'x': a whole number is expected"),
    ):
        done = ecoflows(
            "run-task", "env_tasks.tasks:count", cwd=tmp_path, path=package, ECOFLOWS_CALL=call % name
        )
        assert done.returncode == 1
        assert text in done.stderr
        assert done.stderr.count("error[") == 1, done.stderr
        assert "swordfish" not in done.stderr


def test_compile_writes_names_and_checks_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        'name: one\ncache_root: "${{ env.PARK_ROOT }}/cache"\nworkflow:\n'
        '  - {id: load_observations, task: load_observations, partial: {path: "${{ env.PARK_WORD }}"}}\n'
    )
    for target in ("script", "notebook", "airflow"):
        done = ecoflows("compile", spec, "--target", target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "swordfish" not in done.stdout + done.stderr
        assert "env.PARK_WORD" in done.stdout.replace("\\u007b", "{")
    monkeypatch.delenv("PARK_WORD")
    done = ecoflows("compile", spec, "--target", "script", cwd=tmp_path)
    assert done.returncode == 1
    assert "spec.yaml:4:70: error[unset-variable]" in done.stderr
