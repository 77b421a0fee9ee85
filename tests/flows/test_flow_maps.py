"""Maps and skips as Prefect flows: task runs, batches, edges, states, and the same results."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import flow_tasks
import map_tasks
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.outcome import Progress
from ecoflows.workflow.report import Report
from support import registry_of, workflow_of

RunFlow = Callable[..., Report]

EVERYTHING = """
name: everything
workflow:
  - {id: numbers, task: numbers, partial: {count: 7}}
  - {id: squares, task: square, map: {argnames: x, argvalues: "${{ workflow.numbers.return }}", batch: BATCH}}
  - {id: sum, task: add_up, partial: {values: "${{ workflow.squares.return }}"}}
  - {id: table, task: table, partial: {rows: 7}}
  - {id: groups, task: split, partial: {df: "${{ workflow.table.return }}"}}
  - id: totals
    task: total
    mapvalues: {argnames: df, argvalues: "${{ workflow.groups.return }}", batch: BATCH}
  - {id: labels, task: label, map: {argnames: [view, data], argvalues: "${{ workflow.totals.return }}"}}
  - {id: layers, task: layer, mapvalues: {argnames: df, argvalues: "${{ workflow.groups.return }}"}}
  - {id: rows, task: rows_of, mapvalues: {argnames: item, argvalues: "${{ workflow.layers.return }}"}}
  - id: even
    task: square
    skipif: {conditions: [any_is_odd]}
    map: {argnames: x, argvalues: "${{ workflow.numbers.return }}", batch: BATCH}
  - {id: gaps, task: count_gaps, partial: {values: "${{ workflow.even.return }}"}}
  - {id: one, task: power, skipif: {conditions: [any_is_odd]}, partial: {x: "${{ workflow.gaps.return }}"}}
  - {id: after, task: power, partial: {x: "${{ workflow.one.return }}"}}
"""


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    map_tasks.reset()


def squares(count: int, **options: Any) -> str:
    extra = "".join(f", {name}: {value}" for name, value in options.items())
    return f"""
        name: squares
        workflow:
          - {{id: numbers, task: numbers, partial: {{count: {count}}}}}
          - id: squares
            task: square
            map: {{argnames: x, argvalues: "${{{{ workflow.numbers.return }}}}"{extra}}}
          - {{id: sum, task: add_up, partial: {{values: "${{{{ workflow.squares.return }}}}"}}}}
        """


def states(report: Report, name: str) -> list[str]:
    return [element.state.value for element in report.outcomes[name].elements or ()]


def value(report: Report, name: str, root: Path) -> Any:
    artifact = report.outcomes[name].artifact
    assert artifact is not None
    return Store(root / "cache").load(artifact)


def task_runs(server: Any, report: Report, count: int) -> dict[str, dict[str, Any]]:
    """What the server tells of a run's tasks by name, once it has recorded the end of so many."""
    deadline = time.monotonic() + 30
    while True:
        reply = httpx.post(
            f"{server.ui_url}/api/task_runs/filter",
            json={"flow_runs": {"id": {"any_": [report.id]}}},
            trust_env=False,
        )
        found = reply.raise_for_status().json()
        ended = [run for run in found if (run["state"] or {}).get("type") in ("COMPLETED", "FAILED")]
        if len(ended) == count or time.monotonic() > deadline:
            return {run["name"]: run for run in found}
        time.sleep(0.1)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_both_engines_and_all_batch_sizes_give_the_same(
    run_flow: RunFlow, tmp_path: Path, batch: int
) -> None:
    text = EVERYTHING.replace("BATCH", str(batch))
    report = run_flow(text)
    workflow = workflow_of(EVERYTHING.replace("BATCH", "100"), registry_of(map_tasks))
    oracle = run_sequential(Run(workflow, Store(tmp_path / "oracle"), select(workflow)))
    for name, outcome in oracle.outcomes.items():
        found = report.outcomes[name]
        # What one engine takes from another element's result, the other may compute first.
        same = {"completed", "cached"}
        assert found.state == outcome.state or {found.state.value, outcome.state.value} == same
        assert (found.artifact, found.error) == (outcome.artifact, outcome.error)
        assert [element.artifact for element in found.elements or ()] == [
            element.artifact for element in outcome.elements or ()
        ]
    again = run_flow(text)
    assert {outcome.state.value for outcome in again.outcomes.values()} == {"cached", "skipped"}


