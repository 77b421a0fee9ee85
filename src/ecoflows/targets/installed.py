"""The targets of all installed packages, found through the entry-point group ``ecoflows.targets``."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from ecoflows.errors import UsageError, did_you_mean
from ecoflows.targets.base import Target

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


def _points(points: Iterable[EntryPoint] | None) -> dict[str, EntryPoint]:
    given = entry_points(group=GROUP) if points is None else points
    return {point.name: point for point in sorted(given, key=lambda point: point.name)}


def _loaded(point: EntryPoint) -> Target:
    try:
        found = point.load()
    except Exception as error:  # a foreign module may raise anything
        text = f"the target '{point.name}' cannot be imported: {type(error).__name__}: {error}"
        raise UsageError(text) from error
    if not isinstance(found, Target):
        raise UsageError(f"the target '{point.name}' ({point.value}) is no ecoflows.targets.Target")
    return found
