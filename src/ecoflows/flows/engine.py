"""The Prefect engine: run a workflow as a flow on the configured or the local server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from prefect import Flow, tags
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State as PrefectState
from prefect.context import FlowRunContext
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, get_current_settings, temporary_settings

from ecoflows.flows.build import build_flow, parameter_names
from ecoflows.flows.caching import saved_block
from ecoflows.flows.connection_blocks.block_types import register_missing
from ecoflows.flows.environment import bypass_proxies
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.flows.flow_run import FlowRun
from ecoflows.flows.interrupt import interruptible
from ecoflows.flows.server import ServerError, ensure_server, in_use
from ecoflows.workflow.execution import Run
from ecoflows.workflow.mocks import mocked_ids
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import Outcome, State
from ecoflows.workflow.report import Report

_DELIVERY_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """The Prefect server in use.

    Attributes:
        ui_url: Where people watch runs.
        local: Whether it is the background server of this machine.
    """

    ui_url: str
    local: bool


@contextmanager
def connected(say: Callable[[str], None]) -> Iterator[Server]:
    """Use the configured Prefect server, or the local one where none is.

    Args:
        say: Told what is going on while a local server starts.

    Raises:
        ServerError: If the server does not answer, or the local one does not start.
    """
    if get_current_settings().api.url:
        _require_answer(str(PREFECT_API_URL.value()))
        try:
            url = str(PREFECT_UI_URL.value() or PREFECT_API_URL.value())
            yield Server(without_credentials(url).removesuffix("/api"), local=False)
        finally:
            _deliver()
        return
    server = ensure_server(say)
    bypass_proxies()
    with in_use(), temporary_settings({PREFECT_API_URL: server.api_url}):
        try:
            register_missing()
            yield Server(server.url, local=True)
        finally:
            _deliver()


def without_credentials(url: str) -> str:
    """A URL as it may be shown: without the user and password that it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _require_answer(url: str) -> None:
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise ServerError(
            f"the Prefect server at PREFECT_API_URL={without_credentials(url)} does not answer "
            f"({type(error).__name__}: {error}); "
            "start it, or unset PREFECT_API_URL to use a local one"
        ) from error


def _deliver() -> None:
    """Send what Prefect still holds back: the last states and log lines of a run."""
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=_DELIVERY_SECONDS)


def run_prefect(
    run: Run, workflow: Workflow, parameters: Mapping[str, Mapping[str, Any]], server: Server
) -> Report:
    """Run a workflow as a Prefect flow.

    Args:
        run: What to run, every argument bound.
        workflow: The same workflow with its parameters open: the flow's signature.
        parameters: What is given for them, by instance id and argument.
        server: The server in use, from ``connected``.

    Returns:
        What became of each node.

    Raises:
        UsageError: If the selection needs stored results that do not exist.
        ServerError: If the server stops answering.
    """
    started = time.perf_counter()
    settings = ExecutionSettings.from_environment()
    flow_run = FlowRun(run, saved_block(run.store), settings)
    identity: dict[str, str] = {}

    def execute() -> PrefectState:
        context = FlowRunContext.get()
        if context is not None and context.flow_run is not None:
            identity.update(id=str(context.flow_run.id), name=context.flow_run.name)
        return flow_run.execute()

    flow: Flow[..., Any] = build_flow(workflow, execute, settings)
    names = parameter_names(workflow)
    given = {names[key]: dict(section) for key, section in parameters.items() if key in names}
    mark = ["mock"] if mocked_ids(run.workflow) else []
    try:
        with tags(*mark), interruptible(identity, flow_run.execution.close):
            state = flow(**given, return_state=True)
    except httpx.HTTPError as error:
        raise ServerError(
            f"the Prefect server at {server.ui_url} was lost during the run ({type(error).__name__}); what "
            "was computed is kept under the cache root: give the same command again to go on"
        ) from error
    outcomes = flow_run.outcomes
    ordered = {name: outcomes.get(name) or _crashed(name, state) for name in run.workflow.nodes}
    return Report(
        ordered,
        time.perf_counter() - started,
        "prefect",
        identity.get("id"),
        identity.get("name"),
        f"{server.ui_url}/runs/flow-run/{identity['id']}" if "id" in identity else server.ui_url,
    )


def _crashed(name: str, state: Any) -> Outcome:
    """The outcome of a node that the flow run did not get to."""
    return Outcome(
        name, State.FAILED, error=f"'{name}': the flow run ended early: {state.message or state.name}"
    )
