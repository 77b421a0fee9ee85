"""Flows whose calls are made elsewhere: a stand-in for a cluster, and a way to run a spec on it."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pod_tasks
import pytest

import flow_tasks
from ecoflows import source
from ecoflows.flows.execution.settings import VARIABLE
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.params import bind
from ecoflows.workflow.report import Report
from kubernetes_double.starting import Double, started
from support import registry_of, workflow_of

TESTS = Path(__file__).parents[2]
PATHS = os.pathsep.join(map(str, (TESTS / "flows" / "execution", TESTS / "flows", TESTS)))

HOG = f"""#!{sys.executable}
import os, sys, time
taken = bytearray(150_000_000)
for place in range(0, len(taken), 4096):
    taken[place] = 1
time.sleep(1.5)
del taken
os.execv({sys.executable!r}, [{sys.executable!r}, "-m", "ecoflows", *sys.argv[1:]])
"""

OLD = """#!/bin/sh
echo "there is no such command: $1" >&2
exit 2
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """A stand-in for a cluster, with some images."""
    folder = tmp_path_factory.mktemp("cluster")
    images: dict[str, Any] = {}
    real = {"path": str(Path(sys.executable).parent), "env": {"PYTHONPATH": PATHS}}
    for name in ("tasks:1", "tasks:2"):
        images[name] = real
    for name, text in {"hog:1": HOG, "old:1": OLD}.items():
        place = folder / name.replace(":", "-")
        place.mkdir()
        script = place / "ecoflows"
        script.write_text(text)
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        images[name] = {"path": str(place), "env": {"PYTHONPATH": PATHS}}
    images["empty:1"] = {"path": str(folder)}
    with started(folder / "double", images) as found:
        yield found


@dataclass(frozen=True)
class Flow:
    """A way to run a spec's text as a flow whose calls are made elsewhere.

    Attributes:
        root: The cache root.
        server: The Prefect server.
        cluster: The cluster.
        patch: Sets the environment.
    """

    root: Path
    server: Any
    cluster: Double
    patch: pytest.MonkeyPatch

    def run(
        self, text: str, settings: Mapping[str, Any] | None = None, root: Path | None = None, **selection: Any
    ) -> Report:
        """Run a spec; without settings in pods."""
        from ecoflows.flows.engine import run_prefect

        chosen = {"mode": "pod", **(settings or {})}
        self.patch.setenv(VARIABLE, json.dumps(chosen))
        workflow = workflow_of(text, registry_of(pod_tasks, flow_tasks))
        bound = bind(workflow, source.Source("params.yaml", data={}))
        run = Run(bound, Store(root or self.root), select(bound, **selection))
        return run_prefect(run, workflow, {}, self.server)

    def sequential(self, text: str, root: Path) -> Report:
        """Run a spec with the engine that knows nothing of processes and pods."""
        workflow = workflow_of(text, registry_of(pod_tasks, flow_tasks))
        return run_sequential(Run(workflow, Store(root), select(workflow)))

    def jobs(self, since: int = 0) -> list[dict[str, Any]]:
        """All Jobs that ever were, from some number on."""
        return self.cluster.ever("jobs")[since:]

    @staticmethod
    def wait_for(file: Path, seconds: float = 30) -> str:
        """The content of a file that a task writes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if file.exists() and (text := file.read_text()):
                return text
            time.sleep(0.05)
        raise TimeoutError(file)

    def value(self, report: Report, name: str) -> Any:
        """What a task instance returned."""
        result = report.outcomes[name].result
        assert result is not None, report.outcomes[name].error
        return Store(self.root).load(result.artifact)


@pytest.fixture
def flow(server: Any, cluster: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flow]:
    """Runs specs in pods; no Job of theirs is left."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    yield Flow(tmp_path / "cache", server, cluster, monkeypatch)
    left = cluster.objects("jobs")
    for job in left:
        cluster.request("DELETE", cluster.path("jobs", job["metadata"]["name"]))
    assert left == []


@pytest.fixture
def jobs_before(cluster: Double) -> int:
    """How many Jobs there have been before the test."""
    return len(cluster.ever("jobs"))
