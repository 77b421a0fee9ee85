"""The targets of all installed packages, found through the entry-point group ``ecoflows.targets``."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ecoflows.errors import EcoflowsError, Problem, UsageError, did_you_mean
from ecoflows.targets.base import Compilation, Target

GROUP = "ecoflows.targets"


def find_target(name: str, points: Iterable[EntryPoint] | None = None) -> Target:
    """The target of a name or an alias.

    Only what is asked for is imported, as far as its name tells.

    Args:
        name: The name.
        points: The entry points; by default those of all installed packages.

    Raises:
        UsageError: If there is none, or it cannot be imported.
    """
    known = _points(points)
    if name in known:
        return _loaded(known[name])
    for point in known.values():
        try:
            target = _loaded(point)
        except UsageError:
            continue  # it costs only itself
        if name in target.aliases:
            return target
    raise UsageError(f"there is no target '{name}'; {did_you_mean(name, known, what='known targets')}")


def all_targets(points: Iterable[EntryPoint] | None = None) -> list[Target | str]:
    """Every target by name; of one that cannot be imported, what is wrong with it.

    Args:
        points: The entry points; by default those of all installed packages.
    """
    found: list[Target | str] = []
    for point in _points(points).values():
        try:
            found.append(_loaded(point))
        except UsageError as error:
            found.append(str(error))
    return found


def rendered(target: Target, compilation: Compilation) -> str:
    """The text of a program, whatever the target does.

    Args:
        target: The target.
        compilation: What it is to render.

    Raises:
        ProblemError: If it cannot carry the workflow.
        EcoflowsError: If it fails, or what it gives is no text.
    """
    text = _called(target, "render", target.render, compilation)
    if not isinstance(text, str):
        raise EcoflowsError(f"{_named(target)} gave no text, but {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise EcoflowsError(f"{_named(target)} gave a text that UTF-8 has no form for: {error}") from error
    return text


def warnings_of(target: Target, compilation: Compilation) -> list[Problem]:
    """What a target warns of, whatever it does.

    Args:
        target: The target.
        compilation: What it is to render.

    Raises:
        EcoflowsError: If it fails, or what it gives are no problems.
    """
    if target.warnings is None:
        return []
    found = _called(target, "warnings", target.warnings, compilation)
    if not isinstance(found, list | tuple) or not all(isinstance(one, Problem) for one in found):
        raise EcoflowsError(f"{_named(target)} gave warnings that are no list of ecoflows.errors.Problem")
    return list(found)


def _called(
    target: Target, what: str, function: Callable[[Compilation], Any], compilation: Compilation
) -> Any:
    try:
        return function(compilation)
    except EcoflowsError:
        raise
    except Exception as error:  # a foreign target may raise anything
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f"{last.filename}:{last.lineno}"
        text = f"{_named(target)} failed in its {what}: {place}: {type(error).__name__}: {error}"
        raise EcoflowsError(text) from error


def _named(target: Target) -> str:
    points = _points(None).get(target.name)
    where = points[0].value if points else getattr(target.render, "__module__", None)
    return f"the target '{target.name}'{f' ({where})' if where else ''}"


def _points(points: Iterable[EntryPoint] | None) -> dict[str, list[EntryPoint]]:
    """The entry points of each name: more than one where packages are at odds about it."""
    given = entry_points(group=GROUP) if points is None else points
    found: dict[str, dict[str, EntryPoint]] = {}
    for point in sorted(given, key=lambda point: (point.name, point.value)):
        found.setdefault(point.name, {})[point.value] = point
    return {name: list(values.values()) for name, values in found.items()}


def _loaded(points: Sequence[EntryPoint]) -> Target:
    point, *others = points
    if others:
        owners = " and ".join(_owner(one) for one in points)
        raise UsageError(f"the target '{point.name}' is found in {owners}: remove one of these packages")
    try:
        found = point.load()
    except Exception as error:  # a foreign module may raise anything
        text = f"the target '{point.name}' cannot be imported: {type(error).__name__}: {error}"
        raise UsageError(text) from error
    if not isinstance(found, Target):
        raise UsageError(f"the target '{point.name}' ({point.value}) is no ecoflows.targets.Target")
    return found


def _owner(point: EntryPoint) -> str:
    return f"{point.dist.name} ({point.value})" if point.dist is not None else point.value
