"""Where one task instance runs, of all that its spec, its task and its deployment say."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from ecoflows.errors import EcoflowsError, did_you_mean
from ecoflows.flows.execution.settings import VARIABLE, ExecutionSettings, InstanceSettings, Mode
from ecoflows.resources import ContainerResources, ResourceAmounts, times_memory
from ecoflows.workflow.model import Node

WORKERS = max(4, 2 * (os.cpu_count() or 1))
"""How many calls run at the same time on one machine."""

_POD_WORKERS = 32


@dataclass(frozen=True)
class Placement:
    """Where the calls of one task instance are made.

    Attributes:
        mode: In the flow's process, in child processes, or in pods.
        image: The image of its pods, where somebody asks for one.
        resources: What their container requests and may use.
        escalation: How many times the memory follows each attempt that ran out of it.
        cap: What that comes to at most.
    """

    mode: Mode
    image: str | None = None
    resources: ContainerResources = field(default_factory=ContainerResources)
    escalation: float | None = None
    cap: str | None = None

    def resources_after(self, kills: int) -> ContainerResources:
        """What the container requests and may use.

        Args:
            kills: How many earlier attempts ran out of memory.
        """
        if not kills or self.escalation is None:
            return self.resources
        factor = self.escalation**kills
        requests, limits = (
            ResourceAmounts(
                cpu=amounts.cpu,
                memory=amounts.memory and times_memory(amounts.memory, factor, self.cap),
            )
            for amounts in (self.resources.requests, self.resources.limits)
        )
        return ContainerResources(requests=requests, limits=limits)


def placement(node: Node, settings: ExecutionSettings) -> Placement:
    """Where the calls of a task instance are made.

    What the deployment says of the instance comes first, then what the spec says of it, then its
    task, then what the deployment says of all. Packaged examples need no process of their own.

    Args:
        node: The task instance.
        settings: What the flow's deployment says.
    """
    own = settings.instances.get(node.id, InstanceSettings())
    chosen = own.execution or (None if settings.override else node.options.execution) or settings.mode
    return Placement(
        "inline" if node.mocked else chosen,
        own.image or node.image or settings.image,
        own.container_resources or node.container_resources or settings.resources,
        own.memory_escalation or node.options.memory_escalation,
        settings.memory_cap,
    )


def worker_count(nodes: Iterable[Node], settings: ExecutionSettings) -> int:
    """How many calls of a flow run are made at the same time.

    Args:
        nodes: Its task instances.
        settings: What its deployment says.
    """
    if settings.workers is not None:
        return settings.workers
    in_pods = any(placement(node, settings).mode == "pod" for node in nodes)
    return max(WORKERS, _POD_WORKERS) if in_pods else WORKERS


def refuse_unknown_instances(known: Iterable[str], settings: ExecutionSettings) -> None:
    """Refuse settings of task instances that there are not.

    Args:
        known: The ids of those that there are.
        settings: What the flow's deployment says.

    Raises:
        EcoflowsError: If there are such settings.
    """
    names = set(known)
    for name in settings.instances:
        if name not in names:
            hint = did_you_mean(name, names, what="task instances")
            raise EcoflowsError(f"{VARIABLE}: instances: there is no task instance '{name}'; {hint}")
