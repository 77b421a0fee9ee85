"""The flow of a deployment: what the two-line modules of ``ecoflows deployment build`` make."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from prefect import Flow
from prefect.client.schemas.objects import State as PrefectState
from prefect.context import FlowRunContext

from ecoflows import registry
from ecoflows import spec as specs
from ecoflows.errors import EcoflowsError
from ecoflows.flows.build import build_flow, parameter_names
from ecoflows.flows.caching import saved_block
from ecoflows.flows.flow_run import FlowRun
from ecoflows.settings import DEFAULT_CACHE_ROOT
from ecoflows.source import Source
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind
from ecoflows.workflow.resolve import resolve
from ecoflows.workflow.typecheck import require_no_refuted

CACHE_ROOT_VARIABLE = "ECOFLOWS_CACHE_ROOT"
"""The environment variable of a flow run that says where results live; it wins over the spec."""

_GIVEN = "the flow run's parameters"


def build(spec: str | Path, *, cache_root: str | None = None) -> Flow[..., Any]:
    """The flow of a spec, to be named by a deployment's entrypoint.

    It takes the parameters that the flow run has, which the deployment's own stand in for where a
    run gives none. Where its calls are made is said by the environment of the run.

    Args:
        spec: The spec; a relative path is relative to the file that calls this.
        cache_root: Where results live, where neither ``ECOFLOWS_CACHE_ROOT`` nor the spec says.

    Returns:
        The flow, named as the workflow; its parameters are one section per task instance.

    Raises:
        ProblemError: If the spec has problems, each with its place.
    """
    beside = sys._getframe(1).f_globals.get("__file__")
    file = Path(beside).parent / spec if beside and not Path(spec).is_absolute() else Path(spec)
    workflow = load(_shown(file))

    def execute() -> PrefectState:
        return run(workflow, _parameters(), cache_root)

    flow = build_flow(workflow, execute)
    _workflows[flow] = workflow
    return flow


_workflows: WeakKeyDictionary[Flow[..., Any], Workflow] = WeakKeyDictionary()


def workflow_of(flow: Flow[..., Any]) -> Workflow | None:
    """The workflow of a flow that was built here; ``None`` of any other.

    Args:
        flow: The flow.
    """
    return _workflows.get(flow)


def load(spec: str | Path) -> Workflow:
    """The workflow of a spec; its warnings are those of ``ecoflows check``.

    Args:
        spec: The spec's file.

    Raises:
        ProblemError: If it has problems.
    """
    workflow, _warnings = resolve(specs.load(spec), registry.installed())
    return workflow


def run(workflow: Workflow, parameters: Mapping[str, Any], cache_root: str | None = None) -> PrefectState:
    """Run a workflow in the flow run that is going on.

    Args:
        workflow: The workflow, its parameters open.
        parameters: The flow run's parameters, by their names in the flow.
        cache_root: Where results live, where neither the environment nor the spec says.

    Returns:
        The flow run's final state.

    Raises:
        ProblemError: If the parameters do not fit.
        NodeError: If a task instance failed.
    """
    bound = bind(workflow, as_params(workflow, parameters))
    require_no_refuted(bound)
    root = os.environ.get(CACHE_ROOT_VARIABLE) or workflow.cache_root or cache_root or DEFAULT_CACHE_ROOT
    store = Store(root)
    return FlowRun(Run(bound, store, select(bound)), saved_block(store)).execute()


def as_params(workflow: Workflow, parameters: Mapping[str, Any], name: str = _GIVEN) -> Source:
    """A flow's parameters as a params file has them: by the ids of task instances.

    Args:
        workflow: The workflow.
        parameters: Sections by their names in the flow; what is no such name stays as it is.
        name: What problems call the whole.
    """
    ids = {found: key for key, found in parameter_names(workflow).items()}
    return Source(name, data={ids.get(key, key): value for key, value in parameters.items()})


def _parameters() -> dict[str, Any]:
    """What the flow run was given, as it was: what Prefect hands on has been through pydantic."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise EcoflowsError("a deployment's flow runs as a Prefect flow run only")
    return dict(context.flow_run.parameters)


def _shown(file: Path) -> Path:
    """A path as messages show it: relative to the current folder, where it is below it."""
    whole = Path(os.path.normpath(file.absolute()))
    try:
        return whole.relative_to(Path.cwd())
    except ValueError:
        return whole
