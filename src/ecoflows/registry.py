"""The tasks and skip conditions of all installed packages, found through the entry-point group ``ecoflows``.

A package joins by naming a module or a package of tasks: in its ``pyproject.toml``,
``[project.entry-points.ecoflows]`` with ``tasks = "my_package.tasks"``.
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from ecoflows.conditions import BUILT_IN, Condition
from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError, TaskDefinitionError, did_you_mean

GROUP = "ecoflows"


@dataclass(frozen=True)
class RegisteredTask:
    """A task with the package that brings it."""

    task: Task[..., Any]
    package: str


@dataclass(frozen=True)
class Broken:
    """A module or task that could not be read; it costs only itself.

    Attributes:
        package: The package that names it.
        module: The module.
        message: What went wrong, in one line.
        details: The traceback.
    """

    package: str
    module: str
    message: str
    details: str


class UnknownTaskError(EcoflowsError):
    """Raised where a name is no task's; ``hint`` has the way out."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.hint = hint


class UnknownConditionError(EcoflowsError):
    """Raised where a name is no skip condition's; ``hint`` has the way out."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.hint = hint


class Registry(Mapping[str, RegisteredTask]):
    """Tasks by short name, read-only.

    Attributes:
        collisions: Names that several tasks claim; under such a name none is found, each is
            under its full one (``package.module.name``).
        conditions: The skip conditions that specs may name, those of the language included.
        broken: What could not be imported.
    """

    def __init__(
        self,
        found: Iterable[RegisteredTask],
        broken: Iterable[Broken] = (),
        conditions: Iterable[Condition] = (),
    ) -> None:
        by_name: dict[str, list[RegisteredTask]] = {}
        self._by_full_name: dict[str, RegisteredTask] = {}
        for registered in found:
            task = registered.task
            full_name = f"{task.module}.{task.name}"
            if full_name not in self._by_full_name:
                self._by_full_name[full_name] = registered
                by_name.setdefault(task.name, []).append(registered)
        self._tasks = {name: claims[0] for name, claims in sorted(by_name.items()) if len(claims) == 1}
        self.collisions = {name: tuple(claims) for name, claims in sorted(by_name.items()) if len(claims) > 1}
        self.broken = tuple(broken)
        claimed: dict[str, list[Condition]] = {name: [one] for name, one in BUILT_IN.items()}
        for one in conditions:
            claims = claimed.setdefault(one.name, [])
            if (one.module, one.location) not in [(other.module, other.location) for other in claims]:
                claims.append(one)
        self.conditions = {name: claims[0] for name, claims in claimed.items() if len(claims) == 1}
        self._all_conditions = claimed

    def __getitem__(self, name: str) -> RegisteredTask:
        return self._tasks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def find(self, name: str) -> Task[..., Any]:
        """The task of a short or a full name.

        Args:
            name: ``calculate_time_density``, or ``package.module.calculate_time_density`` where
                packages collide.

        Returns:
            The task.

        Raises:
            UnknownTaskError: If there is none, or if several packages claim the name.
        """
        if name in self._tasks:
            return self._tasks[name].task
        full_name = name.replace(":", ".")
        if full_name in self._by_full_name:
            return self._by_full_name[full_name].task
        if name in self.collisions:
            claims = self.collisions[name]
            places = " and ".join(f"{claim.package} ({claim.task.location})" for claim in claims)
            full_names = " or ".join(f"'{claim.task.module}.{name}'" for claim in claims)
            raise UnknownTaskError(f"the task '{name}' is claimed by {places}", f"write {full_names}")
        hint = did_you_mean(name, self._tasks, what="known tasks")
        if self.broken:
            lost = ", ".join(sorted({broken.module for broken in self.broken}))
            hint = (
                f"{hint or 'no tasks are known'}; not importable: {lost} ('ecoflows tasks --broken' says why)"
            )
        raise UnknownTaskError(f"there is no task '{name}'", hint)

    def find_condition(self, name: str) -> Condition:
        """The skip condition of a short or a full name.

        Args:
            name: ``any_is_empty_df``, or ``package.module.name`` where packages collide.

        Returns:
            The condition.

        Raises:
            UnknownConditionError: If there is none, or if several packages claim the name.
        """
        if name in self.conditions:
            return self.conditions[name]
        short = name.rpartition(".")[2]
        for one in self._all_conditions.get(short, ()):
            if name == f"{one.module}.{one.name}":
                return one
        if name in self._all_conditions:
            claims = self._all_conditions[name]
            places = " and ".join(f"{claim.module} ({claim.location})" for claim in claims)
            full_names = " or ".join(f"'{claim.module}.{name}'" for claim in claims)
            raise UnknownConditionError(
                f"the skip condition '{name}' is claimed by {places}", f"write {full_names}"
            )
        hint = did_you_mean(name, self.conditions, what="known conditions")
        raise UnknownConditionError(f"there is no skip condition '{name}'", hint)

    def all(self) -> list[RegisteredTask]:
        """Every task, those with colliding names too, by package and name."""
        return sorted(self._by_full_name.values(), key=lambda found: (found.package, found.task.name))


@cache
def installed() -> Registry:
    """The tasks of the packages installed here."""
    return discover(entry_points(group=GROUP))


def discover(points: Iterable[EntryPoint]) -> Registry:
    """Import the modules that entry points name and collect their tasks.

    Args:
        points: Entry points whose value names a module or a package; packages are walked.

    Returns:
        The registry; a module that fails to import is in its ``broken``.
    """
    found: list[RegisteredTask] = []
    broken: list[Broken] = []
    conditions: list[Condition] = []
    walked: set[str] = set()
    for point in points:
        package = point.dist.name if point.dist else point.value.partition(".")[0]
        name = point.value.partition(":")[0].strip()
        for module in _modules(name, package, walked, broken):
            found += _tasks_of(module, package, broken)
            # As with tasks, one that is merely imported belongs to its own module.
            conditions += [
                value
                for value in vars(module).values()
                if isinstance(value, Condition) and value.module == module.__name__
            ]
    return Registry(found, broken, conditions)


def _modules(name: str, package: str, walked: set[str], broken: list[Broken]) -> Iterator[ModuleType]:
    """A module and all below it, each imported once however many entry points name it."""
    if name in walked:
        return
    walked.add(name)
    try:
        module = importlib.import_module(name)
        children = [child.name for child in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}.")]
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a foreign module may raise anything
        broken.append(_broken(package, name, f"{type(error).__name__}: {error}", error))
        return
    yield module
    for child in children:
        yield from _modules(child, package, walked, broken)


def _tasks_of(module: ModuleType, package: str, broken: list[Broken]) -> Iterator[RegisteredTask]:
    members: dict[str, object] = dict(vars(module))
    for name, value in members.items():
        # A task that a module merely imports belongs to the module that defines it.
        if isinstance(value, Task) and value.module == module.__name__:
            task: Task[..., Any] = value
            try:
                _check(task, name, members)
            except EcoflowsError as error:
                broken.append(_broken(package, module.__name__, str(error), error))
                continue
            yield RegisteredTask(task, package)


def _check(task: Task[..., Any], name: str, members: Mapping[str, object]) -> None:
    if members.get(task.name) is not task:
        raise TaskDefinitionError(
            f"{task.location}: the task under the name '{name}' is a function named '{task.name}'; "
            "a task is found by its function's name, so give both one name"
        )
    task.check()


def _broken(package: str, module: str, message: str, error: BaseException) -> Broken:
    return Broken(package, module, message, "".join(traceback.format_exception(error)))
