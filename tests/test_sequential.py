"""The sequential engine, which is the oracle of the others."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import node_tasks
from ecoflows.errors import NodeError, UsageError
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import Outcome
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
NAMES = ["read", "clean", "total", "count", "add"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fixes.csv").write_text("subject,x,y\na,0,0\na,1,1\nb,2,2\n")
    node_tasks.RUNS.clear()
    node_tasks.FAILURES.clear()


def workflow(text: str = SPEC) -> Workflow:
    return workflow_of(text, registry_of(node_tasks))


def run(job: Workflow | None = None, **selection: Any) -> Report:
    job = job or workflow()
    return run_sequential(Run(job, Store("cache"), select(job, **selection)))


def states(report: Report) -> dict[str, str]:
    return {name: outcome.state.value for name, outcome in report.outcomes.items()}


def value(report: Report, name: str) -> Any:
    result = report.outcomes[name].result
    assert result is not None
    return Store("cache").load(result.artifact)


def one(options: str) -> Workflow:
    return workflow(f"name: one\nworkflow:\n  - {{id: a, task: add, partial: {{numbers: [1]}}, {options}}}\n")


def test_a_run_computes_everything_once() -> None:
    report = run()
    assert states(report) == dict.fromkeys(NAMES, "completed")
    assert (value(report, "total"), value(report, "count"), value(report, "add")) == (3.0, 2, 10.0)
    assert value(report, "clean")["x"].tolist() == [1.0, 2.0]
    assert dict(node_tasks.RUNS) == dict.fromkeys(NAMES, 1)
    assert report.failed == ()
    assert report.engine == "sequential"


def test_a_second_run_gives_equal_results_and_computes_io_only() -> None:
    first, second = run(), run()
    assert states(second) == {**dict.fromkeys(NAMES, "cached"), "read": "completed"}
    assert {**dict.fromkeys(NAMES, 1), "read": 2} == node_tasks.RUNS
    for name in NAMES:
        before, after = first.outcomes[name].result, second.outcomes[name].result
        assert before is not None
        assert after is not None
        assert (before.key, before.artifact) == (after.key, after.artifact)


def test_a_failing_task_fails_its_dependents_and_nothing_else() -> None:
    node_tasks.FAILURES["total"] = 1
    report = run()
    assert states(report) == {
        "read": "completed",
        "clean": "completed",
        "total": "failed",
        "count": "completed",
        "add": "not_run",
    }
    failed = report.outcomes["total"]
    assert failed.error == "'total': RuntimeError: total fails, 0 left"
    assert isinstance(failed.exception, NodeError)
    assert isinstance(failed.exception.__cause__, RuntimeError)
    assert report.outcomes["add"].error == "needs 'total', which did not complete"
    assert [outcome.id for outcome in report.failed] == ["total"]
    node_tasks.RUNS.clear()
    again = run(start=["total"])
    assert states(again)["add"] == "completed"
    assert dict(node_tasks.RUNS) == {"total": 1, "add": 1}


def test_the_root_of_a_chain_of_failures_is_named() -> None:
    node_tasks.FAILURES["read"] = 1
    report = run()
    assert report.outcomes["clean"].error == "needs 'read', which did not complete"
    assert states(report) == {**dict.fromkeys(NAMES, "not_run"), "read": "failed"}


def test_a_task_that_returns_what_it_did_not_promise_fails() -> None:
    report = run(workflow("name: x\nworkflow:\n  - {id: a, task: lie, partial: {x: 1}}\n"))
    assert (report.outcomes["a"].error or "").startswith(
        "'a', the return value: the table breaks FixesSchema:"
    )
    assert list(Store("cache").results()) == []


def test_retries(caplog: pytest.LogCaptureFixture) -> None:
    node_tasks.FAILURES["add"] = 2
    with caplog.at_level(logging.WARNING, "ecoflows"):
        report = run(one("retries: 2"))
    assert states(report) == {"a": "completed"}
    assert node_tasks.RUNS["add"] == 3
    assert [record.message for record in caplog.records] == [
        f"a failed, attempt {number} of 3: 'a': RuntimeError: add fails, {2 - number} left"
        for number in (1, 2)
    ]


def test_retries_come_to_an_end() -> None:
    node_tasks.FAILURES["add"] = 5
    report = run(one("retries: 1"))
    assert states(report) == {"a": "failed"}
    assert node_tasks.RUNS["add"] == 2


def test_pauses_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", pauses.append)
    node_tasks.FAILURES["add"] = 3
    assert states(run(one("retries: 3, retry_delay_seconds: [1, 7]"))) == {"a": "completed"}
    assert pauses == [1, 7, 7]


def test_a_task_that_takes_too_long_is_given_up() -> None:
    slow = (
        "name: x\nworkflow:\n"
        "  - {id: a, task: nap, partial: {seconds: 30}, timeout_seconds: 0.2, retries: 1}\n"
    )
    started = time.perf_counter()
    report = run(workflow(slow))
    assert time.perf_counter() - started < 10
    assert report.outcomes["a"].error == "'a': gave up after 0.2 s (timeout_seconds)"
    assert node_tasks.RUNS["nap"] == 2
    assert list(Store("cache").results()) == []


def test_a_task_within_its_time_is_left_alone() -> None:
    quick = "name: x\nworkflow:\n  - {id: a, task: nap, partial: {seconds: 0}, timeout_seconds: 5}\n"
    assert states(run(workflow(quick))) == {"a": "completed"}


def test_a_time_limit_outside_the_main_thread_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[Report] = []
    with caplog.at_level(logging.WARNING, "ecoflows"):
        thread = threading.Thread(target=lambda: reports.append(run(one("timeout_seconds: 5"))))
        thread.start()
        thread.join()
    assert states(reports[0]) == {"a": "completed"}
    assert "cannot be enforced outside the main thread" in caplog.text


def test_from_runs_what_depends_on_it_too() -> None:
    run()
    node_tasks.RUNS.clear()
    report = run(start=["clean"], force=["clean"])
    assert states(report) == {
        "read": "cached",
        "clean": "completed",
        "total": "cached",
        "count": "cached",
        "add": "cached",
    }
    assert dict(node_tasks.RUNS) == {"clean": 1}


def test_to_runs_what_it_depends_on_and_no_more() -> None:
    report = run(end=["clean"])
    assert states(report) == {**dict.fromkeys(NAMES, "not_run"), "read": "completed", "clean": "completed"}
    assert report.outcomes["add"].error is None


def test_only_runs_one() -> None:
    run()
    node_tasks.RUNS.clear()
    report = run(only=["count"], force=["count"])
    assert states(report) == {
        "read": "cached",
        "clean": "cached",
        "total": "not_run",
        "count": "completed",
        "add": "not_run",
    }
    assert dict(node_tasks.RUNS) == {"count": 1}


def test_force_runs_what_is_cached() -> None:
    run()
    report = run(force=["add", "total"])
    assert states(report) == {
        "read": "completed",
        "clean": "cached",
        "total": "completed",
        "count": "cached",
        "add": "completed",
    }


def test_what_is_left_out_must_have_a_stored_result() -> None:
    with pytest.raises(UsageError, match=r"'read' is needed, but has no stored result .*never ran"):
        run(only=["clean"])


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"start": ["ad"]}, "--from: there is no task instance 'ad' in the spec; did you mean 'add'?"),
        ({"end": ["zzz"]}, "--to: there is no task instance 'zzz'"),
        ({"only": ["x"]}, "--only: there is no"),
        ({"force": ["x"]}, "--force: there is no"),
        ({"start": ["add"], "end": ["read"]}, "nothing lies between"),
        ({"only": ["read"], "force": ["add"]}, "--force names 'add', which"),
    ],
)
def test_selections_that_make_no_sense(selection: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        select(workflow(), **selection)
    assert message in str(raised.value)


def test_a_damaged_artifact_is_computed_again_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    first = run()
    result = first.outcomes["clean"].result
    assert result is not None
    Path("cache", result.artifact.path).write_bytes(b"spoilt")
    with caplog.at_level(logging.WARNING, "ecoflows"):
        second = run()
    assert states(second)["clean"] == "completed"
    assert "'clean' is computed again, its stored result cannot be used" in caplog.text
    mended = second.outcomes["clean"].result
    assert mended is not None
    assert mended.artifact == result.artifact
    assert value(second, "clean")["x"].tolist() == [1.0, 2.0]
    assert states(run())["clean"] == "cached"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", None])
def test_a_damaged_result_file_counts_as_absent(damage: bytes | None) -> None:
    first = run()
    result = first.outcomes["total"].result
    assert result is not None
    (file,) = Path("cache").rglob(f"{result.key}.json")
    file.unlink() if damage is None else file.write_bytes(damage)
    assert states(run())["total"] == "completed"
    assert states(run())["total"] == "cached"


def test_listeners_are_told_in_order() -> None:
    told: list[tuple[str, str | None]] = []

    def listen(name: str, outcome: Outcome | None) -> None:
        told.append((name, outcome.state.value if outcome else None))

    node_tasks.FAILURES["total"] = 1
    job = workflow()
    run_sequential(Run(job, Store("cache"), select(job), listen))
    assert told == [
        *[(name, state) for name in ("read", "clean") for state in (None, "completed")],
        ("total", None),
        ("total", "failed"),
        ("count", None),
        ("count", "completed"),
        ("add", "not_run"),
    ]


def test_the_report_is_json() -> None:
    job = workflow()
    store = Store("cache")
    given = Run(job, store, select(job))
    shown = json.loads(json.dumps(run_sequential(given).as_json(given)))
    assert shown["state"] == "completed"
    assert shown["run"]["workflow"] == "numbers"
    assert [node["id"] for node in shown["nodes"]] == NAMES
    assert shown["nodes"][1]["artifact"]["rows"] == 2


def test_equal_runs_in_two_roots_give_equal_artifacts() -> None:
    job = workflow()
    reports = [run_sequential(Run(job, Store(root), select(job))) for root in ("one", "two")]
    digests = [
        [outcome.result and outcome.result.artifact.sha256 for outcome in report.outcomes.values()]
        for report in reports
    ]
    assert digests[0] == digests[1]
    assert None not in digests[0]


def test_an_interrupt_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(node_tasks, "note", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert list(Store("cache").results()) == []
