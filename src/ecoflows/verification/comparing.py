"""Where ways of running a workflow agree, and where not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecoflows.verification.model import Found


@dataclass(frozen=True)
class NodeComparison:
    """One node in all ways.

    Attributes:
        id: The node.
        digests: What each way gave, ``None`` where nothing came about.
        equal: Whether all that came so far agree.
        compared: How many ways came so far.
    """

    id: str
    digests: Mapping[str, str | None]
    equal: bool
    compared: int


@dataclass(frozen=True)
class Comparison:
    """All nodes in all ways.

    Attributes:
        found: What each way gave.
        nodes: The nodes, in the workflow's order.
    """

    found: Mapping[str, Found]
    nodes: tuple[NodeComparison, ...]

    @property
    def ran(self) -> tuple[str, ...]:
        """The ways that this machine could run."""
        return tuple(name for name, one in self.found.items() if one.state != "unavailable")

    @property
    def failed(self) -> tuple[str, ...]:
        """The ways whose run failed."""
        return tuple(name for name, one in self.found.items() if one.state == "failed")

    @property
    def differing(self) -> tuple[str, ...]:
        """The nodes that did not come out equal."""
        return tuple(node.id for node in self.nodes if not node.equal)

    def as_json(self) -> dict[str, Any]:
        """The comparison as the command line's JSON shows it."""
        return {
            "targets": {name: one.state for name, one in self.found.items()},
            "nodes": [
                {"id": node.id, "equal": node.equal, "digests": dict(node.digests)} for node in self.nodes
            ],
            "reasons": {name: one.reason for name, one in self.found.items() if one.reason},
            "seconds": {name: round(one.seconds, 3) for name, one in self.found.items() if one.seconds},
        }


def compare(ids: Sequence[str], found: Mapping[str, Found]) -> Comparison:
    """Compare what several ways gave.

    A way that failed stopped somewhere: it is held against the others as far as it came.

    Args:
        ids: The nodes.
        found: What each way gave.
    """
    nodes = []
    for name in ids:
        digests = {way: one.digests.get(name) for way, one in found.items() if one.state != "unavailable"}
        held = [digest for way, digest in digests.items() if digest or found[way].state == "completed"]
        nodes.append(NodeComparison(name, digests, len(set(held)) <= 1, len(held)))
    return Comparison(found, tuple(nodes))
