"""Workflows as real Prefect flows on a real server."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import flow_tasks
from ecoflows.store import Store
from ecoflows.workflow.outcome import Outcome, State
from ecoflows.workflow.report import Report

RunFlow = Callable[..., Report]

NUMBERS = """
name: numbers
tasks:
  scale: {numbers: read_numbers, k: 2}
  mean: {numbers: scale}
  maximum: {numbers: scale}
  read_numbers:
"""


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    flow_tasks.calls.clear()


def states(report: Report) -> dict[str, str]:
    return {name: outcome.state.value for name, outcome in report.outcomes.items()}


def value(report: Report, name: str, root: Path) -> Any:
    result = report.outcomes[name].result
    assert result is not None
    return Store(root / "cache").load(result.artifact)


def task_runs(server: Any, report: Report) -> list[dict[str, Any]]:
    """What the server tells of a run's tasks, once it has recorded the end of all of them."""
    deadline = time.monotonic() + 30
    while True:
        reply = httpx.post(
            f"{server.ui_url}/api/task_runs/filter",
            json={"flow_runs": {"id": {"any_": [report.id]}}},
            trust_env=False,
        )
        found = reply.raise_for_status().json()
        ended = [
            run
            for run in found
            if (state := run["state"])  # none while a busy server has not recorded any
            and (state["type"] in ("COMPLETED", "FAILED") or state["name"] == "NotReady")
        ]
        if len(ended) == len(report.outcomes) or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_runs_every_task_and_persists_results(run_flow: RunFlow, tmp_path: Path) -> None:
    report = run_flow(NUMBERS)
    assert set(states(report).values()) == {"completed"}
    assert value(report, "mean", tmp_path) == 4.0
    assert value(report, "maximum", tmp_path) == 8.0
    assert list(report.outcomes) == ["read_numbers", "scale", "mean", "maximum"]


def test_equal_content_upstream_is_a_hit_downstream(run_flow: RunFlow) -> None:
    """The io task runs again and writes an equal table; nothing after it does."""
    run_flow(NUMBERS)
    report = run_flow(NUMBERS)
    assert states(report) == {
        "read_numbers": "completed",
        "scale": "cached",
        "mean": "cached",
        "maximum": "cached",
    }
    assert flow_tasks.calls == {"read_numbers": 2, "scale": 1, "mean": 1, "maximum": 1}


def test_changed_content_upstream_is_no_hit(run_flow: RunFlow, tmp_path: Path) -> None:
    run_flow(NUMBERS)
    report = run_flow(NUMBERS, {"read_numbers": {"count": 3}})
    assert set(states(report).values()) == {"completed"}
    assert value(report, "maximum", tmp_path) == 4.0


def test_two_functions_under_one_wrapper_do_not_share_results(run_flow: RunFlow, tmp_path: Path) -> None:
    report = run_flow(NUMBERS)
    assert (value(report, "mean", tmp_path), value(report, "maximum", tmp_path)) == (4.0, 8.0)
    assert flow_tasks.calls["maximum"] == 1


def test_two_instances_with_other_literals_do_not_share_results(run_flow: RunFlow, tmp_path: Path) -> None:
    report = run_flow("""
        name: literals
        workflow:
          - {id: fixes, task: read_numbers}
          - {id: double, task: scale, partial: {numbers: "${{ workflow.fixes.return }}", k: 2}}
          - {id: tenfold, task: scale, partial: {numbers: "${{ workflow.fixes.return }}", k: 10}}
        """)
    assert value(report, "double", tmp_path)["value"].tolist() == [0, 2, 4, 6, 8]
    assert value(report, "tenfold", tmp_path)["value"].tolist() == [0, 10, 20, 30, 40]


