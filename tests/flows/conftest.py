"""A local Prefect server for all tests of this folder, started and stopped by ecoflows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import flow_tasks
import map_tasks
from ecoflows import source
from ecoflows.flows.environment import prepare
from ecoflows.store import Store
from ecoflows.workflow.execution import Listener, Run, ignore, select
from ecoflows.workflow.params import bind
from ecoflows.workflow.report import Report
from support import registry_of, workflow_of

prepare()


@pytest.fixture(scope="session")
def server(server_home: Path) -> Iterator[Any]:  # it is where the server lives
    """The local server, with this process connected to it."""
    from ecoflows.flows.engine import connected

    with connected(lambda _text: None) as found:
        yield found


@pytest.fixture
def run_flow(server: Any, tmp_path: Path) -> Callable[..., Report]:
    """Run a spec's text as a Prefect flow; results live under the test's folder unless said."""
    from ecoflows.flows.engine import run_prefect

    def run(
        text: str,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        root: str | None = None,
        listener: Listener = ignore,
        **selection: Any,
    ) -> Report:
        workflow = workflow_of(text, registry_of(flow_tasks, map_tasks))
        bound = bind(workflow, source.Source("params.yaml", data=dict(params or {})))
        store = Store(root or str(tmp_path / "cache"))
        job = Run(bound, store, select(bound, **selection), listener)
        return run_prefect(job, workflow, params or {}, server)

    return run
