"""A workflow as the source of calls, one per task instance, in an order that runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ecoflows.conditions import BUILT_IN, DEFAULT
from ecoflows.spec import CacheTtl, EnvironmentText, MapOver, Options, Reference
from ecoflows.targets.base import Compilation
from ecoflows.targets.literal import literal
from ecoflows.targets.steps.importing import in_usual_order
from ecoflows.targets.steps.names import Variables
from ecoflows.targets.steps.parameters import Entry, entries, names_dates
from ecoflows.workflow.model import Node

FACADE = "ecoflows.scripting"
"""The module that programs of steps call."""

_OWN = {
    *(
        "DEFAULT",
        "PARAMS",
        "Parameters",
        "REQUIRED",
        "Run",
        "datetime",
        "environment",
        "main",
        "params",
        "run",
        "start",
        "step",
    ),
    *BUILT_IN,
}
"""The names that programs have by themselves."""

_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


class Program:
    """The names and calls of a program.

    Attributes:
        entries: The parameters of each instance that leaves something open, by its id.
        names: The names that are taken.
    """

    def __init__(self, compilation: Compilation) -> None:
        self._compilation = compilation
        self._workflow = compilation.workflow
        self.names = Variables(_OWN)
        self._imported: dict[tuple[str, str], str] = {}
        found = {node.id: list(entries(compilation, node)) for node in self._workflow.nodes.values()}
        self.entries: dict[str, list[Entry]] = {name: items for name, items in found.items() if items}
        for node in self._workflow.nodes.values():
            self._import(node.task.module, node.task.name)
        for node in self._workflow.nodes.values():
            for condition in node.conditions:
                if BUILT_IN.get(condition.name) is not condition:
                    self._import(condition.module, condition.name)
        self._variables = {name: self.names.take(name, f"{name}_return") for name in self._workflow.nodes}
        self._mappings = {name: self.names.take(f"{name}_params") for name in self.entries}

    def _import(self, module: str, name: str) -> None:
        if (module, name) not in self._imported:
            self._imported[module, name] = self.names.take(name, f"{module.partition('.')[0]}_{name}")

    def imports(self, *facade: str) -> str:
        """The program's imports.

        Args:
            facade: What it needs of the facade in any case.
        """
        sources = [entry.source for items in self.entries.values() for entry in items]
        own = {*facade, *(mark for mark in ("DEFAULT", "REQUIRED") if mark in sources)}
        nodes = self._workflow.nodes.values()
        own |= {"environment"} if any(map(_takes_environment, nodes)) else set()
        own |= {
            condition.name
            for node in nodes
            if node.conditions != DEFAULT
            for condition in node.conditions
            if BUILT_IN.get(condition.name) is condition
        }
        lines = ["import datetime"] if any(map(names_dates, sources)) else []
        lines += [f"from {FACADE} import {', '.join(own)}"]
        lines += [
            f"from {module} import {name}{'' if alias == name else f' as {alias}'}"
            for (module, name), alias in self._imported.items()
        ]
        return in_usual_order(lines)

    def variable(self, name: str) -> str:
        """The name for what an instance returns.

        Args:
            name: The instance's id.
        """
        return self._variables[name]

    def mapping(self, name: str) -> str:
        """The name for an instance's parameters, where each has a mapping of its own.

        Args:
            name: The instance's id.
        """
        return self._mappings[name]

    def task(self, node: Node) -> str:
        """The name of an instance's task.

        Args:
            node: The instance.
        """
        return self._imported[node.task.module, node.task.name]

    def call(self, node: Node, parameters: str | None) -> str:
        """The statements that run an instance.

        Args:
            node: The instance.
            parameters: The source of the mapping with what its parameters give, if it has some.
        """
        given = [f"{name}={self._source(value)}" for name, value in node.arguments.items()]
        given += [f"**{parameters}"] if parameters is not None else []
        head = f"{literal(node.id)}, {self.task(node)}"
        options = "".join(f", {option}" for option in self._options(node))
        target = self._variables[node.id]
        if node.map is None:
            return f"{target} = run.step({head}{options})({', '.join(given)})"
        return f"{self._mapping(node.map, head, options)}\n{target} = {self._collecting(node.map, given)}"

    def _mapping(self, over: MapOver, head: str, options: str) -> str:
        skip = f", on_error={literal(over.on_error)}" if over.on_error != "fail" else ""
        return f"step = run.mapped({head}, argnames={literal(list(over.argnames))}{skip}{options})"

    def _collecting(self, over: MapOver, given: list[str]) -> str:
        loop = Variables(
            [*self._variables.values(), *self._mappings.values(), *self._imported.values(), *_OWN]
        )
        names = {name: loop.take(name, f"each_{name}") for name in over.argnames}
        passed = [f"{name}={names[name]}" for name in over.argnames]
        method = "over_values" if over.keyed else "over"
        arguments = ", ".join([*passed, *given])
        elements = f"step.{method}({self._source(over.values)})"
        return f"step.collect([step({arguments}) for {', '.join(names.values())} in {elements}])"

    def _source(self, value: Any) -> str:
        """The source of a value in which the returns of instances may stand."""
        return literal(value, self._refer)

    def _refer(self, part: Any) -> str | None:
        if isinstance(part, EnvironmentText):
            return f"environment({literal(part.written)})"
        return self._variables[part.instance] if isinstance(part, Reference) else None

    def _options(self, node: Node) -> Iterator[str]:
        options = node.options
        usual = Options()
        for name in ("retries", "retry_delay_seconds", "timeout_seconds"):
            value = getattr(options, name)
            if value != getattr(usual, name):
                yield f"{name}={literal(list(value) if isinstance(value, tuple) else value)}"
        if options.cache is not None:
            cache = options.cache
            source = {"ttl": duration_text(cache.ttl)} if isinstance(cache, CacheTtl) else cache
            yield f"cache={literal(source)}"
        if node.conditions != DEFAULT:
            names = [
                one.name if BUILT_IN.get(one.name) is one else self._imported[one.module, one.name]
                for one in node.conditions
            ]
            yield f"skipif=[{', '.join(names)}]"
        if node.mocked:
            yield "mock=True"


def _takes_environment(node: Node) -> bool:
    found: list[Any] = [*node.arguments.values(), node.map.values if node.map else None]
    while found:
        part = found.pop()
        if isinstance(part, EnvironmentText):
            return True
        if isinstance(part, dict):
            found += part.values()
        elif isinstance(part, list | tuple):
            found += part
    return False


def about(node: Node) -> str:
    """What is said of an instance: its title, where it has one, and what its task does.

    Args:
        node: The instance.
    """
    described = node.task.description
    return described if node.title == node.id else ": ".join(filter(None, (node.title, described)))


def duration_text(duration: timedelta) -> str:
    """A duration as options have it, such as ``1d``.

    Args:
        duration: The duration.
    """
    for unit, one in _UNITS.items():
        if not duration % one:
            return f"{duration // one}{unit}"
    seconds, rest = divmod(duration, timedelta(seconds=1))
    return f"{seconds}.{rest // timedelta(microseconds=1):06d}".rstrip("0").rstrip(".") + "s"
