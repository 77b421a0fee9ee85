"""When a task instance is left out of a run: conditions on what it depends on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ecoflows.errors import TaskDefinitionError


class Dependency(Protocol):
    """What one argument of a task instance takes from others."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def skipped(self) -> bool:
        """Whether what it takes was skipped."""

    @property
    def empty(self) -> bool:
        """Whether it is a table without rows."""

    def value(self) -> Any:
        """The value itself, read from where it is stored."""


Reason = Callable[[Sequence[Dependency]], str | None]
"""Tells why an instance with these dependencies is skipped, or ``None`` where it is not."""


@dataclass(frozen=True)
class Condition:
    """A condition under which ``skipif`` leaves an instance, or one element of a map, out.

    Attributes:
        name: What specs call it.
        reason: Tells why an instance is skipped.
        description: What it means, in a line.
        module: The module that defines it.
        location: ``file:line`` of its definition.
    """

    name: str
    reason: Reason
    description: str
    module: str
    location: str


def condition(function: Callable[..., bool]) -> Condition:
    """Make a skip condition of a function: ``@condition``.

    A package brings conditions as it brings tasks: in a module that its entry point names. Specs
    use them by the function's name.

    Args:
        function: Takes the values that an instance gets from other instances, as positional
            arguments (``*values``); what was skipped is ``SKIPPED``. Returns whether to skip.

    Returns:
        The condition.

    Raises:
        TaskDefinitionError: If it is no function of ``*values``.
    """
    if not inspect.isfunction(function):
        raise TaskDefinitionError(f"@condition goes on a function, not on {function!r}")
    location = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    if kinds != [inspect.Parameter.VAR_POSITIONAL]:
        raise TaskDefinitionError(
            f"{location}: the condition '{function.__name__}' takes the values of any number of "
            "dependencies: write its signature as (*values)"
        )

    def reason(dependencies: Sequence[Dependency]) -> str | None:
        holds = function(*(dependency.value() for dependency in dependencies))
        return f"{function.__name__} holds" if holds else None

    return _made(function, reason)


def _made(function: Callable[..., Any], reason: Reason) -> Condition:
    described = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    code = function.__code__
    return Condition(
        function.__name__, reason, described, function.__module__, f"{code.co_filename}:{code.co_firstlineno}"
    )


def any_dependency_skipped(dependencies: Sequence[Dependency]) -> str | None:
    """Skip where a dependency was skipped."""
    return next((f"'{found.name}' was skipped" for found in dependencies if found.skipped), None)


def any_is_empty_df(dependencies: Sequence[Dependency]) -> str | None:
    """Skip where a dependency is a table without rows."""
    return next((f"'{found.name}' has no rows" for found in dependencies if found.empty), None)


def never(dependencies: Sequence[Dependency]) -> str | None:  # noqa: ARG001  # a condition's interface
    """Skip in no case, also where a dependency was skipped."""
    return None


BUILT_IN = {
    reason.__name__: _made(reason, reason) for reason in (any_dependency_skipped, any_is_empty_df, never)
}
"""The conditions of the language itself; they look at what is known of a value without reading it."""

DEFAULT = (BUILT_IN["any_dependency_skipped"],)
"""What holds where neither an instance nor the spec's defaults say anything."""
