"""A Prefect flow from a workflow: one task per node, edges as futures."""

from __future__ import annotations

import functools
import inspect
import keyword
import os
import queue
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
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

_FORBIDDEN_IN_NAMES = re.compile(r"[/%&<>]")

_RESERVED = {"self", "cls", "wait_for", "return_state"}

WORKERS = max(4, 2 * (os.cpu_count() or 1))
"""How many task instances run at the same time in one process."""


class FlowRun:
    """One run of a workflow as a Prefect flow.

    Attributes:
        run: What to run.
        outcomes: What became of each node so far, by id.
    """

    def __init__(self, run: Run, results: CacheRootResults) -> None:
        self.run = run
        self.outcomes: dict[str, Outcome] = run.given()
        self._results = results
        self._started: dict[str, float] = {}
        self._ended: dict[str, Outcome] = {}
        self._keys: dict[str, str] = {}
        self._unkeyed: dict[str, Exception] = {}

    def execute(self) -> PrefectState:
        """Submit every node as soon as those that it depends on have ended.

        Returns:
            The flow run's final state.

        Raises:
            NodeError: If a node failed; the message counts and names.
        """
        nodes = self.run.workflow.nodes
        futures: dict[str, PrefectFuture[Any]] = {}
        ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        waiting = [name for name in nodes if name not in self.outcomes]
        running: set[str] = set()
        while waiting or running:
            ready = [name for name in waiting if self.outcomes.keys() >= set(nodes[name].upstream)]
            waiting = [name for name in waiting if name not in ready]
            for name in ready:
                inputs = {above: futures.get(above) or self._stored(above) for above in nodes[name].upstream}
                futures[name] = self.task(nodes[name]).submit(inputs)
                futures[name].add_done_callback(functools.partial(_announce, ended, name))
                running.add(name)
            name = ended.get()
            futures[name].wait()  # it has ended; this makes it know its final state
            running.remove(name)
            self.outcomes[name] = self._outcome(nodes[name], futures[name])
            self.run.listener(name, self.outcomes[name])
        return self._final_state()

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
            refresh_cache=not self.run.freshness(node).reuse,
            persist_result=True,
            result_storage=self._results,
            result_serializer=SERIALIZER,
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
        """The key under which Prefect looks for an earlier result; none where that is too old."""
        self._note_start(node)
        try:
            call = self._call(node, inputs)
            found = self.run.find(node, call)
        except Exception as error:  # noqa: BLE001  # Prefect would go on without a key, and compute
            self._unkeyed[node.id] = error
            return None
        self._keys[node.id] = call.key.key
        if found is not None:
            self._ended[node.id] = Outcome(node.id, State.CACHED, found)
        expired = self.run.freshness(node).ttl is not None and found is None
        return None if expired else call.key.key

    def _attempt(self, node: Node, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self._note_start(node)
        try:
            if node.id in self._unkeyed:
                cause = self._unkeyed.pop(node.id)
                raise cause if isinstance(cause, NodeError) else NodeError(f"'{node.id}': {cause}") from cause
            result = run_node(self._call(node, inputs), self.run.store)
        except NodeError as error:
            self._ended[node.id] = Outcome(node.id, State.FAILED, error=str(error), exception=error)
            raise
        self._ended[node.id] = Outcome(node.id, State.COMPLETED, result)
        return _reference(result)

    def _note_start(self, node: Node) -> None:
        if node.id not in self._started:
            self._started[node.id] = time.perf_counter()
            self.run.listener(node.id, None)

    def _outcome(self, node: Node, future: PrefectFuture[Any]) -> Outcome:
        """What became of a node, also where Prefect ended it for reasons of its own."""
        now = time.perf_counter()
        seconds = now - self._started.get(node.id, now)
        noted, done = self._ended.get(node.id), future.state.is_completed()
        if noted is not None and done == (noted.state is not State.FAILED):
            return replace(noted, seconds=seconds)
        if done and node.id in self._keys:
            # Another run stored the result between our look and Prefect's.
            result = self.run.store.find_result(self._keys[node.id])
            if result is not None:
                return Outcome(node.id, State.CACHED, result, seconds)
        blocked = self.run.blocked(node, self.outcomes)
        if blocked is not None:
            return blocked
        ending = future.state.message or future.state.name
        if future.state.name == "TimedOut":
            ending = f"gave up after {node.options.timeout_seconds:g} s (timeout_seconds)"
        message = f"'{node.id}': {ending}"
        return Outcome(node.id, State.FAILED, None, seconds, message)

    def _final_state(self) -> PrefectState:
        counts = _counted(self.outcomes.values())
        failed = [outcome for outcome in self.outcomes.values() if outcome.state is State.FAILED]
        if failed:
            raise NodeError(f"{failed[0].error} ({counts})")
        return Completed(message=counts)


def _announce(ended: queue.SimpleQueue[str], name: str, _future: PrefectFuture[Any]) -> None:
    ended.put(name)


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
        if not name.isidentifier() or keyword.iskeyword(name) or _is_taken(name):
            name = f"instance_{name}"
        taken = set(names.values())
        unique = name
        while unique in taken:
            unique += "_"
        names[node.id] = unique
    return names


def _is_taken(name: str) -> bool:
    """Whether Prefect, or pydantic on its behalf, keeps a parameter's name for itself."""
    return name.startswith(("_", "model_")) or name in _RESERVED or hasattr(BaseModel, name)


def build_flow(workflow: Workflow, execute: Callable[[], Any]) -> Flow[..., Any]:
    """A Prefect flow whose parameters are what a workflow leaves open.

    Args:
        workflow: The workflow, with parameters open.
        execute: Runs it. It has the arguments already: the flow's parameters are for people to
            see and for Prefect to check, and what Prefect hands on has been validated once, which
            not every validator bears twice.

    Returns:
        The flow; its parameters are one section per task instance.
    """
    names = parameter_names(workflow)

    def body(**_sections: Any) -> Any:
        return execute()

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
    runner: Any = ThreadPoolTaskRunner(max_workers=WORKERS)
    return Flow(
        body,
        name=_FORBIDDEN_IN_NAMES.sub("-", workflow.name),
        description=f"Built by ecoflows from {workflow.source.name}",
        task_runner=runner,
        persist_result=False,
    )
