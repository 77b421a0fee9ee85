"""A way to run a spec as a flow whose calls are made elsewhere."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
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
from kubernetes_double.starting import Double
from support import registry_of, workflow_of

TESTS = Path(__file__).parents[2]
PATHS = os.pathsep.join(map(str, (TESTS / "flows" / "execution", TESTS / "flows", TESTS)))


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
