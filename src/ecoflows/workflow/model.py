"""The workflow: nodes in an order that runs, edges, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ecoflows.conditions import DEFAULT, Condition
from ecoflows.decorators import Task
from ecoflows.resources import ContainerResources
from ecoflows.runtime import Call, Freshness, Reuse
from ecoflows.source import DataPath, Source
from ecoflows.spec import CacheTtl, MapOver, Options, Reference, Spec, references
from ecoflows.store import Artifact


@dataclass(frozen=True)
class Edge:
    """One value's way from a task instance to an argument of another.

    Attributes:
        source: The instance that returns it.
        target: The instance that takes it.
        argument: The argument's name.
        path: Where the reference stands in the spec.
        mapped: Whether the argument takes one element after the other.
    """

    source: str
    target: str
    argument: str
    path: DataPath = field(compare=False)
    mapped: bool = False


@dataclass(frozen=True)
class Node:
    """A task instance with its task.

    Attributes:
        id: Its name, unlike any other in the workflow.
        title: What people see.
        task: The task.
        arguments: What is bound, as plain values with ``Reference`` leaves.
        options: How it is run.
        path: Where it stands in the spec.
        origins: Where each bound argument was written, as ``file:line:col``.
        map: What it is run over, once per element, where it is.
        conditions: When it, or an element of it, is skipped.
        group: The titles of the task groups that it is in, outermost first.
        returns: The annotation of what it returns, which of a mapped one is a list.
        mocked: Whether its task's packaged example stands in for what the task would return.
    """

    id: str
    title: str
    task: Task[..., Any]
    arguments: Mapping[str, Any]
    options: Options
    path: DataPath = field(compare=False)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    map: MapOver | None = None
    conditions: tuple[Condition, ...] = DEFAULT
    group: tuple[str, ...] = ()
    returns: Any = None
    mocked: bool = False

    @property
    def open(self) -> tuple[str, ...]:
        """The names of the parameters that nothing is bound to, in the task's order."""
        mapped = self.map.argnames if self.map else ()
        return tuple(
            name for name in self.task.parameters if name not in self.arguments and name not in mapped
        )

    @cached_property
    def upstream(self) -> tuple[str, ...]:
        """The ids of the instances whose returns this one takes, each once."""
        taken = [dict(self.arguments), self.map.values if self.map else None]
        return tuple(
            dict.fromkeys(item.instance for item in references(taken) if isinstance(item, Reference))
        )

    @property
    def image(self) -> str | None:
        """The image of its pods: what the spec says, else what its task asks for."""
        return self.options.image or self.task.image

    @property
    def container_resources(self) -> ContainerResources | None:
        """What its container requests and may use: what the spec says, else its task."""
        return self.options.container_resources or self.task.container_resources

    @property
    def freshness(self) -> Freshness:
        """How old a result of this instance may be to be used again."""
        match self.options.cache:
            case "always":
                return Freshness()
            case "never":
                return Freshness(reuse=False, reason=Reuse.NOT_ALLOWED)
            case None:
                return Freshness(reuse=not self.task.is_io, reason=Reuse.IO)
            case CacheTtl(ttl=ttl):
                return Freshness(ttl=ttl)

    def call(self, artifacts: Mapping[str, Artifact], workflow: str | None = None) -> Call:
        """The call that this instance makes.

        Args:
            artifacts: What the instances upstream returned, by id.
            workflow: The workflow's name, kept with the result.
        """
        arguments = {name: substituted(value, artifacts) for name, value in self.arguments.items()}
        return Call(self.task, arguments, workflow, self.id, self.origins, mocked=self.mocked)


def substituted(value: Any, artifacts: Mapping[str, Artifact]) -> Any:
    """A value with its references replaced by what the instances returned.

    Args:
        value: Plain values with ``Reference`` leaves.
        artifacts: What the instances returned, by id.
    """
    if isinstance(value, Reference):
        return artifacts[value.instance]
    if isinstance(value, dict):
        return {key: substituted(item, artifacts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [substituted(item, artifacts) for item in value]
    return value


@dataclass(frozen=True)
class Workflow:
    """A resolved spec.

    Attributes:
        name: What it is called.
        cache_root: Where the spec wants results to live, if it says.
        nodes: The task instances by id, every one after those it depends on.
        edges: Who gives what to whom.
        source: The spec's file, for the places of problems.
        spec: The shape that it was made from.
    """

    name: str
    cache_root: str | None
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    source: Source = field(repr=False, compare=False)
    spec: Spec = field(repr=False, compare=False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The ids of the instances whose returns no other takes."""
        taken = {edge.source for edge in self.edges}
        return tuple(name for name in self.nodes if name not in taken)

    def instances_of(self, name: str) -> tuple[str, ...]:
        """The instance of an id, or all that the use of a fragment has brought.

        Args:
            name: The id of an instance or of a use.
        """
        if name in self.nodes:
            return (name,)
        return tuple(other for other in self.nodes if other.startswith(f"{name}."))

    def ancestors(self, name: str) -> set[str]:
        """The ids of all instances that one depends on, itself left out."""
        return set(self._reach(name, {node.id: node.upstream for node in self.nodes.values()}))

    def descendants(self, name: str) -> set[str]:
        """The ids of all instances that depend on one, itself left out."""
        downstream: dict[str, tuple[str, ...]] = {}
        for edge in self.edges:
            downstream[edge.source] = (*downstream.get(edge.source, ()), edge.target)
        return set(self._reach(name, downstream))

    @staticmethod
    def _reach(name: str, steps: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        seen, ahead = {name}, [name]
        while ahead:
            for found in steps.get(ahead.pop(), ()):
                if found not in seen:
                    seen.add(found)
                    ahead.append(found)
                    yield found

    def with_arguments(
        self, values: Mapping[str, Mapping[str, Any]], origins: Mapping[str, Mapping[str, str]]
    ) -> Workflow:
        """The same workflow with more arguments bound.

        Args:
            values: Values by instance id and argument name.
            origins: Where each was written.
        """
        nodes = {
            name: replace(
                node,
                arguments={**node.arguments, **values.get(name, {})},
                origins={**node.origins, **origins.get(name, {})},
            )
            for name, node in self.nodes.items()
        }
        return replace(self, nodes=nodes)
