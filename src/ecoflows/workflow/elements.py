"""The calls that a task instance makes: one, or one for each element that it is mapped over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ecoflows.conditions import DEFAULT, Dependency
from ecoflows.errors import NodeError
from ecoflows.keys import artifacts_in
from ecoflows.runtime import Call
from ecoflows.skipped import SKIPPED
from ecoflows.spec import MapOver
from ecoflows.store import Artifact, Result, Store
from ecoflows.store.canonical import canonical_json, encode
from ecoflows.validation import shown
from ecoflows.workflow.model import Node, substituted
from ecoflows.workflow.skipping import element_inputs, inputs_of, skip_reason

_VERSION = 1
_LABEL_LENGTH = 80


@dataclass(frozen=True)
class Unit:
    """One call to be made, or skipped.

    Attributes:
        node: The task instance.
        call: The call, everything bound.
        dependencies: What it takes from other instances.
        index: Which element of the instance, where it is mapped.
    """

    node: Node
    call: Call
    dependencies: tuple[Dependency, ...]
    index: int | None = None

    @property
    def at(self) -> tuple[str, int | None]:
        """What tells it from every other unit of a run."""
        return self.node.id, self.index

    @property
    def label(self) -> str:
        """What people call it, such as ``density[Salama]``."""
        return self.call.label

    def skip_reason(self) -> str | None:
        """Why it is skipped, or ``None`` where it is not.

        Raises:
            NodeError: If a skip condition fails.
        """
        return skip_reason(self.label, self.node.conditions, self.dependencies)


@dataclass(frozen=True)
class Spread:
    """What a mapped task instance comes to, once what it goes over is known.

    Attributes:
        node: The task instance.
        units: One per element, in order.
        keys: The key of each element; empty where they have none.
        form: What the instance returns: a list, a list of pairs, or a mapping.
        mock: Whether it returns, or goes over, what a packaged example stands in for.
    """

    node: Node
    units: tuple[Unit, ...]
    keys: tuple[Any, ...] = ()
    form: Literal["list", "pairs", "mapping"] = "list"
    mock: bool = False

    def composed(self, parts: Sequence[Any]) -> Any:
        """The instance's value.

        Args:
            parts: An artifact per element, or ``SKIPPED``.
        """
        if self.form == "list":
            return list(parts)
        pairs = list(zip(self.keys, parts, strict=True))
        return dict(pairs) if self.form == "mapping" else pairs

    def key(self, results: Sequence[Result | None]) -> str:
        """The key under which the instance's value is recorded.

        It counts what each element gave, not only for what: one that reads from outside may give
        something new for the same key.

        Args:
            results: What each element gave, ``None`` where it gave nothing.
        """
        given = [None if result is None else [result.key, result.artifact.sha256] for result in results]
        parts = [_VERSION, self.node.task.reference, self.form, encode(list(self.keys)), given]
        parts += ["mock"] if self.mock else []
        return hashlib.sha256(canonical_json(parts)).hexdigest()


def prepare(node: Node, artifacts: Mapping[str, Artifact], store: Store, workflow: str) -> Unit | Spread:
    """The calls that a task instance makes.

    Args:
        node: The task instance.
        artifacts: What the instances upstream returned, by id.
        store: Where that is read from.
        workflow: The workflow's name, kept with results.

    Raises:
        NodeError: If what it is mapped over cannot be gone over.
    """
    tainted = any(artifacts[name].mock for name in node.upstream)
    call = replace(node.call(artifacts, workflow), shared={}, tainted=tainted)
    dependencies = tuple(inputs_of(node.arguments, call.arguments, artifacts, store))
    if node.map is None:
        return Unit(node, call, dependencies)
    content = _outlined(substituted(node.map.values, artifacts), store)
    if content is SKIPPED:
        # There is nothing to go over, whatever the conditions say.
        (over,) = inputs_of({"": node.map.values}, {"": content}, artifacts, store)
        return Unit(replace(node, map=None, conditions=DEFAULT), call, (over,))
    elements, form = _elements(node, node.map, content, store)
    units = []
    for index, (key, element) in enumerate(elements):
        values = _bound(node, node.map, element, index, store)
        label = _label(index, key, element)
        units.append(
            Unit(
                node,
                replace(call, arguments={**call.arguments, **values}, element=label),
                (*dependencies, *element_inputs(f"{node.map.word} over {label}", values, store)),
                index,
            )
        )
    keys = tuple(key for key, _ in elements) if node.map.keyed else ()
    return Spread(node, tuple(units), keys, form, call.is_mock)


def _outlined(value: Any, store: Store) -> Any:
    return store.outline(value) if isinstance(value, Artifact) else value


def _elements(
    node: Node, over: MapOver, content: Any, store: Store
) -> tuple[list[tuple[Any, Any]], Literal["list", "pairs", "mapping"]]:
    """The elements with their keys, and the form of what the instance returns."""
    if over.keyed and isinstance(content, dict):
        return list(content.items()), "mapping"
    if isinstance(content, range):
        content = list(content)
    if not isinstance(content, list | tuple):
        raise NodeError(f"'{node.id}': {over.word} goes over a list, and this is {_kind(content)}")
    if not over.keyed:
        return [(None, element) for element in content], "list"
    pairs = []
    for index, given in enumerate(content):
        element = _outlined(given, store)
        if element is SKIPPED:
            continue  # it has no key to keep
        if not (isinstance(element, list | tuple) and len(element) == 2):
            raise NodeError(
                f"'{node.id}': mapvalues goes over (key, value) pairs, and element {index} is "
                f"{_kind(element)}; map goes over elements without keys"
            )
        pairs.append((_hashable(element[0]), element[1]))
    return pairs, "pairs"


def _hashable(key: Any) -> Any:
    """A key as it was before YAML or JSON made lists of its tuples."""
    return tuple(map(_hashable, key)) if isinstance(key, list | tuple) else key


def _bound(node: Node, over: MapOver, element: Any, index: int, store: Store) -> dict[str, Any]:
    """The arguments that one element gives."""
    names = over.argnames
    if len(names) == 1:
        return {names[0]: element}
    parts = _outlined(element, store)
    if parts is SKIPPED:
        return dict.fromkeys(names, SKIPPED)
    if not isinstance(parts, list | tuple) or len(parts) != len(names):
        has = f"has {len(parts)}" if isinstance(parts, list | tuple) else f"is {_kind(parts)}"
        raise NodeError(
            f"'{node.id}': argnames {', '.join(names)} need {len(names)} parts, and element {index} {has}"
        )
    return dict(zip(names, parts, strict=True))


def _kind(value: Any) -> str:
    if isinstance(value, Artifact):
        return "a table" if value.is_table else f"a value stored as {value.type}"
    return shown(value)


def _label(index: int, key: Any, element: Any) -> str:
    """What people call an element: its key where it has one, else its place."""
    if key is None and type(element) is tuple and len(element) == 2:
        key = element[0]  # a pair that keeps its key beside it
    if key is None or any(artifacts_in(key, "")):
        return str(index)
    return key_text(key)


def key_text(key: Any) -> str:
    """A key as people read it.

    A composite key of one part is called by its value, of several ``subject=Salama, month=May``.

    Args:
        key: Any plain value.
    """
    if isinstance(key, tuple) and key and all(isinstance(part, tuple) and len(part) == 3 for part in key):
        parts = [f"{name}{sign}{value}" for name, sign, value in key]
        text = ", ".join(parts) if len(key) > 1 else str(key[0][2])
    elif isinstance(key, tuple):
        text = ", ".join(map(str, key)) or "all"
    else:
        text = str(key)
    text = " ".join(text.split()) or "''"
    return text if len(text) <= _LABEL_LENGTH else f"{text[: _LABEL_LENGTH - 3]}..."
