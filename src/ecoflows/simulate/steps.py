"""What is made, and of what, until there is an example of what a task returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ecoflows.annotations import is_frame, needs_frame, unaliased
from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError
from ecoflows.keys import type_name
from ecoflows.skipped import Skipped

_KEYS: dict[Any, Any] = {str: "all", Any: "all", int: 1, float: 1.0, bool: True}
"""What stands for the key of a table among several."""


class NoSupplyError(EcoflowsError):
    """Raised where nothing gives what a task takes, or what a task that reads from outside returns."""


@dataclass(frozen=True)
class Table:
    """A table, or what else a packaged example holds.

    Attributes:
        value: The value.
        origin: Where it comes from, in a few words.
    """

    value: Any
    origin: str


@dataclass(frozen=True)
class Step:
    """A task to be run.

    Attributes:
        task: The task.
        arguments: Its arguments, with ``Table`` and ``Step`` leaves for what is made first.
    """

    task: Task[..., Any]
    arguments: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """The task and what it is run on, in a few words."""
        return f"{self.task.name}({', '.join(dict.fromkeys(leaf.origin for leaf in self.needed))})"

    @property
    def needed(self) -> list[Table | Step]:
        """What is made first."""
        found: list[Table | Step] = []
        pending = list(self.arguments.values())
        while pending:
            part = pending.pop(0)
            if isinstance(part, Table | Step):
                found.append(part)
            elif isinstance(part, dict):
                pending += part.values()
            elif isinstance(part, list | tuple):
                pending += part
        return found


def with_leaves(value: Any, change: Callable[[Table | Step], Any]) -> Any:
    """A value with something else for each ``Table`` and ``Step`` in it.

    Args:
        value: The value.
        change: Gives what stands for one.
    """
    if isinstance(value, Table | Step):
        return change(value)
    if isinstance(value, dict):
        return {key: with_leaves(item, change) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(with_leaves(item, change) for item in value)
    return value


def around(annotation: Any, table: Callable[[Any], Table | Step]) -> Any:
    """The smallest value of an annotation that has a table in every place for one.

    Args:
        annotation: An annotation that only tables, and lists and mappings of such, fit.
        table: Gives the table for the annotation of a place.

    Raises:
        NoSupplyError: If a key is asked for that cannot be made up.
    """
    annotation = unaliased(annotation)
    if is_frame(annotation):
        return table(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return around(arguments[0], table)
    if origin in (Union, UnionType):
        return around(next(choice for choice in arguments if needs_frame(choice)), table)
    if origin is list:
        return [around(arguments[0], table)]
    if origin is dict:
        return {_key(arguments[0]): around(arguments[1], table)}
    if origin is tuple:
        parts = [part for part in arguments if part is not Ellipsis]
        return tuple(around(part, table) if needs_frame(part) else _key(part) for part in parts)
    return _key(annotation)


def frame_in(annotation: Any) -> Any:
    """The annotation of the one table that an annotation stands for, which may be optional.

    Args:
        annotation: Any annotation.

    Returns:
        The table's annotation, or ``None`` where there is no table, or more around it.
    """
    annotation = unaliased(annotation)
    if is_frame(annotation):
        return annotation
    if get_origin(annotation) is Annotated:
        return frame_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        choices = [choice for choice in get_args(annotation) if choice not in (NoneType, Skipped)]
        return frame_in(choices[0]) if len(choices) == 1 else None
    return None


def _key(annotation: Any) -> Any:
    annotation = unaliased(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _key(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return tuple(_key(part) for part in arguments if part is not Ellipsis)
    try:
        return _KEYS[annotation]
    except (KeyError, TypeError):
        raise NoSupplyError(f"a key of the type {type_name(annotation)} cannot be made up") from None
