"""Runs a workflow as a scheduler of processes does: one invocation after the other, told by JSON alone."""

from __future__ import annotations

import json
from typing import Any

from ecoflows.invocation import (
    Answer,
    Elements,
    Invocation,
    described_arguments,
    described_map,
    described_options,
    perform,
)
from ecoflows.store import Store
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.outcome import State


def call_of(node: Node, workflow: Workflow, store: Store, run: str) -> dict[str, Any]:
    """The JSON of a node's call."""
    call = {
        "cache_root": store.root,
        "workflow": workflow.name,
        "instance": node.id,
        "run": run,
        "arguments": described_arguments(node.arguments),
        **described_options(node),
    }
    if node.map is not None:
        call["map"] = described_map(node.map)
    return json.loads(json.dumps(call, allow_nan=False))


def answer(node: Node, workflow: Workflow, store: Store, run: str, **how: Any) -> Answer:
    """What came of one process of a node."""
    call = Invocation.model_validate(call_of(node, workflow, store, run))
    return perform(node.task.reference, call, store, where="test", **how)


def run_apart(workflow: Workflow, store: Store, run: str = "one", share: int = 1) -> dict[str, Answer]:
    """Run every node in its own invocation, and elements of maps in shares of so many.

    Returns:
        What came of each node; of a node whose upstream failed there is nothing.
    """
    answers: dict[str, Answer] = {}
    for node in workflow.nodes.values():
        if any(name not in answers or answers[name].state is State.FAILED for name in node.upstream):
            continue
        if node.map is not None:
            length = _length(node, answers)
            for first in range(0, length, share):
                last = min(first + share, length) - 1
                answer(node, workflow, store, run, elements=Elements(first, last))
            answers[node.id] = answer(node, workflow, store, run, whole=True)
        else:
            answers[node.id] = answer(node, workflow, store, run)
    return answers


def _length(node: Node, answers: dict[str, Answer]) -> int:
    """How many elements a scheduler knows of: what the source told, or what the spec lists."""
    values = node.map.values if node.map else ()
    if isinstance(values, list | dict):
        return len(values)
    return answers[values.instance].length or 0
