"""The tasks of all installed packages, found through the entry-point group ``ecoflows``.

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

from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError, did_you_mean

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


class Registry(Mapping[str, RegisteredTask]):
    """Tasks by short name, read-only.

    Attributes:
        collisions: Names that several tasks claim; under such a name none is found, each is
            under its full one (``package.module.name``).
        broken: What could not be imported.
    """

    def __init__(self, found: Iterable[RegisteredTask], broken: Iterable[Broken] = ()) -> None:
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
    for point in points:
        package = point.dist.name if point.dist else point.module.partition(".")[0]
        for name in _walk(point.module, package, broken):
            module = _import(name, package, broken)
            if module is not None:
                found += _tasks_of(module, package, broken)
    return Registry(found, broken)


def _walk(name: str, package: str, broken: list[Broken]) -> Iterator[str]:
    yield name
    module = _import(name, package, [])
    for child in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
        if child.ispkg:
            yield from _walk(child.name, package, broken)
        else:
            yield child.name


def _import(name: str, package: str, broken: list[Broken]) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a foreign module may raise anything
        message = f"{type(error).__name__}: {error}"
        broken.append(Broken(package, name, message, "".join(traceback.format_exception(error))))
        return None


def _tasks_of(module: ModuleType, package: str, broken: list[Broken]) -> Iterator[RegisteredTask]:
    for value in vars(module).values():
        # A task that a module merely imports belongs to the module that defines it.
        if not isinstance(value, Task) or value.module != module.__name__:
            continue
        try:
            _ = value.parameters, value.returns
        except EcoflowsError as error:
            broken.append(
                Broken(package, module.__name__, str(error), "".join(traceback.format_exception(error)))
            )
            continue
        yield RegisteredTask(value, package)
