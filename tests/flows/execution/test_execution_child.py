"""Calls in child processes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pod_flow import Flow
from test_execution_ending import is_alive, wait_until
from test_execution_pods import error, states

from ecoflows.flows.execution import child

pytestmark = pytest.mark.pods

SUM = """
name: sum in processes
workflow:
  - {id: one, task: number, partial: {value: 1}}
  - {id: here, task: where, execution: inline}
  - {id: there, task: where}
  - id: odd
    task: odd_only
    map: {argnames: value, argvalues: [1, 2, 3], on_error: skip, batch: 1}
"""


def test_results_are_those_of_the_sequential_engine(
    flow: Flow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import os

    with caplog.at_level("INFO"):
        report = flow.run(SUM, {"mode": "process"})
    assert set(states(report).values()) == {"completed"}, [one.error for one in report.outcomes.values()]
    expected = flow.sequential(SUM, tmp_path / "other")
    for name in ("one", "odd"):
        result = report.outcomes[name].result
        assert result.artifact == expected.outcomes[name].result.artifact
        assert result.key == expected.outcomes[name].result.key
    assert flow.value(report, "here")[0] == str(os.getpid())
    assert flow.value(report, "there")[0] != str(os.getpid())
    elements = report.outcomes["odd"].elements
    assert elements is not None
    assert elements[1].error == "'odd[1]': ValueError: 2 is even"
    assert "a line of the task's own" in caplog.messages


def test_what_is_cached_starts_no_process(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "{name: one, tasks: {plus: {a: 1, b: 2}}}"
    flow.run(text, {"mode": "process"})
    monkeypatch.setattr(child.subprocess, "Popen", None)
    assert states(flow.run(text, {"mode": "process"})) == {"plus": "cached"}


def test_a_process_that_does_not_end_in_time_is_killed_with_its_children(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own limit is far away here, as in a library that never returns to Python."""
    monkeypatch.setattr(child, "LATE_SECONDS", -56.5)
    text = f"{{name: slow, tasks: {{linger: {{folder: '{tmp_path}', seconds: 120, timeout_seconds: 60}}}}}}"
    started = time.monotonic()
    report = flow.run(text, {"mode": "process"})
    assert error(report, "linger") == "'linger': gave up after 60 s (timeout_seconds)"
    assert time.monotonic() - started < 40
    pids = [int(pid) for pid in (tmp_path / "begun").read_text().split()]
    wait_until(lambda: not any(map(is_alive, pids)))


def test_children_of_a_task_that_ended_do_not_keep_it(flow: Flow, tmp_path: Path) -> None:
    """One that the task leaves behind holds the ends of its pipes."""
    arguments = f"folder: '{tmp_path}', seconds: 60, quiet: false, timeout_seconds: 1"
    report = flow.run(f"{{name: slow, tasks: {{linger: {{{arguments}}}}}}}", {"mode": "process"})
    assert error(report, "linger") == "'linger': gave up after 1 s (timeout_seconds)"
    pids = [int(pid) for pid in (tmp_path / "begun").read_text().split()]
    wait_until(lambda: not any(map(is_alive, pids)), 5)


def test_a_process_that_is_killed_or_breaks(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says of that is told."""
    import sys

    commands = {
        "-c import os; os.kill(os.getpid(), 9)": "its process was killed, as the system does where memory",
        "-c raise SystemExit('no luck')": "its process ended with exit code 1:\nno luck",
        "-c import os; os.kill(os.getpid(), 11)": "its process ended by signal 11",
    }
    usual = child.subprocess.Popen
    for command, expected in commands.items():
        option, _, text = command.partition(" ")

        def started(_command: object, text: str = text, **more: object) -> object:
            return usual([sys.executable, option, text], **more)  # noqa: B023  # the same in all

        monkeypatch.setattr(child.subprocess, "Popen", started)
        report = flow.run("{name: one, tasks: {plus: {a: 1, b: 2}}}", {"mode": "process"})
        monkeypatch.setattr(child.subprocess, "Popen", usual)
        assert expected in error(report, "plus")