def test_each_element_is_a_task_run_with_its_key(run_flow: RunFlow, server: Any) -> None:
    report = run_flow(EVERYTHING.replace("BATCH", "100"))
    runs = task_runs(server, report, 33)
    names = {name for name in runs if "[" in name}
    assert names == {
        *(f"{name}[{index}]" for name in ("squares", "even") for index in range(7)),
        *(f"{name}[{key}]" for name in ("totals", "labels", "layers", "rows") for key in ("g0", "g1", "g2")),
    }
    assert runs["even[1]"]["state"]["name"] == "Skipped"
    assert runs["even[1]"]["state"]["message"] == "any_is_odd holds"
    assert runs["one"]["state"]["name"] == "Skipped"
    assert runs["after"]["state"]["message"] == "'one' was skipped"
    by_id = {run["id"]: name for name, run in runs.items()}
    edges = {
        (by_id[source["id"]], name)
        for name, run in runs.items()
        for sources in run["task_inputs"].values()
        for source in sources
        if "id" in source
    }
    assert {source for source, target in edges if target == "labels[g1]"} == {"totals[g1]"}
    assert {source for source, target in edges if target == "totals[g1]"} == {"groups"}
    assert {source for source, target in edges if target == "sum"} == {f"squares[{n}]" for n in range(7)}
    again = task_runs(server, run_flow(EVERYTHING.replace("BATCH", "100")), 33)
    assert again["totals[g0]"]["state"]["name"] == "Cached"
    assert again["even[1]"]["state"]["name"] == "Skipped"


def test_many_elements_share_task_runs(run_flow: RunFlow, server: Any) -> None:
    report = run_flow(squares(300, batch=20))
    assert states(report, "squares") == ["completed"] * 300
    runs = task_runs(server, report, 2 + 16)
    names = sorted(name for name in runs if name.startswith("squares"))
    assert len(names) == 16
    assert "squares[0-17]" in names
    assert runs["squares[0-17]"]["state"]["message"] == "18 elements: 18 completed"
    again = task_runs(server, run_flow(squares(300, batch=20)), 2 + 16)
    assert again["squares[0-17]"]["state"]["name"] == "Cached"


@pytest.mark.parametrize("batch", [200, 10])
def test_a_failing_element_among_many(run_flow: RunFlow, tmp_path: Path, server: Any, batch: int) -> None:
    map_tasks.FAILING.add(37)
    report = run_flow(squares(40, batch=batch))
    assert report.outcomes["squares"].error == (
        "'squares': 1 of 40 elements failed: 'squares[37]': ValueError: no square of 37 today"
    )
    assert states(report, "squares").count("completed") == 39
    assert report.outcomes["sum"].state == "not_run"
    flow_run = httpx.get(f"{server.ui_url}/api/flow_runs/{report.id}", trust_env=False).json()
    assert flow_run["state"]["name"] == "Failed"
    assert "1 element failed" in flow_run["state"]["message"]
    map_tasks.reset()
    report = run_flow(squares(40, batch=batch), start=["squares"])
    assert dict(map_tasks.CALLS) == {37: 1}
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(40))


@pytest.mark.parametrize("batch", [200, 10])
def test_a_failing_element_that_is_left_out(
    run_flow: RunFlow, tmp_path: Path, server: Any, batch: int
) -> None:
    map_tasks.FAILING.add(37)
    report = run_flow(squares(40, batch=batch, on_error="skip"))
    assert report.state == "completed"
    assert states(report, "squares").count("failed") == 1
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(40)) - 37 * 37
    flow_run = httpx.get(f"{server.ui_url}/api/flow_runs/{report.id}", trust_env=False).json()
    assert flow_run["state"]["name"] == "Completed"
    assert flow_run["state"]["message"] == "3 task instances: 3 completed; 1 element failed"
    map_tasks.reset()
    report = run_flow(squares(40, batch=batch, on_error="skip"))
    assert dict(map_tasks.CALLS) == {37: 1}
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(40))


@pytest.mark.parametrize("batch", [100, 1, 2])
def test_no_more_elements_at_once_than_the_spec_allows(run_flow: RunFlow, batch: int) -> None:
    text = squares(8, concurrency=2, batch=batch).replace("task: square", "task: slow")
    assert states(run_flow(text), "squares") == ["completed"] * 8
    assert map_tasks.AT_ONCE[1] <= 2


