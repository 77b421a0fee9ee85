"""An order that runs, and the cycles that prevent one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

_CYCLES_SHOWN = 10


def ordered(upstream: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Sort names so that each comes after those it needs; equal ones stay in the order given.

    Args:
        upstream: What each name needs; a name that needs itself is taken as if it did not.

    Returns:
        The names, and the cycles, up to ten: each a path in the direction in which values would
        go, from the name that was given first and back to it.
    """
    place = {name: index for index, name in enumerate(upstream)}
    graph = {name: {other for other in needed if other != name} for name, needed in upstream.items()}
    cycles: list[list[str]] = []
    while len(cycles) < _CYCLES_SHOWN:
        sorter = TopologicalSorter(graph)
        try:
            sorter.prepare()
        except CycleError as error:
            found: list[str] = error.args[1]
            graph[found[1]].discard(found[0])
            start = min(range(len(found) - 1), key=lambda index: place[found[index]])
            cycles.append([*found[start:-1], *found[:start], found[start]])
            continue
        names: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=place.__getitem__)
            names += ready
            sorter.done(*ready)
        return names, cycles
    return list(upstream), cycles
