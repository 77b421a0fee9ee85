"""Whether one call is skipped: its conditions against what it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecoflows.conditions import Condition, Dependency
from ecoflows.errors import EcoflowsError, NodeError
from ecoflows.keys import artifacts_in
from ecoflows.runtime import is_skipped, loaded
from ecoflows.spec import Reference, references
from ecoflows.store import Artifact, Store


@dataclass(frozen=True)
class Input:
    """What one argument takes from other instances; what is known of it without reading it.

    Several references in one argument, such as the layers of a map, are one input: it is skipped
    where all of them were, and empty where all of them are.

    Attributes:
        name: What messages call it.
        content: The argument's value with ``Artifact`` leaves.
        store: Where the artifacts are read from.
        parts: The artifacts and values that come from other instances.
    """

    name: str
    content: Any
    store: Store
    parts: tuple[Any, ...]

    @property
    def skipped(self) -> bool:
        """Whether all of it was skipped."""
        return bool(self.parts) and all(map(is_skipped, self.parts))

    @property
    def empty(self) -> bool:
        """Whether it is a table without rows, or several such."""
        return bool(self.parts) and all(
            isinstance(part, Artifact) and part.is_table and part.rows == 0 for part in self.parts
        )

    def value(self) -> Any:
        """The value itself."""
        return loaded(self.content, self.store)


def inputs_of(
    written: Mapping[str, Any], given: Mapping[str, Any], artifacts: Mapping[str, Artifact], store: Store
) -> Iterator[Input]:
    """The inputs among the arguments of a task instance.

    Args:
        written: The arguments as the spec has them, with ``Reference`` leaves.
        given: The same arguments with ``Artifact`` leaves.
        artifacts: What the instances upstream returned, by id.
        store: Where that is read from.
    """
    for argument, value in written.items():
        names = dict.fromkeys(found.instance for found in references(value) if isinstance(found, Reference))
        if names:
            parts = tuple(artifacts[name] for name in names)
            yield Input("', '".join(names), given[argument], store, parts)


def element_inputs(name: str, values: Mapping[str, Any], store: Store) -> Iterator[Input]:
    """The inputs that one element of a map gives to the arguments it is bound to.

    Args:
        name: What messages call the element.
        values: Plain values with ``Artifact`` leaves, by argument.
        store: Where they are read from.
    """
    for value in values.values():
        found = tuple(artifact for _path, artifact in artifacts_in(value, name))
        yield Input(name, value, store, found or (value,))


def skip_reason(
    label: str, conditions: tuple[Condition, ...], dependencies: tuple[Dependency, ...]
) -> str | None:
    """Why a call is skipped, or ``None`` where it is not.

    Args:
        label: What messages call the call.
        conditions: Any of these is enough.
        dependencies: What it takes from others.

    Raises:
        NodeError: If a condition itself fails; its error is the cause.
    """
    if not dependencies:
        return None
    for condition in conditions:
        try:
            reason = condition.reason(dependencies)
        except EcoflowsError:
            raise
        except (Exception, SystemExit) as error:  # a condition of somebody's package may do anything
            raise NodeError(
                f"'{label}', its skip condition '{condition.name}' ({condition.location}): "
                f"{type(error).__name__}: {error}"
            ) from error
        if reason is not None:
            return reason
    return None