def test_names_edges_tags_and_states_in_the_ui(run_flow: RunFlow, server: Any) -> None:
    run_flow(NUMBERS)
    report = run_flow(NUMBERS)
    runs = {run["id"]: run for run in task_runs(server, report)}
    names = {key: run["name"] for key, run in runs.items()}
    assert sorted(names.values()) == ["maximum", "mean", "read_numbers", "scale"]
    edges = {
        (names[source["id"]], run["name"])
        for run in runs.values()
        for sources in run["task_inputs"].values()
        for source in sources
    }
    assert edges == {("read_numbers", "scale"), ("scale", "mean"), ("scale", "maximum")}
    shown = {run["name"]: (run["state"]["name"], run["tags"]) for run in runs.values()}
    assert shown["read_numbers"] == ("Completed", ["io"])
    assert shown["scale"] == ("Cached", [])


def test_flow_run_shows_parameters_and_counts(run_flow: RunFlow, server: Any) -> None:
    report = run_flow(NUMBERS, {"read_numbers": {"count": 2}})
    assert report.url == f"{server.ui_url}/runs/flow-run/{report.id}"
    flow_run = httpx.get(f"{server.ui_url}/api/flow_runs/{report.id}", trust_env=False).json()
    assert flow_run["parameters"]["read_numbers"] == {"count": 2}
    assert flow_run["state"]["name"] == "Completed"
    assert flow_run["state"]["message"] == "4 task instances: 4 completed"


FAILING = """
name: failing
tasks:
  read_numbers:
  fail: {numbers: read_numbers}
  add: {a: fail, b: 1}
  mean: {numbers: read_numbers}
"""


def test_a_failing_task_fails_its_dependents_and_nothing_else(run_flow: RunFlow, server: Any) -> None:
    told: list[tuple[str, str | None]] = []

    def listener(name: str, outcome: Outcome | None) -> None:
        told.append((name, outcome.state.value if outcome else None))

    report = run_flow(FAILING, listener=listener)
    assert states(report) == {
        "read_numbers": "completed",
        "fail": "failed",
        "add": "not_run",
        "mean": "completed",
    }
    assert report.outcomes["fail"].error == "'fail': ValueError: cannot work with 5 numbers"
    assert report.outcomes["add"].error == "needs 'fail', which did not complete"
    assert isinstance(report.outcomes["fail"].exception.__cause__, ValueError)
    assert told.count(("fail", "failed")) == 1
    assert told.count(("add", "not_run")) == 1
    shown = {run["name"]: run["state"]["name"] for run in task_runs(server, report)}
    assert shown.pop("fail") == "Failed"
    # Prefect names a task run when it starts; one that never does keeps a suffix.
    assert [state for name, state in shown.items() if name.startswith("add")] == ["NotReady"]


def test_independent_branches_run_at_the_same_time(run_flow: RunFlow) -> None:
    flow_tasks.barrier.reset()
    report = run_flow("{name: meeting, tasks: {meet_left: , meet_right: }}")
    assert set(states(report).values()) == {"completed"}


def test_retries_as_the_spec_says(run_flow: RunFlow, server: Any) -> None:
    report = run_flow("{name: retrying, tasks: {fail_twice: {seed: 1, retries: 2, retry_delay_seconds: 0}}}")
    assert states(report) == {"fail_twice": "completed"}
    assert flow_tasks.calls["fail_twice"] == 3
    assert task_runs(server, report)[0]["run_count"] == 3


def test_retries_end(run_flow: RunFlow) -> None:
    report = run_flow(
        "{name: retrying, tasks: {fail_twice: {seed: 1, retries: 1, retry_delay_seconds: [0]}}}"
    )
    assert states(report) == {"fail_twice": "failed"}
    assert flow_tasks.calls["fail_twice"] == 2


def test_time_limit_as_the_spec_says(run_flow: RunFlow, server: Any) -> None:
    report = run_flow("{name: slow, tasks: {dawdle: {seconds: 90, timeout_seconds: 0.5}}}")
    assert states(report) == {"dawdle": "failed"}
    assert report.seconds < 60
    assert report.outcomes["dawdle"].error == "'dawdle': gave up after 0.5 s (timeout_seconds)"
    assert task_runs(server, report)[0]["state"]["name"] == "TimedOut"


