"""An order that runs, and the cycles that prevent one."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

_CYCLES_SHOWN = 10


def ordered(upstream: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Sort names so that each comes after those it needs, and otherwise as they were given.

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
        return _in_turn(sorter, place), cycles
    return list(upstream), cycles


def _in_turn(sorter: TopologicalSorter[str], place: Mapping[str, int]) -> list[str]:
    """Of all that could come next, always what was given first."""
    names: list[str] = []
    waiting: list[tuple[int, str]] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(waiting, (place[name], name))
        _, name = heapq.heappop(waiting)
        names.append(name)
        sorter.done(name)
    return names