def test_elements_run_at_the_same_time(run_flow: RunFlow) -> None:
    flow_tasks.barrier.reset()
    text = squares(8).replace("task: square", "task: meet")
    assert states(run_flow(text), "squares") == ["completed"] * 8


@pytest.mark.parametrize("batch", [100, 2])
def test_retries_are_per_element(run_flow: RunFlow, batch: int) -> None:
    text = squares(6, batch=batch).replace("task: square", "task: fail_at_first\n            retries: 1")
    assert states(run_flow(text), "squares") == ["completed"] * 6
    assert dict(map_tasks.CALLS) == dict.fromkeys(range(6), 2)


@pytest.mark.parametrize("batch", [100, 1])
def test_time_limits_are_per_element(run_flow: RunFlow, batch: int) -> None:
    text = f"""
        name: limits
        workflow:
          - id: naps
            task: dawdle
            timeout_seconds: 3
            map: {{argnames: seconds, argvalues: [0.01, 20, 0.02], batch: {batch}, on_error: skip}}
        """
    report = run_flow(text)
    assert states(report, "naps") == ["completed", "failed", "completed"]
    assert report.outcomes["naps"].elements[1].error == ("'naps[1]': gave up after 3 s (timeout_seconds)")


def test_nothing_to_map_over(run_flow: RunFlow, tmp_path: Path, server: Any) -> None:
    report = run_flow(squares(0))
    assert (report.outcomes["squares"].state, states(report, "squares")) == ("completed", [])
    assert value(report, "sum", tmp_path) == 0
    flow_run = httpx.get(f"{server.ui_url}/api/flow_runs/{report.id}", trust_env=False).json()
    assert flow_run["state"]["message"] == "3 task instances: 3 completed; no rows: numbers, squares"


def test_what_cannot_be_mapped_over_is_a_failed_task_run(run_flow: RunFlow, server: Any) -> None:
    text = squares(3).replace("task: numbers, partial: {count: 3}", "task: anything, partial: {value: 7}")
    report = run_flow(text)
    assert report.outcomes["squares"].error == "'squares': map goes over a list, and this is 7"
    assert report.outcomes["sum"].state == "not_run"
    runs = task_runs(server, report, 2)
    assert runs["squares"]["state"]["name"] == "Failed"
    assert "map goes over a list" in runs["squares"]["state"]["message"]


def test_progress_is_told(run_flow: RunFlow) -> None:
    told: list[Progress] = []

    def listener(_name: str, outcome: Any) -> None:
        if isinstance(outcome, Progress):
            told.append(outcome)

    run_flow(squares(5), listener=listener)
    assert told == [Progress(done, 5) for done in range(1, 6)]


def test_what_is_read_anew_arrives(run_flow: RunFlow, tmp_path: Path) -> None:
    text = f"""
        name: reading
        workflow:
          - id: read
            task: read_text
            map: {{argnames: name, argvalues: [{tmp_path}/a.txt, {tmp_path}/b.txt]}}
          - {{id: all, task: joined, partial: {{values: "${{{{ workflow.read.return }}}}"}}}}
        """
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    assert value(run_flow(text), "all", tmp_path) == "one two"
    (tmp_path / "a.txt").write_text("three")
    report = run_flow(text)
    assert states(report, "read") == ["completed", "completed"]
    assert value(report, "all", tmp_path) == "three two"


@pytest.mark.parametrize("batch", [100, 1])
def test_a_task_that_raises_what_it_should_not_fails_alone(
    run_flow: RunFlow, tmp_path: Path, batch: int
) -> None:
    report = run_flow(f"""
        name: gives up
        workflow:
          - id: all
            task: give_up
            map: {{argnames: x, argvalues: [1, 2, 3], on_error: skip, batch: {batch}}}
        """)
    assert states(report, "all") == ["completed", "failed", "completed"]
    assert "GeneratorExit" in report.outcomes["all"].elements[1].error


def test_the_last_attempt_is_told(run_flow: RunFlow) -> None:
    text = "{name: late, workflow: [{id: a, task: fail_then_dawdle, retries: 1, timeout_seconds: 1}]}"
    assert run_flow(text).outcomes["a"].error == "'a': gave up after 1 s (timeout_seconds)"