@pytest.mark.parametrize("damage", ["truncate", "alter", "remove"])
def test_a_damaged_artifact_is_told_and_computed_again(
    run_flow: RunFlow, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = run_flow(NUMBERS)
    result = first.outcomes["scale"].result
    assert result is not None
    file = tmp_path / "cache" / result.artifact.path
    content = file.read_bytes()
    if damage == "truncate":
        file.write_bytes(content[:-100])
    elif damage == "alter":
        file.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    else:
        file.unlink()
    with caplog.at_level("WARNING", logger="ecoflows"):
        second = run_flow(NUMBERS)
    assert states(second)["scale"] == "completed"
    assert states(second)["mean"] == "cached"
    assert file.read_bytes() == content
    assert any("'scale' is computed again" in message for message in caplog.messages)


def test_force_runs_what_is_cached(run_flow: RunFlow) -> None:
    run_flow(NUMBERS)
    report = run_flow(NUMBERS, force=["scale"])
    assert states(report)["scale"] == "completed"
    assert states(report)["mean"] == "cached"


def test_from_takes_stored_results_of_what_it_leaves_out(run_flow: RunFlow) -> None:
    run_flow(NUMBERS)
    report = run_flow(NUMBERS, start=["mean"], force=["mean"])
    assert states(report) == {
        "read_numbers": "cached",
        "scale": "cached",
        "mean": "completed",
        "maximum": "not_run",
    }
    assert flow_tasks.calls["read_numbers"] == 1


def test_a_selection_with_a_gap_is_refused(run_flow: RunFlow) -> None:
    from ecoflows.errors import UsageError

    with pytest.raises(UsageError, match="'scale' lies between task instances that are to run"):
        run_flow(NUMBERS, only=["read_numbers", "mean"])


def test_a_flow_that_breaks_is_a_failed_run(run_flow: RunFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecoflows.flows.task_runs import Calls

    def broken(_self: Calls, _job: object) -> None:
        raise RuntimeError("no tasks today")

    monkeypatch.setattr(Calls, "task", broken)
    report = run_flow(NUMBERS)
    assert set(states(report).values()) == {"failed"}
    assert "no tasks today" in (report.outcomes["mean"].error or "")


def test_a_result_that_comes_between_our_look_and_prefects(
    run_flow: RunFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecoflows.workflow.execution import Run

    run_flow(NUMBERS)
    monkeypatch.setattr(Run, "find", lambda _self, _node, _call: None)
    assert states(run_flow(NUMBERS))["mean"] == "cached"


def test_parameters_are_validated_once(run_flow: RunFlow, tmp_path: Path) -> None:
    report = run_flow("{name: once, tasks: {exclaim: }}", {"exclaim": {"text": "hi"}})
    assert value(report, "exclaim", tmp_path) == "hi!"


def test_cache_options_of_the_spec(run_flow: RunFlow) -> None:
    text = """
        name: options
        tasks:
          read_numbers: {cache: always}
          scale: {numbers: read_numbers, k: 2, cache: never}
          mean: {numbers: read_numbers, cache: {ttl: 1h}}
          maximum: {numbers: read_numbers, cache: {ttl: 0.001s}}
        """
    run_flow(text)
    assert states(run_flow(text)) == {
        "read_numbers": "cached",
        "scale": "completed",
        "mean": "cached",
        "maximum": "completed",
    }


def test_nothing_under_the_cache_root_is_a_pickle(
    run_flow: RunFlow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted record that names Prefect's pickle serializer is never loaded."""
    from prefect.serializers import PickleSerializer

    def loaded(_self: object, _blob: bytes) -> None:
        raise AssertionError("a pickle was read")

    report = run_flow(NUMBERS)
    root = tmp_path / "cache"
    kinds = {file.suffix for file in root.rglob("*") if file.is_file()}
    assert kinds == {".parquet", ".json"}
    key = report.outcomes["scale"].result.key
    planted = json.dumps(
        {"metadata": {"storage_key": key, "serializer": {"type": "pickle"}}, "result": "gASVAA=="}
    )
    for folder in (root, root / "prefect"):
        folder.mkdir(exist_ok=True)
        (folder / key).write_text(planted)
    monkeypatch.setattr(PickleSerializer, "loads", loaded)
    assert states(run_flow(NUMBERS))["scale"] == "cached"


def test_a_result_of_the_sequential_engine_is_a_hit(run_flow: RunFlow, tmp_path: Path) -> None:
    from ecoflows.sequential import run_sequential
    from ecoflows.workflow.execution import Run, select
    from support import registry_of, workflow_of

    workflow = workflow_of(NUMBERS, registry_of(flow_tasks))
    sequential = run_sequential(Run(workflow, Store(tmp_path / "cache"), select(workflow)))
    report = run_flow(NUMBERS)
    assert [outcome.state for outcome in report.outcomes.values()] == [State.COMPLETED, *[State.CACHED] * 3]
    for name, outcome in report.outcomes.items():
        assert outcome.result.artifact == sequential.outcomes[name].result.artifact


def test_prefect_tells_the_result_of_a_finished_run(run_flow: RunFlow, server: Any) -> None:
    """What Prefect keeps for a task run is the reference to the artifact, io tasks included."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
    from prefect.client.schemas.sorting import TaskRunSort

    report = run_flow(NUMBERS)
    task_runs(server, report)
    with get_client(sync_client=True) as client:
        found = client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[report.id])),
            sort=TaskRunSort.ID_DESC,
            limit=10,
        )
        assert len(found) == len(report.outcomes)
        for run in found:
            stored = run.state.result(raise_on_failure=False)
            assert stored == report.outcomes[run.name].result.artifact.model_dump(mode="json")


def test_awkward_instance_ids(run_flow: RunFlow) -> None:
    report = run_flow(
        """
        name: "awkward: {names} / 名"
        workflow:
          - {id: "class", task: read_numbers}
          - {id: "fixes {0} (é)", task: read_numbers}
          - {id: "2 x", task: scale, partial: {numbers: "${{ workflow.fixes {0} (é).return }}"}}
        """,
        {"2 x": {"k": 2}, "class": {"count": 1}},
    )
    assert set(states(report).values()) == {"completed"}
    assert report.outcomes["class"].result.artifact.rows == 1


def test_the_cache_root_may_be_gone_between_runs(run_flow: RunFlow, tmp_path: Path) -> None:
    run_flow(NUMBERS)
    shutil.rmtree(tmp_path / "cache")
    assert set(states(run_flow(NUMBERS)).values()) == {"completed"}


def test_a_call_without_a_key_fails_before_it_runs(
    run_flow: RunFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be computed in full, and its result could not be stored."""
    from ecoflows import runtime
    from ecoflows.errors import SerializationError

    usual = runtime.cache_key

    def broken(task: Any, arguments: Any, shared: Any, **more: Any) -> Any:
        if task.name == "scale":
            raise SerializationError("the argument 'k' cannot be part of a key: no way to write it down")
        return usual(task, arguments, shared, **more)

    monkeypatch.setattr(runtime, "cache_key", broken)
    report = run_flow(NUMBERS)
    assert states(report)["scale"] == "failed"
    assert states(report)["mean"] == "not_run"
    assert report.outcomes["scale"].error is not None
    assert "'scale', its cache key: SerializationError: the argument 'k'" in report.outcomes["scale"].error
    assert flow_tasks.calls["scale"] == 0


def test_a_server_that_is_lost(run_flow: RunFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecoflows.flows import engine
    from ecoflows.flows.server import ServerError

    def lost(*_args: Any, **_kwargs: Any) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(engine, "build_flow", lambda *_args: lost)
    with pytest.raises(ServerError, match=r"was lost during the run \(ConnectError\); what was"):
        run_flow(NUMBERS)
