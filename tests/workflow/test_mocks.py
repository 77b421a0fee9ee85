"""Mocks: examples in the place of tasks, and the mark on all that comes of them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ecoflows.errors import ProblemError, UsageError
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.export import export
from ecoflows.workflow.mocks import made_of_mocks, mocked_ids, with_mocks
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind
from ecoflows.workflow.report import Report
from support import registry_of, workflow_of

TASKS = '''
from ecoflows.decorators import distributed

@distributed(tags=["io"])
def fetch(url: int) -> list[int]:
    """Fetch numbers."""
    return [url, 2]

@distributed(tags=["io"])
def bare() -> int:
    """Read a number."""
    return 1

@distributed
def double(x: int) -> int:
    """Double."""
    return 2 * x

@distributed
def add_up(values: list[int]) -> int:
    """Add."""
    return sum(values)
'''
SPEC = """
name: w
workflow:
  - {id: got, task: fetch}
  - {id: doubled, task: double, map: {argnames: x, argvalues: "${{ workflow.got.return }}"}}
  - {id: sum, task: add_up, partial: {values: "${{ workflow.doubled.return }}"}}
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.chdir(tmp_path)
    Path("mock_tasks.py").write_text(TASKS)
    Path("fetch.example-return.json").write_text("[1, 2]")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("mock_tasks")
    del sys.modules["mock_tasks"]


def run(workflow: Workflow, **given: str) -> Report:
    bound = bind(workflow, None, [f"{name}={value}" for name, value in given.items()])
    return run_sequential(Run(bound, Store("cache"), select(bound)))


def sums(report: Report) -> dict[str, Any]:
    found = {name: one.result for name, one in report.outcomes.items()}
    return {name: Store("cache").load(result.artifact) for name, result in found.items() if result}


def test_an_example_stands_in_and_marks_all_that_comes_of_it(tasks: ModuleType) -> None:
    workflow = with_mocks(workflow_of(SPEC, registry_of(tasks)), io=True)
    assert mocked_ids(workflow) == ("got",)
    report = run(workflow)  # without the parameter that the task would need
    assert sums(report) == {"got": [1, 2], "doubled": [2, 4], "sum": 6}
    assert made_of_mocks(report.outcomes) == ("got", "doubled", "sum")
    assert all(result.artifact.mock for result in Store("cache").results())


def test_a_mock_is_never_a_hit_for_a_real_run_nor_the_other_way_round(tasks: ModuleType) -> None:
    real = workflow_of(SPEC, registry_of(tasks))
    first = bind(real, None, ["got.url=1"])
    report = run_sequential(Run(first, Store("cache"), select(first)))
    assert sums(report) == {"got": [1, 2], "doubled": [2, 4], "sum": 6}  # just what the example gives
    mocked = run(with_mocks(real, io=True))
    assert [one.state.value for one in mocked.outcomes.values()] == ["completed"] * 3
    keys = {one.result.key for report in (report, mocked) for one in report.outcomes.values() if one.result}
    assert len(keys) == 6
    again = run_sequential(Run(first, Store("cache"), select(first)))
    assert made_of_mocks(again.outcomes) == ()
    assert [one.state.value for one in again.outcomes.values()] == ["completed", "cached", "cached"]


def test_a_mock_is_no_instances_latest(tasks: ModuleType) -> None:
    run(with_mocks(workflow_of(SPEC, registry_of(tasks)), io=True))
    assert [Store("cache").latest_result("w", name) for name in ("got", "doubled", "sum")] == [None] * 3


def test_a_mock_in_the_middle(tasks: ModuleType) -> None:
    Path("double.example-return.json").write_text("10")
    workflow = with_mocks(workflow_of(SPEC, registry_of(tasks)), ids=["doubled"])
    report = run(workflow, **{"got.url": "1"})
    assert sums(report) == {"got": [1, 2], "doubled": [10, 10], "sum": 20}
    assert made_of_mocks(report.outcomes) == ("doubled", "sum")


def test_another_example_is_another_key(tasks: ModuleType) -> None:
    workflow = with_mocks(workflow_of(SPEC, registry_of(tasks)), io=True)
    assert sums(run(workflow))["sum"] == 6
    Path("fetch.example-return.json").write_text("[5]")
    assert sums(run(workflow))["sum"] == 10


def test_what_is_no_example_fails_the_node(tasks: ModuleType) -> None:
    Path("fetch.example-return.json").write_text('["many"]')
    report = run(with_mocks(workflow_of(SPEC, registry_of(tasks)), io=True))
    assert "does not fit the return annotation" in str(report.failed[0].error)


def test_what_cannot_be_mocked_is_told_with_its_place(tasks: ModuleType) -> None:
    spec = SPEC + "  - {id: b, task: bare}\n  - {id: c, task: bare}\n"
    workflow = workflow_of(spec, registry_of(tasks))
    with pytest.raises(ProblemError) as raised:
        with_mocks(workflow, io=True)
    assert [(found.line, found.code) for found in raised.value.problems] == [
        (7, "no-example"),
        (8, "no-example"),
    ]
    with pytest.raises(UsageError, match="did you mean 'got'"):
        with_mocks(workflow, ids=["gott"])
    only = workflow_of("name: w\nworkflow:\n  - {id: a, task: double, partial: {x: 1}}\n", registry_of(tasks))
    with pytest.raises(UsageError, match="no task of the spec is tagged 'io'"):
        with_mocks(only, io=True)


def test_outputs_of_mocks_have_names_of_their_own(tasks: ModuleType, tmp_path: Path) -> None:
    real = workflow_of(SPEC, registry_of(tasks))
    bound = bind(real, None, ["got.url=7"])
    job = Run(bound, Store("cache"), select(bound))
    folder = tmp_path / "out"
    folder.mkdir()
    export(job, run_sequential(job), folder)
    mocked = Run(with_mocks(real, io=True), Store("cache"), select(real))
    paths = export(mocked, run_sequential(mocked), folder)
    assert paths == {"sum": str(folder / "sum.mock.json")}
    assert json.loads((folder / "sum.json").read_text()) == 18
    assert json.loads((folder / "sum.mock.json").read_text()) == 6
    export(job, run_sequential(job), folder)
    assert sorted(path.name for path in folder.glob("sum*")) == ["sum.json"]


def test_a_skip_that_a_mock_led_to_is_marked(tasks: ModuleType) -> None:
    Path("fetch.example-return.json").write_text("[]")
    report = run(with_mocks(workflow_of(SPEC, registry_of(tasks)), io=True))
    assert made_of_mocks(report.outcomes) == ("got", "doubled", "sum")
    assert sums(report)["sum"] == 0
