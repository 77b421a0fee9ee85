"""Mocks: packaged examples stand in for what some tasks of a workflow would return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ecoflows.errors import ExampleError, Problem, ProblemError, UsageError, did_you_mean
from ecoflows.examples import example_of
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import Outcome


def with_mocks(workflow: Workflow, *, io: bool = False, ids: Sequence[str] = ()) -> Workflow:
    """The same workflow with examples in the place of some tasks.

    Args:
        workflow: The workflow.
        io: Whether to replace every task that is tagged ``io``.
        ids: Instances to replace; the use of a fragment stands for all of its own.

    Raises:
        UsageError: If there is no such instance, or nothing to replace.
        ProblemError: If a task has no example, each at its place in the spec.
    """
    chosen = [name for name, node in workflow.nodes.items() if io and node.task.is_io]
    for name in ids:
        inside = workflow.instances_of(name)
        if not inside:
            hint = did_you_mean(name, workflow.nodes, what="task instances")
            raise UsageError(f"--mock-tasks: there is no task instance '{name}' in the spec; {hint}")
        chosen += inside
    if io and not chosen:
        raise UsageError("--mock-io: no task of the spec is tagged 'io'; --mock-tasks ID names instances")
    problems = [found for name in chosen if (found := _without_example(workflow, name)) is not None]
    if problems:
        raise ProblemError(problems)
    nodes = {name: replace(node, mocked=name in chosen) for name, node in workflow.nodes.items()}
    return replace(workflow, nodes=nodes)


def _without_example(workflow: Workflow, name: str) -> Problem | None:
    node = workflow.nodes[name]
    try:
        example_of(node.task)
    except ExampleError as error:
        return workflow.source.problem(node.path, "no-example", f"'{name}' cannot be a mock: {error}")
    return None


def mocked_ids(workflow: Workflow) -> tuple[str, ...]:
    """The ids of the instances whose tasks have examples in their place.

    Args:
        workflow: The workflow.
    """
    return tuple(name for name, node in workflow.nodes.items() if node.mocked)


def made_of_mocks(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """The ids of the instances whose values are examples, or were made from some.

    Args:
        outcomes: What became of each instance.
    """
    return tuple(name for name, outcome in outcomes.items() if outcome.artifact and outcome.artifact.mock)
