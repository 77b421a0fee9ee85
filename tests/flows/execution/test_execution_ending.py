"""However a run ends, nothing of it runs on; and a run that is started again finds what does."""

from __future__ import annotations

import contextvars
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pod_flow import PATHS, Flow
from prefect.client.orchestration import get_client
from prefect.states import Cancelling

from ecoflows.flows import cancelling
from ecoflows.flows.execution.settings import VARIABLE
from kubernetes_double.starting import Double
from support import command_environment

pytestmark = pytest.mark.pods

LINGER = "name: lingering\ntasks: {{linger: {{folder: '{folder}', seconds: {seconds}, retries: 3}}}}"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not come about"
        time.sleep(0.05)


@contextmanager
def driver(flow: Flow, mode: str, spec: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a spec as a flow."""
    variables = {
        VARIABLE: f'{{"mode": "{mode}"}}',
        "KUBECONFIG": str(flow.cluster.kubeconfig),
        "PREFECT_API_URL": f"{flow.server.ui_url}/api",
        "PYTHONPATH": PATHS,
        "NO_PROXY": "127.0.0.1",
    }
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("driver.py")), str(spec), str(flow.root)],
        env=command_environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begun(flow: Flow, folder: Path) -> list[int]:
    """The task's process and its child's, once the task has begun."""
    return [int(pid) for pid in flow.wait_for(folder / "begun", 60).split()]


@pytest.mark.parametrize(
    ("mode", "numbers"),
    [
        ("pod", [signal.SIGTERM]),
        ("pod", [signal.SIGINT]),
        ("pod", [signal.SIGINT, signal.SIGINT]),
        ("process", [signal.SIGTERM]),
    ],
)
def test_signals_end_what_runs_elsewhere(
    flow: Flow, tmp_path: Path, mode: str, numbers: list[signal.Signals]
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(LINGER.format(folder=tmp_path, seconds=120))
    with driver(flow, mode, spec) as process:
        pids = begun(flow, tmp_path)
        assert len(flow.cluster.objects("jobs")) == (mode == "pod")
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.05)  # else two are one
        output, _ = process.communicate(timeout=60)
    assert process.returncode not in (0, None), output
    assert flow.cluster.objects("jobs") == []
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_run_that_is_cancelled_in_the_ui_ends(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "LOOK_SECONDS", 0.3)

    def cancel() -> list[int]:
        pids = begun(flow, tmp_path)
        (job,) = flow.cluster.objects("jobs")
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(job["metadata"]["labels"]["ecoflows/flow-run"], Cancelling())
        return pids

    with ThreadPoolExecutor(1) as other:
        cancelled = other.submit(contextvars.copy_context().run, cancel)  # it knows the server
        report = flow.run(LINGER.format(folder=tmp_path, seconds=60))
    pids = cancelled.result()
    assert flow.cluster.objects("jobs") == []
    assert report.outcomes["linger"].state.value == "failed"
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(report.id).state
    assert state is not None
    assert state.is_cancelled(), state
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_run_that_is_cancelled_as_it_ends_is_cancelled(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect takes no other end for it, and leaves it as it is if it gets one."""
    monkeypatch.setattr(cancelling, "LOOK_SECONDS", 1000)

    def cancel() -> None:
        begun(flow, tmp_path)
        (job,) = flow.cluster.objects("jobs")
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(job["metadata"]["labels"]["ecoflows/flow-run"], Cancelling())
        (tmp_path / "end").touch()

    with ThreadPoolExecutor(1) as other:
        cancelled = other.submit(contextvars.copy_context().run, cancel)
        report = flow.run(LINGER.format(folder=tmp_path, seconds=60))
    cancelled.result()
    assert report.outcomes["linger"].state.value == "completed"
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(report.id).state
    assert state is not None
    assert state.is_cancelled(), state


def test_a_run_that_was_killed_is_taken_up_with_its_job(
    flow: Flow, jobs_before: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = LINGER.format(folder=tmp_path, seconds=200)
    spec = tmp_path / "spec.yaml"
    spec.write_text(text)
    with driver(flow, "pod", spec) as process:
        pids = begun(flow, tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
    (job,) = flow.cluster.objects("jobs")
    assert is_alive(pids[0])

    def end_when_adopted() -> None:
        before = job["metadata"]["labels"]
        wait_until(lambda: flow.cluster.objects("jobs")[0]["metadata"]["labels"] != before, 120)
        (tmp_path / "end").touch()

    with caplog.at_level("INFO"), ThreadPoolExecutor(1) as other:
        ended = other.submit(end_when_adopted)
        report = flow.run(text)
    ended.result()
    assert report.outcomes["linger"].state.value == "completed", report.outcomes["linger"].error
    assert len(flow.jobs(jobs_before)) == 1
    (found,) = flow.jobs(jobs_before)
    assert found["metadata"]["uid"] == job["metadata"]["uid"]
    assert found["metadata"]["labels"]["ecoflows/flow-run"] == report.id
    assert any("goes on with the Job" in message for message in caplog.messages)


def test_what_may_not_be_reused_is_not_taken_over(flow: Flow, jobs_before: int, tmp_path: Path) -> None:
    """The Job of another flow run may have read what is out of date by now."""
    text = LINGER.format(folder=tmp_path, seconds=0.1).replace("retries: 3", "cache: never")
    flow.run(text)
    flow.run(text)
    assert len({job["metadata"]["name"] for job in flow.jobs(jobs_before)}) == 2


def test_a_flow_that_fails_leaves_no_job(flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here because the flow itself breaks while a pod is at work."""
    from ecoflows.flows.flow_run import FlowRun

    def broken(_self: FlowRun) -> Any:
        begun(flow, tmp_path)
        raise RuntimeError("no more of this")

    monkeypatch.setattr(FlowRun, "_next", broken)
    report = flow.run(LINGER.format(folder=tmp_path, seconds=120))
    assert "no more of this" in (report.outcomes["linger"].error or "")
    assert flow.cluster.objects("jobs") == []


def test_own_processes_are_no_zombies(cluster: Double) -> None:
    """The helper above tells ended processes from running ones."""
    child = subprocess.Popen(["true"])
    wait_until(lambda: not is_alive(child.pid))
    assert child.wait() == 0
    assert is_alive(os.getpid())
