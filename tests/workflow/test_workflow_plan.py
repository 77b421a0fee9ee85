"""What a run would do and why, against what the sequential engine has stored."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import node_tasks
from ecoflows.decorators import Task, distributed
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.sequential import run_sequential
from ecoflows.source import loads
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind
from ecoflows.workflow.plan import plan
from ecoflows.workflow.report import Report
from support import registry_of, workflow_of

SPEC = """
name: numbers
workflow:
  - {id: read, task: read, partial: {path: fixes.csv}}
  - {id: clean, task: clean, partial: {table: "${{ workflow.read.return }}", least: 1}}
  - {id: total, task: total, partial: {table: "${{ workflow.clean.return }}"}}
  - {id: count, task: count, partial: {table: "${{ workflow.clean.return }}"}}
  - {id: add, task: add, partial: {numbers: ["${{ workflow.total.return }}",
     "${{ workflow.count.return }}", 5]}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fixes.csv").write_text("subject,x,y\na,0,0\na,1,1\nb,2,2\n")
    node_tasks.RUNS.clear()
    node_tasks.FAILURES.clear()


def workflow(*edits: tuple[str, str], registry: Registry | None = None) -> Workflow:
    text = SPEC
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return workflow_of(text, registry or registry_of(node_tasks))


def run(job: Workflow) -> Report:
    report = run_sequential(Run(job, Store("cache"), select(job)))
    assert not report.failed
    return report


def steps(job: Workflow) -> dict[str, tuple[str, str]]:
    return {step.id: (step.action.value, step.why) for step in plan(job, Store("cache"))}


def test_nothing_ran_yet() -> None:
    found = plan(workflow(), Store("cache"))
    assert [(step.id, step.action.value, step.why) for step in found] == [
        (name, "run", "never ran") for name in ("read", "clean", "total", "count", "add")
    ]
    assert found[0].key is not None
    assert found[1].key is None
    assert not Path("cache").exists()


def test_io_is_fresh_and_the_rest_is_cached_if_it_returns_the_same() -> None:
    run(workflow())
    found = steps(workflow())
    assert found["read"] == ("run", "io is fresh: it reads from outside in every run")
    assert found["clean"] == ("cached_if_unchanged", "unless 'read' returns something new")
    assert found["add"] == ("cached_if_unchanged", "unless 'read' returns something new")
    report = run(workflow())
    assert [outcome.state.value for outcome in report.outcomes.values()] == ["completed", *["cached"] * 4]


def test_nothing_changed() -> None:
    always = workflow(("path: fixes.csv}", "path: fixes.csv}, cache: always"))
    run(always)
    assert set(steps(always).values()) == {("cached", "nothing changed")}
    keys = {step.id: step.key for step in plan(always, Store("cache"))}
    assert keys == {
        name: outcome.result.key for name, outcome in run(always).outcomes.items() if outcome.result
    }


def test_an_argument_changed_from_one_value_to_another() -> None:
    run(workflow())
    found = steps(workflow(("least: 1", "least: 2")))
    assert found["clean"] == ("run", "argument 'least' changed from 1.0 to 2.0")
    assert found["total"] == ("run", "its input 'clean' is made anew")
    assert found["add"] == ("run", "its input 'total' is made anew")


def test_an_argument_changed_and_back() -> None:
    run(workflow())
    run(workflow(("least: 1", "least: 2")))
    assert steps(workflow())["clean"][0] == "cached_if_unchanged"


def test_only_the_branch_that_changed_runs() -> None:
    run(workflow())
    found = steps(workflow(("total, partial: {", "total, partial: {factor: 2, ")))
    assert found["total"] == ("run", "argument 'factor' changed from 1.0 to 2.0")
    assert found["count"][0] == "cached_if_unchanged"
    assert found["add"] == ("run", "its input 'total' is made anew")


def test_an_equal_result_upstream_is_a_hit_downstream() -> None:
    run(workflow())
    node_tasks.RUNS.clear()
    run(workflow(("least: 1", "least: 0.5")))
    assert dict(node_tasks.RUNS) == {"read": 1, "clean": 1}


def test_an_input_changed() -> None:
    run(workflow())
    Path("fixes.csv").write_text("subject,x,y\na,7,0\n")
    always = workflow(("least: 1", "least: 1}, cache: {ttl: 1h"))
    run_sequential(Run(always, Store("cache"), select(always, only=["read"])))
    found = steps(workflow())
    assert found["clean"] == ("run", "input 'table' changed")


def test_an_input_became_a_literal() -> None:
    run(workflow())
    linked = SPEC[SPEC.index("numbers: [") : SPEC.rindex("}}")]
    literal = (linked, "numbers: [1, 2]")
    assert steps(workflow(literal))["add"] == (
        "run",
        "argument 'numbers' changed from an input to [1.0, 2.0]",
    )


def test_the_code_changed() -> None:
    run(workflow())

    @distributed
    def total(table: node_tasks.AnyDataFrame, factor: float = 1.0) -> float:
        return float(table["x"].sum() * factor) + 1

    found = steps(workflow(registry=with_another(total)))
    assert found["total"] == ("run", f"the task changed from node_tasks:total to {total.reference}")

    renamed = total.function
    renamed.__module__, renamed.__qualname__ = "node_tasks", "total"
    assert steps(workflow(registry=with_another(distributed(renamed))))["total"] == ("run", "code changed")


def with_another(task: Task[..., Any]) -> Registry:
    kept = [item for item in registry_of(node_tasks).all() if item.task.name != task.name]
    return Registry([*kept, RegisteredTask(task, "test")])


def test_the_signature_changed() -> None:
    run(workflow())

    def total(table: node_tasks.AnyDataFrame, scale: int = 2) -> int:
        return 1

    total.__module__, total.__qualname__ = "node_tasks", "total"
    assert steps(workflow(registry=with_another(distributed(total))))["total"] == (
        "run",
        (
            "code changed; the return type changed from float to int; "
            "argument 'scale' is new (2); argument 'factor' is gone"
        ),
    )


def test_a_task_that_may_not_reuse_its_result() -> None:
    never = workflow(
        (
            '${{ workflow.clean.return }}"}}\n  - {id: count',
            '${{ workflow.clean.return }}"}, cache: never}\n  - {id: count',
        )
    )
    run(never)
    found = steps(never)
    assert found["total"] == ("run", "'total' has cache: never")
    assert found["add"][0] == "cached_if_unchanged"


def test_a_result_older_than_its_ttl() -> None:
    short = workflow(("path: fixes.csv}", "path: fixes.csv}, cache: {ttl: 1d}"))
    run(short)
    assert steps(short)["read"] == ("cached", "nothing changed")
    store = Store("cache")
    result = next(found for found in store.results() if found.instance == "read")
    old = datetime.now(UTC) - timedelta(days=2)
    store.save_result(result.model_copy(update={"created": old}))
    found = steps(short)
    assert found["read"] == ("run", f"its result is older than its ttl (made {old:%Y-%m-%d %H:%M} UTC)")
    assert found["clean"][0] == "cached_if_unchanged"


def test_a_damaged_result() -> None:
    run(workflow())
    store = Store("cache")
    result = next(found for found in store.results() if found.instance == "total")
    Path("cache", result.artifact.path).write_bytes(b"x")
    found = steps(workflow())
    assert found["total"][0] == "run"
    assert found["total"][1].startswith("its stored result is damaged: the artifact ")
    assert found["add"] == ("cached_if_unchanged", "unless 'total' returns something new")


def test_a_removed_result() -> None:
    run(workflow())
    store = Store("cache")
    result = next(found for found in store.results() if found.instance == "count")
    store.delete_result(result.key)
    assert steps(workflow())["count"][0] == "run"


def test_what_another_workflow_computed_is_a_hit() -> None:
    run(workflow())
    other = workflow(("name: numbers", "name: other"))
    assert steps(other)["clean"][0] == "cached_if_unchanged"


def test_parameters_count_as_arguments() -> None:
    opened = workflow((", least: 1", ""))
    run(bind(opened, loads("clean: {least: 1}")))
    assert steps(workflow())["clean"][0] == "cached_if_unchanged"
    assert steps(bind(opened, loads("clean: {least: 3}")))["clean"] == (
        "run",
        "argument 'least' changed from 1.0 to 3.0",
    )
    assert steps(opened)["clean"] == ("run", "argument 'least' changed from 1.0 to 0.0")


def test_long_values_are_cut() -> None:
    run(workflow(("path: fixes.csv", f"path: {os.curdir}/{'./' * 100}fixes.csv")))
    why = steps(workflow())["read"][1]
    assert len(why) < 200
    assert '..."' not in why
    assert why.startswith("argument 'path' changed from \"./././")


def test_a_step_as_json() -> None:
    (step,) = (step for step in plan(workflow(), Store("cache")) if step.id == "add")
    assert step.as_json() == {"id": "add", "task": "add", "action": "run", "why": "never ran", "key": None}
    assert dataclasses.asdict(step)["id"] == "add"
