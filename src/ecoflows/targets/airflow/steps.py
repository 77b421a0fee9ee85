"""A workflow as the tasks of a DAG: what each is called, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ecoflows import __version__
from ecoflows.errors import UsageError, did_you_mean
from ecoflows.spec import Airflow, Reference
from ecoflows.targets.airflow.names import as_identifier, group_ids, variable_names
from ecoflows.targets.airflow.parameters import RunParameters, run_parameters
from ecoflows.targets.base import Compilation
from ecoflows.workflow.model import Node

OPERATORS = ("kubernetes", "bash")
"""What may run a task, the usual one first."""


@dataclass(frozen=True)
class Step:
    """A task instance in the DAG.

    Attributes:
        node: The instance.
        variable: What its operator is called in the source; of a mapped one, the one that runs elements.
        source: The step that it is mapped over, where it is mapped over what one returns.
        is_source: Whether another step is mapped over what it returns.
    """

    node: Node
    variable: str
    source: str | None = None
    is_source: bool = False

    @property
    def result(self) -> str:
        """The variable of the operator after which its value is there."""
        return f"{self.variable}_collect" if self.node.map else self.variable

    @property
    def result_id(self) -> str:
        """The id of that operator's task."""
        return f"{self.node.id}.collect" if self.node.map else self.node.id

    @property
    def task_ids(self) -> list[str]:
        """The ids of all its tasks in the DAG."""
        if self.node.map is None:
            return [self.node.id]
        shared = [f"{self.node.id}.elements"] if self.source is not None else []
        ended = [f"{self.node.id}.ended"] if self.leaves_out else []
        return [self.node.id, *shared, *ended, f"{self.node.id}.collect"]

    @property
    def leaves_out(self) -> bool:
        """Whether elements that fail are left out of its value."""
        return self.node.map is not None and self.node.map.on_error == "skip"

    @cached_property
    def shares(self) -> list[tuple[int, int]] | None:
        """The first and the last element of each share, where the spec says how many elements there are."""
        over = self.node.map
        if over is None or self.source is not None:
            return None
        length = len(over.values)
        size = 1 if length <= over.batch else over.batch
        return [(first, min(first + size, length) - 1) for first in range(0, length, size)]

    @property
    def in_a_row(self) -> int:
        """How many elements one process runs at the most, one after the other."""
        if self.node.map is None:
            return 1
        if self.shares is None:
            return self.node.map.batch
        return max((last - first + 1 for first, last in self.shares), default=1)


@dataclass(frozen=True)
class Plan:
    """All that a DAG is made of.

    Attributes:
        compilation: What is compiled.
        operator: What runs its tasks.
        parameters: The parameters of its runs.
        steps: Its task instances by id, each after those that it depends on.
    """

    compilation: Compilation
    operator: str
    parameters: RunParameters
    steps: Mapping[str, Step]

    @property
    def airflow(self) -> Airflow:
        """What the spec says of it."""
        return self.compilation.workflow.spec.airflow

    @property
    def image(self) -> str:
        """The image of tasks that ask for none."""
        return self.compilation.options.get("image") or self.airflow.image or f"ecoflows:{__version__}"

    @cached_property
    def groups(self) -> dict[tuple[str, ...], str]:
        """The ids of its task groups by their titles."""
        return group_ids(
            self.compilation.workflow, [name for step in self.steps.values() for name in step.task_ids]
        )


def plan_of(compilation: Compilation) -> Plan:
    """Plan a DAG.

    Args:
        compilation: What is compiled.

    Raises:
        UsageError: If there is no such operator.
    """
    operator = compilation.options.get("operator", OPERATORS[0])
    if operator not in OPERATORS:
        raise UsageError(
            f"there is no operator '{operator}'; {did_you_mean(operator, OPERATORS, what='operators')}"
        )
    nodes = compilation.workflow.nodes
    over = {
        node.id: node.map.values.instance
        for node in nodes.values()
        if node.map is not None and isinstance(node.map.values, Reference)
    }
    names = variable_names()
    steps = {}
    for node in nodes.values():
        variable = as_identifier(node.id)
        while any(f"{variable}{end}" in names.taken for end in _ENDS):
            variable += "_"
        names.taken.update(f"{variable}{end}" for end in _ENDS)
        steps[node.id] = Step(node, variable, over.get(node.id), node.id in over.values())
    return Plan(compilation, operator, run_parameters(compilation), steps)


_ENDS = ("", "_call", "_elements", "_ended", "_collect")
"""What is put behind the name of a step for the variables that belong to it."""
