"""A Prefect flow from a workflow: one task per node, edges as futures."""

from __future__ import annotations

import inspect
import keyword
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prefect import Flow, Task
from prefect.client.schemas.objects import State as PrefectState
from prefect.futures import PrefectFuture
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel

from ecoflows.errors import NodeError
from ecoflows.flows.caching import SERIALIZER, CacheRootResults, ResultKeys
from ecoflows.runtime import Call, run_node
from ecoflows.store import Artifact, Result
from ecoflows.workflow.execution import Outcome, Run, State
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.params import open_parameters, section_model


class FlowRun:
    """One run of a workflow as a Prefect flow.

    Attributes:
        run: What to run.
        outcomes: What became of each node so far, by id.
    """

    def __init__(self, run: Run, results: CacheRootResults) -> None:
        self.run = run
        self.results = results
        self.outcomes: dict[str, Outcome] = run.given()
        self._started: dict[str, float] = {}
        self._lock = threading.Lock()

    def execute(self) -> PrefectState:
        """Submit every node with its upstream futures and wait for all.

        Returns:
            The flow run's final state.

        Raises:
            NodeError: If a node failed; the message counts and names.
        """
        futures: dict[str, PrefectFuture[Any]] = {}
        for node in self.run.workflow.nodes.values():
            if node.id not in self.outcomes:
                inputs = {name: futures.get(name) or self._stored(name) for name in node.upstream}
                futures[node.id] = self.task(node).submit(inputs)
        for future in futures.values():
            future.wait()
        self._settle(futures)
        counts = _counted(self.outcomes.values())
        failed = [outcome for outcome in self.outcomes.values() if outcome.state is State.FAILED]
        if failed:
            raise NodeError(f"{failed[0].error} ({counts})")
        return Completed(message=counts)

    def task(self, node: Node) -> Task[[dict[str, Any]], dict[str, Any]]:
        """The Prefect task of one node."""

        def body(inputs: dict[str, Any]) -> dict[str, Any]:
            return self._attempt(node, inputs)

        delay = node.options.retry_delay_seconds
        return Task(
            body,
            name=node.id,
            task_run_name=lambda: node.id,
            description=node.task.description,
            tags=node.task.tags,
            retries=node.options.retries,
            retry_delay_seconds=list(delay) if isinstance(delay, tuple) else delay,
            timeout_seconds=node.options.timeout_seconds,
            cache_policy=ResultKeys(find_key=lambda inputs: self._key(node, inputs["inputs"])),
            persist_result=True,
            result_storage=self.results,
            result_serializer=SERIALIZER,
            on_completion=[lambda _task, _run, state: self._on_completion(node, state)],
        )

    def _stored(self, name: str) -> dict[str, Any]:
        result = self.outcomes[name].result
        if result is None:
            raise NodeError(f"'{name}' has no stored result")
        return _reference(result)

    def _call(self, node: Node, inputs: Mapping[str, Any]) -> Call:
        artifacts = {name: Artifact.model_validate(value) for name, value in inputs.items()}
        return node.call(artifacts, self.run.workflow.name)

    def _key(self, node: Node, inputs: Mapping[str, Any]) -> str | None:
        """The key that Prefect looks up: none where the node is to run in any case."""
        self._note_start(node)
        call = self._call(node, inputs)
        found = self.run.find(node, call)
        if found is not None:
            with self._lock:
                self.outcomes[node.id] = Outcome(node.id, State.CACHED, found)
        return call.key.key if found is not None or self.run.freshness(node).reuse else None

    def _attempt(self, node: Node, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self._note_start(node)
        try:
            result = run_node(self._call(node, inputs), self.run.store)
        except NodeError as error:
            self._end(Outcome(node.id, State.FAILED, None, self._seconds(node), str(error), error))
            raise
        self._end(Outcome(node.id, State.COMPLETED, result, self._seconds(node)))
        return _reference(result)

    def _note_start(self, node: Node) -> None:
        with self._lock:
            first = node.id not in self._started
            self._started.setdefault(node.id, time.perf_counter())
        if first:
            self.run.listener(node.id, None)

    def _seconds(self, node: Node) -> float:
        return time.perf_counter() - self._started.get(node.id, time.perf_counter())

    def _end(self, outcome: Outcome) -> None:
        with self._lock:
            self.outcomes[outcome.id] = outcome

    def _on_completion(self, node: Node, state: PrefectState) -> None:
        outcome = self.outcomes.get(node.id)
        if outcome is not None:
            cached = state.name == "Cached"
            kind = State.CACHED if cached else outcome.state
            outcome = Outcome(node.id, kind, outcome.result, self._seconds(node))
            self._end(outcome)
            self.run.listener(node.id, outcome)

    def _settle(self, futures: Mapping[str, PrefectFuture[Any]]) -> None:
        """Give every node its outcome: what Prefect ended for reasons of its own, too."""
        for node in self.run.workflow.nodes.values():
            future = futures.get(node.id)
            if future is None or future.state.is_completed():
                continue
            outcome = self.run.blocked(node, self.outcomes) or self.outcomes.get(node.id)
            if outcome is None or outcome.state in (State.COMPLETED, State.CACHED):
                message = f"'{node.id}': {future.state.message or future.state.name}"
                outcome = Outcome(node.id, State.FAILED, None, self._seconds(node), message)
            self._end(outcome)
            self.run.listener(node.id, outcome)


def _reference(result: Result) -> dict[str, Any]:
    return result.artifact.model_dump(mode="json")


def _counted(outcomes: Iterable[Outcome]) -> str:
    states = [outcome.state for outcome in outcomes]
    parts = [f"{states.count(state)} {state.value.replace('_', ' ')}" for state in State if state in states]
    return f"{len(states)} task instances: {', '.join(parts)}"


def parameter_names(workflow: Workflow) -> dict[str, str]:
    """A Python name for each instance that leaves something open, for the flow's signature."""
    names: dict[str, str] = {}
    for node in workflow.nodes.values():
        if not open_parameters(node):
            continue
        name = re.sub(r"\W", "_", node.id)
        if not name.isidentifier() or keyword.iskeyword(name):
            name = f"instance_{name}"
        taken = set(names.values())
        unique = name
        while unique in taken:
            unique += "_"
        names[node.id] = unique
    return names


def build_flow(workflow: Workflow, execute: Callable[[dict[str, dict[str, Any]]], Any]) -> Flow[..., Any]:
    """A Prefect flow whose parameters are what a workflow leaves open.

    Args:
        workflow: The workflow, with parameters open.
        execute: Runs it with the given parameters, by instance id and argument.

    Returns:
        The flow; its parameters are one section per task instance.
    """
    names = parameter_names(workflow)

    def body(**sections: Any) -> Any:
        given = {key: sections[name] for key, name in names.items() if sections.get(name) is not None}
        return execute({key: _plain(section) for key, section in given.items()})

    parameters = []
    for key, name in names.items():
        node = workflow.nodes[key]
        model = section_model(node)
        required = any(parameter.required for parameter in open_parameters(node).values())
        default = inspect.Parameter.empty if required else model()
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=model)
        )
    body.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect
    body.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    runner: Any = ThreadPoolTaskRunner()
    return Flow(
        body,
        name=workflow.name,
        description=f"Built by ecoflows from {workflow.source.name}",
        task_runner=runner,
        persist_result=False,
    )


def _plain(section: Any) -> dict[str, Any]:
    """What was really given in a section; defaults stay the task's own."""
    if isinstance(section, BaseModel):
        return section.model_dump(by_alias=True, exclude_unset=True)
    return dict(section)
